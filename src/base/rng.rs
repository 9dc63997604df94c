//! Random draws: `ChaCha8` behind a few integer-only methods.
//!
//! Only `next_u64` of the generator is used, and everything else is computed here: libraries may change how they
//! sample between releases, a seed may not. No float, no `usize` is ever drawn.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{InclusiveRange, Ratio, Seed};

/// What a stream of draws is for.
///
/// Streams are independent of each other, so that a new knob in one never shifts another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stream {
    /// The operations that a subject is given.
    Workload = 1,
    /// Where crashes fall.
    CrashPoint = 2,
    /// Which pending effects survive.
    PersistedSubset = 3,
    /// Which operations fail with an injected error.
    InjectedError = 4,
    /// Which crash state is the disk of the next life.
    NextLife = 5,
    /// What a subject draws for itself when it opens.
    Subject = 6,
    /// What a device damages.
    MediaFault = 7,
    /// Which runs are executed twice.
    Determinism = 8,
    /// What a run goes without.
    Swarm = 9,
}

/// A deterministic generator of integers.
///
/// ```
/// use tornwrite::base::{Rng, Seed, Stream};
///
/// let mut one = Rng::new(Seed(7), Stream::Workload, 0);
/// let mut two = Rng::new(Seed(7), Stream::Workload, 0);
/// assert_eq!(one.below(1000), two.below(1000));
/// ```
#[derive(Clone, Debug)]
pub struct Rng(ChaCha8Rng);

impl Rng {
    /// The generator of `stream` for `seed`; `part` tells apart several of one purpose (lives, depths).
    pub fn new(seed: Seed, stream: Stream, part: u32) -> Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.0.to_le_bytes());
        key[8] = stream as u8;
        key[12..16].copy_from_slice(&part.to_le_bytes());
        Rng(ChaCha8Rng::from_seed(key))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..bound`, every one equally likely.
    ///
    /// # Panics
    ///
    /// If `bound` is zero: there is nothing to draw from.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a draw needs at least one possible value");
        // Lemire's method: the high half of a product, with the few biased low halves drawn again.
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the low half is what is meant"
            )]
            let low = product as u64;
            // Only below the bound can it be biased, and only then is it worth a division to see.
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// An index in `0..len`.
    ///
    /// # Panics
    ///
    /// If `len` is zero.
    pub fn index(&mut self, len: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "smaller than a usize by construction"
        )]
        let index = self.below(len as u64) as usize;
        index
    }

    /// A number in `low..=high`.
    ///
    /// # Panics
    ///
    /// If `low` is above `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "the range {low}..={high} is empty");
        match (high - low).checked_add(1) {
            Some(width) => low + self.below(width),
            None => self.next_u64(),
        }
    }

    /// A number of `range`.
    pub fn within(&mut self, range: InclusiveRange) -> u32 {
        let width = u64::from(range.high() - range.low()) + 1;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most the width of a range of u32"
        )]
        let offset = self.below(width) as u32;
        range.low() + offset
    }

    /// True in `ratio` of all draws.
    pub fn chance(&mut self, ratio: Ratio) -> bool {
        self.below(u64::from(ratio.denominator())) < u64::from(ratio.numerator())
    }

    /// One of `items`.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    /// Fills `bytes` with random ones.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_the_ones_of_seed_version_1() {
        let mut rng = Rng::new(Seed(4711), Stream::CrashPoint, 0);
        let drawn: Vec<u64> = (0..4).map(|_| rng.below(1000)).collect();
        assert_eq!(
            (drawn, rng.next_u64()),
            (vec![572, 946, 950, 72], 4_243_823_063_141_120_443)
        );
    }

    #[test]
    fn streams_of_one_seed_differ() {
        let first = |stream, part| Rng::new(Seed(1), stream, part).next_u64();
        assert_ne!(first(Stream::Workload, 0), first(Stream::CrashPoint, 0));
        assert_ne!(first(Stream::Workload, 0), first(Stream::Workload, 1));
    }

    #[test]
    fn between_reaches_both_ends_and_nothing_else() {
        let mut rng = Rng::new(Seed(3), Stream::Workload, 0);
        let mut seen = [false; 3];
        for _ in 0..100 {
            let drawn = rng.between(5, 7);
            seen[usize::try_from(drawn - 5).unwrap()] = true;
        }
        assert_eq!(seen, [true; 3]);
    }
}
