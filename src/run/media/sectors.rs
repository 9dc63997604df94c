//! What of a disk is durable, and since when: where faults fall, and what of them a subject can tell.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Faulted, LastGroup, MediaFault, Place,
    bytes::{SECTORS_PER_BLOCK, ZEROS, content_before, extent, flip, garbage, overwrite, read},
};
use crate::{
    base::{Position, Rng},
    crash::{EffectKind, Kept, Window},
    image::{FileContent, Image, Inode, SECTOR_BYTES},
    oracle::{Damage, DamageClass},
    profile::DeviceFault,
    trace::Action,
    vfs::Path,
};

/// The largest number of bits that flip in one sector.
const BITS_MAX: u64 = 4;

/// When a sector was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Written {
    /// The operation; `None` in an earlier life.
    entry: Option<u32>,
    group: Group,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Something durable was written after it.
    Earlier,
    Last,
    /// A pending write of it survived, although not everything did.
    Pending,
}

/// The sectors of a disk that a crash left.
pub(super) struct Sectors {
    /// Every sector that holds something, in the order of inodes.
    written: BTreeMap<Place, Written>,
}

impl Sectors {
    pub(super) fn of(
        window: &Window<'_>,
        selection: &[Kept],
        image: &Image,
        inherited: &LastGroup,
    ) -> Sectors {
        let certain = certain(window, image);
        let pending = surviving(window, selection, image);
        let is_whole = selection.iter().enumerate().all(|(slot, kept)| {
            let whole = window.effect(slot).whole();
            kept.sectors & whole == whole
        });
        let newest = certain.values().map(|(at, _)| *at).max();
        let closed_by_crash =
            is_whole && !pending.is_empty() && !inherited.resumed && is_between_operations(window);
        let mut written = BTreeMap::new();
        for place in held(image) {
            let (at, entry) = match certain.get(&place) {
                Some((at, entry)) => (Some(*at), Some(*entry)),
                None => (None, None),
            };
            let group = if pending.contains_key(&place) {
                if closed_by_crash {
                    Group::Last
                } else {
                    Group::Pending
                }
            } else if closed_by_crash {
                Group::Earlier
            } else if newest.map_or_else(
                || inherited.sectors.contains(&place),
                |newest| at == Some(newest),
            ) {
                Group::Last
            } else {
                Group::Earlier
            };
            let entry = pending.get(&place).copied().or(entry);
            written.insert(place, Written { entry, group });
        }
        Sectors { written }
    }

    /// The sectors that nothing durable was written after.
    pub(super) fn newest(&self) -> BTreeSet<Place> {
        let newest = self
            .written
            .iter()
            .filter(|(_, written)| written.group != Group::Earlier);
        newest.map(|(place, _)| *place).collect()
    }

    pub(super) fn draw(
        &self,
        fault: DeviceFault,
        window: &Window<'_>,
        image: &Image,
        rng: &mut Rng,
    ) -> Option<MediaFault> {
        let names = Names::of(image);
        if fault == DeviceFault::TornSector {
            return self.draw_garbage(window, &names, rng);
        }
        let place = self.draw_place(rng)?;
        let (path, sector) = names.place(place)?;
        match fault {
            DeviceFault::BitRot => {
                let end = extent(image, place);
                let mut bits: Vec<u64> = (0..rng.between(1, BITS_MAX))
                    .map(|_| rng.below(8 * end))
                    .collect();
                bits.sort_unstable();
                bits.dedup();
                Some(MediaFault::FlippedBits { path, sector, bits })
            }
            DeviceFault::LatentSectorError => Some(MediaFault::UnreadableSector { path, sector }),
            DeviceFault::MisdirectedWrite => {
                let zeros = self.written[&place].entry.is_none() || rng.below(4) == 0;
                let to = self
                    .draw_target(place, rng)
                    .and_then(|target| names.place(target));
                Some(MediaFault::MisdirectedWrite {
                    path,
                    sector,
                    zeros,
                    to,
                })
            }
            DeviceFault::None | DeviceFault::Lies(_) | DeviceFault::TornSector => None,
        }
    }

