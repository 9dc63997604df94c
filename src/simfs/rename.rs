//! Renaming and exchanging names, with Linux's errors in Linux's order.

use std::io::ErrorKind;

use super::{
    Answer, CallSite, State,
    walk::{Place, check_names},
};
use crate::{image::Inode, trace::Action, vfs::Path};

/// What a rename does with what is at its new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InTheWay {
    Replaced,
    /// `RENAME_NOREPLACE`.
    Kept,
}

impl State {
    pub(super) fn rename(
        &mut self,
        from: Path<'_>,
        to: Path<'_>,
        in_the_way: InTheWay,
        caller: CallSite,
    ) -> Answer<()> {
        let (from, to) = self.two_places(from, to)?;
        let inode = self.lookup(&from)?.ok_or(ErrorKind::NotFound)?;
        let replaced = self.lookup(&to)?;
        if replaced.is_some() && in_the_way == InTheWay::Kept {
            return Err(ErrorKind::AlreadyExists);
        }
        if to.is_below(inode) {
            return Err(ErrorKind::InvalidInput);
        }
        if let Some(old) = replaced {
            if from.is_below(old) {
                return Err(ErrorKind::DirectoryNotEmpty);
            }
            if old == inode {
                return Ok(());
            }
            self.check_replace(inode, old)?;
        }
        self.remove(from.directory, from.name);
        self.insert(to.directory, to.name, inode);
        let action = Action::Rename {
            from: from.directory,
            from_name: self.recording.trace.keep(from.name),
            to: to.directory,
            to_name: self.recording.trace.keep(to.name),
            inode,
            replaced,
        };
        self.record(action, caller);
        Ok(())
    }

    pub(super) fn exchange(
        &mut self,
        one: Path<'_>,
        other: Path<'_>,
        caller: CallSite,
    ) -> Answer<()> {
        let (from, to) = self.two_places(one, other)?;
        let inode = self.lookup(&from)?.ok_or(ErrorKind::NotFound)?;
        let other = self.lookup(&to)?.ok_or(ErrorKind::NotFound)?;
        if to.is_below(inode) || from.is_below(other) {
            return Err(ErrorKind::InvalidInput);
        }
        if inode == other {
            return Ok(());
        }
        self.insert(from.directory, from.name, other);
        self.insert(to.directory, to.name, inode);
        let action = Action::Exchange {
            from: from.directory,
            from_name: self.recording.trace.keep(from.name),
            to: to.directory,
            to_name: self.recording.trace.keep(to.name),
            inode,
            other,
        };
        self.record(action, caller);
        Ok(())
    }

    /// Both names; the root has none that could be changed.
    fn two_places<'p>(&self, from: Path<'p>, to: Path<'p>) -> Answer<(Place<'p>, Place<'p>)> {
        let busy = |path: Path<'_>| match path.file_name() {
            None => Err(ErrorKind::ResourceBusy),
            Some(_) => check_names(path),
        };
        busy(to)?;
        busy(from)?;
        Ok((self.place(from)?, self.place(to)?))
    }

    fn check_replace(&self, inode: Inode, old: Inode) -> Answer<()> {
        match (self.is_directory(inode), self.live.directory(old)) {
            (false, Some(_)) => Err(ErrorKind::IsADirectory),
            (true, None) => Err(ErrorKind::NotADirectory),
            (true, Some(directory)) if !directory.is_empty() => Err(ErrorKind::DirectoryNotEmpty),
            _ => Ok(()),
        }
    }
}
