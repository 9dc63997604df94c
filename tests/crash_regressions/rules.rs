//! States that single rules once had wrong: sizes and what they need, log trees, failed barriers, mixed rules.

use tornwrite::{
    image::Inode,
    simfs::Recording,
    trace::{Action, BarrierKind, FailedPages, Report},
    vfs::{AllocateMode, FileExt as _, Path, Vfs as _},
};

use crate::{
    reference::{
        compare::{agrees, outcomes_at_end},
        program::{append, open, put, recorded, write_at},
        rules::profile,
    },
    sync_root,
};

/// What a later rename over another file waits for used to be forced before the rename was there.
#[test]
fn a_rename_over_a_file_forces_nothing_before_it_happens() {
    let recording = recorded(
        |fs| {
            put(fs, "a", b'A', 100);
            put(fs, "f", b'A', 100);
        },
        |fs| {
            append(fs, "a", b'B', 100);
            fs.rename(Path::from("a"), Path::from("f")).unwrap();
        },
    );
    for name in ["ext4-ordered", "ext4-ordered-observed", "btrfs-observed"] {
        agrees(&recording, &profile(name)).unwrap();
    }
}

/// A size used to wait for a write to a block that an earlier write had allocated. That write, its block and its size may be
/// on disk before, and then the block is no new one.
#[test]
fn a_size_waits_for_the_blocks_that_its_own_write_allocates_only() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 100),
        |fs| {
            write_at(fs, "f", 5000, b'B', 12);
            append(fs, "f", b'C', 12);
        },
    );
    let nodelalloc = profile("ext4-nodelalloc");
    let outcomes = outcomes_at_end(&recording, &nodelalloc);
    assert!(outcomes.contains("f:A100 0*4900 B12 0*12"), "{outcomes:?}");
    agrees(&recording, &nodelalloc).unwrap();
}

/// The new blocks of a write used to be lost whenever its last size was, since that has its place in the log.
#[test]
fn a_new_block_may_survive_without_the_last_size_of_its_write() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 100),
        |fs| write_at(fs, "f", 3584, b'B', 5000),
    );
    let nodelalloc = profile("ext4-nodelalloc");
    let outcomes = outcomes_at_end(&recording, &nodelalloc);
    assert!(outcomes.contains("f:A100 0*3996 B4096"), "{outcomes:?}");
    agrees(&recording, &nodelalloc).unwrap();
}

/// A later write to a new block used to count as new itself once a size had made the block's first version alone certain.
#[test]
fn a_block_whose_first_version_is_certain_is_on_disk() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 100),
        |fs| {
            write_at(fs, "f", 3584, b'B', 1024);
            append(fs, "f", b'C', 512);
            put(fs, "g", b'D', 100);
            open(fs, "g").sync_data().unwrap();
            append(fs, "f", b'E', 512);
        },
    );
    agrees(&recording, &profile("ext4-nodelalloc")).unwrap();
}

/// fsync of a file that another one had replaced used to make the new name of that other one certain.
#[test]
fn a_log_tree_takes_no_name_of_the_file_that_replaced_another() {
    let recording = recorded(
        |fs| {
            put(fs, "f", b'A', 100);
            put(fs, "g", b'B', 100);
        },
        |fs| {
            let replaced = open(fs, "f");
            replaced.append_all(b"C").unwrap();
            fs.rename(Path::from("g"), Path::from("f")).unwrap();
            replaced.sync_all().unwrap();
        },
    );
    agrees(&recording, &profile("btrfs")).unwrap();
    agrees(&recording, &profile("btrfs-observed")).unwrap();
}

/// A zeroed range used to end where the file did, so that its last block was overwritten with zeros, sector by sector,
/// although all of it lay in the range.
#[test]
fn a_block_within_a_zeroed_range_is_given_back_whole() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 5000),
        |fs| {
            let mode = AllocateMode::Extend;
            open(fs, "f").zero_range(4096, 4096, mode).unwrap();
        },
    );
    for name in ["ext4-ordered", "xfs", "btrfs", "sequential"] {
        let outcomes = outcomes_at_end(&recording, &profile(name));
        let expected = ["f:A4096 0*4096", "f:A4096 0*904", "f:A5000"];
        let found: Vec<String> = outcomes.into_iter().collect();
        assert_eq!(found, expected, "{name}");
        agrees(&recording, &profile(name)).unwrap();
    }
}

/// A hole over the second block of a write used to cut its tie to the first, although a size that is there needs them.
#[test]
fn a_hole_does_not_untie_the_blocks_of_a_write() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 5500),
        |fs| {
            write_at(fs, "f", 1024, b'B', 5000);
            open(fs, "f").punch_hole(4096, 4096).unwrap();
        },
    );
    let btrfs = profile("btrfs-observed");
    let outcomes = outcomes_at_end(&recording, &btrfs);
    assert!(!outcomes.contains("f:A4096 0*1928"), "{outcomes:?}");
    assert!(outcomes.contains("f:A1024 B3072 0*1928"), "{outcomes:?}");
    agrees(&recording, &btrfs).unwrap();
}

