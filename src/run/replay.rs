//! A violation again, from its explicit choices.

use super::{
    CrashChoice, RunConfig, Schedule, Subject, Timeline,
    attempt::{Detail, Edit, Instead},
    carried::carried,
    driver::{settle, trials},
    fit::{Divergence, Fit, Novelty, Parting},
    hunt::Hunt,
    lay::{Laid, lay},
    legality::{Legality, Stage},
    life::{Start, named, record},
    media::{self, LastGroup},
    recover::{Trials, recover},
    state::{cut_in_flight, past},
    subject::Job,
    tagged::{Listed, TaggedError},
    tally::OPERATIONS_SUCCEED,
};
use crate::{
    base::{Digest, Position, Seed},
    crash::{Frontier, Kept, PersistenceGraph, Window, pages_in_flight, process_crash},
    image::Image,
    oracle::{Compared, Damage, Witness},
    simfs::{InjectedError, Recording},
    workload::{CrashKind, Ledger},
};

/// What came of a replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Whether it still fails.
    pub verdict: Verdict,
    /// What happened, a part for each life and each recovery that crashed.
    pub timelines: Vec<Timeline>,
    /// The disk that the last crash left.
    pub image: Image,
    /// What the running program saw of it right before.
    pub(super) live: Image,
    /// What was asked, what had to become of it, and what recovery showed.
    pub(super) comparison: Vec<Compared>,
    /// The crashes, in the order of the timelines.
    pub(super) stages: Vec<Stage>,
    /// The life that no crash ended, behind them.
    pub(super) uncrashed: Option<Stage>,
    /// What became of effects that were not there when the crashes were recorded.
    pub(super) novelty: Novelty,
}

/// Whether a violation is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It still fails.
    StillFails {
        /// The violated invariant: the recorded one, unless only others are violated today.
        invariant: &'static str,
        /// Why it does not hold.
        witness: Witness,
        /// The digest of the disk; that of the reproducer where nothing changed.
        image: Digest,
    },
    /// The subject survives it, and why.
    Survives(String),
    /// The traces differ so far that the choice cannot be laid.
    Stale(Divergence),
}

/// A replay under way.
pub(super) struct Replayer<'a, S: Subject> {
    pub(super) job: &'a Job<S>,
    pub(super) config: &'a RunConfig,
    pub(super) trials: Trials,
    pub(super) timelines: Vec<Timeline>,
    pub(super) stages: Vec<Stage>,
    pub(super) uncrashed: Option<Stage>,
    pub(super) fit: Fit,
    pub(super) image: Image,
    live: Image,
    pub(super) comparison: Vec<Compared>,
    /// What the device did to the disk of this life.
    pub(super) damage: Option<Damage>,
    pub(super) last_group: LastGroup,
    pub(super) edits: &'a [Edit<'a>],
    pub(super) detail: Detail,
    pub(super) novelty: Novelty,
    /// The operations, where they are not those of the workload.
    pub(super) listed: Option<Listed<'a, S::Operation>>,
    /// What the operations of the history are called in `listed`.
    pub(super) tags: Vec<u32>,
    /// Looks through the states of the last crash instead of laying it.
    pub(super) hunt: Option<&'a mut Hunt>,
    /// Where what was asked in each life goes.
    pub(super) asked: Option<&'a mut Vec<Vec<S::Operation>>>,
    /// The errors of each life, where they are not those of the schedule.
    pub(super) placed: Option<&'a [Vec<TaggedError>]>,
    /// The errors that were injected into each life, told in both ways.
    pub(super) injected: Vec<(Vec<InjectedError>, Vec<TaggedError>)>,
    /// Where the recording of the last life or recovery begins.
    first: Position,
    /// How many crashes there were.
    crashes: usize,
}

/// Executes the choices of `schedule` and looks for a violation of `invariant`.
///
/// What is new since they were recorded survives first. If nothing is violated then, and all of the choices has its place, it
/// is lost: that is as legal, and a subject that survives only the one does not survive the crash.
pub fn replay<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    schedule: &Schedule,
    invariant: &str,
) -> Replay {
    let mut replayer = Replayer::new(job, config, seed);
    let verdict = replayer.verdict_of(schedule, invariant);
    if matches!(verdict, Verdict::Survives(_)) && replayer.fit.leaves_news_open() {
        let mut stricter = Replayer {
            novelty: Novelty::Lost,
            ..Replayer::new(job, config, seed)
        };
        let verdict = stricter.verdict_of(schedule, invariant);
        if matches!(verdict, Verdict::StillFails { .. }) {
            return stricter.finish(verdict);
        }
    }
    replayer.finish(verdict)
}

