//! btrfs.

use super::{ONE_COMPLETION, rule, xfs::XFS};
use crate::profile::{
    CutTail, DataFirst, DataPath, FreedBlocks, FreshTear, FsyncFailure, Growth, LogFailure,
    MetadataOrder, OverwriteTear, Profile, Reach, RenameOver, Strength, TreeDirectories,
    TreeRemovals, TreeRenames,
};

pub(super) const BTRFS: Profile = Profile {
    name: "btrfs",
    summary: "btrfs: commits are whole, fsync writes a log tree that jumps the queue",
    metadata: rule(
        MetadataOrder::Log,
        "a transaction commit is one step that holds everything before it; out of order is only \
         what an fsync put into the log tree ([BOB] violates \"directory op before any op\")",
    ),
    reach: rule(
        Reach::LogTree,
        "fsync logs the inode and its names, not what other inodes did before (fs/btrfs/tree-log.c); \
         observed: a file that was fsynced later is there, an earlier rename, unlink or mkdir is not",
    ),
    tree_renames: rule(
        TreeRenames::OwnSync,
        "nothing promises that a barrier of another file takes a rename along (generic/640)",
    ),
    tree_directories: rule(
        TreeDirectories::Entries,
        "generic/335: fsync of a directory need not persist its subdirectories, \"POSIX does not \
         require it\"",
    ),
    tree_removals: rule(
        TreeRemovals::Needed,
        "name reuse is protected (generic/341, 342, 343, 376, 502); a commit of everything is not \
         promised",
    ),
    data_first: rule(
        DataFirst::All,
        "extent item and size change together when the I/O is complete; [Ferrite] no violation of \
         prefix append; observed",
    ),
    growth: rule(
        Growth::Late,
        "delayed allocation, size at I/O completion; [BOB] violates \"append before any op\"",
    ),
    cut_tail: rule(
        CutTail::Together,
        "the zeroed block is a new one, which the tree takes in with the length; observed: never one \
         without the other",
    ),
    freed_blocks: rule(
        FreedBlocks::AfterCommit,
        "extents are pinned until the transaction is on disk (fs/btrfs/extent-tree.c)",
    ),
    data: rule(
        DataPath::CopyOnWrite,
        "overwrites go to new extents, which the tree takes in when the I/O is complete; [BOB] no \
         violation of \"overwrite before any op\"",
    ),
    overwrite_tear: rule(
        OverwriteTear::Block,
        "copy on write by block; [BOB] no violation of \"single block overwrite atomic\", but of \
         \"multi-block write atomic\"",
    ),
    fresh_tear: rule(
        FreshTear::Block,
        "an extent item appears when its I/O is complete; [BOB] no violation of \"single block \
         append atomic\"",
    ),
    rename_over: rule(
        RenameOver::Nothing,
        "not promised since 3.17: btrfs developers in GLib merge request 2425",
    ),
    fsync_failure: rule(
        FsyncFailure::CleanOld,
        "[CuttleFS] btrfs: the page goes back to what is on disk, and this fsync reports",
    ),
    log_failure: rule(
        LogFailure::ReadOnly,
        "[CuttleFS] a failed log-tree or metadata block makes btrfs read-only",
    ),
    ..XFS
};

pub(super) const BTRFS_OBSERVED: Profile = Profile {
    name: "btrfs-observed",
    summary: "btrfs, as today's kernel goes about it",
    strength: Strength::Observed,
    tree_renames: rule(
        TreeRenames::NextSync,
        "mechanism: btrfs_log_new_name puts the new name into the log tree that holds the file; \
         observed: fsync(t), rename(t, f), fsync(z) keeps the rename",
    ),
    tree_directories: rule(
        TreeDirectories::NewSubdirectories,
        "mechanism: log_new_dir_dentries follows new directories; observed",
    ),
    tree_removals: rule(
        TreeRemovals::FullCommit,
        "mechanism: last_unlink_trans forces a full commit after an unlink or rename in that place; \
         observed: a swap by renames is there as a whole after fsync of one side",
    ),
    overwrite_tear: rule(
        OverwriteTear::Write,
        "mechanism: one ordered extent for each write; observed: old or new only",
    ),
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    rename_over: rule(
        RenameOver::WritesFirst,
        "mechanism: rename over a file starts write-back, which is done long before the commit; \
         observed: old or new only",
    ),
    ..BTRFS
};
