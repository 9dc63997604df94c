//! Marks: what the workload and the subject said, in the same order as the operations on the filesystem.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of an operation of the workload within one run, counted over all its lives from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub u32);

impl OperationId {
    /// The number as an index into the run's history.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// It survives a process crash.
    Buffered,
    /// It survives a power loss.
    Durable,
}

/// A statement about an operation of the workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The subject is open: recovery is over.
    Opened,
    /// The operation was handed to the subject.
    Issued(OperationId),
    /// The subject promised something for the operation.
    Acknowledged(OperationId, Promise),
    /// The operation ended in an error.
    Failed(OperationId),
}
