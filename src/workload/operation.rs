//! What a workload asks of an event store.

use super::EventBatch;

/// One operation on an event store.
#[derive(Clone, Debug, PartialEq, Eq)]
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
