//! Every crash state that is tried in one life: recovered once for each distinct disk, judged for each distinct ledger.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use super::{
    CoverageMark, Mode, RunConfig,
    coverage::is_mixed,
    disturb::Disturbances,
    life::{Life, Start},
    media::{self, LastGroup, Medium},
    recover::{Recovered, Trials, recover},
    state::{Choice, Known, State, cut_in_flight, history, past},
    subject::{Job, Subject},
    swarm::{Draws, Mask},
    tally::{Tally, Trial},
};
use crate::{
    base::{Digest, Hasher, Position, Rng, Seed, Stream},
    crash::{Frontier, Kind, Selection, Window, all_points, pages_in_flight},
    oracle::DamageClass,
    simfs::Recording,
    trace::{Action, Entry, Trace},
    workload::CrashKind,
};

/// How many distinct disks are remembered at a time; when there are more, all are forgotten. Only exhaustive mode gets there.
const REMEMBERED: usize = 2048;

/// How many candidates for the next life a disk counts for on which something is torn or out of order.
const MIXED_WEIGHT: u64 = 16;

/// Where the next life begins.
pub(super) struct NextLife<S: Subject> {
    pub(super) start: Start,
    pub(super) state: S::State,
    pub(super) choice: Choice,
    /// What of the disk nothing durable was written after.
    pub(super) last_group: LastGroup,
}

/// How many marks lie before a point, counted on the way from one point to the next.
#[derive(Default)]
struct MarksBefore {
    point: Position,
    count: usize,
}

