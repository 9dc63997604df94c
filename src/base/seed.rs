//! Seeds: one `u64` from which everything about a run follows.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The version of what a seed means.
///
/// A change that makes a seed draw something else raises it; the changelog's heading "Seeds" says why.
pub const SEED_VERSION: u32 = 2;

/// The number from which all choices of one run are drawn.
///
/// Parses from decimal, from hexadecimal with `0x`, and from a 40-digit commit hash, of which the
/// first 16 digits count.
///
/// ```
/// use tornwrite::base::Seed;
///
/// assert_eq!("4711".parse(), Ok(Seed(4711)));
/// assert_eq!("0x10".parse(), Ok(Seed(16)));
/// let commit = "00000000000000ff000000000000000000000000";
/// assert_eq!(commit.parse(), Ok(Seed(255)));
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// A text that is no seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no seed: expected a decimal number, 0x… or a 40-digit commit hash")]
pub struct SeedError(String);

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Seed, SeedError> {
        let error = || SeedError(text.to_owned());
        let hexadecimal = |digits: &str| u64::from_str_radix(digits, 16).map_err(|_| error());
        if !text.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(error());
        }
        if let Some(digits) = text.strip_prefix("0x") {
            return hexadecimal(digits).map(Seed);
        }
        if text.len() == 40 && text.chars().all(|c| c.is_ascii_hexdigit()) {
            return hexadecimal(&text[..16]).map(Seed);
        }
        text.parse().map(Seed).map_err(|_| error())
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_what_is_no_seed() {
        for text in ["", "-1", "+5", "0x", "x12", "18446744073709551616", "1.5"] {
            assert!(text.parse::<Seed>().is_err(), "{text:?} was accepted");
        }
    }
}
