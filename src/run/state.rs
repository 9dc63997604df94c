//! One crash state on its way through recovery and judgement.

use super::{CrashChoice, life::Life};
use crate::{
    base::Position,
    crash::{BLOCK, Selection, Window},
    image::Image,
    oracle::Issued,
    simfs::Recording,
    trace::{Action, Entry, OperationId},
    workload::{CrashKind, Past},
};

/// A crash state in the making.
pub(super) struct State<'w> {
    pub(super) window: &'w Window<'w>,
    pub(super) selection: Selection,
    pub(super) image: Image,
    pub(super) pages: u64,
    pub(super) kind: CrashKind,
}

impl State<'_> {
    pub(super) fn describe(&self) -> CrashChoice {
        let digest = self.image.digest();
        CrashChoice::describe(self.window, &self.selection, self.pages, self.kind, digest)
    }
}

/// What was asked before a crash point, and what a crash there must leave of it.
pub(super) fn history<O>(life: &Life<O>, point: Position, kind: CrashKind) -> Vec<Issued<'_, O>> {
    let standings = life.ledger.standings(point, kind);
    standings
        .zip(&life.history)
        .zip(0..)
        .map(|((standing, operation), number)| {
            let id = OperationId(number);
            Issued {
                id,
                operation,
                standing,
                failed: life.ledger.failed_by(id, point),
                seen: life.ledger.was_seen(id),
            }
        })
        .collect()
}

/// The same for a workload: under the worst crash that may still come, a power loss.
pub(super) fn past<O>(life: &Life<O>, point: Position) -> Vec<Past<'_, O>> {
    let standings = life.ledger.standings(point, CrashKind::PowerLoss);
    let past = standings.zip(&life.history);
    past.map(|(standing, operation)| Past {
        operation,
        standing,
    })
    .collect()
}

/// The recording as it was when the process died at `point`, with what had landed of the write in flight.
pub(super) fn cut_in_flight(recording: &Recording, point: Position, pages: u64) -> Recording {
    let mut cut = Recording {
        base: recording.base.clone(),
        trace: recording.trace.clone(),
    };
    cut.trace.truncate(point);
    let in_flight = recording
        .trace
        .entries()
        .get(point.index())
        .filter(|_| pages > 0);
    if let Some(Entry {
        action:
            Action::Write {
                inode,
                offset,
                mut bytes,
                old_size,
            },
        site,
    }) = in_flight.copied()
    {
        let end = (offset / BLOCK + pages) * BLOCK;
        bytes.len = bytes
            .len
            .min(u32::try_from(end - offset).unwrap_or(u32::MAX));
        cut.trace.push(
            Action::Write {
                inode,
                offset,
                bytes,
                old_size,
            },
            site,
        );
    }
    cut
}
