//! `oracle`: six invariants over what a recovery showed.

use std::hint::black_box;

use criterion::Criterion;

use super::{floor, job, judge::judge, prepared, simfs};

const BATCHES: u32 = 50;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("oracle, 50 batches");
    let oracle = job::oracle(&job::bank(BATCHES));
    let operations = prepared::operations(BATCHES);
    let (shown, ..) = floor::recover(&simfs::log(&operations));
    let mut outcomes = Vec::new();
    group.bench_function("judged", |bencher| {
        bencher.iter(|| {
            let acknowledged = black_box(BATCHES as usize);
            assert!(judge(
                &operations,
                acknowledged,
                &shown,
                &oracle,
                &mut outcomes
            ));
        });
    });
    let expected = shown.clone();
    group.bench_function("floor: compared with the one right answer", |bencher| {
        bencher.iter(|| assert!(*black_box(&shown) == expected));
    });
    group.finish();
}
