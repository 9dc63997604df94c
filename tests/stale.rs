//! Bytes of an earlier generation of a log, in a new block of it: what only stale fill shows.
//!
//! The store keeps one log for each opening and deletes the one before. Its records are 512 bytes, so that a block of an old
//! log is full of them. One version has a checksum that says nothing of where a record belongs; its twin differs in that alone.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::sync::Arc;

use tornwrite::{
    base::{InclusiveRange, Ratio, Seed},
    crash::{Frontier, PersistenceGraph},
    image::{FileContent, Image},
    oracle::BankOracle,
    profile::{Device, Profile},
    run::{
        Acknowledgements, CoverageMark, CrashMode, Faults, Job, Mode, RunConfig, RunOutcome,
        Subject, SubjectError, run,
    },
    simfs::{Recording, SimFs},
    trace::{OperationId, Promise},
    vfs::{FileExt as _, OpenOptions, Path, PathBuf, Vfs, VfsExt as _, VfsFile},
    workload::{BankConfig, BankTransfers, EventLog, Operation},
};

const RECORD: usize = 512;
const SNAPSHOT: Path<'static> = Path::new(b"snapshot");
const TEMPORARY: Path<'static> = Path::new(b"snapshot.tmp");

/// A log that is made anew at each opening.
#[derive(Clone, Copy, Debug)]
struct Recycled {
    /// Whether a checksum covers generation and offset too.
    bound: bool,
    /// Batches of one generation of the log; then a snapshot takes their place.
    batches: u32,
}

struct Open {
    store: Recycled,
    vfs: Arc<dyn Vfs>,
    file: Option<Box<dyn VfsFile>>,
    salt: u64,
    generation: u64,
    offset: u64,
    batches: u32,
    log: EventLog,
    entropy: u64,
}

fn say(error: &dyn std::fmt::Display) -> SubjectError {
    SubjectError::new(error)
}

fn path(generation: u64) -> PathBuf {
    PathBuf::from(format!("log.{generation}").as_str())
}

fn checksum(salt: Option<(u64, u64)>, body: &[u8]) -> u32 {
    let (generation, offset) = salt.unwrap_or_default();
    let salt = [generation.to_le_bytes(), offset.to_le_bytes()].concat();
    crc32fast::hash(&[&salt, body].concat())
}

/// crc 4, number of the batch's records that follow 1, length 2, event.
fn record(salt: Option<(u64, u64)>, follow: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; RECORD];
    bytes[4] = follow;
    bytes[5..7].copy_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
    bytes[7..7 + data.len()].copy_from_slice(data);
    let crc = checksum(salt, &bytes[4..]);
    bytes[..4].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn event(salt: Option<(u64, u64)>, bytes: &[u8]) -> Option<(u8, &[u8])> {
    let crc = u32::from_le_bytes(bytes[..4].try_into().unwrap());
    let length = u16::from_le_bytes(bytes[5..7].try_into().unwrap());
    let valid = length > 0 && checksum(salt, &bytes[4..]) == crc;
    valid
        .then(|| bytes.get(7..7 + usize::from(length)))?
        .map(|data| (bytes[4], data))
}

/// Batches of one stream, whole ones only, up to the first record that is none.
fn replay(bytes: &[u8], salt: impl Fn(u64) -> Option<(u64, u64)>, log: &mut EventLog) {
    let mut batch: Vec<&[u8]> = Vec::new();
    for (index, bytes) in bytes.chunks_exact(RECORD).enumerate() {
        let Some((follow, data)) = event(salt((index * RECORD) as u64), bytes) else {
            return;
        };
        batch.push(data);
        if follow == 0 {
            for data in batch.drain(..) {
                log.push(b"bank-0", log.len() as u64, data);
            }
        }
    }
}

