//! The smallest set of orderings whose absence a violation needs: what should have been durable before what.
//!
//! A violation is executed again and again with less lost: first with nothing lost at one crash, from the last crash
//! backwards, to find the one that matters; then operation by operation, until none can survive without the violation going
//! away. Of what is left, the crash is moved to earlier places, to find the operation or the promise before which it should
//! have been durable. Deterministic, and bounded: [`Missing::reruns`] says how often it was executed.
//!
//! Deliberately absent: the smallest set over all choices. What is found is minimal, in that no part of it is idle.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Replay, RunConfig, Schedule, Subject, Verdict,
    attempt::{Detail, Edit, Given, Instead},
    legality::Stage,
    naming::NamedOperation,
    schedule::{Outline, part},
    subject::Job,
};
use crate::{
    base::{Position, Seed},
    crash::{Frontier, Kept, PersistenceGraph},
    trace::{Action, Mark},
};

/// How often a violation is executed again at most.
const RERUNS_MAX: u32 = 200;

/// Orderings that are looked for at most.
const ORDERINGS_MAX: usize = 8;

/// What a violation needs to be lost, and what would have prevented it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The crash whose losses matter ("life 1 of 2"); none if none do.
    pub crash: Option<String>,
    /// Later crashes, where everything may survive and it still happens.
    pub idle: Vec<String>,
    /// The missing orderings: with all of them, recovery would have shown nothing wrong here.
    pub orderings: Vec<MissingOrdering>,
    /// How often the violation was executed again.
    pub reruns: u32,
    /// Whether the search came to its end.
    pub complete: bool,
}

/// One missing ordering; where it says more than one, any of them would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingOrdering {
    /// The ordering, or the ones of which any would do.
    pub one_of: Vec<Ordering>,
}

/// Something that should have been durable, and before what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordering {
    /// The operation that lost something.
    pub lost: NamedOperation,
    /// What it lost ("size 8192", "block 1"), if not all.
    pub parts: Vec<String>,
    /// Before what it should have been durable.
    pub before: Before,
}

/// What should have come later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// A promise, another operation, or the end of another barrier: what it did ("rename 9 to wal", "#5 was acknowledged").
    Later(NamedOperation),
    /// Nothing: a crash right behind it is enough, so no barrier helps.
    Itself,
}

/// Looks for what a replayed violation is missing; nothing if the replay does not fail.
pub fn missing<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    schedule: &Schedule,
    replay: &Replay,
) -> Option<Missing> {
    missing_of(&Given::drawn(job, config, seed), schedule, replay)
}

/// The same where the operations may be listed.
pub(super) fn missing_of<S: Subject>(
    given: &Given<'_, S>,
    schedule: &Schedule,
    replay: &Replay,
) -> Option<Missing> {
    let Verdict::StillFails { invariant, .. } = replay.verdict else {
        return None;
    };
    let mut reruns = 0;
    let mut violates = |edit: Edit<'_>| {
        if reruns == RERUNS_MAX {
            return None;
        }
        reruns += 1;
        let mut replayer = given.replayer(std::slice::from_ref(&edit), Detail::Verdict);
        replayer.novelty = replay.novelty;
        let verdict = replayer.verdict_of(schedule, invariant);
        let same = |now| now == invariant;
        Some(matches!(verdict, Verdict::StillFails { invariant: now, .. } if same(now)))
    };
    let mut found = Missing {
        crash: None,
        idle: Vec::new(),
        orderings: Vec::new(),
        reruns: 0,
        complete: true,
    };
    for (number, stage) in replay.stages.iter().enumerate().rev() {
        let mut search = Search {
            stage,
            number,
            graph: &PersistenceGraph::with_lies(&stage.recording, stage.profile, stage.lies),
            violates: &mut violates,
            complete: true,
        };
        let matters = !stage.lost.is_empty() && !search.violates_with(&BTreeSet::new());
        if matters && search.complete {
            found.crash = Some(stage.title.clone());
            found.orderings = search.orderings();
        }
        found.complete &= search.complete;
        if found.crash.is_some() || !found.complete {
            break;
        }
        found.idle.push(stage.title.clone());
    }
    found.reruns = reruns;
    Some(found)
}

/// Operations that lose something, as indices of the trace.
type Lost = BTreeSet<u32>;

