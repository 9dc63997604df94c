//! Each kind of disorder by a program of its own: what is lost, what survives, and the switch that is named for it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use reference::program::{append, open, put, recorded, write_at};
use tornwrite::{
    base::Position,
    crash::{Cover, Disorder, Frontier, PersistenceGraph, Reason},
    image::Inode,
    profile::{PROFILES, Profile},
    simfs::{Recording, SimFs},
    trace::{Action, BarrierKind, FailedPages, Report},
    vfs::{Path, Vfs as _},
};

fn nothing(_: &SimFs) {}

fn two_files(fs: &SimFs) {
    put(fs, "a", b'a', 4096);
    put(fs, "b", b'b', 4096);
}

/// The reasons at the end of a recording, if the operations at these indices are lost and nothing else is.
fn reasons(recording: &Recording, profile: &str, lies: u32, lost: &[u32]) -> Vec<Reason> {
    let profile = Profile::find(profile).unwrap();
    let graph = PersistenceGraph::with_lies(recording, profile, lies);
    let window = Frontier::new(&graph).window(recording.trace.end());
    let mut selection = window.everything();
    for (slot, kept) in selection.iter_mut().enumerate() {
        if lost.contains(&window.effect(slot).entry) {
            *kept = tornwrite::crash::Kept::NOTHING;
        }
    }
    window.legalise(&mut selection);
    window.explain(&selection)
}

/// Whether one of the reasons is of this kind, by this switch, for this pair.
fn has(
    reasons: &[Reason],
    disorder: Disorder,
    key: Option<&str>,
    pair: (u32, Option<u32>),
    cover: Cover,
) -> bool {
    reasons.iter().any(|reason| {
        reason.disorder == disorder
            && reason.rule.map(|rule| rule.key) == key
            && reason.pair == pair
            && reason.cover == cover
    })
}

#[test]
fn overwrites_of_two_files_are_not_ordered() {
    let recording = recorded(two_files, |fs| {
        write_at(fs, "a", 0, b'1', 512);
        write_at(fs, "b", 0, b'2', 512);
    });
    let found = reasons(&recording, "ext4-ordered", 0, &[0]);
    let pair = (0, Some(1));
    assert!(
        has(
            &found,
            Disorder::InPlace,
            Some("data"),
            pair,
            Cover::Nothing
        ),
        "{found:#?}"
    );
    let found = reasons(&recording, "btrfs", 0, &[0]);
    assert!(
        has(
            &found,
            Disorder::CopiedLate,
            Some("data"),
            pair,
            Cover::Nothing
        ),
        "{found:#?}"
    );
}

#[test]
fn growth_comes_late_and_a_later_name_does_not_wait() {
    let recording = recorded(two_files, |fs| {
        append(fs, "a", b'1', 4096);
        fs.rename(Path::from("b"), Path::from("c")).unwrap();
    });
    let found = reasons(&recording, "ext4-ordered", 0, &[0]);
    let pair = (0, Some(1));
    assert!(
        has(
            &found,
            Disorder::LateGrowth,
            Some("growth"),
            pair,
            Cover::Nothing
        ),
        "{found:#?}"
    );
}

#[test]
fn a_rename_over_a_file_does_not_wait_for_its_bytes() {
    let recording = recorded(two_files, |fs| {
        append(fs, "a", b'1', 4096);
        fs.rename(Path::from("a"), Path::from("b")).unwrap();
    });
    for profile in ["xfs", "ext4-noauto", "ext4-ordered"] {
        let found = reasons(&recording, profile, 0, &[0]);
        let (kind, key) = (Disorder::RenameWithoutContent, Some("rename_over"));
        assert!(
            has(&found, kind, key, (0, Some(1)), Cover::Nothing),
            "{profile}: {found:#?}"
        );
    }
}

#[test]
fn names_are_ordered_by_a_log_alone() {
    let recording = recorded(nothing, |fs| {
        fs.create_dir(Path::from("d")).unwrap();
        fs.create_dir(Path::from("e")).unwrap();
    });
    let found = reasons(&recording, "posix-minimum", 0, &[0]);
    let (kind, pair) = (Disorder::UnorderedNames, (0, Some(1)));
    assert!(
        has(&found, kind, Some("metadata"), pair, Cover::Nothing),
        "{found:#?}"
    );
    let found = reasons(&recording, "ext4-ordered", 0, &[1]);
    assert!(
        has(&found, Disorder::Tail, None, (1, None), Cover::Nothing),
        "{found:#?}"
    );
}

