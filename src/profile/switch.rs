//! The switches that profiles are made of: small enums with a word and a meaning for each value.

/// Declares the values of one switch, each with its word in scenarios and its meaning in documentation.
macro_rules! switch {
    (
        $(#[doc = $summary:literal])+
        pub enum $name:ident as $key:literal {
            $($variant:ident = $word:literal: $meaning:literal,)+
        }
    ) => {
        $(#[doc = $summary])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $meaning] $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The switch with all its values, as scenarios and documentation name them.
            pub const SWITCH: Switch = Switch {
                key: $key,
                summary: concat!($($summary),+).trim_ascii_start(),
                values: &[$(Choice { word: $word, meaning: $meaning }),+],
            };

            /// The word and the meaning of this value.
            pub const fn choice(self) -> Choice {
                match self {
                    $($name::$variant => Choice { word: $word, meaning: $meaning },)+
                }
            }

            /// The value with this word.
            pub fn find(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|value| value.choice().word == word)
            }
        }
    };
}

/// A switch by name, with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// The key in a scenario's inline profile, and the name of the rule.
    pub key: &'static str,
    /// What it decides, in a sentence.
    pub summary: &'static str,
    /// The values that it may have.
    pub values: &'static [Choice],
}

/// A value of a switch by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word in scenarios.
    pub word: &'static str,
    /// What it means, a sentence without its full stop.
    pub meaning: &'static str,
}

switch! {
    /// Whether changes of names and lengths become durable in order.
    pub enum MetadataOrder as "metadata" {
        Log = "log": "names and lengths go through one log: what survives is a prefix, and a rename is one step",
        Unordered = "unordered": "each name and each length is on its own, a rename may survive by halves",
    }
}

switch! {
    /// What a completed barrier covers.
    pub enum Reach as "reach" {
        Own = "own": "fsync covers what was done to the file itself, or the entries of the directory itself",
        LogPrefix = "log-prefix": "fsync covers the file itself, and the log up to the file's last change",
        LogTree = "log-tree": "fsync covers the file and its names, and jumps the queue of the log",
        Everything = "everything": "fsync covers everything that was done before it began",
    }
}

switch! {
    /// Whether the log tree takes renames of a file that it already holds with its next write.
    pub enum TreeRenames as "tree_renames" {
        OwnSync = "own-sync": "a rename waits for a barrier of the renamed file or its directory",
        NextSync = "next-sync": "a rename of a file that is already in the log tree goes with the next fsync of any file",
    }
}

switch! {
    /// How deep the log tree takes a directory.
    pub enum TreeDirectories as "tree_directories" {
        Entries = "entries": "fsync of a directory covers its own entries",
        NewSubdirectories = "new-subdirectories": "fsync of a directory covers the entries of new directories in it too",
    }
}

switch! {
    /// What fsync of a file does that needs a name removed from another one.
    pub enum TreeRemovals as "tree_removals" {
        Needed = "needed": "fsync of a file covers the removals that it needs of names of others",
        FullCommit = "full-commit": "fsync of a file that needs a name removed from another falls back to a commit of the whole log",
    }
}

switch! {
    /// When a longer file becomes durable.
    pub enum Growth as "growth" {
        Logged = "logged": "a longer size has its place in the log",
        Late = "late": "a longer size comes with write-back: not before the log up to its write, and nothing waits for it",
        Free = "free": "a longer size may come at any time",
    }
}

switch! {
    /// When a file becomes longer on disk within a block that it already has.
    pub enum TailGrowth as "tail_growth" {
        LikeOther = "like-other": "growth within an allocated block is like any other",
        Logged = "logged": "growth within an allocated block has its place in the log",
    }
}

switch! {
    /// Which bytes must be on disk before a size that shows them.
    pub enum DataFirst as "data_first" {
        Nothing = "nothing": "a size may survive without the bytes below it",
        NewBlocks = "new-blocks": "a size needs the newly allocated blocks below it, not the rest of the old last block",
        All = "all": "a size needs the bytes of its write below it, from the block of the old end of the file on",
    }
}

