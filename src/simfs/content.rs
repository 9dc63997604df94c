//! The content of a file: writing it, and reserving, giving back and zeroing its space.

use std::io::ErrorKind;

use super::{Answer, CallSite, State, file::SIZE_LIMIT_BYTES};
use crate::{
    image::{Inode, PAGE_BYTES},
    trace::Action,
    vfs::AllocateMode,
};

const PAGE: u64 = PAGE_BYTES as u64;

impl State {
    pub(super) fn write(&mut self, inode: Inode, offset: u64, bytes: &[u8], caller: CallSite) {
        let file = self.live.file_mut(inode);
        let old_size = file.size_bytes();
        file.write(offset, bytes);
        let action = Action::Write {
            inode,
            offset,
            bytes: self.recording.trace.keep(bytes),
            old_size,
        };
        self.record(action, caller);
    }

    /// Stores through a mapping: write-back may happen between any two pages.
    pub(super) fn write_pages(
        &mut self,
        inode: Inode,
        offset: u64,
        bytes: &[u8],
        caller: CallSite,
    ) -> Answer<()> {
        let size = self.size_of(inode)?;
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > size) {
            return Err(ErrorKind::InvalidInput);
        }
        let within = usize::try_from(offset % PAGE).expect("smaller than a page");
        let (first, rest) = bytes.split_at(bytes.len().min(PAGE_BYTES - within));
        let mut at = offset;
        for page in std::iter::once(first).chain(rest.chunks(PAGE_BYTES)) {
            if !page.is_empty() {
                self.write(inode, at, page, caller);
                at += page.len() as u64;
            }
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, inode: Inode, size: u64, caller: CallSite) {
        let file = self.live.file_mut(inode);
        let old_size = file.size_bytes();
        file.truncate(size);
        if size != old_size {
            self.record(
                Action::Truncate {
                    inode,
                    size,
                    old_size,
                },
                caller,
            );
        }
    }

    pub(super) fn allocate(
        &mut self,
        inode: Inode,
        offset: u64,
        len: u64,
        mode: AllocateMode,
        caller: CallSite,
    ) -> Answer<()> {
        check_end(offset, len)?;
        let (size, old_size) = self.extend(inode, offset + len, mode)?;
        let action = Action::Allocate {
            inode,
            offset,
            len,
            size,
            old_size,
        };
        self.record(action, caller);
        Ok(())
    }

    /// What lies behind the end stays; a hole that goes beyond the end takes the whole last block, as on ext4.
    pub(super) fn punch_hole(
        &mut self,
        inode: Inode,
        offset: u64,
        len: u64,
        caller: CallSite,
    ) -> Answer<()> {
        check_end(offset, len)?;
        let size = self.size_of(inode)?;
        if offset >= size {
            return Ok(());
        }
        let last_block_end = size.next_multiple_of(PAGE);
        let len = if offset + len > size {
            last_block_end - offset
        } else {
            len
        };
        self.live.file_mut(inode).zero(offset, len);
        self.record(Action::PunchHole { inode, offset, len }, caller);
        Ok(())
    }

    pub(super) fn zero_range(
        &mut self,
        inode: Inode,
        offset: u64,
        len: u64,
        mode: AllocateMode,
        caller: CallSite,
    ) -> Answer<()> {
        check_end(offset, len)?;
        let (size, old_size) = self.extend(inode, offset + len, mode)?;
        self.live.file_mut(inode).zero(offset, len);
        let action = Action::ZeroRange {
            inode,
            offset,
            len,
            size,
            old_size,
        };
        self.record(action, caller);
        Ok(())
    }

    /// Lets the file grow to `end` if it shall; its new and its old size.
    fn extend(&mut self, inode: Inode, end: u64, mode: AllocateMode) -> Answer<(u64, u64)> {
        let old_size = self.size_of(inode)?;
        if mode == AllocateMode::KeepSize || end <= old_size {
            return Ok((old_size, old_size));
        }
        self.live.file_mut(inode).truncate(end);
        Ok((end, old_size))
    }

    fn size_of(&self, inode: Inode) -> Answer<u64> {
        let file = self.live.file(inode).ok_or(ErrorKind::IsADirectory)?;
        Ok(file.size_bytes())
    }
}

fn check_end(offset: u64, len: u64) -> Answer<()> {
    match offset.checked_add(len) {
        Some(..=SIZE_LIMIT_BYTES) => Ok(()),
        _ => Err(ErrorKind::FileTooLarge),
    }
}
