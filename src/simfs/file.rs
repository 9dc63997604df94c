//! Open files: handles that mean an inode.

use std::{
    io::ErrorKind,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicU64},
};

use super::{Answer, CallSite, State, enter, failing::Attempt, faults::Class};
use crate::{
    image::{Inode, SECTOR_BYTES},
    trace::BarrierKind,
    vfs::{
        AllocateMode, Metadata, OpenOptions, PathBuf, SyncWrites, VfsError, VfsFile, VfsOperation,
        VfsResult, is_offset, is_range, is_transfer,
    },
};

/// The largest offset that a simulated file may reach: beyond it, pages would not fit in memory.
pub(super) const SIZE_LIMIT_BYTES: u64 = 1 << 32;

#[derive(Debug)]
pub(super) struct SimFile {
    shared: Arc<Mutex<State>>,
    inode: Inode,
    options: OpenOptions,
    path: PathBuf,
    /// How many failures to write the file back this open file description was told of.
    told: AtomicU64,
}

impl SimFile {
    pub(super) fn new(
        shared: Arc<Mutex<State>>,
        inode: Inode,
        options: OpenOptions,
        path: PathBuf,
        told: u64,
    ) -> SimFile {
        SimFile {
            shared,
            inode,
            options,
            path,
            told: AtomicU64::new(told),
        }
    }

    fn error(&self, operation: VfsOperation, kind: ErrorKind) -> VfsError {
        VfsError::new(operation, self.path.clone(), kind)
    }

