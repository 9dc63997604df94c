//! What holds without a crash: reading back, segments, sync modes, poison, formats.

use super::*;
use crate::vfs::VfsOperation;

#[test]
fn events_come_back_with_ids_counted_per_stream() {
    let disk = Disk::new();
    let mut wal = open(&disk).unwrap();
    assert_eq!(append(&mut wal, &["-5", "+5"]), Promise::Durable);
    wal.append_batch(b"", &batch(&["", "x"])).unwrap();
    append(&mut wal, &["-7"]);
    append(&mut wal, &[]);
    let expected = ["bank/0=-5", "bank/1=+5", "/0=", "/1=x", "bank/2=-7"];
    for _ in 0..3 {
        assert_eq!(show(&mut open(&disk).unwrap()), expected);
    }
    let mut log = EventLog::new();
    open(&disk).unwrap().read_stream(b"bank", &mut log).unwrap();
    assert_eq!(log.len(), 3);
}

#[test]
fn repeated_openings_leave_no_trail_of_segments() {
    let (disk, _) = one_segment(2, SyncMode::Always);
    for _ in 0..5 {
        open(&disk).unwrap();
    }
    assert_eq!(disk.names("log").len(), 2);
}

#[test]
fn every_opening_may_append_and_segments_follow_each_other() {
    let disk = Disk::new();
    for round in 1..6 {
        let mut wal = Wal::open(options(SyncMode::Always, 200), disk.context()).unwrap();
        append_counted(&mut wal, 3);
        wal.rotate().unwrap();
        wal.rotate().unwrap();
        assert_eq!(recovered(&disk), Ok(counted(round * 6)));
    }
}

#[test]
fn acknowledgements_promise_only_what_the_mode_keeps() {
    let disk = Disk::new();
    let trouble = Trouble::new(&disk);
    // Each takes two calls: the second hears of what the first could not write.
    let syncs = || {
        let operations = trouble.operations();
        let calls = operations
            .iter()
            .filter(|&&operation| operation == VfsOperation::SyncData)
            .count();
        assert_eq!(calls % 2, 0);
        calls / 2
    };
    let mut wal = Wal::open(options(SyncMode::Batch, LARGE), trouble.context()).unwrap();
    assert_eq!(append(&mut wal, &["a"]), Promise::Buffered);
    assert_eq!(append(&mut wal, &["b"]), Promise::Buffered);
    assert_eq!(syncs(), 0);
    wal.sync().unwrap();
    wal.sync().unwrap();
    assert_eq!(syncs(), 1);

    let mut wal = Wal::open(options(SyncMode::None, LARGE), trouble.context()).unwrap();
    assert_eq!(append(&mut wal, &["c"]), Promise::Buffered);
    assert_eq!(
        wal.sync(),
        Err(StoreError::Unsupported("sync in its mode `none`"))
    );
    assert_eq!(syncs(), 1);
    wal.rotate().unwrap();
    assert_eq!(syncs(), 2);

    let mut wal = Wal::open(options(SyncMode::Always, LARGE), trouble.context()).unwrap();
    assert_eq!(append(&mut wal, &["d"]), Promise::Durable);
    assert_eq!(syncs(), 3);
    assert_eq!(show(&mut wal).len(), 4);
}

#[test]
fn a_failure_poisons_the_store_until_it_is_opened_again() {
    let failing = [VfsOperation::Append, VfsOperation::SyncData];
    for operation in failing {
        let disk = Disk::new();
        let trouble = Trouble::new(&disk);
        let mut wal = Wal::open(options(SyncMode::Always, LARGE), trouble.context()).unwrap();
        append_counted(&mut wal, 1);
        trouble.fail_next(operation);
        let cause = wal.append_batch(b"bank", &batch(&["2"])).unwrap_err();
        let poisoned = Err(StoreError::Poisoned(Box::new(cause)));
        let before = trouble.operations().len();
        assert_eq!(
            wal.append_batch(b"bank", &batch(&["3"])).map(drop),
            poisoned
        );
        assert_eq!(wal.sync(), poisoned);
        assert_eq!(wal.rotate(), poisoned);
        assert_eq!(wal.checkpoint(), poisoned);
        assert_eq!(wal.read_all(&mut EventLog::new()), poisoned);
        assert_eq!(trouble.operations().len(), before, "nothing is tried again");
        let shown = recovered(&disk).unwrap();
        assert_eq!(shown[..2], counted(2));
    }
}

#[test]
fn a_short_append_poisons_the_store_and_leaves_no_part_of_the_batch() {
    let disk = Disk::new();
    let trouble = Trouble::new(&disk);
    let mut wal = Wal::open(options(SyncMode::Always, LARGE), trouble.context()).unwrap();
    append_counted(&mut wal, 1);
    trouble.shorten_next_append();
    let error = wal.append_batch(b"bank", &batch(&["2", "3"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("append to {FIRST} at offset 192: write zero")
    );
    assert_eq!(recovered(&disk), Ok(counted(2)));
}

#[test]
fn the_segment_is_the_golden_one() {
    let (disk, _) = one_segment(2, SyncMode::Always);
    check_golden("wal_segment.hex", &disk.read(FIRST));
}

#[test]
fn the_segment_with_carried_frames_is_the_golden_one() {
    let (disk, _) = one_segment(2, SyncMode::Always);
    append(&mut open(&disk).unwrap(), &["appended"]);
    check_golden("wal_carried_segment.hex", &disk.read(SECOND));
}

#[test]
fn a_description_names_each_frame_by_its_offset() {
    let (disk, sizes) = one_segment(2, SyncMode::Always);
    let mut bytes = disk.read(FIRST);
    bytes[sizes[1] + 1] ^= 1;
    assert_eq!(
        describe(Path::from(FIRST), &bytes),
        [
            "       0  segment 1, base lsn 0",
            "      48  lsn 0      bank/0  1 bytes, event 0 of 2, synced to 0",
            "     120  lsn 1      bank/1  1 bytes, event 1 of 2, synced to 0",
            "     192  ! 72 bytes that are no frame: a length beyond the end",
            "     264  lsn 3      bank/3  1 bytes, event 1 of 2, synced to 2",
        ]
    );
}
