//! What a barrier may do to the set of states.

use std::collections::BTreeMap;

use tornwrite::{
    base::{Digest, Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, all_points},
    image::Inode,
    profile::{PROFILES, Profile, Reach},
    simfs::Recording,
    trace::{Action, BarrierKind, FailedPages, Report},
};

use crate::{
    COUNT_MAX, PROGRAMS,
    reference::{
        compare::trees,
        disk::{Tree, text_of},
        program::{random, random_names},
        rules::zeros,
        text::text_of_recording,
    },
};

fn program(seed: u64) -> Recording {
    if seed.is_multiple_of(2) {
        random(seed)
    } else {
        random_names(seed)
    }
}

/// The trees at one point, if they are few enough.
fn trees_at(
    recording: &Recording,
    profile: &Profile,
    point: Position,
) -> Option<BTreeMap<Digest, Tree>> {
    let graph = PersistenceGraph::new(recording, profile);
    let window = Frontier::new(&graph).window(point);
    (window.count() <= COUNT_MAX).then(|| trees(&window))
}

/// The recording with each entry changed by `change`.
fn edited(recording: &Recording, mut change: impl FnMut(usize, Action) -> Action) -> Recording {
    let mut edited = recording.clone();
    edited.trace.truncate(Position(0));
    for (index, entry) in recording.trace.entries().iter().enumerate() {
        edited.trace.push(change(index, entry.action), entry.site);
    }
    edited
}

/// The recording with one more barrier, which begins right behind `at`.
fn with_barrier(recording: &Recording, at: Position, kind: BarrierKind, inode: Inode) -> Recording {
    let mut edited = recording.clone();
    edited.trace.truncate(at);
    let site = std::panic::Location::caller();
    let begins = Action::BarrierBegin { kind, inode };
    edited.trace.push(begins, site);
    let ends = Action::BarrierEnd {
        kind,
        inode,
        begin: at,
    };
    edited.trace.push(ends, site);
    for entry in &recording.trace.entries()[at.index()..] {
        let mut action = entry.action;
        if let Action::BarrierEnd { begin, .. } = &mut action {
            begin.0 += 2;
        }
        edited.trace.push(action, entry.site);
    }
    edited
}

/// A barrier that the program could have called, and where.
fn any_barrier(
    recording: &Recording,
    rng: &mut Rng,
    syncfs: bool,
) -> (Position, BarrierKind, Inode) {
    let entries = recording.trace.entries();
    let mut at = rng.index(entries.len() + 1);
    if at > 0 && matches!(entries[at - 1].action, Action::BarrierBegin { .. }) {
        at -= 1;
    }
    let point = Position(u32::try_from(at).unwrap());
    let files = entries[..at].iter().filter_map(|entry| match entry.action {
        Action::Write { inode, .. } | Action::Create { inode, .. } => Some(inode),
        _ => None,
    });
    let files: Vec<Inode> = files.collect();
    match rng.below(4) {
        0 | 1 if !syncfs && !files.is_empty() => {
            let kind = *rng.choose(&[BarrierKind::Fsync, BarrierKind::Fdatasync]);
            (point, kind, *rng.choose(&files))
        }
        2 if !syncfs => (point, BarrierKind::FsyncDirectory, Inode::ROOT),
        _ => (point, BarrierKind::Syncfs, Inode::ROOT),
    }
}

/// Fails if `few` has a tree at `point` that `many` does not have at `other`.
fn assert_within(
    profile: &Profile,
    (few, point): (&Recording, Position),
    (many, other): (&Recording, Position),
) {
    let found = (
        trees_at(few, profile, point),
        trees_at(many, profile, other),
    );
    let (Some(few_trees), Some(many_trees)) = found else {
        return;
    };
    for (digest, tree) in few_trees {
        assert!(
            many_trees.contains_key(&digest),
            "{profile}, point {point}: {}\n{}\n{}",
            text_of(&tree),
            text_of_recording(few),
            text_of_recording(many)
        );
    }
}

#[test]
fn a_completed_barrier_never_adds_a_state() {
    for profile in PROFILES.iter().map(zeros) {
        // A log tree puts a file ahead of the log, which nothing else does; syncfs is a commit everywhere.
        let only_syncfs = profile.reach.value == Reach::LogTree;
        for seed in 0..PROGRAMS {
            let mut rng = Rng::new(Seed(seed), Stream::CrashPoint, 0);
            let without = program(seed);
            let (at, kind, inode) = any_barrier(&without, &mut rng, only_syncfs);
            let with = with_barrier(&without, at, kind, inode);
            let end = without.trace.end();
            let later = rng.between(u64::from(at.0), u64::from(end.0));
            let point = Position(u32::try_from(later).unwrap());
            let shifted = Position(point.0 + 2);
            assert_within(&profile, (&with, shifted), (&without, point));
        }
    }
}

#[test]
fn a_log_tree_adds_states() {
    let btrfs = zeros(Profile::find("btrfs").unwrap());
    let added = (0..PROGRAMS).any(|seed| {
        let without = random_names(seed);
        let end = without.trace.end();
        without.trace.entries().iter().any(|entry| {
            let Action::Create { inode, .. } = entry.action else {
                return false;
            };
            let with = with_barrier(&without, end, BarrierKind::Fsync, inode);
            let few = trees_at(&without, &btrfs, end).unwrap_or_default();
            let many = trees_at(&with, &btrfs, Position(end.0 + 2)).unwrap_or_default();
            many.keys().any(|digest| !few.contains_key(digest))
        })
    });
    assert!(added);
}

/// The recording with all its barriers failing, or doing nothing.
fn failing(recording: &Recording, pages: Option<FailedPages>) -> Recording {
    edited(recording, |_, action| match (action, pages) {
        (Action::BarrierEnd { kind, inode, begin }, Some(pages)) => Action::BarrierFailed {
            kind,
            inode,
            begin,
            pages,
            report: Report::ThisCall,
        },
        (Action::BarrierBegin { inode, .. }, None) => Action::BarrierBegin {
            kind: BarrierKind::SyncFileRange,
            inode,
        },
        (Action::BarrierEnd { inode, begin, .. }, None) => Action::BarrierEnd {
            kind: BarrierKind::SyncFileRange,
            inode,
            begin,
        },
        _ => action,
    })
}

#[test]
fn a_failed_barrier_that_leaves_the_pages_dirty_is_none() {
    for profile in PROFILES.iter().map(zeros) {
        for seed in 0..PROGRAMS / 3 {
            let recording = program(seed);
            let [none, dirty, cleaned] =
                [None, Some(FailedPages::Dirty), Some(FailedPages::Cleaned)]
                    .map(|pages| failing(&recording, pages));
            for point in all_points(&recording.trace, Position(0)) {
                assert_within(&profile, (&none, point), (&dirty, point));
                assert_within(&profile, (&dirty, point), (&none, point));
                assert_within(&profile, (&dirty, point), (&cleaned, point));
            }
        }
    }
}

#[test]
fn a_failed_barrier_makes_nothing_certain() {
    for profile in PROFILES.iter().map(zeros) {
        for seed in 0..PROGRAMS / 3 {
            let recording = program(seed);
            let cleaned = failing(&recording, Some(FailedPages::Cleaned));
            for point in all_points(&recording.trace, Position(0)) {
                let Some(found) = trees_at(&cleaned, &profile, point) else {
                    continue;
                };
                let base = trees_at(&cleaned, &profile, Position(0)).unwrap();
                let lost = base.keys().all(|digest| found.contains_key(digest));
                assert!(lost, "{profile}, seed {seed}, point {point}");
            }
        }
    }
}