    fn enter(&self, operation: VfsOperation) -> VfsResult<MutexGuard<'_, State>> {
        let state = enter(&self.shared);
        if state.finished {
            return Err(self.error(operation, ErrorKind::NotConnected));
        }
        Ok(state)
    }

    /// Lets an operation fail if it is to; otherwise the number of bytes it may transfer, if that is limited.
    fn attempt(
        &self,
        state: &mut State,
        class: Class,
        operation: VfsOperation,
        site: CallSite,
    ) -> Answer<Option<usize>> {
        state.attempt(self.as_attempt(class, operation, site))
    }

    fn as_attempt(&self, class: Class, operation: VfsOperation, site: CallSite) -> Attempt<'_> {
        Attempt {
            operation,
            path: self.path.as_path(),
            class,
            inode: Some(self.inode),
            site,
        }
    }

    fn writable(&self, operation: VfsOperation) -> VfsResult<()> {
        if self.options.write {
            return Ok(());
        }
        // EBADF of write(2), EINVAL of ftruncate(2): std has no kind of its own for the first.
        let kind = match operation {
            VfsOperation::SetLen => ErrorKind::InvalidInput,
            _ => ErrorKind::Other,
        };
        Err(self.error(operation, kind))
    }

    /// Lets a read begin; how many of `len` bytes it gets, if the file has as many.
    fn begin_read(
        &self,
        len: usize,
        offset: u64,
        site: CallSite,
    ) -> VfsResult<(MutexGuard<'_, State>, usize)> {
        let operation = VfsOperation::Read;
        if !self.options.read {
            return Err(self.error(operation, ErrorKind::Other).at(offset));
        }
        if !is_transfer(offset, len) {
            return Err(self.error(operation, ErrorKind::InvalidInput).at(offset));
        }
        let error = |kind| self.error(operation, kind).at(offset);
        let mut state = self.enter(operation)?;
        let file = state.live.file(self.inode);
        let file = file.ok_or_else(|| self.error(operation, ErrorKind::IsADirectory))?;
        // As Linux does: what comes before the unreadable sector is a short read, and only the next one fails.
        let end = offset.saturating_add(len as u64).min(file.size_bytes());
        let readable = match file.unreadable_in(offset..end) {
            None => len,
            Some(sector) if sector * SECTOR_BYTES <= offset => return Err(error(ErrorKind::Other)),
            Some(sector) => usize::try_from(sector * SECTOR_BYTES - offset).unwrap_or(0),
        };
        let available = usize::try_from(file.size_bytes().saturating_sub(offset));
        let available = readable.min(available.unwrap_or(usize::MAX));
        let limit = self.attempt(&mut state, Class::Read(available), operation, site);
        Ok((state, limit.map_err(error)?.unwrap_or(available)))
    }

    fn write(&self, bytes: &[u8], offset: Option<u64>, site: CallSite) -> VfsResult<usize> {
        let operation = if offset.is_some() {
            VfsOperation::Write
        } else {
            VfsOperation::Append
        };
        self.writable(operation)?;
        let mut state = self.enter(operation)?;
        let inode = self.inode;
        let Some(file) = state.live.file(inode) else {
            return Err(self.error(operation, ErrorKind::IsADirectory));
        };
        let old_size = file.size_bytes();
        if !offset.is_none_or(|offset| is_transfer(offset, bytes.len())) {
            let error = self.error(operation, ErrorKind::InvalidInput);
            return Err(error.at(offset.unwrap_or(old_size)));
        }
        // On a handle opened for appending, Linux appends whatever the offset says.
        let offset = offset.filter(|_| !self.options.append).unwrap_or(old_size);
        if bytes.is_empty() {
            return Ok(0);
        }
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > SIZE_LIMIT_BYTES) {
            return Err(self.error(operation, ErrorKind::FileTooLarge).at(offset));
        }
        if let Some(sector) = file.unwritable_in(&(offset..offset + bytes.len() as u64)) {
            let at = sector * SECTOR_BYTES;
            return Err(self.error(operation, ErrorKind::Other).at(at));
        }
        let error = |kind| self.error(operation, kind).at(offset);
        let class = Class::Write(bytes.len());
        let limit = self.attempt(&mut state, class, operation, site);
        let bytes = &bytes[..limit.map_err(error)?.unwrap_or(bytes.len())];
        state.write(inode, offset, bytes, site);
        match self.options.sync {
            SyncWrites::No => Ok(()),
            SyncWrites::Data => self.sync(&mut state, VfsOperation::SyncData, site),
            SyncWrites::All => self.sync(&mut state, VfsOperation::SyncAll, site),
        }
        .map_err(error)?;
        Ok(bytes.len())
    }

    /// The barrier of one of the operations that are barriers.
    fn sync(&self, state: &mut State, operation: VfsOperation, site: CallSite) -> Answer<()> {
        let is_directory = state.is_directory(self.inode);
        let kind = match operation {
            _ if is_directory => BarrierKind::FsyncDirectory,
            VfsOperation::SyncData => BarrierKind::Fdatasync,
            VfsOperation::SyncPages => BarrierKind::Msync,
            _ => BarrierKind::Fsync,
        };
        let class = if is_directory {
            Class::WideBarrier
        } else {
            Class::FileBarrier
        };
        let attempt = self.as_attempt(class, operation, site);
        state.barrier(kind, attempt, Some(&self.told))
    }

    /// Refuses what a mapping of the file would need and the handle was not opened for.
    fn mappable(&self, operation: VfsOperation, allowed: bool) -> VfsResult<()> {
        if allowed {
            return Ok(());
        }
        Err(self.error(operation, ErrorKind::PermissionDenied))
    }

    /// Changes the space of a range; the kernel looks at the range before it looks at the handle.
    fn reserve(
        &self,
        operation: VfsOperation,
        offset: u64,
        len: u64,
        site: CallSite,
        change: impl FnOnce(&mut State) -> Answer<()>,
    ) -> VfsResult<()> {
        if !is_range(offset, len) {
            return Err(self.error(operation, ErrorKind::InvalidInput).at(offset));
        }
        self.writable(operation)?;
        let mut state = self.enter(operation)?;
        self.attempt(&mut state, Class::Change, operation, site)
            .and_then(|_| change(&mut state))
            .map_err(|kind| self.error(operation, kind).at(offset))
    }

    fn barrier(&self, operation: VfsOperation, site: CallSite) -> VfsResult<()> {
        let mut state = self.enter(operation)?;
        self.sync(&mut state, operation, site)
            .map_err(|kind| self.error(operation, kind))
    }
}

