use proptest::prelude::*;

use super::*;
use crate::{
    store::{
        testing::{Disk, batch, check_golden, corrupt_at, show},
        trouble::Trouble,
    },
    vfs::VfsOperation,
};

const FIRST: &str = "wal/000001.log";

fn open_with(disk: &Disk, segment_bytes: u64) -> Result<WalNote, StoreError> {
    WalNote::open(WalNoteOptions { segment_bytes }, disk.context())
}

fn open(disk: &Disk) -> WalNote {
    open_with(disk, 1 << 20).unwrap()
}

fn append(store: &mut WalNote, events: &[&str]) {
    let promise = store.append_batch(b"bank", &batch(events)).unwrap();
    assert_eq!(promise, Promise::Durable);
}

/// A disk with two batches of two events, and the size of the first.
fn two_batches() -> (Disk, usize) {
    let disk = Disk::new();
    let mut store = open(&disk);
    append(&mut store, &["-5", "+5"]);
    let first_size = disk.read(FIRST).len();
    append(&mut store, &["-7", "+7"]);
    (disk, first_size)
}

#[test]
fn events_come_back_after_rotation_and_reopening() {
    let disk = Disk::new();
    let mut store = open_with(&disk, 60).unwrap();
    append(&mut store, &["a", "b"]);
    append(&mut store, &["c"]);
    store.append_batch(b"audit\0", &batch(&["", "x"])).unwrap();
    assert_eq!(disk.names("wal").len(), 3);
    let expected = [
        "bank/0=a",
        "bank/1=b",
        "bank/2=c",
        "audit\\x00/0=",
        "audit\\x00/1=x",
    ];
    assert_eq!(show(&mut store), expected);
    let mut store = open_with(&disk, 60).unwrap();
    assert_eq!(show(&mut store), expected);
    let mut log = EventLog::new();
    store.read_stream(b"bank", &mut log).unwrap();
    assert_eq!(log.len(), 3);
}

#[test]
fn the_segment_is_the_golden_one() {
    check_golden("wal_note_segment.hex", &two_batches().0.read(FIRST));
}

#[test]
fn a_description_names_each_record_by_its_offset() {
    let (disk, _) = two_batches();
    let mut bytes = disk.read(FIRST);
    bytes.push(1);
    let lines = describe(Path::from(FIRST), &bytes);
    assert_eq!(lines.len(), 7);
    assert_eq!(lines[1], "      40  seq 2      put     bank/1  2 bytes");
    assert_eq!(lines[2], "      80  seq 3      commit");
    let cut = "     210  ! torn: 1 bytes that are no record (cut off after 1 bytes)";
    assert_eq!(lines[6], cut);
}

#[test]
fn a_description_says_what_is_wrong_with_a_record_and_what_is_never_read_behind_it() {
    let (disk, first_size) = two_batches();
    let mut bytes = disk.read(FIRST);
    bytes[45] ^= 1;
    let lines = describe(Path::from(FIRST), &bytes);
    assert_eq!(
        lines[1],
        "      40  ! torn: 40 bytes that are no record (length 32, wrong checksum)"
    );
    assert_eq!(lines[2], "      80  seq 3      commit, never read");
    bytes.truncate(first_size + 20);
    let lines = describe(Path::from(FIRST), &bytes);
    let cut = "torn: 20 bytes that are no record (length 32, and 12 bytes follow), never read";
    assert!(lines[3].ends_with(cut), "{lines:?}");
}

#[test]
fn a_batch_without_its_commit_is_discarded() {
    let (disk, first_size) = two_batches();
    let whole = disk.read(FIRST).len();
    for size in (first_size..whole).rev() {
        disk.truncate(FIRST, size);
        assert_eq!(
            show(&mut open(&disk)),
            ["bank/0=-5", "bank/1=+5"],
            "cut at {size}"
        );
    }
}

#[test]
fn checkpoints_lag_by_one_and_lose_nothing_without_a_crash() {
    let disk = Disk::new();
    let mut store = open(&disk);
    let mut expected = Vec::new();
    for round in 0..4 {
        append(&mut store, &["a", "b"]);
        expected.push(format!("bank/{}=a", round * 2));
        expected.push(format!("bank/{}=b", round * 2 + 1));
        store.checkpoint().unwrap();
        assert_eq!(show(&mut store), expected);
        assert_eq!(show(&mut open(&disk.fork())), expected);
    }
    let in_log = describe(Path::from(FIRST), &disk.read(FIRST));
    assert_eq!(
        in_log.len(),
        3,
        "the log holds the newest batch alone: {in_log:?}"
    );
}

