//! What a filesystem promises, as data with sources.
//!
//! A [`Profile`] is a plain struct of small enums; each field is a [`Rule`] that carries where it comes from. The crash
//! model is built once and asks the profile; no code knows a filesystem by name. Adding a filesystem is adding a table
//! entry in `table.rs`.

mod table;

use std::fmt;

pub use table::PROFILES;

/// The tear unit of a device: the smallest piece that it writes as a whole.
pub const SECTOR_BYTES: usize = 512;

/// One promise and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<T> {
    /// The promise.
    pub value: T,
    /// Why it can be relied on, or why it cannot.
    pub source: &'static str,
}

/// What one filesystem promises about what a power loss leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The stable name, as scenarios write it.
    pub name: &'static str,
    /// One line for `list`.
    pub summary: &'static str,
    /// Whether changes of names and lengths become durable in order.
    pub metadata: Rule<MetadataOrder>,
    /// What a completed barrier covers.
    pub reach: Rule<Reach>,
    /// When a longer file becomes durable.
    pub growth: Rule<Growth>,
    /// How bytes get to disk.
    pub data: Rule<DataPath>,
    /// The smallest part of an in-place overwrite that survives on its own.
    pub overwrite_tear: Rule<Tear>,
    /// The smallest part of a newly allocated block that survives on its own.
    pub fresh_tear: Rule<Tear>,
    /// What a rename over an existing file does first.
    pub rename_over: Rule<RenameOver>,
    /// What bytes show that are inside a file and were never written to disk.
    pub fill: Rule<FillSet>,
}

/// Whether changes of names and lengths become durable in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataOrder {
    /// One log: what survives is a prefix, and a rename is one step.
    Log,
    /// None: each name and each length on its own, a rename by halves.
    Unordered,
}

/// What a completed barrier covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What was done to the file itself, or the entries of the directory itself.
    Own,
    /// That, and the log up to the last change of the file or directory.
    OwnAndLog,
    /// Everything that was done before the barrier began.
    Everything,
}

/// When a longer file becomes durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// With the metadata log, each step in its place.
    Logged,
    /// When the blocks are allocated at write-back: not before earlier metadata, and after nothing.
    Late,
    /// At any time.
    Free,
}

/// How bytes get to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPath {
    /// Straight to their blocks, ordered with nothing.
    InPlace,
    /// Through the log, block by block in order.
    Journaled,
}

/// The smallest part of a write that survives on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// A sector of 512 bytes on the file's grid.
    Sector,
    /// A block of 4096 bytes on the file's grid.
    Block,
}

/// What a rename over an existing file does before it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameOver {
    /// Nothing.
    Nothing,
    /// It allocates the new file's blocks, so that its length goes before the rename; its bytes need not.
    AllocatesFirst,
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
}

/// The fills that a profile allows; zeros are always among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillSet(&'static [Fill]);

impl FillSet {
    /// Zeros only.
    pub const ZERO: FillSet = FillSet(&[Fill::Zero]);
    /// Zeros, stale bytes or garbage.
    pub const ANY: FillSet = FillSet(&[Fill::Zero, Fill::Stale, Fill::Garbage]);

    /// The allowed fills, zeros first.
    pub const fn as_slice(self) -> &'static [Fill] {
        self.0
    }
}

impl Profile {
    /// The profile with this name.
    pub fn find(name: &str) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// Whether names and lengths become durable in the order of one log.
    pub fn has_log(&self) -> bool {
        self.metadata.value == MetadataOrder::Log
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_a_name_of_its_own_and_sources() {
        for profile in PROFILES {
            assert_eq!(Profile::find(profile.name), Some(profile));
            let sources = [
                profile.metadata.source,
                profile.reach.source,
                profile.growth.source,
            ];
            assert!(sources.iter().all(|source| !source.is_empty()), "{profile}");
        }
    }

    #[test]
    fn profiles_differ_in_more_than_their_names() {
        for (index, one) in PROFILES.iter().enumerate() {
            for two in &PROFILES[..index] {
                let renamed = Profile {
                    name: two.name,
                    summary: two.summary,
                    ..*one
                };
                assert_ne!(renamed, *two);
            }
        }
    }

    #[test]
    fn what_is_journaled_grows_in_the_log() {
        for profile in PROFILES
            .iter()
            .filter(|p| p.data.value == DataPath::Journaled)
        {
            assert!(
                profile.has_log() && profile.growth.value == Growth::Logged,
                "{profile}"
            );
        }
    }
}
