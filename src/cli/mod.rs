//! The command line: arguments, exit codes, the terminal.
//!
//! The only room that knows the clock, the environment and standard output (but for what `supervise` measures). Results go to stdout,
//! progress and complaints to stderr; a reader that went away is no error.
//!
//! Deliberately absent: anything that a library user would want.

mod args;
mod baseline;
mod death;
mod environment;
mod exit;
mod explain;
mod export;
mod files;
mod glossary;
mod interrupt;
mod keep;
mod list;
mod lock;
mod merge;
mod output;
mod pace;
mod pages;
mod progress;
mod regressions;
mod replay;
mod report;
mod results;
mod run;
mod select;
mod shards;
mod shrink;
mod target;
mod terminal;
mod trace;
mod workers;

use std::process::ExitCode;

use clap::Parser as _;

pub use exit::Exit;

use args::{Arguments, Command, TraceArguments, TraceCommand};
use exit::Failure;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    if let Some(worker) = crate::supervise::worker() {
        let failure = workers::serve(worker);
        terminal::complain(&failure);
        return failure.exit().into();
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            let is_help = error.exit_code() == 0;
            return if is_help { Exit::Met } else { Exit::Input }.into();
        }
    };
    terminal::set_colour(arguments.color);
    crate::run::silence_subject_panics();
    match std::panic::catch_unwind(|| execute(&arguments)) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) => {
            terminal::complain(&failure);
            failure.exit().into()
        }
        Err(_) => {
            terminal::complain(&"this is a bug of tornwrite, and no verdict on what it ran");
            Exit::Harness.into()
        }
    }
}

fn execute(arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.command {
        Command::Run(run) => run::run(run),
        Command::Replay(replay) => replay::replay(replay),
        Command::Merge(merge) => merge::merge(merge),
        Command::Trace(TraceArguments {
            what: TraceCommand::Show(show),
        }) => trace::show(show),
        Command::Shrink(shrink) => shrink::shrink(shrink),
        Command::Report(report) => report::report(report),
        Command::List(list) => Ok(list::list(list)?),
        Command::Explain(explain) => explain::explain(explain),
    }
}
