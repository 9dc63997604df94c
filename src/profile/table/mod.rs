//! The table of filesystems.
//!
//! Sources in brackets: BOB is table 1 of "All File Systems Are Not Created Equal" (OSDI 2014); Ferrite is "Specifying and
//! Checking File System Crash-Consistency Models" (ASPLOS 2016); `CuttleFS` is table 1 of "Can Applications Recover from
//! fsync Failures?" (ATC 2020); observed means seen on Linux 6.18, where every block write of the real filesystem was
//! recorded and cut (`docs/calibration.md`). A source that says "mechanism" describes how the kernel goes about it, which
//! nobody promises to keep.

mod btrfs;
mod ext4;
mod posix;
mod sequential;
mod xfs;

use super::{Profile, Rule};

/// Every filesystem that the harness knows, weakest first.
pub const PROFILES: &[Profile] = &[
    posix::POSIX_MINIMUM,
    posix::EXT2,
    ext4::EXT4_WRITEBACK,
    ext4::EXT4_WRITEBACK_OBSERVED,
    ext4::EXT4_NOAUTO,
    ext4::EXT4_NOAUTO_OBSERVED,
    ext4::EXT4_ORDERED,
    ext4::EXT4_ORDERED_OBSERVED,
    ext4::EXT4_NODELALLOC,
    ext4::EXT4_JOURNAL,
    xfs::XFS,
    xfs::XFS_OBSERVED,
    btrfs::BTRFS,
    btrfs::BTRFS_OBSERVED,
    sequential::SEQUENTIAL,
];

const fn rule<T>(value: T, source: &'static str) -> Rule<T> {
    Rule { value, source }
}

const NO_TREE: &str = "there is no log tree: only btrfs writes one";
const SECTORS: &str = "[BOB] violates \"single block overwrite atomic\", \"single sector overwrite\" nowhere: disks write \
                       sectors of 512 bytes as a whole";
const ONE_COMPLETION: &str = "mechanism: the new blocks of one write are one extent, converted by one completion; observed \
                              together, unless another write splits them";
