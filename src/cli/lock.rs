//! One process at a time writes to a folder of results.
//!
//! Guarantees: a folder that is locked stays so until its [`Lock`] is dropped or the process ends, however it ends; it is the folder
//! that is locked and not its name, so that the lock goes where the folder is moved, and nothing is left behind in it. Processes
//! that this one starts do not inherit it. Who only reads does not ask.
//!
//! Deliberately absent: systems other than Unix, and filesystems on which a folder cannot be locked, such as NFS: there, nobody is
//! kept out.

use std::{fs::File, path::Path};

/// A folder to which nobody else writes.
#[derive(Debug)]
pub(super) struct Lock {
    folder: File,
}

/// That somebody else does.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InUse;

/// Locks a folder; nothing if there is none, or none that can be locked.
pub(super) fn lock(path: &Path) -> Result<Option<Lock>, InUse> {
    let Ok(folder) = File::open(path) else {
        return Ok(None);
    };
    if !system::lock(&folder)? {
        return Ok(None);
    }
    let lock = Lock { folder };
    // It may have been moved aside, by who had it locked, between its opening and here.
    if lock.is_of(path) {
        Ok(Some(lock))
    } else {
        Err(InUse)
    }
}

impl Lock {
    /// Whether it is the folder that has this name now.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        system::is_of(&self.folder, path)
    }
}

#[cfg(unix)]
mod system {
    use std::{fs::File, os::unix::fs::MetadataExt as _, path::Path};

    use rustix::{
        fs::{FlockOperation, flock},
        io::Errno,
    };

    use super::InUse;

    /// Whether it is locked now; not if the filesystem cannot do that.
    pub(super) fn lock(folder: &File) -> Result<bool, InUse> {
        match flock(folder, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(InUse),
            locked => Ok(locked.is_ok()),
        }
    }

    pub(super) fn is_of(folder: &File, path: &Path) -> bool {
        let identity = |of: std::fs::Metadata| (of.dev(), of.ino());
        let ours = folder.metadata().map(identity);
        let named = std::fs::metadata(path).map(identity);
        matches!((ours, named), (Ok(ours), Ok(named)) if ours == named)
    }
}

#[cfg(not(unix))]
mod system {
    use std::{fs::File, path::Path};

    use super::InUse;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "elsewhere there is one who may be in the way"
    )]
    pub(super) fn lock(_: &File) -> Result<bool, InUse> {
        Ok(false)
    }

    pub(super) fn is_of(_: &File, _: &Path) -> bool {
        false
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_locked_once_until_the_lock_is_gone_and_wherever_it_is_moved() {
        let directory = tempfile::tempdir().unwrap();
        let [path, moved] = ["f", "g"].map(|name| directory.path().join(name));
        assert!(lock(&path).unwrap().is_none());
        std::fs::create_dir(&path).unwrap();
        let held = lock(&path).unwrap().unwrap();
        assert_eq!(lock(&path).unwrap_err(), InUse);
        std::fs::rename(&path, &moved).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(held.is_of(&moved) && !held.is_of(&path));
        assert_eq!(lock(&moved).unwrap_err(), InUse);
        lock(&path).unwrap().unwrap();
        drop(held);
        lock(&moved).unwrap().unwrap();
    }
}
