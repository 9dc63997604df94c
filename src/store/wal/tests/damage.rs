//! Torn tails are cut, whatever they look like; damage to what was synced is an error with its
//! place.

use super::*;

/// Opens twice with an append between: what is shown must be one of `legal`, and nothing may come
/// back or be lost.
fn check_two_lives(disk: &Disk, legal: &[usize], what: &str) {
    let mut wal = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let shown = show(&mut wal);
    assert!(
        legal.iter().any(|&events| shown == counted(events)),
        "{what}: {shown:?}"
    );
    append_counted(&mut wal, 1);
    assert_eq!(recovered(disk), Ok(counted(shown.len() + 2)), "{what}");
}

#[test]
fn a_tail_torn_at_any_byte_is_cut() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    for size in sizes[2]..sizes[3] {
        let disk = disk.fork();
        disk.truncate(FIRST, size);
        check_two_lives(&disk, &[4], &format!("cut at {size}"));
    }
}

#[test]
fn a_tail_that_lost_any_bytes_is_cut() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    let whole = disk.read(FIRST);
    for offset in sizes[2]..sizes[3] {
        for fill in [0, 0xa5] {
            let disk = disk.fork();
            let mut bytes = whole.clone();
            bytes[offset..].fill(fill);
            disk.write(FIRST, &bytes);
            // Zeros that take the place of padding change nothing.
            let legal: &[usize] = if bytes == whole { &[6] } else { &[4] };
            check_two_lives(&disk, legal, &format!("{fill} from {offset}"));
        }
        let disk = disk.fork();
        let mut bytes = whole.clone();
        bytes[offset] ^= 1;
        disk.write(FIRST, &bytes);
        check_two_lives(&disk, &[4], &format!("flip at {offset}"));
    }
}

#[test]
fn zeros_behind_the_log_change_nothing() {
    let (disk, _) = one_segment(2, SyncMode::Always);
    let mut bytes = disk.read(FIRST);
    bytes.resize(bytes.len() + 1000, 0);
    disk.write(FIRST, &bytes);
    check_two_lives(&disk, &[4], "zeros");
}

#[test]
fn a_flip_in_any_synced_byte_is_corruption_with_its_place() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    let whole = disk.read(FIRST);
    for offset in 0..sizes[2] {
        let mut bytes = whole.clone();
        bytes[offset] ^= 0x04;
        disk.write(FIRST, &bytes);
        let (path, place) = corrupt_at(&open(&disk).unwrap_err());
        let frames = (48..sizes[2]).step_by(72);
        let frame = frames.rev().find(|frame| *frame <= offset).unwrap_or(0);
        assert_eq!(
            (path.as_str(), place),
            (FIRST, frame as u64),
            "flip at {offset}"
        );
    }
}

#[test]
fn an_older_segment_that_is_short_or_missing_is_corruption() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    append_counted(&mut open(&disk).unwrap(), 1);
    // The third batch was suspect, and the second segment carries it.
    for size in sizes[0]..sizes[2] {
        let disk = disk.fork();
        disk.truncate(FIRST, size);
        let (path, offset) = corrupt_at(&open(&disk).unwrap_err());
        assert_eq!(path, FIRST);
        assert!(offset <= size as u64);
    }
    disk.truncate(FIRST, sizes[2]);
    assert_eq!(recovered(&disk), Ok(counted(8)));
    disk.remove(FIRST);
    assert_eq!(corrupt_at(&open(&disk).unwrap_err()), (FIRST.to_owned(), 0));
}

/// Found by the simulation: the head of a segment that carries suspect batches was rotten, and the report named the end of
/// the segment before it alone.
#[test]
fn a_gap_is_told_with_the_segment_that_was_passed_over() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    // The second segment carries the third batch, and the third one starts behind it.
    open(&disk).unwrap().rotate().unwrap();
    let mut bytes = disk.read(SECOND);
    bytes[60] ^= 1;
    disk.write(SECOND, &bytes);
    assert_eq!(recovered(&disk.fork()), Ok(counted(6)));
    disk.truncate(FIRST, sizes[2]);
    let error = open(&disk).unwrap_err();
    assert_eq!(corrupt_at(&error), (FIRST.to_owned(), sizes[2] as u64));
    let other = format!("or they are in {SECOND}, whose head is damaged at offset 0");
    assert!(error.to_string().ends_with(&other), "{error}");
}

/// Found by the simulation: a checkpoint syncs the log before it creates a snapshot, and nothing else told that the last
/// batches had been synced.
#[test]
fn the_name_of_an_unfinished_snapshot_proves_what_was_synced_before() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    disk.vfs.create_dir_all(Path::from("snap")).unwrap();
    disk.write("snap/000000000006-000000000001.tmp", b"");
    assert_eq!(recovered(&disk.fork()), Ok(counted(6)));
    let mut bytes = disk.read(FIRST);
    bytes[sizes[2]] ^= 1;
    disk.write(FIRST, &bytes);
    assert_eq!(
        corrupt_at(&open(&disk).unwrap_err()),
        (FIRST.to_owned(), sizes[2] as u64)
    );
}

