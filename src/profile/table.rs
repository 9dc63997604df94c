//! The table of filesystems.
//!
//! Sources in brackets: BOB is table 1 of "All File Systems Are Not Created Equal" (OSDI 2014); Ferrite is "Specifying and
//! Checking File System Crash-Consistency Models" (ASPLOS 2016); observed means seen on Linux 6.18, where every block
//! write of the real filesystem was recorded and cut.

use super::{DataPath, FillSet, Growth, MetadataOrder, Profile, Reach, RenameOver, Rule, Tear};

/// Every filesystem that the harness knows, weakest first.
pub const PROFILES: &[Profile] = &[POSIX_MINIMUM, EXT4_ORDERED, SEQUENTIAL];

const fn rule<T>(value: T, source: &'static str) -> Rule<T> {
    Rule { value, source }
}

const POSIX_MINIMUM: Profile = Profile {
    name: "posix-minimum",
    summary: "what POSIX guarantees and no more: every name, length and sector on its own",
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
    growth: rule(
        Growth::Free,
        "[BOB] ext2 violates \"append before append\" in the same file",
    ),
    data: rule(
        DataPath::InPlace,
        "[BOB] ext2 violates \"overwrite before any op\"",
    ),
    overwrite_tear: rule(
        Tear::Sector,
        "[BOB] \"single block overwrite atomic\" is violated, \"single sector overwrite\" nowhere: \
         disks write sectors of 512 bytes as a whole",
    ),
    fresh_tear: rule(
        Tear::Sector,
        "[BOB] ext2 violates \"single block append atomic\" and \"prefix append\"",
    ),
    rename_over: rule(
        RenameOver::Nothing,
        "rename(2) promises nothing about what is durable",
    ),
    fill: rule(
        FillSet::ANY,
        "[BOB] \"single sector append atomic\" is violated on ext2: a new block may show what its \
         last owner left there; observed without journal: zeros, stale and foreign bytes",
    ),
};

const EXT4_ORDERED: Profile = Profile {
    name: "ext4-ordered",
    summary: "ext4 with its defaults: data=ordered, delayed allocation, auto_da_alloc",
    metadata: rule(
        MetadataOrder::Log,
        "one jbd2 journal, replayed as a prefix; [BOB] no violation of \"directory op before any \
         op\" or \"directory op atomic\"; observed",
    ),
    reach: rule(
        Reach::OwnAndLog,
        "ext4_sync_file commits the transaction that last touched the inode, and none if that is \
         already on disk (fs/ext4/fsync.c: i_sync_tid, i_datasync_tid); observed: after \
         fdatasync of a pure overwrite, an earlier rename is old or new",
    ),
    growth: rule(
        Growth::Late,
        "delayed allocation: blocks and the size on disk come at write-back (ext4.rst, delalloc); \
         [BOB] violates \"append before any op\"; observed: an earlier append lost while a later \
         rename is durable",
    ),
    data: rule(
        DataPath::InPlace,
        "data=ordered journals metadata only; [BOB] violates \"overwrite before any op\"",
    ),
    overwrite_tear: rule(
        Tear::Sector,
        "[BOB] violates \"single block overwrite atomic\"; no sector was ever seen torn",
    ),
    fresh_tear: rule(
        Tear::Block,
        "new extents start unwritten and are converted after the I/O, block by block; [BOB] no \
         violation of \"single block append atomic\"; observed",
    ),
    rename_over: rule(
        RenameOver::AllocatesFirst,
        "auto_da_alloc starts write-back before the rename and does not wait: commit \
         0e20270454e4, \"still not a guarantee\"; observed without it: an empty file",
    ),
    fill: rule(
        FillSet::ZERO,
        "[Ferrite] a longer file shows NULs in place of its data; unwritten extents never show \
         stale bytes; observed, never anything else, even on a prefilled disk",
    ),
};

const SEQUENTIAL: Profile = Profile {
    name: "sequential",
    summary: "an ideal: everything in the order in which it was done, cut at one place",
    metadata: rule(
        MetadataOrder::Log,
        "by definition: what survives is a prefix of what was done",
    ),
    reach: rule(
        Reach::Everything,
        "by definition: a barrier waits for everything before it",
    ),
    growth: rule(
        Growth::Logged,
        "by definition: each write grows the file in its place",
    ),
    data: rule(
        DataPath::Journaled,
        "by definition: bytes take their place in the order too",
    ),
    overwrite_tear: rule(
        Tear::Block,
        "a write reaches the disk block by block, in order",
    ),
    fresh_tear: rule(
        Tear::Block,
        "a write reaches the disk block by block, in order",
    ),
    rename_over: rule(RenameOver::Nothing, "the order makes it unnecessary"),
    fill: rule(FillSet::ZERO, "a length never goes before its bytes"),
};
