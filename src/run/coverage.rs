//! What a campaign has exercised, counted by crash states.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    crash::{EffectKind, Kept, Kind, Window},
    oracle::DamageClass,
};

/// Something that a crash state may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageMark {
    /// Of the last write, some sectors survived and some did not.
    TornTail,
    /// Of any write, some sectors survived and some did not.
    TornWrite,
    /// A name was lost.
    LostDirectoryEntry,
    /// Something survived, and something earlier did not.
    Reordered,
    /// A length survived, and bytes below it did not.
    SizeBeforeData,
    /// Lost bytes showed garbage, or what a deleted file left.
    ForeignFill,
    /// Nothing pending survived, though there was something.
    AllLost,
    /// The crash fell inside a recovery.
    CrashInRecovery,
    /// The crash fell before anything was acknowledged.
    CreationWindow,
    /// The crash took the process alone, and cut the write in flight.
    CutInFlight,
    /// A second life or a later one.
    LaterLife,
    /// The crash came after an injected error.
    InjectedError,
    /// The crash came after a failed barrier.
    FailedFsync,
    /// The device damaged something that later writes prove.
    MediaFault,
    /// The device damaged what was written last, which cannot be told from a tear.
    MediaFaultInLastGroup,
    /// A sector that was being written when the power went holds garbage.
    GarbageSector,
}

/// How many crash states showed each mark, and were drawn as each kind of choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Crash states by what they showed.
    pub marks: BTreeMap<CoverageMark, u64>,
    /// Crash states by the kind of choice.
    pub kinds: BTreeMap<Kind, u64>,
}

impl CoverageMark {
    /// All marks, in the order of reports.
    pub const ALL: [CoverageMark; 16] = [
        CoverageMark::TornTail,
        CoverageMark::TornWrite,
        CoverageMark::LostDirectoryEntry,
        CoverageMark::Reordered,
        CoverageMark::SizeBeforeData,
        CoverageMark::ForeignFill,
        CoverageMark::AllLost,
        CoverageMark::CrashInRecovery,
        CoverageMark::CreationWindow,
        CoverageMark::CutInFlight,
        CoverageMark::LaterLife,
        CoverageMark::InjectedError,
        CoverageMark::FailedFsync,
        CoverageMark::MediaFault,
        CoverageMark::MediaFaultInLastGroup,
        CoverageMark::GarbageSector,
    ];

    /// What a crash state shows that has the mark, a sentence without its full stop.
    pub const fn meaning(self) -> &'static str {
        match self {
            CoverageMark::TornTail => "Of the last write, some sectors survived and some did not",
            CoverageMark::TornWrite => "Of any write, some sectors survived and some did not",
            CoverageMark::LostDirectoryEntry => "A name was lost",
            CoverageMark::Reordered => "Something survived, and something earlier did not",
            CoverageMark::SizeBeforeData => "A length survived, and bytes below it did not",
            CoverageMark::ForeignFill => "Lost bytes showed garbage, or what a deleted file left",
            CoverageMark::AllLost => "Nothing pending survived, though there was something",
            CoverageMark::CrashInRecovery => "The crash fell inside a recovery",
            CoverageMark::CreationWindow => "The crash fell before anything was acknowledged",
            CoverageMark::CutInFlight => {
                "The crash took the process alone, and cut the write in flight"
            }
            CoverageMark::LaterLife => "A second life or a later one",
            CoverageMark::InjectedError => "The crash came after an injected error",
            CoverageMark::FailedFsync => "The crash came after a failed barrier",
            CoverageMark::MediaFault => "The device damaged something that later writes prove",
            CoverageMark::MediaFaultInLastGroup => {
                "The device damaged what was written last, which cannot be told from a tear"
            }
            CoverageMark::GarbageSector => {
                "A sector that was being written when the power went holds garbage"
            }
        }
    }

    pub(super) fn of_damage(class: DamageClass) -> CoverageMark {
        match class {
            DamageClass::OfTheCrash => CoverageMark::GarbageSector,
            DamageClass::InLastGroup => CoverageMark::MediaFaultInLastGroup,
            DamageClass::BelowSynced => CoverageMark::MediaFault,
        }
    }
}