switch! {
    /// When the rest of the block is zeroed in which a file was cut.
    pub enum CutTail as "cut_tail" {
        Together = "together": "the rest of a cut block is zeroed in one step with the truncate",
        ZerosFirst = "zeros-first": "the rest of a cut block is overwritten with zeros before the truncate, or without it",
        Free = "free": "the rest of a cut block is overwritten with zeros at any time: a longer file may show it again",
    }
}

switch! {
    /// When blocks that a file gave back are used again.
    pub enum FreedBlocks as "freed_blocks" {
        AfterCommit = "after-commit": "a block is used again when what gave it back is in the log",
        AtOnce = "at-once": "a block is used again at once: if what gave it back is lost, the old file shows the new bytes",
    }
}

switch! {
    /// How bytes get to disk.
    pub enum DataPath as "data" {
        InPlace = "in-place": "overwrites go straight to their blocks, ordered with nothing",
        CopyOnWrite = "copy-on-write": "overwrites go to new blocks, which the log takes in afterwards",
        Journaled = "journaled": "bytes go through the log, block by block in order",
    }
}

switch! {
    /// The smallest part of an overwrite that survives on its own.
    pub enum OverwriteTear as "overwrite_tear" {
        Sector = "sector": "an overwrite tears between sectors of 512 bytes",
        Block = "block": "an overwrite tears between blocks of 4096 bytes only",
        Write = "write": "an overwrite survives as a whole or not at all",
    }
}

switch! {
    /// The smallest part of a write to new blocks that survives on its own.
    pub enum FreshTear as "fresh_tear" {
        Sector = "sector": "new blocks tear between sectors of 512 bytes",
        Block = "block": "each new block of 4096 bytes survives as a whole or not at all",
        Write = "write": "the new blocks of one write survive together or not at all",
    }
}

switch! {
    /// What a rename over an existing file does before it takes effect.
    pub enum RenameOver as "rename_over" {
        Nothing = "nothing": "a rename over an existing file waits for nothing",
        AllocatesFirst = "allocates-first": "the new file's length goes before the rename, its bytes need not",
        WritesFirst = "writes-first": "the new file's length and bytes go before the rename",
    }
}

switch! {
    /// What bytes may show that are inside a file and were never written to disk.
    pub enum FillSet as "fill" {
        Zero = "zero": "a gap shows zeros",
        ZeroOrStale = "zero-or-stale": "a new block shows zeros, or what a deleted or cut file left there",
        Any = "any": "a new block shows zeros, what a deleted or cut file left there, or bytes that mean nothing",
    }
}

switch! {
    /// What a failed fsync leaves behind, and who is told.
    pub enum FsyncFailure as "fsync_failure" {
        CleanNew = "clean-new": "the pages are clean, show the new bytes, and this call fails",
        CleanNewLater = "clean-new-later": "the pages are clean, show the new bytes, and only the next call fails",
        CleanOld = "clean-old": "the pages are back to the old bytes, and this call fails",
        DirtyNew = "dirty-new": "the pages stay dirty, show the new bytes, and this call fails",
        Any = "any": "any of the four, drawn for each failure",
    }
}

switch! {
    /// What a failed write of the log does.
    pub enum LogFailure as "log_failure" {
        NoLog = "no-log": "there is no log whose write could fail",
        ReadOnly = "read-only": "the filesystem becomes read-only",
        Shutdown = "shutdown": "the filesystem shuts down: every operation fails, reads too",
    }
}

/// What bytes show that are inside a file and were never written to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zero,
    /// Bytes of a file that was deleted or cut earlier.
    Stale,
    /// Bytes that mean nothing.
    Garbage,
    /// Bytes of another such file than [`Fill::Stale`] shows; where a profile allows the one, it allows the other.
    OtherStale,
}

impl FillSet {
    /// The allowed fills, zeros first.
    pub const fn as_slice(self) -> &'static [Fill] {
        match self {
            FillSet::Zero => &[Fill::Zero],
            FillSet::ZeroOrStale => &[Fill::Zero, Fill::Stale],
            FillSet::Any => &[Fill::Zero, Fill::Stale, Fill::Garbage],
        }
    }
}