#[test]
fn a_barrier_that_does_not_reach_the_earlier_file_is_the_reason() {
    let recording = recorded(two_files, |fs| {
        append(fs, "a", b'1', 4096);
        append(fs, "b", b'2', 4096);
        open(fs, "b").sync_all().unwrap();
    });
    let found = reasons(&recording, "ext4-ordered", 0, &[0]);
    let pair = (0, Some(1));
    assert!(
        has(
            &found,
            Disorder::OutOfReach,
            Some("reach"),
            pair,
            Cover::Nothing
        ),
        "{found:#?}"
    );
}

/// A write to `a`, and a barrier of `a` that did not come to a good end.
fn with_barrier(end: Option<FailedPages>) -> Recording {
    let mut recording = recorded(two_files, |fs| write_at(fs, "a", 0, b'1', 512));
    let entry = recording.trace.entries()[0];
    let inode: Inode = entry.action.inode().unwrap();
    let kind = BarrierKind::Fsync;
    recording
        .trace
        .push(Action::BarrierBegin { kind, inode }, entry.site);
    if let Some(pages) = end {
        let failed = Action::BarrierFailed {
            kind,
            inode,
            begin: Position(1),
            pages,
            report: Report::ThisCall,
        };
        recording.trace.push(failed, entry.site);
    }
    recording
}

#[test]
fn a_failed_barrier_is_named_whether_its_pages_are_clean_or_reverted() {
    let key = Some("fsync_failure");
    for (pages, lost) in [
        (FailedPages::Cleaned, &[0][..]),
        (FailedPages::Reverted, &[]),
    ] {
        let found = reasons(&with_barrier(Some(pages)), "ext4-ordered", 0, lost);
        let kind = Disorder::FailedBarrier;
        assert!(
            has(&found, kind, key, (0, None), Cover::Failed(2)),
            "{pages:?}: {found:#?}"
        );
    }
}

#[test]
fn a_barrier_that_was_not_complete_and_one_that_lied_are_told_apart() {
    let recording = recorded(two_files, |fs| {
        write_at(fs, "a", 0, b'1', 512);
        open(fs, "a").sync_all().unwrap();
    });
    let found = reasons(&recording, "ext4-ordered", 1, &[0]);
    assert!(
        has(&found, Disorder::Tail, None, (0, None), Cover::Untrue(2)),
        "{found:#?}"
    );
    let profile = Profile::find("ext4-ordered").unwrap();
    let graph = PersistenceGraph::new(&recording, profile);
    let window = Frontier::new(&graph).window(Position(2));
    let found = window.explain(&window.nothing());
    assert!(
        has(
            &found,
            Disorder::Tail,
            None,
            (0, None),
            Cover::Unfinished(1)
        ),
        "{found:#?}"
    );
}

/// The same choice under a filesystem that orders more is no crash state there.
#[test]
fn a_choice_is_legal_where_the_order_allows_it_and_nowhere_else() {
    let recording = recorded(two_files, |fs| {
        write_at(fs, "a", 0, b'1', 512);
        write_at(fs, "b", 0, b'2', 512);
    });
    let graph = |profile| PersistenceGraph::new(&recording, profile);
    let end = recording.trace.end();
    let ordered = graph(Profile::find("ext4-ordered").unwrap());
    let window = Frontier::new(&ordered).window(end);
    let mut selection = window.everything();
    selection[0] = tornwrite::crash::Kept::NOTHING;
    let disk = window.image(&selection).digest();
    let allowed = PROFILES.iter().filter(|profile| {
        let other = graph(profile);
        Frontier::new(&other)
            .window(end)
            .allows(&window, &selection, disk)
    });
    let names: Vec<&str> = allowed.map(|profile| profile.name).collect();
    assert!(
        !names.contains(&"sequential") && !names.contains(&"ext4-journal"),
        "{names:?}"
    );
    for name in [
        "posix-minimum",
        "ext4-ordered",
        "xfs",
        "btrfs",
        "btrfs-observed",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
}
