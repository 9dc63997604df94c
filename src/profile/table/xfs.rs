//! XFS.

use super::{ONE_COMPLETION, ext4::EXT4_ORDERED, rule};
use crate::profile::{
    CutTail, DataFirst, FillSet, FreedBlocks, FreshTear, FsyncFailure, Growth, LogFailure,
    MetadataOrder, Profile, Reach, RenameOver, Strength,
};

pub(super) const XFS: Profile = Profile {
    name: "xfs",
    summary: "XFS: one log, sizes after their bytes, overwrites in place",
    metadata: rule(
        MetadataOrder::Log,
        "strictly ordered metadata: one log, replayed as a prefix (Chinner on linux-fsdevel); [BOB] \
         no violation of \"directory op before any op\"; observed",
    ),
    reach: rule(
        Reach::LogPrefix,
        "xfs_file_fsync forces the log up to the inode's last change, and nothing if that is on \
         disk (fs/xfs/xfs_file.c); observed",
    ),
    data_first: rule(
        DataFirst::All,
        "the size on disk moves at I/O completion (commit ba87ea699ebd, \"NULL files\"); [Ferrite] \
         no violation of prefix append; observed: never zeros after an append",
    ),
    growth: rule(
        Growth::Late,
        "delayed allocation and size at I/O completion; [BOB] violates \"append before any op\"",
    ),
    fresh_tear: rule(
        FreshTear::Block,
        "unwritten extents are converted after the I/O (xfs_iomap_write_unwritten); [BOB] no \
         violation of \"single block append atomic\"",
    ),
    rename_over: rule(
        RenameOver::Nothing,
        "XFS has no such heuristic; [Ferrite] violates atomic replace; observed: an empty file \
         after a rename over another",
    ),
    fill: rule(
        FillSet::Zero,
        "unwritten extents read as zeros; observed, never anything else, even on a prefilled disk",
    ),
    fsync_failure: rule(
        FsyncFailure::CleanNew,
        "[CuttleFS] XFS: page clean, new content in cache, this fsync reports",
    ),
    log_failure: rule(
        LogFailure::Shutdown,
        "[CuttleFS] a failed journal or metadata block shuts XFS down: reads fail too",
    ),
    cut_tail: rule(
        CutTail::ZerosFirst,
        "xfs_setattr_size zeroes through the page cache and writes that back before the truncate; \
         observed: zeros in a file that was not cut yet",
    ),
    freed_blocks: rule(
        FreedBlocks::AfterCommit,
        "extents are busy until the log has what freed them (fs/xfs/xfs_extent_busy.c)",
    ),
    ..EXT4_ORDERED
};

pub(super) const XFS_OBSERVED: Profile = Profile {
    name: "xfs-observed",
    summary: "XFS, as today's kernel goes about it",
    strength: Strength::Observed,
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    ..XFS
};
