//! What every other room stands on: seeds, random draws, ratios, digests, unit newtypes.
//!
//! Uses nothing else of this crate.

mod digest;
mod digest_cell;
mod position;
mod range;
mod ratio;
mod rng;
mod seed;

pub use digest::{Digest, Hasher};
pub use digest_cell::DigestCell;
pub use position::Position;
pub use range::{InclusiveRange, InclusiveRangeError};
pub use ratio::{Ratio, RatioError};
pub use rng::{Rng, Stream};
pub use seed::{SEED_VERSION, Seed, SeedError};
