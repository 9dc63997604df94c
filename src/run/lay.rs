//! Lays a recorded crash onto today's trace.
//!
//! Where the subject is unchanged that gives the very same disk. Where it changed, operations are found by description and
//! count. What a barrier now makes certain drops out of the choice; what is new survives or is lost, as is asked, and is lost
//! where it would keep something that is to be lost. The disk is a legal one in any case.

use std::collections::BTreeMap;

use super::{
    CrashChoice, KeptEffect,
    fit::{Fit, Novelty, Parting},
    naming::NamedOperation,
    schedule::{Outline, is_promise, part},
};
use crate::{
    base::Position,
    crash::{Effect, Frontier, Kept, PersistenceGraph, Selection, Window},
    simfs::Recording,
    trace::Action,
};

/// A recorded crash on today's trace.
pub(super) struct Laid<'g> {
    pub(super) window: Window<'g>,
    pub(super) selection: Selection,
    /// The operations before the crash today.
    pub(super) operations: usize,
}

/// What became of the effects that a choice loses.
#[derive(Default)]
struct Losses {
    /// By operation: which parts are certain, and from where on.
    covered: BTreeMap<u32, (Vec<String>, Position)>,
    /// By operation: which parts are lost again.
    again: BTreeMap<u32, Vec<String>>,
    /// The slots of those, with what is to survive of each.
    slots: Vec<(usize, Kept)>,
}

/// Lays `choice` onto a recording, of which `graph` holds the effects; `fit` takes down what does not fit.
///
/// # Errors
///
/// There is no such place today.
pub(super) fn lay<'g>(
    choice: &CrashChoice,
    recording: &Recording,
    graph: &'g PersistenceGraph<'g>,
    crash: &str,
    fit: &mut Fit,
) -> Result<Laid<'g>, Parting> {
    let outline = Outline::new(recording, recording.trace.end());
    let place = find_point(choice, recording, &outline);
    let place = place.ok_or_else(|| parting(choice, &outline, None))?;
    let point = place.point;
    fit.unsaid = fit.unsaid.saturating_add(place.unsaid);
    if !place.is_anchored {
        fit.misses(crash, parting(choice, &outline, None));
    }
    let window = Frontier::new(graph).window(point);
    let mut losses = Losses::default();
    for lost in &choice.lost {
        let Some(entry) = outline.find(&lost.operation, lost.nth) else {
            fit.misses(crash, parting(choice, &outline, Some(lost)));
            continue;
        };
        if entry >= point.0 {
            // It has not even been asked for.
            fit.behind.push(lost.operation.clone());
        } else if !losses.find(lost, entry, &window) {
            fit.misses(crash, parting(choice, &outline, Some(lost)));
        }
    }
    let news = news(choice, &outline, &window);
    fit.has_news |= !news.is_empty();
    let selection = match fit.novelty {
        Novelty::Survives => losses.select(&window, &[]),
        Novelty::Lost => losses.select(&window, &news),
    };
    losses.tell(recording, &outline, fit);
    Ok(Laid {
        operations: outline.number(point.0.saturating_sub(1)),
        window,
        selection,
    })
}

impl Losses {
    /// Looks for an effect that is to be lost; false if there is none, and none that could not be lost anyway.
    fn find(&mut self, lost: &KeptEffect, entry: u32, window: &Window<'_>) -> bool {
        let is_it = |effect: &Effect| part(&effect.kind, window) == lost.part;
        let mut slots = 0..window.pending.len();
        let slot = slots.find(|&slot| {
            let effect = window.effect(slot);
            effect.entry == entry && is_it(effect)
        });
        if let Some(slot) = slot {
            let kept = Kept::from_parts(lost.sectors, lost.fills);
            self.slots.push((slot, kept));
            self.again.entry(entry).or_default().push(lost.part.clone());
            return true;
        }
        let effects = window.graph.effects.iter();
        let own: Vec<&Effect> = effects.filter(|effect| effect.entry == entry).collect();
        if own
            .iter()
            .any(|effect| effect.gone_at <= window.point && is_it(effect))
        {
            // A failed barrier took it back: it is lost without being chosen.
            return true;
        }
        let same: Vec<&Effect> = own.iter().copied().filter(|effect| is_it(effect)).collect();
        // Of an operation that has no such effect today, all that it has.
        let meant = if same.is_empty() { own } else { same };
        let is_certain = |effect: &&Effect| effect.certain_at <= window.point;
        if meant.is_empty() || !meant.iter().all(is_certain) {
            return false;
        }
        let since = meant.iter().map(|effect| effect.certain_at).max();
        self.cover(entry, &lost.part, since.unwrap_or_default());
        true
    }

