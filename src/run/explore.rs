//! Every crash state that is tried in one life: recovered once for each distinct disk, judged for each distinct ledger.

use std::collections::BTreeMap;

use super::{
    CoverageMark, Mode, RunConfig,
    driver::{Tally, Trial},
    life::{Life, Start},
    recover::{Recovered, Trials, recover},
    state::{State, cut_in_flight, history, past},
    subject::{Job, Subject},
};
use crate::{
    base::{Digest, Hasher, Position, Rng, Seed, Stream},
    crash::{
        Frontier, Kind, PersistenceGraph, Selection, Window, all_points, pages_in_flight,
        process_crash, sample_points,
    },
    trace::{Action, Entry},
    workload::{CrashKind, Past},
};

/// How many distinct disks are remembered at a time; when there are more, all are forgotten. Only exhaustive mode gets there.
const REMEMBERED: usize = 2048;

/// A disk that was recovered.
struct Known<S: Subject> {
    recovered: Recovered<S>,
    inner: Vec<Inner<S>>,
    /// The ledgers that it was judged against (the last mark before the crash), and whether nothing was violated.
    judged: BTreeMap<usize, bool>,
}

/// A crash inside a recovery, and the recovery from that.
struct Inner<S: Subject> {
    recovered: Recovered<S>,
    /// What the crash left, in words, in case something is violated.
    choice: super::CrashChoice,
    digest: Digest,
}

/// Where the next life begins.
pub(super) struct NextLife<S: Subject> {
    pub(super) point: Position,
    pub(super) start: Start,
    pub(super) state: S::State,
    pub(super) choice: super::CrashChoice,
}

/// Goes through the crash states of one life.
pub(super) struct Explorer<'a, S: Subject> {
    pub(super) job: &'a Job<S>,
    pub(super) config: &'a RunConfig,
    pub(super) seed: Seed,
    pub(super) number: u32,
    pub(super) life: &'a Life<S::Operation>,
    pub(super) trials: Trials,
    pub(super) tally: &'a mut Tally,
    known: BTreeMap<Digest, Known<S>>,
    marks: Vec<Position>,
    candidates: u64,
    next: Option<NextLife<S>>,
    draw_next: Rng,
    draw_inner: Rng,
}

