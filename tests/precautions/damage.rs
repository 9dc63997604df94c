//! Media faults in miniature: every byte, every sector of what was synced, one at a time.
//!
//! A store may answer damage with an error or with the right events. Left out is the last batch, which cannot be told
//! from a torn one.

use std::sync::Arc;

use tornwrite::{
    image::Image,
    simfs::SimFs,
    store::{
        EventStore, OpenContext,
        wal::{Precaution, SyncMode, Wal, WalOptions},
    },
    vfs::{FileExt as _, OpenOptions, Path, PathBuf, Vfs as _, VfsExt as _},
    workload::{EventBatch, EventLog},
};

const SECTOR: usize = 512;

/// What happens to bytes that were durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// A bit of one byte is another.
    Flip,
    /// A sector reads as zeros.
    LostSector,
    /// A write to another place of another file, or of this one, went to a sector of this file.
    Misdirected,
}

impl Damage {
    pub(crate) const ALL: [Damage; 3] = [Damage::Flip, Damage::LostSector, Damage::Misdirected];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Damage::Flip => "one bit flipped",
            Damage::LostSector => "one sector lost",
            Damage::Misdirected => "one sector written by a misdirected write",
        }
    }
}

/// A store at rest that was closed in good order.
struct Disk {
    image: Image,
    /// Its files, each with its bytes and how many of them, from the start, were durable before the last batch.
    files: Vec<(PathBuf, Vec<u8>, usize)>,
    shown: EventLog,
}

fn options(without: Option<Precaution>) -> WalOptions {
    WalOptions {
        sync: SyncMode::Always,
        segment_bytes: 1 << 20,
        checkpoint_batches: 0,
        without,
    }
}

fn open(fs: &SimFs, entropy: u64, without: Option<Precaution>) -> Result<Wal, String> {
    let context = OpenContext {
        vfs: Arc::new(fs.clone()),
        entropy,
    };
    Wal::open(options(without), context).map_err(|error| error.to_string())
}

fn append(store: &mut Wal, batches: u8) {
    for _ in 0..batches {
        let next = shown(store).len();
        let mut events = EventBatch::new();
        for number in next..next + 2 {
            // No event is like another, and none of its sectors is like another.
            let number = u8::try_from(number).unwrap();
            let data: Vec<u8> = (0..40).flat_map(|part| [part, number, b'!']).collect();
            events.push(&data);
        }
        store.append_batch(b"bank", &events).unwrap();
    }
}

fn shown(store: &mut Wal) -> EventLog {
    let mut log = EventLog::new();
    store.read_all(&mut log).unwrap();
    log
}

fn files(fs: &SimFs) -> Vec<(PathBuf, Vec<u8>, usize)> {
    let mut files = Vec::new();
    for directory in [Path::from("log"), Path::from("snap")] {
        for entry in fs.read_dir(directory).unwrap() {
            let path = directory.join(&entry.name);
            let bytes = fs.read(path.as_path()).unwrap();
            let size = bytes.len();
            files.push((path, bytes, size));
        }
    }
    files
}

/// A snapshot, and two segments behind it.
fn used(without: Option<Precaution>) -> Disk {
    let fs = SimFs::new();
    let mut store = open(&fs, 1, without).unwrap();
    append(&mut store, 3);
    store.checkpoint().unwrap();
    append(&mut store, 3);
    store.rotate().unwrap();
    append(&mut store, 3);
    let before_last = files(&fs);
    append(&mut store, 1);
    let mut files = self::files(&fs);
    for ((_, _, durable), (_, before, _)) in files.iter_mut().zip(before_last) {
        *durable = before.len();
    }
    Disk {
        image: fs.live_image(),
        files,
        shown: shown(&mut store),
    }
}

/// A store whose second opening carried everything into a segment of its own.
fn carried(without: Option<Precaution>) -> Disk {
    let fs = SimFs::new();
    append(&mut open(&fs, 1, without).unwrap(), 1);
    let mut store = open(&fs, 2, without).unwrap();
    Disk {
        image: fs.live_image(),
        files: files(&fs),
        shown: shown(&mut store),
    }
}

/// How many damaged disks are answered with events that are not the right ones, and of how many.
pub(crate) fn wrong_answers(damage: Damage, without: Option<Precaution>) -> (u64, u64) {
    let mut count = (0, 0);
    for disk in [used(without), carried(without)] {
        for (path, offset, bytes) in disk.damaged(damage) {
            count.0 += u64::from(disk.is_wrong(&path, offset, &bytes, without));
            count.1 += 1;
        }
    }
    count
}

impl Disk {
    /// Whether the store shows something else than it should, and says nothing.
    fn is_wrong(
        &self,
        path: &PathBuf,
        offset: usize,
        bytes: &[u8],
        without: Option<Precaution>,
    ) -> bool {
        let fs = SimFs::mount(self.image.clone());
        let file = fs.open(path.as_path(), OpenOptions::new().write()).unwrap();
        file.write_all_at(bytes, offset as u64).unwrap();
        open(&fs, 9, without).is_ok_and(|mut store| shown(&mut store) != self.shown)
    }

    /// Where there are other bytes now, and which.
    fn damaged(&self, damage: Damage) -> Vec<(PathBuf, usize, Vec<u8>)> {
        let mut found = Vec::new();
        for (path, bytes, durable) in &self.files {
            let sectors = (0..*durable).step_by(SECTOR);
            let sectors = sectors.map(|start| (start, SECTOR.min(durable - start)));
            match damage {
                Damage::Flip => found.extend(
                    (0..*durable).map(|offset| (path.clone(), offset, vec![bytes[offset] ^ 1])),
                ),
                Damage::LostSector => found
                    .extend(sectors.map(|(start, length)| (path.clone(), start, vec![0; length]))),
                Damage::Misdirected => {
                    for (start, length) in sectors {
                        let elsewhere = self
                            .files
                            .iter()
                            .flat_map(|(_, bytes, _)| bytes.chunks(SECTOR));
                        let full = elsewhere.filter(|sector| sector.len() >= length);
                        found.extend(
                            full.map(|sector| (path.clone(), start, sector[..length].to_vec())),
                        );
                    }
                }
            }
        }
        found
    }
}
