//! Each weakness of the shipped naive stores, and each bug of the detection table, shrunk: to at most three batches, and
//! with the missing ordering named.
//!
//! Where more batches are needed the row says why. Not verified here: that what is written down replays
//! (`shrink_replays.rs`).
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "detection/mod.rs"]
#[allow(dead_code, reason = "what is counted is another test's")]
mod detection;
#[path = "detection/rows.rs"]
#[allow(dead_code, reason = "the table itself is another test's")]
mod rows;

use std::{
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use detection::bank::{job, one_state};
use tornwrite::{
    base::Seed,
    profile::Profile,
    run::{Job, RunConfig, Subject, Violation as Found, run, silence_subject_panics},
    scenario::Scenario,
    shrink::{Bounds, End, Shrunk, Unobserved, Violation, shrink},
    workload::Operation,
};

/// Seeds that are tried until one violates.
const SEEDS: u64 = 200;

/// What becomes of a violation.
struct Expected {
    /// The scenario, or the row of the table.
    what: &'static str,
    invariant: &'static str,
    /// The most batches, over all lives.
    batches: usize,
    /// Each sentence of what is missing, numbers replaced by `N`.
    missing: &'static [&'static str],
}

fn found<S: Subject>(job: &Job<S>, config: &RunConfig, invariant: &str) -> (Seed, Found) {
    let violated = |seed| {
        let violations = run(job, config, seed).violations.into_iter();
        let mut violations = violations.filter(|found| found.invariant == invariant);
        violations.next().map(|found| (seed, found))
    };
    let found = (0..SEEDS).map(Seed).find_map(violated);
    found.unwrap_or_else(|| panic!("{invariant} is not violated by {SEEDS} seeds"))
}

fn shrunk<S: Subject<Operation = Operation>>(
    job: &Job<S>,
    config: &RunConfig,
    expected: &Expected,
) -> Duration {
    let (seed, found) = found(job, config, expected.invariant);
    let violation = Violation {
        config,
        seed,
        schedule: &found.schedule,
        invariant: expected.invariant,
    };
    let stop = AtomicBool::new(false);
    #[expect(clippy::disallowed_methods, reason = "how long it takes is measured")]
    let begun = Instant::now();
    let shrunk = shrink(job, &violation, Bounds::default(), &mut Unobserved, &stop).unwrap();
    let took = begun.elapsed();
    let Expected {
        what,
        invariant,
        batches,
        missing,
    } = expected;
    assert_eq!(shrunk.end, End::FixedPoint, "{what}");
    assert!(
        self::batches(&shrunk) <= *batches,
        "{what}, {invariant}: more than {batches} batches: {:?}",
        shrunk.operations
    );
    let sentences: Vec<String> = shrunk
        .missing
        .sentences()
        .iter()
        .map(|text| plain(text))
        .collect();
    assert_eq!(&sentences, missing, "{what}, {invariant}");
    took
}

fn batches(shrunk: &Shrunk<Operation>) -> usize {
    let operations = shrunk.operations.iter().flatten();
    let appends = operations.filter(|one| matches!(one, Operation::Append { .. }));
    appends.count()
}

/// A text with each number replaced.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        match character {
            '0'..='9' if plain.ends_with('N') => {}
            '0'..='9' => plain.push('N'),
            other => plain.push(other),
        }
    }
    plain
}

fn of_scenarios() -> Vec<Duration> {
    let mut all = Vec::new();
    for expected in OF_SCENARIOS {
        let what = expected.what;
        let path = format!("{}/scenarios/{what}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read(&path).unwrap();
        let scenario = Scenario::parse(&path, what, &text).unwrap();
        let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
        all.push(shrunk(&job, &config, expected));
    }
    all
}

fn of_rows() -> Vec<Duration> {
    let mut all = Vec::new();
    for expected in OF_ROWS {
        let mut rows = rows::ROWS.iter();
        let row = rows.find(|row| row.what == expected.what).unwrap();
        let mut config = one_state(Profile::find(row.profile).unwrap());
        // As many states as find it soon.
        config.states_per_run = 8;
        all.push(shrunk(&job(row.store), &config, expected));
    }
    all
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the time is what a person wants to know"
)]
fn every_weakness_and_every_bug_row_is_shrunk_and_named() {
    silence_subject_panics();
    let mut all = of_scenarios();
    all.extend(of_rows());
    all.sort_unstable();
    let median = all[all.len() / 2];
    println!(
        "{} violations shrunk, median {median:?}, longest {:?}",
        all.len(),
        all[all.len() - 1]
    );
    assert!(median < Duration::from_secs(5), "{median:?}");
}

#[test]
fn every_bug_row_is_in_the_list() {
    let flawed = rows::ROWS.iter().filter(|row| !row.names.is_empty());
    for row in flawed {
        assert!(
            OF_ROWS.iter().any(|one| one.what == row.what),
            "{}",
            row.what
        );
    }
}

#[test]
fn every_naive_scenario_that_violates_something_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_naive = stem.starts_with("wal-note") || stem.starts_with("ndjson");
        let text = std::fs::read_to_string(&path).unwrap();
        let is_listed = OF_SCENARIOS.iter().any(|one| one.what == stem);
        assert_eq!(
            is_listed,
            is_naive && !text.contains("expect = \"clean\""),
            "{stem}"
        );
    }
}

