//! `shrink`: one finding, from the run that found it to its smallest version.

use std::{hint::black_box, sync::atomic::AtomicBool};

use criterion::Criterion;
use tornwrite::{
    base::Seed,
    run::{replay, run},
    shrink::{Bounds, Unobserved, Violation, shrink},
    store::StoreKind,
};

use super::job;

const SEED: Seed = Seed(0);

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("shrink, a finding of 12 batches");
    let ndjson = job::job(StoreKind::Ndjson, job::bank(12));
    let config = job::config(16);
    let found = run(&ndjson, &config, SEED).violations.remove(0);
    let (schedule, invariant) = (&found.schedule, found.invariant);
    let violation = Violation {
        config: &config,
        seed: SEED,
        schedule,
        invariant,
    };
    group.bench_function("shrunk", |bencher| {
        bencher.iter(|| {
            let stop = AtomicBool::new(false);
            let bounds = Bounds::default();
            shrink(
                &ndjson,
                black_box(&violation),
                bounds,
                &mut Unobserved,
                &stop,
            )
            .expect("it happens as it was recorded")
            .executions
        });
    });
    group.bench_function("floor: replayed once", |bencher| {
        bencher.iter(|| replay(&ndjson, &config, SEED, black_box(schedule), invariant).verdict);
    });
    group.finish();
}
