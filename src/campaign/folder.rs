//! The folder of a campaign's results.
//!
//! Guarantees: what is there already is never overwritten, but moved aside, and only if it is such
//! a folder too; a file that is written as a whole is there as a whole or not at all, and durable
//! when it is said to be written.

use std::sync::Arc;

use serde::Serialize;

use super::{CampaignError, Description, Reproducer};
use crate::{
    run::Evidence,
    vfs::{
        FileExt, OpenOptions, Path, PathBuf, Vfs, VfsError, VfsExt, VfsFile, VfsOperation,
        VfsResult,
    },
};

/// The file by which a folder is known to be one of ours.
const MARKER: &str = "campaign.json";

/// The file of a finding that says why it is not explained.
pub const UNEXPLAINED: &str = "not-explained.txt";

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
    /// The filesystem refuses.
    #[error(transparent)]
    Vfs(#[from] VfsError),
}

/// A file that grows by lines.
#[derive(Debug)]
pub(super) struct Log {
    file: Box<dyn VfsFile>,
    folder: Folder,
    name: String,
}

impl Folder {
    /// Makes a new folder at `root`; one that is there is renamed to `root.1`, or the first number
    /// that is free.
    pub fn create(vfs: Arc<dyn Vfs>, root: PathBuf) -> Result<Folder, FolderError> {
        let path = root.as_path();
        match vfs.read_dir(path) {
            Ok(entries) if entries.is_empty() => {}
            Ok(_) if is_ours(vfs.as_ref(), path)? => {
                rotate(vfs.as_ref(), path)?;
                vfs.create_dir(path)?;
            }
            Ok(_) => return Err(FolderError::Foreign(root)),
            Err(error) if error.kind == std::io::ErrorKind::NotADirectory => {
                return Err(FolderError::Foreign(root));
            }
            Err(_) => vfs.create_dir_all(path)?,
        }
        sync_way(vfs.as_ref(), path)?;
        Ok(Folder { vfs, root })
    }

    /// Writes a file that can be made again from the others: it need not be durable.
    pub fn write_again(&self, name: &str, bytes: &[u8]) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        self.vfs.write(path.as_path(), bytes)
    }

    /// The same, as JSON on one line.
    pub fn write_json_again(&self, name: &str, value: &impl Serialize) -> VfsResult<()> {
        let mut bytes = serde_json::to_vec(value).map_err(|_| unwritable())?;
        bytes.push(b'\n');
        self.write_again(name, &bytes)
    }

    /// Writes a file as a whole, as JSON.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        write_whole(self.vfs.as_ref(), path.as_path(), &pretty(value)?)
    }

    /// Writes what replays a finding, and what it shows; each file is there as a whole or not at all, and what takes the place of
    /// older files is complete before they go.
    pub(super) fn write_finding<S: Serialize>(
        &self,
        reproducer: &Reproducer<S>,
        evidence: Option<&Evidence>,
    ) -> VfsResult<()> {
        let folder = format!("violations/{}", reproducer.id);
        let folder = self.root.as_path().join(folder);
        self.vfs.create_dir_all(folder.as_path())?;
        if let Some(evidence) = evidence {
            let bytes = serde_json::to_vec(evidence).map_err(|_| unwritable())?;
            self.replace(folder.as_path(), "evidence.json", &bytes)?;
        }
        self.replace(folder.as_path(), "reproducer.json", &pretty(reproducer)?)
    }

    /// Says beside a reproducer why its violation is not explained: to see it would end the process.
    pub(super) fn write_unexplained(&self, id: &str, why: &str) -> VfsResult<()> {
        let text = format!("{why}\n");
        self.write_again(&format!("violations/{id}/{UNEXPLAINED}"), text.as_bytes())
    }

    fn replace(&self, folder: Path<'_>, name: &str, bytes: &[u8]) -> VfsResult<()> {
        let temporary = folder.join(format!("{name}.tmp"));
        self.vfs.write(temporary.as_path(), bytes)?;
        self.vfs
            .rename(temporary.as_path(), folder.join(name).as_path())
    }

    /// Opens a folder of results that is there.
    ///
    /// # Errors
    ///
    /// [`CampaignError::Unreadable`] if there is none.
    pub fn open_existing(vfs: Arc<dyn Vfs>, root: PathBuf) -> Result<Folder, CampaignError> {
        let folder = Folder { vfs, root };
        folder.description()?;
        Ok(folder)
    }

    /// What the campaign in this folder was asked to do.
    pub fn description(&self) -> Result<Description, CampaignError> {
        let unreadable = |reason: String| CampaignError::Unreadable {
            file: self.name_of(MARKER),
            reason,
        };
        let bytes = self
            .read(MARKER)
            .map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))
    }

    /// Where it is.
    pub(super) fn name(&self) -> String {
        self.root.to_string()
    }

    /// Where a file of it is.
    pub(super) fn name_of(&self, file: &str) -> String {
        self.root.as_path().join(file).to_string()
    }

    /// Opens a file to read it, if it is there.
    pub(super) fn open_file(&self, name: &str) -> VfsResult<Option<Box<dyn VfsFile>>> {
        match self.vfs.open_read(self.root.as_path().join(name).as_path()) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes durable what a process that died may have left in the page cache alone.
    pub(super) fn sync_file(&self, name: &str) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        let options = OpenOptions::new().read().write();
        self.vfs.open(path.as_path(), options)?.sync_all()?;
        self.vfs.sync_dir(self.root.as_path())
    }

    /// Cuts a file off, for good.
    pub(super) fn cut(&self, name: &str, size_bytes: u64) -> VfsResult<()> {
        let path = self.root.as_path().join(name);
        let file = self
            .vfs
            .open(path.as_path(), OpenOptions::new().read().write())?;
        file.set_len(size_bytes)?;
        file.sync_all()
    }

    /// The text of a file of this folder.
    pub fn read(&self, name: &str) -> VfsResult<Vec<u8>> {
        self.vfs.read(self.root.as_path().join(name).as_path())
    }

    pub(super) fn append_to(&self, name: &str) -> VfsResult<Log> {
        let options = OpenOptions::new().append().create();
        let path = self.root.as_path().join(name);
        let file = self.vfs.open(path.as_path(), options)?;
        // The lines are worth no more than their file's name.
        self.vfs.sync_dir(self.root.as_path())?;
        Ok(Log {
            file,
            folder: self.clone(),
            name: name.to_owned(),
        })
    }
}