/// The search at one crash.
struct Search<'s> {
    stage: &'s Stage,
    number: usize,
    graph: &'s PersistenceGraph<'s>,
    /// Executes the violation with a crash changed; nothing if that was done too often.
    violates: &'s mut dyn FnMut(Edit<'_>) -> Option<bool>,
    complete: bool,
}

impl Search<'_> {
    /// Whether it is violated if only these operations lose what they lost, with what cannot survive without that.
    fn violates_with(&mut self, lost: &Lost) -> bool {
        self.violates_at(self.stage.point, lost)
    }

    fn violates_at(&mut self, point: Position, lost: &Lost) -> bool {
        let lost = &self.closed(point, lost);
        let violates = (self.violates)(Edit {
            stage: self.number,
            instead: Instead::At { point, lost },
        });
        self.complete &= violates.is_some();
        violates.unwrap_or(false)
    }

    /// What is lost at a point if these operations lose what they lost: that, and what cannot survive without it.
    fn closed(&self, point: Position, lost: &Lost) -> BTreeMap<u32, Kept> {
        let window = Frontier::new(self.graph).window(point);
        let mut selection = window.everything();
        for (slot, index) in window.pending.iter().enumerate() {
            if let Some(kept) = self.stage.lost.get(index)
                && lost.contains(&window.effect(slot).entry)
            {
                selection[slot] = *kept;
            }
        }
        window.legalise(&mut selection);
        let slots = window.pending.iter().zip(selection).zip(0..);
        let missing = slots.filter_map(|((&index, kept), slot)| {
            let whole = window.effect(slot).whole();
            (kept.sectors & whole != whole).then_some((index, kept))
        });
        missing.collect()
    }

    /// The operations that lost something.
    fn all(&self) -> Lost {
        let entry = |index: &u32| self.graph.effects[*index as usize].entry;
        self.stage.lost.keys().map(entry).collect()
    }

    /// Missing orderings, one after the other, until the rest may be lost without harm.
    fn orderings(&mut self) -> Vec<MissingOrdering> {
        let mut found = Vec::new();
        let mut lost = self.all();
        while !lost.is_empty() && found.len() < ORDERINGS_MAX && self.violates_with(&lost) {
            let needed = self.minimal(lost.clone());
            let one_of: Vec<Ordering> = needed
                .iter()
                .map(|&operation| self.ordering(operation, &needed))
                .collect();
            let is_helped = |ordering: &&Ordering| ordering.before != Before::Itself;
            let chosen = one_of.iter().find(is_helped).or(one_of.first());
            let Some(durable) = chosen.map(|ordering| ordering.lost.index) else {
                break;
            };
            lost.retain(|&operation| !self.takes_along(operation, durable));
            found.push(MissingOrdering { one_of });
            if !self.complete {
                break;
            }
        }
        found
    }

    /// Whether an operation cannot survive if another one is lost.
    fn takes_along(&self, lost: u32, durable: u32) -> bool {
        let closed = self.closed(self.stage.point, &BTreeSet::from([lost]));
        let effects = &self.graph.effects;
        closed.keys().any(|&index| {
            effects[index as usize].entry == durable && self.stage.lost.contains_key(&index)
        })
    }

    /// Operations all of which must lose what they lost for the violation to be there.
    fn minimal(&mut self, mut lost: Lost) -> Lost {
        loop {
            let before = lost.len();
            for operation in lost.clone() {
                let mut fewer = lost.clone();
                fewer.remove(&operation);
                let point = self.stage.point;
                let same = self.closed(point, &fewer) == self.closed(point, &lost);
                if same || self.violates_with(&fewer) {
                    lost = fewer;
                }
                if !self.complete {
                    return lost;
                }
            }
            if lost.len() == before {
                return lost;
            }
        }
    }

    /// Before what an operation should have been durable: the first thing after it behind which the crash must fall.
    fn ordering(&mut self, operation: u32, lost: &Lost) -> Ordering {
        let outline = Outline::new(&self.stage.recording, self.stage.recording.trace.end());
        let mut low = operation + 1;
        let mut high = self.stage.point.0;
        let mut before = Before::Itself;
        if low < high && !self.violates_at(Position(low), lost) {
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if self.violates_at(Position(middle), lost) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            before = Before::Later(self.later(&outline, high - 1));
        }
        Ordering {
            lost: NamedOperation::new(&self.stage.recording, &outline, operation),
            parts: self.parts(operation),
            before,
        }
    }

    fn later(&self, outline: &Outline, index: u32) -> NamedOperation {
        let recording = &self.stage.recording;
        let mut later = NamedOperation::new(recording, outline, index);
        let action = recording.trace.entries().get(index as usize);
        match action.map(|entry| entry.action) {
            Some(Action::Mark(Mark::Acknowledged(id, _))) => {
                later.text = format!("{id} was acknowledged");
            }
            Some(Action::BarrierBegin { .. }) => later.text += " began",
            Some(Action::BarrierEnd { .. }) => later.text += " completed",
            _ => {}
        }
        later
    }

    /// What an operation lost, if it is not all of it.
    fn parts(&self, operation: u32) -> Vec<String> {
        let window = Frontier::new(self.graph).window(self.stage.point);
        let effects = (0_u32..).zip(&self.graph.effects);
        let of_it: Vec<u32> = effects
            .filter(|(_, effect)| effect.entry == operation)
            .map(|(index, _)| index)
            .collect();
        let is_whole = |index: &u32| {
            let kept = self.stage.lost.get(index);
            kept.is_some_and(|kept| kept.sectors == 0)
        };
        if of_it.iter().all(is_whole) {
            return Vec::new();
        }
        let lost = of_it
            .into_iter()
            .filter(|index| self.stage.lost.contains_key(index));
        lost.map(|index| part(&self.graph.effects[index as usize].kind, &window))
            .collect()
    }
}

