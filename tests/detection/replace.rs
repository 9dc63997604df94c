//! The whole state in one file, replaced for each batch: temporary file, rename, no sync at all.
//!
//! It makes no promise that a batch is durable. What it does promise is that the old state or the new
//! one is there, so a file that is neither is an error.

use std::sync::Arc;

use tornwrite::{
    run::SubjectError,
    trace::Promise,
    vfs::{Path, Vfs, VfsExt as _},
    workload::{EventBatch, EventLog},
};

use super::{
    OpenStore, failed,
    record::{Checks, Writer, read},
    remember,
};

const STATE: Path<'static> = Path::new(b"state");
const TEMPORARY: Path<'static> = Path::new(b"state.tmp");

#[derive(Debug)]
pub(super) struct Replace {
    vfs: Arc<dyn Vfs>,
    log: EventLog,
}

impl Replace {
    pub(super) fn open(vfs: Arc<dyn Vfs>) -> Result<Replace, SubjectError> {
        let mut log = EventLog::new();
        if vfs.exists(STATE).map_err(failed)? {
            let shown = read(&vfs.read(STATE).map_err(failed)?, Checks::ALL);
            if !shown.whole {
                let what = "the state is neither the old one nor the new one";
                return Err(SubjectError(what.to_owned()));
            }
            log = shown.log;
        }
        Ok(Replace { vfs, log })
    }
}

impl OpenStore for Replace {
    fn append(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, SubjectError> {
        remember(&mut self.log, stream, events);
        let mut buffer = Vec::new();
        let mut writer = Writer::begin(0, &mut buffer);
        let all = self.log.iter().map(|event| (event.stream, event.data));
        writer.batch(all, &mut buffer);
        self.vfs.write(TEMPORARY, &buffer).map_err(failed)?;
        self.vfs.rename(TEMPORARY, STATE).map_err(failed)?;
        Ok(Promise::Buffered)
    }

    fn sync(&mut self) -> Result<bool, SubjectError> {
        Ok(false)
    }

    fn log(&self) -> &EventLog {
        &self.log
    }
}
