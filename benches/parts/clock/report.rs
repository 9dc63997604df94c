//! `report`: the page of one finding.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use tornwrite::{
    base::Seed,
    campaign::Sentences,
    report::{PageHead, violation_page},
    run::{Evidence, Violation, evidence, replay, run},
    store::StoreKind,
};

use super::job;

const SEED: Seed = Seed(0);

pub(crate) fn bench(criterion: &mut Criterion) {
    let (head, evidence) = found();
    let page = violation_page(&head, &evidence);
    let mut group = criterion.benchmark_group("report, the page of a finding");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("rendered", |bencher| {
        bencher.iter(|| violation_page(black_box(&head), black_box(&evidence)));
    });
    group.bench_function("floor: its bytes copied", |bencher| {
        bencher.iter(|| black_box(&page).clone());
    });
    group.bench_function("beside: what it shows, as JSON", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&evidence)).expect("plain data"));
    });
    group.finish();
}

fn found() -> (PageHead, Evidence) {
    let ndjson = job::job(StoreKind::Ndjson, job::bank(12));
    let config = job::config(16);
    let found = run(&ndjson, &config, SEED).violations.remove(0);
    let schedule = &found.schedule;
    let replay = replay(&ndjson, &config, SEED, schedule, found.invariant);
    let evidence = evidence(&ndjson, &config, SEED, schedule, &replay);
    (head(&found), evidence)
}

fn head(found: &Violation) -> PageHead {
    PageHead {
        id: "V-000000000000".to_owned(),
        invariant: found.invariant.to_owned(),
        scenario: "bank-wal".to_owned(),
        subject: "ndjson".to_owned(),
        profile: "ext4-ordered".to_owned(),
        device: "honest".to_owned(),
        seed: SEED.0,
        lives: 1,
        witness: Sentences {
            given: found.witness.given.clone(),
            shown: found.witness.shown.clone(),
            however: found.witness.however.clone(),
        },
        signature: found.signature.clone(),
        tornwrite: env!("CARGO_PKG_VERSION").to_owned(),
        seed_version: 0,
        image: found.image.to_string(),
        reproducer: "reproducer.json".to_owned(),
    }
}