impl Missing {
    /// What is missing, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        let idle = self.idle.join(" and ");
        match (&self.crash, idle.as_str()) {
            (None, "") => sentences.push("no barrier: nothing was lost".to_owned()),
            (None, _) if self.complete => sentences.push(format!(
                "no barrier: it happens though all survives that was done before the crash ({idle}), \
                 so recovery accepts what it should not"
            )),
            (Some(_), "") | (None, _) => {}
            (Some(crash), _) => sentences.push(format!(
                "no barrier in {idle}: it happens though everything survives there; what was lost \
                 in {crash} matters"
            )),
        }
        sentences.extend(self.prevented());
        let orderings = self.orderings.iter();
        let helpless = orderings.filter_map(|missing| missing.alternatives().err());
        sentences.extend(helpless);
        if !self.complete {
            let reruns = self.reruns;
            sentences.push(format!("the search ended early, after {reruns} executions"));
        }
        sentences
    }

    /// One sentence of what barriers would have prevented.
    fn prevented(&self) -> Option<String> {
        let orderings = self.orderings.iter();
        let all: Vec<String> = orderings
            .filter_map(|missing| missing.alternatives().ok())
            .collect();
        let all = all.join(", and ");
        (!all.is_empty()).then(|| format!("had {all}, this could not happen"))
    }
}

impl MissingOrdering {
    /// The orderings that would do; where none would, the first.
    pub fn told(&self) -> impl Iterator<Item = &Ordering> {
        let is_helped = |ordering: &Ordering| ordering.before != Before::Itself;
        let helps = self.one_of.iter().any(is_helped);
        let first = usize::from(!helps);
        let all = self
            .one_of
            .iter()
            .filter(move |ordering| helps && is_helped(ordering));
        self.one_of.iter().take(first).chain(all)
    }

    /// What barriers would do; or why none would.
    fn alternatives(&self) -> Result<String, String> {
        let helpful: Vec<String> = self.one_of.iter().filter_map(Ordering::wish).collect();
        match (helpful.as_slice(), self.one_of.first()) {
            ([], Some(first)) => Err(first.complaint()),
            _ => Ok(helpful.join(" or ")),
        }
    }
}

impl Ordering {
    /// What was lost of it.
    fn what(&self) -> String {
        match self.parts.as_slice() {
            [] => self.lost.text.clone(),
            parts => format!("{} of {}", parts.join(", "), self.lost.text),
        }
    }

    /// What should have been, if there is something before which it should.
    fn wish(&self) -> Option<String> {
        match &self.before {
            Before::Later(later) => Some(format!(
                "{} been durable before {}",
                self.what(),
                later.text
            )),
            Before::Itself => None,
        }
    }

    /// Why nothing helps.
    fn complaint(&self) -> String {
        format!(
            "no barrier helps: a crash right behind {} that loses {} is enough, and recovery must \
             cope with it",
            self.lost.text,
            self.what()
        )
    }
}
