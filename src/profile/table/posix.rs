//! POSIX at its weakest, and ext2.

use super::{NO_TREE, SECTORS, rule};
use crate::profile::{
    CutTail, DataFirst, DataPath, FillSet, FreedBlocks, FreshTear, FsyncFailure, Growth,
    LogFailure, MetadataOrder, OverwriteTear, Profile, Reach, RenameOver, Strength, TailGrowth,
    TreeDirectories, TreeRemovals, TreeRenames,
};

pub(super) const POSIX_MINIMUM: Profile = Profile {
    name: "posix-minimum",
    summary: "what POSIX guarantees and no more: every name, length and sector on its own",
    strength: Strength::Documented,
    base: None,
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
    cut_tail: rule(
        CutTail::Free,
        "[BOB] ext2 orders nothing: the length goes before the zeros, and a longer file shows what was \
         cut",
    ),
    freed_blocks: rule(
        FreedBlocks::AfterCommit,
        "without a log there is no commit to wait for: what a new block may show instead is a fill",
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

pub(super) const EXT2: Profile = Profile {
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
