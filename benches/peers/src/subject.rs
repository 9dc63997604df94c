//! The framed log as a subject of the harness.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use tornwrite::{
    base::InclusiveRange,
    oracle::BankOracle,
    run::{Acknowledgements, Job, Subject, SubjectError},
    trace::{OperationId, Promise},
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsFile},
    workload::{BankConfig, BankTransfers, EventLog, Operation},
};

use crate::{
    job,
    log_store::{Disk, Log},
};

/// The workload of the job: the log syncs each batch by itself, so it is asked to at the end only.
pub(crate) fn bank(batches: u32) -> BankTransfers {
    let config = BankConfig {
        group_commit: InclusiveRange::exactly(batches),
        ..*job::bank(batches).config()
    };
    BankTransfers::new(config).expect("a sound workload")
}

const LOG: Path<'static> = Path::new(b"bank.wal");

/// The job over the harness, with the store that the other contenders run.
pub(crate) fn job(bank: BankTransfers, oracle: BankOracle) -> Job<FramedLog> {
    Job {
        subject: FramedLog,
        workload: Box::new(bank),
        oracle: Box::new(oracle),
    }
}

/// The framed log.
#[derive(Debug)]
pub(crate) struct FramedLog;

/// The log while it is open, and what its recovery showed, which is all that the job reads, and once.
pub(crate) struct OpenLog {
    log: Log<VfsDisk>,
    shown: Option<EventLog>,
}

impl Subject for FramedLog {
    type Operation = Operation;
    type State = EventLog;
    type Instance = OpenLog;

    fn open(&self, vfs: Arc<dyn Vfs>, _entropy: u64) -> Result<OpenLog, SubjectError> {
        let (log, shown) = Log::open(VfsDisk(vfs)).map_err(|error| SubjectError::new(&error))?;
        Ok(OpenLog {
            log,
            shown: Some(shown),
        })
    }

    fn apply(
        &self,
        open: &mut OpenLog,
        id: OperationId,
        operation: &Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<EventLog>, SubjectError> {
        if let Operation::Append { stream, events } = operation {
            let done = open.log.append(stream, events);
            done.map_err(|error| SubjectError::new(&error))?;
        }
        // The job has no other operations than appends and syncs, and nothing is left to sync.
        acks.acknowledge(id, Promise::Durable);
        Ok(None)
    }

    fn read(&self, open: &mut OpenLog) -> Result<EventLog, SubjectError> {
        let shown = open.shown.take();
        shown.ok_or_else(|| SubjectError("it was read before".to_owned()))
    }

    fn close(&self, _open: OpenLog) -> Result<(), SubjectError> {
        Ok(())
    }
}

/// The file in a simulated filesystem.
struct VfsDisk(Arc<dyn Vfs>);

impl Disk for VfsDisk {
    type File = Box<dyn VfsFile>;

    fn create(&self) -> io::Result<Self::File> {
        Ok(self.0.open(LOG, OpenOptions::new().write().create_new())?)
    }

    fn open(&self) -> io::Result<Option<Self::File>> {
        match self.0.open(LOG, OpenOptions::new().read().write()) {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    fn read(&self, file: &Self::File) -> io::Result<Vec<u8>> {
        Ok(file.read_to_end()?)
    }

    fn write(&self, file: &Self::File, bytes: &[u8], offset: u64) -> io::Result<()> {
        Ok(file.write_all_at(bytes, offset)?)
    }

    fn cut(&self, file: &Self::File, size_bytes: u64) -> io::Result<()> {
        Ok(file.set_len(size_bytes)?)
    }

    fn sync(&self, file: &Self::File) -> io::Result<()> {
        Ok(file.sync_all()?)
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(self.0.sync_dir(Path::ROOT)?)
    }
}
