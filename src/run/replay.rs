//! A violation again, from its explicit choices.

use std::collections::BTreeMap;

use super::{
    CrashChoice, RunConfig, Schedule, Subject, Timeline,
    driver::{OPERATIONS_SUCCEED, failed, operations, settle, trials},
    lay::{Divergence, Laid, lay},
    legality::{Legality, Stage},
    life::{Life, Start, record},
    media::{self, LastGroup},
    recover::{Recovered, Trials, recover},
    state::{cut_in_flight, history, past},
    subject::Job,
};
use crate::{
    base::{Digest, Position, Seed},
    crash::{Frontier, Kept, PersistenceGraph, Window, pages_in_flight, process_crash},
    image::Image,
    oracle::{Damage, Outcome, Witness},
    simfs::{FaultPlan, Recording},
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
    /// The crashes, in the order of the timelines.
    pub(super) stages: Vec<Stage>,
}

/// A crash of a schedule that is to be another one.
#[derive(Debug)]
pub(super) struct Edit<'e> {
    /// Which crash, counted from 0: those that end lives, then those inside recovery.
    pub(super) stage: usize,
    /// Where it falls instead.
    pub(super) point: Position,
    /// What is lost there instead, by the effect's index in the graph: a legal choice.
    pub(super) lost: &'e BTreeMap<u32, Kept>,
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
struct Replayer<'a, S: Subject> {
    job: &'a Job<S>,
    config: &'a RunConfig,
    trials: Trials,
    timelines: Vec<Timeline>,
    stages: Vec<Stage>,
    covered: Vec<String>,
    image: Image,
    /// What the device did to the disk of this life.
    damage: Option<Damage>,
    last_group: LastGroup,
    edit: Option<&'a Edit<'a>>,
    /// How many crashes there were.
    crashes: usize,
}

/// Executes the choices of `schedule` and looks for a violation of `invariant`.
pub fn replay<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    schedule: &Schedule,
    invariant: &str,
) -> Replay {
    let mut replayer = Replayer::new(job, config, seed);
    let verdict = replayer.verdict_of(schedule, invariant);
    Replay {
        verdict,
        timelines: replayer.timelines,
        image: replayer.image,
        stages: replayer.stages,
    }
}

/// The same with one crash changed.
pub(super) fn execute_edited<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    schedule: &Schedule,
    invariant: &str,
    edit: &Edit<'_>,
) -> Verdict {
    let mut replayer = Replayer {
        edit: Some(edit),
        ..Replayer::new(job, config, seed)
    };
    replayer.verdict_of(schedule, invariant)
}

impl Replay {
    /// Why each of the crash states is legal, in the order of the timelines.
    pub fn legality(&self) -> Vec<Legality> {
        self.stages.iter().map(Stage::legality).collect()
    }
}

