use proptest::prelude::*;

use super::*;
use crate::store::{
    testing::{Disk, batch, check_golden, corrupt_at, show},
    trouble::Trouble,
};

const LARGE: u64 = 1 << 20;

fn options(sync: SyncMode, segment_bytes: u64) -> WalOptions {
    WalOptions {
        sync,
        segment_bytes,
        checkpoint_batches: 0,
        without: None,
    }
}

fn open(disk: &Disk) -> Result<Wal, StoreError> {
    open_with(disk, SyncMode::Always)
}

fn open_with(disk: &Disk, sync: SyncMode) -> Result<Wal, StoreError> {
    Wal::open(options(sync, LARGE), disk.context())
}

fn append(wal: &mut Wal, events: &[&str]) -> Promise {
    wal.append_batch(b"bank", &batch(events)).unwrap()
}

/// What a disk shows, on a copy of it; opening changes a disk.
fn recovered(disk: &Disk) -> Result<Vec<String>, StoreError> {
    open(&disk.fork()).map(|mut wal| show(&mut wal))
}

/// The events `bank/0=0`, `bank/1=1` …
fn counted(events: usize) -> Vec<String> {
    (0..events).map(|id| format!("bank/{id}={id}")).collect()
}

/// Appends batches of two events each that count on.
fn append_counted(wal: &mut Wal, batches: usize) {
    for _ in 0..batches {
        let next = wal.memory.log().len();
        append(wal, &[&next.to_string(), &(next + 1).to_string()]);
    }
}

/// A disk with this many batches of two events, all in one segment, and the file's sizes after
/// each.
fn one_segment(batches: usize, sync: SyncMode) -> (Disk, Vec<usize>) {
    let disk = Disk::new();
    let mut wal = open_with(&disk, sync).unwrap();
    let mut sizes = vec![disk.read(FIRST).len()];
    for _ in 0..batches {
        append_counted(&mut wal, 1);
        sizes.push(disk.read(FIRST).len());
    }
    (disk, sizes)
}

const FIRST: &str = "log/000000000001.wal";
const SECOND: &str = "log/000000000002.wal";

mod appending;
mod checkpoints;
mod damage;
mod dying;
