//! Devices that break their promise: what they do to a disk, and that it can be seen again.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use tornwrite::{
    base::{InclusiveRange, Ratio, Seed},
    profile::{DEVICES, Device, Profile},
    run::{
        CoverageMark, CrashChoice, CrashMode, EventStoreJob, MediaFault, Mode, RunConfig,
        RunOutcome, Verdict, replay, run,
    },
    simfs::SimFs,
    store::{OptionMap, StoreKind},
    vfs::{FileExt as _, OpenOptions, Path, Vfs as _, VfsExt as _},
    workload::{BankConfig, BankTransfers},
};

fn job(store: StoreKind, invariants: &[&str]) -> EventStoreJob {
    let bank = BankConfig {
        batches: 12,
        payload_bytes: InclusiveRange::between(0, 400),
        checkpoint: Ratio::NEVER,
        rotate: Ratio::NEVER,
        reopen: Ratio::NEVER,
        ..BankConfig::default()
    };
    let options = store.options(&OptionMap::new()).unwrap();
    EventStoreJob::event_store(options, BankTransfers::new(bank).unwrap(), invariants).unwrap()
}

fn config(device: &str, profile: &str, lives: u32) -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile: Profile::find(profile).unwrap(),
        device: Device::find(device).unwrap(),
        lives,
        in_recovery: 1,
        recovery_states: 2,
        mode: Mode::Sampled,
        states_per_run: 24,
        exhaustive_budget: 4096,
        operations_per_life: 100_000,
        faults: tornwrite::run::Faults::default(),
        skip: None,
        swarm: false,
    }
}

const MEDIA: [&str; 3] = ["bit-rot", "latent-sector-error", "misdirected-write"];

const ALL: [&str; 6] = [
    "recovery-succeeds",
    "detects-corruption",
    "no-phantom",
    "atomic-batch",
    "durable-ack",
    "forward-progress",
];

fn mark(outcome: &RunOutcome, mark: CoverageMark) -> u64 {
    outcome.coverage.marks.get(&mark).copied().unwrap_or(0)
}

/// A device draws from a stream of its own: what else a seed means is what it means on an honest one.
#[test]
fn a_device_shifts_no_crash() {
    let job = job(StoreKind::Wal, &ALL);
    let on = |device| run(&job, &config(device, "ext4-ordered", 1), Seed(3));
    let honest = on("honest");
    assert!(!honest.is_violating());
    for device in MEDIA.iter().chain(&["no-powersafe-overwrite"]) {
        let other = on(device);
        assert_eq!(
            other.coverage.kinds.keys().len(),
            honest.coverage.kinds.keys().len()
        );
        assert_eq!(other.crash_points, honest.crash_points, "{device}");
        assert_ne!(other.digest, honest.digest, "{device}");
    }
    for mark in [
        CoverageMark::MediaFault,
        CoverageMark::MediaFaultInLastGroup,
        CoverageMark::GarbageSector,
    ] {
        assert_eq!(self::mark(&honest, mark), 0);
    }
}

#[test]
fn damage_below_the_synced_position_is_always_answered_by_the_hardened_log() {
    let job = job(StoreKind::Wal, &ALL);
    for profile in ["ext4-ordered", "posix-minimum"] {
        for device in MEDIA {
            let mut struck = 0;
            for seed in 0..6 {
                let outcome = run(&job, &config(device, profile, 2), Seed(seed));
                assert_eq!(outcome.violations, [], "{profile}, {device}, seed {seed}");
                struck += mark(&outcome, CoverageMark::MediaFault);
            }
            assert!(struck > 20, "{profile}, {device}: {struck}");
        }
    }
}

/// Every fault is part of the schedule, and none is ever handed on to a later life.
#[test]
fn a_violation_on_any_device_is_seen_again_by_its_choices() {
    let job = job(StoreKind::WalNote, &ALL);
    for device in DEVICES.iter().filter(|device| !device.is_honest()) {
        let (mut found, mut violated) = (0, 0);
        for seed in 0..8 {
            let config = config(device.name, "ext4-ordered", 2);
            for violation in run(&job, &config, Seed(seed)).violations {
                let (last, earlier) = violation.schedule.crashes.split_last().unwrap();
                if MEDIA.contains(&device.name) {
                    assert!(earlier.iter().all(|crash| crash.media.is_none()));
                }
                violated += 1;
                found += u32::from(last.media.is_some());
                let json = serde_json::to_string(&violation.schedule).unwrap();
                let schedule = serde_json::from_str(&json).unwrap();
                assert_eq!(schedule, violation.schedule);
                let again = replay(&job, &config, Seed(seed), &schedule, violation.invariant);
                let expected = Verdict::StillFails {
                    invariant: violation.invariant,
                    witness: violation.witness,
                    image: violation.image,
                };
                assert_eq!(again.verdict, expected, "{device}, seed {seed}");
            }
        }
        // No store that reads all its files misses an unreadable sector.
        let is_silent = device.name == "latent-sector-error";
        assert_eq!(found > 0, device.damages() && !is_silent, "{device}");
        assert!(violated > 0 || is_silent, "{device}");
    }
}

