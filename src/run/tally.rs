//! What a run counts and finds: its crash states, what came of judging each recovery, and the violations.

use super::{
    Coverage, CoverageMark, CrashChoice, InvariantCount, LegalStates, RunConfig, RunOutcome,
    Schedule, Violation,
    life::{Life, named},
    recover::Recovered,
    signature::signature,
    state::{Inner, State},
    subject::{Job, Subject},
};
use crate::{
    base::{Digest, Hasher, Position, Seed},
    crash::Kind,
    oracle::{Failure, Issued, Outcome, Witness},
    simfs::InjectedError,
    trace::OperationId,
    workload::CrashKind,
};

/// The invariant that a run itself checks: nothing fails that was not made to fail.
pub const OPERATIONS_SUCCEED: &str = "operations-succeed";

/// One recovery that is to be judged.
pub(super) struct Trial<'a, S: Subject> {
    pub(super) life: &'a Life<S::Operation>,
    pub(super) config: &'a RunConfig,
    pub(super) history: &'a [Issued<'a, S::Operation>],
    /// The recovery from the crash that ended the life.
    pub(super) outer: &'a Recovered<S>,
    pub(super) state: &'a State<'a>,
    /// What the last crash before the judged recovery took.
    pub(super) kind: CrashKind,
    /// The crash inside that recovery, if it is the recovery from that one which is judged.
    pub(super) inner: Option<&'a Inner<S>>,
}

impl<S: Subject> Trial<'_, S> {
    fn recovered(&self) -> &Recovered<S> {
        self.inner.map_or(self.outer, |inner| &inner.recovered)
    }

    fn digest(&self) -> Digest {
        self.inner
            .map_or_else(|| self.state.image.digest(), |inner| inner.digest)
    }

    /// The choices of this life in words: the crash that ended it, and those inside recovery.
    fn describe(&self) -> (CrashChoice, Vec<CrashChoice>) {
        let crash = self
            .state
            .choice()
            .describe(&self.life.recording, self.config);
        let inner = self
            .inner
            .map(|inner| inner.describe(self.outer, self.config));
        (crash, inner.unwrap_or_default())
    }
}

/// Counts what a run does, and keeps what it finds.
pub(super) struct Tally {
    names: Vec<&'static str>,
    pub(super) outcome: RunOutcome,
    hasher: Hasher,
    last_point: Option<Position>,
    outcomes: Vec<Outcome>,
    pub(super) crashes: Vec<CrashChoice>,
    /// What was made to fail in earlier lives.
    pub(super) errors: Vec<Vec<InjectedError>>,
}

