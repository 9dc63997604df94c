//! One crash state on its way through recovery and judgement.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    CrashChoice, RunConfig, Subject,
    life::Life,
    media::{Faulted, MediaFault},
    recover::Recovered,
};
use crate::{
    base::{Digest, Position},
    crash::{BLOCK, Frontier, Selection, Window, process_crash},
    image::Image,
    oracle::{Damage, Issued},
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
    /// What the device did to the image.
    pub(super) faulted: Option<Faulted>,
}

impl<'w> State<'w> {
    /// What a power loss leaves, before a device does anything to it.
    pub(super) fn power_loss(window: &'w Window<'w>, selection: Selection) -> State<'w> {
        State {
            image: window.image(&selection),
            window,
            selection,
            pages: 0,
            kind: CrashKind::PowerLoss,
            faulted: None,
        }
    }

    /// What the death of the process leaves, with this many pages of the write in flight.
    pub(super) fn process_crash(window: &'w Window<'w>, pages: u64) -> State<'w> {
        let (selection, image) = process_crash(window, pages);
        State {
            window,
            selection,
            image,
            pages,
            kind: CrashKind::ProcessCrash,
            faulted: None,
        }
    }

    pub(super) fn damage(&self) -> Option<&Damage> {
        self.faulted.as_ref().map(|faulted| &faulted.damage)
    }

    pub(super) fn choice(&self) -> Choice {
        Choice {
            kind: self.kind,
            point: self.window.point,
            selection: self.selection.clone(),
            pages: self.pages,
            image: self.image.digest(),
            media: self.faulted.as_ref().map(|faulted| faulted.fault.clone()),
        }
    }
}

/// What was chosen for a crash state; put into words only when something is violated, or a life went on from it.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) kind: CrashKind,
    pub(super) point: Position,
    selection: Selection,
    pages: u64,
    image: Digest,
    media: Option<MediaFault>,
}

impl Choice {
    /// The choice in words; `recording` is the one that it was made for.
    pub(super) fn describe(&self, recording: &Recording, config: &RunConfig) -> CrashChoice {
        let graph = config.graph(recording);
        let window = Frontier::new(&graph).window(self.point);
        let choice =
            CrashChoice::describe(&window, &self.selection, self.pages, self.kind, self.image);
        CrashChoice {
            media: self.media.clone(),
            ..choice
        }
    }
}

/// A disk that was recovered.
pub(super) struct Known<S: Subject> {
    pub(super) recovered: Recovered<S>,
    /// What was tried inside the recovery.
    pub(super) inner: Vec<Rc<Inner<S>>>,
    /// A recovery from the same crash with errors injected into it.
    pub(super) troubled: Option<Troubled<S>>,
    /// The ledgers that it was judged against (marks before the crash), and whether nothing was violated.
    pub(super) judged: BTreeMap<usize, bool>,
}

/// A recovery into which errors were injected.
pub(super) struct Troubled<S: Subject> {
    pub(super) recovered: Recovered<S>,
    /// What was tried inside it.
    pub(super) inner: Vec<Rc<Inner<S>>>,
}

/// A crash inside a recovery, and the recovery from that.
pub(super) struct Inner<S: Subject> {
    pub(super) recovered: Rc<Recovered<S>>,
    /// The crash inside whose recovery this one fell; `None` for the first level.
    pub(super) parent: Option<Rc<Inner<S>>>,
    pub(super) depth: u32,
    pub(super) choice: Choice,
    pub(super) digest: Digest,
}

impl<S: Subject> Inner<S> {
    /// The crashes inside recoveries in words, outermost first; `outer` is the recovery that the first fell into.
    pub(super) fn describe(&self, outer: &Recovered<S>, config: &RunConfig) -> Vec<CrashChoice> {
        let Some(parent) = &self.parent else {
            return vec![self.choice.describe(&outer.recording, config)];
        };
        let mut choices = parent.describe(outer, config);
        choices.push(self.choice.describe(&parent.recovered.recording, config));
        choices
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
                seen: life.ledger.was_seen_by(id, point),
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
