//! An injected error, told by what the workload was doing.

use super::Injection;
use crate::{trace::OperationId, vfs::VfsOperation};

/// An error that was injected, told by the operation of the workload during which it was: the n-th operation of its kind on
/// the filesystem since that was issued, whatever its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedError {
    /// The operation of the workload; none before the first.
    pub during: Option<OperationId>,
    /// What the filesystem was asked.
    pub operation: VfsOperation,
    /// Which of these, counted from 1.
    pub nth: u32,
    /// What becomes of it.
    pub what: Injection,
}
