//! Why a crash state is legal: what was lost, what survived, and the rule that lets the one go without the other.
//!
//! Guarantees: every effect that was lost is in a [`Reason`]; one that something later survived is so with each kind of
//! survivor and the rule that makes that pair legal. A reason never says that no barrier covers what one does cover.
//!
//! Deliberately absent: names and words. Operations are indices of the trace; whoever reports them says what they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    disorder::{Disorder, supersedes, within},
    effect::{Effect, EffectKind},
    graph::PersistenceGraph,
    state::Kept,
    window::Window,
};
use crate::{
    base::Position,
    image::Inode,
    profile::{Profile, RuleText},
    trace::{Action, BarrierKind},
};

/// Why no barrier helped what was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cover {
    /// There was none that covers it.
    Nothing,
    /// One had begun (where, in the trace) and was not complete at the crash.
    Unfinished(u32),
    /// One failed (where, in the trace).
    Failed(u32),
    /// One said that it was complete (where, in the trace), and the device had not written it.
    Untrue(u32),
}

/// Lost effects of a kind, with the later ones that survived and the rule that makes that legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What is out of order about it.
    pub disorder: Disorder,
    /// The first operation that lost something, and the first one after it that something of the kind survived of; the
    /// same one if it is the parts of one operation that part.
    pub pair: (u32, Option<u32>),
    /// The operations that lost something, as indices of the trace.
    pub lost: BTreeSet<u32>,
    /// The operations of which something survived.
    pub survived: BTreeSet<u32>,
    /// The lost effects, as indices of the graph.
    pub effects: BTreeSet<u32>,
    /// Whether both are about one file, or one directory.
    pub in_one_file: bool,
    /// Why no barrier helped.
    pub cover: Cover,
    /// The rule of the profile; none where nothing is out of order.
    pub rule: Option<RuleText>,
}

/// An effect and what became of it.
#[derive(Clone, Copy)]
struct Fate<'g> {
    index: u32,
    effect: &'g Effect,
    certain: bool,
}

type Key = (Cover, Disorder, Option<&'static str>, Inode, bool);

impl Window<'_> {
    /// Why a crash state at this point is legal, a reason for each kind of thing that was lost, in the order of the trace.
    pub fn explain(&self, selection: &[Kept]) -> Vec<Reason> {
        let lost = self.lost(selection);
        let Some(first) = lost.first().map(|fate| fate.effect.entry) else {
            return Vec::new();
        };
        let survivors = self.survivors(selection, first);
        let covers = self.covers(&lost);
        let mut reasons: BTreeMap<Key, Reason> = BTreeMap::new();
        for (fate, cover) in lost.iter().zip(covers) {
            let mut alone = true;
            for survivor in &survivors {
                let is_later = survivor.effect.entry >= fate.effect.entry;
                if is_later && self.says_something(*fate, *survivor, selection) {
                    alone = false;
                    self.add_reason(*fate, Some(*survivor), cover, &mut reasons);
                }
            }
            if alone {
                self.add_reason(*fate, None, cover, &mut reasons);
            }
        }
        let mut reasons: Vec<Reason> = reasons.into_values().collect();
        reasons.sort_by_key(|reason| {
            let is_out_of_order = reason.rule.is_some();
            (!is_out_of_order, reason.pair.0, reason.disorder)
        });
        reasons
    }

    /// What did not survive as a whole, in order; what a failed barrier took back too.
    fn lost(&self, selection: &[Kept]) -> Vec<Fate<'_>> {
        let slots = self.pending.iter().zip(selection).zip(0..);
        let pending = slots.filter_map(|((&index, kept), slot)| {
            let whole = self.effect(slot).whole();
            (kept.sectors & whole != whole).then_some(index)
        });
        let gone = (0_u32..).zip(&self.graph.effects);
        let gone = gone.filter(|(_, effect)| {
            effect.entry < self.point.0
                && effect.gone_at <= self.point
                && effect.certain_at > self.point
        });
        let mut lost: Vec<u32> = pending.chain(gone.map(|(index, _)| index)).collect();
        lost.sort_unstable();
        let fate = |index: u32| self.fate(index);
        lost.into_iter().map(fate).collect()
    }

    /// What survived, at least in part, of the operations from `first` on.
    fn survivors(&self, selection: &[Kept], first: u32) -> Vec<Fate<'_>> {
        let before = |effect: &Effect| effect.entry < first;
        let start = self.graph.effects.partition_point(before);
        let all = (0_u32..).zip(&self.graph.effects).skip(start);
        let issued = all.take_while(|(_, effect)| effect.entry < self.point.0);
        let survives = |index: u32, effect: &Effect| match self.pending.binary_search(&index) {
            Ok(slot) => selection[slot].sectors & effect.whole() != 0,
            Err(_) => effect.certain_at <= self.point,
        };
        issued
            .filter(|(index, effect)| survives(*index, effect))
            .map(|(index, _)| self.fate(index))
            .collect()
    }

    fn fate(&self, index: u32) -> Fate<'_> {
        let effect = &self.graph.effects[index as usize];
        let certain = effect.certain_at <= self.point;
        Fate {
            index,
            effect,
            certain,
        }
    }

    /// Whether a pair is one to be explained: an effect parts from itself only where it is torn.
    fn says_something(&self, lost: Fate<'_>, survivor: Fate<'_>, selection: &[Kept]) -> bool {
        if lost.index != survivor.index {
            return true;
        }
        let slot = self.pending.binary_search(&lost.index);
        slot.is_ok_and(|slot| selection[slot].sectors & lost.effect.whole() != 0)
    }

    fn add_reason(
        &self,
        lost: Fate<'_>,
        survivor: Option<Fate<'_>>,
        cover: Cover,
        reasons: &mut BTreeMap<Key, Reason>,
    ) {
        let (disorder, key) = match survivor {
            None => self.tail(lost.effect),
            Some(survivor) => self.disorder(lost, survivor),
        };
        let place = place(lost.effect);
        let in_one_file = survivor.is_some_and(|survivor| self::place(survivor.effect) == place);
        let (lost_entry, entry) = (lost.effect.entry, survivor.map(|kept| kept.effect.entry));
        let reason = reasons
            .entry((cover, disorder, key, place, in_one_file))
            .or_insert_with(|| Reason {
                disorder,
                pair: (lost_entry, entry),
                lost: BTreeSet::new(),
                survived: BTreeSet::new(),
                effects: BTreeSet::new(),
                in_one_file,
                cover,
                rule: key.and_then(|key| rule(self.graph.profile, key)),
            });
        reason.lost.insert(lost_entry);
        reason.survived.extend(entry);
        reason.effects.insert(lost.index);
    }

    /// Of what nothing later survived: with a log, its end is the reason.
    fn tail(&self, lost: &Effect) -> (Disorder, Option<&'static str>) {
        if self.is_given_up(lost) {
            (Disorder::FailedBarrier, Some("fsync_failure"))
        } else {
            (Disorder::Tail, None)
        }
    }

    /// Whether a failed barrier left it behind for good.
    fn is_given_up(&self, effect: &Effect) -> bool {
        effect.failed || effect.gone_at <= self.point
    }

    /// What is out of order about a pair, and the switch that allows it.
    fn disorder(&self, lost: Fate<'_>, kept: Fate<'_>) -> (Disorder, Option<&'static str>) {
        if self.is_given_up(lost.effect) {
            (Disorder::FailedBarrier, Some("fsync_failure"))
        } else if supersedes(kept.effect, lost.effect) {
            (Disorder::Superseded, None)
        } else if kept.certain {
            (Disorder::OutOfReach, Some("reach"))
        } else if lost.effect.entry == kept.effect.entry {
            let (disorder, key) = within(self.graph.profile, lost.effect, kept.effect);
            (disorder, Some(key))
        } else {
            let (disorder, key) = self.graph.disorder_between(lost.effect, kept.effect);
            (disorder, Some(key))
        }
    }
}