    /// A durable sector: first the file, so that small files have their share.
    fn draw_place(&self, rng: &mut Rng) -> Option<Place> {
        let durable = |(place, written): (&Place, &Written)| {
            (written.group != Group::Pending).then_some(*place)
        };
        let places: Vec<Place> = self.written.iter().filter_map(durable).collect();
        draw_by_file(&places, rng)
    }

    /// A sector that was last written before `place` was: what was written later is not overwritten by it.
    fn draw_target(&self, place: Place, rng: &mut Rng) -> Option<Place> {
        let last = self.written[&place].entry;
        let is_older = |written: &Written| written.group != Group::Pending && written.entry <= last;
        let older = self
            .written
            .iter()
            .filter(|(other, written)| **other != place && is_older(written));
        let places: Vec<Place> = older.map(|(place, _)| *place).collect();
        draw_by_file(&places, rng)
    }

    /// A sector, or the whole block around it, that a pending overwrite in place touches.
    fn draw_garbage(
        &self,
        window: &Window<'_>,
        names: &Names,
        rng: &mut Rng,
    ) -> Option<MediaFault> {
        let mut places = Vec::new();
        for slot in 0..window.pending.len() {
            let EffectKind::Block(block) = window.effect(slot).kind else {
                continue;
            };
            let first = u64::from(block.block) * SECTORS_PER_BLOCK;
            let touched = (0..SECTORS_PER_BLOCK).filter(|sector| block.sectors >> sector & 1 == 1);
            let touched = touched.map(|sector| (block.inode, first + sector));
            places.extend(touched.filter(|place| !block.fresh && self.written.contains_key(place)));
        }
        let place = (!places.is_empty()).then(|| places[rng.index(places.len())])?;
        let (path, sector) = names.place(place)?;
        Some(if rng.below(4) == 0 {
            let first = sector - sector % SECTORS_PER_BLOCK;
            MediaFault::Garbage {
                path,
                sector: first,
                count: SECTORS_PER_BLOCK,
            }
        } else {
            MediaFault::Garbage {
                path,
                sector,
                count: 1,
            }
        })
    }

    /// Puts the fault onto the image; `None` if there is no such sector, or nothing changes.
    pub(super) fn lay(
        &self,
        fault: &MediaFault,
        window: &Window<'_>,
        image: &mut Image,
    ) -> Option<Faulted> {
        let names = Names::of(image);
        let before = image.digest();
        let mut places = Vec::new();
        let mut known = |path: &str, sector: u64| {
            let place = (names.inode(path)?, sector);
            places.push(place);
            self.written.contains_key(&place).then_some(place)
        };
        match fault {
            MediaFault::FlippedBits { path, sector, bits } => {
                flip(image, known(path, *sector)?, bits);
            }
            MediaFault::UnreadableSector { path, sector } => {
                let (inode, sector) = known(path, *sector)?;
                image.file_mut(inode).spoil(sector);
            }
            MediaFault::MisdirectedWrite {
                path,
                sector,
                zeros,
                to,
            } => {
                let place = known(path, *sector)?;
                let target = to.as_ref().map(|(path, sector)| known(path, *sector));
                let old = if *zeros {
                    ZEROS
                } else {
                    content_before(window, place)
                };
                let bytes = read(image, place);
                overwrite(image, place, &old);
                if let Some(target) = target {
                    overwrite(image, target?, &bytes);
                }
            }
            MediaFault::Garbage {
                path,
                sector,
                count,
            } => {
                for sector in *sector..sector.saturating_add(*count) {
                    if let Some(place) = known(path, sector) {
                        overwrite(image, place, &garbage(place));
                    }
                }
            }
        }
        (image.digest() != before).then(|| Faulted {
            damage: self.damage(fault, &places),
            fault: fault.clone(),
        })
    }

    fn damage(&self, fault: &MediaFault, places: &[Place]) -> Damage {
        let group = places
            .iter()
            .filter_map(|place| Some(self.written.get(place)?.group))
            .max();
        let class = match (fault, group) {
            (MediaFault::Garbage { .. }, _) => DamageClass::OfTheCrash,
            (_, Some(Group::Earlier)) => DamageClass::BelowSynced,
            _ => DamageClass::InLastGroup,
        };
        Damage {
            what: fault.to_string(),
            paths: fault.paths().into_iter().map(str::to_owned).collect(),
            class,
        }
    }
}

