//! A part of a campaign: every n-th run.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Which part of a campaign is executed: the runs whose number leaves `index` when it is divided by `count`.
///
/// ```
/// use tornwrite::campaign::Shard;
///
/// let shard: Shard = "2/7".parse()?;
/// assert_eq!((shard.index(), shard.count()), (2, 7));
/// assert!("7/7".parse::<Shard>().is_err());
/// # Ok::<(), tornwrite::campaign::ShardError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "[u64; 2]", into = "[u64; 2]")]
pub struct Shard {
    index: u64,
    count: u64,
}

/// Why something is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no shard: expected K/N, where K counts from 0 and is below N, such as 0/4")]
pub struct ShardError(String);

impl Shard {
    /// All of a campaign.
    pub const WHOLE: Shard = Shard { index: 0, count: 1 };

    /// The shard `index`, counted from 0, of `count`.
    pub fn new(index: u64, count: u64) -> Result<Shard, ShardError> {
        if index < count {
            Ok(Shard { index, count })
        } else {
            Err(ShardError(format!("{index}/{count}")))
        }
    }

    /// Which shard, counted from 0.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// Of how many.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// Whether it is a part rather than the whole.
    pub const fn is_part(self) -> bool {
        self.count > 1
    }

    /// How many of `units` runs it has.
    pub const fn units(self, units: u64) -> u64 {
        units / self.count + (self.index < units % self.count) as u64
    }

    /// The number, in the whole campaign, of its n-th run.
    pub(super) const fn unit(self, nth: u64) -> u64 {
        nth * self.count + self.index
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Shard, ShardError> {
        let wrong = || ShardError(text.to_owned());
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        Shard::new(number(index)?, number(count)?).map_err(|_| wrong())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl TryFrom<[u64; 2]> for Shard {
    type Error = ShardError;

    fn try_from([index, count]: [u64; 2]) -> Result<Shard, ShardError> {
        Shard::new(index, count)
    }
}

impl From<Shard> for [u64; 2] {
    fn from(shard: Shard) -> [u64; 2] {
        [shard.index, shard.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_of_a_campaign_have_each_run_once() {
        for (units, count) in [(0, 3), (1, 3), (10, 1), (10, 3), (64, 64), (5, 7)] {
            let shards = (0..count).map(|index| Shard::new(index, count).unwrap());
            let mut all: Vec<u64> = shards
                .flat_map(|shard| (0..shard.units(units)).map(move |nth| shard.unit(nth)))
                .collect();
            all.sort_unstable();
            assert_eq!(all, (0..units).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "1/", "/2", "2/2", "0/0", "-1/2", "1/2/3", "a/b"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
