//! Small histories and recoveries for the tests of this room.

use super::{
    Case, Damage, DamageClass, Failure, FailureKind, Issued, Outcome, Progress, catalogue,
    reading::{BankCase, Reading},
};
use crate::{
    base::{InclusiveRange, Seed},
    trace::OperationId,
    workload::{BankConfig, BankTransfers, CrashKind, EventBatch, EventLog, Operation, Standing},
};

/// Appends of one transfer each; unless a test says otherwise all are acknowledged and shown.
#[derive(Clone, Debug)]
pub(super) struct Fixture {
    pub(super) config: BankConfig,
    pub(super) entries: Vec<Entry>,
    pub(super) recovery: Result<EventLog, Failure>,
    pub(super) injected: bool,
    pub(super) again: Option<Result<EventLog, Failure>>,
    pub(super) progress: Option<(Operation, Result<EventLog, Failure>)>,
    pub(super) damage: Option<Damage>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) operation: Operation,
    pub(super) standing: Standing,
    pub(super) failed: bool,
    pub(super) seen: bool,
}

impl Fixture {
    pub(super) fn new(batches: u32) -> Fixture {
        let config = BankConfig {
            accounts: 2,
            opening_balance: 200,
            transfers_per_batch: InclusiveRange::exactly(1),
            payload_bytes: InclusiveRange::exactly(4),
            batches,
            ..BankConfig::default()
        };
        let bank = BankTransfers::new(config).unwrap();
        Fixture::of(config, bank.life(Seed(1), 0, batches, &[]))
    }

    pub(super) fn of(config: BankConfig, operations: Vec<Operation>) -> Fixture {
        let is_append = |operation: &Operation| matches!(operation, Operation::Append { .. });
        let entry = |operation| Entry {
            operation,
            standing: Standing::MustSurvive,
            failed: false,
            seen: false,
        };
        let entries: Vec<Entry> = operations
            .into_iter()
            .filter(is_append)
            .map(entry)
            .collect();
        let mut fixture = Fixture {
            config,
            entries,
            recovery: Ok(EventLog::new()),
            injected: false,
            again: None,
            progress: None,
            damage: None,
        };
        fixture.recovery = Ok(fixture.log(&fixture.all_slots(|_| true)));
        fixture
    }

    /// The events of the batches picked, by batch and index.
    pub(super) fn all_slots(&self, pick: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let slots = |batch| (0..self.events(batch).1.len()).map(move |index| (batch, index));
        let picked = (0..self.entries.len()).filter(|&batch| pick(batch));
        picked.flat_map(slots).collect()
    }

    /// Stream and events of a batch.
    pub(super) fn events(&self, batch: usize) -> (&[u8], &EventBatch) {
        match &self.entries[batch].operation {
            Operation::Append { stream, events } => (stream, events),
            other => panic!("{other:?} has no events"),
        }
    }

    /// A log of these events, with ids as a store gives them.
    pub(super) fn log(&self, slots: &[(usize, usize)]) -> EventLog {
        let mut log = EventLog::new();
        for &(batch, index) in slots {
            let (stream, events) = self.events(batch);
            push(&mut log, stream, events.get(index).unwrap());
        }
        log
    }

    pub(super) fn shows(mut self, slots: &[(usize, usize)]) -> Fixture {
        self.recovery = Ok(self.log(slots));
        self
    }

    pub(super) fn standing(mut self, batch: usize, standing: Standing) -> Fixture {
        self.entries[batch].standing = standing;
        self
    }

    pub(super) fn failed(mut self, batch: usize) -> Fixture {
        self.entries[batch].failed = true;
        self.standing(batch, Standing::InDoubt)
    }

    pub(super) fn seen(mut self, batch: usize) -> Fixture {
        self.entries[batch].seen = true;
        self
    }

    pub(super) fn recovers(mut self, recovery: Result<EventLog, Failure>) -> Fixture {
        self.recovery = recovery;
        self
    }

    pub(super) fn again(mut self, again: Result<EventLog, Failure>) -> Fixture {
        self.again = Some(again);
        self
    }

    /// The device damaged the file `log`.
    pub(super) fn damaged(mut self, class: DamageClass) -> Fixture {
        self.damage = Some(Damage {
            what: "1 bit flipped in sector 3 of log".to_owned(),
            paths: vec!["log".to_owned()],
            class,
        });
        self
    }

    /// One more batch, and what was shown after it.
    pub(super) fn progress(mut self, outcome: Result<EventLog, Failure>) -> Fixture {
        self.progress = Some((probe(), outcome));
        self
    }

    pub(super) fn read<T>(&self, then: impl FnOnce(&BankCase<'_>, &Reading<'_>) -> T) -> T {
        let issued = |(index, entry)| issued(index, entry);
        let history: Vec<Issued<'_, Operation>> = (0..).zip(&self.entries).map(issued).collect();
        let case = Case {
            history: &history,
            crash: CrashKind::PowerLoss,
            recovery: self.recovery.as_ref(),
            injected: self.injected,
            again: self.again.as_ref().map(Result::as_ref),
            progress: self.progress.as_ref().map(|(probe, outcome)| Progress {
                probe,
                outcome: outcome.as_ref(),
            }),
            damage: self.damage.as_ref(),
        };
        let nothing = EventLog::new();
        let log = case.recovery.unwrap_or(&nothing);
        then(&case, &Reading::of(&history, log, &self.config))
    }

    pub(super) fn check(&self, id: &str) -> Outcome {
        let invariant = catalogue::find(id).unwrap();
        self.read(|case, reading| (invariant.check)(case, reading))
    }

    /// Whether the invariant was exercised; it must hold.
    pub(super) fn exercises(&self, id: &str) -> bool {
        match self.check(id) {
            Outcome::Holds { exercised } => exercised,
            other => panic!("{id} does not hold: {other:?}"),
        }
    }

    /// Why the invariant does not hold; it must not.
    pub(super) fn however(&self, id: &str) -> String {
        match self.check(id) {
            Outcome::Violated(witness) => witness.however,
            other => panic!("{id} is not violated: {other:?}"),
        }
    }
}

fn issued(index: u32, entry: &Entry) -> Issued<'_, Operation> {
    Issued {
        id: OperationId(index),
        operation: &entry.operation,
        standing: entry.standing,
        failed: entry.failed,
        seen: entry.seen,
    }
}

/// Adds an event with the next id of its stream.
pub(super) fn push(log: &mut EventLog, stream: &[u8], data: &[u8]) {
    let id = log.iter().filter(|event| event.stream == stream).count();
    log.push(stream, id as u64, data);
}

/// One more batch.
pub(super) fn probe() -> Operation {
    let bank = BankTransfers::new(BankConfig::default()).unwrap();
    bank.probe(Seed(1), 0, &[])
}

/// The log with the events of an operation behind it.
pub(super) fn followed_by(log: &EventLog, operation: &Operation) -> EventLog {
    let mut log = log.clone();
    if let Operation::Append { stream, events } = operation {
        for event in events.iter() {
            push(&mut log, stream, event);
        }
    }
    log
}

pub(super) fn failure() -> Failure {
    Failure {
        kind: FailureKind::Error,
        message: "no such record".to_owned(),
    }
}
