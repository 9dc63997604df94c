//! Subjects that no process survives, executed in processes of their own.
//!
//! This program starts itself again: `campaign` executes one, as a user's program would, and is a supervisor; its workers are
//! this program too. Without that word it is the test.
#![expect(
    clippy::print_stdout,
    reason = "a test without a harness says itself what holds"
)]

#[cfg(target_os = "linux")]
mod campaigns;
#[cfg(target_os = "linux")]
mod checks;
#[cfg(target_os = "linux")]
mod subject;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("campaign") => campaigns::execute(&arguments.collect::<Vec<_>>()),
        // What those ask who look for tests.
        Some("--list") => std::process::ExitCode::SUCCESS,
        _ => checks::all(),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