#[test]
fn the_stores_that_promise_too_much_show_damage_as_if_it_were_right() {
    for (store, lives) in [(StoreKind::WalNote, 1), (StoreKind::Ndjson, 2)] {
        let job = job(
            store,
            &["detects-corruption", "atomic-batch", "durable-ack"],
        );
        let mut runs =
            (0..200).map(|seed| run(&job, &config("bit-rot", "ext4-ordered", lives), Seed(seed)));
        let is_it = |outcome: &RunOutcome| {
            let found = outcome.violations.iter();
            found
                .clone()
                .any(|found| found.invariant == "detects-corruption")
        };
        assert!(runs.any(|outcome| is_it(&outcome)), "{store:?}");
    }
}

/// In the sector of a pending append lies what was synced before: without powersafe overwrite both go.
#[test]
fn a_torn_sector_takes_what_was_acknowledged_beside_it() {
    let job = job(StoreKind::Wal, &["durable-ack"]);
    let outcomes = (0..4).map(|seed| {
        run(
            &job,
            &config("no-powersafe-overwrite", "ext4-ordered", 1),
            Seed(seed),
        )
    });
    let violated = outcomes.filter(RunOutcome::is_violating).count();
    assert!(violated > 0);
}

/// A choice of a version that knew no devices.
#[test]
fn a_crash_without_a_word_of_media_has_no_fault() {
    let job = job(StoreKind::WalNote, &["durable-ack"]);
    let runs = (0..50)
        .flat_map(|seed| run(&job, &config("bit-rot", "ext4-ordered", 1), Seed(seed)).violations);
    let faulted = runs
        .flat_map(|found| found.schedule.crashes)
        .find(|crash| crash.media.is_some());
    let mut json = serde_json::to_value(faulted.unwrap()).unwrap();
    json.as_object_mut().unwrap().remove("media").unwrap();
    let crash: CrashChoice = serde_json::from_value(json).unwrap();
    assert_eq!(crash.media, None);
    let unknown = r#"{"what":"unreadable-sector","path":"f","sector":1,"bits":[2]}"#;
    assert!(serde_json::from_str::<MediaFault>(unknown).is_err());
}

fn spoiled() -> SimFs {
    let fs = SimFs::new();
    fs.write(Path::from("f"), &[7; 3000]).unwrap();
    let mut image = fs.live_image();
    let (_, inode) = image.paths()[0];
    let before = image.digest();
    image.file_mut(inode).spoil(2);
    assert_ne!(image.digest(), before);
    SimFs::mount(image)
}

#[test]
fn a_read_ends_before_an_unreadable_sector_and_the_next_one_fails() {
    let fs = spoiled();
    let file = fs.open_read(Path::from("f")).unwrap();
    let mut buffer = [0; 3000];
    assert_eq!(file.read_at(&mut buffer, 100).unwrap(), 924);
    let error = file.read_at(&mut buffer, 1024).unwrap_err();
    assert_eq!(error.to_string(), "read f at offset 1024: other error");
    assert!(file.read_at(&mut buffer[..1], 1535).is_err());
    assert_eq!(file.read_at(&mut buffer, 1536).unwrap(), 1464);
    assert!(fs.read(Path::from("f")).is_err());
}

#[test]
fn a_write_heals_a_sector_that_it_covers_and_fails_on_one_that_it_must_read() {
    let fs = spoiled();
    let options = OpenOptions::new().write().read();
    let file = fs.open(Path::from("f"), options).unwrap();
    assert!(file.write_at(&[1; 100], 1100).is_err());
    assert!(file.write_at(&[1; 512], 1000).is_err());
    file.write_all_at(&[1; 512], 1024).unwrap();
    assert_eq!(file.read_to_end().unwrap().len(), 3000);
}