/// Whether the subject has returned since it last changed something, so that no batch of it is half written.
fn is_between_operations(window: &Window<'_>) -> bool {
    let entries = &window.graph.recording.trace.entries()[..window.point.index()];
    let mut backwards = entries.iter().rev().map(|entry| entry.action);
    backwards
        .find(|action| action.is_change() || matches!(action, Action::Mark(_)))
        .is_some_and(|action| matches!(action, Action::Mark(_)))
}

/// Of each sector that is certain, from where on and by which operation.
fn certain(window: &Window<'_>, image: &Image) -> BTreeMap<Place, (Position, u32)> {
    let mut certain = BTreeMap::new();
    for effect in &window.graph.effects {
        if effect.entry >= window.point.0 {
            break;
        }
        if effect.certain_at > window.point {
            continue;
        }
        for place in places_of(&effect.kind, image) {
            certain.insert(place, (effect.certain_at, effect.entry));
        }
    }
    certain
}

/// The sectors that pending writes left, by operation.
fn surviving(window: &Window<'_>, selection: &[Kept], image: &Image) -> BTreeMap<Place, u32> {
    let mut surviving = BTreeMap::new();
    for (slot, kept) in selection.iter().enumerate() {
        let effect = window.effect(slot);
        let EffectKind::Block(mut block) = effect.kind else {
            continue;
        };
        block.sectors &= kept.sectors;
        for place in places_of(&EffectKind::Block(block), image) {
            surviving.insert(place, effect.entry);
        }
    }
    surviving
}

/// The sectors that an effect writes, as far as the image shows them.
fn places_of<'a>(kind: &EffectKind, image: &'a Image) -> impl Iterator<Item = Place> + 'a {
    let block = match kind {
        EffectKind::Block(block) => Some(*block),
        _ => None,
    };
    block.into_iter().flat_map(move |block| {
        let size = image.file(block.inode).map_or(0, FileContent::size_bytes);
        let first = u64::from(block.block) * SECTORS_PER_BLOCK;
        let written = (0..SECTORS_PER_BLOCK).filter(move |sector| block.sectors >> sector & 1 == 1);
        let places = written.map(move |sector| (block.inode, first + sector));
        places.filter(move |(_, sector)| sector * SECTOR_BYTES < size)
    })
}

/// Every sector of a file that holds something.
fn held(image: &Image) -> impl Iterator<Item = Place> + '_ {
    let files = image
        .inodes()
        .filter_map(|inode| Some((inode, image.file(inode)?)));
    files.flat_map(|(inode, file)| {
        let sectors = 0..file.size_bytes().div_ceil(SECTOR_BYTES);
        let held = sectors.filter(|sector| file.has_page(sector / SECTORS_PER_BLOCK));
        held.map(move |sector| (inode, sector))
    })
}

fn draw_by_file(places: &[Place], rng: &mut Rng) -> Option<Place> {
    let mut files: Vec<Inode> = places.iter().map(|(inode, _)| *inode).collect();
    files.dedup();
    let file = (!files.is_empty()).then(|| files[rng.index(files.len())])?;
    let start = places.partition_point(|(inode, _)| *inode < file);
    let count = places[start..].partition_point(|(inode, _)| *inode == file);
    Some(places[start + rng.index(count)])
}

/// The paths of an image, both ways.
struct Names(Vec<(String, Inode)>);

impl Names {
    fn of(image: &Image) -> Names {
        let paths = image.paths().into_iter();
        Names(
            paths
                .map(|(path, inode)| (Path::new(&path).to_string(), inode))
                .collect(),
        )
    }

    fn inode(&self, path: &str) -> Option<Inode> {
        let named = self.0.iter().find(|(known, _)| known == path);
        named.map(|(_, inode)| *inode)
    }

    fn place(&self, (inode, sector): Place) -> Option<(String, u64)> {
        let named = self.0.iter().find(|(_, known)| *known == inode);
        named.map(|(path, _)| (path.clone(), sector))
    }
}