impl Replay {
    /// Why each of the crash states is legal, in the order of the timelines.
    pub fn legality(&self) -> Vec<Legality> {
        self.stages.iter().map(Stage::legality).collect()
    }
}

impl<'a, S: Subject> Replayer<'a, S> {
    pub(super) fn new(job: &'a Job<S>, config: &'a RunConfig, seed: Seed) -> Replayer<'a, S> {
        Replayer {
            job,
            config,
            trials: trials(job, config, seed),
            timelines: Vec::new(),
            stages: Vec::new(),
            uncrashed: None,
            fit: Fit::default(),
            image: Image::empty(),
            live: Image::empty(),
            comparison: Vec::new(),
            damage: None,
            last_group: LastGroup::default(),
            edits: &[],
            detail: Detail::Timelines,
            novelty: Novelty::default(),
            listed: None,
            tags: Vec::new(),
            hunt: None,
            asked: None,
            placed: None,
            injected: Vec::new(),
            first: Position(0),
            crashes: 0,
        }
    }

    pub(super) fn verdict_of(&mut self, schedule: &Schedule, invariant: &str) -> Verdict {
        let has_errors = !schedule.errors.is_empty() || !schedule.errors_in_recovery.is_empty();
        self.fit = Fit::new(
            &[&schedule.crashes, &schedule.in_recovery],
            has_errors,
            self.novelty,
        );
        let verdict = self.lives(schedule, invariant);
        verdict.unwrap_or_else(|divergence| self.fit.ends(divergence))
    }

    pub(super) fn finish(self, verdict: Verdict) -> Replay {
        Replay {
            verdict,
            timelines: self.timelines,
            image: self.image,
            live: self.live,
            comparison: self.comparison,
            stages: self.stages,
            uncrashed: self.uncrashed,
            novelty: self.novelty,
        }
    }

    /// The choice on today's trace, or what takes its place.
    pub(super) fn lay<'g>(
        &mut self,
        choice: &CrashChoice,
        recording: &Recording,
        first: Position,
        graph: &'g PersistenceGraph<'g>,
        title: &str,
    ) -> Result<Laid<'g>, Divergence> {
        self.first = first;
        let edit = self.edits.iter().find(|edit| edit.stage == self.crashes);
        let (point, lost) = match edit.map(|edit| edit.instead) {
            None => {
                let laid = lay(choice, recording, graph, title, &mut self.fit);
                return laid.map_err(|parting| self.fit.divergence(title, parting));
            }
            Some(Instead::Carried(stage)) => {
                return Ok(carried(stage, &self.tags, first, graph));
            }
            Some(Instead::At { point, lost }) => (point, lost),
        };
        let window = Frontier::new(graph).window(point);
        let kept = window.pending.iter().zip(window.everything());
        let kept = kept.map(|(index, whole)| lost.get(index).copied().unwrap_or(whole));
        Ok(Laid {
            selection: kept.collect(),
            window,
            operations: 0,
        })
    }

    fn lives(&mut self, schedule: &Schedule, invariant: &str) -> Result<Verdict, Divergence> {
        let mut start = Start::Mount(Image::empty());
        let mut earlier = (Vec::new(), Ledger::new());
        for number in 0_u32.. {
            let seed = self.trials.seed;
            self.trials.life = number;
            self.damage = None;
            let operations = self.operations(number, &earlier);
            let limits = self.config.limits();
            let faults = self.faults_of_life(schedule, number);
            let first = start.position();
            let life = record(self.job, start, seed, limits, earlier, operations, faults);
            let placed = TaggedError::all(&life.placed_errors, &self.tags);
            self.injected.push((named(&life.errors), placed));
            let Some(choice) = schedule.crashes.get(number as usize) else {
                return Ok(self.without_a_crash(&life, number));
            };
            let title = format!("life {} of {}", number + 1, schedule.crashes.len());
            let errors = schedule.errors.get(number as usize);
            self.expect_errors(errors.map(Vec::as_slice), &life.errors, &title);
            let graph = self.config.graph(&life.recording);
            let is_last = number as usize + 1 == schedule.crashes.len();
            if is_last && schedule.in_recovery.is_empty() && self.hunt.is_some() {
                return Ok(self.hunt_life(schedule, invariant, &life, first, choice));
            }
            let laid = self.lay(choice, &life.recording, first, &graph, &title)?;
            start = self.crash(choice, &laid, &life.recording, title.clone());
            let point = laid.window.point;
            let faults = self.faults_in_recovery(schedule).filter(|_| is_last);
            let past = past(&life, point);
            let recovered = recover(self.job, start.clone(), self.trials, &past, faults);
            if is_last && invariant != OPERATIONS_SUCCEED {
                let errors = Some(schedule.errors_in_recovery.as_slice());
                self.expect_errors(errors, &recovered.errors, &title);
                return self.judge(schedule, invariant, &life, point, choice.kind, recovered);
            }
            let Ok(state) = &recovered.shown else {
                return self.without_a_next_life(invariant, &life, point, choice.kind, &recovered);
            };
            drop(laid);
            drop(graph);
            earlier = settle(self.job, life, point, choice.kind, state);
            self.tags.truncate(earlier.0.len());
        }
        unreachable!("a life without a crash ends the replay")
    }

    /// Errors that were injected have to be injected again, or what follows is not what was recorded.
    fn expect_errors(
        &mut self,
        recorded: Option<&[InjectedError]>,
        today: &[(Position, InjectedError)],
        title: &str,
    ) {
        let first = recorded.and_then(<[InjectedError]>::first);
        if let Some(error) = first.filter(|_| today.is_empty()) {
            let (operation, nth) = (error.operation.clone(), error.nth);
            self.fit.misses(title, Parting::Error { operation, nth });
        }
    }

    /// Takes down what a crash left; the start of what follows.
    pub(super) fn crash(
        &mut self,
        choice: &CrashChoice,
        laid: &Laid<'_>,
        recording: &Recording,
        title: String,
    ) -> Start {
        let Laid {
            window,
            selection,
            operations,
        } = laid;
        self.crashes += 1;
        let in_flight = pages_in_flight(&recording.trace, window.point);
        if choice.pages_in_flight > 0 && in_flight == 0 {
            let number = *operations;
            self.fit.misses(&title, Parting::InFlight { number });
        }
        let pages = choice.pages_in_flight.min(in_flight);
        self.image = match choice.kind {
            CrashKind::PowerLoss => window.image(selection),
            CrashKind::ProcessCrash => process_crash(window, pages).1,
        };
        let title = self.damage(choice, window, selection, title);
        // Nobody looks at what is executed again only for its verdict.
        if self.detail == Detail::Timelines {
            self.live = process_crash(window, pages).1;
            let timeline = Timeline::new(title.clone(), choice.kind, window, selection);
            self.timelines.push(Timeline {
                damage: choice.media.clone(),
                ..timeline
            });
        }
        if self.detail != Detail::Verdict {
            let profile = self.config.profile;
            let stage = Stage::new(title, choice.kind, profile, window, selection);
            self.stages.push(Stage {
                first: self.first,
                pages_in_flight: pages,
                media: choice.media.clone(),
                image: self.image.digest(),
                tags: self.tags.clone(),
                ..stage
            });
        }
        if self.keeps_pending(choice) {
            Start::Resume(
                cut_in_flight(recording, window.point, pages),
                self.image.clone(),
            )
        } else {
            Start::Mount(self.image.clone())
        }
    }

    /// Whether a process died, and what is pending waits for a power loss.
    pub(super) fn keeps_pending(&self, choice: &CrashChoice) -> bool {
        choice.kind == CrashKind::ProcessCrash
            && self.config.crash_kind_in_recovery(self.trials.life) == CrashKind::PowerLoss
    }

    /// Lets the device do to the disk what it did; the title with that.
    fn damage(
        &mut self,
        choice: &CrashChoice,
        window: &Window<'_>,
        selection: &[Kept],
        title: String,
    ) -> String {
        let Some(fault) = &choice.media else {
            self.last_group = media::last_group(
                self.config.device,
                window,
                selection,
                &self.image,
                &self.last_group,
                self.keeps_pending(choice),
            );
            return title;
        };
        let faulted = media::lay(fault, window, selection, &mut self.image, &self.last_group);
        let title = if faulted.is_some() {
            format!("{title}; after it {fault}")
        } else {
            self.fit.misses(&title, Parting::Fault(fault.to_string()));
            format!("{title}; there is no such place any more: {fault}")
        };
        self.damage = faulted.map(|faulted| faulted.damage);
        title
    }
}