#[test]
fn weakness_orphans_of_a_torn_batch_are_adopted_by_the_next_commit() {
    let (disk, first_size) = two_batches();
    let one_put = 40;
    disk.truncate(FIRST, first_size + one_put);
    let mut store = open(&disk);
    append(&mut store, &["-9", "+9"]);
    let half_transfer = [
        "bank/0=-5",
        "bank/1=+5",
        "bank/2=-7",
        "bank/2=-9",
        "bank/3=+9",
    ];
    assert_eq!(show(&mut open(&disk)), half_transfer);
}

#[test]
fn weakness_batches_behind_a_torn_tail_are_lost_at_the_second_recovery() {
    let (disk, first_size) = two_batches();
    disk.truncate(FIRST, first_size + 5);
    let mut store = open(&disk);
    append(&mut store, &["acknowledged"]);
    assert_eq!(show(&mut open(&disk)), ["bank/0=-5", "bank/1=+5"]);
}

#[test]
fn weakness_the_sequence_number_is_not_protected() {
    let (disk, _) = two_batches();
    let mut bytes = disk.read(FIRST);
    bytes[record::SEQ_OFFSET + 7] ^= 0x40;
    disk.write(FIRST, &bytes);
    assert_eq!(show(&mut open(&disk)).len(), 4);
}

#[test]
fn weakness_a_stale_batch_passes_wherever_it_turns_up() {
    let (disk, first_size) = two_batches();
    let mut bytes = disk.read(FIRST);
    bytes.extend_from_within(..first_size);
    disk.write(FIRST, &bytes);
    assert_eq!(show(&mut open(&disk))[4..], ["bank/0=-5", "bank/1=+5"]);
}

#[test]
fn weakness_a_zero_tail_makes_recovery_fail() {
    let (disk, first_size) = two_batches();
    let mut bytes = disk.read(FIRST);
    bytes[first_size..].fill(0);
    disk.write(FIRST, &bytes);
    let error = open_with(&disk, 1).unwrap_err();
    assert_eq!(corrupt_at(&error), (FIRST.to_owned(), first_size as u64));
}

#[test]
fn weakness_damage_in_the_middle_drops_what_follows_without_a_word() {
    let (disk, _) = two_batches();
    let mut bytes = disk.read(FIRST);
    bytes[record::KEY_OFFSET] ^= 1;
    disk.write(FIRST, &bytes);
    assert!(show(&mut open(&disk)).is_empty());
}

#[test]
fn weakness_a_missing_segment_is_not_noticed() {
    let disk = Disk::new();
    let mut store = open_with(&disk, 1).unwrap();
    for event in ["a", "b", "c"] {
        append(&mut store, &[event]);
    }
    disk.remove("wal/000002.log");
    assert_eq!(show(&mut open(&disk)), ["bank/0=a", "bank/2=c"]);
}

#[test]
fn weakness_truncation_destroys_what_a_crash_behind_the_cut_cannot_bring_back() {
    let (disk, _) = two_batches();
    let mut store = open(&disk);
    append(&mut store, &["acknowledged"]);
    store.checkpoint().unwrap();
    // The crash state between O_TRUNC and the fsync: the snapshot is there, the segment is empty.
    disk.truncate(FIRST, 0);
    assert_eq!(show(&mut open(&disk)).len(), 4);
}

#[test]
fn weakness_no_directory_is_synced_before_a_batch_is_acknowledged() {
    let disk = Disk::new();
    let trouble = Trouble::new(&disk);
    let mut store = WalNote::open(WalNoteOptions { segment_bytes: 1 }, trouble.context()).unwrap();
    append(&mut store, &["a"]);
    append(&mut store, &["b"]);
    assert_eq!(disk.names("wal").len(), 2);
    assert!(!trouble.operations().contains(&VfsOperation::SyncDir));
}

#[test]
fn weakness_a_batch_is_acknowledged_after_an_fsync_that_failed_before_it() {
    let disk = Disk::new();
    let trouble = Trouble::new(&disk);
    let mut store = WalNote::open(WalNoteOptions::default(), trouble.context()).unwrap();
    trouble.fail_next(VfsOperation::SyncAll);
    assert!(store.append_batch(b"bank", &batch(&["dropped"])).is_err());
    append(&mut store, &["behind what was dropped"]);
}

#[test]
fn weakness_recovery_syncs_nothing_of_what_it_shows() {
    let (disk, _) = two_batches();
    let trouble = Trouble::new(&disk);
    let mut store = WalNote::open(WalNoteOptions::default(), trouble.context()).unwrap();
    assert_eq!(show(&mut store).len(), 4);
    assert!(!trouble.operations().contains(&VfsOperation::SyncAll));
}

proptest! {
    #[test]
    fn no_bytes_make_the_scan_panic(bytes: Vec<u8>, length in 0..64_u32) {
        let mut framed = length.to_le_bytes().to_vec();
        framed.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        framed.extend_from_slice(&bytes);
        for bytes in [bytes, framed] {
            let _ = Replay::default().file(Path::ROOT, &bytes);
            describe(Path::ROOT, &bytes);
        }
    }
}
