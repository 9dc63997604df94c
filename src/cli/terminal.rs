//! Standard output and standard error.

use std::{
    fmt::Display,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
};

use indicatif::ProgressBar;

use super::{args::Colour, exit::Failure};
use crate::report::WIDTH_COLUMNS;

/// Says when colours are used, for everything that is printed from here on.
pub(super) fn set_colour(colour: Colour) {
    let choice = match colour {
        Colour::Auto => anstream::ColorChoice::Auto,
        Colour::Always => anstream::ColorChoice::Always,
        Colour::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Prints results; nobody reading them is no error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Results(format!(
            "failed to print results: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Writes bytes to standard output as they are; nobody reading them is no error.
pub(super) fn put(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Prints results where standard output is taken by something else.
pub(super) fn print_aside(text: &str) {
    // Whatever it holds is in the folder of results too.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Prints what keeps us from our job.
pub(super) fn complain(problem: &dyn Display) {
    // If even that cannot be printed, the exit code has to say it.
    let _ = writeln!(anstream::stderr(), "error: {problem}");
}

/// Prints what does not; above the progress bar, if there is one.
pub(super) fn warn(text: &str) {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let warn = || {
        let _ = writeln!(anstream::stderr(), "warning: {text}");
    };
    match bar {
        Some(bar) => bar.suspend(warn),
        None => warn(),
    }
}

/// The bar that is on the terminal.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Says which bar is on the terminal from here on.
pub(super) fn set_bar(bar: Option<&ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar.cloned();
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Whether someone watches what goes to standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// How many characters a line of results may have.
pub(super) fn width() -> usize {
    let known = terminal_size::terminal_size_of(io::stdout());
    let columns = known.map_or(96, |(width, _)| usize::from(width.0));
    columns.clamp(40, 120)
}

/// How many characters a line of progress may have.
pub(super) fn progress_width() -> usize {
    let known = terminal_size::terminal_size_of(io::stderr());
    known.map_or(80, |(width, _)| usize::from(width.0))
}

/// How wide a report of a violation is: what the terminal has; where there is none, what any report fits in.
pub(super) fn report_width() -> usize {
    let known = terminal_size::terminal_size_of(io::stdout());
    known.map_or(WIDTH_COLUMNS, |(width, _)| usize::from(width.0))
}
