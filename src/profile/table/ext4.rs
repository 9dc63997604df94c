//! ext4 in its modes.

use super::{NO_TREE, ONE_COMPLETION, SECTORS, rule};
use crate::profile::{
    CutTail, DataFirst, DataPath, FillSet, FreedBlocks, FreshTear, FsyncFailure, Growth,
    LogFailure, MetadataOrder, OverwriteTear, Profile, Reach, RenameOver, Strength, TailGrowth,
    TreeDirectories, TreeRemovals, TreeRenames,
};

pub(super) const EXT4_ORDERED: Profile = Profile {
    name: "ext4-ordered",
    summary: "ext4 with its defaults: data=ordered, delayed allocation, auto_da_alloc",
    strength: Strength::Documented,
    base: None,
    metadata: rule(
        MetadataOrder::Log,
        "one jbd2 journal, replayed as a prefix; [BOB] no violation of \"directory op before any \
         op\" or \"directory op atomic\"; observed",
    ),
    reach: rule(
        Reach::LogPrefix,
        "ext4_sync_file commits the transaction that last touched the inode, and none if that is \
         already on disk (fs/ext4/fsync.c: i_sync_tid, i_datasync_tid); observed: after \
         fdatasync of a pure overwrite, an earlier rename is old or new",
    ),
    tree_renames: rule(TreeRenames::OwnSync, NO_TREE),
    tree_directories: rule(TreeDirectories::Entries, NO_TREE),
    tree_removals: rule(TreeRemovals::Needed, NO_TREE),
    growth: rule(
        Growth::Late,
        "delayed allocation: blocks and the size on disk come at write-back (ext4.rst, delalloc); \
         [BOB] violates \"append before any op\"; observed: an earlier append lost while a later \
         rename is durable",
    ),
    tail_growth: rule(
        TailGrowth::LikeOther,
        "nothing documents that growth within a block waits for less than other growth",
    ),
    data_first: rule(
        DataFirst::Nothing,
        "[Ferrite] prefix append is violated: a longer file shows NULs; observed, in new blocks and \
         in the rest of the old last one",
    ),
    cut_tail: rule(
        CutTail::ZerosFirst,
        "ext4_block_truncate_page zeroes through the page cache, and an ordered commit waits for that; \
         observed: zeros in a file that was not cut yet",
    ),
    freed_blocks: rule(
        FreedBlocks::AfterCommit,
        "ext4_free_blocks keeps blocks of ordered data back until the commit (mballoc.c)",
    ),
    data: rule(
        DataPath::InPlace,
        "data=ordered journals metadata only; [BOB] violates \"overwrite before any op\"",
    ),
    overwrite_tear: rule(OverwriteTear::Sector, SECTORS),
    fresh_tear: rule(
        FreshTear::Block,
        "new extents start unwritten and are converted after the I/O, block by block; [BOB] no \
         violation of \"single block append atomic\"; observed",
    ),
    rename_over: rule(
        RenameOver::AllocatesFirst,
        "auto_da_alloc starts write-back before the rename and does not wait: commit \
         0e20270454e4, \"still not a guarantee\"; observed without it: an empty file",
    ),
    fill: rule(
        FillSet::Zero,
        "[Ferrite] a longer file shows NULs in place of its data; unwritten extents never show \
         stale bytes; observed, never anything else, even on a prefilled disk",
    ),
    fsync_failure: rule(
        FsyncFailure::CleanNew,
        "[CuttleFS] ext4 ordered: page clean, new content in cache, this fsync reports; reported \
         once for each open file since Linux 4.16 (vfs.rst, generic/441)",
    ),
    log_failure: rule(
        LogFailure::ReadOnly,
        "[CuttleFS] a failed journal block remounts ext4 read-only",
    ),
};

pub(super) const EXT4_ORDERED_OBSERVED: Profile = Profile {
    name: "ext4-ordered-observed",
    summary: "ext4 with its defaults, as today's kernel goes about it",
    strength: Strength::Observed,
    tail_growth: rule(
        TailGrowth::Logged,
        "mechanism: write_end sets the size in its own transaction where nothing is to be allocated; \
         observed: after fsync of a directory the new length is always there, with bytes or zeros",
    ),
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    rename_over: rule(
        RenameOver::WritesFirst,
        "mechanism: the write-back that auto_da_alloc starts is done long before the rename's \
         transaction commits; observed: old or new, never anything between",
    ),
    ..EXT4_ORDERED
};

pub(super) const EXT4_NOAUTO: Profile = Profile {
    name: "ext4-noauto",
    summary: "ext4 with noauto_da_alloc: a rename over a file starts no write-back",
    rename_over: rule(
        RenameOver::Nothing,
        "ext4.rst, noauto_da_alloc; observed: an empty file, and zeros, after a rename over a file",
    ),
    ..EXT4_ORDERED
};

