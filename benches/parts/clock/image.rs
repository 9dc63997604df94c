//! `image`: a clone with one page changed, and its digest.

use std::hint::black_box;

use criterion::Criterion;
use tornwrite::{base::Digest, image::PAGE_BYTES};

use super::prepared;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("image");
    let image = prepared::image();
    let mut nth = 0;
    group.bench_function("clone, change a page, digest", |bencher| {
        bencher.iter(|| {
            nth = (nth + 1) % 128;
            prepared::changed(black_box(&image), nth)
        });
    });
    let page = vec![7; PAGE_BYTES];
    group.bench_function("floor: copy a page, hash it", |bencher| {
        bencher.iter(|| Digest::of(&black_box(&page).clone()));
    });
    let files = image
        .inodes()
        .filter_map(|inode| Some(image.file(inode)?.to_vec()));
    let all: Vec<u8> = files.flatten().collect();
    group.bench_function("without sharing: copy all pages", |bencher| {
        bencher.iter(|| black_box(&all).clone());
    });
    group.finish();
}
