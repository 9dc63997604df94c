//! Blocks that were freed, whose bytes a new block may show where a profile allows stale fill.

use std::sync::Arc;

use crate::{image::FileContent, image::PAGE_BYTES};

/// How many freed blocks are remembered: the newest, since their space is the first to be used again.
const REMEMBERED: usize = 64;

/// The newest freed blocks; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct StaleBlocks {
    freed: Arc<Vec<(u32, Arc<[u8; PAGE_BYTES]>)>>,
}

impl StaleBlocks {
    /// Whether nothing was freed yet.
    pub fn is_empty(&self) -> bool {
        self.freed.is_empty()
    }

    /// The blocks of `file` from the one that holds `size` on are freed.
    pub(super) fn free(&mut self, file: &FileContent, size: u64) {
        let freed = Arc::make_mut(&mut self.freed);
        let first = size.div_ceil(PAGE_BYTES as u64);
        for block in first..file.size_bytes().div_ceil(PAGE_BYTES as u64) {
            if file.has_page(block) {
                let mut bytes = [0; PAGE_BYTES];
                file.read(block * PAGE_BYTES as u64, &mut bytes);
                let block = u32::try_from(block).expect("a block of a file");
                freed.push((block, Arc::new(bytes)));
            }
        }
        let surplus = freed.len().saturating_sub(REMEMBERED);
        freed.drain(..surplus);
    }

    /// What block `block` of a new file may show: the newest freed block from the same place in its file, which is the
    /// most dangerous, for its frames lie where valid ones would; or else the newest of all.
    pub fn bytes(&self, block: u32) -> Option<&[u8; PAGE_BYTES]> {
        let newest = self.freed.iter().rev();
        let same_place = newest.clone().find(|(from, _)| *from == block);
        same_place
            .or_else(|| newest.clone().next())
            .map(|(_, bytes)| &**bytes)
    }
}
