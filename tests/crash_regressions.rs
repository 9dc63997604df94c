//! States that the crash model once had wrong, each with its story: found by comparison with the reference.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use reference::{
    compare::{agrees, outcomes_at_end},
    program::{append, open, put, recorded, write_at},
    rules::{by_block, profile},
};
use tornwrite::{
    crash::{Frontier, PersistenceGraph},
    image::Inode,
    simfs::{Recording, SimFs},
    trace::{Action, BarrierKind, FailedPages, Report},
    vfs::{AllocateMode, FileExt as _, Path, Vfs as _},
};

fn cut(fs: &SimFs, path: &str, size: u64) {
    open(fs, path).set_len(size).unwrap();
}

fn sync_root(fs: &SimFs) {
    fs.sync_dir(Path::ROOT).unwrap();
}

fn agrees_on_ext4(recording: &Recording) {
    agrees(recording, &profile("ext4-ordered")).unwrap();
}

fn agrees_on_minimum(recording: &Recording) {
    agrees(recording, &profile("posix-minimum")).unwrap();
}

/// Everything written to a file after a truncate used to need the truncate. Bytes that go straight to blocks that the
/// truncate left alone need nothing.
#[test]
fn an_overwrite_does_not_wait_for_an_earlier_truncate() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 8192),
        |fs| {
            cut(fs, "f", 4096);
            write_at(fs, "f", 0, b'B', 512);
        },
    );
    let outcomes = outcomes_at_end(&recording, &profile("ext4-ordered"));
    assert!(outcomes.contains("f:B512 A7680"), "{outcomes:?}");
    agrees_on_ext4(&recording);
}

/// A hole that a truncate cut in its middle used to count as a block on disk, so that a write to it tore.
#[test]
fn a_hole_stays_a_hole_when_a_truncate_cuts_it() {
    agrees_on_ext4(&recorded(
        |fs| {
            put(fs, "f", b'A', 100);
            cut(fs, "f", 8704);
        },
        |fs| {
            cut(fs, "f", 5100);
            write_at(fs, "f", 5100, b'B', 600);
        },
    ));
}

/// A pending growth used to apply after a truncate that was made certain by the barrier of a directory.
#[test]
fn a_certain_truncate_ends_earlier_growth() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 5000),
        |fs| {
            append(fs, "f", b'B', 500);
            cut(fs, "f", 4000);
            put(fs, "g", b'C', 1);
            sync_root(fs);
        },
    );
    let outcomes = outcomes_at_end(&recording, &profile("ext4-ordered"));
    assert!(
        outcomes.iter().all(|text| text.starts_with("f:A4000 g:")),
        "{outcomes:?}"
    );
    agrees_on_ext4(&recording);
}

/// The same for bytes: what was written before the truncate came back when the file grew again.
#[test]
fn what_a_certain_truncate_cut_does_not_come_back() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 300),
        |fs| {
            append(fs, "f", b'B', 1);
            cut(fs, "f", 100);
            write_at(fs, "f", 512, b'C', 300);
            fs.create_dir(Path::from("d")).unwrap();
            sync_root(fs);
            open(fs, "f").sync_all().unwrap();
        },
    );
    let outcomes = outcomes_at_end(&recording, &profile("ext4-ordered"));
    assert_eq!(
        outcomes.into_iter().collect::<Vec<_>>(),
        ["d/ f:A100 0*412 C300"]
    );
    agrees_on_ext4(&recording);
}

/// Cutting once more what is pending in one file must leave alone what is certain in another.
#[test]
fn a_certain_truncate_leaves_what_was_synced_after_it() {
    let recording = recorded(
        |fs| {
            put(fs, "f", b'A', 100);
            put(fs, "g", b'A', 1024);
        },
        |fs| {
            write_at(fs, "g", 512, b'B', 512);
            cut(fs, "f", 0);
            write_at(fs, "f", 0, b'C', 10);
            open(fs, "f").sync_data().unwrap();
        },
    );
    let outcomes = outcomes_at_end(&recording, &profile("ext4-ordered"));
    assert!(
        outcomes.iter().all(|text| text.starts_with("f:C10 g:")),
        "{outcomes:?}"
    );
    agrees_on_ext4(&recording);
}

/// A second write to a block that is still to be allocated used to count as an allocation, so that fdatasync forced the
/// log up to it. The block may have been allocated, and that committed, before.
#[test]
fn rewriting_a_pending_block_is_no_allocation() {
    let recording = recorded(
        |_| (),
        |fs| {
            put(fs, "f", b'A', 5000);
            fs.create_dir(Path::from("d")).unwrap();
            write_at(fs, "f", 100, b'B', 100);
            open(fs, "f").sync_data().unwrap();
        },
    );
    let outcomes = outcomes_at_end(&recording, &by_block(profile("ext4-ordered")));
    assert_eq!(
        outcomes.len(),
        2,
        "with and without the directory: {outcomes:?}"
    );
    agrees_on_ext4(&recording);
}

/// A block that was written, dropped by a truncate and made durable that way used to count as one on disk.
#[test]
fn a_block_that_was_dropped_before_a_barrier_is_new_afterwards() {
    agrees_on_ext4(&recorded(
        |fs| put(fs, "f", b'A', 12),
        |fs| {
            write_at(fs, "f", 4000, b'B', 1024);
            cut(fs, "f", 0);
            write_at(fs, "f", 0, b'C', 100);
            open(fs, "f").sync_all().unwrap();
            append(fs, "f", b'D', 5000);
        },
    ));
}

/// Two truncates of one block used to share one end: the zeros of the first ran over what was written between them.
#[test]
fn a_second_truncate_keeps_what_was_written_since_the_first() {
    let recording = recorded(
        |fs| put(fs, "f", b'A', 4096),
        |fs| {
            cut(fs, "f", 3000);
            write_at(fs, "f", 3500, b'B', 50);
            cut(fs, "f", 3550);
            cut(fs, "f", 3540);
            write_at(fs, "f", 3100, b'C', 10);
        },
    );
    agrees_on_minimum(&recording);
    let profile = profile("posix-minimum");
    let graph = PersistenceGraph::new(&recording, &profile);
    let window = Frontier::new(&graph).window(recording.trace.end());
    let image = window.image(&window.everything());
    let text = reference::disk::text_of(&reference::disk::tree_of(&image));
    assert_eq!(text, "f:A3000 0*100 C10 0*390 B40");
}

/// A small write to a block still to be allocated used to count all eight sectors as rewritten: 2^8 numbered states that
/// show two.
#[test]
fn appending_to_a_new_block_has_as_many_states_as_can_be_seen() {
    let recording = recorded(
        |_| (),
        |fs| {
            put(fs, "f", b'A', 4000);
            append(fs, "f", b'B', 10);
            append(fs, "f", b'C', 10);
        },
    );
    let profile = profile("ext4-ordered");
    let graph = PersistenceGraph::new(&recording, &profile);
    let window = Frontier::new(&graph).window(recording.trace.end());
    // Nothing; no length; each of three lengths with the block missing or at one of three versions.
    assert_eq!(window.count(), 1 + 1 + 3 * 4);
}

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
