//! Crash points: where the power goes.

use crate::{
    base::{Position, Rng},
    trace::{Action, Mark, Trace},
};

/// Draws `count` crash points between `first` and the end of the trace, in ascending order; some may be equal.
///
/// Of ten, three fall right behind an acknowledgement, where a promise is newest; three right behind a change, before the
/// barrier that covers it; two into recovery, if the trace begins with one; the rest fall anywhere.
pub fn sample_points(trace: &Trace, first: Position, count: usize, rng: &mut Rng) -> Vec<Position> {
    let entries = &trace.entries()[first.index()..];
    let [mut acknowledged, mut changed] = [(); 2].map(|()| Vec::with_capacity(entries.len()));
    let mut opened = None;
    for (entry, position) in entries.iter().zip(first.0 + 1..) {
        match &entry.action {
            Action::Mark(Mark::Acknowledged(..)) => acknowledged.push(Position(position)),
            Action::Mark(Mark::Opened) => opened = opened.or(Some(Position(position))),
            action if action.is_change() => changed.push(Position(position)),
            _ => {}
        }
    }
    let opened = opened.unwrap_or(first);
    let anywhere = |rng: &mut Rng, low: Position, high: Position| {
        let drawn = rng.between(u64::from(low.0), u64::from(high.0));
        Position(u32::try_from(drawn).expect("a position between two others"))
    };
    let mut points: Vec<Position> = (0..count)
        .map(|_| match rng.below(10) {
            0..3 if !acknowledged.is_empty() => *rng.choose(&acknowledged),
            3..6 if !changed.is_empty() => *rng.choose(&changed),
            6..8 if opened > first => anywhere(rng, first, opened),
            _ => anywhere(rng, first, trace.end()),
        })
        .collect();
    points.sort_unstable();
    points
}

/// The positions at which a crash can leave something that it cannot leave elsewhere: behind everything that changes
/// the disk, its certainty or the ledger.
pub fn all_points(trace: &Trace, first: Position) -> impl Iterator<Item = Position> + '_ {
    let behind = trace.entries().iter().zip(1..).skip(first.index());
    let telling = behind.filter(|(entry, _)| !matches!(entry.action, Action::BarrierBegin { .. }));
    std::iter::once(first).chain(telling.map(|(_, position)| Position(position)))
}
