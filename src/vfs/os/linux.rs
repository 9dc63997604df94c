//! What only Linux has, through its system calls.

use std::{
    fs::{self, File},
    io,
    os::{fd::AsRawFd, unix::fs::OpenOptionsExt},
    path::Path,
};

use rustix::fs::{CWD, FallocateFlags, OFlags, RenameFlags, fallocate, renameat_with, syncfs};

use super::file::Space;
use crate::vfs::{AllocateMode, SyncWrites};

pub(super) fn set_sync(options: &mut fs::OpenOptions, sync: SyncWrites) {
    // `DSYNC` of rustix has, where it calls the kernel itself, the bits of `O_SYNC`: more is promised, nothing less.
    let flags = match sync {
        SyncWrites::No => return,
        SyncWrites::Data => OFlags::DSYNC,
        SyncWrites::All => OFlags::SYNC,
    };
    options.custom_flags(flags.bits().cast_signed());
}

/// The kernel has done it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "other systems have something to do here"
)]
pub(super) fn after_write(_file: &File, _sync: SyncWrites, written: usize) -> io::Result<usize> {
    Ok(written)
}

pub(super) fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

pub(super) fn sync_filesystem(root: &Path) -> io::Result<()> {
    Ok(syncfs(File::open(root)?)?)
}

pub(super) fn reserve(file: &File, space: Space, offset: u64, len: u64) -> io::Result<()> {
    let keep = |mode| match mode {
        AllocateMode::Extend => FallocateFlags::empty(),
        AllocateMode::KeepSize => FallocateFlags::KEEP_SIZE,
    };
    let flags = match space {
        Space::Allocate(mode) => keep(mode),
        Space::PunchHole => FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        Space::Zero(mode) => FallocateFlags::ZERO_RANGE | keep(mode),
    };
    Ok(fallocate(file, flags, offset, len)?)
}

/// The same file, opened anew: on a handle for appending, pwrite appends whatever its offset says.
pub(super) fn without_append(file: &File) -> io::Result<File> {
    let name = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::OpenOptions::new().write(true).open(name)
}
