//! Media faults: what a device does to a disk after the crash, before the recovery.
//!
//! Guarantees:
//! - a fault is part of the schedule: it names file, sector and bits, and is laid again as it was;
//! - it is drawn from a stream of its own, so that a device never shifts what else a seed means;
//! - faults fall on what is durable. What of that is in the *last sync group*, which nothing durable was written after, is
//!   told apart: no subject can tell damage there from a tear.
//!
//! A sync group is what one barrier made certain. Where all that is pending survives a crash between two operations of the
//! subject, that is as good as a barrier, and the last group is what was pending. A disk keeps its last group into the next life, until a barrier there.
//!
//! Not modelled: faults in names, lengths and extents, more than one fault in a disk, faults while a subject runs.

mod bytes;
mod sectors;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::signature::without_numbers;
use crate::{
    base::{Rng, Seed, Stream},
    crash::{Kept, Window},
    image::{Image, Inode},
    oracle::Damage,
    profile::Device,
};
use sectors::Sectors;

/// One of this many crash states is left as it is, which is where the next life may begin.
const FAULTLESS: u64 = 8;

/// A sector of a file.
type Place = (Inode, u64);

/// A fault of the medium, by the path that the file has on the damaged disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MediaFault {
    /// Bits of a sector changed.
    FlippedBits {
        /// The file.
        path: String,
        /// The sector, from the start of the file.
        sector: u64,
        /// The bits, from the start of the sector, the lowest of a byte first.
        bits: Vec<u64>,
    },
    /// A sector cannot be read.
    UnreadableSector {
        /// The file.
        path: String,
        /// The sector.
        sector: u64,
    },
    /// The last write of a sector went to another place, or nowhere that shows.
    MisdirectedWrite {
        /// The file that it was meant for.
        path: String,
        /// The sector that it was meant for.
        sector: u64,
        /// Whether zeros are there now, instead of what was there before.
        zeros: bool,
        /// The file and the sector that show its bytes.
        to: Option<(String, u64)>,
    },
    /// Sectors that were being written hold bytes that mean nothing.
    Garbage {
        /// The file.
        path: String,
        /// The first sector.
        sector: u64,
        /// How many.
        count: u64,
    },
}

/// A fault with what the oracle is told of it.
#[derive(Clone, Debug)]
pub(super) struct Faulted {
    pub(super) fault: MediaFault,
    pub(super) damage: Damage,
}

/// What a life knows of the disk that it began on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LastGroup {
    /// The sectors that nothing durable was written after.
    sectors: BTreeSet<Place>,
    /// A process died on it with effects pending, and a write in flight may have been cut.
    resumed: bool,
}

/// Draws the faults of one life.
#[derive(Debug)]
pub(super) struct Medium {
    device: &'static Device,
    rng: Rng,
    /// The last sync group of the disk that the life began on.
    pub(super) inherited: LastGroup,
}

impl Medium {
    pub(super) fn new(device: &'static Device, seed: Seed, life: u32) -> Medium {
        Medium {
            device,
            rng: Rng::new(seed, Stream::MediaFault, life),
            inherited: LastGroup::default(),
        }
    }

    /// Damages the disk that a power loss left, if the device does that.
    pub(super) fn strike(
        &mut self,
        window: &Window<'_>,
        selection: &[Kept],
        image: &mut Image,
    ) -> Option<Faulted> {
        if !self.device.damages() || self.rng.below(FAULTLESS) == 0 {
            return None;
        }
        let sectors = Sectors::of(window, selection, image, &self.inherited);
        let fault = sectors.draw(self.device.fault, window, image, &mut self.rng)?;
        sectors.lay(&fault, window, image)
    }
}

