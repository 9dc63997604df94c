//! Laws that hold for every profile and every program.
//!
//! Verified on random small programs: after everything was synced one state is left; a completed barrier never adds a state;
//! what was synced is in every state; no byte shows where it was never written, but for the fills that a profile declares
//! and only in new blocks; `sequential` ⊆ `ext4-ordered` ⊆ `posix-minimum`; a process crash loses nothing.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use reference::{
    compare::trees,
    disk::{Shown, digest_of, text_of, tree_of},
    program::{open, put, random, random_between, sync_everything},
    rules::{changed, profile},
    text::text_of_recording,
};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, Window, all_points, process_crash},
    image::{Image, Inode},
    profile::{PROFILES, Profile, RenameOver},
    simfs::{Recording, SimFs},
    trace::Action,
    vfs::{Path, Vfs as _},
};

const PROGRAMS: u64 = 300;
const COUNT_MAX: u64 = 2048;

/// Calls `visit` with a window at every point.
fn at_every_point(
    recording: &Recording,
    profile: &Profile,
    mut visit: impl FnMut(Position, &Window<'_>),
) {
    let graph = PersistenceGraph::new(recording, profile);
    let mut frontier = Frontier::new(&graph);
    for point in all_points(&recording.trace, Position(0)) {
        visit(point, &frontier.window(point));
    }
}

/// Calls `visit` with a few images at every point.
fn with_images(recording: &Recording, profile: &Profile, mut visit: impl FnMut(Position, &Image)) {
    let mut rng = Rng::new(Seed(1), Stream::PersistedSubset, 0);
    at_every_point(recording, profile, |point, window| {
        for _ in 0..10 {
            visit(point, &window.image(&window.sample(&mut rng).1));
        }
    });
}

#[test]
fn after_everything_was_synced_one_state_is_left() {
    for profile in PROFILES {
        for seed in 0..PROGRAMS {
            let recording = random_between(seed, |_| (), sync_everything);
            let graph = PersistenceGraph::new(&recording, profile);
            let window = Frontier::new(&graph).window(recording.trace.end());
            // Files without a name may be in any state.
            if window.count() <= COUNT_MAX {
                let trees: Vec<String> = trees(&window).values().map(text_of).collect();
                let text = text_of_recording(&recording);
                assert_eq!(trees.len(), 1, "{profile}, seed {seed}: {text}{trees:#?}");
            }
        }
    }
}

fn one_barrier(fs: &SimFs, seed: u64) {
    let paths = fs.live_image().paths();
    let chosen = usize::try_from(seed).unwrap() % (paths.len() + 1);
    match paths.get(chosen) {
        None => fs.sync_dir(Path::ROOT).unwrap(),
        Some((path, inode)) if fs.live_image().directory(*inode).is_some() => {
            fs.sync_dir(Path::new(path)).unwrap();
        }
        Some((path, _)) => {
            let file = open(fs, std::str::from_utf8(path).unwrap());
            if seed.is_multiple_of(2) {
                file.sync_all()
            } else {
                file.sync_data()
            }
            .unwrap();
        }
    }
}

#[test]
fn a_completed_barrier_never_adds_a_state() {
    for name in ["sequential", "ext4-ordered", "posix-minimum"] {
        let profile = profile(name);
        for seed in 0..PROGRAMS {
            let without = random(seed);
            let with = random_between(seed, |_| (), |fs| one_barrier(fs, seed));
            let graphs = [&without, &with].map(|r| PersistenceGraph::new(r, &profile));
            let windows = graphs
                .each_ref()
                .map(|graph| Frontier::new(graph).window(graph.recording.trace.end()));
            if windows[0].count() > COUNT_MAX {
                continue;
            }
            let [without, with] = windows.map(|window| trees(&window));
            for (digest, tree) in &with {
                assert!(
                    without.contains_key(digest),
                    "{name}, seed {seed}: {}",
                    text_of(tree)
                );
            }
        }
    }
}

#[test]
fn what_was_synced_is_in_every_state() {
    for profile in PROFILES {
        for seed in 0..PROGRAMS / 3 {
            let keep = |fs: &SimFs| {
                put(fs, "keep", b'K', 5000);
                open(fs, "keep").sync_all().unwrap();
                fs.sync_dir(Path::ROOT).unwrap();
            };
            let recording = random_between(seed, keep, |_| ());
            with_images(&recording, profile, |point, image| {
                let kept = tree_of(image).get(&b"keep"[..]).cloned();
                // create, write, two barriers of two entries each
                if point >= Position(6) {
                    assert_eq!(
                        kept,
                        Some(Shown::File(vec![b'K'; 5000])),
                        "{profile}, seed {seed}"
                    );
                }
            });
        }
    }
}

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
    for profile in [
        profile("posix-minimum"),
        profile("ext4-ordered"),
        profile("sequential"),
    ] {
        for seed in 0..PROGRAMS / 3 {
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

/// Whether the file has this block from before, and never was cut below its end.
fn is_old(recording: &Recording, inode: Inode, block: u64) -> bool {
    let cut = recording.trace.entries().iter().any(|entry| {
        matches!(entry.action, Action::Truncate { inode: of, size, .. }
            if of == inode && size < (block + 1) * 4096)
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
        for seed in 0..PROGRAMS / 3 {
            let recording = random(seed);
            let written = written(&recording);
            with_images(&recording, profile, |point, image| {
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

/// The first program and tree that `small` allows and `large` does not.
fn beyond(small: &Profile, large: &Profile) -> Option<String> {
    for seed in 0..PROGRAMS {
        let recording = random(seed);
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
    let [sequential, ordered, minimum] =
        ["sequential", "ext4-ordered", "posix-minimum"].map(profile);
    assert_eq!(beyond(&sequential, &ordered), None);
    assert_eq!(beyond(&ordered, &minimum), None);
    assert_eq!(beyond(&sequential, &minimum), None);
    let noauto = Profile {
        rename_over: changed(RenameOver::Nothing),
        ..ordered
    };
    assert_eq!(beyond(&ordered, &noauto), None);
    assert_eq!(beyond(&noauto, &minimum), None);
}

#[test]
fn the_order_of_filesystems_can_be_broken() {
    let [sequential, ordered, minimum] =
        ["sequential", "ext4-ordered", "posix-minimum"].map(profile);
    assert!(beyond(&ordered, &sequential).is_some());
    assert!(beyond(&minimum, &ordered).is_some());
    let noauto = Profile {
        rename_over: changed(RenameOver::Nothing),
        ..ordered
    };
    assert!(beyond(&noauto, &ordered).is_some());
}

#[test]
fn a_process_crash_loses_nothing() {
    for profile in PROFILES {
        for seed in 0..PROGRAMS / 3 {
            let live = std::cell::RefCell::new(Image::empty());
            let recording = random_between(seed, |_| (), |fs| *live.borrow_mut() = fs.live_image());
            let graph = PersistenceGraph::new(&recording, profile);
            let window = Frontier::new(&graph).window(recording.trace.end());
            let (selection, image) = process_crash(&window, 0);
            assert_eq!(selection, window.everything());
            let trees = [&image, &live.borrow()].map(tree_of);
            assert_eq!(
                digest_of(&trees[0]),
                digest_of(&trees[1]),
                "{profile}, seed {seed}"
            );
        }
    }
}