const fn expect(
    what: &'static str,
    invariant: &'static str,
    batches: usize,
    missing: &'static [&'static str],
) -> Expected {
    Expected {
        what,
        invariant,
        batches,
        missing,
    }
}

/// Everything survives, and it happens all the same: what was done last is only half of it.
const UNCUT: &str = "no barrier: it happens though all survives that was done before the crash (life N of N), so recovery \
    accepts what it should not";

const EARLIER: &str = "no barrier in life N of N: it happens though everything survives there; what was lost in life N of N \
    matters";

const TORN_LOG: &str = "no barrier helps: a crash right behind write N to wal/N.log that loses block N, size N of write N \
    to wal/N.log is enough, and recovery must cope with it";

const TORN_RECORD: &str = "no barrier helps: a crash right behind write N to log that loses block N, size N of write N to \
    log is enough, and recovery must cope with it";

const TORN_BLOCK: &str = "no barrier helps: a crash right behind write N to log that loses block N of write N to log is \
    enough, and recovery must cope with it";

const UNSYNCED_COMPACTION: &str =
    "had size N of write N to log.tmp been durable before rename N to log, this could not happen";

const OF_SCENARIOS: &[Expected] = &[
    expect("ndjson-power-loss", "atomic-batch", 1, &[UNCUT]),
    expect("ndjson-power-loss", "balanced-transfers", 1, &[UNCUT]),
    expect(
        "ndjson-power-loss",
        "durable-ack",
        1,
        &[
            "had size N of write N to events.ndjson been durable before #N was acknowledged, this could not happen",
        ],
    ),
    expect("ndjson-process-crash", "atomic-batch", 1, &[UNCUT]),
    expect("ndjson-process-crash", "balanced-transfers", 1, &[UNCUT]),
    expect(
        "ndjson-bit-rot",
        "no-phantom",
        1,
        &[
            "no barrier: it happens though all survives that was done before the crash (life N of N; after it N bit \
           flipped in sector N of events.ndjson), so recovery accepts what it should not",
        ],
    ),
    expect(
        "wal-note-adopted-orphans",
        "atomic-batch",
        2,
        &[EARLIER, TORN_LOG],
    ),
    expect(
        "wal-note-behind-torn-tail",
        "durable-ack",
        2,
        &[EARLIER, TORN_LOG],
    ),
    expect(
        "wal-note-bit-rot",
        "detects-corruption",
        2,
        &[
            "no barrier: it happens though all survives that was done before the crash (life N of N; after it N bit \
           flipped in sector N of wal/N.log), so recovery accepts what it should not",
        ],
    ),
    expect(
        "wal-note-fsyncgate",
        "durable-ack",
        2,
        &[
            "had block N of write N to wal/N.log been durable before #N was acknowledged, this could not happen",
        ],
    ),
    expect(
        "wal-note-fsync-behind-errors",
        "durable-ack",
        2,
        &[
            "had block N of write N to wal/N.log been durable before #N was acknowledged, this could not happen",
        ],
    ),
    expect(
        "wal-note-lost-segment",
        "durable-ack",
        1,
        &[
            "had create N of wal/N.log been durable before #N was acknowledged, this could not happen",
        ],
    ),
    expect("wal-note-no-room", "durable-ack", 2, &[UNCUT]),
    // Recovery of a segment stops at the record that was cut, so the next COMMIT adopts what is before it only from a new
    // segment, and that begins only when the batches have filled 64 KiB.
    expect("wal-note-no-room", "atomic-batch", 20, &[UNCUT]),
    expect("wal-note-truncate-in-place", "durable-ack", 1, &[UNCUT]),
    expect(
        "wal-note-zero-tail",
        "recovery-succeeds",
        1,
        &[
            "no barrier helps: a crash right behind write N to wal/N.log that loses block N of write N to wal/N.log is \
           enough, and recovery must cope with it",
        ],
    ),
];

const OF_ROWS: &[Expected] = &[
    expect("naive NDJSON", "balanced-transfers", 1, &[UNCUT]),
    expect(
        "a: acknowledges without fsync",
        "durable-ack",
        1,
        &[
            "had size N of write N to log been durable before #N was acknowledged, this could not happen",
        ],
    ),
    expect(
        "b: recovery ignores checksum and length",
        "no-phantom",
        1,
        &[TORN_RECORD],
    ),
    expect(
        "b2: recovery ignores the checksum alone",
        "no-phantom",
        1,
        &[TORN_BLOCK],
    ),
    // The log is compacted before the eleventh batch after it was opened, and not before.
    expect(
        "c: compaction by rename, nothing synced",
        "durable-ack",
        11,
        &[UNSYNCED_COMPACTION],
    ),
    expect(
        "c1: compaction without directory fsync",
        "durable-ack",
        11,
        &["had rename N to log been durable before #N was acknowledged, this could not happen"],
    ),
    expect(
        "c2: compaction without fsync of the file",
        "durable-ack",
        11,
        &[UNSYNCED_COMPACTION],
    ),
    expect(
        "d: replace with nothing synced, old or new promised",
        "recovery-succeeds",
        2,
        &[
            "had size N of write N to state.tmp been durable before rename N to state, this could not happen",
        ],
    ),
];
