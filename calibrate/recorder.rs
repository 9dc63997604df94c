//! A FUSE filesystem with one file, which is a disk; every write and flush of it is recorded.
//!
//! A loop device over that file is a block device whose every request passes through here. Discards are refused, so that
//! filesystems write zeros where they need them.

use std::{
    ffi::OsStr,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite, Request, WriteFlags,
};

use crate::disk::{Atom, Disk, Event, atoms};

/// The name of the one file.
pub(crate) const FILE: &str = "disk";
const FILE_INODE: INodeNo = INodeNo(2);
const EVER: Duration = Duration::from_secs(3600);

/// The disk and what was done to it.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) disk: Disk,
    pub(crate) events: Vec<Event>,
    pub(crate) is_recording: bool,
}

/// The disk that the FUSE filesystem shows, shared with it.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    record: Arc<Mutex<Record>>,
    size: u64,
}

impl Recorder {
    /// An empty disk of `size` bytes.
    pub(crate) fn new(size: u64) -> Recorder {
        Recorder {
            record: Arc::default(),
            size,
        }
    }

    /// Shows the disk as `disk` in the folder `at`, until the session is dropped.
    pub(crate) fn show(&self, at: &Path) -> io::Result<BackgroundSession> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("tornwrite-calibrate".to_owned())];
        fuser::spawn_mount(self.clone(), at, &config)
    }

    /// The disk and the record.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Record> {
        // Nothing panics while it holds the lock half changed.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attributes(&self, inode: INodeNo) -> FileAttr {
        let is_file = inode == FILE_INODE;
        FileAttr {
            ino: inode,
            size: if is_file { self.size } else { 0 },
            blocks: self.size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if is_file {
                FileType::RegularFile
            } else {
                FileType::Directory
            },
            perm: if is_file { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl Filesystem for Recorder {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if name == FILE {
            reply.entry(&EVER, &self.attributes(FILE_INODE), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&EVER, &self.attributes(inode));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        // Without a page cache above, the disk can be exchanged, and each request arrives as it was made.
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let length = u64::from(size).min(self.size.saturating_sub(offset));
        let length = usize::try_from(length).unwrap_or(0);
        let bytes = self.lock().disk.read(offset, length);
        reply.data(&bytes);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut record = self.lock();
        for atom in atoms(offset, data) {
            record.write(atom);
        }
        drop(record);
        reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX));
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let mut record = self.lock();
        if record.is_recording {
            record.events.push(Event::Flush);
        }
        drop(record);
        reply.ok();
    }

    fn fallocate(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: u64,
        _: u64,
        _: i32,
        reply: ReplyEmpty,
    ) {
        reply.error(Errno::EOPNOTSUPP);
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        if offset == 0 {
            let _ = reply.add(FILE_INODE, 1, FileType::RegularFile, FILE);
        }
        reply.ok();
    }
}

impl Record {
    fn write(&mut self, atom: Atom) {
        self.disk.write(&atom);
        if self.is_recording {
            self.events.push(Event::Write(atom));
        }
    }
}
