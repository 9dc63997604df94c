//! What a subject is asked to do, and what it promised.

mod event;
mod ledger;
mod operation;

pub use event::{EventBatch, EventLog, EventRef};
pub use ledger::{CrashKind, Ledger, Standing};
pub use operation::Operation;