impl Open {
    fn new(store: Recycled, vfs: Arc<dyn Vfs>, entropy: u64) -> Result<Open, SubjectError> {
        let (generation, log) = recover(store, vfs.as_ref()).map_err(|error| say(&error))?;
        let mut open = Open {
            store,
            file: None,
            vfs,
            salt: 0,
            generation,
            offset: 0,
            batches: 0,
            log,
            entropy,
        };
        open.start_log().map_err(|error| say(&error))?;
        Ok(open)
    }

    fn file(&self) -> &dyn VfsFile {
        self.file.as_deref().unwrap()
    }

    fn salt(&self, offset: u64) -> Option<(u64, u64)> {
        self.store.bound.then_some((self.salt, offset))
    }

    /// A snapshot of everything, then a new log, then nothing of the old one.
    fn start_log(&mut self) -> tornwrite::vfs::VfsResult<()> {
        let mut bytes = (self.generation + 1).to_le_bytes().to_vec();
        for event in self.log.iter() {
            bytes.extend_from_slice(&u32::try_from(event.data.len()).unwrap().to_le_bytes());
            bytes.extend_from_slice(event.data);
        }
        self.vfs.write(TEMPORARY, &bytes)?;
        self.vfs
            .open(TEMPORARY, OpenOptions::new().write())?
            .sync_all()?;
        // Nothing but the new snapshot may say which log counts, so it comes last.
        let new = path(self.generation + 1);
        if self.vfs.exists(new.as_path())? {
            self.vfs.remove_file(new.as_path())?;
        }
        let options = OpenOptions::new().read().write().create_new();
        self.file = Some(self.vfs.open(new.as_path(), options)?);
        self.salt = self.entropy ^ self.generation.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.offset = RECORD as u64;
        self.file()
            .write_all_at(&record(None, 0, &self.salt.to_le_bytes()), 0)?;
        self.file().sync_all()?;
        self.vfs.sync_dir(Path::ROOT)?;
        self.vfs.rename(TEMPORARY, SNAPSHOT)?;
        self.vfs.sync_dir(Path::ROOT)?;
        let old = path(self.generation);
        if self.vfs.exists(old.as_path())? {
            self.vfs.remove_file(old.as_path())?;
        }
        self.generation += 1;
        self.batches = 0;
        Ok(())
    }

    fn append(&mut self, operation: &Operation) -> tornwrite::vfs::VfsResult<Option<Promise>> {
        match operation {
            Operation::Append { events, .. } => {
                if self.batches == self.store.batches {
                    self.file().sync_data()?;
                    self.start_log()?;
                }
                let mut bytes = Vec::new();
                for (index, data) in events.iter().enumerate() {
                    let salt = self.salt(self.offset + bytes.len() as u64);
                    let follow = u8::try_from(events.len() - 1 - index).unwrap();
                    bytes.extend(record(salt, follow, data));
                }
                self.file().write_all_at(&bytes, self.offset)?;
                self.offset += bytes.len() as u64;
                self.batches += 1;
                for data in events.iter() {
                    self.log.push(b"bank-0", self.log.len() as u64, data);
                }
                Ok(Some(Promise::Buffered))
            }
            Operation::Sync => {
                self.file().sync_data()?;
                Ok(Some(Promise::Durable))
            }
            _ => Ok(None),
        }
    }
}

fn recover(store: Recycled, vfs: &dyn Vfs) -> tornwrite::vfs::VfsResult<(u64, EventLog)> {
    let mut log = EventLog::new();
    if !vfs.exists(SNAPSHOT)? {
        return Ok((0, log));
    }
    let bytes = vfs.read(SNAPSHOT)?;
    let (generation, mut rest) = bytes.split_at(8);
    let generation = u64::from_le_bytes(generation.try_into().unwrap());
    while let Some((length, data)) = rest.split_at_checked(4) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        log.push(b"bank-0", log.len() as u64, &data[..length]);
        rest = &data[length..];
    }
    let bytes = vfs.read(path(generation).as_path())?;
    let (head, records) = bytes.split_at(RECORD);
    let salt = event(None, head).map_or([0; 8], |(_, salt)| salt.try_into().unwrap());
    let bind = |offset| {
        let salt = u64::from_le_bytes(salt);
        store.bound.then_some((salt, offset + RECORD as u64))
    };
    replay(records, bind, &mut log);
    Ok((generation, log))
}

