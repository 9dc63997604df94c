//! Instructions of the hot path, each against a limit: the guard in CI.
//!
//! Callgrind counts what happens inside a case and nothing of its set-up. The same binary gives the same count each time, on a
//! busy machine too: the harness draws from seeds alone and iterates over no hash, and the memory of the process lies where it
//! lay the last time. So a limit needs no baseline, and a clean clone can fail.
//!
//! A limit is the committed figure and 5 per cent. That is for what is not ours: another C library, another
//! processor (whose `memcpy` is another). What costs less than that hides in the whole runs; the small cases show it.
//!
//! Deliberately absent: time, caches, the allocator of the binary (mimalloc reads the clock; here it is that of the system), and
//! link-time optimisation. They change what an instruction costs, not whether there are more of them.
#![allow(missing_docs, reason = "a program, not a library")]

#[path = "../../bank_wal/job.rs"]
#[expect(
    dead_code,
    reason = "what judges the job alone is timed and not counted"
)]
mod job;
#[path = "../prepared.rs"]
mod prepared;

use std::hint::black_box;

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig, prelude::*};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, Window},
    image::Image,
    run::{EventStoreJob, RunConfig, run},
    simfs::SimFs,
    store::StoreKind,
    workload::Operation,
};

/// The share of a figure by which it may be exceeded: one part of this many.
const TOLERANCE: u64 = 20;

/// The limit that belongs to a figure that was counted.
fn counted(instructions: u64) -> LibraryBenchmarkConfig {
    let limit = instructions + instructions / TOLERANCE;
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, limit)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

fn wal() -> EventStoreJob {
    job::job(StoreKind::Wal, job::bank(50))
}

fn unsynced(batches: u32) -> EventStoreJob {
    job::job(StoreKind::Ndjson, job::bank(batches))
}

/// Whole runs of a job, from as many seeds.
fn runs(job: &EventStoreJob, config: &RunConfig, seeds: u64) -> u64 {
    let outcomes = (0..seeds).map(|seed| run(black_box(job), config, Seed(seed)));
    outcomes.map(|outcome| outcome.distinct_images).sum()
}

// One recording, 64 crash states of it.
#[library_benchmark]
#[bench::of_wal(args = (), setup = wal, config = counted(85_882_526))]
fn images(wal: EventStoreJob) -> u64 {
    runs(&wal, &job::config(64), 16)
}

#[library_benchmark]
#[bench::of_wal(args = (), setup = wal, config = counted(55_795_394))]
fn one_crash_state(wal: EventStoreJob) -> u64 {
    runs(&wal, &job::config(1), 64)
}

// The naive store. The two limits bound the growth as well: ten times the operations, about ten times the instructions.
#[library_benchmark]
#[bench::batches_200(args = (200), setup = unsynced, config = counted(4_442_284))]
#[bench::batches_2000(args = (2000), setup = unsynced, config = counted(43_396_176))]
fn never_synced(ndjson: EventStoreJob) -> u64 {
    runs(&ndjson, &job::config(1), 1)
}

#[library_benchmark]
#[bench::of_wal(args = (), setup = wal, config = counted(51_804_437))]
fn crash_inside_recovery(wal: EventStoreJob) -> u64 {
    let config = RunConfig {
        in_recovery: 1,
        recovery_states: 4,
        ..job::config(16)
    };
    runs(&wal, &config, 8)
}

fn appends_of_wal() -> Vec<Operation> {
    prepared::operations(200)
}

// A store at work on the filesystem that records, and nothing else.
#[library_benchmark]
#[bench::of_wal(args = (), setup = appends_of_wal, config = counted(972_148))]
fn recording(operations: Vec<Operation>) -> SimFs {
    let fs = SimFs::new();
    prepared::append(StoreKind::Wal, &fs, &operations);
    fs
}

fn graph_of_unsynced() -> &'static PersistenceGraph<'static> {
    prepared::graph(prepared::recording(StoreKind::Ndjson, 2000))
}

fn window_of_unsynced() -> Window<'static> {
    let graph = graph_of_unsynced();
    Frontier::new(graph).window(graph.recording.trace.end())
}

// What is pending at 16 points on the way to the end, where all 2000 batches are.
#[library_benchmark]
#[bench::pending_2000(args = (), setup = graph_of_unsynced, config = counted(11_081_388))]
fn windows(graph: &'static PersistenceGraph<'static>) -> usize {
    let mut frontier = Frontier::new(black_box(graph));
    let end = graph.recording.trace.end().0;
    let points = (1..=16).map(|part| Position(end / 16 * part));
    points
        .map(|point| frontier.window(point).pending.len())
        .sum()
}

// 64 crash states where 2000 batches are pending, and their disks.
#[library_benchmark]
#[bench::pending_2000(args = (), setup = window_of_unsynced, config = counted(263_026_320))]
fn states(window: Window<'static>) -> u64 {
    let mut rng = Rng::new(Seed(0), Stream::PersistedSubset, 0);
    for _ in 0..64 {
        let (_, selection) = window.sample(&mut rng);
        black_box(window.image(&selection));
    }
    rng.next_u64()
}

// 128 clones of an image, one page changed in each, and their digests.
#[library_benchmark]
#[bench::one_page(args = (), setup = prepared::image, config = counted(1_752_080))]
fn clones(image: Image) -> Image {
    for nth in 0..128 {
        black_box(prepared::changed(black_box(&image), nth));
    }
    image
}

library_benchmark_group!(
    name = whole,
    benchmarks = [images, one_crash_state, never_synced, crash_inside_recovery]
);
library_benchmark_group!(
    name = parts,
    benchmarks = [recording, windows, states, clones]
);
main!(library_benchmark_groups = [whole, parts]);
