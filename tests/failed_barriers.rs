//! Behind failed barriers the filesystem shows what the crash model says that a process crash leaves.
//!
//! Two rooms say what a failed barrier does: `simfs` to the page cache, `crash` to what may survive. This holds them against
//! each other, on random programs and every profile.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use tornwrite::{
    base::{Ratio, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, process_crash},
    image::FileContent,
    profile::{CutTail, DataPath, FsyncFailure, Growth, PROFILES, Profile, TailGrowth},
    simfs::{FaultPlan, Faults, SimFs},
    trace::Action,
    vfs::{AllocateMode, OpenOptions, Path, Vfs, VfsFile},
};

const FILES: [&str; 3] = ["a", "b", "c"];

/// Every second barrier fails.
fn inject(fs: &SimFs, profile: &Profile, left: FsyncFailure, seed: Seed) {
    let half = Ratio::new(1, 2).unwrap();
    let faults = Faults {
        fsync: half,
        fdatasync: half,
        fsync_failure: Some(left),
        short_write: Ratio::new(1, 8).unwrap(),
        ..Faults::default()
    };
    let rng = Rng::new(seed, Stream::InjectedError, 0);
    fs.inject(FaultPlan::drawn(faults, profile, rng));
}

fn change(file: &dyn VfsFile, cuts: bool, rng: &mut Rng) {
    let offset = rng.below(6) * 2048;
    let len = 1 + rng.below(9000);
    let mode = if rng.below(2) == 0 {
        AllocateMode::Extend
    } else {
        AllocateMode::KeepSize
    };
    let byte = u8::try_from(rng.below(255)).unwrap() + 1;
    let bytes = vec![byte; usize::try_from(len).unwrap()];
    let answer = match rng.below(12) {
        0..4 => file.write_at(&bytes, offset).map(drop),
        4 => file.append(&bytes).map(drop),
        5 if cuts => file.set_len(offset),
        6 => file.allocate(offset, len, mode),
        7 if cuts => file.punch_hole(offset, len),
        8 if cuts => file.zero_range(offset, len, mode),
        9 => file.sync_all(),
        _ => file.sync_data(),
    };
    // What an injected error makes of it is for the comparison to say.
    drop(answer);
}

fn work(fs: &SimFs, cuts: bool, rng: &mut Rng) {
    for _ in 0..12 {
        let name = Path::from(*rng.choose(&FILES));
        let options = OpenOptions::new().read().write().create();
        let Ok(file) = fs.open(name, options) else {
            continue;
        };
        for _ in 0..=rng.below(3) {
            change(file.as_ref(), cuts, rng);
        }
        if rng.below(6) == 0 {
            drop(fs.sync_filesystem());
        }
    }
}

/// Runs a program on two processes, of which the first one dies, and compares what is shown with the model.
fn compare(profile: &'static Profile, left: FsyncFailure, seed: Seed) -> usize {
    let mut rng = Rng::new(seed, Stream::Workload, 0);
    // Where cuts and holes are not logged, a failed barrier may undo them; what is then cut again is not compared.
    // Nor is what no filesystem does: that pages go back to old bytes where zeros are written apart from the truncate.
    let goes_back = left == FsyncFailure::CleanOld;
    let apart = profile.cut_tail.value != CutTail::Together;
    let cuts = profile.has_log() && !(goes_back && apart);
    let first = SimFs::new();
    inject(&first, profile, left, seed);
    work(&first, cuts, &mut rng);
    let live = first.live_image();
    let second = SimFs::resume(first.finish(), live);
    inject(&second, profile, left, Seed(seed.0 + 1_000_000));
    work(&second, cuts, &mut rng);
    let mut live = second.live_image();
    live.settle();
    let recording = second.finish();
    let graph = PersistenceGraph::new(&recording, profile);
    let window = Frontier::new(&graph).window(recording.trace.end());
    let (_, mut image) = process_crash(&window, 0);
    image.settle();
    for (path, inode) in live.paths() {
        let shown = live.file(inode).map(FileContent::to_vec);
        let expected = image.file(inode).map(FileContent::to_vec);
        let name = path.escape_ascii();
        assert!(shown == expected, "{profile}, {left:?}, {seed}: {name}");
    }
    let failed = |action: &Action| matches!(action, Action::BarrierFailed { .. });
    let entries = recording.trace.entries().iter();
    entries.filter(|entry| failed(&entry.action)).count()
}

/// What a barrier of this profile may leave when it fails, and what a scenario may ask for besides.
///
/// Left out: pages that go back although the log has their length, or wrote them for another file's sake. No filesystem does
/// that.
fn behaviours(profile: &Profile) -> Vec<FsyncFailure> {
    let logs_sizes =
        profile.growth.value == Growth::Logged || profile.tail_growth.value == TailGrowth::Logged;
    let is_flushed = logs_sizes && profile.data.value != DataPath::Journaled;
    let mut all = vec![
        FsyncFailure::CleanNew,
        FsyncFailure::CleanNewLater,
        FsyncFailure::CleanOld,
        FsyncFailure::DirtyNew,
    ];
    all.retain(|left| !is_flushed || *left != FsyncFailure::CleanOld);
    if profile.fsync_failure.value == FsyncFailure::Any {
        all.push(FsyncFailure::Any);
    }
    all
}

#[test]
fn the_page_cache_is_what_the_model_says_behind_failed_barriers() {
    let mut failed = 0;
    for profile in PROFILES {
        for left in behaviours(profile) {
            for seed in (0..60).map(Seed) {
                failed += compare(profile, left, seed);
            }
        }
    }
    assert!(failed > 10_000, "{failed}");
}