impl<'a, S: Subject> Replayer<'a, S> {
    fn new(job: &'a Job<S>, config: &'a RunConfig, seed: Seed) -> Replayer<'a, S> {
        Replayer {
            job,
            config,
            trials: trials(job, config, seed),
            timelines: Vec::new(),
            stages: Vec::new(),
            covered: Vec::new(),
            image: Image::empty(),
            damage: None,
            last_group: LastGroup::default(),
            edit: None,
            crashes: 0,
        }
    }

    fn verdict_of(&mut self, schedule: &Schedule, invariant: &str) -> Verdict {
        let verdict = self.lives(schedule, invariant);
        verdict.unwrap_or_else(Verdict::Stale)
    }

    /// The choice on today's trace, or what takes its place.
    fn lay<'g>(
        &self,
        choice: &CrashChoice,
        recording: &Recording,
        graph: &'g PersistenceGraph<'g>,
    ) -> Result<Laid<'g>, Divergence> {
        let Some(edit) = self.edit.filter(|edit| edit.stage == self.crashes) else {
            return lay(choice, recording, graph);
        };
        let window = Frontier::new(graph).window(edit.point);
        let kept = window.pending.iter().zip(window.everything());
        let kept = kept.map(|(index, whole)| edit.lost.get(index).copied().unwrap_or(whole));
        Ok(Laid {
            selection: kept.collect(),
            window,
            covered: Vec::new(),
        })
    }

    fn lives(&mut self, schedule: &Schedule, invariant: &str) -> Result<Verdict, Divergence> {
        let mut start = Start::Mount(Image::empty());
        let mut earlier = (Vec::new(), Ledger::new());
        for number in 0_u32.. {
            let seed = self.trials.seed;
            self.trials.life = number;
            self.damage = None;
            let operations = operations(self.job, seed, number, self.config.lives, &earlier);
            let limits = self.config.limits();
            let faults = self.faults_of_life(schedule, number);
            let life = record(self.job, start, seed, limits, earlier, operations, faults);
            let Some(choice) = schedule.crashes.get(number as usize) else {
                return Ok(self.without_a_crash(&life, number));
            };
            let graph = self.config.graph(&life.recording);
            let laid = self.lay(choice, &life.recording, &graph)?;
            let title = format!("life {} of {}", number + 1, schedule.crashes.len());
            start = self.crash(choice, &laid, &life.recording, title);
            let point = laid.window.point;
            let is_last = number as usize + 1 == schedule.crashes.len();
            let faults = self.faults_in_recovery(schedule).filter(|_| is_last);
            let past = past(&life, point);
            let recovered = recover(self.job, start.clone(), self.trials, &past, faults);
            if is_last && invariant != OPERATIONS_SUCCEED {
                return self.judge(schedule, invariant, &life, point, choice.kind, recovered);
            }
            let Ok(state) = &recovered.shown else {
                return Ok(Verdict::Survives(
                    "an earlier recovery now fails in another way".to_owned(),
                ));
            };
            drop(laid);
            drop(graph);
            earlier = settle(self.job, life, point, choice.kind, state);
        }
        unreachable!("a life without a crash ends the replay")
    }

    /// A plan in which just the recorded errors are injected into a life. One without any still tells of earlier failures.
    fn faults_of_life(&self, schedule: &Schedule, number: u32) -> Option<FaultPlan> {
        let errors = schedule.errors.get(number as usize);
        let errors = errors.cloned().unwrap_or_default();
        let is_any = !errors.is_empty() || !self.config.faults.is_none();
        is_any.then(|| FaultPlan::listed(errors, self.config.profile))
    }

    /// The same for the recovery from the last crash.
    fn faults_in_recovery(&self, schedule: &Schedule) -> Option<FaultPlan> {
        let errors = &schedule.errors_in_recovery;
        (!errors.is_empty()).then(|| FaultPlan::listed(errors.clone(), self.config.profile))
    }

    /// Takes down what a crash left; the start of what follows.
    fn crash(
        &mut self,
        choice: &CrashChoice,
        laid: &Laid<'_>,
        recording: &Recording,
        title: String,
    ) -> Start {
        let Laid {
            window,
            selection,
            covered,
        } = laid;
        self.covered.extend(covered.iter().cloned());
        self.crashes += 1;
        let in_flight = pages_in_flight(&recording.trace, window.point);
        let pages = choice.pages_in_flight.min(in_flight);
        self.image = match choice.kind {
            CrashKind::PowerLoss => window.image(selection),
            CrashKind::ProcessCrash => process_crash(window, pages).1,
        };
        let title = self.damage(choice, window, selection, title);
        // Nobody looks at what is executed again only for its verdict.
        if self.edit.is_none() {
            let timeline = Timeline::new(title.clone(), choice.kind, window, selection);
            self.timelines.push(Timeline {
                damage: choice.media.clone(),
                ..timeline
            });
            let profile = self.config.profile;
            let stage = Stage::new(title, choice.kind, profile, window, selection);
            self.stages.push(stage);
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
    fn keeps_pending(&self, choice: &CrashChoice) -> bool {
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
        let title = match &faulted {
            Some(_) => format!("{title}; after it {fault}"),
            None => format!("{title}; there is no such place any more: {fault}"),
        };
        self.damage = faulted.map(|faulted| faulted.damage);
        title
    }

    fn without_a_crash(&mut self, life: &Life<S::Operation>, number: u32) -> Verdict {
        let graph = self.config.graph(&life.recording);
        let end = life.recording.trace.end();
        let window = crate::crash::Frontier::new(&graph).window(end);
        let title = format!("life {}, without a crash", number + 1);
        let everything = window.everything();
        self.timelines.push(Timeline::new(
            title,
            CrashKind::ProcessCrash,
            &window,
            &everything,
        ));
        match &life.failure {
            Some((operation, failure)) => Verdict::StillFails {
                invariant: OPERATIONS_SUCCEED,
                witness: failed(*operation, failure, !life.errors.is_empty()),
                image: Digest::default(),
            },
            None => Verdict::Survives("every operation succeeds now".to_owned()),
        }
    }

    fn judge(
        &mut self,
        schedule: &Schedule,
        invariant: &str,
        life: &Life<S::Operation>,
        point: Position,
        kind: CrashKind,
        mut recovered: Recovered<S>,
    ) -> Result<Verdict, Divergence> {
        let mut kind = kind;
        for (depth, choice) in schedule.in_recovery.iter().enumerate() {
            let graph = self.config.graph(&recovered.recording);
            let laid = self.lay(choice, &recovered.recording, &graph)?;
            let title = format!("recovery {} from it", depth + 1);
            let start = self.crash(choice, &laid, &recovered.recording, title);
            kind = kind.max(choice.kind);
            let again = recover(self.job, start, self.trials, &past(life, point), None);
            drop(laid);
            drop(graph);
            recovered = again;
        }
        let history = history(life, point, kind);
        let mut outcomes = Vec::new();
        self.job.oracle.check(
            &recovered.case(&history, kind, self.damage.as_ref()),
            &mut outcomes,
        );
        Ok(self.verdict(invariant, outcomes))
    }

    fn verdict(&self, invariant: &str, outcomes: Vec<Outcome>) -> Verdict {
        let names = self.job.oracle.invariants();
        let mut violated: Vec<_> = names
            .into_iter()
            .zip(outcomes)
            .filter_map(|(name, outcome)| match outcome {
                Outcome::Violated(witness) => Some((name, *witness)),
                _ => None,
            })
            .collect();
        let place = violated
            .iter()
            .position(|(name, _)| *name == invariant)
            .unwrap_or(0);
        if violated.is_empty() {
            return Verdict::Survives(match self.covered.as_slice() {
                [] => "what recovery shows is a legal history".to_owned(),
                covered => format!("a barrier now makes certain: {}", covered.join(", ")),
            });
        }
        let (invariant, witness) = violated.swap_remove(place);
        Verdict::StillFails {
            invariant,
            witness,
            image: self.image.digest(),
        }
    }
}
