//! The same crash state under another profile.
//!
//! Guarantees: what [`Window::allows`] says yes to is a crash state of the other profile, byte for byte on disk. Deliberately
//! absent: a search for another choice that would leave the same disk; where the same choice is not legal, the answer is no.

use super::{
    effect::{Effect, EffectKind},
    state::{Kept, Selection},
    window::Window,
};
use crate::{
    base::Digest,
    image::Inode,
    profile::Fill,
    trace::{Span, Trace},
};

/// What makes an effect the same one under two profiles, within its operation.
#[derive(PartialEq, Eq)]
enum Part<'t> {
    Name(Inode, &'t [u8]),
    Size(u64),
    Hole(u64),
    Block(u32),
}

impl Window<'_> {
    /// Whether the choice that was made at this point under another profile is one of the crash states here, and leaves the
    /// disk with this digest.
    pub fn allows(&self, other: &Window<'_>, selection: &[Kept], disk: Digest) -> bool {
        let mut here = self.carry(other, selection);
        self.legalise(&mut here);
        self.image(&here).digest() == disk
    }

    /// The choice of another profile's window, effect by effect.
    fn carry(&self, other: &Window<'_>, selection: &[Kept]) -> Selection {
        let trace = &self.graph.recording.trace;
        let effects = &other.graph.effects;
        (0..self.pending.len())
            .map(|slot| {
                let effect = self.effect(slot);
                let part = part(effect, trace);
                let first = effects.partition_point(|one| one.entry < effect.entry);
                let mut same = (first..effects.len())
                    .take_while(|&index| effects[index].entry == effect.entry)
                    .filter(|&index| self::part(&effects[index], trace) == part);
                same.next().map_or(Kept::NOTHING, |index| {
                    self.carried(effect, &effects[index], other.became(index, selection))
                })
            })
            .collect()
    }

    /// What survives of an effect here, if `kept` of it does there.
    fn carried(&self, here: &Effect, there: &Effect, kept: Kept) -> Kept {
        let survivors = kept.sectors & there.whole();
        // A profile that tears at blocks writes all of a block, another only the sectors that were touched.
        let sectors = if survivors == there.whole() {
            here.whole()
        } else {
            survivors & here.whole()
        };
        let mut carried = Kept::sectors(sectors);
        for sector in 0..8 {
            let fill = kept.fill(sector);
            if fill != Fill::Zero && self.fills().any(|allowed| allowed == fill) {
                carried.set_fill(sector, fill);
            }
        }
        carried
    }

    /// What survives of an effect of the graph, pending or not.
    fn became(&self, index: usize, selection: &[Kept]) -> Kept {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        match self.pending.binary_search(&number) {
            Ok(slot) => selection[slot],
            Err(_) if self.graph.effects[index].certain_at <= self.point => Kept::WHOLE,
            Err(_) => Kept::NOTHING,
        }
    }
}

fn part<'t>(effect: &Effect, trace: &'t Trace) -> Part<'t> {
    let bytes = |span: Span| trace.bytes(span);
    match effect.kind {
        EffectKind::Name {
            directory, name, ..
        } => Part::Name(directory, bytes(name)),
        // Where a length is logged its cut goes with it; elsewhere the cut follows what became of the length.
        EffectKind::Size { size, .. } | EffectKind::Cut { size, .. } => Part::Size(size),
        EffectKind::Hole { start, .. } => Part::Hole(start),
        EffectKind::Block(block) => Part::Block(block.block),
    }
}
