//! What a replay gathers: the disk against what the program saw, and what was asked against what recovery showed.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[allow(dead_code, reason = "not every test has every fault")]
mod support;

use std::sync::Arc;

use support::{Fault, Numbers, job};
use tornwrite::{
    base::Seed,
    run::{
        Acknowledgements, CrashMode, Evidence, Job, ListedBytes, RunConfig, Subject, SubjectError,
        evidence, listings, replay, run, silence_subject_panics,
    },
    scenario::Scenario,
    trace::OperationId,
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsExt as _},
};

fn config() -> RunConfig {
    RunConfig {
        in_recovery: 0,
        ..support::config(CrashMode::PowerLoss, "posix-minimum", 1)
    }
}

/// All that is shown of the first violation.
fn first<S: Subject>(job: &Job<S>, config: &RunConfig) -> Evidence {
    silence_subject_panics();
    let mut seeds = (0..100).map(Seed);
    let found = seeds.find_map(|seed| {
        let violation = run(job, config, seed).violations.into_iter().next()?;
        let replayed = replay(job, config, seed, &violation.schedule, violation.invariant);
        Some(evidence(job, config, seed, &violation.schedule, &replayed))
    });
    found.unwrap()
}

/// The same of a shipped scenario.
fn of_scenario(name: &str, invariant: &str) -> Evidence {
    silence_subject_panics();
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let scenario = Scenario::parse(&path, name, &std::fs::read(&path).unwrap()).unwrap();
    let scenario = scenario.by_profile().next().unwrap();
    let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
    let mut seeds = (0..200).map(Seed);
    let found = seeds.find_map(|seed| {
        let mut violations = run(&job, &config, seed).violations.into_iter();
        let violation = violations.find(|found| found.invariant == invariant)?;
        let replayed = replay(&job, &config, seed, &violation.schedule, invariant);
        Some(evidence(
            &job,
            &config,
            seed,
            &violation.schedule,
            &replayed,
        ))
    });
    found.unwrap()
}

#[test]
fn an_acknowledged_batch_that_is_lost_is_a_row_that_parts_and_its_bytes_are_a_difference() {
    let evidence = of_scenario("ndjson-power-loss", "durable-ack");
    let lost = evidence.comparison.iter().find(|row| !row.agrees).unwrap();
    assert_eq!(lost.expected, "acknowledged as durable: must be there");
    let file = evidence
        .files
        .iter()
        .find(|file| file.path == "events.ndjson")
        .unwrap();
    assert!(!file.differences.is_empty(), "{file:#?}");
    assert!(
        file.live_records
            .last()
            .is_some_and(|record| record.contains("bank-0/")),
        "{file:#?}"
    );
    let live = file.live_size_bytes.unwrap();
    for difference in &file.differences {
        assert!(difference.offset + difference.length_bytes <= live);
        assert!(difference.disk.len() <= 64 && difference.live.len() <= 64);
    }
    let written = serde_json::to_string(&evidence).unwrap();
    assert_eq!(
        serde_json::from_str::<Evidence>(&written).unwrap(),
        evidence
    );
}

#[test]
fn a_bad_record_is_named_by_its_offset_and_by_what_is_wrong_with_it() {
    let evidence = of_scenario("wal-note-behind-torn-tail", "durable-ack");
    let records = evidence.files.iter().flat_map(|file| &file.records);
    let wrong: Vec<&String> = records.filter(|record| record.contains(" ! ")).collect();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    let offset = wrong[0].split_whitespace().next().unwrap();
    assert!(offset.parse::<u64>().is_ok(), "{wrong:?}");
    assert!(wrong[0].contains("wrong checksum"), "{wrong:?}");
}

#[test]
fn a_recovery_that_fails_is_a_row_of_its_own() {
    let evidence = of_scenario("wal-note-zero-tail", "recovery-succeeds");
    let row = &evidence.comparison[0];
    assert_eq!((row.operation.as_str(), row.agrees), ("recovery", false));
    assert!(row.shown.contains("returned an error"), "{row:?}");
    assert_eq!(evidence.comparison[1].shown, "nothing: recovery failed");
}

#[test]
fn what_a_device_did_is_a_row_and_a_difference_of_a_few_bytes() {
    let evidence = of_scenario("wal-note-bit-rot", "detects-corruption");
    let row = &evidence.comparison[0];
    assert!(
        row.operation.starts_with("the device: ") && !row.agrees,
        "{row:?}"
    );
    let differences = evidence.files.iter().flat_map(|file| &file.differences);
    let lengths: Vec<u64> = differences
        .map(|difference| difference.length_bytes)
        .collect();
    assert!(
        !lengths.is_empty() && lengths.iter().all(|length| *length < 512),
        "{lengths:?}"
    );
}

#[test]
fn operations_that_fail_by_themselves_are_told_too() {
    let evidence = first(&job(Fault::FailsAtThree), &config());
    let row = &evidence.comparison[0];
    assert_eq!((row.operation.as_str(), row.agrees), ("#2", false));
}

/// [`Numbers`] with a file of its own beside them, and words for its files.
#[derive(Clone, Debug)]
struct Describing {
    numbers: Numbers,
    large_bytes: usize,
    describe: fn(&[u8]) -> Vec<String>,
}

