//! Open files: handles that mean an inode.

use std::{
    io::ErrorKind,
    panic::Location,
    sync::{Arc, Mutex, MutexGuard},
};

use super::{State, enter};
use crate::{
    image::{Inode, SECTOR_BYTES},
    trace::{Action, BarrierKind},
    vfs::{Metadata, OpenOptions, PathBuf, VfsError, VfsFile, VfsOperation, VfsResult},
};

/// The largest offset that a simulated file may reach: beyond it, pages would not fit in memory.
const SIZE_LIMIT_BYTES: u64 = 1 << 32;

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

    fn write(
        &self,
        bytes: &[u8],
        offset: Option<u64>,
        site: &'static Location<'static>,
    ) -> VfsResult<usize> {
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
        // On a handle opened for appending, Linux appends whatever the offset says.
        let offset = offset.filter(|_| !self.options.append).unwrap_or(old_size);
        if bytes.is_empty() {
            return Ok(0);
        }
        if offset
            .checked_add(bytes.len() as u64)
            .is_none_or(|end| end > SIZE_LIMIT_BYTES)
        {
            return Err(self.error(operation, ErrorKind::FileTooLarge).at(offset));
        }
        if let Some(sector) = file.unwritable_in(&(offset..offset + bytes.len() as u64)) {
            let at = sector * SECTOR_BYTES;
            return Err(self.error(operation, ErrorKind::Other).at(at));
        }
        state.live.file_mut(inode).write(offset, bytes);
        let bytes_kept = state.recording.trace.keep(bytes);
        state.record(
            Action::Write {
                inode,
                offset,
                bytes: bytes_kept,
                old_size,
            },
            site,
        );
        Ok(bytes.len())
    }

    fn barrier(
        &self,
        operation: VfsOperation,
        kind: BarrierKind,
        site: &'static Location<'static>,
    ) -> VfsResult<()> {
        let mut state = self.enter(operation)?;
        let kind = match state.live.directory(self.inode) {
            Some(_) => BarrierKind::FsyncDirectory,
            None => kind,
        };
        state.barrier(kind, self.inode, site);
        Ok(())
    }
}

fn end_of(offset: u64, buffer: &[u8]) -> u64 {
    offset.saturating_add(buffer.len() as u64)
}

impl VfsFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> VfsResult<usize> {
        if !self.options.read {
            return Err(self.error(VfsOperation::Read, ErrorKind::Other).at(offset));
        }
        let state = self.enter(VfsOperation::Read)?;
        let file = state.live.file(self.inode);
        let file = file.ok_or_else(|| self.error(VfsOperation::Read, ErrorKind::IsADirectory))?;
        // As Linux does: what comes before the unreadable sector is a short read, and only the next one fails.
        let readable =
            match file.unreadable_in(offset..file.size_bytes().min(end_of(offset, buffer))) {
                None => buffer.len(),
                Some(sector) if sector * SECTOR_BYTES <= offset => {
                    return Err(self.error(VfsOperation::Read, ErrorKind::Other).at(offset));
                }
                Some(sector) => usize::try_from(sector * SECTOR_BYTES - offset).unwrap_or(0),
            };
        Ok(file.read(offset, &mut buffer[..readable]))
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
        if size_bytes > SIZE_LIMIT_BYTES {
            return Err(self.error(VfsOperation::SetLen, ErrorKind::FileTooLarge));
        }
        self.enter(VfsOperation::SetLen)?
            .truncate(self.inode, size_bytes, site);
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
        metadata.ok_or_else(|| self.error(VfsOperation::Metadata, ErrorKind::NotFound))
    }
}
