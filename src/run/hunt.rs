//! Looking for a violation among the states of one crash: of every place, those near to *everything survives*, and some more.
//!
//! Where a place has few states, all of them; else all but one effect, or but part of one block, nothing at all, and a few
//! that are drawn, the same each time. Bounded by a number of states.
//!
//! Deliberately absent: whether what is found is the same bug.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CrashChoice, MediaFault, RunConfig, Schedule, Subject, Verdict,
    altered::{Losses, losses},
    life::{Life, Start, log_failure},
    media::{self, Faulted, Medium},
    recover::{Recovered, recover},
    replay::Replayer,
    state::{cut_in_flight, history, past},
};
use crate::{
    base::{Digest, Position, Rng, Seed, Stream},
    crash::{
        EffectKind, Frontier, Kept, Selection, Window, all_points, pages_in_flight, process_crash,
    },
    image::{Image, Inode},
    simfs::Recording,
    workload::CrashKind,
};

/// The largest number of states at one place that are all gone through.
const ALL_OF: u64 = 48;

/// The last effects at one place that are lost one at a time.
const ONE_OF: usize = 48;

/// States drawn at one place.
const DRAWN: usize = 6;

/// Damages drawn for one state.
const DAMAGES: usize = 4;

/// A state that violates the invariant.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) point: Position,
    pub(crate) lost: Losses,
    pub(crate) pages_in_flight: u64,
    pub(crate) media: Option<MediaFault>,
    kind: Likeness,
    weight: (usize, usize, u32, Position),
}

