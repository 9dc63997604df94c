//! `crash`: crash states drawn, and all of them gone through; each with its disk.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, Window, all_points},
    store::StoreKind,
};

use super::{prepared, simfs};

const BATCHES: u32 = 50;

pub(crate) fn bench(criterion: &mut Criterion) {
    sampling(criterion);
    enumeration(criterion);
}

/// One state where 50 batches are pending, and one of a store that syncs, where little is.
fn sampling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("crash, a state drawn and its disk");
    let log = simfs::log(&prepared::operations(BATCHES));
    for store in [StoreKind::Wal, StoreKind::Ndjson] {
        let graph = prepared::graph(prepared::recording(store, BATCHES));
        let window = most_pending(graph);
        let mut rng = rng();
        group.bench_function(store.name(), |bencher| {
            bencher.iter(|| {
                let (_, selection) = window.sample(&mut rng);
                window.image(&selection)
            });
        });
    }
    let mut rng = rng();
    group.bench_function("floor: a Vec cut at a byte", |bencher| {
        bencher.iter(|| log[..rng.index(log.len() + 1)].to_vec());
    });
    group.finish();
}

/// Every state at one point of a short recording.
fn enumeration(criterion: &mut Criterion) {
    let graph = prepared::graph(prepared::recording(StoreKind::Ndjson, 20));
    let window = first_with(graph, 256);
    let count = window.count();
    let mut group = criterion.benchmark_group("crash, every state at a point and its disk");
    group.throughput(Throughput::Elements(count));
    group.bench_function("ndjson", |bencher| {
        bencher.iter(|| {
            for number in 0..count {
                black_box(window.image(&window.select(number)));
            }
        });
    });
    let live = window.image(&window.everything());
    let files = live
        .inodes()
        .filter_map(|inode| Some(live.file(inode)?.to_vec()));
    let bytes: Vec<u8> = files.flatten().collect();
    group.bench_function("floor: as many copies of its bytes", |bencher| {
        bencher.iter(|| (0..count).for_each(|_| drop(black_box(bytes.clone()))));
    });
    group.finish();
}

fn rng() -> Rng {
    Rng::new(Seed(0), Stream::PersistedSubset, 0)
}

/// The last of the points at which most is pending.
fn most_pending(graph: &'static PersistenceGraph<'static>) -> Window<'static> {
    windows(graph)
        .max_by_key(|window| window.pending.len())
        .expect("a recording has points")
}

/// The first point with as many crash states.
fn first_with(graph: &'static PersistenceGraph<'static>, states: u64) -> Window<'static> {
    windows(graph)
        .find(|window| window.count() >= states)
        .expect("a store that never syncs has as many in the end")
}

fn windows(graph: &'static PersistenceGraph<'static>) -> impl Iterator<Item = Window<'static>> {
    let mut frontier = Frontier::new(graph);
    all_points(&graph.recording.trace, Position(0)).map(move |point| frontier.window(point))
}
