//! What the three filesystems promise, said once more in the words of the reference.

use tornwrite::profile::{FillSet, FreshTear, OverwriteTear, Profile, Rule};

/// How far apart two things may be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing is ordered.
    Minimum,
    /// One log of names and truncations; growth and new blocks go behind it.
    Ordered,
    /// Everything in a row.
    Sequential,
}

/// The rules of one filesystem.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub order: Order,
    /// The smallest piece of an overwrite that survives on its own, in bytes.
    pub overwrite_unit: usize,
    /// The same for the first write of a block.
    pub fresh_unit: usize,
}

pub const MINIMUM: Rules = Rules {
    order: Order::Minimum,
    overwrite_unit: 512,
    fresh_unit: 512,
};

pub const ORDERED: Rules = Rules {
    order: Order::Ordered,
    overwrite_unit: 512,
    fresh_unit: 4096,
};

pub const SEQUENTIAL: Rules = Rules {
    order: Order::Sequential,
    overwrite_unit: 4096,
    fresh_unit: 4096,
};

impl Rules {
    /// The same rules with nothing smaller than a block.
    pub fn by_block(self) -> Rules {
        Rules {
            overwrite_unit: 4096,
            fresh_unit: 4096,
            ..self
        }
    }
}

/// A rule that a test changed.
pub fn changed<T>(value: T) -> Rule<T> {
    Rule {
        value,
        source: "changed by a test",
    }
}

/// The profile with this name; what was never written shows as zeros, which is the only fill that the reference knows.
pub fn profile(name: &str) -> Profile {
    Profile {
        fill: changed(FillSet::Zero),
        ..*Profile::find(name).unwrap()
    }
}

/// The same profile with nothing smaller than a block.
pub fn by_block(profile: Profile) -> Profile {
    Profile {
        overwrite_tear: changed(OverwriteTear::Block),
        fresh_tear: changed(FreshTear::Block),
        ..profile
    }
}
