//! Snapshots: what they replace, and what leftovers of an unfinished checkpoint mean.

use super::*;
use crate::vfs::VfsOperation;

/// A disk before a checkpoint with three segments, and the one after it.
fn around_checkpoint() -> (Disk, Disk) {
    let disk = Disk::new();
    let mut wal = open(&disk).unwrap();
    append_counted(&mut wal, 2);
    wal.checkpoint().unwrap();
    append_counted(&mut wal, 1);
    wal.rotate().unwrap();
    append_counted(&mut wal, 1);
    let before = disk.fork();
    wal.checkpoint().unwrap();
    (before, disk)
}

#[test]
fn a_checkpoint_replaces_the_log_and_the_snapshot_before() {
    let (before, after) = around_checkpoint();
    assert_eq!(before.names("log").len(), 2);
    assert_eq!(after.names("log").len(), 1);
    assert_eq!(after.names("snap"), ["000000000008-000000000003.snap"]);
    assert_eq!(recovered(&before), Ok(counted(8)));
    assert_eq!(recovered(&after), Ok(counted(8)));
    let mut wal = open(&after).unwrap();
    append_counted(&mut wal, 1);
    wal.checkpoint().unwrap();
    wal.checkpoint().unwrap();
    assert_eq!(recovered(&after), Ok(counted(10)));
    check_golden(
        "wal_snapshot.hex",
        &after.read("snap/000000000010-000000000005.snap"),
    );
}

#[test]
fn checkpoints_come_by_themselves_when_asked_to() {
    let disk = Disk::new();
    let options = WalOptions {
        checkpoint_batches: 3,
        ..WalOptions::default()
    };
    let mut wal = Wal::open(options, disk.context()).unwrap();
    append_counted(&mut wal, 3);
    assert!(disk.names("snap").is_empty());
    append_counted(&mut wal, 1);
    assert_eq!(disk.names("snap"), ["000000000006-000000000001.snap"]);
    assert_eq!(recovered(&disk), Ok(counted(8)));
}

#[test]
fn any_leftovers_of_a_checkpoint_are_harmless() {
    let (before, after) = around_checkpoint();
    let files = |disk: &Disk, directory: &str| -> Vec<String> {
        let path = |name| format!("{directory}/{name}");
        disk.names(directory).into_iter().map(path).collect()
    };
    let leftovers = [files(&before, "log"), files(&before, "snap")].concat();
    for kept in 0..1_u32 << leftovers.len() {
        let disk = after.fork();
        for (bit, path) in leftovers.iter().enumerate() {
            if kept & 1 << bit != 0 {
                disk.write(path, &before.read(path));
            }
        }
        disk.write("snap/000000000008-000000000009.tmp", b"torn");
        for _ in 0..2 {
            assert_eq!(show(&mut open(&disk).unwrap()), counted(8), "kept {kept:b}");
        }
        let mut wal = open(&disk).unwrap();
        append_counted(&mut wal, 1);
        wal.checkpoint().unwrap();
        assert_eq!((disk.names("log").len(), disk.names("snap").len()), (1, 1));
        assert_eq!(recovered(&disk), Ok(counted(10)));
    }
}

#[test]
fn the_log_alone_is_enough_until_a_checkpoint_has_ended() {
    // The snapshot's name may be gone although a second fsync of the directory, at opening,
    // succeeded.
    let disk = Disk::new();
    let trouble = Trouble::new(&disk);
    let mut wal = Wal::open(options(SyncMode::Always, LARGE), trouble.context()).unwrap();
    append_counted(&mut wal, 2);
    trouble.fail_next(VfsOperation::SyncDir);
    assert!(wal.checkpoint().is_err());
    append_counted(&mut open(&disk).unwrap(), 1);
    for name in disk.names("snap") {
        disk.remove(&format!("snap/{name}"));
    }
    assert_eq!(recovered(&disk), Ok(counted(6)));
}

#[test]
fn every_damaged_byte_of_a_snapshot_is_corruption_with_its_path() {
    let (_, disk) = around_checkpoint();
    let path = "snap/000000000008-000000000003.snap";
    let whole = disk.read(path);
    for offset in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[offset] ^= 0x10;
        disk.write(path, &bytes);
        assert_eq!(
            corrupt_at(&open(&disk).unwrap_err()).0,
            path,
            "offset {offset}"
        );
        disk.write(path, &whole[..offset]);
        assert_eq!(
            corrupt_at(&open(&disk).unwrap_err()).0,
            path,
            "cut at {offset}"
        );
    }
}

#[test]
fn a_snapshot_without_a_segment_is_corruption() {
    let (_, disk) = around_checkpoint();
    disk.remove("log/000000000004.wal");
    let (path, offset) = corrupt_at(&open(&disk).unwrap_err());
    assert_eq!((path.as_str(), offset), ("log/000000000003.wal", 0));
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes: Vec<u8>, lsn in 0..3_u64) {
        let disk = Disk::new();
        let mut snapshot = snapshot::MAGIC.to_vec();
        let mut covered = vec![0; 4];
        covered.extend_from_slice(&lsn.to_le_bytes());
        covered.extend_from_slice(&1_u64.to_le_bytes());
        covered.extend_from_slice(&bytes);
        snapshot.extend_from_slice(&crc32fast::hash(&covered).to_le_bytes());
        snapshot.extend_from_slice(&covered);
        disk.vfs.create_dir(Path::from("snap")).unwrap();
        for content in [bytes, snapshot] {
            let path = format!("snap/{lsn:012}-{:012}.snap", 1);
            disk.write(&path, &content);
            let _ = open(&disk);
            describe(Path::from(path.as_str()), &content);
        }
    }
}
