//! `tornwrite` as its users start it, without anything that the environment of the tests would say to it.
#![allow(dead_code, reason = "no file of tests needs all of it")]

use std::{
    path::Path,
    process::{Command, Output},
};

/// The program with these arguments, in a folder; not in CI, and with no variable of ours.
pub(crate) fn command(directory: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tornwrite"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TORNWRITE_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CI");
    command.current_dir(directory).args(arguments);
    command
}

/// What came of it.
pub(crate) fn tornwrite(directory: impl AsRef<Path>, arguments: &[&str]) -> Output {
    let output = command(directory, arguments).output();
    output.expect("the program can be started")
}

pub(crate) fn exit(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

pub(crate) fn stdout(output: &Output) -> String {
    text(&output.stdout)
}

pub(crate) fn stderr(output: &Output) -> String {
    text(&output.stderr)
}

fn text(said: &[u8]) -> String {
    String::from_utf8(said.to_vec()).expect("it says text")
}
