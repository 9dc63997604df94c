//! The common benchmark job, `bank-wal`, against its floor over a plain `Vec<u8>`.
//!
//! Two figures, each beside its floor, taken in turns in one process so that a busy machine slows both: distinct disks
//! mounted, recovered and checked per second, and whole runs per second (fresh seed, workload, one crash, recovery, check).
//! Of operations that are never synced, ten times as many may cost at most twelve times as much, and 2000 batches of them at
//! most eight times their floor.
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
mod job;
mod judge;
mod ndjson_floor;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use tornwrite::{
    base::{Rng, Seed, Stream},
    oracle::BankOracle,
    run::{EventStoreJob, run},
    store::StoreKind,
    workload::BankTransfers,
};

use job::{bank, config, job, oracle};

/// The one of the binary; the floor has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(250);
/// The share of its floor that each figure has to reach.
const BAR: f64 = 0.3;
/// What ten times as many unsynced operations may cost.
const GROWTH_BAR: f64 = 12.0;
/// What 2000 unsynced batches may cost, in times of their floor.
const UNSYNCED_BAR: f64 = 8.0;

fn main() -> ExitCode {
    let bank = bank(50);
    let oracle = oracle(&bank);
    let wal = job(StoreKind::Wal, bank);
    let rows = [
        images(&wal, &bank, &oracle),
        whole_runs(&wal, &bank, &oracle),
    ];
    let (growth, times_floor) = unsynced();
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
    println!(
        "2000 unsynced batches of the naive store cost {times_floor:.1} times their floor (bar {UNSYNCED_BAR})"
    );
    let reached = rows.iter().all(|(_, ours, floor)| ours / floor >= BAR)
        && growth <= GROWTH_BAR
        && times_floor < UNSYNCED_BAR;
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
    let [ours, floor] = interleaved([&mut ours, &mut floor]);
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
    let [ours, floor] = interleaved([&mut ours, &mut floor]);
    ("whole runs, one crash state each", ours, floor)
}

/// The naive store, which never syncs: what ten times as many operations cost, and 2000 batches beside their floor.
fn unsynced() -> (f64, f64) {
    let [mut few, mut many] = [200, 2000].map(|batches| {
        let job = job(StoreKind::Ndjson, bank(batches));
        let mut seeds = (0..).map(Seed);
        move || {
            run(&job, &config(1), seeds.next().expect("endless"));
            1
        }
    });
    let bank = bank(2000);
    let oracle = oracle(&bank);
    let mut seeds = (0..).map(Seed);
    let mut floor = || {
        ndjson_floor::whole_run(&bank, &oracle, seeds.next().expect("endless"));
        1
    };
    let [few, many, floor] = interleaved([&mut few, &mut many, &mut floor]);
    (few / many, floor / many)
}

/// The rate of each, in turns.
fn interleaved<const N: usize>(mut work: [&mut dyn FnMut() -> u64; N]) -> [f64; N] {
    let mut rates = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (rates, work) in rates.iter_mut().zip(&mut work) {
            rates.push(rate(work));
        }
    }
    rates.map(|mut rates| median(&mut rates))
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