    fn cover(&mut self, entry: u32, part: &str, since: Position) {
        let (parts, last) = self.covered.entry(entry).or_default();
        parts.push(part.to_owned());
        *last = (*last).max(since);
    }

    /// The nearest crash state in which all of that is lost, and `lost_too` as far as that is legal.
    ///
    /// What else is new today may need some of it. It is not certain either, so it is lost too, as far as the log goes.
    fn select(&mut self, window: &Window<'_>, lost_too: &[usize]) -> Selection {
        let mut wished = window.everything();
        for &slot in lost_too {
            wished[slot] = Kept::NOTHING;
        }
        for (slot, kept) in &self.slots {
            wished[*slot] = *kept;
        }
        if window.is_legal(&wished) {
            return wished;
        }
        let is_back = |slot: usize, kept: Kept, selection: &Selection| {
            let whole = window.effect(slot).whole();
            selection[slot].sectors & whole & !kept.sectors != 0
        };
        let brings_back = |selection: &Selection| {
            let mut slots = self.slots.iter();
            slots.any(|&(slot, kept)| is_back(slot, kept, selection))
        };
        let nearest = cut(&wished, window, window.log.len());
        if !brings_back(&nearest) {
            return nearest;
        }
        let (mut low, mut high) = (0, window.log.len());
        let mut found = cut(&wished, window, low);
        if !brings_back(&found) {
            while high - low > 1 {
                let middle = usize::midpoint(low, high);
                let tried = cut(&wished, window, middle);
                if brings_back(&tried) {
                    high = middle;
                } else {
                    (low, found) = (middle, tried);
                }
            }
            return found;
        }
        // What needs it is certain.
        let held = self
            .slots
            .iter()
            .filter(|(slot, kept)| is_back(*slot, *kept, &nearest));
        for slot in held.map(|(slot, _)| *slot).collect::<Vec<_>>() {
            let effect = window.effect(slot);
            let name = part(&effect.kind, window);
            if let Some(again) = self.again.get_mut(&effect.entry) {
                again.retain(|part| *part != name);
            }
            self.cover(effect.entry, &name, Position::default());
        }
        nearest
    }

    /// Takes down what is certain, and what is lost again.
    fn tell(&self, recording: &Recording, outline: &Outline, fit: &mut Fit) {
        for (&entry, (parts, since)) in &self.covered {
            fit.losses_covered += parts.len();
            let by = barrier(recording, outline, *since);
            fit.covered.push(told(outline, entry, parts) + &by);
        }
        let again = self.again.iter().filter(|(_, parts)| !parts.is_empty());
        let again = again.map(|(&entry, parts)| told(outline, entry, parts));
        fit.still_lost.extend(again);
    }
}

/// The nearest crash state in which no more than so many groups of the log survive.
fn cut(wished: &Selection, window: &Window<'_>, groups: usize) -> Selection {
    let mut cut = wished.clone();
    for slots in &window.log[groups..] {
        slots.clone().for_each(|slot| cut[slot].sectors = 0);
    }
    window.legalise(&mut cut);
    cut
}

fn told(outline: &Outline, entry: u32, parts: &[String]) -> String {
    let (operation, nth) = outline.name(entry);
    let which = if nth > 1 {
        format!(" number {nth}")
    } else {
        String::new()
    };
    format!("{} of {operation}{which}", parts.join(", "))
}

