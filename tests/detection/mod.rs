//! Small stores with one flaw each, and what the bank asks of them.

pub(crate) mod bank;
mod ndjson;
mod record;
mod replace;
mod wal;

use std::{fmt, sync::Arc};

use tornwrite::{
    run::{Acknowledgements, Subject, SubjectError},
    trace::{OperationId, Promise},
    vfs::{Vfs, VfsError},
    workload::{EventBatch, EventLog, Operation},
};

/// A store of the tests' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// A JSON line an event, nothing synced.
    Ndjson,
    /// A write-ahead log with a checksum and a sequence number in each record, and group commit.
    Wal(Option<Flaw>),
    /// The same, which writes itself anew from time to time and takes the old one's place.
    CompactingWal(Option<Flaw>),
    /// The whole state anew for each batch, renamed over the last; it promises nothing but that the
    /// old or the new one is there.
    Replace,
}

/// What is wrong with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It promises what it has not synced.
    AcknowledgesBeforeSync,
    /// Recovery believes every length and looks at no checksum.
    IgnoresChecksumAndLength,
    /// Recovery looks at no checksum.
    IgnoresChecksum,
    /// Compaction syncs neither the new file nor its name.
    CompactsWithoutSync,
    /// Compaction does not sync the directory.
    CompactsWithoutDirectorySync,
    /// Compaction does not sync the new file.
    CompactsWithoutFileSync,
}

/// What the subject needs of a store that is open.
pub(crate) trait OpenStore: fmt::Debug {
    fn append(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, SubjectError>;

    /// Whether everything appended is durable now.
    fn sync(&mut self) -> Result<bool, SubjectError>;

    fn log(&self) -> &EventLog;
}

#[derive(Debug)]
pub(crate) struct Instance {
    store: Box<dyn OpenStore>,
    buffered: Vec<OperationId>,
}

impl Subject for Store {
    type Operation = Operation;
    type State = EventLog;
    type Instance = Instance;

    fn open(&self, vfs: Arc<dyn Vfs>, entropy: u64) -> Result<Instance, SubjectError> {
        let store: Box<dyn OpenStore> = match *self {
            Store::Ndjson => Box::new(ndjson::Ndjson::open(vfs)?),
            Store::Wal(flaw) => Box::new(wal::Wal::open(vfs, entropy, flaw, None)?),
            Store::CompactingWal(flaw) => Box::new(wal::Wal::open(
                vfs,
                entropy,
                flaw,
                Some(wal::COMPACT_AFTER),
            )?),
            Store::Replace => Box::new(replace::Replace::open(vfs)?),
        };
        let buffered = Vec::new();
        Ok(Instance { store, buffered })
    }

    fn apply(
        &self,
        open: &mut Instance,
        id: OperationId,
        operation: &Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<EventLog>, SubjectError> {
        match operation {
            Operation::Append { stream, events } => {
                let promise = open.store.append(stream, events)?;
                acks.acknowledge(id, promise);
                if promise == Promise::Buffered {
                    open.buffered.push(id);
                }
            }
            Operation::Sync => {
                if open.store.sync()? {
                    for id in open.buffered.drain(..) {
                        acks.acknowledge(id, Promise::Durable);
                    }
                }
            }
            other => panic!("the bank of these tests does not ask for {other:?}"),
        }
        Ok(None)
    }

    fn read(&self, open: &mut Instance) -> Result<EventLog, SubjectError> {
        Ok(open.store.log().clone())
    }

    fn close(&self, _: Instance) -> Result<(), SubjectError> {
        Ok(())
    }
}

/// An error of the filesystem as the subject passes it on.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn failed(error: VfsError) -> SubjectError {
    SubjectError::new(&error)
}

/// Adds a batch at the end of what is in memory.
fn remember(log: &mut EventLog, stream: &[u8], events: &EventBatch) {
    for data in events.iter() {
        log.push(stream, log.len() as u64, data);
    }
}