impl<'a, S: Subject> Explorer<'a, S> {
    pub(super) fn new(
        job: &'a Job<S>,
        config: &'a RunConfig,
        seed: Seed,
        number: u32,
        life: &'a Life<S::Operation>,
        trials: Trials,
        tally: &'a mut Tally,
    ) -> Explorer<'a, S> {
        Explorer {
            job,
            config,
            seed,
            number,
            life,
            trials,
            tally,
            known: BTreeMap::new(),
            marks: life.recording.trace.marks().map(|(_, at)| at).collect(),
            candidates: 0,
            next: None,
            draw_next: Rng::new(seed, Stream::NextLife, number),
            draw_inner: Rng::new(seed, Stream::PersistedSubset, 1 << 16 | number),
        }
    }

    /// Tries crash states between `first` and the end of the life; the one that the next life begins on, if any is clean.
    pub(super) fn explore(mut self, first: Position) -> Option<NextLife<S>> {
        let recording = &self.life.recording;
        let graph = PersistenceGraph::new(recording, self.config.profile);
        let mut frontier = Frontier::new(&graph);
        let mut subset = Rng::new(self.seed, Stream::PersistedSubset, self.number);
        match self.config.mode {
            Mode::Sampled => {
                let mut draw = Rng::new(self.seed, Stream::CrashPoint, self.number);
                let count = self.config.states_per_run as usize;
                let points = sample_points(&recording.trace, first, count, &mut draw);
                self.tally.crash_points(&points);
                for point in points {
                    let window = frontier.window(point);
                    self.sample_state(&window, &mut subset);
                }
            }
            Mode::Exhaustive => {
                for point in all_points(&recording.trace, first) {
                    let window = frontier.window(point);
                    self.tally.crash_points(&[point]);
                    self.exhaust_point(&window, &mut subset);
                }
            }
        }
        self.next
    }

    fn sample_state(&mut self, window: &Window<'_>, subset: &mut Rng) {
        match self.config.crash_kind(self.number) {
            CrashKind::PowerLoss => {
                let (kind, selection) = window.sample(subset);
                self.tally.kind(kind);
                self.power_loss(window, selection);
            }
            CrashKind::ProcessCrash => {
                let pages = pages_in_flight(&self.life.recording.trace, window.point);
                self.process_crash(window, subset.below(pages + 1));
            }
        }
    }

    fn exhaust_point(&mut self, window: &Window<'_>, subset: &mut Rng) {
        if self.config.crash_kind(self.number) == CrashKind::ProcessCrash {
            let pages = pages_in_flight(&self.life.recording.trace, window.point);
            (0..=pages).for_each(|pages| self.process_crash(window, pages));
            return self.tally.exhaustive_point();
        }
        let count = window.count();
        if count > self.config.exhaustive_budget {
            for _ in 0..self.config.states_per_run {
                self.sample_state(window, subset);
            }
            return;
        }
        for number in 0..count {
            self.tally.kind(Kind::Any);
            self.power_loss(window, window.select(number));
        }
        self.tally.exhaustive_point();
    }

    fn power_loss(&mut self, window: &Window<'_>, selection: Selection) {
        let image = window.image(&selection);
        let kind = CrashKind::PowerLoss;
        self.try_state(&State {
            window,
            selection,
            image,
            pages: 0,
            kind,
        });
    }

    fn process_crash(&mut self, window: &Window<'_>, pages: u64) {
        let (selection, image) = process_crash(window, pages);
        if pages > 0 {
            self.tally.mark(CoverageMark::CutInFlight);
        }
        let kind = CrashKind::ProcessCrash;
        self.try_state(&State {
            window,
            selection,
            image,
            pages,
            kind,
        });
    }

    fn try_state(&mut self, state: &State<'_>) {
        let point = state.window.point;
        self.tally
            .state(state, self.life.ledger.issued_by(point) == 0, self.number);
        let identity = self.identity(state);
        let frontier = self.marks.partition_point(|mark| *mark <= point);
        let known = match self.known.remove(&identity) {
            Some(known) => known,
            None => self.recover(state),
        };
        let known = self.judge(known, state, frontier);
        if known.judged.get(&frontier) == Some(&true) && self.number + 1 < self.config.lives {
            self.consider_for_next_life(&known, state);
        }
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(identity, known);
    }

    /// What makes two crash states one to the recovering subject, and to crashes inside its recovery: the disk, and after
    /// a process crash before a power loss, what is pending.
    fn identity(&self, state: &State<'_>) -> Digest {
        let image = state.image.digest();
        if !self.keeps_pending(state.kind) {
            return image;
        }
        let entries = &self.life.recording.trace.entries()[..state.window.point.index()];
        let telling = |entry: &Entry| !matches!(entry.action, Action::Mark(_));
        let last = entries
            .iter()
            .rposition(telling)
            .map_or(0, |index| index as u64 + 1);
        let mut hasher = Hasher::new();
        hasher
            .digest(image)
            .number(last)
            .number(state.pages)
            .finish()
    }

    fn keeps_pending(&self, kind: CrashKind) -> bool {
        kind == CrashKind::ProcessCrash
            && self.config.crash_kind_in_recovery(self.number) == CrashKind::PowerLoss
    }

    fn start(&self, state: &State<'_>) -> Start {
        if self.keeps_pending(state.kind) {
            let recording = cut_in_flight(&self.life.recording, state.window.point, state.pages);
            Start::Resume(recording, state.image.clone())
        } else {
            Start::Mount(state.image.clone())
        }
    }

    fn recover(&mut self, state: &State<'_>) -> Known<S> {
        self.tally.distinct_image();
        self.tally.recovery();
        let past = past(self.life, state.window.point);
        let recovered = recover(self.job, self.start(state), self.trials, &past);
        let mut inner = Vec::new();
        self.crash_inside(&recovered, self.config.in_recovery, &past, &mut inner);
        Known {
            recovered,
            inner,
            judged: BTreeMap::new(),
        }
    }

    fn crash_inside(
        &mut self,
        outer: &Recovered<S>,
        depth: u32,
        past: &[Past<'_, S::Operation>],
        inner: &mut Vec<Inner<S>>,
    ) {
        if depth == 0 {
            return;
        }
        let trace = &outer.recording.trace;
        let count = self.config.recovery_states as usize;
        let points = sample_points(trace, outer.first, count, &mut self.draw_inner);
        let graph = PersistenceGraph::new(&outer.recording, self.config.profile);
        let mut frontier = Frontier::new(&graph);
        for point in points {
            let window = frontier.window(point);
            let kind = self.config.crash_kind_in_recovery(self.number);
            let (selection, image, pages) = match kind {
                CrashKind::PowerLoss => {
                    let (drawn, selection) = window.sample(&mut self.draw_inner);
                    self.tally.kind(drawn);
                    let image = window.image(&selection);
                    (selection, image, 0)
                }
                CrashKind::ProcessCrash => {
                    let pages = self.draw_inner.below(pages_in_flight(trace, point) + 1);
                    let (selection, image) = process_crash(&window, pages);
                    (selection, image, pages)
                }
            };
            let state = State {
                window: &window,
                selection,
                image,
                pages,
                kind,
            };
            self.tally.inner_state(&state);
            self.tally.recovery();
            let recovered = recover(
                self.job,
                Start::Mount(state.image.clone()),
                self.trials,
                past,
            );
            self.crash_inside(&recovered, depth - 1, past, inner);
            inner.push(Inner {
                recovered,
                digest: state.image.digest(),
                choice: state.describe(),
            });
        }
    }

    fn judge(&mut self, mut known: Known<S>, state: &State<'_>, frontier: usize) -> Known<S> {
        if known.judged.contains_key(&frontier) {
            return known;
        }
        let point = state.window.point;
        let outer_history = history(self.life, point, state.kind);
        let outer = Trial {
            history: &outer_history,
            recovered: &known.recovered,
            state,
            kind: state.kind,
            digest: state.image.digest(),
            inner: None,
        };
        let clean = self.tally.judge(self.job, &outer);
        let kind = self.config.crash_kind_in_recovery(self.number);
        let inner_history = history(self.life, point, kind);
        for inner in &known.inner {
            let trial = Trial {
                history: &inner_history,
                recovered: &inner.recovered,
                state,
                kind,
                digest: inner.digest,
                inner: Some(&inner.choice),
            };
            self.tally.judge(self.job, &trial);
        }
        known.judged.insert(frontier, clean);
        known
    }

    fn consider_for_next_life(&mut self, known: &Known<S>, state: &State<'_>) {
        let Ok(shown) = &known.recovered.shown else {
            return;
        };
        // Each candidate takes the place with equal chance, without keeping them all.
        self.candidates += 1;
        if self.draw_next.below(self.candidates) == 0 {
            self.next = Some(NextLife {
                point: state.window.point,
                start: self.start(state),
                state: shown.clone(),
                choice: state.describe(),
            });
        }
    }
}
