//! `store`: the recovery of a whole disk, and reading all that it holds.

use std::{hint::black_box, sync::Arc};

use criterion::Criterion;
use tornwrite::{
    image::Image,
    simfs::SimFs,
    store::{OpenContext, OptionMap, StoreKind, StoreOptions},
    workload::{EventLog, Operation},
};

use super::{floor, ndjson_floor, prepared, simfs};

const BATCHES: u32 = 50;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store, recovery of 50 batches");
    let operations = prepared::operations(BATCHES);
    for kind in [StoreKind::Wal, StoreKind::Ndjson] {
        let options = kind.options(&OptionMap::new()).expect("no options");
        let fs = SimFs::new();
        prepared::append(kind, &fs, &operations);
        let disk = fs.live_image();
        group.bench_function(kind.name(), |bencher| {
            bencher.iter(|| recovered(&options, black_box(&disk)));
        });
    }
    let log = simfs::log(&operations);
    group.bench_function("floor of wal: records in a Vec", |bencher| {
        bencher.iter(|| floor::recover(black_box(&log)));
    });
    let lines = lines(&operations);
    group.bench_function("floor of ndjson: lines in a Vec", |bencher| {
        bencher.iter(|| ndjson_floor::recover(black_box(&lines)));
    });
    group.finish();
}

fn recovered(options: &StoreOptions, disk: &Image) -> EventLog {
    let context = OpenContext {
        vfs: Arc::new(SimFs::mount(disk.clone())),
        entropy: 1,
    };
    let mut store = options.open(context).expect("a sound disk");
    let mut log = EventLog::new();
    store.read_all(&mut log).expect("a sound disk");
    log
}

fn lines(operations: &[Operation]) -> Vec<u8> {
    let (mut lines, mut id) = (Vec::new(), 0);
    for operation in operations {
        if let Operation::Append { stream, events } = operation {
            for data in events.iter() {
                ndjson_floor::push(&mut lines, stream, id, data);
                id += 1;
            }
        }
    }
    lines
}
