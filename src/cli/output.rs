//! A file that a user asked for: known to be writable before the work begins, and written as a whole when it is done.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{exit::Failure, terminal};

/// Where something is to be written.
#[derive(Debug)]
pub(super) enum Output {
    /// Standard output.
    Standard,
    /// A regular file, or the place for one: the target of any symbolic link.
    File(PathBuf),
    /// Something else that is there, such as a pipe or a terminal: it cannot be replaced, only written to.
    Stream(PathBuf),
}

impl Output {
    /// Finds the place, and makes sure that it can be written.
    pub(super) fn prepare(path: &Path) -> Result<Output, Failure> {
        if path == Path::new("-") {
            return Ok(Output::Standard);
        }
        let refused = |error: io::Error| {
            Failure::Usage(format!(
                "{} cannot be written: {error}; expected a file in a folder that is there",
                path.display()
            ))
        };
        match fs::metadata(path) {
            Ok(known) if known.is_dir() => Err(refused(io::ErrorKind::IsADirectory.into())),
            Ok(known) if !known.is_file() => Ok(Output::Stream(path.to_owned())),
            Ok(_) => Output::file(&fs::canonicalize(path).map_err(refused)?).map_err(refused),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Output::file(path).map_err(refused)
            }
            Err(error) => Err(refused(error)),
        }
    }

    fn file(path: &Path) -> io::Result<Output> {
        let temporary = beside(path)?;
        fs::write(&temporary, b"")?;
        fs::remove_file(&temporary)?;
        Ok(Output::File(path.to_owned()))
    }

    /// Writes it.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let (path, written) = match self {
            Output::Standard => (Path::new("standard output"), terminal::put(text.as_bytes())),
            Output::Stream(path) => (path.as_path(), fs::write(path, text)),
            Output::File(path) => (path.as_path(), replace(path, text)),
        };
        let failed =
            |error| Failure::Results(format!("failed to write {}: {error}", path.display()));
        written.map_err(failed)
    }
}

/// The name under which a file is written until it is complete.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut name = path
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_owned();
    name.push(".tornwrite-tmp");
    Ok(path.with_file_name(name))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let temporary = beside(path)?;
    let written = fs::write(&temporary, text)
        .and_then(|()| fs::File::open(&temporary)?.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}
