//! An ideal.

use super::{NO_TREE, rule};
use crate::profile::{
    CutTail, DataFirst, DataPath, FillSet, FreedBlocks, FreshTear, FsyncFailure, Growth,
    LogFailure, MetadataOrder, OverwriteTear, Profile, Reach, RenameOver, Strength, TailGrowth,
    TreeDirectories, TreeRemovals, TreeRenames,
};

pub(super) const SEQUENTIAL: Profile = Profile {
    name: "sequential",
    summary: "an ideal: everything in the order in which it was done, cut at one place",
    strength: Strength::Documented,
    base: None,
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
    cut_tail: rule(CutTail::Together, "by definition: a truncate is one step"),
    freed_blocks: rule(
        FreedBlocks::AfterCommit,
        "by definition: nothing overtakes anything",
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
