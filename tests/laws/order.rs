//! Which filesystem has fewer states than which: a partial order, not a line.

use std::collections::BTreeSet;

use tornwrite::{
    base::Position,
    crash::{Frontier, PersistenceGraph, all_points},
    profile::Profile,
    simfs::{Recording, SimFs},
    vfs::{Path, Vfs as _},
};

use crate::{
    COUNT_MAX, PROGRAMS,
    reference::{
        compare::{outcomes_at_end, trees},
        disk::text_of,
        program::{append, open, put, random, random_names, recorded, write_at},
        rules::profile,
        text::text_of_recording,
    },
};

/// Whatever the first allows, the second allows too.
const ORDER: [(&str, &str); 18] = [
    ("sequential", "ext4-journal"),
    ("sequential", "btrfs"),
    ("ext4-journal", "ext4-nodelalloc"),
    ("ext4-journal", "xfs"),
    ("ext4-nodelalloc", "ext4-ordered"),
    ("ext4-ordered", "ext4-writeback"),
    ("ext4-ordered", "ext4-noauto"),
    ("xfs", "ext4-noauto"),
    ("ext4-noauto", "posix-minimum"),
    ("btrfs", "posix-minimum"),
    ("posix-minimum", "ext2"),
    ("ext2", "posix-minimum"),
    ("ext4-ordered-observed", "ext4-ordered"),
    ("ext4-writeback-observed", "ext4-writeback"),
    ("ext4-noauto-observed", "ext4-noauto"),
    ("xfs-observed", "xfs"),
    ("btrfs-observed", "btrfs"),
    ("ext4-ordered-observed", "ext4-noauto-observed"),
];

/// The first program and tree that `small` allows and `large` does not.
fn beyond(small: &Profile, large: &Profile) -> Option<String> {
    for seed in 0..PROGRAMS {
        let recording = if seed % 2 == 0 {
            random(seed)
        } else {
            random_names(seed)
        };
        let graphs = [small, large].map(|profile| PersistenceGraph::new(&recording, profile));
        let [mut small, mut large] = graphs.each_ref().map(Frontier::new);
        for point in all_points(&recording.trace, Position(0)) {
            let windows = [small.window(point), large.window(point)];
            if windows.iter().any(|window| window.count() > COUNT_MAX) {
                continue;
            }
            let [few, many] = windows.map(|window| trees(&window));
            if let Some((_, tree)) = few.iter().find(|(digest, _)| !many.contains_key(digest)) {
                let text = text_of_recording(&recording);
                return Some(format!(
                    "seed {seed}, point {point}: {}\n{text}",
                    text_of(tree)
                ));
            }
        }
    }
    None
}

#[test]
fn a_stronger_filesystem_has_fewer_states() {
    for (small, large) in ORDER {
        assert_eq!(
            beyond(&profile(small), &profile(large)),
            None,
            "{small} is within {large}"
        );
    }
}

/// A program with a tree that one filesystem allows and the other does not, although it is the weaker one in much else.
struct Exception {
    allows: &'static str,
    forbids: &'static str,
    tree: &'static str,
    program: fn() -> Recording,
}

fn rename(fs: &SimFs, from: &str, to: &str) {
    fs.rename(Path::from(from), Path::from(to)).unwrap();
}

const EXCEPTIONS: [Exception; 7] = [
    // Overwrites in place jump the queue of the log, copies do not.
    Exception {
        allows: "xfs",
        forbids: "btrfs",
        tree: "a:A100 c:B512",
        program: || {
            let before = |fs: &SimFs| {
                put(fs, "a", b'A', 100);
                put(fs, "c", b'A', 512);
            };
            recorded(before, |fs| {
                rename(fs, "a", "b");
                write_at(fs, "c", 0, b'B', 512);
            })
        },
    },
    // fdatasync of a file takes its names along in a log tree; where it commits the log, a link is none of its business.
    Exception {
        allows: "ext4-journal",
        forbids: "btrfs",
        tree: "b:B100",
        program: || {
            recorded(
                |_| (),
                |fs| {
                    put(fs, "b", b'B', 100);
                    fs.hard_link(Path::from("b"), Path::from("a")).unwrap();
                    open(fs, "b").sync_data().unwrap();
                },
            )
        },
    },
    // A log tree jumps the queue of the log.
    Exception {
        allows: "btrfs",
        forbids: "ext4-noauto",
        tree: "a:A100 c:B100",
        program: || {
            recorded(
                |fs| put(fs, "a", b'A', 100),
                |fs| {
                    rename(fs, "a", "b");
                    put(fs, "c", b'B', 100);
                    open(fs, "c").sync_all().unwrap();
                },
            )
        },
    },
    // Nothing flushes the new file before a rename over the old one.
    Exception {
        allows: "xfs",
        forbids: "ext4-ordered",
        tree: "f:0len",
        program: || {
            recorded(
                |fs| put(fs, "f", b'A', 100),
                |fs| {
                    put(fs, "t", b'B', 100);
                    rename(fs, "t", "f");
                },
            )
        },
    },
    // A length may go before the bytes.
    Exception {
        allows: "ext4-ordered",
        forbids: "xfs",
        tree: "f:A4096 0*100",
        program: || {
            recorded(
                |fs| put(fs, "f", b'A', 4096),
                |fs| append(fs, "f", b'B', 100),
            )
        },
    },
    // The same for the rest of the old last block, even if new blocks wait for their bytes.
    Exception {
        allows: "ext4-nodelalloc",
        forbids: "xfs",
        tree: "f:A100 0*100",
        program: || {
            recorded(
                |fs| put(fs, "f", b'A', 100),
                |fs| append(fs, "f", b'B', 100),
            )
        },
    },
    // The ideal tears a write between blocks; copies of one write come together.
    Exception {
        allows: "sequential",
        forbids: "btrfs-observed",
        tree: "f:B4096 A4096",
        program: || {
            recorded(
                |fs| put(fs, "f", b'A', 8192),
                |fs| write_at(fs, "f", 0, b'B', 8192),
            )
        },
    },
];

#[test]
fn filesystems_that_cannot_be_ordered_each_have_a_state_of_their_own() {
    for exception in &EXCEPTIONS {
        let recording = (exception.program)();
        let outcomes = |name| -> BTreeSet<String> { outcomes_at_end(&recording, &profile(name)) };
        let (allows, forbids) = (exception.allows, exception.forbids);
        let allowed = outcomes(allows);
        assert!(
            allowed.contains(exception.tree),
            "{allows} (not {forbids}): {allowed:?}"
        );
        let forbidden = outcomes(forbids);
        assert!(
            !forbidden.contains(exception.tree),
            "{allows} (not {forbids}): {forbidden:?}"
        );
    }
}

#[test]
fn the_order_of_filesystems_can_be_broken() {
    for (large, small) in [
        ("ext4-journal", "sequential"),
        ("ext4-ordered", "ext4-nodelalloc"),
        ("ext4-noauto", "ext4-ordered"),
        ("posix-minimum", "ext4-noauto"),
        ("btrfs", "btrfs-observed"),
        ("xfs", "xfs-observed"),
    ] {
        let found = beyond(&profile(large), &profile(small));
        assert!(found.is_some(), "{large} has no more than {small}");
    }
}
