//! A crash with less to it: fewer losses, zeros for foreign bytes, another place.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    CrashChoice, MediaFault, Schedule,
    attempt::Instead,
    legality::Stage,
    schedule::{Anchor, Outline},
    signature::without_numbers,
};
use crate::{
    base::{Digest, Position},
    crash::{Frontier, Kept, PersistenceGraph, Window, process_crash},
    profile::{Device, Profile},
    trace::{Action, Mark},
    workload::CrashKind,
};

/// What is lost, by the effect's index in the graph.
pub(super) type Losses = BTreeMap<u32, Kept>;

/// A crash of an execution, or one that is to take its place.
#[derive(Clone, Debug)]
pub(crate) struct Crash {
    stage: Arc<Stage>,
    /// Another place, and what is lost there; none for the crash as it was.
    altered: Option<(Position, Losses)>,
    pages_in_flight: u64,
    media: Option<MediaFault>,
}

/// How much there is to a crash; of two, the smaller one says more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CrashSize {
    /// Effects that did not survive as a whole.
    pub(crate) lost: usize,
    /// Of them, those that show foreign bytes.
    pub(crate) filled: usize,
    /// What the device did.
    pub(crate) media: u64,
    /// Where it falls.
    pub(crate) point: Position,
}

impl Crash {
    pub(super) fn unchanged(stage: Arc<Stage>) -> Crash {
        Crash {
            altered: None,
            pages_in_flight: stage.pages_in_flight,
            media: stage.media.clone(),
            stage,
        }
    }

    pub(crate) fn size(&self) -> CrashSize {
        let (point, lost) = self.choice();
        CrashSize {
            lost: lost.len(),
            filled: lost.values().filter(|kept| kept.fills() != 0).count(),
            media: self.media.as_ref().map_or(0, MediaFault::extent),
            point,
        }
    }

    /// What the device did after it.
    pub(crate) fn media(&self) -> Option<&MediaFault> {
        self.media.as_ref()
    }

    /// The same without that.
    pub(crate) fn undamaged(&self) -> Crash {
        Crash {
            media: None,
            ..self.clone()
        }
    }

    /// The operations issued before it, in this life and before.
    pub(crate) fn issued(&self) -> Vec<u32> {
        let before = &self.stage.recording.trace.entries()[..self.choice().0.index()];
        let ids = before.iter().filter_map(|entry| match entry.action {
            Action::Mark(Mark::Issued(id)) => Some(id.index()),
            _ => None,
        });
        ids.filter_map(|id| self.stage.tags.get(id).copied())
            .collect()
    }

    /// The same crash with less lost, each time by one effect and what goes with it; of foreign bytes, zeros; of a damage,
    /// less.
    pub(crate) fn with_less(&self) -> Vec<Crash> {
        let (point, lost) = self.choice();
        let graph = self.graph();
        let window = Frontier::new(&graph).window(point);
        let mut found = Vec::new();
        if self.media.is_some() {
            found.push(self.undamaged());
        }
        found.push(self.at(point, Losses::new()));
        for index in lost.keys().rev() {
            let mut fewer = lost.clone();
            fewer.remove(index);
            found.push(self.at(point, legal(&window, &fewer)));
        }
        if lost.values().any(|kept| kept.fills() != 0) {
            let zeros = lost.iter();
            let zeros = zeros.map(|(&index, kept)| (index, Kept::sectors(kept.sectors)));
            found.push(self.at(point, zeros.collect()));
        }
        let media = self.media.iter().flat_map(MediaFault::smaller);
        found.extend(media.map(|media| Crash {
            media: Some(media),
            ..self.clone()
        }));
        found.retain(|crash| crash.size() < self.size());
        found
    }

    /// The same losses at earlier places, no more than `most` of them.
    pub(crate) fn earlier(&self, most: usize) -> Vec<Crash> {
        let (point, lost) = self.choice();
        let graph = self.graph();
        let mut frontier = Frontier::new(&graph);
        let entry = |index: &u32| graph.effects[*index as usize].entry;
        let newest = lost.keys().map(entry).max();
        let first = newest.map_or(self.stage.first, |entry| Position(entry + 1));
        let places = (first.0.max(self.stage.first.0)..point.0).map(Position);
        places
            .take(most)
            .map(|place| self.at(place, legal(&frontier.window(place), lost)))
            .collect()
    }