impl Log {
    pub(super) fn append_line(&self, value: &impl Serialize) -> VfsResult<()> {
        let mut line = serde_json::to_vec(value).map_err(|_| unwritable())?;
        line.push(b'\n');
        self.file.append_all(&line)
    }

    /// Makes all lines durable.
    ///
    /// # Errors
    ///
    /// [`CampaignError::Gone`] if they are no longer found by their name, and so nothing is that belongs to them.
    pub(super) fn sync(&self) -> Result<(), CampaignError> {
        self.file.sync_all()?;
        self.check()
    }

    /// Makes sure that what is written beside it still goes where its lines are.
    pub(super) fn check(&self) -> Result<(), CampaignError> {
        let ours = self.file.metadata()?.inode;
        let named = self.folder.root.as_path().join(&self.name);
        match self.folder.vfs.metadata(named.as_path()) {
            Ok(found) if found.inode == ours => Ok(()),
            Err(error) if error.kind != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Err(CampaignError::Gone {
                folder: self.folder.name(),
            }),
        }
    }
}

/// Whether a folder holds results, or what a power cut left of the first of its files.
fn is_ours(vfs: &dyn Vfs, path: Path<'_>) -> VfsResult<bool> {
    let temporary = path.join(format!("{MARKER}.tmp"));
    Ok(vfs.exists(path.join(MARKER).as_path())? || vfs.exists(temporary.as_path())?)
}

/// Makes the names on the way to a folder durable: what is in it is worth no more.
fn sync_way(vfs: &dyn Vfs, path: Path<'_>) -> VfsResult<()> {
    let mut at = path.parent();
    while let Some(parent) = at {
        vfs.sync_dir(parent)?;
        at = parent.parent();
    }
    Ok(())
}

/// Writes a file as a whole: it is there with all of its bytes, or not at all, and durable when this returns.
///
/// What it is written to first has the same name with `.tmp` behind it.
pub fn write_whole(vfs: &dyn Vfs, path: Path<'_>, bytes: &[u8]) -> VfsResult<()> {
    let mut temporary = path.as_bytes().to_vec();
    temporary.extend_from_slice(b".tmp");
    let temporary = Path::new(&temporary);
    let options = OpenOptions::new().write().create().truncate();
    let file = vfs.open(temporary, options)?;
    file.write_all_at(bytes, 0)?;
    file.sync_all()?;
    vfs.rename(temporary, path)?;
    vfs.sync_dir(path.parent().unwrap_or(Path::ROOT))
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

fn pretty(value: &impl Serialize) -> VfsResult<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|_| unwritable())?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Our own types can always be written as JSON; should one not be, that is an error of the file.
fn unwritable() -> VfsError {
    VfsError::new(
        VfsOperation::Write,
        Path::ROOT.to_owned(),
        std::io::ErrorKind::InvalidData,
    )
}
