//! Operations, and errors during them, with names that stay when others are taken away.

use crate::{
    simfs::{Injection, PlacedError},
    trace::OperationId,
    vfs::VfsOperation,
};

/// An operation and what it is called, however many others are taken away.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tagged<O> {
    pub(crate) tag: u32,
    pub(crate) operation: O,
}

/// The operations of each life, where they are not those that the workload draws.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed<'a, O>(pub(super) &'a [Vec<Tagged<O>>]);

impl<O: Clone> Listed<'_, O> {
    pub(super) fn life(&self, number: u32) -> (Vec<O>, Vec<u32>) {
        let life = self.0.get(number as usize).map_or(&[][..], Vec::as_slice);
        let operations = life.iter().map(|tagged| tagged.operation.clone());
        (
            operations.collect(),
            life.iter().map(|tagged| tagged.tag).collect(),
        )
    }
}

/// An injected error, told by the operation during which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaggedError {
    during: Option<u32>,
    operation: VfsOperation,
    nth: u32,
    what: Injection,
}

impl TaggedError {
    /// The errors of a life whose history is called `tags`.
    pub(super) fn all(errors: &[PlacedError], tags: &[u32]) -> Vec<TaggedError> {
        let tagged = errors.iter().map(|error| TaggedError {
            during: error.during.and_then(|id| tags.get(id.index()).copied()),
            operation: error.operation,
            nth: error.nth,
            what: error.what,
        });
        tagged.collect()
    }

    /// The other way round; without those during operations that are not there.
    pub(super) fn placed(errors: &[TaggedError], tags: &[u32]) -> Vec<PlacedError> {
        let number = |tag: u32| {
            let index = tags.iter().position(|known| *known == tag)?;
            Some(OperationId(u32::try_from(index).ok()?))
        };
        let placed = errors.iter().filter_map(|error| {
            let during = match error.during {
                None => None,
                Some(tag) => Some(number(tag)?),
            };
            Some(PlacedError {
                during,
                operation: error.operation,
                nth: error.nth,
                what: error.what,
            })
        });
        placed.collect()
    }
}
