//! Laws that hold for every profile and every program.
//!
//! Verified on random small programs: after everything was synced one state is left; a completed barrier never adds a state,
//! but where it writes a log tree; a failed one makes nothing certain; what was synced is in every state; no byte shows where
//! it was never written, but for the fills that a profile declares and only in new blocks; the partial order of profiles; a
//! process crash loses nothing; what comes after a crash adds nothing to it, but for barriers that fail.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "laws/barriers.rs"]
mod barriers;
#[path = "laws/fills.rs"]
mod fills;
#[path = "laws/order.rs"]
mod order;
#[path = "reference/mod.rs"]
mod reference;

use reference::{
    compare::trees,
    disk::{Shown, digest_of, text_of, tree_of},
    program::{
        open, put, random, random_between, random_names, random_with_failures, sync_everything,
    },
    text::text_of_recording,
};
use tornwrite::{
    base::{Position, Ratio, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, Window, all_points, process_crash},
    image::Image,
    profile::{FsyncFailure, PROFILES, Profile},
    simfs::{FaultPlan, Faults, Recording, SimFs},
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

/// The graph of what lies before a crash point gives the same disks there, drawn in the same order, as the whole graph.
#[test]
fn a_crash_knows_nothing_of_what_comes_after_it() {
    for profile in PROFILES {
        for seed in 0..PROGRAMS {
            let recording = match seed % 3 {
                0 => random_names(seed),
                1 => random(seed),
                _ => random_with_failures(seed),
            };
            let drawn = |window: &Window<'_>| {
                let mut rng = Rng::new(Seed(seed), Stream::PersistedSubset, 0);
                let mut disk = || window.image(&window.sample(&mut rng).1).digest();
                let disks: Vec<_> = std::iter::repeat_with(&mut disk).take(10).collect();
                (window.count(), disks)
            };
            at_every_point(&recording, profile, |point, whole| {
                let graph = PersistenceGraph::up_to(point, &recording, profile, 0);
                let before = Frontier::new(&graph).window(point);
                let text = || text_of_recording(&recording);
                assert_eq!(
                    drawn(&before),
                    drawn(whole),
                    "{profile}, seed {seed}, point {point}: {}",
                    text()
                );
            });
        }
    }
}

#[test]
fn after_everything_was_synced_one_state_is_left() {
    for profile in PROFILES {
        for seed in 0..PROGRAMS {
            let last = if seed % 2 == 0 {
                sync_everything
            } else {
                |fs: &SimFs| fs.sync_filesystem().unwrap()
            };
            let recording = random_between(seed, |_| (), last);
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

/// What becomes of the pages that a failed barrier tried to write.
const FAILURES: [FsyncFailure; 3] = [
    FsyncFailure::CleanNew,
    FsyncFailure::CleanOld,
    FsyncFailure::DirtyNew,
];

#[test]
fn a_program_sees_what_can_survive_behind_failed_barriers() {
    let half = Ratio::new(1, 2).unwrap();
    for profile in PROFILES {
        for seed in 0..PROGRAMS / 3 {
            let faults = Faults {
                fsync: half,
                fdatasync: half,
                fsync_failure: Some(FAILURES[usize::try_from(seed % 3).unwrap()]),
                ..Faults::default()
            };
            let rng = Rng::new(Seed(seed), Stream::InjectedError, 0);
            let plan = FaultPlan::drawn(faults, profile, rng);
            let live = std::cell::RefCell::new(Image::empty());
            let recording = random_between(
                seed,
                |fs| fs.inject(plan),
                |fs| *live.borrow_mut() = fs.live_image(),
            );
            let graph = PersistenceGraph::new(&recording, profile);
            let window = Frontier::new(&graph).window(recording.trace.end());
            let image = window.image(&window.everything());
            let trees = [&image, &live.borrow()].map(|image| text_of(&tree_of(image)));
            let text = text_of_recording(&recording);
            assert_eq!(trees[0], trees[1], "{profile}, seed {seed}: {text}");
        }
    }
}
