//! 128-bit fingerprints, for equality only; not a cryptographic hash.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use xxhash_rust::xxh3::xxh3_128;

/// A 128-bit fingerprint (xxh3); prints as 32 hexadecimal digits.
///
/// ```
/// use tornwrite::base::Digest;
///
/// let digest = Digest::of(b"torn");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u128);

impl Digest {
    /// The fingerprint of `bytes`.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(xxh3_128(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Digest {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Digest, Self::Err> {
        u128::from_str_radix(text, 16).map(Digest)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// How many bytes a [`Hasher`] collects before it folds them into one digest.
const FOLD_BYTES: usize = 1 << 16;

/// Builds a [`Digest`] from parts, each of which the caller makes self-delimiting.
///
/// Parts are collected and hashed in one go, which is several times faster than hashing them one by one.
#[derive(Clone, Default)]
pub struct Hasher(Vec<u8>);

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// The same, with room for this many bytes.
    pub fn with_capacity(bytes: usize) -> Hasher {
        Hasher(Vec::with_capacity(bytes.min(2 * FOLD_BYTES)))
    }

    /// Adds an integer.
    #[inline]
    pub fn number(&mut self, number: u64) -> &mut Hasher {
        self.0.extend_from_slice(&number.to_le_bytes());
        self.fold()
    }

    /// Adds two integers, as one after the other would be.
    #[inline]
    pub fn pair(&mut self, one: u64, other: u64) -> &mut Hasher {
        if self.0.len() + 16 >= FOLD_BYTES {
            return self.number(one).number(other);
        }
        let both = u128::from(other) << 64 | u128::from(one);
        self.0.extend_from_slice(&both.to_le_bytes());
        self
    }

    /// Adds bytes with their length, so that two neighbours cannot run together.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Hasher {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
        self.fold()
    }

    /// Adds another digest.
    pub fn digest(&mut self, digest: Digest) -> &mut Hasher {
        self.0.extend_from_slice(&digest.0.to_le_bytes());
        self.fold()
    }

    /// The fingerprint of everything added so far.
    pub fn finish(&self) -> Digest {
        Digest::of(&self.0)
    }

    #[inline]
    fn fold(&mut self) -> &mut Hasher {
        if self.0.len() >= FOLD_BYTES {
            let digest = self.finish();
            self.0.clear();
            self.0.extend_from_slice(&digest.0.to_le_bytes());
        }
        self
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hasher").field(&self.finish()).finish()
    }
}