impl Subject for Recycled {
    type Operation = Operation;
    type State = EventLog;
    type Instance = (Open, Vec<OperationId>);

    fn open(&self, vfs: Arc<dyn Vfs>, entropy: u64) -> Result<Self::Instance, SubjectError> {
        Ok((Open::new(*self, vfs, entropy)?, Vec::new()))
    }

    fn apply(
        &self,
        (open, buffered): &mut Self::Instance,
        id: OperationId,
        operation: &Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<EventLog>, SubjectError> {
        match open.append(operation).map_err(|error| say(&error))? {
            Some(Promise::Buffered) => {
                acks.acknowledge(id, Promise::Buffered);
                buffered.push(id);
            }
            Some(Promise::Durable) => {
                for id in buffered.drain(..) {
                    acks.acknowledge(id, Promise::Durable);
                }
            }
            None => {}
        }
        Ok(None)
    }

    fn read(&self, (open, _): &mut Self::Instance) -> Result<EventLog, SubjectError> {
        Ok(open.log.clone())
    }

    fn close(&self, _: Self::Instance) -> Result<(), SubjectError> {
        Ok(())
    }
}

fn outcomes(bound: bool, profile: &'static Profile, lives: u32, runs: u64) -> Vec<RunOutcome> {
    let bank = BankConfig {
        batches: 24,
        payload_bytes: InclusiveRange::between(100, 300),
        transfers_per_batch: InclusiveRange::between(1, 4),
        group_commit: InclusiveRange::between(1, 4),
        checkpoint: Ratio::NEVER,
        rotate: Ratio::NEVER,
        reopen: Ratio::NEVER,
        ..BankConfig::default()
    };
    let ids = [
        "recovery-succeeds",
        "no-phantom",
        "gone-stays-gone",
        "atomic-batch",
        "balanced-transfers",
        "durable-ack",
        "prefix-order",
    ];
    let job = Job {
        // With one generation a life, what is stale there is of an earlier life.
        subject: Recycled {
            bound,
            batches: if lives > 1 { 100 } else { 6 },
        },
        workload: Box::new(BankTransfers::new(bank).unwrap()),
        oracle: Box::new(BankOracle::new(bank, &ids).unwrap()),
    };
    let config = RunConfig {
        crash: CrashMode::PowerLoss,
        profile,
        device: Device::honest(),
        lives,
        in_recovery: 0,
        recovery_states: 1,
        mode: Mode::Sampled,
        states_per_run: 48,
        exhaustive_budget: 4096,
        operations_per_life: 10_000,
        faults: Faults::default(),
        skip: None,
        swarm: false,
    };
    (0..runs)
        .map(|seed| run(&job, &config, Seed(seed)))
        .collect()
}

fn violated(outcomes: &[RunOutcome]) -> Vec<&str> {
    let found = outcomes.iter().flat_map(|outcome| &outcome.violations);
    let mut ids: Vec<&str> = found.map(|violation| violation.invariant).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn with_zeros(name: &str) -> &'static Profile {
    let profile = Profile::find(name).unwrap();
    Box::leak(Box::new(
        profile
            .with("fill", "zero", "to show what stale bytes are for")
            .unwrap(),
    ))
}

/// The images that the end of a recording may leave.
fn images(recording: &Recording, profile: &'static Profile) -> Vec<Image> {
    let graph = PersistenceGraph::new(recording, profile);
    let window = Frontier::new(&graph).window(recording.trace.end());
    let selections = (0..window.count()).map(|number| window.select(number));
    selections
        .map(|selection| window.image(&selection))
        .collect()
}

fn content(image: &Image, path: &[u8]) -> Option<Vec<u8>> {
    let paths = image.paths();
    let (_, inode) = paths.iter().find(|(known, _)| known == path)?;
    image.file(*inode).map(FileContent::to_vec)
}

/// A file full of sevens, deleted, with or without a fsync of the deletion.
fn deleted(synced: bool) -> Recording {
    let fs = SimFs::new();
    let options = OpenOptions::new().write().create();
    let file = fs.open(Path::from("old.1"), options).unwrap();
    file.write_all_at(&[7; 4096], 0).unwrap();
    file.sync_all().unwrap();
    fs.sync_dir(Path::ROOT).unwrap();
    fs.remove_file(Path::from("old.1")).unwrap();
    if synced {
        fs.sync_dir(Path::ROOT).unwrap();
    }
    fs.finish()
}

/// What a new file may show after a power loss, on a disk that an earlier life left.
fn shown_later(image: Image, profile: &'static Profile) -> Vec<Vec<u8>> {
    let fs = SimFs::mount(image);
    let options = OpenOptions::new().write().create();
    let file = fs.open(Path::from("new.1"), options).unwrap();
    file.write_all_at(&[1; 4096], 0).unwrap();
    let images = images(&fs.finish(), profile);
    images
        .iter()
        .filter_map(|image| content(image, b"new.1"))
        .collect()
}

#[test]
fn what_an_earlier_life_freed_shows_in_a_later_one() {
    let profile = Profile::find("ext4-writeback").unwrap();
    let [left]: [Image; 1] = images(&deleted(true), profile).try_into().unwrap();
    assert!(shown_later(left, profile).contains(&vec![7; 4096]));
    let ordered = Profile::find("ext4-ordered").unwrap();
    let [left]: [Image; 1] = images(&deleted(true), ordered).try_into().unwrap();
    assert!(!shown_later(left, ordered).contains(&vec![7; 4096]));
}

/// Where the deletion was lost, the block belongs to its file.
#[test]
fn what_a_crash_brought_back_is_not_free() {
    let profile = Profile::find("ext4-writeback").unwrap();
    let mut seen = [false; 2];
    for left in images(&deleted(false), profile) {
        let is_there = content(&left, b"old.1").is_some();
        let shows = shown_later(left, profile).contains(&vec![7; 4096]);
        assert_ne!(is_there, shows);
        seen[usize::from(is_there)] = true;
    }
    assert_eq!(seen, [true; 2]);
}

/// `ShardStore`'s issue 10, and Pebble's recycled logs: records of the file that had the blocks before pass as new ones.
#[test]
fn a_stale_record_that_nothing_binds_to_its_place_comes_back() {
    for name in ["posix-minimum", "ext4-writeback"] {
        let profile = Profile::find(name).unwrap();
        for lives in [1, 3] {
            let found = outcomes(false, profile, lives, 200);
            let ids = violated(&found);
            assert!(
                ids.contains(&"no-phantom"),
                "{name}, {lives} lives: {ids:?}"
            );
            let stale = |outcome: &RunOutcome| {
                outcome
                    .coverage
                    .marks
                    .get(&CoverageMark::ForeignFill)
                    .copied()
            };
            assert!(found.iter().filter_map(stale).sum::<u64>() > 0);
        }
    }
}

#[test]
fn without_stale_fill_nobody_would_know() {
    for name in ["posix-minimum", "ext4-writeback"] {
        for lives in [1, 3] {
            assert_eq!(
                violated(&outcomes(false, with_zeros(name), lives, 20)),
                [""; 0],
                "{name}"
            );
        }
    }
}

#[test]
fn a_record_bound_to_generation_and_offset_stays_where_it_was() {
    for name in ["posix-minimum", "ext4-writeback", "ext2"] {
        for lives in [1, 3] {
            let profile = Profile::find(name).unwrap();
            assert_eq!(
                violated(&outcomes(true, profile, lives, 20)),
                [""; 0],
                "{name}"
            );
        }
    }
}
