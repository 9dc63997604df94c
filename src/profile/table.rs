//! The table of filesystems.
//!
//! Sources in brackets: BOB is table 1 of "All File Systems Are Not Created Equal" (OSDI 2014); Ferrite is "Specifying and
//! Checking File System Crash-Consistency Models" (ASPLOS 2016); CuttleFS is table 1 of "Can Applications Recover from
//! fsync Failures?" (ATC 2020); observed means seen on Linux 6.18, where every block write of the real filesystem was
//! recorded and cut (`docs/calibration.md`). A source that says "mechanism" describes how the kernel goes about it, which
//! nobody promises to keep.

use super::{
    DataFirst, DataPath, FillSet, FreshTear, FsyncFailure, Growth, LogFailure, MetadataOrder,
    OverwriteTear, Profile, Reach, RenameOver, Rule, Strength, TailGrowth, TreeDirectories,
    TreeRemovals, TreeRenames,
};

/// Every filesystem that the harness knows, weakest first.
pub const PROFILES: &[Profile] = &[
    POSIX_MINIMUM,
    EXT2,
    EXT4_WRITEBACK,
    EXT4_WRITEBACK_OBSERVED,
    EXT4_NOAUTO,
    EXT4_NOAUTO_OBSERVED,
    EXT4_ORDERED,
    EXT4_ORDERED_OBSERVED,
    EXT4_NODELALLOC,
    EXT4_JOURNAL,
    XFS,
    XFS_OBSERVED,
    BTRFS,
    BTRFS_OBSERVED,
    SEQUENTIAL,
];

const fn rule<T>(value: T, source: &'static str) -> Rule<T> {
    Rule { value, source }
}

const NO_TREE: &str = "there is no log tree: only btrfs writes one";
const SECTORS: &str = "[BOB] violates \"single block overwrite atomic\", \"single sector overwrite\" nowhere: disks write \
                       sectors of 512 bytes as a whole";
const ONE_COMPLETION: &str = "mechanism: the new blocks of one write are one extent, converted by one completion; observed \
                              together, unless another write splits them";

const POSIX_MINIMUM: Profile = Profile {
    name: "posix-minimum",
    summary: "what POSIX guarantees and no more: every name, length and sector on its own",
    strength: Strength::Documented,
    metadata: rule(
        MetadataOrder::Unordered,
        "POSIX orders nothing without fsync; [BOB] ext2 violates \"directory op atomic\" and \
         \"directory op before any op\"",
    ),
    reach: rule(
        Reach::Own,
        "fsync(2): \"does not necessarily ensure that the entry in the directory containing the \
         file has also reached disk\"; a directory needs an fsync of its own",
    ),
    tree_renames: rule(TreeRenames::OwnSync, NO_TREE),
    tree_directories: rule(TreeDirectories::Entries, NO_TREE),
    tree_removals: rule(TreeRemovals::Needed, NO_TREE),
    growth: rule(
        Growth::Free,
        "[BOB] ext2 violates \"append before append\" in the same file",
    ),
    tail_growth: rule(
        TailGrowth::LikeOther,
        "[BOB] ext2 violates \"append before append\" in the same file",
    ),
    data_first: rule(
        DataFirst::Nothing,
        "[BOB] ext2 violates \"append before any op\": a size goes before its bytes",
    ),
    data: rule(
        DataPath::InPlace,
        "[BOB] ext2 violates \"overwrite before any op\"",
    ),
    overwrite_tear: rule(OverwriteTear::Sector, SECTORS),
    fresh_tear: rule(
        FreshTear::Sector,
        "[BOB] ext2 violates \"single block append atomic\" and \"prefix append\"",
    ),
    rename_over: rule(
        RenameOver::Nothing,
        "rename(2) promises nothing about what is durable",
    ),
    fill: rule(
        FillSet::Any,
        "[BOB] \"single sector append atomic\" is violated on ext2: a new block may show what its \
         last owner left there; observed without journal: zeros, stale and foreign bytes",
    ),
    fsync_failure: rule(
        FsyncFailure::Any,
        "POSIX fsync: \"outstanding I/O operations are not guaranteed to have been completed\", and \
         nothing is said of the pages; [CuttleFS] filesystems differ",
    ),
    log_failure: rule(
        LogFailure::NoLog,
        "POSIX knows no journal whose write could fail",
    ),
};

