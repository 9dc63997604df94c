//! A place between two entries of a trace.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a trace: the number of entries that lie before it.
///
/// `Position(0)` is before everything; an entry with index `i` lies before `Position(i + 1)`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u32);

impl Position {
    /// A position that no trace reaches.
    pub const NEVER: Position = Position(u32::MAX);

    /// The position right behind this entry.
    #[must_use]
    pub const fn next(self) -> Position {
        Position(self.0 + 1)
    }

    /// The position as an index into the trace's entries.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