#[test]
fn a_hole_among_unsynced_batches_is_a_torn_tail() {
    let (disk, sizes) = one_segment(4, SyncMode::Batch);
    let mut bytes = disk.read(FIRST);
    bytes[sizes[1]..sizes[2]].fill(0);
    disk.write(FIRST, &bytes);
    check_two_lives(&disk, &[2], "a hole");
}

#[test]
fn a_hole_below_a_sync_is_corruption() {
    let disk = Disk::new();
    let mut wal = open_with(&disk, SyncMode::Batch).unwrap();
    append_counted(&mut wal, 2);
    wal.sync().unwrap();
    append_counted(&mut wal, 1);
    let mut bytes = disk.read(FIRST);
    bytes[48] ^= 1;
    disk.write(FIRST, &bytes);
    assert_eq!(
        corrupt_at(&open(&disk).unwrap_err()),
        (FIRST.to_owned(), 48)
    );
}

#[test]
fn stale_frames_pass_nowhere_but_where_they_were_written() {
    let (disk, sizes) = one_segment(2, SyncMode::Always);
    let mut bytes = disk.read(FIRST);
    // The same frames behind themselves, and as the tail of the next segment.
    bytes.extend_from_within(sizes[0]..);
    disk.write(FIRST, &bytes);
    assert_eq!(recovered(&disk), Ok(counted(4)));
    append_counted(&mut open(&disk).unwrap(), 1);
    let mut second = disk.read(SECOND);
    second.extend_from_slice(&bytes[second.len()..]);
    disk.write(SECOND, &second);
    assert_eq!(recovered(&disk), Ok(counted(6)));
}

#[test]
fn a_segment_of_another_incarnation_lends_no_frames() {
    let (one, sizes) = one_segment(2, SyncMode::Always);
    let two = Disk::new();
    Wal::open(WalOptions::default(), two.context_with(8)).unwrap();
    let mut bytes = two.read(FIRST);
    assert_ne!(bytes, one.read(FIRST)[..sizes[0]]);
    bytes.extend_from_slice(&one.read(FIRST)[sizes[0]..]);
    two.write(FIRST, &bytes);
    assert_eq!(recovered(&two), Ok(vec![]));
}

#[test]
fn a_segment_whose_creation_was_torn_is_ignored_at_every_byte() {
    let (disk, _) = one_segment(3, SyncMode::Always);
    let after = disk.fork();
    open(&after).unwrap();
    let created = after.read(SECOND);
    assert!(created.len() > 48 + 100, "it carries the suspect batch");
    for size in 0..created.len() {
        let mut zeros = created.clone();
        zeros[size..].fill(0);
        let mut flip = created.clone();
        flip[size] ^= 1;
        for torn in [created[..size].to_vec(), zeros, flip] {
            let disk = disk.fork();
            disk.write(SECOND, &torn);
            check_two_lives(&disk, &[6], &format!("torn at {size}"));
            assert!(!disk.names("log").contains(&"000000000002.wal".to_owned()));
        }
    }
}

#[test]
fn the_first_segment_may_be_torn_as_well() {
    let disk = Disk::new();
    open(&disk).unwrap();
    let created = disk.read(FIRST);
    for size in 0..created.len() {
        let disk = disk.fork();
        disk.write(FIRST, &created[..size]);
        check_two_lives(&disk, &[0], &format!("cut at {size}"));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_recovery_or_description_panic(bytes: Vec<u8>, length in 0..200_u32) {
        let disk = Disk::new();
        disk.vfs.create_dir(Path::from("log")).unwrap();
        let mut framed = vec![0; segment::HEADER_BYTES];
        framed.extend_from_slice(&length.to_le_bytes());
        framed.extend_from_slice(&bytes);
        for content in [bytes, framed] {
            disk.write(FIRST, &content);
            describe(Path::from(FIRST), &content);
            let _ = recovery::recover(disk.vfs.as_ref(), None);
        }
    }

    #[test]
    fn damage_never_shows_another_history(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
        cut: Option<prop::sample::Index>,
    ) {
        let (disk, _) = one_segment(4, SyncMode::Always);
        append_counted(&mut open(&disk).unwrap(), 2);
        for path in [FIRST, SECOND] {
            let disk = disk.fork();
            let mut bytes = disk.read(path);
            for (index, flip) in &flips {
                let offset = index.index(bytes.len());
                bytes[offset] ^= flip;
            }
            bytes.truncate(cut.map_or(usize::MAX, |cut| cut.index(bytes.len())));
            disk.write(path, &bytes);
            if let Ok(shown) = recovered(&disk) {
                prop_assert_eq!(&shown, &counted(shown.len()));
            }
        }
    }
}
