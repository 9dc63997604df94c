//! Files that are read, and folders that are written: from paths of the operating system to ours.

use std::{
    ffi::OsStr,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::exit::Failure;
use crate::{
    scenario::InputError,
    vfs::{self, FileExt as _, FileKind, OpenOptions, OsVfs, Vfs, VfsError, VfsExt as _, VfsFile},
};

/// Where something is: a real directory that exists, and the way from there.
pub(super) struct Place {
    pub(super) vfs: Arc<dyn Vfs>,
    pub(super) path: vfs::PathBuf,
}

/// Finds the place of a path that need not exist yet.
pub(super) fn place(path: &Path) -> Option<Place> {
    let absolute = std::path::absolute(path).ok()?;
    let mut root = absolute.parent()?;
    while !root.exists() {
        root = root.parent()?;
    }
    let rest = absolute.strip_prefix(root).ok()?;
    let mut way = vfs::Path::ROOT.to_owned();
    for name in rest.components() {
        way = way.as_path().join(name.as_os_str().as_encoded_bytes());
    }
    Some(Place {
        vfs: Arc::new(OsVfs::new(root)),
        path: way,
    })
}

/// Reads a file that a user gave, of at most `bytes_max`.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, InputError> {
    let label = path.display().to_string();
    let refused = |error: VfsError| InputError::whole(&label, told(error.kind));
    let place = place(path).ok_or_else(|| InputError::whole(&label, "there is no such file"))?;
    let file = place.vfs.open_read(place.path.as_path()).map_err(refused)?;
    let metadata = file.metadata().map_err(refused)?;
    if metadata.kind == FileKind::Directory {
        return Err(InputError::whole(&label, told(ErrorKind::IsADirectory)));
    }
    if metadata.size_bytes > bytes_max {
        return Err(too_large(&label, metadata.size_bytes, bytes_max));
    }
    // Its size is only what the file says; a device says 0 and never ends.
    let bytes = read_at_most(file.as_ref(), bytes_max + 1).map_err(refused)?;
    if bytes.len() as u64 > bytes_max {
        return Err(too_large(&label, bytes.len() as u64, bytes_max));
    }
    Ok(bytes)
}

fn too_large(label: &str, size_bytes: u64, bytes_max: u64) -> InputError {
    let message = format!("{size_bytes} bytes are too many: expected at most {bytes_max}");
    InputError::whole(label, message)
}

fn read_at_most(file: &dyn VfsFile, bytes_max: u64) -> Result<Vec<u8>, VfsError> {
    let size_bytes = file.size_bytes()?.min(bytes_max);
    let mut bytes = vec![0; usize::try_from(size_bytes.max(4096)).unwrap_or(usize::MAX)];
    let mut filled = 0;
    loop {
        match file.read_at(&mut bytes[filled..], filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled as u64 >= bytes_max {
            break;
        }
        if filled == bytes.len() {
            bytes.resize(filled * 2, 0);
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Writes a file that is there as a whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let label = path.display().to_string();
    let failed = |error| Failure::results(&label, &error);
    let nowhere = || Failure::Results(format!("{label} is no place for a file"));
    let place = place(path).ok_or_else(nowhere)?;
    let way = place.path.as_path();
    let temporary = [way.as_bytes(), b".tmp"].concat();
    let temporary = vfs::Path::new(&temporary);
    if let Some(parent) = way.parent() {
        place.vfs.create_dir_all(parent).map_err(failed)?;
    }
    let options = OpenOptions::new().write().create().truncate();
    let file = place.vfs.open(temporary, options).map_err(failed)?;
    file.write_all_at(bytes, 0).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    place.vfs.rename(temporary, way).map_err(failed)
}

fn told(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::IsADirectory => "this is a folder: expected a file".to_owned(),
        other => format!("failed to read it: {other}"),
    }
}

/// The folder beside scenarios that holds kept reproducers.
const REGRESSIONS: &str = "regressions";

/// The scenario files that a path means: itself, or the ones right in it, sorted.
pub(super) fn scenarios(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    if path.is_dir() {
        return files_in(path, "toml");
    }
    let is_kept = path.extension() == Some(OsStr::new("json"));
    Ok(if is_kept {
        Vec::new()
    } else {
        vec![path.to_owned()]
    })
}

/// The kept reproducers that a path means: itself, or the ones right in its folder for them, sorted.
pub(super) fn regressions(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    if !path.is_dir() {
        let is_kept = path.extension() == Some(OsStr::new("json"));
        return Ok(if is_kept {
            vec![path.to_owned()]
        } else {
            Vec::new()
        });
    }
    let folder = path.join(REGRESSIONS);
    if folder.is_dir() {
        files_in(&folder, "json")
    } else if path.file_name() == Some(OsStr::new(REGRESSIONS)) {
        files_in(path, "json")
    } else {
        Ok(Vec::new())
    }
}

/// The files right in a folder with this ending, sorted.
fn files_in(path: &Path, extension: &str) -> Result<Vec<PathBuf>, InputError> {
    let label = path.display().to_string();
    let vfs = OsVfs::new(path);
    let entries = vfs.read_dir(vfs::Path::ROOT);
    let entries = entries.map_err(|error| InputError::whole(&label, told(error.kind)))?;
    let files = entries.iter().filter(|entry| entry.kind == FileKind::File);
    let names = files.filter_map(|entry| std::str::from_utf8(&entry.name).ok());
    Ok(names
        .map(|name| path.join(name))
        .filter(|path| path.extension() == Some(OsStr::new(extension)))
        .collect())
}

/// Writes a file, in place of what is there.
pub(super) fn write_new(place: &Place, bytes: &[u8]) -> Result<(), VfsError> {
    if let Some(parent) = place.path.as_path().parent() {
        place.vfs.create_dir_all(parent)?;
    }
    place.vfs.write(place.path.as_path(), bytes)
}

/// Lets `link` point at a folder beside it, where the system knows such a thing.
pub(super) fn point_at(link: &Path, name: &str) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let temporary = link.with_extension("tmp");
        let _ = std::fs::remove_file(&temporary);
        let linked = std::os::unix::fs::symlink(name, &temporary)
            .and_then(|()| std::fs::rename(&temporary, link));
        let failed = |error| {
            Failure::Results(format!(
                "failed to let {} point at {name}: {error}",
                link.display()
            ))
        };
        linked.map_err(failed)?;
    }
    #[cfg(not(unix))]
    let _ = (link, name);
    Ok(())
}
