//! A folder with scenarios, and a path with `tornwrite` on it and engines that are played.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// What is in a folder of scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenarios {
    /// All do what is expected of them.
    Met,
    /// One is violated that is expected to be clean.
    Surprising,
}

impl Scenarios {
    pub(crate) fn exit(self) -> i32 {
        match self {
            Scenarios::Met => 0,
            Scenarios::Surprising => 100,
        }
    }

    fn expectation(self) -> &'static str {
        match self {
            Scenarios::Met => "violations",
            Scenarios::Surprising => "clean",
        }
    }
}

pub(crate) const BOTH: [Scenarios; 2] = [Scenarios::Met, Scenarios::Surprising];

const SCENARIO: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = \"EXPECTATION\"\n[budget]\nruns = 11\n";

pub(crate) struct Ground(TempDir);

impl Ground {
    pub(crate) fn new(scenarios: Scenarios) -> Ground {
        let ground = Ground(tempfile::tempdir().unwrap());
        let text = SCENARIO.replace("EXPECTATION", scenarios.expectation());
        ground.write("scenarios/one.toml", &text);
        ground.write("scenarios/two.toml", &text.replace("= 11", "= 6"));
        fs::create_dir(ground.path("bin")).unwrap();
        symlink(
            env!("CARGO_BIN_EXE_tornwrite"),
            ground.path("bin/tornwrite"),
        )
        .unwrap();
        ground
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path as a variable holds it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Puts a command on the path.
    pub(crate) fn command(&self, name: &str, script: &str) {
        let name = format!("bin/{name}");
        self.write(&name, script);
        fs::set_permissions(self.path(&name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Executes a command in a folder of the ground, with these variables and no others.
    pub(crate) fn execute(
        &self,
        folder: &str,
        command: &[&str],
        variables: &[(&str, &str)],
    ) -> Output {
        fs::create_dir_all(self.path(folder)).unwrap();
        let path = format!("{}:/usr/bin:/bin", self.text("bin"));
        Command::new(command[0])
            .args(&command[1..])
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", path)
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    /// The same for lines of shell.
    pub(crate) fn shell(&self, folder: &str, script: &str, variables: &[(&str, &str)]) -> Output {
        self.execute(folder, &["sh", "-euc", script], variables)
    }

    /// `summary.json` of one run without shards.
    pub(crate) fn whole(&self, arguments: &str, exit: i32) -> String {
        let script = format!("rm -rf whole; exec tornwrite run scenarios --out whole {arguments}");
        expect_exit(&self.shell("", &script, &[]), exit);
        self.read("whole/summary.json")
    }

    /// What happens to the folder of a shard that is killed.
    pub(crate) fn cut_off(&self, folder: &str) {
        let runs = self.read(&format!("{folder}/runs.ndjson"));
        assert!(runs.lines().count() > 2, "there is something to cut");
        self.write(&format!("{folder}/runs.ndjson"), &runs[..runs.len() / 2]);
        fs::remove_file(self.path(&format!("{folder}/summary.json"))).unwrap();
    }
}

#[track_caller]
pub(crate) fn expect_exit(output: &Output, exit: i32) {
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        output.status.code(),
        Some(exit),
        "{}\n{}",
        said(&output.stdout),
        said(&output.stderr)
    );
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where a shipped file is.
pub(crate) fn shipped_path(name: &str) -> String {
    repository().join(name).to_str().unwrap().to_owned()
}

/// A shipped file.
pub(crate) fn shipped(name: &str) -> String {
    let path = repository().join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn yaml(text: &str) -> Value {
    serde_yaml_ng::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// What a value has by this path of keys; it has to be there.
#[track_caller]
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    let found = value.pointer(pointer);
    found.unwrap_or_else(|| panic!("there is no {pointer} in {value:#}"))
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    let found = value.as_str();
    found.unwrap_or_else(|| panic!("{value} is no text"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}