/// The barrier that completed right before a position, in words; nothing if it was none.
fn barrier(recording: &Recording, outline: &Outline, since: Position) -> String {
    let index = since.0.checked_sub(1);
    let entry = index.and_then(|index| recording.trace.entries().get(index as usize));
    match (index, entry.map(|entry| entry.action)) {
        (Some(index), Some(Action::BarrierEnd { .. })) => {
            format!(
                " (by {})",
                NamedOperation::new(recording, outline, index).text
            )
        }
        _ => String::new(),
    }
}

/// Where a crash falls today.
struct Place {
    point: Position,
    /// Whether the operation is there that it fell behind.
    is_anchored: bool,
    /// Promises that came before it, and today do not come at all.
    unsaid: u32,
}

fn find_point(choice: &CrashChoice, recording: &Recording, outline: &Outline) -> Option<Place> {
    let trace = &recording.trace;
    if choice.point <= trace.end() {
        let mut before = trace.clone();
        before.truncate(choice.point);
        if before.digest() == choice.trace {
            return Some(Place {
                point: choice.point,
                is_anchored: true,
                unsaid: 0,
            });
        }
    }
    let anchor = &choice.anchor;
    let (mut at, is_anchored) = match anchor.after.as_str() {
        "" => (0, true),
        after => match outline.find(after, anchor.nth) {
            Some(entry) => (entry + 1, true),
            None => (last_known(choice, outline)? + 1, false),
        },
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
    // What was promised before the crash is promised before it: there may be more to be done for that today.
    let mut promises = trace
        .entries()
        .iter()
        .zip(1..)
        .filter(|(entry, _)| is_promise(entry));
    let wanted = anchor.acknowledged as usize;
    let last = wanted.checked_sub(1).map(|before| promises.nth(before));
    let (at, unsaid) = match last {
        None => (at, 0),
        Some(Some((_, behind))) => (at.max(behind), 0),
        Some(None) => {
            let said = trace
                .entries()
                .iter()
                .filter(|entry| is_promise(entry))
                .count();
            (at, u32::try_from(wanted - said).unwrap_or(u32::MAX))
        }
    };
    Some(Place {
        point: Position(at),
        is_anchored,
        unsaid,
    })
}

/// The slots of operations that were not done before the recorded crash.
fn news(choice: &CrashChoice, outline: &Outline, window: &Window<'_>) -> Vec<usize> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for name in &choice.operations {
        *counts.entry(name).or_default() += 1;
    }
    let is_new = |slot: &usize| {
        let (name, nth) = outline.name(window.effect(*slot).entry);
        counts.get(&*name).is_none_or(|count| nth > *count)
    };
    (0..window.pending.len()).filter(is_new).collect()
}

/// The last operation before the recorded crash that there is today too.
fn last_known(choice: &CrashChoice, outline: &Outline) -> Option<u32> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let found = choice.operations.iter().map(|name| {
        let nth = counts.entry(name).or_default();
        *nth += 1;
        outline.find(name, *nth)
    });
    found.flatten().max()
}

/// The first operation that differs; `lost` is what was looked for and not found.
fn parting(choice: &CrashChoice, outline: &Outline, lost: Option<&KeptEffect>) -> Parting {
    let today = outline.operations();
    let pairs = choice.operations.iter().zip(&today);
    let same = pairs
        .take_while(|(recorded, today)| recorded == today)
        .count();
    let found = lost.and_then(|lost| Some((lost, outline.find(&lost.operation, lost.nth)?)));
    if let Some((lost, entry)) = found {
        let number = outline.number(entry);
        if number <= same || same == choice.operations.len() {
            return Parting::Effect {
                number,
                operation: lost.operation.clone(),
                part: lost.part.clone(),
            };
        }
    }
    let at = |operations: &[String]| operations.get(same).cloned().unwrap_or_default();
    Parting::Operation {
        number: same + 1,
        recorded: at(&choice.operations),
        today: at(&today),
    }
}
