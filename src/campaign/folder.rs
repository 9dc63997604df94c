//! The folder of a campaign's results.
//!
//! Guarantees: what is there already is never overwritten, but moved aside, and only if it is such
//! a folder too; a file that is written as a whole is there as a whole or not at all, and durable
//! when it is said to be written.

use std::sync::Arc;

use serde::Serialize;

use super::Reproducer;
use crate::vfs::{
    FileExt, OpenOptions, Path, PathBuf, Vfs, VfsError, VfsExt, VfsFile, VfsOperation, VfsResult,
};

/// The file by which a folder is known to be one of ours.
const MARKER: &str = "campaign.json";

/// A folder for results.
#[derive(Clone, Debug)]
pub struct Folder {
    vfs: Arc<dyn Vfs>,
    root: PathBuf,
}

/// Why there is no folder for results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Something else is in its place.
    #[error("there is something else at {0}: expected nothing, an empty folder or older results")]
    Foreign(PathBuf),
    /// There are no results.
    #[error("there are no results at {0}: expected a folder with campaign.json")]
    NoResults(PathBuf),
    /// The filesystem refuses.
    #[error(transparent)]
    Vfs(#[from] VfsError),
}

/// A file that grows by lines.
#[derive(Debug)]
pub(super) struct Log(Box<dyn VfsFile>);

impl Folder {
    /// Makes a new folder at `root`; one that is there is renamed to `root.1`, or the first number
    /// that is free.
    pub fn create(vfs: Arc<dyn Vfs>, root: PathBuf) -> Result<Folder, FolderError> {
        let path = root.as_path();
        match vfs.read_dir(path) {
            Ok(entries) if entries.is_empty() => {}
            Ok(_) if vfs.exists(path.join(MARKER).as_path())? => {
                rotate(vfs.as_ref(), path)?;
                vfs.create_dir(path)?;
            }
            Ok(_) => return Err(FolderError::Foreign(root)),
            Err(error) if error.kind == std::io::ErrorKind::NotADirectory => {
                return Err(FolderError::Foreign(root));
            }
            Err(_) => vfs.create_dir_all(path)?,
        }
        Ok(Folder { vfs, root })
    }

    /// The folder of a finished campaign.
    pub fn open(vfs: Arc<dyn Vfs>, root: PathBuf) -> Result<Folder, FolderError> {
        let path = root.as_path();
        if vfs.exists(path.join(MARKER).as_path())? {
            Ok(Folder { vfs, root })
        } else {
            Err(FolderError::NoResults(root))
        }
    }

    /// Writes a file that can be made again from the others: it need not be durable.
    pub fn write_again(&self, name: &str, bytes: &[u8]) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        self.vfs.write(path.as_path(), bytes)
    }

    /// The same, as JSON on one line.
    pub fn write_json_again(&self, name: &str, value: &impl Serialize) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        let mut bytes = serde_json::to_vec(value).map_err(|_| unwritable(path.as_path()))?;
        bytes.push(b'\n');
        self.write_again(name, &bytes)
    }

    /// Writes a file as a whole, as JSON.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        let temporary = self.root.as_path().join(format!("{name}.tmp"));
        let bytes = pretty(value, path.as_path())?;
        let options = OpenOptions::new().write().create().truncate();
        let file = self.vfs.open(temporary.as_path(), options)?;
        file.write_all_at(&bytes, 0)?;
        file.sync_all()?;
        self.vfs.rename(temporary.as_path(), path.as_path())?;
        self.vfs.sync_dir(self.root.as_path())
    }

    /// Writes what replays a finding.
    pub(super) fn write_reproducer<S: Serialize>(
        &self,
        reproducer: &Reproducer<S>,
    ) -> VfsResult<()> {
        let folder = self
            .root
            .as_path()
            .join(format!("violations/{}", reproducer.id));
        let path = folder.as_path().join("reproducer.json");
        self.vfs.create_dir_all(folder.as_path())?;
        self.vfs
            .write(path.as_path(), &pretty(reproducer, path.as_path())?)
    }

    /// The text of a file of this folder.
    pub fn read(&self, name: &str) -> VfsResult<Vec<u8>> {
        self.vfs.read(self.root.as_path().join(name).as_path())
    }

    pub(super) fn append_to(&self, name: &str) -> VfsResult<Log> {
        let options = OpenOptions::new().append().create();
        self.vfs
            .open(self.root.as_path().join(name).as_path(), options)
            .map(Log)
    }
}

impl Log {
    pub(super) fn append_line(&self, value: &impl Serialize) -> VfsResult<()> {
        let mut line = serde_json::to_vec(value).map_err(|_| unwritable(Path::ROOT))?;
        line.push(b'\n');
        self.0.append_all(&line)
    }

    pub(super) fn sync(&self) -> VfsResult<()> {
        self.0.sync_all()
    }
}

/// Moves an older folder aside.
fn rotate(vfs: &dyn Vfs, path: Path<'_>) -> VfsResult<()> {
    for number in 1_u64.. {
        let mut aside = path.as_bytes().to_vec();
        aside.extend_from_slice(format!(".{number}").as_bytes());
        let aside = Path::new(&aside);
        if !vfs.exists(aside)? {
            return vfs.rename(path, aside);
        }
    }
    unreachable!("there are not that many folders")
}

fn pretty(value: &impl Serialize, path: Path<'_>) -> VfsResult<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|_| unwritable(path))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Our own types can always be written as JSON; should one not be, that is an error of the file.
fn unwritable(path: Path<'_>) -> VfsError {
    VfsError::new(
        VfsOperation::Write,
        path.to_owned(),
        std::io::ErrorKind::InvalidData,
    )
}
