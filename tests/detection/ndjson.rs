//! The naive store: for each event open, append a JSON line, close; nothing is synced, and no line
//! says where a batch ends.

use std::sync::Arc;

use tornwrite::{
    run::SubjectError,
    trace::Promise,
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsExt as _},
    workload::{EventBatch, EventLog},
};

use super::{OpenStore, failed, remember};

const EVENTS: Path<'static> = Path::new(b"events.ndjson");

#[derive(Debug)]
pub(super) struct Ndjson {
    vfs: Arc<dyn Vfs>,
    log: EventLog,
}

impl Ndjson {
    /// Replays every line that parses.
    pub(super) fn open(vfs: Arc<dyn Vfs>) -> Result<Ndjson, SubjectError> {
        let mut log = EventLog::new();
        if vfs.exists(EVENTS).map_err(failed)? {
            let bytes = vfs.read(EVENTS).map_err(failed)?;
            let lines = bytes.split(|&byte| byte == b'\n');
            let parsed =
                lines.filter_map(|line| serde_json::from_slice::<(Vec<u8>, Vec<u8>)>(line).ok());
            for (stream, data) in parsed {
                log.push(&stream, log.len() as u64, &data);
            }
        }
        Ok(Ndjson { vfs, log })
    }
}

impl OpenStore for Ndjson {
    fn append(&mut self, stream: &[u8], events: &EventBatch) -> Result<Promise, SubjectError> {
        for data in events.iter() {
            let mut line = serde_json::to_vec(&(stream, data)).unwrap();
            line.push(b'\n');
            let options = OpenOptions::new().append().create();
            let file = self.vfs.open(EVENTS, options).map_err(failed)?;
            file.append_all(&line).map_err(failed)?;
        }
        remember(&mut self.log, stream, events);
        Ok(Promise::Durable)
    }

    fn sync(&mut self) -> Result<bool, SubjectError> {
        Ok(true)
    }

    fn log(&self) -> &EventLog {
        &self.log
    }
}
