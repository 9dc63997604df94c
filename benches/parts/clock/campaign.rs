//! `campaign`: shards joined.

use std::{hint::black_box, io::Write as _, sync::Arc};

use criterion::{BatchSize, Criterion, Throughput};
use tornwrite::{
    campaign::{
        Entry, Folder, Observer, Plan, RunRecord, Shard, StopSignal, Task, execute, merge,
        open_shards,
    },
    image::Image,
    simfs::SimFs,
    store::StoreKind,
    vfs::{PathBuf, Vfs},
};

use super::job;

const RUNS: u64 = 400;
const SHARDS: u64 = 4;

struct Nobody;

impl Observer for Nobody {
    fn run_done(&mut self, _: usize, _: &RunRecord) {}
}

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("campaign, 400 runs of 4 shards joined");
    group.throughput(Throughput::Elements(RUNS));
    let plan = plan();
    let stop = StopSignal::new();
    let whole = Task::new(&plan, &stop);
    let (disk, lines) = executed(&whole);
    group.bench_function("merge", |bencher| {
        bencher.iter_batched(
            || Arc::new(SimFs::mount(disk.clone())),
            |fs| joined(&whole, &fs),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("floor: their lines read and written as JSON", |bencher| {
        bencher.iter(|| copied(black_box(&lines)));
    });
    group.finish();
}

fn plan() -> Plan {
    let wal = job::job(StoreKind::Wal, job::bank(4));
    let mut entry = Entry::new("bank-wal", "wal", wal, job::config(1));
    entry.seeds = 0..RUNS;
    Plan::new(vec![entry])
}

/// A disk with the folder of each shard, and the lines in them.
fn executed(whole: &Task<'_>) -> (Image, Vec<u8>) {
    let fs = SimFs::new();
    let vfs: Arc<dyn Vfs> = Arc::new(fs.clone());
    let mut lines = Vec::new();
    for index in 0..SHARDS {
        let folder = Folder::create(Arc::clone(&vfs), path(index)).expect("an empty disk");
        let shard = Shard::new(index, SHARDS).expect("below their number");
        let task = Task { shard, ..*whole };
        execute(&task, &folder, &mut Nobody).expect("nothing fails");
        lines.extend(folder.read("runs.ndjson").expect("it was written"));
    }
    (fs.live_image(), lines)
}

fn joined(whole: &Task<'_>, fs: &Arc<SimFs>) -> u64 {
    let vfs = || -> Arc<dyn Vfs> { Arc::clone(fs) as _ };
    let open = |index| Folder::open_existing(vfs(), path(index)).expect("it is there");
    let parts = open_shards((0..SHARDS).map(open).collect()).expect("they belong together");
    let folder = Folder::create(vfs(), PathBuf::from("all")).expect("there is room");
    let summary = merge(whole, &parts, &folder, &mut Nobody).expect("they are finished");
    summary.scenarios[0].runs
}

fn path(shard: u64) -> PathBuf {
    PathBuf::from(format!("shard-{shard}").as_str())
}

fn copied(lines: &[u8]) -> Vec<u8> {
    let mut copy = Vec::new();
    for line in lines.split(|byte| *byte == b'\n') {
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) {
            serde_json::to_writer(&mut copy, &value).expect("a Vec takes every byte");
            let _ = copy.write_all(b"\n");
        }
    }
    copy
}
