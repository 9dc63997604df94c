//! Lays a recorded crash onto today's trace.
//!
//! Where the subject is unchanged that gives the very same disk. Where it changed, operations are found by description and
//! count; what a barrier now makes certain drops out of the choice.

use super::{
    CrashChoice, KeptEffect,
    schedule::{Outline, part},
};
use crate::{
    base::Position,
    crash::{Frontier, Kept, PersistenceGraph, Selection, Window},
    simfs::Recording,
    trace::Action,
};

/// A recorded crash on today's trace.
pub(super) struct Laid<'g> {
    pub(super) window: Window<'g>,
    pub(super) selection: Selection,
    /// What the choice loses and a barrier now covers, in words.
    pub(super) covered: Vec<String>,
}

/// Why a recorded crash has no meaning on today's trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The number of the first operation that differs, counted from 1.
    pub number: usize,
    /// The operation that was recorded; empty if there were no more.
    pub recorded: String,
    /// The operation that there is today; empty if there are no more.
    pub today: String,
}

impl std::fmt::Display for Divergence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |text: &str| {
            if text.is_empty() {
                "nothing more".to_owned()
            } else {
                format!("`{text}`")
            }
        };
        let (recorded, today) = (name(&self.recorded), name(&self.today));
        write!(f, "operation {} was {recorded} and is {today}", self.number)
    }
}

/// Lays `choice` onto a recording, of which `graph` holds the effects.
pub(super) fn lay<'g>(
    choice: &CrashChoice,
    recording: &Recording,
    graph: &'g PersistenceGraph<'g>,
) -> Result<Laid<'g>, Divergence> {
    let outline = Outline::new(recording, recording.trace.end());
    let diverged = || divergence(choice, &outline);
    let point = find_point(choice, recording, &outline).ok_or_else(diverged)?;
    let window = Frontier::new(graph).window(point);
    let mut selection = window.everything();
    let mut covered = Vec::new();
    for lost in &choice.lost {
        let entry = outline
            .find(&lost.operation, lost.nth)
            .ok_or_else(diverged)?;
        let is_it = |slot: &usize| {
            let effect = window.effect(*slot);
            effect.entry == entry && part(&effect.kind, &window) == lost.part
        };
        if let Some(slot) = (0..selection.len()).find(is_it) {
            selection[slot] = Kept::from_parts(lost.sectors, lost.fills);
            continue;
        }
        let is_covered = graph.effects.iter().any(|effect| {
            effect.entry == entry
                && effect.certain_at <= point
                && part(&effect.kind, &window) == lost.part
        });
        if !is_covered {
            // The operation is there, but it does something else now: another length, another place.
            return Err(changed(lost, entry, &outline));
        }
        covered.push(format!("{} of {}", lost.part, lost.operation));
    }
    if !window.is_legal(&selection) {
        window.legalise(&mut selection);
    }
    Ok(Laid {
        window,
        selection,
        covered,
    })
}

fn find_point(choice: &CrashChoice, recording: &Recording, outline: &Outline) -> Option<Position> {
    let trace = &recording.trace;
    if choice.point <= trace.end() {
        let mut before = trace.clone();
        before.truncate(choice.point);
        if before.digest() == choice.trace {
            return Some(choice.point);
        }
    }
    let anchor = &choice.anchor;
    let mut at = match anchor.after.as_str() {
        "" => 0,
        after => outline.find(after, anchor.nth)? + 1,
    };
    // The same marks, with whatever barriers there are today before them; then the barriers that followed.
    let entry = |at: u32| trace.entries().get(at as usize).map(|entry| entry.action);
    let mut marks = 0;
    while marks < anchor.marks && entry(at).is_some_and(|action| !action.is_change()) {
        marks += u32::from(matches!(entry(at), Some(Action::Mark(_))));
        at += 1;
    }
    for _ in 0..anchor.then {
        let is_barrier = matches!(
            entry(at),
            Some(
                Action::BarrierBegin { .. }
                    | Action::BarrierEnd { .. }
                    | Action::BarrierFailed { .. }
                    | Action::Refused { .. }
            )
        );
        if !is_barrier {
            break;
        }
        at += 1;
    }
    Some(Position(at))
}

/// The operation that has no such effect any more.
fn changed(lost: &KeptEffect, entry: u32, outline: &Outline) -> Divergence {
    let number = outline.number(entry);
    let recorded = format!("{} ({})", lost.operation, lost.part);
    Divergence {
        number,
        recorded,
        today: format!("{} without that effect", lost.operation),
    }
}

fn divergence(choice: &CrashChoice, outline: &Outline) -> Divergence {
    let today = outline.operations();
    let pairs = choice.operations.iter().zip(&today);
    let same = pairs
        .take_while(|(recorded, today)| recorded == today)
        .count();
    let at = |operations: &[String]| operations.get(same).cloned().unwrap_or_default();
    Divergence {
        number: same + 1,
        recorded: at(&choice.operations),
        today: at(&today),
    }
}
