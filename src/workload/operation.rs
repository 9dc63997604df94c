//! What a workload asks of an event store.

use std::fmt;

use super::EventBatch;

/// One operation on an event store.
#[derive(Clone, PartialEq, Eq)]
pub enum Operation {
    /// Append a batch to a stream, all of it or nothing.
    Append {
        /// The stream's name.
        stream: Vec<u8>,
        /// The events.
        events: EventBatch,
    },
    /// Make durable what was appended.
    Sync,
    /// Write a checkpoint and drop the log that it covers.
    Checkpoint,
    /// Start a new segment of the log.
    Rotate,
    /// Close the store and open it again, without a crash.
    Reopen,
    /// Read everything back; the store must show what a crash-free model shows.
    Read,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Append { stream, events } => {
                write!(f, "Append to {}: {events:?}", stream.escape_ascii())
            }
            Operation::Sync => f.write_str("Sync"),
            Operation::Checkpoint => f.write_str("Checkpoint"),
            Operation::Rotate => f.write_str("Rotate"),
            Operation::Reopen => f.write_str("Reopen"),
            Operation::Read => f.write_str("Read"),
        }
    }
}
