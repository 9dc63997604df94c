//! `simfs`: what recording costs, for each operation and for a store at work.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use tornwrite::{
    simfs::SimFs,
    store::StoreKind,
    vfs::{FileExt as _, OpenOptions, Path, Vfs as _},
    workload::Operation,
};

use super::{floor, prepared};

const WRITES: u64 = 1000;
const BATCHES: u32 = 50;

pub(crate) fn bench(criterion: &mut Criterion) {
    writes(criterion);
    store_at_work(criterion);
}

fn writes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simfs, 1000 appends of 64 bytes");
    group.throughput(Throughput::Elements(WRITES));
    let bytes = [7; 64];
    group.bench_function("recorded", |bencher| {
        bencher.iter(|| {
            let fs = SimFs::new();
            let options = OpenOptions::new().append().create();
            let file = fs.open(Path::new(b"f"), options).expect("an empty disk");
            for _ in 0..WRITES {
                file.append_all(black_box(&bytes)).expect("nothing fails");
            }
            fs.finish()
        });
    });
    group.bench_function("floor: to a Vec", |bencher| {
        bencher.iter(|| {
            let mut file = Vec::new();
            (0..WRITES).for_each(|_| file.extend_from_slice(black_box(&bytes)));
            file
        });
    });
    group.finish();
}

fn store_at_work(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simfs, 50 batches of a log");
    group.throughput(Throughput::Elements(u64::from(BATCHES)));
    let operations = prepared::operations(BATCHES);
    for store in [StoreKind::Wal, StoreKind::Ndjson] {
        group.bench_function(store.name(), |bencher| {
            bencher.iter(|| {
                let fs = SimFs::new();
                prepared::append(store, &fs, black_box(&operations));
                fs.finish()
            });
        });
    }
    group.bench_function("floor: records in a Vec", |bencher| {
        bencher.iter(|| log(black_box(&operations)));
    });
    group.finish();
}

/// The same batches as checksummed records, one after the other.
pub(crate) fn log(operations: &[Operation]) -> Vec<u8> {
    let (mut log, mut sequence) = (Vec::new(), 0);
    for operation in operations {
        if let Operation::Append { stream, events } = operation {
            floor::push_batch(&mut log, &mut sequence, stream, events);
        }
    }
    log
}