pub(super) const EXT4_NOAUTO_OBSERVED: Profile = Profile {
    name: "ext4-noauto-observed",
    summary: "ext4 with noauto_da_alloc, as today's kernel goes about it",
    strength: Strength::Observed,
    tail_growth: rule(
        TailGrowth::Logged,
        "mechanism: write_end sets the size in its own transaction where nothing is to be allocated; \
         observed: after fsync of a directory the new length is always there, with bytes or zeros",
    ),
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    ..EXT4_NOAUTO
};

pub(super) const EXT4_WRITEBACK: Profile = Profile {
    name: "ext4-writeback",
    summary: "ext4 with data=writeback: as ordered, and new blocks may show stale bytes",
    data_first: rule(
        DataFirst::Nothing,
        "data=writeback does not order data with metadata at all (ext4.rst); [BOB] violates \
         \"append before append\"",
    ),
    fill: rule(
        FillSet::ZeroOrStale,
        "ext4.rst, data=writeback: it can \"leave stale data exposed in recently written files in \
         case of an unclean shutdown\"; today's kernel was only seen to show zeros",
    ),
    cut_tail: rule(
        CutTail::Free,
        "no commit waits for data in this mode (ext4.rst); observed: the old bytes behind a cut, in a \
         file that was extended again",
    ),
    freed_blocks: rule(
        FreedBlocks::AtOnce,
        "ext4_free_blocks keeps blocks back until the commit only if their data is ordered (mballoc.c); \
         observed: an old file with bytes that were written after it was cut",
    ),
    ..EXT4_ORDERED
};

pub(super) const EXT4_WRITEBACK_OBSERVED: Profile = Profile {
    name: "ext4-writeback-observed",
    summary: "ext4 with data=writeback, as today's kernel goes about it",
    strength: Strength::Observed,
    tail_growth: rule(
        TailGrowth::Logged,
        "mechanism: write_end sets the size in its own transaction where nothing is to be allocated; \
         observed: after fsync of a directory the new length is always there, with bytes or zeros",
    ),
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    fill: rule(
        FillSet::Zero,
        "mechanism: new extents start unwritten in this mode too; observed: never anything but \
         zeros, even on a prefilled disk",
    ),
    ..EXT4_WRITEBACK
};

pub(super) const EXT4_NODELALLOC: Profile = Profile {
    name: "ext4-nodelalloc",
    summary: "ext4 with nodelalloc: blocks are allocated as they are written, and their bytes go first",
    growth: rule(
        Growth::Logged,
        "without delayed allocation write() allocates and sets the size in its own transaction",
    ),
    data_first: rule(
        DataFirst::NewBlocks,
        "data=ordered: a commit waits for the newly allocated blocks of its files (ext4.rst); not \
         for the rest of an old last block: observed, zeros there",
    ),
    rename_over: rule(
        RenameOver::Nothing,
        "sizes have their place in the log, so a rename needs to start nothing",
    ),
    ..EXT4_ORDERED
};

pub(super) const EXT4_JOURNAL: Profile = Profile {
    name: "ext4-journal",
    summary: "ext4 with data=journal: everything goes through the log, in order",
    reach: rule(
        Reach::LogPrefix,
        "ext4_sync_file with data=journal commits the whole transaction, data of all files in it; \
         observed: an earlier append of another file is durable too",
    ),
    growth: rule(
        Growth::Logged,
        "ext4.rst: data=journal disables delayed allocation",
    ),
    data_first: rule(
        DataFirst::All,
        "data=journal: bytes are in the log with their size; [BOB] no violation of \"append before \
         any op\"",
    ),
    cut_tail: rule(
        CutTail::Together,
        "the zeros are in the log with the truncate",
    ),
    data: rule(
        DataPath::Journaled,
        "ext4.rst, data=journal: \"all data are committed into the journal prior to being written \
         into the main file system\"; [BOB] overwrites are ordered and atomic by block",
    ),
    overwrite_tear: rule(
        OverwriteTear::Block,
        "the log holds whole blocks; [BOB] no violation of \"single block overwrite atomic\"",
    ),
    fresh_tear: rule(
        FreshTear::Block,
        "the log holds whole blocks; [BOB] no violation of \"single block append atomic\"",
    ),
    rename_over: rule(
        RenameOver::Nothing,
        "everything has its place in the log, so a rename needs to start nothing",
    ),
    fsync_failure: rule(
        FsyncFailure::CleanNewLater,
        "[CuttleFS] ext4 data=journal: this fsync succeeds, since the journal holds the data, and \
         the next one reports the block that could not be written",
    ),
    ..EXT4_ORDERED
};