impl MarksBefore {
    fn up_to(&mut self, point: Position, trace: &Trace) -> usize {
        let passed = &trace.entries()[self.point.index()..point.index()];
        let marks = passed
            .iter()
            .filter(|entry| matches!(entry.action, Action::Mark(_)));
        self.count += marks.count();
        self.point = point;
        self.count
    }
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
    /// Boxed, since they go out of the map and back with each state.
    known: BTreeMap<Digest, Box<Known<S>>>,
    /// Every disk that was recovered, those whose recovery was forgotten too.
    disks: BTreeSet<Digest>,
    pub(super) inner: BTreeMap<Digest, Rc<Recovered<S>>>,
    marks: MarksBefore,
    candidates: u64,
    next: Option<NextLife<S>>,
    draw_next: Rng,
    pub(super) draw_inner: Rng,
    pub(super) draw_errors: Rng,
    pub(super) disturbances: Disturbances,
    pub(super) medium: Medium,
    pub(super) draws: Draws,
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
            disks: BTreeSet::new(),
            inner: BTreeMap::new(),
            marks: MarksBefore::default(),
            candidates: 0,
            next: None,
            draw_next: Rng::new(seed, Stream::NextLife, number),
            draw_inner: Rng::new(seed, Stream::PersistedSubset, 1 << 16 | number),
            draw_errors: RunConfig::faults_in_recovery(seed, number),
            disturbances: Disturbances::of(life),
            medium: Medium::new(config.device, seed, number),
            draws: Mask::default().draws(),
        }
    }

    /// Tries crash states between `first` and the end of the life; the one that the next life begins on, if any is clean.
    pub(super) fn explore(mut self, first: Position) -> Option<NextLife<S>> {
        let mut subset = Rng::new(self.seed, Stream::PersistedSubset, self.number);
        match self.config.mode {
            Mode::Sampled => self.sample(first, &mut subset),
            Mode::Exhaustive => self.exhaust(first, &mut subset),
        }
        self.next
    }

    fn sample(&mut self, first: Position, subset: &mut Rng) {
        let mut draw = Rng::new(self.seed, Stream::CrashPoint, self.number);
        let points = self.sample_points(first, &mut draw);
        self.tally.crash_points(&points);
        let Some(&last) = points.last() else {
            return;
        };
        let graph = self.config.graph_up_to(last, &self.life.recording);
        let mut frontier = Frontier::new(&graph);
        for point in points {
            let window = frontier.window(point);
            self.sample_state(&window, subset);
        }
    }

    fn exhaust(&mut self, first: Position, subset: &mut Rng) {
        let recording = &self.life.recording;
        let graph = self.config.graph(recording);
        let mut frontier = Frontier::new(&graph);
        for point in all_points(&recording.trace, first) {
            let window = frontier.window(point);
            self.tally.crash_points(&[point]);
            self.exhaust_point(&window, subset);
        }
    }

    fn sample_state(&mut self, window: &Window<'_>, subset: &mut Rng) {
        match self.crash_kind(window.point) {
            CrashKind::PowerLoss => {
                let (kind, selection) = window.sample_of(&self.draws.kinds, subset);
                self.tally.kind(kind);
                self.power_loss(window, selection);
            }
            CrashKind::ProcessCrash => {
                let pages = pages_in_flight(&self.life.recording.trace, window.point);
                self.process_crash(window, self.draws.pages(pages, subset));
            }
        }
    }

    fn exhaust_point(&mut self, window: &Window<'_>, subset: &mut Rng) {
        if self.crash_kind(window.point) == CrashKind::ProcessCrash {
            let pages = pages_in_flight(&self.life.recording.trace, window.point);
            self.tally.legal_states(pages + 1);
            (0..=pages).for_each(|pages| self.process_crash(window, pages));
            return self.tally.exhaustive_point();
        }
        let count = window.count();
        self.tally.legal_states(count);
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
        let mut state = State::power_loss(window, selection);
        if self.draws.damages {
            let medium = &mut self.medium;
            state.faulted = medium.strike(window, &state.selection, &mut state.image);
        }
        self.try_state(&state);
    }

    fn process_crash(&mut self, window: &Window<'_>, pages: u64) {
        if pages > 0 {
            self.tally.mark(CoverageMark::CutInFlight);
        }
        self.try_state(&State::process_crash(window, pages));
    }

    fn try_state(&mut self, state: &State<'_>) {
        let point = state.window.point;
        self.tally
            .state(state, self.life.ledger.issued_by(point) == 0, self.number);
        self.disturbances.observe(point, self.tally);
        let identity = self.identity(state);
        let marks = self.marks.up_to(point, &self.life.recording.trace);
        let mut known = match self.known.remove(&identity) {
            Some(known) => known,
            None => Box::new(self.recover(state, identity)),
        };
        self.judge(&mut known, state, marks);
        if known.judged.get(&marks) == Some(&true) && self.number + 1 < self.config.lives {
            self.consider_for_next_life(&known, state);
        }
        if self.known.len() >= REMEMBERED {
            self.known.clear();
            self.inner.clear();
        }
        self.known.insert(identity, known);
    }

    /// What makes two crash states one to the recovering subject, and to crashes inside its recovery: the disk, and after
    /// a process crash before a power loss, what is pending; of a damaged one, what can be asked of the subject.
    fn identity(&self, state: &State<'_>) -> Digest {
        let mut image = state.image.digest();
        if let Some(damage) = state.damage() {
            let mut hasher = Hasher::new();
            let class = damage.class as u64;
            image = hasher
                .digest(image)
                .number(class)
                .bytes(damage.what.as_bytes())
                .finish();
        }
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

    pub(super) fn start(&self, state: &State<'_>) -> Start {
        if self.keeps_pending(state.kind) {
            let recording = cut_in_flight(&self.life.recording, state.window.point, state.pages);
            Start::Resume(recording, state.image.clone())
        } else {
            Start::Mount(state.image.clone())
        }
    }

    fn recover(&mut self, state: &State<'_>, identity: Digest) -> Known<S> {
        if self.disks.insert(identity) {
            self.tally.distinct_image();
        }
        self.tally.recovery();
        // Nobody else asks for it than the draw of one more operation.
        let past = if self.trials.progress {
            past(self.life, state.window.point)
        } else {
            Vec::new()
        };
        let mut recovered = recover(self.job, self.start(state), self.trials, &past, None);
        let mut inner = Vec::new();
        self.crash_inside(&recovered, None, &past, &mut inner);
        let troubled = self.recover_in_trouble(state, &past);
        if self.config.in_recovery == 0 {
            // Nobody crashes inside it, and there are many.
            recovered.recording = Recording {
                base: self.life.recording.base.clone(),
                trace: Trace::new(),
            };
        }
        Known {
            recovered,
            inner,
            troubled,
            judged: BTreeMap::new(),
        }
    }

    fn judge(&mut self, known: &mut Known<S>, state: &State<'_>, marks: usize) {
        if known.judged.contains_key(&marks) {
            return;
        }
        let point = state.window.point;
        let outer_history = history(self.life, point, state.kind);
        let trial = Trial {
            life: self.life,
            config: self.config,
            history: &outer_history,
            outer: &known.recovered,
            state,
            kind: state.kind,
            inner: None,
        };
        let clean = self.tally.judge(self.job, &trial);
        self.judge_inner(&trial, &known.inner);
        if let Some(troubled) = &known.troubled {
            let trial = Trial {
                outer: &troubled.recovered,
                ..trial
            };
            self.tally.judge(self.job, &trial);
            self.judge_inner(&trial, &troubled.inner);
        }
        known.judged.insert(marks, clean);
    }

    fn consider_for_next_life(&mut self, known: &Known<S>, state: &State<'_>) {
        let Ok(shown) = &known.recovered.shown else {
            return;
        };
        // What comes of a media fault is told in the life that it struck: no later one has to answer for it.
        if state
            .damage()
            .is_some_and(|damage| damage.class != DamageClass::OfTheCrash)
        {
            return;
        }
        // A disk on which something is torn is where a second crash finds most, so it counts for many. Each candidate takes
        // the place with the chance that its weight gives it, without keeping them all.
        let mixed = state.pages > 0 || is_mixed(state.window, &state.selection);
        let weight = if mixed { MIXED_WEIGHT } else { 1 };
        self.candidates += weight;
        if self.draw_next.below(self.candidates) < weight {
            let start = self.start(state);
            let last_group = media::last_group(
                self.config.device,
                state.window,
                &state.selection,
                &state.image,
                &self.medium.inherited,
                self.keeps_pending(state.kind),
            );
            let state = NextLife {
                start,
                state: shown.clone(),
                choice: state.choice(),
                last_group,
            };
            self.next = Some(state);
        }
    }
}
