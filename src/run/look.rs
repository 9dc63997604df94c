//! The crash states of one life, for its strip: recovered once for each distinct disk, judged for each distinct ledger.

use std::collections::BTreeMap;

use super::{
    RunConfig, Strip, StripPoint, StripTick, Tick,
    life::{Life, Start},
    media::Medium,
    recover::{Recovered, Trials, recover},
    state::{State, cut_in_flight, history, past},
    strip::{drawn, plan},
    subject::{Job, Subject},
};
use crate::{
    base::{Digest, Hasher, Position, Rng, Stream},
    crash::{Frontier, PersistenceGraph, Window, all_points, pages_in_flight},
    oracle::Outcome,
    trace::{Action, Mark, Promise},
    workload::CrashKind,
};

/// Looks at the crash states of one life.
pub(super) struct Look<'a, S: Subject> {
    job: &'a Job<S>,
    config: &'a RunConfig,
    life: &'a Life<S::Operation>,
    trials: Trials,
    medium: Medium,
    /// Recovered disks.
    known: BTreeMap<Digest, Recovered<S>>,
    /// Whether a disk fails after so many marks.
    judged: BTreeMap<(Digest, usize), bool>,
    marks: Vec<Position>,
    draw: Rng,
}

impl<'a, S: Subject> Look<'a, S> {
    pub(super) fn new(
        job: &'a Job<S>,
        config: &'a RunConfig,
        life: &'a Life<S::Operation>,
        trials: Trials,
        medium: Medium,
    ) -> Look<'a, S> {
        Look {
            job,
            config,
            life,
            trials,
            medium,
            known: BTreeMap::new(),
            judged: BTreeMap::new(),
            marks: life.recording.trace.marks().map(|(_, at)| at).collect(),
            draw: Rng::new(trials.seed, Stream::PersistedSubset, 2 << 16 | trials.life),
        }
    }
}

