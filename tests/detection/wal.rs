//! The small write-ahead log, right but for the flaw that it is given.
//!
//! A batch and its commit are one append. Every opening, and every compaction, writes all that there
//! is to a file of its own and renames it over the log, so that nothing is ever appended behind a
//! torn tail, and no stale record has the salt of the file that it turns up in.

use std::sync::Arc;

use tornwrite::{
    run::SubjectError,
    trace::Promise,
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsExt as _, VfsFile, VfsResult},
    workload::{EventBatch, EventLog},
};

use super::{
    Flaw, OpenStore, failed,
    record::{Checks, Writer, read},
    remember,
};

/// How many batches there are between two compactions.
pub(super) const COMPACT_AFTER: u32 = 10;

const LOG: Path<'static> = Path::new(b"log");
const TEMPORARY: Path<'static> = Path::new(b"log.tmp");

#[derive(Debug)]
pub(super) struct Wal {
    vfs: Arc<dyn Vfs>,
    flaw: Option<Flaw>,
    compact_after: Option<u32>,
    log: EventLog,
    file: Box<dyn VfsFile>,
    writer: Writer,
    salt: u64,
    batches: u32,
}

impl Wal {
    pub(super) fn open(
        vfs: Arc<dyn Vfs>,
        entropy: u64,
        flaw: Option<Flaw>,
        compact_after: Option<u32>,
    ) -> Result<Wal, SubjectError> {
        let checks = Checks {
            checksum: !matches!(
                flaw,
                Some(Flaw::IgnoresChecksum | Flaw::IgnoresChecksumAndLength)
            ),
            length: flaw != Some(Flaw::IgnoresChecksumAndLength),
        };
        let mut log = EventLog::new();
        if vfs.exists(LOG).map_err(failed)? {
            log = read(&vfs.read(LOG).map_err(failed)?, checks).log;
        }
        // Only compaction has flaws: what an opening writes is durable before it is used.
        let (file, writer) = write_anew(vfs.as_ref(), &log, entropy, None).map_err(failed)?;
        Ok(Wal {
            vfs,
            flaw,
            compact_after,
            log,
            file,
            writer,
            salt: entropy,
            batches: 0,
        })
    }
}

impl OpenStore for Wal {
    fn append(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, SubjectError> {
        if self.compact_after == Some(self.batches) {
            self.salt = self.salt.wrapping_add(1);
            let anew = write_anew(self.vfs.as_ref(), &self.log, self.salt, self.flaw);
            (self.file, self.writer) = anew.map_err(failed)?;
            self.batches = 0;
        }
        let mut buffer = Vec::new();
        self.writer
            .batch(events.iter().map(|data| (stream, data)), &mut buffer);
        self.file.append_all(&buffer).map_err(failed)?;
        remember(&mut self.log, stream, events);
        self.batches += 1;
        Ok(match self.flaw {
            Some(Flaw::AcknowledgesBeforeSync) => Promise::Durable,
            _ => Promise::Buffered,
        })
    }

    fn sync(&mut self) -> Result<bool, SubjectError> {
        if self.flaw != Some(Flaw::AcknowledgesBeforeSync) {
            self.file.sync_data().map_err(failed)?;
        }
        Ok(true)
    }

    fn log(&self) -> &EventLog {
        &self.log
    }
}

/// Writes everything to a file of its own, which takes the log's place.
fn write_anew(
    vfs: &dyn Vfs,
    log: &EventLog,
    salt: u64,
    flaw: Option<Flaw>,
) -> VfsResult<(Box<dyn VfsFile>, Writer)> {
    let mut buffer = Vec::new();
    let mut writer = Writer::begin(salt, &mut buffer);
    let events = log.iter().map(|event| (event.stream, event.data));
    writer.batch(events, &mut buffer);
    if vfs.exists(TEMPORARY)? {
        vfs.remove_file(TEMPORARY)?;
    }
    let file = vfs.open(TEMPORARY, OpenOptions::new().append().create_new())?;
    file.append_all(&buffer)?;
    let unsynced = |part| matches!(flaw, Some(Flaw::CompactsWithoutSync)) || flaw == Some(part);
    if !unsynced(Flaw::CompactsWithoutFileSync) {
        file.sync_all()?;
    }
    vfs.rename(TEMPORARY, LOG)?;
    if !unsynced(Flaw::CompactsWithoutDirectorySync) {
        vfs.sync_dir(Path::ROOT)?;
    }
    Ok((file, writer))
}