impl VfsFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        let (state, len) = self.begin_read(buffer.len(), offset, Location::caller())?;
        let file = state.live.file(self.inode);
        Ok(file.map_or(0, |file| file.read(offset, &mut buffer[..len])))
    }

    fn read_to(&self, buffer: &mut Vec<u8>, len: usize, offset: u64) -> VfsResult<usize> {
        let (state, len) = self.begin_read(len, offset, Location::caller())?;
        let file = state.live.file(self.inode);
        Ok(file.map_or(0, |file| file.read_to(offset, len, buffer)))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> VfsResult<usize> {
        self.write(bytes, Some(offset), Location::caller())
    }

    fn append(&self, bytes: &[u8]) -> VfsResult<usize> {
        self.write(bytes, None, Location::caller())
    }

    fn set_len(&self, size_bytes: u64) -> VfsResult<()> {
        let site = Location::caller();
        self.writable(VfsOperation::SetLen)?;
        if !is_offset(size_bytes) {
            return Err(self.error(VfsOperation::SetLen, ErrorKind::InvalidInput));
        }
        if size_bytes > SIZE_LIMIT_BYTES {
            return Err(self.error(VfsOperation::SetLen, ErrorKind::FileTooLarge));
        }
        let mut state = self.enter(VfsOperation::SetLen)?;
        self.attempt(&mut state, Class::Change, VfsOperation::SetLen, site)
            .map_err(|kind| self.error(VfsOperation::SetLen, kind))?;
        state.truncate(self.inode, size_bytes, site);
        Ok(())
    }

    fn allocate(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        let site = Location::caller();
        self.reserve(VfsOperation::Allocate, offset, len, site, |state| {
            state.allocate(self.inode, offset, len, mode, site)
        })
    }

    fn punch_hole(&self, offset: u64, len: u64) -> VfsResult<()> {
        let site = Location::caller();
        self.reserve(VfsOperation::PunchHole, offset, len, site, |state| {
            state.punch_hole(self.inode, offset, len, site)
        })
    }

    fn zero_range(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        let site = Location::caller();
        self.reserve(VfsOperation::ZeroRange, offset, len, site, |state| {
            state.zero_range(self.inode, offset, len, mode, site)
        })
    }

    fn write_pages(&self, bytes: &[u8], offset: u64) -> VfsResult<()> {
        let site = Location::caller();
        let operation = VfsOperation::WritePages;
        self.mappable(operation, self.options.read && self.options.write)?;
        let mut state = self.enter(operation)?;
        self.attempt(&mut state, Class::Store, operation, site)
            .and_then(|_| state.write_pages(self.inode, offset, bytes, site))
            .map_err(|kind| self.error(operation, kind).at(offset))
    }

    fn sync_pages(&self) -> VfsResult<()> {
        let site = Location::caller();
        let operation = VfsOperation::SyncPages;
        self.mappable(operation, self.options.read)?;
        let mut state = self.enter(operation)?;
        if state.is_directory(self.inode) {
            return Err(self.error(operation, ErrorKind::IsADirectory));
        }
        self.sync(&mut state, operation, site)
            .map_err(|kind| self.error(operation, kind))
    }

    fn sync_range(&self, offset: u64, len: u64) -> VfsResult<()> {
        let site = Location::caller();
        let operation = VfsOperation::SyncRange;
        if !is_range(offset, len.max(1)) {
            return Err(self.error(operation, ErrorKind::InvalidInput).at(offset));
        }
        let mut state = self.enter(operation)?;
        // A directory has no pages to write back.
        if !state.is_directory(self.inode) {
            self.attempt(&mut state, Class::Change, operation, site)
                .map_err(|kind| self.error(operation, kind))?;
            state.start_write_back(self.inode, site);
        }
        Ok(())
    }

    fn sync_data(&self) -> VfsResult<()> {
        self.barrier(VfsOperation::SyncData, Location::caller())
    }

    fn sync_all(&self) -> VfsResult<()> {
        self.barrier(VfsOperation::SyncAll, Location::caller())
    }

    fn metadata(&self) -> VfsResult<Metadata> {
        let site = Location::caller();
        let mut state = self.enter(VfsOperation::Metadata)?;
        let metadata = self
            .attempt(&mut state, Class::Lookup, VfsOperation::Metadata, site)
            .and_then(|_| state.metadata(self.inode));
        metadata.map_err(|kind| self.error(VfsOperation::Metadata, kind))
    }
}
