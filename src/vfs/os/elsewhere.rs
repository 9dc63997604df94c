//! What only Linux has, where there is no Linux.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::Path,
};

use super::file::Space;
use crate::vfs::SyncWrites;

/// Nothing: [`after_write`] calls the barrier.
pub(super) fn set_sync(_options: &mut fs::OpenOptions, _sync: SyncWrites) {}

pub(super) fn after_write(file: &File, sync: SyncWrites, written: usize) -> io::Result<usize> {
    match sync {
        _ if written == 0 => {}
        SyncWrites::No => {}
        SyncWrites::Data => file.sync_data()?,
        SyncWrites::All => file.sync_all()?,
    }
    Ok(written)
}

pub(super) fn rename_no_replace(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

pub(super) fn exchange(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

pub(super) fn sync_filesystem(_root: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

pub(super) fn reserve(_file: &File, _space: Space, _offset: u64, _len: u64) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Whether a positional write on a handle for appending keeps to its offset differs from system to system.
pub(super) fn without_append(_file: &File) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}
