//! Walking down a path, through symbolic links.

use std::io::ErrorKind;

use super::{Answer, State};
use crate::{
    image::Inode,
    vfs::{Path, check_link_target, filesystem_loop},
};

/// As many symbolic links may be on the way of one path.
const LINKS_FOLLOWED: u32 = 40;

/// The end of a path whose target has a slash behind its last name: what that means must be a directory.
const SLASH: &[u8] = b"";

/// Where a path leads if its last name is looked up, through symbolic links.
#[derive(Debug)]
pub(super) enum Found {
    /// To something.
    Inode(Inode),
    /// To nothing, in a directory that is there.
    Free { directory: Inode, name: Vec<u8> },
}

/// The last name of a path, which is not looked up, and where it lies.
#[derive(Debug)]
pub(super) struct Place<'p> {
    pub(super) directory: Inode,
    pub(super) name: &'p [u8],
    /// The directories from the root down to the one of the name.
    above: Vec<Inode>,
}

impl Place<'_> {
    /// Whether the name lies in the directory `ancestor` or below it.
    pub(super) fn is_below(&self, ancestor: Inode) -> bool {
        self.above.contains(&ancestor)
    }
}

impl State {
    /// What a path means, symbolic links followed.
    pub(super) fn resolve(&self, path: Path<'_>) -> Answer<Inode> {
        match self.find(path, false)? {
            Found::Inode(inode) => Ok(inode),
            Found::Free { .. } => Err(ErrorKind::NotFound),
        }
    }

    /// What a path means; a symbolic link at its end is not followed.
    pub(super) fn resolve_link(&self, path: Path<'_>) -> Answer<Inode> {
        if path.file_name().is_none() {
            return Ok(Inode::ROOT);
        }
        let place = self.place(path)?;
        self.lookup(&place)?.ok_or(ErrorKind::NotFound)
    }

    pub(super) fn resolve_directory(&self, path: Path<'_>) -> Answer<Inode> {
        let inode = self.resolve(path)?;
        let directory = self.live.directory(inode);
        directory.map(|_| inode).ok_or(ErrorKind::NotADirectory)
    }

    /// Where a path leads, symbolic links followed; `creating` if what is not there shall be created.
    pub(super) fn find(&self, path: Path<'_>, creating: bool) -> Answer<Found> {
        check_names(path)?;
        if let Some(inode) = self.find_plainly(path) {
            return Ok(Found::Inode(inode));
        }
        self.descend(path.names().rev().collect(), creating, &mut Vec::new())
    }

    /// Where a path leads that is all there, with no symbolic link on the way: most are, and nothing has to be allocated.
    fn find_plainly(&self, path: Path<'_>) -> Option<Inode> {
        let mut at = Inode::ROOT;
        for name in path.names() {
            at = self.live.directory(at)?.get(name)?;
            if self.live.symlink(at).is_some() {
                return None;
            }
        }
        Some(at)
    }

    /// The directory that holds the last name of a path, and that name; the root is in no directory.
    pub(super) fn place<'p>(&self, path: Path<'p>) -> Answer<Place<'p>> {
        check_names(path)?;
        let (Some(name), Some(parent)) = (path.file_name(), path.parent()) else {
            return Err(ErrorKind::AlreadyExists);
        };
        let mut above = vec![Inode::ROOT];
        match self.descend(parent.names().rev().collect(), false, &mut above)? {
            Found::Free { .. } => Err(ErrorKind::NotFound),
            Found::Inode(directory) if self.live.directory(directory).is_none() => {
                Err(ErrorKind::NotADirectory)
            }
            Found::Inode(directory) => Ok(Place {
                directory,
                name,
                above,
            }),
        }
    }

    /// What the last name of a path means.
    pub(super) fn lookup(&self, place: &Place<'_>) -> Answer<Option<Inode>> {
        check_length(place.name)?;
        let directory = self.live.directory(place.directory);
        Ok(directory.and_then(|directory| directory.get(place.name)))
    }

    /// Goes down the names in `ahead`, the last one first; since no target leads up, neither does any path.
    fn descend<'a>(
        &'a self,
        mut ahead: Vec<&'a [u8]>,
        creating: bool,
        above: &mut Vec<Inode>,
    ) -> Answer<Found> {
        let mut at = Inode::ROOT;
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            let directory = self.live.directory(at).ok_or(ErrorKind::NotADirectory)?;
            if name == SLASH || name == b"." {
                continue;
            }
            if creating && ahead == [SLASH] {
                return Err(ErrorKind::IsADirectory);
            }
            check_length(name)?;
            let Some(inode) = directory.get(name) else {
                if !ahead.is_empty() {
                    return Err(ErrorKind::NotFound);
                }
                return Ok(Found::Free {
                    directory: at,
                    name: name.to_vec(),
                });
            };
            let Some(target) = self.live.symlink(inode) else {
                at = inode;
                above.push(inode);
                continue;
            };
            links += 1;
            if links > LINKS_FOLLOWED {
                return Err(filesystem_loop());
            }
            // One that something else planted may lead elsewhere.
            check_link_target(target)?;
            if target.ends_with(b"/") {
                ahead.push(SLASH);
            }
            let names = target.rsplit(|&byte| byte == b'/');
            ahead.extend(names.filter(|name| !name.is_empty()));
        }
        Ok(Found::Inode(at))
    }
}

/// A path is a plain walk down: `..` would leave that, and no filesystem has a name with a NUL.
pub(super) fn check_names(path: Path<'_>) -> Answer<()> {
    let refused = |name: &[u8]| name == b".." || name.contains(&0);
    if path.names().any(refused) {
        return Err(ErrorKind::InvalidInput);
    }
    Ok(())
}

fn check_length(name: &[u8]) -> Answer<()> {
    if name.len() > 255 {
        return Err(ErrorKind::InvalidFilename);
    }
    Ok(())
}
