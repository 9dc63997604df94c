//! Sectors of a file that cannot be read.
//!
//! Guarantees: a file without any costs an empty set, which takes no heap and no time.
//!
//! Not modelled: a filesystem that reads whole pages ahead, and so fails for the neighbours of a bad sector too.

use std::{collections::BTreeSet, ops::Range};

use crate::base::Hasher;

/// The size of a sector: the smallest part of a file that can be unreadable.
pub const SECTOR_BYTES: u64 = 512;

/// The sectors of a file that cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BadSectors(BTreeSet<u64>);

impl BadSectors {
    pub(super) fn insert(&mut self, sector: u64) {
        self.0.insert(sector);
    }

    /// The first bad sector that these bytes touch.
    pub(super) fn first_in(&self, bytes: Range<u64>) -> Option<u64> {
        if self.0.is_empty() || bytes.is_empty() {
            return None;
        }
        let touched = bytes.start / SECTOR_BYTES..bytes.end.div_ceil(SECTOR_BYTES);
        self.0.range(touched).next().copied()
    }

    /// A bad sector that these bytes touch and do not cover.
    pub(super) fn first_in_part(&self, bytes: &Range<u64>) -> Option<u64> {
        let ends = [bytes.start, bytes.end];
        let inside = ends.into_iter().filter(|end| end % SECTOR_BYTES != 0);
        let mut sectors = inside.map(|end| end / SECTOR_BYTES);
        sectors.find_map(|sector| self.first_in(sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES))
    }

    /// These bytes are written anew: a sector that they cover can be read again.
    pub(super) fn heal(&mut self, bytes: &Range<u64>) {
        let covered = bytes.start.div_ceil(SECTOR_BYTES)..bytes.end / SECTOR_BYTES;
        self.retain(|sector| !covered.contains(&sector));
    }

    /// Nothing is left of the file from `size` on.
    pub(super) fn cut(&mut self, size: u64) {
        self.retain(|sector| sector * SECTOR_BYTES < size);
    }

    fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        self.0.retain(|sector| keep(*sector));
    }

    /// Adds nothing where there are none, so that a file without any has the identity that it always had.
    pub(super) fn hash_into(&self, hasher: &mut Hasher) {
        if self.0.is_empty() {
            return;
        }
        hasher.number(u64::MAX);
        for sector in &self.0 {
            hasher.number(*sector);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sector_is_bad_until_all_of_it_is_written() {
        let mut bad = BadSectors::default();
        bad.insert(2);
        assert_eq!(bad.first_in(0..1024), None);
        assert_eq!(bad.first_in(0..1025), Some(2));
        assert_eq!(bad.first_in_part(&(1000..1100)), Some(2));
        assert_eq!(bad.first_in_part(&(1024..1536)), None);
        bad.heal(&(1024..1535));
        assert_eq!(bad.first_in(1500..1501), Some(2));
        bad.heal(&(1000..1536));
        assert_eq!(bad, BadSectors::default());
    }

    #[test]
    fn what_is_cut_off_is_not_bad_any_more() {
        let mut bad = BadSectors::default();
        bad.insert(2);
        bad.cut(1025);
        assert_eq!(bad.first_in(0..4096), Some(2));
        bad.cut(1024);
        assert_eq!(bad.first_in(0..4096), None);
    }
}