impl fmt::Display for CoverageMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Coverage {
    /// Counts one state that showed the mark.
    pub fn count(&mut self, mark: CoverageMark) {
        *self.marks.entry(mark).or_default() += 1;
    }

    /// Adds what another run has seen.
    pub fn add(&mut self, other: &Coverage) {
        for (&mark, count) in &other.marks {
            *self.marks.entry(mark).or_default() += count;
        }
        for (&kind, count) in &other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }

    /// Counts what one crash state shows.
    pub(super) fn observe(&mut self, window: &Window<'_>, selection: &[Kept]) {
        let seen = Seen::of(window, selection);
        let shown = [
            (CoverageMark::TornTail, seen.torn_last && seen.torn),
            (CoverageMark::TornWrite, seen.torn),
            (CoverageMark::LostDirectoryEntry, seen.lost_name),
            (CoverageMark::Reordered, seen.reordered),
            (CoverageMark::SizeBeforeData, seen.size_before_data),
            (CoverageMark::ForeignFill, seen.foreign_fill),
            (
                CoverageMark::AllLost,
                !selection.is_empty() && !seen.kept_any,
            ),
        ];
        shown
            .into_iter()
            .filter(|(_, shown)| *shown)
            .for_each(|(mark, _)| self.count(mark));
    }
}

/// Whether a crash state is neither all nor nothing: something was torn, or survived what came before it.
pub(super) fn is_mixed(window: &Window<'_>, selection: &[Kept]) -> bool {
    let seen = Seen::of(window, selection);
    seen.torn || seen.reordered
}

/// What one crash state shows.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a set of marks, filled in one pass"
)]
struct Seen {
    torn: bool,
    torn_last: bool,
    lost_name: bool,
    reordered: bool,
    size_before_data: bool,
    foreign_fill: bool,
    kept_any: bool,
}

/// What survived of one operation.
#[derive(Default)]
struct Share {
    kept: bool,
    lost: bool,
    /// The offset of the first byte that was lost, below which a length that survived says nothing.
    first_lost: Option<u64>,
    size_before_data: bool,
}

impl Seen {
    fn of(window: &Window<'_>, selection: &[Kept]) -> Seen {
        let mut seen = Seen::default();
        let mut share = Share::default();
        let mut entry = None;
        let mut lost_before = false;
        for (slot, kept) in selection.iter().enumerate() {
            let effect = window.effect(slot);
            if entry != Some(effect.entry) {
                lost_before |= share.lost;
                seen.close(&std::mem::take(&mut share));
                entry = Some(effect.entry);
            }
            let whole = effect.whole();
            let survivors = kept.sectors & whole;
            share.kept |= survivors != 0;
            share.lost |= survivors != whole;
            seen.reordered |= survivors != 0 && lost_before;
            match effect.kind {
                EffectKind::Name { .. } => seen.lost_name |= survivors == 0,
                EffectKind::Size { size, .. } => {
                    let exposes = share.first_lost.is_some_and(|offset| offset < size);
                    share.size_before_data |= survivors != 0 && exposes;
                }
                EffectKind::Block(block) if survivors != whole => {
                    share.first_lost = share.first_lost.or(Some(block.offset()));
                }
                EffectKind::Block(_) | EffectKind::Cut { .. } | EffectKind::Hole { .. } => {}
            }
            seen.foreign_fill |= kept.shows_foreign_bytes();
        }
        seen.close(&share);
        seen.torn_last = share.kept && share.lost;
        seen
    }

    fn close(&mut self, share: &Share) {
        self.kept_any |= share.kept;
        self.torn |= share.kept && share.lost;
        self.size_before_data |= share.size_before_data;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_explained_as_it_is_documented() {
        let source = include_str!("coverage.rs");
        for mark in CoverageMark::ALL {
            let documented = format!("    /// {}.\n    {mark:?},\n", mark.meaning());
            assert!(source.contains(&documented), "{documented}");
        }
    }
}
