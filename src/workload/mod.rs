//! What a subject is asked to do, and what it promised.

mod bank;
mod escape;
mod event;
mod ledger;
mod operation;
mod text;

pub use bank::{
    BankConfig, BankConfigError, BankEvent, BankEventKind, BankTransfers, EVENT_HEADER_SIZE_BYTES,
    PROBE_BATCH,
};
pub use event::{EventBatch, EventLog, EventRef};
pub use ledger::{CrashKind, Ledger, Past, Standing};
pub use operation::Operation;
pub use text::{ListedOperations, OperationTextError, TOTAL_BYTES_MAX};

#[cfg(test)]
pub(crate) use bank::strategy as bank_strategy;
