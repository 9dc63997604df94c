//! The one place where a subject's panics are caught.
//!
//! A subject that panics, or does more operations than it may, becomes a verdict. What cannot be caught inside a process
//! (a loop without I/O, a deadlock, a stack overflow, an abort, memory without end) is not caught here, but from outside, where a run
//! is executed in a process of its own ([`supervise`](crate::supervise)): what was being done then is told from here.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
};

use serde::{Deserialize, Serialize};

use super::SubjectError;
use crate::{
    oracle::{Failure, FailureKind},
    simfs::BudgetExceeded,
};

/// Which code of a subject is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Call {
    /// A life begins with opening it.
    Opening,
    /// It is opened once more, or read, where injected errors kept it from opening.
    OpeningAgain,
    /// This operation of its workload.
    Operation(u32),
    /// It recovers from a crash state.
    Recovery,
    /// It recovers a second time without a crash in between.
    SecondRecovery,
    /// It does one more operation after a recovery.
    Progress,
    /// It is dropped at the end of a life.
    Dropping,
    /// It is dropped after a recovery.
    DroppingRecovered,
    /// It says what the bytes of its files mean.
    Describing,
}

/// Is told of every call of a subject's code in this process, on the thread that makes it.
pub trait Watch: Send + Sync {
    /// The subject is called.
    fn begins(&self, call: Call);

    /// The call is over, however it ended.
    fn ends(&self);
}

static WATCH: OnceLock<Box<dyn Watch>> = OnceLock::new();

/// Lets all calls of subjects be watched from here on; nothing if they are already.
pub fn watch_calls(watch: Box<dyn Watch>) {
    let _ = WATCH.set(watch);
}

thread_local! {
    static INSIDE_SUBJECT: Cell<bool> = const { Cell::new(false) };
    static PANIC_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics of subjects from being printed, and takes down where they happened. A panic of the harness itself is
/// printed as ever. Call it once, before any run.
pub fn silence_subject_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if INSIDE_SUBJECT.get() {
            let place = panic
                .location()
                .map(|at| format!("{}:{}", at.file(), at.line()));
            PANIC_PLACE.replace(place);
        } else {
            usual(panic);
        }
    }));
}

/// Runs code of a subject; whatever goes wrong in it is an answer.
pub(super) fn guard<T>(
    call: Call,
    code: impl FnOnce() -> Result<T, SubjectError>,
) -> Result<T, Failure> {
    let watch = WATCH.get();
    if let Some(watch) = watch {
        watch.begins(call);
    }
    let before = INSIDE_SUBJECT.replace(true);
    PANIC_PLACE.take();
    let result = catch_unwind(AssertUnwindSafe(code));
    INSIDE_SUBJECT.set(before);
    if let Some(watch) = watch {
        watch.ends();
    }
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failure {
            kind: FailureKind::Error,
            message: error.0,
        }),
        Err(panic) => Err(failure(panic.as_ref())),
    }
}

fn failure(panic: &(dyn Any + Send)) -> Failure {
    if let Some(BudgetExceeded { operations }) = panic.downcast_ref() {
        let message = format!("more than {operations} operations on the filesystem");
        return Failure {
            kind: FailureKind::OperationBudget,
            message,
        };
    }
    let said = panic.downcast_ref::<&str>().map(ToString::to_string);
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    let said = said.unwrap_or_else(|| "something that is no text".to_owned());
    let message = match PANIC_PLACE.take() {
        Some(place) => format!("{said} ({place})"),
        None => said,
    };
    Failure {
        kind: FailureKind::Panic,
        message,
    }
}
