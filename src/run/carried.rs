//! A crash of one execution, carried over to another that has some of its operations.
//!
//! An entry of a trace is told by the operation of the workload during which it was made, by what it does, and by how many of
//! the kind that operation had made before; an effect by its kind and its place among those of its entry. What has no
//! counterpart survives.

use std::collections::BTreeMap;

use super::{lay::Laid, legality::Stage};
use crate::{
    base::Position,
    crash::{Effect, EffectKind, Frontier, Kept, PersistenceGraph, Window},
    simfs::Recording,
    trace::{Action, Mark},
};

/// Operation (none before the first), what it does, and how many of those came before.
type Place = (Option<u32>, String, u32);

/// The crash of `from` on the recording of `graph`, whose operations are called `tags`; not before `first`.
pub(super) fn carried<'g>(
    from: &Stage,
    tags: &[u32],
    first: Position,
    graph: &'g PersistenceGraph<'g>,
) -> Laid<'g> {
    let before = places(&from.recording, &from.tags);
    let now = places(graph.recording, tags);
    let found: BTreeMap<&Place, u32> = now.iter().zip(0..).collect();
    let entry = |index: u32| found.get(before.get(index as usize)?).copied();
    let newest = (0..from.point.0).rev().find_map(entry);
    let point = newest.map_or(Position(0), |newest| Position(newest + 1));
    let window = Frontier::new(graph).window(point.max(first));
    let mut selection = window.everything();
    let old = PersistenceGraph::with_lies(&from.recording, from.profile, from.lies);
    for (&index, &kept) in &from.lost {
        let lost = &old.effects[index as usize];
        let (class, nth) = rank(&old, index);
        let Some(entry) = entry(lost.entry) else {
            continue;
        };
        let is_it = |slot: &usize| {
            let here = window.pending[*slot];
            window.effect(*slot).entry == entry && rank(graph, here) == (class, nth)
        };
        if let Some(slot) = (0..selection.len()).find(is_it) {
            selection[slot] = here(&window, slot, lost, kept, from);
        }
    }
    window.legalise(&mut selection);
    Laid {
        window,
        selection,
        operations: 0,
    }
}

fn places(recording: &Recording, tags: &[u32]) -> Vec<Place> {
    let mut operation = None;
    let mut counts: BTreeMap<(Option<u32>, String), u32> = BTreeMap::new();
    let entries = recording.trace.entries().iter();
    let place = |entry: &crate::trace::Entry| {
        if let Action::Mark(Mark::Issued(id)) = entry.action {
            operation = tags.get(id.index()).copied();
        }
        let what = match entry.action {
            // The acknowledgement of a group names several operations, each by its tag.
            Action::Mark(Mark::Acknowledged(id, promise)) => {
                format!("{:?} {promise:?}", tags.get(id.index()))
            }
            Action::Mark(Mark::Issued(_)) => "issued".to_owned(),
            Action::Mark(Mark::Failed(_)) => "failed mark".to_owned(),
            Action::Mark(Mark::Opened) => "opened".to_owned(),
            Action::BarrierEnd { .. } => format!("{} end", entry.action.verb()),
            action => action.verb().to_owned(),
        };
        let count = counts.entry((operation, what.clone())).or_default();
        *count += 1;
        (operation, what, *count)
    };
    entries.map(place).collect()
}

/// The kind of an effect, and how many of them its entry has before it.
fn rank(graph: &PersistenceGraph<'_>, index: u32) -> (u8, usize) {
    let effect = &graph.effects[index as usize];
    let class = |effect: &Effect| match effect.kind {
        EffectKind::Name { .. } => 0_u8,
        EffectKind::Size { .. } => 1,
        EffectKind::Cut { .. } => 2,
        EffectKind::Hole { .. } => 3,
        EffectKind::Block(_) => 4,
    };
    let kind = class(effect);
    let earlier = graph.effects[..index as usize].iter().rev();
    let of_it = earlier.take_while(|other| other.entry == effect.entry);
    (kind, of_it.filter(|other| class(other) == kind).count())
}

/// What is kept of an effect here, if `kept` was kept of its counterpart. Foreign bytes show only where they did before.
fn here(window: &Window<'_>, slot: usize, lost: &Effect, kept: Kept, from: &Stage) -> Kept {
    let effect = window.effect(slot);
    let sectors = if kept.sectors & lost.whole() == 0 {
        0
    } else {
        kept.sectors & effect.whole()
    };
    let is_new = |effect: &Effect| matches!(effect.kind, EffectKind::Block(block) if block.fresh && !block.reserved && block.first.is_none());
    let mut carried = Kept::sectors(sectors);
    if is_new(effect) && is_new(lost) && from.profile == window.graph.profile {
        for sector in 0..8 {
            let fill = kept.fill(sector);
            if window.fills().any(|allowed| allowed == fill) {
                carried.set_fill(sector, fill);
            }
        }
    }
    carried
}