impl Tally {
    pub(super) fn new<S: Subject>(job: &Job<S>) -> Tally {
        let mut names = job.oracle.invariants();
        names.push(OPERATIONS_SUCCEED);
        let outcome = RunOutcome {
            seed: Seed(0),
            digest: Digest::default(),
            crash_points: 0,
            states_tried: 0,
            distinct_images: 0,
            recoveries: 0,
            exhaustive_points: 0,
            legal_states: LegalStates::default(),
            coverage: Coverage::default(),
            invariants: vec![InvariantCount::default(); names.len()],
            violations: Vec::new(),
            left_out: Vec::new(),
        };
        Tally {
            names,
            outcome,
            hasher: Hasher::new(),
            last_point: None,
            outcomes: Vec::new(),
            crashes: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn finish(mut self, seed: Seed) -> RunOutcome {
        let order = |name| self.names.iter().position(|known| *known == name);
        self.outcome
            .violations
            .sort_by_key(|violation| order(violation.invariant));
        self.outcome.seed = seed;
        self.outcome.digest = self.hasher.finish();
        self.outcome
    }

    /// A life was recorded: a subject on a healthy filesystem has no reason to fail.
    pub(super) fn life<Operation>(&mut self, life: &Life<Operation>) {
        self.hasher.digest(life.recording.trace.digest());
        self.last_point = None;
        let outcome = match &life.failure {
            None => Outcome::Holds { exercised: true },
            Some((operation, failure)) => {
                let injected = !life.errors.is_empty();
                Outcome::Violated(Box::new(failed(*operation, failure, injected)))
            }
        };
        let index = self.names.len() - 1;
        let is_first = self.count(index, &outcome);
        if let (true, Outcome::Violated(witness)) = (is_first, outcome) {
            let schedule = Schedule {
                crashes: self.crashes.clone(),
                errors: self.errors_with(&life.errors),
                ..Schedule::default()
            };
            self.keep(
                index,
                *witness,
                schedule,
                Digest::default(),
                "in work".to_owned(),
            );
        }
    }

    pub(super) fn crash_points(&mut self, points: &[Position]) {
        for &point in points {
            if self.last_point != Some(point) {
                self.outcome.crash_points += 1;
                self.last_point = Some(point);
            }
        }
    }

    pub(super) fn kind(&mut self, kind: Kind) {
        *self.outcome.coverage.kinds.entry(kind).or_default() += 1;
    }

    pub(super) fn mark(&mut self, mark: CoverageMark) {
        self.outcome.coverage.count(mark);
    }

    pub(super) fn distinct_image(&mut self) {
        self.outcome.distinct_images += 1;
    }

    pub(super) fn recovery(&mut self) {
        self.outcome.recoveries += 1;
    }

    pub(super) fn state(&mut self, state: &State<'_>, in_creation: bool, life: u32) {
        self.tried(state);
        if let Some(damage) = state.damage() {
            self.mark(CoverageMark::of_damage(damage.class));
        }
        if in_creation && life == 0 {
            self.mark(CoverageMark::CreationWindow);
        }
        if life > 0 {
            self.mark(CoverageMark::LaterLife);
        }
    }

    pub(super) fn inner_state(&mut self, state: &State<'_>) {
        self.tried(state);
        self.mark(CoverageMark::CrashInRecovery);
    }

    fn tried(&mut self, state: &State<'_>) {
        self.outcome.states_tried += 1;
        if state.kind == CrashKind::PowerLoss {
            self.outcome
                .coverage
                .observe(state.window, &state.selection);
        }
        self.hasher.digest(state.image.digest());
    }

    /// Judges one recovery; true if nothing is violated.
    pub(super) fn judge<S: Subject>(&mut self, job: &Job<S>, trial: &Trial<'_, S>) -> bool {
        let case = trial
            .recovered()
            .case(trial.history, trial.kind, trial.state.damage());
        let mut outcomes = std::mem::take(&mut self.outcomes);
        outcomes.clear();
        job.oracle.check(&case, &mut outcomes);
        let mut clean = true;
        for (index, outcome) in outcomes.drain(..).enumerate() {
            let is_first = self.count(index, &outcome);
            if let Outcome::Violated(witness) = outcome {
                clean = false;
                if is_first {
                    let (crash, in_recovery) = trial.describe();
                    let last = in_recovery.last().unwrap_or(&crash);
                    let signature = signature(last, trial.inner.is_some());
                    let mut crashes = self.crashes.clone();
                    crashes.push(crash);
                    let schedule = Schedule {
                        crashes,
                        errors: self.errors_with(&trial.life.errors),
                        errors_in_recovery: named(&trial.outer.errors),
                        in_recovery,
                    };
                    self.keep(index, *witness, schedule, trial.digest(), signature);
                }
            }
        }
        self.outcomes = outcomes;
        clean
    }

    /// The errors injected into earlier lives, and those of this one; nothing if there were none.
    fn errors_with(&self, errors: &[(Position, InjectedError)]) -> Vec<Vec<InjectedError>> {
        let mut all = self.errors.clone();
        all.push(named(errors));
        if all.iter().all(Vec::is_empty) {
            all.clear();
        }
        all
    }

    /// Counts one outcome; true if it is the first violation of its invariant.
    fn count(&mut self, index: usize, outcome: &Outcome) -> bool {
        let count = &mut self.outcome.invariants[index];
        let (evaluated, exercised, violated) = match outcome {
            Outcome::NotEvaluated => (0, 0, 0),
            Outcome::Holds { exercised } => (1, u64::from(*exercised), 0),
            Outcome::Violated(_) => (1, 1, 1),
        };
        count.evaluated += evaluated;
        count.exercised += exercised;
        count.violated += violated;
        self.hasher.number(evaluated + 2 * exercised + 4 * violated);
        violated == 1 && count.violated == 1
    }

    fn keep(
        &mut self,
        index: usize,
        witness: Witness,
        schedule: Schedule,
        image: Digest,
        signature: String,
    ) {
        let invariant = self.names[index];
        self.outcome.violations.push(Violation {
            invariant,
            witness,
            schedule,
            image,
            signature,
        });
    }
}

pub(super) fn failed(operation: Option<OperationId>, failure: &Failure, injected: bool) -> Witness {
    let what = operation.map_or_else(|| "opening it".to_owned(), |id| format!("operation {id}"));
    let (given, however) = if injected {
        (
            "an operation on the filesystem was made to fail",
            "that excuses an error, but neither a panic while it opens nor trying for ever",
        )
    } else {
        (
            "the filesystem did everything that it was asked",
            "no error was injected and nothing had crashed since the subject was opened",
        )
    };
    Witness {
        given: given.to_owned(),
        shown: format!("{what} {failure}"),
        however: however.to_owned(),
    }
}
