//! The detection table: the bugs that everybody writes once, each caught within 1000 runs of one
//! crash state each, and stores without them that nothing is held against.
//!
//! Verified: every row with a flaw has violating runs, by an invariant that names the flaw; both
//! controls have none under any profile; a compaction without directory sync is caught where the
//! profile says that it is wrong, and nowhere else; `docs/detection.md` shows these figures.
//! Not verified here: later lives, crashes inside recovery.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "detection/mod.rs"]
mod detection;
#[path = "detection/rows.rs"]
mod rows;

use detection::{Flaw, Store, bank::count};
use rows::ROWS;
use tornwrite::profile::PROFILES;

const RUNS: u64 = 1000;

/// Where the same store is tried on every profile.
const RUNS_OF_EACH_PROFILE: u64 = 300;

/// The profiles on which no fsync of a file persists its name.
const NAMES_NEED_A_DIRECTORY_SYNC: [&str; 2] = ["posix-minimum", "ext2"];

#[test]
#[expect(clippy::print_stdout, reason = "the table is what the test is run for")]
fn every_flaw_is_caught_within_a_thousand_runs_and_no_control_is() {
    let mut lines = Vec::new();
    for row in &ROWS {
        let found = count(row.store, row.profile, RUNS, row.names);
        if row.names.is_empty() {
            assert_eq!(found.violating, 0, "a false alarm: {} {found:?}", row.what);
        } else {
            assert!(found.named > 0, "not caught: {} {found:?}", row.what);
        }
        lines.push(row.line(&found));
    }
    let table = rows::HEAD.to_owned() + &lines.join("\n");
    println!("{table}");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/detection.md");
    let page = std::fs::read_to_string(page).unwrap_or_default();
    assert!(
        page.contains(&table),
        "docs/detection.md does not show the figures of today; they are\n{table}"
    );
}

#[test]
fn the_controls_are_clean_on_every_profile() {
    for profile in PROFILES {
        for store in [Store::Wal(None), Store::CompactingWal(None)] {
            let found = count(store, profile.name, RUNS_OF_EACH_PROFILE, &[]);
            assert_eq!(found.violating, 0, "{store:?} on {profile}: {found:?}");
        }
    }
}

#[test]
fn a_missing_directory_sync_is_wrong_where_names_need_one_and_nowhere_else() {
    let store = Store::CompactingWal(Some(Flaw::CompactsWithoutDirectorySync));
    for profile in PROFILES {
        let found = count(store, profile.name, RUNS_OF_EACH_PROFILE, &[]);
        let is_wrong = NAMES_NEED_A_DIRECTORY_SYNC.contains(&profile.name);
        assert_eq!(found.violating > 0, is_wrong, "{profile}: {found:?}");
    }
}

#[test]
fn half_a_transfer_is_seen_and_not_only_a_lost_acknowledgement() {
    let found = count(Store::Ndjson, "ext4-ordered", 200, &["balanced-transfers"]);
    assert!(found.named > 0, "{found:?}");
}

#[test]
fn a_rename_that_takes_the_bytes_along_replaces_a_log_but_not_nothing() {
    for flaw in [Flaw::CompactsWithoutSync, Flaw::CompactsWithoutFileSync] {
        let store = Store::CompactingWal(Some(flaw));
        let found = count(store, "ext4-ordered-observed", RUNS_OF_EACH_PROFILE, &[]);
        assert_eq!(found.violating, 0, "{flaw:?}: {found:?}");
    }
    // The first state has nothing to replace, so nothing is written back for its rename.
    let found = count(
        Store::Replace,
        "ext4-ordered-observed",
        RUNS_OF_EACH_PROFILE,
        &[],
    );
    assert!(found.violating > 0, "{found:?}");
}
