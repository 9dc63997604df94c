//! The job `bank-wal` over tornwrite, turmoil, a killed process, and no filesystem at all, in one interleaved run.
//!
//! Prints two tables and ends with a failure if a bar is missed. `docs/performance.md` says what is compared and how to read it.

mod contenders;
#[path = "../../bank_wal/floor.rs"]
mod floor;
#[path = "../../bank_wal/job.rs"]
mod job;
#[path = "../../bank_wal/judge.rs"]
mod judge;
mod kill_peer;
mod log_store;
#[path = "../../bank_wal/ndjson_floor.rs"]
mod ndjson_floor;
mod rounds;
mod subject;
mod turmoil_peer;

use std::{env, io, path::Path, process::ExitCode};

use tornwrite::base::Seed;

use contenders::{Drawn, Rates};
use rounds::{ROUND, ROUNDS, Rate};

/// The one of the binary; all contenders have it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match &arguments[..] {
        [] => {
            let drawn = Drawn::default();
            let rates = contenders::measure(&drawn);
            print_rates(&rates, &drawn);
            Ok(print_bars(&rates))
        }
        [first, directory, seed] if first == kill_peer::CHILD => {
            let seed = seed.parse().map_err(io::Error::other)?;
            kill_peer::child(Path::new(directory), Seed(seed))
        }
        _ => Err(io::Error::other("it takes no arguments")),
    }
}

fn print_rates(rates: &Rates, drawn: &Drawn) {
    let milliseconds = ROUND.as_millis();
    println!("Medians of {ROUNDS} rounds of {milliseconds} ms each, in turns, on one thread:\n");
    println!("| | per CPU-second | per second |\n|---|---:|---:|");
    let row = |name: &str, rate: Rate| {
        let show = |rate: f64| match rate {
            ..100.0 => format!("{rate:.1}"),
            _ => format!("{rate:.0}"),
        };
        let (cpu, wall) = (show(rate.per_cpu_second), show(rate.per_second));
        println!("| {name} | {cpu} | {wall} |");
    };
    row(
        "tornwrite: distinct images recovered and checked",
        rates.images,
    );
    row("tornwrite with `wal`: the same", rates.images_wal);
    row("floor: cuts recovered and checked", rates.images_floor);
    row(
        "the workload of a whole run, drawn and not done",
        rates.workload,
    );
    row("tornwrite: whole runs", rates.runs);
    row("tornwrite with `wal`: the same", rates.runs_wal);
    row("floor: whole runs", rates.runs_floor);
    row("turmoil: whole runs", rates.turmoil);
    row("kill -9: whole runs", rates.kill);
    row("tornwrite: 2000 unsynced batches", rates.unsynced);
    row("floor: 2000 unsynced batches", rates.unsynced_floor);
    row("turmoil: 2000 unsynced batches", rates.unsynced_turmoil);
    let (states, seen) = (drawn.states.get(), drawn.states.get() - drawn.images.get());
    println!(
        "\nOf {states} crash states drawn for the first row, {seen} were images seen before: settled without a recovery, and not counted.\n"
    );
}

/// What is wanted of a ratio.
#[derive(Clone, Copy)]
enum Bar {
    AtLeast(f64),
    Below(f64),
    /// It is for information.
    None,
}

fn ratios(rates: &Rates) -> Vec<(&'static str, f64, Bar)> {
    let of = |one: Rate, other: Rate| one.per_cpu_second / other.per_cpu_second;
    let (floor, turmoil) = (rates.runs_floor, rates.turmoil);
    let images = of(rates.images, rates.images_floor);
    let images_wal = of(rates.images_wal, rates.images_floor);
    let unsynced = of(rates.unsynced_floor, rates.unsynced);
    let unsynced_turmoil = of(rates.unsynced_floor, rates.unsynced_turmoil);
    let (least, none) = (Bar::AtLeast, Bar::None);
    vec![
        ("images / their floor", images, least(0.7)),
        ("images with `wal` / floor", images_wal, none),
        (
            "whole runs / their floor",
            of(rates.runs, floor),
            least(0.5),
        ),
        (
            "whole runs with `wal` / floor",
            of(rates.runs_wal, floor),
            none,
        ),
        (
            "images / turmoil's runs",
            of(rates.images, turmoil),
            least(4.0),
        ),
        (
            "images with `wal` / turmoil's runs",
            of(rates.images_wal, turmoil),
            none,
        ),
        (
            "whole runs / turmoil's",
            of(rates.runs, turmoil),
            least(4.0),
        ),
        (
            "whole runs of the floor / turmoil's",
            of(floor, turmoil),
            none,
        ),
        (
            "whole runs / those of kill -9",
            of(rates.runs, rates.kill),
            none,
        ),
        (
            "cost of 2000 unsynced batches / of their floor",
            unsynced,
            Bar::Below(8.0),
        ),
        ("the same for turmoil", unsynced_turmoil, none),
    ]
}

fn print_bars(rates: &Rates) -> ExitCode {
    println!("| per CPU-second | ratio | bar | |\n|---|---:|---:|---|");
    let mut code = ExitCode::SUCCESS;
    for (name, ratio, bar) in ratios(rates) {
        let (wanted, reached) = match bar {
            Bar::AtLeast(least) => (format!("≥ {least}"), ratio >= least),
            Bar::Below(limit) => (format!("< {limit}"), ratio < limit),
            Bar::None => {
                println!("| {name} | {ratio:.2} | | |");
                continue;
            }
        };
        let verdict = if reached { "reached" } else { "**missed**" };
        println!("| {name} | {ratio:.2} | {wanted} | {verdict} |");
        if !reached {
            code = ExitCode::FAILURE;
        }
    }
    code
}
