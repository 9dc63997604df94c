//! What shows where nothing was written.

use std::collections::{BTreeMap, BTreeSet};

use tornwrite::{
    image::{Image, Inode},
    profile::{FillSet, FreedBlocks, PROFILES, Profile},
    simfs::Recording,
    trace::Action,
    vfs::{AllocateMode, Path, Vfs as _},
};

use crate::{
    PROGRAMS, at_every_point,
    reference::{
        disk::{Shown, tree_of},
        program::{open, put, random, recorded, write_at},
        rules::{changed, zeros},
    },
    with_images,
};

type Written = BTreeMap<(Inode, usize), BTreeSet<u8>>;

/// The bytes that some write put at each place of each file.
fn written(recording: &Recording) -> Written {
    let mut written = Written::new();
    let mut add = |inode, offset: usize, bytes: &[u8]| {
        for (&byte, at) in bytes.iter().zip(offset..) {
            written.entry((inode, at)).or_default().insert(byte);
        }
    };
    for inode in recording.base.inodes() {
        if let Some(file) = recording.base.file(inode) {
            add(inode, 0, &file.to_vec());
        }
    }
    for entry in recording.trace.entries() {
        if let Action::Write {
            inode,
            offset,
            bytes,
            ..
        } = entry.action
        {
            let offset = usize::try_from(offset).unwrap();
            add(inode, offset, recording.trace.bytes(bytes));
        }
    }
    written
}

/// The places of an image that show what was never written there, and is not zero.
fn foreign(image: &Image, written: &Written) -> Vec<(Inode, usize)> {
    let mut found = Vec::new();
    for inode in image.inodes() {
        let Some(file) = image.file(inode) else {
            continue;
        };
        for (at, byte) in file.to_vec().into_iter().enumerate() {
            let known = written
                .get(&(inode, at))
                .is_some_and(|bytes| bytes.contains(&byte));
            if byte != 0 && !known {
                found.push((inode, at));
            }
        }
    }
    found
}

#[test]
fn no_byte_shows_where_it_was_never_written() {
    for profile in PROFILES.iter().map(zeros) {
        for seed in 0..PROGRAMS / 10 {
            let recording = random(seed);
            let written = written(&recording);
            with_images(&recording, &profile, |point, image| {
                let found = foreign(image, &written);
                assert!(
                    found.is_empty(),
                    "{profile}, seed {seed}, point {point}: {found:?}"
                );
            });
        }
    }
}

/// Whether the file has this block from before, and never gave back a part of it.
fn is_old(recording: &Recording, inode: Inode, block: u64) -> bool {
    let end = (block + 1) * 4096;
    let cut = recording
        .trace
        .entries()
        .iter()
        .any(|entry| match entry.action {
            Action::Truncate {
                inode: of, size, ..
            } => of == inode && size < end,
            Action::PunchHole {
                inode: of,
                offset,
                len,
            }
            | Action::ZeroRange {
                inode: of,
                offset,
                len,
                ..
            } => of == inode && offset < end && block * 4096 < offset + len,
            _ => false,
        });
    !cut && recording
        .base
        .file(inode)
        .is_some_and(|file| file.has_page(block))
}

#[test]
fn only_new_blocks_show_other_fills_and_only_where_declared() {
    let mut shown = BTreeMap::new();
    for profile in PROFILES {
        let others = profile.fill.value != FillSet::Zero;
        // Blocks that are used again too soon show written bytes in other places; litmus scripts say where.
        let waits = Profile {
            freed_blocks: changed(FreedBlocks::AfterCommit),
            ..*profile
        };
        for seed in 0..PROGRAMS / if others { 3 } else { 10 } {
            let recording = random(seed);
            let written = written(&recording);
            with_images(&recording, &waits, |point, image| {
                for (inode, at) in foreign(image, &written) {
                    let block = at as u64 / 4096;
                    let old = is_old(&recording, inode, block);
                    assert!(
                        !old,
                        "{profile}, seed {seed}, point {point}: {inode} at {at}"
                    );
                    *shown.entry(profile.name).or_insert(0) += 1;
                }
            });
        }
    }
    let names: Vec<&str> = shown.into_keys().collect();
    assert_eq!(names, ["ext2", "ext4-writeback", "posix-minimum"]);
}

#[test]
fn stale_bytes_were_written_somewhere_before() {
    let stale = PROFILES
        .iter()
        .filter(|profile| profile.fill.value == FillSet::ZeroOrStale);
    for profile in stale {
        for seed in 0..PROGRAMS / 3 {
            let recording = random(seed);
            let written = written(&recording);
            let somewhere: BTreeSet<u8> = written.values().flatten().copied().collect();
            with_images(&recording, profile, |point, image| {
                for (inode, at) in foreign(image, &written) {
                    let byte = image.file(inode).unwrap().to_vec()[at];
                    assert!(
                        somewhere.contains(&byte),
                        "{profile}, seed {seed}, point {point}: {inode} at {at}"
                    );
                }
            });
        }
    }
}

/// The bytes that the first and the second block of `f` show, over all states of a program that reserves the first.
fn shown_in_blocks(profile: &Profile) -> [BTreeSet<u8>; 2] {
    let recording = recorded(
        |fs| put(fs, "old", b'O', 8192),
        |fs| {
            fs.remove_file(Path::from("old")).unwrap();
            put(fs, "f", b'A', 0);
            open(fs, "f")
                .allocate(0, 4096, AllocateMode::Extend)
                .unwrap();
            write_at(fs, "f", 0, b'B', 100);
            write_at(fs, "f", 4096, b'C', 100);
            fs.sync_dir(Path::ROOT).unwrap();
        },
    );
    let mut shown = [BTreeSet::new(), BTreeSet::new()];
    at_every_point(&recording, profile, |_, window| {
        for number in 0..window.count() {
            let tree = tree_of(&window.image(&window.select(number)));
            let Some(Shown::File(bytes)) = tree.get(&b"f"[..]) else {
                continue;
            };
            for (block, bytes) in bytes.chunks(4096).take(2).enumerate() {
                shown[block].extend(bytes);
            }
        }
    });
    shown
}

#[test]
fn a_reserved_block_shows_zeros_where_there_is_a_log() {
    let [reserved, new] = shown_in_blocks(Profile::find("ext4-writeback").unwrap());
    assert!(!reserved.contains(&b'O'), "{reserved:?}");
    assert_eq!(new, BTreeSet::from([0, b'C', b'O']));
    let [reserved, _] = shown_in_blocks(Profile::find("ext4-ordered").unwrap());
    assert!(
        reserved.is_subset(&BTreeSet::from([0, b'A', b'B'])),
        "{reserved:?}"
    );
}
