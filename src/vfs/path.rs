//! Paths of our own: bytes and slashes, the same on every platform.

use std::{fmt, io::ErrorKind, sync::Arc};

/// A borrowed path inside a [`Vfs`](super::Vfs): bytes, with `/` between the names.
///
/// A leading slash, doubled slashes and `.` mean nothing; `..` is no name and is refused by filesystems.
///
/// ```
/// use tornwrite::vfs::Path;
///
/// let path = Path::from("/log/000001.wal");
/// assert_eq!(path.names().collect::<Vec<_>>(), [b"log".as_slice(), b"000001.wal"]);
/// assert_eq!(path.parent(), Some(Path::from("/log")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path<'a>(&'a [u8]);

impl<'a> Path<'a> {
    /// The root of the filesystem.
    pub const ROOT: Path<'static> = Path(b"");

    /// A path from its bytes.
    pub const fn new(bytes: &'a [u8]) -> Path<'a> {
        Path(bytes)
    }

    /// The bytes as they were given.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The names from the root down.
    pub fn names(self) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.0
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty() && *name != b".")
    }

    /// The last name; `None` for the root.
    pub fn file_name(self) -> Option<&'a [u8]> {
        self.names().next_back()
    }

    /// The path without its last name; `None` for the root.
    pub fn parent(self) -> Option<Path<'a>> {
        let name = self.file_name()?;
        let end = name.as_ptr().addr() - self.0.as_ptr().addr();
        let mut bytes = &self.0[..end];
        while let Some(shorter) = bytes.strip_suffix(b"/") {
            bytes = shorter;
        }
        Some(Path(bytes))
    }

    /// This path with one more name.
    pub fn join(self, name: impl AsRef<[u8]>) -> PathBuf {
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + name.as_ref().len());
        bytes.extend_from_slice(self.0);
        if !bytes.is_empty() && !bytes.ends_with(b"/") {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(name.as_ref());
        PathBuf(bytes.into())
    }

    /// An owned copy.
    pub fn to_owned(self) -> PathBuf {
        PathBuf(self.0.into())
    }
}

impl<'a> From<&'a str> for Path<'a> {
    fn from(text: &'a str) -> Path<'a> {
        Path(text.as_bytes())
    }
}

impl<'a> From<&'a PathBuf> for Path<'a> {
    fn from(path: &'a PathBuf) -> Path<'a> {
        path.as_path()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        self.0.escape_ascii().fmt(f)
    }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// An owned [`Path`]; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathBuf(Arc<[u8]>);

impl PathBuf {
    /// Borrows it.
    pub fn as_path(&self) -> Path<'_> {
        Path(&self.0)
    }
}

impl From<&str> for PathBuf {
    fn from(text: &str) -> PathBuf {
        Path::from(text).to_owned()
    }
}

impl fmt::Display for PathBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_path().fmt(f)
    }
}

impl fmt::Debug for PathBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_path().fmt(f)
    }
}

/// Whether a symbolic link may lead there, with the answer of Linux to a target that is none; one that may lead out of the
/// root is refused.
pub(crate) fn check_link_target(target: &[u8]) -> Result<(), ErrorKind> {
    let mut names = target.split(|&byte| byte == b'/');
    if target.starts_with(b"/") || target.contains(&0) || names.any(|name| name == b"..") {
        return Err(ErrorKind::InvalidInput);
    }
    match target.len() {
        0 => Err(ErrorKind::NotFound),
        1..LINK_LIMIT_BYTES => Ok(()),
        _ => Err(ErrorKind::InvalidFilename),
    }
}

/// A path of Linux has fewer bytes.
const LINK_LIMIT_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_go_up_to_the_root() {
        let path = Path::from("/a//b/./c");
        assert_eq!(
            path.parent().map(|p| p.to_string()).as_deref(),
            Some("/a//b/.")
        );
        assert_eq!(Path::from("/a").parent(), Some(Path::ROOT));
        assert_eq!(Path::from("a").parent(), Some(Path::ROOT));
        assert_eq!(Path::ROOT.parent(), None);
        assert_eq!(Path::from("/").parent(), None);
    }

    #[test]
    fn joining_puts_one_slash_between() {
        assert_eq!(Path::ROOT.join("a").as_path(), Path::from("a"));
        assert_eq!(Path::from("a").join("b").as_path(), Path::from("a/b"));
        assert_eq!(Path::from("a/").join("b").as_path(), Path::from("a/b"));
    }
}
