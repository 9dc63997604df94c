//! What files hold: holes, pages that are shared, and what lies behind the end.

use super::*;
use crate::base::{Rng, Seed, Stream};

#[test]
fn a_hole_reads_as_zeros() {
    let mut file = FileContent::default();
    file.write(10_000, b"end");
    let bytes = file.to_vec();
    assert_eq!(
        (bytes.len(), bytes.iter().filter(|&&b| b != 0).count()),
        (10_003, 3)
    );
    assert!(!file.has_page(0) && file.has_page(2));
}

#[test]
fn pages_differ_where_their_bytes_do_and_a_hole_is_zeros() {
    let mut one = FileContent::default();
    one.write(0, &[1; 3 * PAGE_BYTES]);
    let mut two = one.clone();
    two.write(PAGE, b"2");
    two.write(3 * PAGE, &[0; 8]);
    two.write(4 * PAGE, &[3; 8]);
    assert_eq!(one.differing_pages(&two).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(two.differing_pages(&one).collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn what_was_cut_off_never_comes_back() {
    let mut file = FileContent::default();
    file.write(0, &[1; 6000]);
    file.truncate(5000);
    file.truncate(9000);
    let mut expected = vec![1; 5000];
    expected.resize(9000, 0);
    assert_eq!(file.to_vec(), expected);
    assert!(file.is_settled());
}

#[test]
fn what_is_written_below_the_end_is_what_settling_leaves_of_it() {
    let mut rng = Rng::new(Seed(1), Stream::Workload, 0);
    for _ in 0..2000 {
        let mut file = FileContent::default();
        file.write(rng.below(9000), &[1; 1000]);
        file.spoil(rng.below(20));
        let size = rng.below(12_000);
        let (mut whole, mut below) = (file.clone(), file);
        for _ in 0..3 {
            let page = rng.below(4) * PAGE;
            let within = rng.below(PAGE);
            let bytes = vec![2; rng.index(PAGE_BYTES + 1 - usize::try_from(within).unwrap())];
            whole.write_content(page + within, &bytes);
            below.write_content_below(size, page + within, &bytes);
        }
        for file in [&mut whole, &mut below] {
            file.set_size(size);
            file.settle();
        }
        assert_eq!(whole.digest(), below.digest());
    }
}

#[test]
fn zeroing_leaves_holes_where_whole_pages_were_and_zeros_at_the_edges() {
    let mut file = FileContent::default();
    file.write(0, &[1; 3 * PAGE_BYTES]);
    file.zero(PAGE - 1, PAGE + 2);
    let pages = [0, 1, 2].map(|page| file.has_page(page));
    assert_eq!(pages, [true, false, true]);
    let mut expected = vec![1; 3 * PAGE_BYTES];
    expected[PAGE_BYTES - 1..=2 * PAGE_BYTES].fill(0);
    assert_eq!(file.to_vec(), expected);
    file.zero(2 * PAGE, u64::from(u32::MAX));
    assert!(!file.has_page(2));
    assert_eq!(file.size_bytes(), 3 * PAGE);
}

#[test]
fn content_behind_the_size_is_cut_when_it_settles() {
    let mut file = FileContent::default();
    file.write(0, b"head");
    file.write_content(2, b"tail behind");
    assert!(!file.is_settled());
    file.settle();
    let mut plain = FileContent::default();
    plain.write(0, b"heta");
    assert_eq!(
        (file.to_vec(), file.digest()),
        (b"heta".to_vec(), plain.digest())
    );
}