impl Subject for Describing {
    type Operation = u32;
    type State = Vec<u32>;
    type Instance = <Numbers as Subject>::Instance;

    fn open(&self, vfs: Arc<dyn Vfs>, entropy: u64) -> Result<Self::Instance, SubjectError> {
        let path = Path::from("large");
        let say = |error| SubjectError::new(&error);
        if self.large_bytes > 0 && !vfs.exists(path).map_err(say)? {
            let file = vfs.open(path, OpenOptions::new().write().create());
            let bytes = vec![b'x'; self.large_bytes];
            file.and_then(|file| file.write_all_at(&bytes, 0))
                .map_err(say)?;
        }
        self.numbers.open(vfs, entropy)
    }

    fn apply(
        &self,
        instance: &mut Self::Instance,
        id: OperationId,
        operation: &u32,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<Vec<u32>>, SubjectError> {
        self.numbers.apply(instance, id, operation, acks)
    }

    fn read(&self, instance: &mut Self::Instance) -> Result<Vec<u32>, SubjectError> {
        self.numbers.read(instance)
    }

    fn close(&self, instance: Self::Instance) -> Result<(), SubjectError> {
        self.numbers.close(instance)
    }

    fn describe(&self, _: Path<'_>, bytes: &[u8]) -> Vec<String> {
        (self.describe)(bytes)
    }
}

fn describing(large_bytes: usize, describe: fn(&[u8]) -> Vec<String>) -> Job<Describing> {
    let Job {
        subject,
        workload,
        oracle,
    } = job(Fault::NoSync);
    Job {
        subject: Describing {
            numbers: subject,
            large_bytes,
            describe,
        },
        workload,
        oracle,
    }
}

#[test]
fn a_description_that_panics_is_a_line_of_the_report() {
    let evidence = first(&describing(0, |_| panic!("it is full of \x1b")), &config());
    let file = evidence
        .files
        .iter()
        .find(|file| file.path == "numbers")
        .unwrap();
    let [line] = file.records.as_slice() else {
        panic!("{file:?}");
    };
    let start = "! not decoded: the subject panicked: it is full of \\u{1b}";
    assert!(line.starts_with(start), "{line:?}");
}

#[test]
fn a_description_without_end_is_cut_and_so_is_each_of_its_lines() {
    let endless = |_: &[u8]| (0..100_000).map(|_| "y".repeat(1000)).collect();
    let evidence = first(&describing(0, endless), &config());
    let written = serde_json::to_string(&evidence).unwrap();
    // Each block of 4096 bytes is drawn, in some 80 bytes.
    assert!(written.len() < 200_000, "{} bytes", written.len());
}

#[test]
fn a_large_file_gives_a_small_report_that_says_what_is_not_decoded() {
    let large = (8 << 20) + 1;
    let evidence = first(
        &describing(large, |_| vec!["decoded".to_owned()]),
        &config(),
    );
    let file = evidence
        .files
        .iter()
        .find(|file| file.path == "large")
        .unwrap();
    let is_told = |line: &String| line.contains("not decoded: 8388609 bytes");
    assert!(file.live_records.iter().all(is_told), "{file:?}");
    let written = serde_json::to_string(&evidence).unwrap();
    // Each block of 4096 bytes is drawn, in some 80 bytes.
    assert!(written.len() < 200_000, "{} bytes", written.len());
}

#[test]
fn a_listing_has_every_entry_and_the_records_of_each_write() {
    let path = format!(
        "{}/scenarios/wal-note-fsyncgate.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let scenario = Scenario::parse(&path, "s", &std::fs::read(&path).unwrap()).unwrap();
    let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
    let mut seeds = (0..100).map(Seed);
    let found = seeds.find_map(|seed| {
        let violation = run(&job, &config, seed).violations.into_iter().next()?;
        let replayed = replay(
            &job,
            &config,
            seed,
            &violation.schedule,
            violation.invariant,
        );
        Some((replayed, violation.schedule))
    });
    let (replayed, schedule) = found.unwrap();
    let listed = |bytes| listings(&job.subject, &replayed, &schedule, bytes);
    let all = listed(ListedBytes::All);
    assert_eq!(all.len(), replayed.timelines.len());
    for (listing, timeline) in all.iter().zip(&replayed.timelines) {
        assert_eq!(listing.crash, Some(timeline.point.0));
        assert!(!listing.errors.is_empty(), "{:?}", listing.title);
        for (entry, row) in listing.entries.iter().zip(&timeline.rows) {
            assert_eq!((entry.index, &entry.text), (row.index, &row.text));
            if entry.kind == "write" {
                let length = 2 * entry.length_bytes.unwrap();
                assert_eq!(entry.bytes.as_ref().unwrap().len() as u64, length);
                assert!(
                    entry.records.last().unwrap().contains("commit"),
                    "{entry:?}"
                );
            }
        }
    }
    let some = listed(ListedBytes::UpTo(16));
    let writes = some[0].entries.iter().filter(|entry| entry.kind == "write");
    for entry in writes {
        assert_eq!(entry.bytes.as_ref().unwrap().len(), 32);
        assert_eq!(entry.bytes_more, Some(entry.length_bytes.unwrap() - 16));
    }
    let none = listed(ListedBytes::Nothing);
    assert!(none[0].entries.iter().all(|entry| entry.bytes.is_none()));
}
