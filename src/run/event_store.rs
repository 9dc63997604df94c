//! Event stores as subjects, and bank transfers as their workload.

use std::sync::Arc;

use super::{Acknowledgements, Job, Subject, SubjectError, Workload};
use crate::{
    base::{Ratio, Seed},
    oracle::{BankOracle, catalogue::UnknownInvariant},
    store::{EventStore, OpenContext, StoreError, StoreOptions},
    trace::{OperationId, Promise},
    vfs::{Path, Vfs},
    workload::{BankTransfers, EventLog, Operation, Past},
};

/// An event store as a subject.
#[derive(Clone, Debug)]
pub struct EventStoreSubject {
    /// Which store, and its options.
    pub options: StoreOptions,
}

/// An event store with bank transfers to do.
pub type EventStoreJob = Job<EventStoreSubject>;

/// An open event store, with the appends that no sync has covered.
#[derive(Debug)]
pub struct OpenStore {
    store: Option<Box<dyn EventStore>>,
    buffered: Vec<OperationId>,
    context: OpenContext,
    /// Whether the store has failed since it was opened: what it then shows when it is opened again may be less than was
    /// appended.
    has_failed: bool,
}

impl OpenStore {
    fn store(&mut self) -> Result<&mut dyn EventStore, SubjectError> {
        let closed =
            || SubjectError("the store is closed: it could not be opened again".to_owned());
        Ok(self.store.as_mut().ok_or_else(closed)?.as_mut())
    }
}

impl From<StoreError> for SubjectError {
    fn from(error: StoreError) -> SubjectError {
        SubjectError::new(&error)
    }
}

impl EventStoreSubject {
    fn reopen(&self, open: &mut OpenStore) -> Result<(), SubjectError> {
        if let Some(store) = open.store.take() {
            store.close()?;
        }
        open.context.entropy = open
            .context
            .entropy
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        open.store = Some(self.options.open(open.context.clone())?);
        if std::mem::take(&mut open.has_failed) {
            open.buffered.clear();
        }
        Ok(())
    }

    fn attempt(
        &self,
        open: &mut OpenStore,
        id: OperationId,
        operation: &Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<EventLog>, SubjectError> {
        match operation {
            Operation::Append { stream, events } => {
                let promise = open.store()?.append_batch(stream, events)?;
                acks.acknowledge(id, promise);
                if promise == Promise::Buffered {
                    open.buffered.push(id);
                }
            }
            Operation::Sync => {
                open.store()?.sync()?;
                for id in open.buffered.drain(..) {
                    acks.acknowledge(id, Promise::Durable);
                }
            }
            Operation::Checkpoint => open.store()?.checkpoint()?,
            Operation::Rotate => open.store()?.rotate()?,
            Operation::Reopen => self.reopen(open)?,
            Operation::Read => return self.read(open).map(Some),
        }
        Ok(None)
    }
}

impl Subject for EventStoreSubject {
    type Operation = Operation;
    type State = EventLog;
    type Instance = OpenStore;

    fn open(&self, vfs: Arc<dyn Vfs>, entropy: u64) -> Result<OpenStore, SubjectError> {
        let context = OpenContext { vfs, entropy };
        let store = self.options.open(context.clone())?;
        Ok(OpenStore {
            store: Some(store),
            buffered: Vec::new(),
            context,
            has_failed: false,
        })
    }

    fn apply(
        &self,
        open: &mut OpenStore,
        id: OperationId,
        operation: &Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<EventLog>, SubjectError> {
        let answer = self.attempt(open, id, operation, acks);
        open.has_failed |= answer.is_err();
        answer
    }

    fn read(&self, open: &mut OpenStore) -> Result<EventLog, SubjectError> {
        let mut log = EventLog::new();
        open.store()?.read_all(&mut log)?;
        Ok(log)
    }

    fn close(&self, mut open: OpenStore) -> Result<(), SubjectError> {
        open.store.take().map_or(Ok(()), |store| Ok(store.close()?))
    }

    fn describe(&self, path: Path<'_>, bytes: &[u8]) -> Vec<String> {
        self.options.kind().describe(path, bytes)
    }
}

impl Workload<Operation> for BankTransfers {
    fn life(
        &self,
        seed: Seed,
        life: u32,
        lives: u32,
        past: &[Past<'_, Operation>],
    ) -> Vec<Operation> {
        // The batches are spread over the lives; the first ones get what does not divide.
        let all = self.config().batches;
        let batches = all / lives + u32::from(life < all % lives);
        BankTransfers::life(self, seed, life, batches, past)
    }

    fn probe(&self, seed: Seed, life: u32, past: &[Past<'_, Operation>]) -> Operation {
        BankTransfers::probe(self, seed, life, past)
    }

    fn optional(&self) -> Vec<&'static str> {
        let bank = self.config();
        let kinds = [
            ("checkpoint", bank.checkpoint),
            ("rotate", bank.rotate),
            ("reopen", bank.reopen),
            ("read", bank.read),
        ];
        let drawn = kinds
            .into_iter()
            .filter(|(_, chance)| *chance != Ratio::NEVER);
        drawn.map(|(kind, _)| kind).collect()
    }

    fn kind(&self, operation: &Operation) -> Option<&'static str> {
        match operation {
            Operation::Append { .. } | Operation::Sync => None,
            Operation::Checkpoint => Some("checkpoint"),
            Operation::Rotate => Some("rotate"),
            Operation::Reopen => Some("reopen"),
            Operation::Read => Some("read"),
        }
    }

    fn smaller(&self, operation: &Operation) -> Vec<Operation> {
        BankTransfers::smaller(self, operation)
    }

    fn accepts(&self, lives: &[Vec<Operation>]) -> bool {
        self.covers(lives)
    }
}

impl EventStoreJob {
    /// A job that checks the invariants of these ids.
    pub fn event_store(
        options: StoreOptions,
        workload: BankTransfers,
        invariants: &[impl AsRef<str>],
    ) -> Result<EventStoreJob, UnknownInvariant> {
        let oracle = BankOracle::new(*workload.config(), invariants)?;
        let subject = EventStoreSubject { options };
        Ok(Job {
            subject,
            workload: Box::new(workload),
            oracle: Box::new(oracle),
        })
    }
}