/// A size that a certain rename needs used to be certain without the new blocks that it needs itself.
#[test]
fn what_a_rename_needs_is_certain_with_what_that_needs() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 100),
        |fs| {
            write_at(fs, "f", 4700, b'B', 100);
            put(fs, "g", b'C', 0);
            fs.rename(Path::from("f"), Path::from("g")).unwrap();
            sync_root(fs);
        },
    );
    let ext4 = profile("ext4-ordered");
    let mixed = ext4.with("data_first", "new-blocks", "test").unwrap();
    let outcomes = outcomes_at_end(&recording, &mixed);
    let found: Vec<String> = outcomes.into_iter().collect();
    assert_eq!(found, ["g:A100 0*4600 B100"]);
    agrees(&recording, &mixed).unwrap();
}

/// fdatasync of a copied overwrite used to leave out the log that the copy goes after.
#[test]
fn a_copy_takes_the_log_before_it_along() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 100),
        |fs| {
            fs.hard_link(Path::from("f"), Path::from("g")).unwrap();
            write_at(fs, "f", 0, b'B', 100);
            open(fs, "f").sync_data().unwrap();
        },
    );
    let mixed = [("overwrite_tear", "block"), ("data", "copy-on-write")];
    let copied = mixed.iter().fold(profile("xfs"), |profile, (key, word)| {
        profile.with(key, word, "test").unwrap()
    });
    let outcomes = outcomes_at_end(&recording, &copied);
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    agrees(&recording, &copied).unwrap();
}

/// An fsync of a file that had nothing to write used to take along a rename that the log tree was to write next.
#[test]
fn a_barrier_with_nothing_to_write_takes_no_rename_along() {
    let recording = recorded(
        |fs| put(fs, "z", b'A', 100),
        |fs| {
            put(fs, "t", b'B', 100);
            open(fs, "t").sync_all().unwrap();
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
            open(fs, "z").sync_all().unwrap();
        },
    );
    let btrfs = profile("btrfs-observed");
    let outcomes = outcomes_at_end(&recording, &btrfs);
    assert!(outcomes.contains("t:B100 z:A100"), "{outcomes:?}");
    agrees(&recording, &btrfs).unwrap();
}

/// A log tree that took a rename over another file, with the length and the bytes that go first, used to leave out the
/// truncate before them: it could still come, and cut what was certain.
#[test]
fn what_a_log_tree_takes_of_a_file_comes_with_the_truncate_before_it() {
    let recording = recorded(
        |fs| {
            put(fs, "t", b'A', 3585);
            put(fs, "f", b'A', 10);
        },
        |fs| {
            put(fs, "t", b'B', 100);
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
            sync_root(fs);
        },
    );
    let btrfs = profile("btrfs-observed");
    let outcomes = outcomes_at_end(&recording, &btrfs);
    assert!(outcomes.contains("f:B100"), "{outcomes:?}");
    assert!(!outcomes.contains("f:0len"), "{outcomes:?}");
    agrees(&recording, &btrfs).unwrap();
}

/// Adds an operation to a recording.
#[track_caller]
fn push(recording: &mut Recording, action: Action) {
    let site = std::panic::Location::caller();
    recording.trace.push(action, site);
}

/// An fsync of the file that fails.
fn fail_fsync(recording: &mut Recording, inode: Inode, pages: FailedPages) {
    let (kind, begin) = (BarrierKind::Fsync, recording.trace.end());
    push(recording, Action::BarrierBegin { kind, inode });
    let report = Report::ThisCall;
    let fails = Action::BarrierFailed {
        kind,
        inode,
        begin,
        pages,
        report,
    };
    push(recording, fails);
}

/// A write of one repeated byte that does not grow the file.
fn overwrite(recording: &mut Recording, inode: Inode, byte: u8, len: usize, old_size: u64) {
    let bytes = recording.trace.keep(&vec![byte; len]);
    let write = Action::Write {
        inode,
        offset: 0,
        bytes,
        old_size,
    };
    push(recording, write);
}

/// A failed barrier that took a truncate back used to leave the zeros in the pages: the next write of a sector put them on
/// disk.
#[test]
fn what_a_truncate_cut_is_back_when_a_failed_barrier_takes_it_back() {
    let mut recording = recorded(
        |fs| put(fs, "f", b'A', 1024),
        |fs| open(fs, "f").set_len(612).unwrap(),
    );
    let inode = recording.trace.entries()[0].action.inode().unwrap();
    fail_fsync(&mut recording, inode, FailedPages::Reverted);
    overwrite(&mut recording, inode, b'B', 513, 1024);
    let minimum = profile("posix-minimum");
    let outcomes = outcomes_at_end(&recording, &minimum);
    assert!(outcomes.contains("f:B513 A511"), "{outcomes:?}");
    agrees(&recording, &minimum).unwrap();
}

/// Bytes that a barrier failed to write, that a later write of the same block put into the log again, used to be lost when
/// the next barrier failed too.
#[test]
fn what_is_in_the_log_again_stays_there() {
    let mut recording = recorded(
        |fs| put(fs, "f", b'A', 512),
        |fs| write_at(fs, "f", 1024, b'B', 100),
    );
    let inode = recording.trace.entries()[0].action.inode().unwrap();
    fail_fsync(&mut recording, inode, FailedPages::Cleaned);
    overwrite(&mut recording, inode, b'C', 300, 1124);
    fail_fsync(&mut recording, inode, FailedPages::Reverted);
    let journal = profile("ext4-journal");
    let outcomes = outcomes_at_end(&recording, &journal);
    assert!(outcomes.contains("f:C300 A212 0*512 B100"), "{outcomes:?}");
    agrees(&recording, &journal).unwrap();
}
