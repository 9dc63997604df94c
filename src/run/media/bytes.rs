//! The bytes of single sectors.

use std::sync::Arc;

use super::Place;
use crate::{
    base::Digest,
    crash::{BLOCK, Effect, EffectKind, Window},
    image::{FileContent, Image, Node, SECTOR_BYTES},
    profile,
};

const SECTOR: usize = profile::SECTOR_BYTES;

const _: () = assert!(SECTOR_BYTES == SECTOR as u64, "one tear unit");

pub(super) const SECTORS_PER_BLOCK: u64 = BLOCK / SECTOR_BYTES;

/// What a sector holds, zeros behind the end of the file.
pub(super) type Bytes = [u8; SECTOR];

pub(super) const ZEROS: Bytes = [0; SECTOR];

/// What a sector held before the last certain write to it.
pub(super) fn content_before(window: &Window<'_>, (inode, sector): Place) -> Bytes {
    let recording = window.graph.recording;
    let mut image = recording.base.clone();
    if image.file(inode).is_none() {
        image.add(inode, Node::File(Arc::default()));
    }
    let bit = 1 << (sector % SECTORS_PER_BLOCK);
    let writes = |effect: &&Effect| {
        effect.certain_at <= window.point
            && matches!(effect.kind, EffectKind::Block(block) if block.inode == inode
                && u64::from(block.block) == sector / SECTORS_PER_BLOCK && block.sectors & bit != 0)
    };
    let writes: Vec<_> = window.graph.effects.iter().filter(writes).collect();
    for effect in writes.iter().take(writes.len().saturating_sub(1)) {
        effect.apply(&recording.trace, bit, &mut image);
    }
    image.file_mut(inode).set_size((sector + 1) * SECTOR_BYTES);
    read(&image, (inode, sector))
}

/// How many bytes of a sector lie inside its file.
pub(super) fn extent(image: &Image, (inode, sector): Place) -> u64 {
    let size = image.file(inode).map_or(0, FileContent::size_bytes);
    size.saturating_sub(sector * SECTOR_BYTES).min(SECTOR_BYTES)
}

pub(super) fn read(image: &Image, (inode, sector): Place) -> Bytes {
    let mut bytes = [0; SECTOR];
    if let Some(file) = image.file(inode) {
        file.read(sector * SECTOR_BYTES, &mut bytes);
    }
    bytes
}

/// Replaces what a sector holds, without making its file longer.
pub(super) fn overwrite(image: &mut Image, place: Place, bytes: &Bytes) {
    let end = usize::try_from(extent(image, place)).unwrap_or(0);
    let (inode, sector) = place;
    image
        .file_mut(inode)
        .write_content(sector * SECTOR_BYTES, &bytes[..end]);
}

pub(super) fn flip(image: &mut Image, place: Place, bits: &[u64]) {
    let mut bytes = read(image, place);
    for bit in bits {
        if let Some(byte) = usize::try_from(bit / 8)
            .ok()
            .and_then(|byte| bytes.get_mut(byte))
        {
            *byte ^= 1 << (bit % 8);
        }
    }
    overwrite(image, place, &bytes);
}

/// Bytes that mean nothing, the same for the same sector.
pub(super) fn garbage((inode, sector): Place) -> Bytes {
    let key = [u64::from(inode.0), sector].map(u64::to_le_bytes).concat();
    let mut word = Digest::of(&key);
    let mut bytes = [0; SECTOR];
    for chunk in bytes.chunks_mut(16) {
        chunk.copy_from_slice(&word.0.to_le_bytes());
        word = Digest::of(chunk);
    }
    bytes
}