impl<S: Subject> Look<'_, S> {
    /// The strip from `first` on, for no more than `states_max` states.
    pub(super) fn strip(
        mut self,
        graph: &PersistenceGraph<'_>,
        first: Position,
        states_max: u64,
    ) -> Strip {
        let trace = &self.life.recording.trace;
        let points: Vec<Position> = all_points(trace, first).collect();
        let mut frontier = Frontier::new(graph);
        let counts: Vec<u64> = points
            .iter()
            .map(|&point| self.count(&frontier.window(point)))
            .collect();
        let (limit, step) = plan(&counts, states_max);
        let mut frontier = Frontier::new(graph);
        let looked = points.iter().zip(&counts).step_by(step);
        let looked = looked.map(|(&point, &count)| {
            let window = frontier.window(point);
            self.point(&window, count, limit)
        });
        let looked = looked.collect();
        Strip {
            seed: self.trials.seed.0,
            life: self.trials.life + 1,
            crash: self.config.crash_kind(self.trials.life),
            end: trace.end().0,
            points_all: points.len() as u64,
            points: looked,
            ticks: self.ticks(first),
        }
    }

    fn kind(&self) -> CrashKind {
        self.config.crash_kind(self.trials.life)
    }

    /// The legal states at a point, with `u64::MAX` for too many.
    fn count(&self, window: &Window<'_>) -> u64 {
        match self.kind() {
            CrashKind::ProcessCrash => {
                pages_in_flight(&self.life.recording.trace, window.point) + 1
            }
            CrashKind::PowerLoss => window.count(),
        }
    }

    fn point(&mut self, window: &Window<'_>, count: u64, limit: u64) -> StripPoint {
        let damages = self.config.device.damages();
        let exact = count <= limit && !damages;
        let tried = if exact { count } else { drawn(limit) };
        let mut failing = 0;
        for number in 0..tried {
            let state = match (self.kind(), exact) {
                (CrashKind::ProcessCrash, true) => State::process_crash(window, number),
                (CrashKind::ProcessCrash, false) => {
                    State::process_crash(window, self.draw.below(count))
                }
                (CrashKind::PowerLoss, true) => State::power_loss(window, window.select(number)),
                (CrashKind::PowerLoss, false) => self.draw(window, count),
            };
            failing += u64::from(self.fails(&state));
        }
        StripPoint {
            at: window.point.0,
            legal: (count != u64::MAX && !damages).then_some(count),
            tried,
            failing,
            exact,
        }
    }

    /// Any legal state, each as likely as the others where they can be counted.
    fn draw<'w>(&mut self, window: &'w Window<'w>, count: u64) -> State<'w> {
        let selection = match count {
            u64::MAX => window.sample(&mut self.draw).1,
            _ => window.select(self.draw.below(count)),
        };
        let mut state = State::power_loss(window, selection);
        state.faulted = self
            .medium
            .strike(window, &state.selection, &mut state.image);
        state
    }

    fn fails(&mut self, state: &State<'_>) -> bool {
        let point = state.window.point;
        if state.faulted.is_some() {
            let recovered = self.recover(state);
            return self.judge(&recovered, state);
        }
        let mut disk = state.image.digest();
        if self.resumes() {
            // What is pending there counts as well.
            let mut hasher = Hasher::new();
            let place = u64::from(point.0);
            disk = hasher
                .digest(disk)
                .number(place)
                .number(state.pages)
                .finish();
        }
        let marks = self.marks.partition_point(|mark| *mark <= point);
        if let Some(&fails) = self.judged.get(&(disk, marks)) {
            return fails;
        }
        let recovered = self.known.remove(&disk);
        let recovered = recovered.unwrap_or_else(|| self.recover(state));
        let fails = self.judge(&recovered, state);
        self.known.insert(disk, recovered);
        self.judged.insert((disk, marks), fails);
        fails
    }

    fn resumes(&self) -> bool {
        self.kind() == CrashKind::ProcessCrash
            && self.config.crash_kind_in_recovery(self.trials.life) == CrashKind::PowerLoss
    }

    fn recover(&self, state: &State<'_>) -> Recovered<S> {
        let point = state.window.point;
        let start = if self.resumes() {
            let cut = cut_in_flight(&self.life.recording, point, state.pages);
            Start::Resume(cut, state.image.clone())
        } else {
            Start::Mount(state.image.clone())
        };
        recover(self.job, start, self.trials, &past(self.life, point), None)
    }

    fn judge(&self, recovered: &Recovered<S>, state: &State<'_>) -> bool {
        let history = history(self.life, state.window.point, state.kind);
        let mut outcomes = Vec::new();
        let case = recovered.case(&history, state.kind, state.damage());
        self.job.oracle.check(&case, &mut outcomes);
        let is_violated = |outcome: &Outcome| matches!(outcome, Outcome::Violated(_));
        outcomes.iter().any(is_violated)
    }

    fn ticks(&self, first: Position) -> Vec<StripTick> {
        let entries = (0_u32..).zip(self.life.recording.trace.entries());
        let ticks = entries.skip(first.index()).filter_map(|(at, entry)| {
            let (is, text) = match entry.action {
                Action::BarrierEnd { kind, .. } => {
                    (Tick::Barrier, format!("{} completes", kind.verb()))
                }
                Action::BarrierFailed { kind, .. } => {
                    (Tick::Error, format!("{} fails", kind.verb()))
                }
                Action::Refused { operation, .. } => (Tick::Error, format!("{operation} fails")),
                Action::Mark(Mark::Acknowledged(id, Promise::Durable)) => (
                    Tick::Acknowledgement,
                    format!("{id} is acknowledged as durable"),
                ),
                Action::Mark(Mark::Opened) => (Tick::Opened, "recovery is over".to_owned()),
                _ => return None,
            };
            Some(StripTick { at, is, text })
        });
        ticks.collect()
    }
}