/// What tells findings apart that may be other bugs: what the operations that lost something did, to which files, and what
/// came last.
type Likeness = (BTreeSet<(&'static str, u8, Option<Inode>)>, &'static str);

/// A search through the states of one crash.
#[derive(Debug)]
pub(crate) struct Hunt {
    /// States that may still be looked at.
    pub(crate) states_left: u64,
    /// States that were looked at.
    pub(crate) states: u64,
    /// What was found: of each likeness the lightest.
    best: BTreeMap<Likeness, Found>,
    known: BTreeMap<(Digest, usize, u64), bool>,
}

/// A state to be judged.
struct Candidate<'w, 'g> {
    window: &'w Window<'g>,
    lost: Losses,
    image: Image,
    pages: u64,
    faulted: Option<Faulted>,
}

impl Hunt {
    pub(crate) fn new(states: u64) -> Hunt {
        Hunt {
            states_left: states,
            states: 0,
            best: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// What was found, the lightest first.
    pub(super) fn finish(&mut self) -> Vec<Found> {
        self.known.clear();
        let mut found: Vec<Found> = std::mem::take(&mut self.best).into_values().collect();
        found.sort_by(|one, two| (one.weight, &one.kind).cmp(&(two.weight, &two.kind)));
        found
    }

    /// Judges a state, if its like is not known; `telling` is what besides the disk a verdict depends on.
    fn judge(
        &mut self,
        candidate: &Candidate<'_, '_>,
        telling: (usize, u64),
        violates: impl FnOnce(&Candidate<'_, '_>) -> bool,
    ) {
        if self.states_left == 0 {
            return;
        }
        let key = (candidate.image.digest(), telling.0, telling.1);
        let is_violated = match self.known.get(&key) {
            Some(known) if candidate.faulted.is_none() => *known,
            _ => {
                self.states_left -= 1;
                self.states += 1;
                violates(candidate)
            }
        };
        if candidate.faulted.is_none() {
            self.known.insert(key, is_violated);
        }
        if is_violated {
            self.keep(candidate);
        }
    }

    fn keep(&mut self, candidate: &Candidate<'_, '_>) {
        let graph = candidate.window.graph;
        let entries = graph.recording.trace.entries();
        let verb = |index: u32| entries[index as usize].action.verb();
        let effects = candidate
            .lost
            .keys()
            .map(|&index| &graph.effects[index as usize]);
        let like = effects.map(|effect| {
            let kind = match effect.kind {
                EffectKind::Name { .. } => 0,
                EffectKind::Size { .. } => 1,
                EffectKind::Cut { .. } => 2,
                EffectKind::Hole { .. } => 3,
                EffectKind::Block(_) => 4,
            };
            (verb(effect.entry), kind, effect.file())
        });
        let point = candidate.window.point;
        let last = point.0.checked_sub(1).map_or("", verb);
        let kind = (like.collect(), last);
        let fills = |kept: &&Kept| kept.fills() != 0;
        let fault = candidate
            .faulted
            .as_ref()
            .map(|faulted| faulted.fault.clone());
        let weight = (
            candidate.lost.len(),
            candidate.lost.values().filter(fills).count(),
            fault
                .as_ref()
                .map_or(0, |fault| u32::try_from(fault.extent()).unwrap_or(u32::MAX)),
            point,
        );
        let is_lighter = self
            .best
            .get(&kind)
            .is_none_or(|known| weight < known.weight);
        if is_lighter {
            let found = Found {
                point,
                lost: candidate.lost.clone(),
                pages_in_flight: candidate.pages,
                media: fault,
                kind: kind.clone(),
                weight,
            };
            self.best.insert(kind, found);
        }
    }
}

impl<S: Subject> Replayer<'_, S> {
    /// Looks through the crashes that may end a life.
    pub(super) fn hunt_life(
        &mut self,
        schedule: &Schedule,
        invariant: &str,
        life: &Life<S::Operation>,
        first: Position,
        choice: &CrashChoice,
    ) -> Verdict {
        let marks: Vec<Position> = life.recording.trace.marks().map(|(_, at)| at).collect();
        let keeps_pending = self.keeps_pending(choice);
        let telling = |point: Position| {
            let place = if keeps_pending { u64::from(point.0) } else { 0 };
            (marks.partition_point(|mark| *mark <= point), place)
        };
        let violates = |replayer: &Self, candidate: &Candidate<'_, '_>| {
            let point = candidate.window.point;
            if choice.kind == CrashKind::ProcessCrash && log_failure(&life.errors) < point {
                // Behind a failed write of the log only the machine can start again.
                return false;
            }
            let start = if keeps_pending {
                let cut = cut_in_flight(&life.recording, point, candidate.pages);
                Start::Resume(cut, candidate.image.clone())
            } else {
                Start::Mount(candidate.image.clone())
            };
            let faults = replayer.faults_in_recovery(schedule);
            let (job, trials) = (replayer.job, replayer.trials);
            let recovered = recover(job, start, trials, &past(life, point), faults);
            replayer.shows(invariant, life, (point, choice.kind), candidate, &recovered)
        };
        self.each_state(&life.recording, first, choice, telling, violates)
    }

    /// Looks through the crashes that may end a recovery.
    pub(super) fn hunt_recovery(
        &mut self,
        invariant: &str,
        life: &Life<S::Operation>,
        point: Position,
        (kind, choice): (CrashKind, &CrashChoice),
        outer: &Recovered<S>,
    ) -> Verdict {
        let violates = |replayer: &Self, candidate: &Candidate<'_, '_>| {
            let start = Start::Mount(candidate.image.clone());
            let (job, trials) = (replayer.job, replayer.trials);
            let recovered = recover(job, start, trials, &past(life, point), None);
            let kind = kind.max(choice.kind);
            replayer.shows(invariant, life, (point, kind), candidate, &recovered)
        };
        if self.keeps_pending(choice) {
            // Nothing is hunted where a process dies in a recovery and the page cache survives.
            return survives();
        }
        let recording = &outer.recording;
        self.each_state(recording, outer.first, choice, |_| (0, 0), violates)
    }

    fn shows(
        &self,
        invariant: &str,
        life: &Life<S::Operation>,
        (point, kind): (Position, CrashKind),
        candidate: &Candidate<'_, '_>,
        recovered: &Recovered<S>,
    ) -> bool {
        let history = history(life, point, kind);
        let damage = candidate.faulted.as_ref().map(|faulted| &faulted.damage);
        let mut outcomes = Vec::new();
        let case = recovered.case(&history, kind, damage);
        self.job.oracle.check(&case, &mut outcomes);
        let verdict = self.verdict(invariant, outcomes);
        matches!(verdict, Verdict::StillFails { invariant: now, .. } if now == invariant)
    }

    fn each_state(
        &mut self,
        recording: &Recording,
        first: Position,
        choice: &CrashChoice,
        telling: impl Fn(Position) -> (usize, u64),
        violates: impl Fn(&Self, &Candidate<'_, '_>) -> bool,
    ) -> Verdict {
        let Some(hunt) = self.hunt.take() else {
            return survives();
        };
        let config: &RunConfig = self.config;
        let graph = config.graph(recording);
        let mut frontier = Frontier::new(&graph);
        for point in all_points(&recording.trace, first) {
            let window = frontier.window(point);
            for candidate in self.candidates(&window, choice) {
                hunt.judge(&candidate, telling(point), |candidate| {
                    violates(self, candidate)
                });
            }
            if hunt.states_left == 0 {
                break;
            }
        }
        survives()
    }

    fn candidates<'w, 'g>(
        &self,
        window: &'w Window<'g>,
        choice: &CrashChoice,
    ) -> Vec<Candidate<'w, 'g>> {
        let candidate = |lost, image, pages| Candidate {
            window,
            lost,
            image,
            pages,
            faulted: None,
        };
        if choice.kind == CrashKind::ProcessCrash {
            let most = pages_in_flight(&window.graph.recording.trace, window.point);
            let all = (0..=most.min(ALL_OF))
                .map(|pages| candidate(Losses::new(), process_crash(window, pages).1, pages));
            return all.collect();
        }
        let mut candidates = Vec::new();
        for selection in selections(window) {
            let plain = candidate(losses(window, &selection), window.image(&selection), 0);
            if let Some(fault) = &choice.media {
                candidates.extend(self.damaged(&plain, &selection, fault));
            } else {
                candidates.push(plain);
            }
        }
        candidates
    }

    /// A state with the recorded damage, and with others that the device may do.
    fn damaged<'w, 'g>(
        &self,
        plain: &Candidate<'w, 'g>,
        selection: &[Kept],
        fault: &MediaFault,
    ) -> Vec<Candidate<'w, 'g>> {
        let with = |image: Image, faulted: Faulted| Candidate {
            window: plain.window,
            lost: plain.lost.clone(),
            image,
            pages: 0,
            faulted: Some(faulted),
        };
        let mut found = Vec::new();
        let mut image = plain.image.clone();
        let inherited = &self.last_group;
        if let Some(faulted) = media::lay(fault, plain.window, selection, &mut image, inherited) {
            found.push(with(image, faulted));
        }
        let mut medium = Medium::new(self.config.device, Seed(0), plain.window.point.0);
        medium.inherited = inherited.clone();
        for _ in 0..DAMAGES {
            let mut image = plain.image.clone();
            let struck = medium.strike(plain.window, selection, &mut image);
            found.extend(struck.map(|faulted| with(image, faulted)));
        }
        found
    }
}

/// The states that are looked at, at one place.
fn selections(window: &Window<'_>) -> Vec<Selection> {
    let count = window.count();
    if count <= ALL_OF {
        return (0..count).map(|number| window.select(number)).collect();
    }
    let mut found = vec![window.everything(), window.nothing()];
    for slot in window.pending.len().saturating_sub(ONE_OF)..window.pending.len() {
        let whole = window.effect(slot).whole();
        let mut parts = vec![0];
        if matches!(window.effect(slot).kind, EffectKind::Block(_)) {
            let first = whole & whole.wrapping_neg();
            parts.extend([first, whole & !first]);
        }
        for sectors in parts {
            let mut selection = window.everything();
            selection[slot] = Kept::sectors(sectors);
            window.legalise(&mut selection);
            found.push(selection);
        }
    }
    let mut rng = Rng::new(Seed(0), Stream::PersistedSubset, window.point.0);
    found.extend((0..DRAWN).map(|_| window.sample(&mut rng).1));
    if let Some(nothing) = found.get_mut(1) {
        window.legalise(nothing);
    }
    found
}

fn survives() -> Verdict {
    Verdict::Survives(String::new())
}
