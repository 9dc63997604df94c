//! What is out of order about a lost effect and one that survived, and the switch of the profile that allows it.
//!
//! Guarantees: for every pair that a legal crash state can show there is an answer. Deliberately absent: whether the state is
//! legal; that is for `legal.rs` to say.

use serde::{Deserialize, Serialize};

use super::{
    effect::{Effect, EffectKind},
    graph::PersistenceGraph,
};
use crate::{
    profile::{DataFirst, DataPath, Growth, Profile, RenameOver},
    trace::Action,
};

/// What kind of disorder a pair of a lost and a surviving effect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disorder {
    /// One operation survived in part.
    Torn,
    /// A length survived without the bytes below it.
    SizeWithoutBytes,
    /// Bytes survived without the length that shows them, or that shows all of them.
    BytesWithoutSize,
    /// A rename over a file survived, and what had been written to the renamed file did not.
    RenameWithoutContent,
    /// Growth came too late, and something after it did not.
    LateGrowth,
    /// Bytes are written in place, and no log knows of them.
    InPlace,
    /// Bytes go to new blocks, which the log takes in afterwards.
    CopiedLate,
    /// Names and lengths are not ordered.
    UnorderedNames,
    /// A barrier made the later one certain, and did not reach the earlier.
    OutOfReach,
    /// A barrier failed, and left the earlier one behind.
    FailedBarrier,
    /// A later operation that survived took away what the earlier had done: nothing is out of order.
    Superseded,
    /// Nothing that came after it survived: nothing is out of order.
    Tail,
}

impl PersistenceGraph<'_> {
    /// A lost effect and a later pending one that survived.
    pub(super) fn disorder_between(
        &self,
        lost: &Effect,
        kept: &Effect,
    ) -> (Disorder, &'static str) {
        let profile = self.profile;
        if lost.group.is_some() {
            // What is in the log after it is lost too: what survived did not go through the log.
            return (Disorder::InPlace, "data");
        }
        let over = self.is_rename_over(lost, kept);
        match lost.kind {
            EffectKind::Name { .. } | EffectKind::Cut { .. } | EffectKind::Hole { .. } => {
                (Disorder::UnorderedNames, "metadata")
            }
            EffectKind::Size { .. } if over && profile.rename_over.value == RenameOver::Nothing => {
                (Disorder::RenameWithoutContent, "rename_over")
            }
            EffectKind::Size { .. } if self.is_growth(lost) => (Disorder::LateGrowth, "growth"),
            EffectKind::Size { .. } => (Disorder::UnorderedNames, "metadata"),
            EffectKind::Block(_)
                if over && profile.rename_over.value != RenameOver::WritesFirst =>
            {
                (Disorder::RenameWithoutContent, "rename_over")
            }
            EffectKind::Block(block) => {
                let shows =
                    |size: u64| lost.file() == kept.file() && block.fresh && size > block.offset();
                match (kept.kind, profile.data_first.value) {
                    (EffectKind::Size { size, .. }, DataFirst::Nothing) if shows(size) => {
                        (Disorder::SizeWithoutBytes, "data_first")
                    }
                    _ => late_bytes(profile, block.fresh),
                }
            }
        }
    }

    /// Whether a length is that of a write rather than of a truncate.
    fn is_growth(&self, size: &Effect) -> bool {
        let entry = &self.recording.trace.entries()[size.entry as usize];
        matches!(entry.action, Action::Write { .. })
    }

    /// Whether `kept` is the rename over another file of the file that `lost` is about.
    fn is_rename_over(&self, lost: &Effect, kept: &Effect) -> bool {
        let EffectKind::Name {
            target: Some(target),
            replaced: Some(_),
            ..
        } = kept.kind
        else {
            return false;
        };
        let entry = &self.recording.trace.entries()[kept.entry as usize];
        lost.file() == Some(target) && matches!(entry.action, Action::Rename { .. })
    }
}

/// Two effects of one operation, of which one was lost.
pub(super) fn within(profile: &Profile, lost: &Effect, kept: &Effect) -> (Disorder, &'static str) {
    match (lost.kind, kept.kind) {
        (EffectKind::Block(one), EffectKind::Block(two)) => {
            let (key, word) = if one.fresh && two.fresh {
                ("fresh_tear", profile.fresh_tear.value.choice().word)
            } else {
                ("overwrite_tear", profile.overwrite_tear.value.choice().word)
            };
            // New blocks and old ones of one write part even where each kind comes as a whole.
            let key = if word == "write" { "data" } else { key };
            (Disorder::Torn, key)
        }
        (EffectKind::Block(block), EffectKind::Size { .. }) => {
            let key = match profile.data_first.value {
                DataFirst::All => late_bytes(profile, block.fresh).1,
                DataFirst::Nothing | DataFirst::NewBlocks => "data_first",
            };
            (Disorder::SizeWithoutBytes, key)
        }
        (EffectKind::Size { .. }, EffectKind::Block(_)) => {
            let key = match profile.growth.value {
                Growth::Logged => "data",
                Growth::Late | Growth::Free => "growth",
            };
            (Disorder::BytesWithoutSize, key)
        }
        (EffectKind::Size { .. }, EffectKind::Size { .. }) => {
            (Disorder::BytesWithoutSize, "growth")
        }
        (EffectKind::Name { .. }, EffectKind::Name { .. }) => (Disorder::Torn, "metadata"),
        _ if lost.group.is_some() => (Disorder::Torn, "data"),
        _ => (Disorder::Torn, "metadata"),
    }
}

/// Why bytes may come later than what was done after them.
fn late_bytes(profile: &Profile, fresh: bool) -> (Disorder, &'static str) {
    match (profile.data.value, profile.growth.value) {
        (DataPath::CopyOnWrite, _) => (Disorder::CopiedLate, "data"),
        (_, Growth::Late) if fresh => (Disorder::LateGrowth, "growth"),
        _ => (Disorder::InPlace, "data"),
    }
}

/// Whether a later effect took away all that an earlier one had done.
pub(super) fn supersedes(later: &Effect, earlier: &Effect) -> bool {
    if later.entry <= earlier.entry || later.file().is_none() || later.file() != earlier.file() {
        return false;
    }
    match (earlier.kind, later.kind) {
        (EffectKind::Block(block), _) => {
            let drops = later.drops();
            drops.is_some_and(|(_, start, end)| (start..end).contains(&block.offset()))
        }
        (EffectKind::Size { .. }, EffectKind::Size { .. }) => true,
        (EffectKind::Cut { size, .. }, EffectKind::Cut { size: lower, .. }) => lower <= size,
        _ => false,
    }
}