/// The last sync group of the disk that a crash left undamaged, if the device makes that of interest; where what is pending
/// is pending still, that of the disk before.
pub(super) fn last_group(
    device: &Device,
    window: &Window<'_>,
    selection: &[Kept],
    image: &Image,
    inherited: &LastGroup,
    resumes: bool,
) -> LastGroup {
    if !device.damages() {
        return LastGroup::default();
    }
    if resumes {
        return LastGroup {
            resumed: true,
            ..inherited.clone()
        };
    }
    LastGroup {
        sectors: Sectors::of(window, selection, image, inherited).newest(),
        resumed: false,
    }
}

/// Lays a recorded fault; `None` if the disk has no such sector.
pub(super) fn lay(
    fault: &MediaFault,
    window: &Window<'_>,
    selection: &[Kept],
    image: &mut Image,
    inherited: &LastGroup,
) -> Option<Faulted> {
    Sectors::of(window, selection, image, inherited).lay(fault, window, image)
}

impl MediaFault {
    /// The fault without its place in the file.
    pub(super) fn kind(&self) -> String {
        match self {
            MediaFault::FlippedBits { path, .. } => format!("flipped bits in {path}"),
            MediaFault::UnreadableSector { path, .. } => format!("unreadable sector in {path}"),
            MediaFault::MisdirectedWrite { path, .. } => format!("misdirected write to {path}"),
            MediaFault::Garbage { path, .. } => format!("garbage in {path}"),
        }
    }

    /// What it does to which file, numbers left out.
    pub(crate) fn likeness(&self) -> String {
        without_numbers(&self.kind())
    }

    /// How much it damages.
    pub(super) fn extent(&self) -> u64 {
        match self {
            MediaFault::FlippedBits { bits, .. } => bits.len() as u64,
            MediaFault::Garbage { count, .. } => *count,
            MediaFault::UnreadableSector { .. } | MediaFault::MisdirectedWrite { .. } => 1,
        }
    }

    /// The same with less damage.
    pub(super) fn smaller(&self) -> Vec<MediaFault> {
        match self {
            MediaFault::FlippedBits { path, sector, bits } if bits.len() > 1 => {
                let one = |bit: &u64| MediaFault::FlippedBits {
                    path: path.clone(),
                    sector: *sector,
                    bits: vec![*bit],
                };
                bits.iter().map(one).collect()
            }
            MediaFault::Garbage {
                path,
                sector,
                count,
            } if *count > 1 => {
                let one = |sector| MediaFault::Garbage {
                    path: path.clone(),
                    sector,
                    count: 1,
                };
                (*sector..*sector + *count).map(one).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The files that it is about.
    pub fn paths(&self) -> Vec<&str> {
        match self {
            MediaFault::FlippedBits { path, .. }
            | MediaFault::UnreadableSector { path, .. }
            | MediaFault::Garbage { path, .. } => vec![path],
            MediaFault::MisdirectedWrite { path, to, .. } => {
                let target = to.iter().map(|(path, _)| path.as_str());
                [path.as_str()].into_iter().chain(target).collect()
            }
        }
    }
}

impl std::fmt::Display for MediaFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MediaFault::FlippedBits { path, sector, bits } => {
                let count = bits.len();
                let s = if count == 1 { "" } else { "s" };
                write!(f, "{count} bit{s} flipped in sector {sector} of {path}")
            }
            MediaFault::UnreadableSector { path, sector } => {
                write!(f, "sector {sector} of {path} became unreadable")
            }
            MediaFault::MisdirectedWrite {
                path,
                sector,
                zeros,
                to,
            } => {
                let what = if *zeros {
                    "zeros"
                } else {
                    "what was there before"
                };
                write!(f, "sector {sector} of {path} shows {what}")?;
                match to {
                    Some((path, sector)) => {
                        write!(f, ", for its write went to sector {sector} of {path}")
                    }
                    None => write!(f, ", for its write went elsewhere"),
                }
            }
            MediaFault::Garbage {
                path,
                sector,
                count: 1,
            } => write!(f, "sector {sector} of {path} holds garbage"),
            MediaFault::Garbage {
                path,
                sector,
                count,
            } => {
                write!(f, "{count} sectors of {path} from {sector} on hold garbage")
            }
        }
    }
}
