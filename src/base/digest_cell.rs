//! A digest that is computed when it is first asked for.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::Digest;

/// Room for the digest of something that does not change meanwhile.
///
/// Several threads may compute it at once. What they set is the same, as it is the digest of the same thing, so nobody has to
/// wait; that, and copying a known digest with two loads, is what it has over a `OnceLock`.
#[derive(Default)]
pub struct DigestCell {
    known: AtomicBool,
    low: AtomicU64,
    high: AtomicU64,
}

impl DigestCell {
    /// Nothing is known yet.
    pub const fn new() -> DigestCell {
        DigestCell {
            known: AtomicBool::new(false),
            low: AtomicU64::new(0),
            high: AtomicU64::new(0),
        }
    }

    /// The digest, which `compute` gives if nobody asked before. It has to give the same each time.
    pub fn get_or_init(&self, compute: impl FnOnce() -> Digest) -> Digest {
        self.get().unwrap_or_else(|| self.set(compute()))
    }

    fn get(&self) -> Option<Digest> {
        // Whoever sees it known sees both halves.
        let known = self.known.load(Ordering::Acquire);
        let half = |half: &AtomicU64| u128::from(half.load(Ordering::Relaxed));
        known.then(|| Digest(half(&self.high) << 64 | half(&self.low)))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves of 128 bits"
    )]
    fn set(&self, digest: Digest) -> Digest {
        self.low.store(digest.0 as u64, Ordering::Relaxed);
        self.high.store((digest.0 >> 64) as u64, Ordering::Relaxed);
        self.known.store(true, Ordering::Release);
        digest
    }
}

impl Clone for DigestCell {
    fn clone(&self) -> DigestCell {
        let copy = DigestCell::new();
        self.get().map(|digest| copy.set(digest));
        copy
    }
}

impl fmt::Debug for DigestCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DigestCell").field(&self.get()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_computed_once_and_a_copy_knows_it() {
        let digest = Digest::of(b"torn");
        let cell = DigestCell::new();
        assert_eq!(cell.clone().get(), None);
        assert_eq!(cell.get_or_init(|| digest), digest);
        assert_eq!(cell.get_or_init(|| unreachable!("it is known")), digest);
        assert_eq!(cell.clone().get(), Some(digest));
    }
}
