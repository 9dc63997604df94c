//! The content of one file, in pages that images share.

use std::{ops::Range, sync::Arc};

use super::sectors::BadSectors;
use crate::base::{Digest, DigestCell, Hasher};

/// The size of a page, which is also the size of a filesystem block.
pub const PAGE_BYTES: usize = 4096;

const PAGE: u64 = PAGE_BYTES as u64;

static ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

#[derive(Clone)]
struct Page {
    bytes: [u8; PAGE_BYTES],
    digest: DigestCell,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({})", Digest::of(&self.bytes))
    }
}

/// The content of one file: a size, and pages where something was written; what has no page reads as zeros.
///
/// While a crash state is put together, pages may lie behind the size; [`Image::settle`](super::Image::settle) cuts them.
#[derive(Clone, Debug, Default)]
pub struct FileContent {
    size: u64,
    pages: Vec<Option<Arc<Page>>>,
    /// Where the content ends: behind the size while a crash state is put together.
    content_end: u64,
    bad: BadSectors,
    digest: DigestCell,
}

impl FileContent {
    /// The length in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size
    }

    /// Whether something was written to this page since it was last cut off or zeroed as a whole.
    pub fn has_page(&self, page: u64) -> bool {
        usize::try_from(page).is_ok_and(|page| matches!(self.pages.get(page), Some(Some(_))))
    }

    /// Reads at an offset; the number of bytes read, 0 at the end.
    pub fn read(&self, offset: u64, buffer: &mut [u8]) -> usize {
        let available = self.size.saturating_sub(offset);
        let wanted = buffer
            .len()
            .min(usize::try_from(available).unwrap_or(usize::MAX));
        let buffer = &mut buffer[..wanted];
        for_each_page(offset, wanted, |page, within, range| {
            let bytes = &self.page(page)[within..within + range.len()];
            buffer[range].copy_from_slice(bytes);
        });
        wanted
    }

    /// Reads up to `len` bytes at an offset to the end of `buffer`; the number of bytes read, 0 at the end of the file.
    pub fn read_to(&self, offset: u64, len: usize, buffer: &mut Vec<u8>) -> usize {
        let available = self.size.saturating_sub(offset);
        let wanted = len.min(usize::try_from(available).unwrap_or(usize::MAX));
        buffer.reserve(wanted);
        for_each_page(offset, wanted, |page, within, range| {
            buffer.extend_from_slice(&self.page(page)[within..within + range.len()]);
        });
        wanted
    }

    /// Makes a sector unreadable; what it held stays, for those who look from outside.
    pub fn spoil(&mut self, sector: u64) {
        self.change();
        self.bad.insert(sector);
    }

    /// The first sector that these bytes touch and that cannot be read.
    pub fn unreadable_in(&self, bytes: Range<u64>) -> Option<u64> {
        self.bad.first_in(bytes)
    }

    /// An unreadable sector that a write of these bytes would have to read first, for it covers only a part of it.
    pub fn unwritable_in(&self, bytes: &Range<u64>) -> Option<u64> {
        self.bad.first_in_part(bytes)
    }

    /// The pages in which two files hold different bytes, in order, whatever their sizes.
    pub fn differing_pages<'f>(&'f self, other: &'f FileContent) -> impl Iterator<Item = u64> + 'f {
        let pages = 0..self.pages.len().max(other.pages.len());
        let page = |file: &'f FileContent, at: usize| file.pages.get(at).and_then(Option::as_ref);
        let differ = move |at: &usize| match (page(self, *at), page(other, *at)) {
            (Some(one), Some(two)) => !Arc::ptr_eq(one, two) && one.bytes != two.bytes,
            (Some(only), None) | (None, Some(only)) => only.bytes != [0; PAGE_BYTES],
            (None, None) => false,
        };
        pages.filter(differ).map(|page| page as u64)
    }

    /// The whole content.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let size = usize::try_from(self.size).expect("a simulated file fits in memory");
        self.read_to(0, size, &mut bytes);
        bytes
    }

    /// Writes at an offset, and grows the file if it ends behind the size.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) {
        self.write_content(offset, bytes);
        let end = offset + bytes.len() as u64;
        self.size = self.size.max(end);
    }

    /// Cuts the file, or extends it with zeros.
    pub fn truncate(&mut self, size: u64) {
        if size < self.size {
            self.drop_from(size);
        }
        self.set_size(size);
    }

    /// Zeroes a range without growing the file: whole pages become holes, the edges are overwritten where there is a page.
    pub fn zero(&mut self, offset: u64, len: u64) {
        self.change();
        let end = (offset + len).min(self.pages.len() as u64 * PAGE);
        let mut at = offset;
        while at < end {
            let page = usize::try_from(at / PAGE).expect("a simulated file fits in memory");
            let start = page as u64 * PAGE;
            let stop = end.min(start + PAGE);
            if stop - at == PAGE {
                self.pages[page] = None;
            } else if self.pages[page].is_some() {
                let within = |offset: u64| usize::try_from(offset - start).expect("in a page");
                self.page_mut(page).bytes[within(at)..within(stop)].fill(0);
            }
            at = stop;
        }
    }

    /// Writes pages without growing the file: what a block on disk holds, whatever the size says.
    pub fn write_content(&mut self, offset: u64, bytes: &[u8]) {
        self.change();
        self.bad.heal(&(offset..offset + bytes.len() as u64));
        for_each_page(offset, bytes.len(), |page, within, range| {
            let target = &mut self.page_mut(page).bytes;
            target[within..within + range.len()].copy_from_slice(&bytes[range]);
        });
        self.content_end = self.content_end.max(offset + bytes.len() as u64);
    }

    /// The same within one page of a file that will end at `size`: what lies behind that would be cut again, and is left out.
    /// All else is as if it had been written and cut.
    pub fn write_content_below(&mut self, size: u64, offset: u64, bytes: &[u8]) {
        let shown = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
        if shown >= bytes.len() {
            return self.write_content(offset, bytes);
        }
        if shown > 0 {
            self.write_content(offset, &bytes[..shown]);
        } else if offset / PAGE * PAGE < size && !self.has_page(offset / PAGE) {
            // Without it the page would read alike, and be a hole.
            self.write_content(offset / PAGE * PAGE, &[0]);
        }
        self.bad.heal(&(offset..offset + bytes.len() as u64));
    }

    /// Sets the size and leaves the pages as they are.
    pub fn set_size(&mut self, size: u64) {
        self.change();
        self.size = size;
    }

    /// Drops the pages behind `size`, and zeroes the rest of the one that it cuts.
    pub fn drop_from(&mut self, size: u64) {
        self.change();
        self.bad.cut(size);
        let kept = usize::try_from(size.div_ceil(PAGE)).unwrap_or(usize::MAX);
        self.pages.truncate(kept);
        let within = usize::try_from(size % PAGE).expect("smaller than a page");
        if within > 0 && self.content_end > size && self.pages.len() == kept {
            self.zero_page_from(kept - 1, within);
        }
        self.content_end = self.content_end.min(size);
    }

    /// Makes whole pages holes: those that lie in `start..end`, both of which are page borders.
    pub fn drop_range(&mut self, start: u64, end: u64) {
        self.change();
        self.bad.heal(&(start..end));
        let page = |offset: u64| usize::try_from(offset / PAGE).unwrap_or(usize::MAX);
        let end = page(end).min(self.pages.len());
        for page in self.pages.get_mut(page(start)..end).unwrap_or_default() {
            *page = None;
        }
    }

    /// Zeroes what a page holds from `offset` on; a page that begins there becomes a hole.
    pub fn cut_page(&mut self, page: u64, offset: u64) {
        self.change();
        let page = usize::try_from(page).expect("a simulated file fits in memory");
        let within = offset.saturating_sub(page as u64 * PAGE);
        let within = usize::try_from(within).unwrap_or(usize::MAX);
        if !matches!(self.pages.get(page), Some(Some(_))) || within >= PAGE_BYTES {
            return;
        }
        if within == 0 {
            self.bad.heal(&(offset..offset + PAGE));
            self.pages[page] = None;
        } else {
            self.zero_page_from(page, within);
        }
    }

    /// Zeroes the rest of a page, if there is one; it stays shared if there are zeros already.
    fn zero_page_from(&mut self, page: usize, within: usize) {
        let zeros = &ZEROS[within..];
        let differs = |page: &Arc<Page>| page.bytes[within..] != *zeros;
        if self.pages[page].as_ref().is_some_and(differs) {
            self.page_mut(page).bytes[within..].fill(0);
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.content_end <= self.size && self.bad.first_in(self.size..u64::MAX).is_none()
    }

    pub(super) fn settle(&mut self) {
        self.drop_from(self.size);
    }

    /// A page of zeros and a hole differ: they read alike, but the next write to them is torn in different ways.
    pub(super) fn digest(&self) -> Digest {
        self.digest.get_or_init(|| {
            let mut hasher = Hasher::with_capacity(24 * self.pages.len() + 8);
            hasher.number(self.size);
            for (index, page) in self.pages.iter().enumerate() {
                if let Some(page) = page {
                    let digest = page.digest.get_or_init(|| Digest::of(&page.bytes));
                    hasher.number(index as u64).digest(digest);
                }
            }
            self.bad.hash_into(&mut hasher);
            hasher.finish()
        })
    }

    /// The number of pages that this file shares with another one.
    pub fn shared_pages(&self, other: &FileContent) -> usize {
        let both = self.pages.iter().zip(&other.pages);
        both.filter(|(a, b)| matches!((a, b), (Some(a), Some(b)) if Arc::ptr_eq(a, b)))
            .count()
    }

    /// The bytes of a page, whether something was written there or not.
    fn page(&self, page: usize) -> &[u8; PAGE_BYTES] {
        match self.pages.get(page) {
            Some(Some(page)) => &page.bytes,
            _ => &ZEROS,
        }
    }

    fn change(&mut self) {
        self.digest = DigestCell::new();
    }

    fn page_mut(&mut self, page: usize) -> &mut Page {
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        let page = self.pages[page].get_or_insert_with(|| {
            Arc::new(Page {
                bytes: [0; PAGE_BYTES],
                digest: DigestCell::new(),
            })
        });
        let page = Arc::make_mut(page);
        page.digest = DigestCell::new();
        page
    }
}

/// Splits a range of a file at page borders: page index, offset within it, range of the caller's bytes.
fn for_each_page(
    offset: u64,
    len: usize,
    mut visit: impl FnMut(usize, usize, std::ops::Range<usize>),
) {
    let mut done = 0;
    while done < len {
        let at = offset + done as u64;
        let page = usize::try_from(at / PAGE).expect("a simulated file fits in memory");
        let within = usize::try_from(at % PAGE).expect("smaller than a page");
        let part = (PAGE_BYTES - within).min(len - done);
        visit(page, within, done..done + part);
        done += part;
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
