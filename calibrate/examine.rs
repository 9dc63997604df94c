//! Mounts a disk after a crash and reads the tree that is there.

use std::{
    fs::{self, File},
    io::{Error, Result},
    os::unix::{ffi::OsStrExt as _, fs::FileExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use tornwrite::litmus::{Content, Tree};

use crate::{
    disk::{BLOCK, Disk},
    filesystem::{BYSTANDER, Filesystem},
    system::{Folder, LoopDevice},
};

/// What a crash left.
#[derive(Debug)]
pub(crate) enum Found {
    /// A tree, as text.
    Tree(String),
    /// The kernel would not mount it.
    Unmountable(Error),
    /// Something in it cannot be read.
    Unreadable(Error),
}

/// A place where disks are mounted, one after the other.
///
/// The loop device stays on its file; what a mount has cached of it is gone with the last unmount.
#[derive(Debug)]
pub(crate) struct Examiner {
    filesystem: &'static Filesystem,
    device: LoopDevice,
    file: File,
    at: PathBuf,
}

impl Examiner {
    /// An examiner for a filesystem, with its files in `folder`, which should be in memory.
    pub(crate) fn new(filesystem: &'static Filesystem, folder: &Folder) -> Result<Examiner> {
        let path = folder.0.join(format!("{}-crashed", filesystem.name));
        let file = File::create(&path)?;
        file.set_len(filesystem.bytes())?;
        let device = LoopDevice::over(&path)?;
        let at = folder.inside(&format!("{}-look", filesystem.name))?;
        Ok(Examiner {
            filesystem,
            device,
            file,
            at,
        })
    }

    /// What is on a disk once the kernel has recovered it.
    ///
    /// # Errors
    ///
    /// If the disk cannot be written down or unmounted.
    pub(crate) fn look(&self, disk: &Disk) -> Result<Found> {
        self.file.set_len(0)?;
        self.file.set_len(self.filesystem.bytes())?;
        for (block, bytes) in &disk.0 {
            self.file.write_all_at(&bytes[..], block * BLOCK as u64)?;
        }
        let mounted = match self.filesystem.mount(&self.device, &self.at) {
            Ok(mounted) => mounted,
            Err(error) => return Ok(Found::Unmountable(error)),
        };
        let mut tree = Tree::new();
        let found = match walk(&self.at, &mut Vec::new(), &mut tree) {
            Ok(()) => Found::Tree(tree.to_string()),
            Err(error) => Found::Unreadable(error),
        };
        mounted.unmount()?;
        Ok(found)
    }
}

fn walk(at: &Path, prefix: &mut Vec<u8>, tree: &mut Tree) -> Result<()> {
    for entry in fs::read_dir(at)? {
        let entry = entry?;
        let name = entry.file_name();
        if prefix.is_empty() && name == BYSTANDER {
            continue;
        }
        let length = prefix.len();
        if length > 0 {
            prefix.push(b'/');
        }
        prefix.extend_from_slice(name.as_bytes());
        let path = entry.path();
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.is_dir() {
            tree.insert(prefix, Content::Directory);
            walk(&path, prefix, tree)?;
        } else if metadata.is_symlink() {
            let target = fs::read_link(&path)?;
            tree.insert(
                prefix,
                Content::Symlink(target.as_os_str().as_bytes().to_vec()),
            );
        } else {
            tree.insert(prefix, Content::File(metadata.ino(), fs::read(&path)?));
        }
        prefix.truncate(length);
    }
    Ok(())
}
