//! What the tests of all stores share: a disk to hurt by hand, and states as short texts.

use std::sync::Arc;

use super::{EventStore, OpenContext, StoreError, hex};
use crate::{
    vfs::{OsVfs, Path, Vfs, VfsExt},
    workload::{EventBatch, EventLog},
};

/// A real directory of a test.
#[derive(Debug)]
pub(super) struct Disk {
    _directory: tempfile::TempDir,
    pub(super) vfs: Arc<dyn Vfs>,
}

impl Disk {
    pub(super) fn new() -> Disk {
        let directory = tempfile::tempdir().unwrap();
        let vfs = Arc::new(OsVfs::new(directory.path()));
        Disk {
            _directory: directory,
            vfs,
        }
    }

    /// What a store is opened with: always the same entropy, so that golden files stay golden.
    pub(super) fn context(&self) -> OpenContext {
        self.context_with(7)
    }

    pub(super) fn context_with(&self, entropy: u64) -> OpenContext {
        OpenContext {
            vfs: Arc::clone(&self.vfs),
            entropy,
        }
    }

    pub(super) fn read(&self, path: &str) -> Vec<u8> {
        self.vfs.read(Path::from(path)).unwrap()
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        self.vfs.write(Path::from(path), bytes).unwrap();
    }

    pub(super) fn truncate(&self, path: &str, size: usize) {
        let bytes = self.read(path);
        self.write(path, &bytes[..size]);
    }

    pub(super) fn remove(&self, path: &str) {
        self.vfs.remove_file(Path::from(path)).unwrap();
    }

    /// The names in a directory.
    pub(super) fn names(&self, path: &str) -> Vec<String> {
        let entries = self.vfs.read_dir(Path::from(path)).unwrap();
        let name = |name| String::from_utf8(name).unwrap();
        entries.into_iter().map(|entry| name(entry.name)).collect()
    }

    /// A copy that may be hurt without hurting this one.
    pub(super) fn fork(&self) -> Disk {
        let copy = Disk::new();
        for directory in ["", "log", "snap", "wal"] {
            if !self.vfs.exists(Path::from(directory)).unwrap() {
                continue;
            }
            copy.vfs.create_dir_all(Path::from(directory)).unwrap();
            for name in self.names(directory) {
                let path = Path::from(directory).join(&name);
                if let Ok(bytes) = self.vfs.read(path.as_path()) {
                    copy.vfs.write(path.as_path(), &bytes).unwrap();
                }
            }
        }
        copy
    }
}

pub(super) fn batch(events: &[&str]) -> EventBatch {
    let mut batch = EventBatch::new();
    for event in events {
        batch.push(event.as_bytes());
    }
    batch
}

/// The events of a store as `stream/id=data`.
pub(super) fn show(store: &mut dyn EventStore) -> Vec<String> {
    let mut log = EventLog::new();
    store.read_all(&mut log).unwrap();
    log.iter()
        .map(|event| {
            let (stream, data) = (event.stream.escape_ascii(), event.data.escape_ascii());
            format!("{stream}/{}={data}", event.id)
        })
        .collect()
}

/// The place of a [`StoreError::Corrupt`].
pub(super) fn corrupt_at(error: &StoreError) -> (String, u64) {
    match error {
        StoreError::Corrupt { path, offset, .. } => (path.to_string(), *offset),
        other => panic!("expected corruption, not: {other}"),
    }
}

/// Compares with `tests/golden/<name>`; a name in `.hex` holds 32 bytes a line as hexadecimal
/// digits.
pub(super) fn check_golden(name: &str, bytes: &[u8]) {
    let actual = if name.strip_suffix(".hex").is_some() {
        let lines = bytes.chunks(32).map(|chunk| {
            let mut line = String::new();
            hex::encode(chunk, &mut line);
            line + "\n"
        });
        lines.collect()
    } else {
        String::from_utf8(bytes.to_vec()).unwrap()
    };
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        golden == actual,
        "{name} is not golden; if the format was meant to change, its new content is\n{actual}"
    );
}
