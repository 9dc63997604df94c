//! The common benchmark job, `bank-wal`, against its floor over a plain `Vec<u8>`.
//!
//! Two figures, each beside its floor, taken in turns in one process so that a busy machine slows both: distinct disks
//! mounted, recovered and checked per second, and whole runs per second (fresh seed, workload, one crash, recovery, check).
//! A third: ten times as many unsynced operations may cost at most twelve times as much.
//!
//! It ends with a failure if a bar is missed. Criterion times one thing after another; a ratio wants them interleaved.
#![expect(
    clippy::float_arithmetic,
    reason = "figures of time are reported, never decided on"
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(missing_docs, reason = "a program, not a library")]

mod floor;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use tornwrite::{
    base::{InclusiveRange, Ratio, Rng, Seed, Stream},
    oracle::BankOracle,
    profile::{Device, Profile},
    run::{CrashMode, EventStoreJob, Faults, Mode, RunConfig, run},
    store::{OptionMap, StoreKind},
    workload::{BankConfig, BankTransfers},
};

/// The one of the binary; the floor has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const INVARIANTS: [&str; 6] = [
    "recovery-succeeds",
    "no-phantom",
    "atomic-batch",
    "balanced-transfers",
    "durable-ack",
    "prefix-order",
];
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(250);
/// The share of its floor that each figure has to reach.
const BAR: f64 = 0.3;
/// What ten times as many unsynced operations may cost.
const GROWTH_BAR: f64 = 12.0;

fn main() -> ExitCode {
    let bank = bank(50);
    let oracle = BankOracle::new(*bank.config(), &INVARIANTS).expect("known invariants");
    let wal = job(StoreKind::Wal, bank);
    let rows = [
        images(&wal, &bank, &oracle),
        whole_runs(&wal, &bank, &oracle),
    ];
    let growth = growth();
    println!("bank-wal, one thread; medians of {ROUNDS} interleaved rounds");
    println!(
        "{:<44}{:>12}{:>12}{:>8}{:>7}",
        "per second", "tornwrite", "floor", "ratio", "bar"
    );
    for (name, ours, floor) in rows {
        println!(
            "{name:<44}{ours:>12.0}{floor:>12.0}{:>8.2}{BAR:>7.2}",
            ours / floor
        );
    }
    println!(
        "ten times as many unsynced operations cost {growth:.1} times as much (bar {GROWTH_BAR})"
    );
    let reached = rows.iter().all(|(_, ours, floor)| ours / floor >= BAR) && growth <= GROWTH_BAR;
    if reached {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

type Row = (&'static str, f64, f64);

fn images(wal: &EventStoreJob, bank: &BankTransfers, oracle: &BankOracle) -> Row {
    let config = config(64);
    let mut seeds = (0..).map(Seed);
    let mut floor_seeds = (0..).map(Seed);
    let mut ours = || run(wal, &config, seeds.next().expect("endless")).distinct_images;
    let mut outcomes = Vec::new();
    let mut floor = || {
        let seed = floor_seeds.next().expect("endless");
        let log = floor::write(bank, seed);
        let mut rng = Rng::new(seed, Stream::CrashPoint, 0);
        (0..64).for_each(|_| floor::crash(&log, oracle, &mut rng, &mut outcomes));
        64
    };
    let (ours, floor) = interleaved(&mut ours, &mut floor);
    ("distinct disks recovered and checked", ours, floor)
}

fn whole_runs(wal: &EventStoreJob, bank: &BankTransfers, oracle: &BankOracle) -> Row {
    let config = config(1);
    let mut seeds = (0..).map(Seed);
    let mut floor_seeds = (0..).map(Seed);
    let mut ours = || {
        run(wal, &config, seeds.next().expect("endless"));
        1
    };
    let mut floor = || {
        floor::whole_run(bank, oracle, floor_seeds.next().expect("endless"));
        1
    };
    let (ours, floor) = interleaved(&mut ours, &mut floor);
    ("whole runs, one crash state each", ours, floor)
}

/// What ten times as many unsynced operations cost: the naive store, which never syncs.
fn growth() -> f64 {
    let [mut few, mut many] = [200, 2000].map(|batches| {
        let job = job(StoreKind::Ndjson, bank(batches));
        let mut seeds = (0..).map(Seed);
        move || {
            run(&job, &config(1), seeds.next().expect("endless"));
            1
        }
    });
    let (few, many) = interleaved(&mut few, &mut many);
    few / many
}

fn interleaved(ours: &mut dyn FnMut() -> u64, floor: &mut dyn FnMut() -> u64) -> (f64, f64) {
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        rates[0].push(rate(ours));
        rates[1].push(rate(floor));
    }
    (median(&mut rates[0]), median(&mut rates[1]))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are small"
)]
fn rate(work: &mut dyn FnMut() -> u64) -> f64 {
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < ROUND {
        done += work();
    }
    done as f64 / start.elapsed().as_secs_f64()
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn bank(batches: u32) -> BankTransfers {
    let one = InclusiveRange::exactly(1);
    let config = BankConfig {
        accounts: 8,
        batches,
        transfers_per_batch: one,
        group_commit: one,
        payload_bytes: InclusiveRange::exactly(23),
        checkpoint: Ratio::NEVER,
        rotate: Ratio::NEVER,
        reopen: Ratio::NEVER,
        read: Ratio::NEVER,
        ..BankConfig::default()
    };
    BankTransfers::new(config).expect("a sound workload")
}

fn job(store: StoreKind, bank: BankTransfers) -> EventStoreJob {
    let options = store.options(&OptionMap::new()).expect("no options");
    EventStoreJob::event_store(options, bank, &INVARIANTS).expect("known invariants")
}

fn config(states_per_run: u32) -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile: Profile::find("ext4-ordered").expect("a known profile"),
        device: Device::honest(),
        lives: 1,
        in_recovery: 0,
        recovery_states: 0,
        mode: Mode::Sampled,
        states_per_run,
        exhaustive_budget: 0,
        operations_per_life: 100_000,
        skip: None,
        faults: Faults::default(),
    }
}