const EXT2: Profile = Profile {
    name: "ext2",
    summary: "ext2, and ext4 without a journal: nothing is ordered, a check at mount repairs the structure",
    metadata: rule(
        MetadataOrder::Unordered,
        "no journal; [BOB] violates \"directory op atomic\" and \"directory op before any op\"; \
         observed on ext4 without journal: both names of a renamed file, and neither",
    ),
    reach: rule(
        Reach::Own,
        "ext2 fsync is generic_file_fsync: the file's pages and its inode, no directory; libjio's \
         fsync_dir notes say the same of ext2",
    ),
    fsync_failure: rule(
        FsyncFailure::CleanNew,
        "the page cache marks failed pages clean and reports once for each open file \
         (Documentation/filesystems/vfs.rst, \"Handling errors during writeback\")",
    ),
    log_failure: rule(LogFailure::NoLog, "ext2 has no journal"),
    ..POSIX_MINIMUM
};

const EXT4_ORDERED: Profile = Profile {
    name: "ext4-ordered",
    summary: "ext4 with its defaults: data=ordered, delayed allocation, auto_da_alloc",
    strength: Strength::Documented,
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

const EXT4_ORDERED_OBSERVED: Profile = Profile {
    name: "ext4-ordered-observed",
    summary: "ext4 with its defaults, as today's kernel goes about it",
    strength: Strength::Observed,
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    rename_over: rule(
        RenameOver::WritesFirst,
        "mechanism: the write-back that auto_da_alloc starts is done long before the rename's \
         transaction commits; observed: old or new, never anything between",
    ),
    ..EXT4_ORDERED
};

const EXT4_NOAUTO: Profile = Profile {
    name: "ext4-noauto",
    summary: "ext4 with noauto_da_alloc: a rename over a file starts no write-back",
    rename_over: rule(
        RenameOver::Nothing,
        "ext4.rst, noauto_da_alloc; observed: an empty file, and zeros, after a rename over a file",
    ),
    ..EXT4_ORDERED
};

const EXT4_NOAUTO_OBSERVED: Profile = Profile {
    name: "ext4-noauto-observed",
    summary: "ext4 with noauto_da_alloc, as today's kernel goes about it",
    strength: Strength::Observed,
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    ..EXT4_NOAUTO
};

const EXT4_WRITEBACK: Profile = Profile {
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
    ..EXT4_ORDERED
};

const EXT4_WRITEBACK_OBSERVED: Profile = Profile {
    name: "ext4-writeback-observed",
    summary: "ext4 with data=writeback, as today's kernel goes about it",
    strength: Strength::Observed,
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    fill: rule(
        FillSet::Zero,
        "mechanism: new extents start unwritten in this mode too; observed: never anything but \
         zeros, even on a prefilled disk",
    ),
    ..EXT4_WRITEBACK
};

const EXT4_NODELALLOC: Profile = Profile {
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

const EXT4_JOURNAL: Profile = Profile {
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

const XFS: Profile = Profile {
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
    ..EXT4_ORDERED
};

const XFS_OBSERVED: Profile = Profile {
    name: "xfs-observed",
    summary: "XFS, as today's kernel goes about it",
    strength: Strength::Observed,
    fresh_tear: rule(FreshTear::Write, ONE_COMPLETION),
    ..XFS
};

const BTRFS: Profile = Profile {
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

const BTRFS_OBSERVED: Profile = Profile {
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

const SEQUENTIAL: Profile = Profile {
    name: "sequential",
    summary: "an ideal: everything in the order in which it was done, cut at one place",
    strength: Strength::Documented,
    metadata: rule(
        MetadataOrder::Log,
        "by definition: what survives is a prefix of what was done",
    ),
    reach: rule(
        Reach::Everything,
        "by definition: a barrier waits for everything before it",
    ),
    tree_renames: rule(TreeRenames::OwnSync, NO_TREE),
    tree_directories: rule(TreeDirectories::Entries, NO_TREE),
    tree_removals: rule(TreeRemovals::Needed, NO_TREE),
    growth: rule(
        Growth::Logged,
        "by definition: each write grows the file in its place",
    ),
    tail_growth: rule(
        TailGrowth::LikeOther,
        "by definition: each write grows the file in its place",
    ),
    data_first: rule(
        DataFirst::All,
        "by definition: bytes come before the size that shows them",
    ),
    data: rule(
        DataPath::Journaled,
        "by definition: bytes take their place in the order too",
    ),
    overwrite_tear: rule(
        OverwriteTear::Block,
        "a write reaches the disk block by block, in order",
    ),
    fresh_tear: rule(
        FreshTear::Block,
        "a write reaches the disk block by block, in order",
    ),
    rename_over: rule(RenameOver::Nothing, "the order makes it unnecessary"),
    fill: rule(FillSet::Zero, "a length never goes before its bytes"),
    fsync_failure: rule(
        FsyncFailure::DirtyNew,
        "by definition: what failed is tried again by the next barrier",
    ),
    log_failure: rule(
        LogFailure::ReadOnly,
        "by definition: without its order there is no more writing",
    ),
};