    /// The same crash with other choices.
    pub(crate) fn moved(
        &self,
        point: Position,
        lost: Losses,
        pages_in_flight: u64,
        media: Option<MediaFault>,
    ) -> Crash {
        Crash {
            altered: Some((point, lost)),
            pages_in_flight,
            media,
            ..self.clone()
        }
    }

    fn at(&self, point: Position, lost: Losses) -> Crash {
        let (pages, media) = (self.pages_in_flight, self.media.clone());
        self.moved(point, lost, pages, media)
    }

    fn choice(&self) -> (Position, &Losses) {
        let altered = self.altered.as_ref();
        altered.map_or((self.stage.point, &self.stage.lost), |(point, lost)| {
            (*point, lost)
        })
    }

    fn graph(&self) -> PersistenceGraph<'_> {
        let stage = &self.stage;
        PersistenceGraph::with_lies(&stage.recording, stage.profile, stage.lies)
    }

    pub(super) fn instead(&self) -> Instead<'_> {
        match &self.altered {
            None => Instead::Carried(&self.stage),
            Some((point, lost)) => Instead::At {
                point: *point,
                lost,
            },
        }
    }

    /// The crash in words that say only what it takes.
    pub(super) fn bare(&self) -> CrashChoice {
        CrashChoice {
            kind: self.stage.kind,
            point: Position(0),
            anchor: Anchor {
                after: String::new(),
                nth: 0,
                marks: 0,
                then: 0,
                acknowledged: 0,
            },
            pages_in_flight: self.pages_in_flight,
            lost: Vec::new(),
            media: self.media.clone(),
            image: Digest::default(),
            trace: Digest::default(),
            operations: Vec::new(),
        }
    }

    /// How many states there are where it falls, if the filesystem were another one.
    pub(crate) fn states_under(&self, profile: &Profile, device: &Device) -> u64 {
        let graph = PersistenceGraph::with_lies(&self.stage.recording, profile, device.lies());
        Frontier::new(&graph).window(self.choice().0).count()
    }
}

impl Stage {
    /// What was done last before the crash; no numbers.
    pub(super) fn place(&self) -> String {
        let entries = self.recording.trace.entries();
        let mut before = (0..self.point.0).rev();
        let last = before.find(|index| entries[*index as usize].action.is_change());
        last.map_or_else(String::new, |index| {
            let (name, _) = Outline::new(&self.recording, self.point).name(index);
            let file = entries[index as usize].site.file();
            format!("{} ({file})", without_numbers(&name))
        })
    }

    /// The crash in words.
    pub(super) fn describe(&self) -> CrashChoice {
        let graph = PersistenceGraph::with_lies(&self.recording, self.profile, self.lies);
        let window = Frontier::new(&graph).window(self.point);
        let selection = match self.kind {
            CrashKind::PowerLoss => self.selection(&window),
            CrashKind::ProcessCrash => process_crash(&window, self.pages_in_flight).0,
        };
        let pages = self.pages_in_flight;
        let choice = CrashChoice::describe(&window, &selection, pages, self.kind, self.image);
        CrashChoice {
            media: self.media.clone(),
            ..choice
        }
    }
}

impl Schedule {
    /// Pending effects that did not survive as a whole, over all crashes.
    pub fn losses(&self) -> usize {
        let crashes = self.crashes.iter().chain(&self.in_recovery);
        crashes.map(|crash| crash.lost.len()).sum()
    }
}

/// What of these losses there can be at a place, with what cannot survive without it.
fn legal(window: &Window<'_>, lost: &Losses) -> Losses {
    let mut selection = window.everything();
    for (slot, index) in window.pending.iter().enumerate() {
        if let Some(kept) = lost.get(index) {
            selection[slot] = *kept;
        }
    }
    window.legalise(&mut selection);
    losses(window, &selection)
}

/// What a selection loses.
pub(super) fn losses(window: &Window<'_>, selection: &[Kept]) -> Losses {
    let slots = window.pending.iter().zip(selection).zip(0..);
    let lost = slots.filter_map(|((&index, &kept), slot)| {
        let whole = window.effect(slot).whole();
        (kept.sectors & whole != whole).then_some((index, kept))
    });
    lost.collect()
}
