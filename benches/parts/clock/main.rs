//! What each part costs by the clock, beside a floor that is taken in the same run.
//!
//! A group is a room. In each stand what the room does and what it cannot be faster than: the same bytes in a plain `Vec`, or the
//! one step that the work is made of. Only the two together say something; on a busy machine neither does alone.
//!
//! Deliberately absent: bars. The whole is held to them by `benches/bank_wal` and `benches/peers`, instructions by the guard.
#![allow(missing_docs, reason = "a program, not a library")]

mod campaign;
mod crash;
#[path = "../../bank_wal/floor.rs"]
#[expect(dead_code, reason = "whole runs are compared by `bank_wal`")]
mod floor;
mod image;
#[path = "../../bank_wal/job.rs"]
mod job;
#[path = "../../bank_wal/judge.rs"]
mod judge;
#[path = "../../bank_wal/ndjson_floor.rs"]
#[expect(dead_code, reason = "whole runs are compared by `bank_wal`")]
mod ndjson_floor;
mod oracle;
#[path = "../prepared.rs"]
mod prepared;
mod report;
mod shrink;
mod simfs;
mod store;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// The one of the binary; the floors have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Short: it is the ratio to the floor that counts, and that shows soon.
fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(20)
}

criterion_group!(
    name = rooms;
    config = criterion();
    targets = image::bench, simfs::bench, crash::bench, store::bench, oracle::bench, shrink::bench, campaign::bench,
        report::bench
);
criterion_main!(rooms);