/// The file or the directory that an effect is about.
fn place(effect: &Effect) -> Inode {
    match effect.kind {
        EffectKind::Name { directory, .. } => directory,
        _ => effect.file().unwrap_or(Inode::ROOT),
    }
}

fn rule(profile: &Profile, key: &str) -> Option<RuleText> {
    profile.rules().into_iter().find(|rule| rule.key == key)
}

impl Window<'_> {
    /// Why no barrier helped each of some lost effects.
    fn covers(&self, lost: &[Fate<'_>]) -> Vec<Cover> {
        let honest = PersistenceGraph::new(self.graph.recording, self.graph.profile);
        lost.iter()
            .map(|fate| {
                if self.is_given_up(fate.effect) {
                    return self.failed_barrier(fate.effect);
                }
                let honest = honest.effects.get(fate.index as usize);
                self.cover(honest.map_or(Position::NEVER, |effect| effect.certain_at))
            })
            .collect()
    }

    /// What the barrier that completes right before `certain_at` did by the time of the crash.
    fn cover(&self, certain_at: Position) -> Cover {
        let entries = self.graph.recording.trace.entries();
        let end = certain_at.0.saturating_sub(1);
        if certain_at <= self.point {
            return Cover::Untrue(end);
        }
        match entries.get(end as usize).map(|entry| entry.action) {
            Some(Action::BarrierEnd { begin, .. }) if begin < self.point => {
                Cover::Unfinished(begin.0)
            }
            _ => Cover::Nothing,
        }
    }

    /// The last barrier before the crash that tried to write an effect, and failed.
    fn failed_barrier(&self, effect: &Effect) -> Cover {
        let entries = self.graph.recording.trace.entries();
        let before = entries.iter().zip(0_u32..).take(self.point.index());
        let failed = before.filter(|(entry, _)| match entry.action {
            Action::BarrierFailed {
                kind, inode, begin, ..
            } => {
                let reaches = Some(inode) == effect.file() || kind == BarrierKind::Syncfs;
                reaches && effect.entry < begin.0
            }
            _ => false,
        });
        let last = failed.map(|(_, index)| index).last();
        last.map_or(Cover::Nothing, Cover::Failed)
    }
}
