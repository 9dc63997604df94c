//! States that the crash model once had wrong, each with its story: found by comparison with the reference.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "crash_regressions/rules.rs"]
mod rules;

#[path = "reference/mod.rs"]
mod reference;

use reference::{
    compare::{agrees, outcomes_at_end},
    program::{append, open, put, recorded, write_at},
    rules::{by_block, profile},
};
use tornwrite::{
    crash::{Frontier, PersistenceGraph},
    simfs::{Recording, SimFs},
    vfs::{Path, Vfs as _},
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
    let outcomes = outcomes_at_end(&recording, &by_block(&profile("ext4-ordered")));
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
