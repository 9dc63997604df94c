//! Open files: handles that mean an inode.

use std::{
    io::ErrorKind,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{Answer, CallSite, State, enter};
use crate::{
    image::Inode,
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
}

impl SimFile {
    pub(super) fn new(
        shared: Arc<Mutex<State>>,
        inode: Inode,
        options: OpenOptions,
        path: PathBuf,
    ) -> SimFile {
        SimFile {
            shared,
            inode,
            options,
            path,
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
        state.write(inode, offset, bytes, site);
        match self.options.sync {
            SyncWrites::No => {}
            SyncWrites::Data => state.barrier(BarrierKind::Fdatasync, inode, site),
            SyncWrites::All => state.barrier(BarrierKind::Fsync, inode, site),
        }
        Ok(bytes.len())
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
        change: impl FnOnce(&mut State) -> Answer<()>,
    ) -> VfsResult<()> {
        if !is_range(offset, len) {
            return Err(self.error(operation, ErrorKind::InvalidInput).at(offset));
        }
        self.writable(operation)?;
        let mut state = self.enter(operation)?;
        change(&mut state).map_err(|kind| self.error(operation, kind).at(offset))
    }

    fn barrier(&self, operation: VfsOperation, kind: BarrierKind, site: CallSite) -> VfsResult<()> {
        let mut state = self.enter(operation)?;
        let kind = match state.live.directory(self.inode) {
            Some(_) => BarrierKind::FsyncDirectory,
            None => kind,
        };
        state.barrier(kind, self.inode, site);
        Ok(())
    }
}

impl VfsFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        if !self.options.read {
            return Err(self.error(VfsOperation::Read, ErrorKind::Other).at(offset));
        }
        if !is_transfer(offset, buffer.len()) {
            let error = self.error(VfsOperation::Read, ErrorKind::InvalidInput);
            return Err(error.at(offset));
        }
        let state = self.enter(VfsOperation::Read)?;
        let file = state.live.file(self.inode);
        let file = file.ok_or_else(|| self.error(VfsOperation::Read, ErrorKind::IsADirectory))?;
        Ok(file.read(offset, buffer))
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
        self.enter(VfsOperation::SetLen)?
            .truncate(self.inode, size_bytes, site);
        Ok(())
    }

    fn allocate(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        let site = Location::caller();
        self.reserve(VfsOperation::Allocate, offset, len, |state| {
            state.allocate(self.inode, offset, len, mode, site)
        })
    }

    fn punch_hole(&self, offset: u64, len: u64) -> VfsResult<()> {
        let site = Location::caller();
        self.reserve(VfsOperation::PunchHole, offset, len, |state| {
            state.punch_hole(self.inode, offset, len, site)
        })
    }

    fn zero_range(&self, offset: u64, len: u64, mode: AllocateMode) -> VfsResult<()> {
        let site = Location::caller();
        self.reserve(VfsOperation::ZeroRange, offset, len, |state| {
            state.zero_range(self.inode, offset, len, mode, site)
        })
    }

    fn write_pages(&self, bytes: &[u8], offset: u64) -> VfsResult<()> {
        let site = Location::caller();
        let operation = VfsOperation::WritePages;
        self.mappable(operation, self.options.read && self.options.write)?;
        let mut state = self.enter(operation)?;
        state
            .write_pages(self.inode, offset, bytes, site)
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
        state.barrier(BarrierKind::Msync, self.inode, site);
        Ok(())
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
            state.barrier(BarrierKind::SyncFileRange, self.inode, site);
        }
        Ok(())
    }

    fn sync_data(&self) -> VfsResult<()> {
        self.barrier(
            VfsOperation::SyncData,
            BarrierKind::Fdatasync,
            Location::caller(),
        )
    }

    fn sync_all(&self) -> VfsResult<()> {
        self.barrier(
            VfsOperation::SyncAll,
            BarrierKind::Fsync,
            Location::caller(),
        )
    }

    fn metadata(&self) -> VfsResult<Metadata> {
        let state = self.enter(VfsOperation::Metadata)?;
        let metadata = state.metadata(self.inode);
        metadata.map_err(|kind| self.error(VfsOperation::Metadata, kind))
    }
}
