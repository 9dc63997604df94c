//! One body for every filesystem: it does the steps, and writes down the answers.

use tornwrite::vfs::{FileExt, Metadata, Path, Vfs, VfsFile, VfsOperation, VfsResult};

use crate::steps::{HANDLES, Names, OnFile, Step};

/// What is left out because the filesystem of the real directory does not have it.
pub(crate) type LeftOut = [VfsOperation];

/// What each step answers, and what the handles that are still open at the end read.
pub(crate) fn execute(fs: &dyn Vfs, steps: &[Step], left_out: &LeftOut) -> Vec<String> {
    let mut handles: [Option<Box<dyn VfsFile>>; HANDLES] = [None, None, None];
    let mut next_byte = 0_u8;
    let mut answers: Vec<String> = steps
        .iter()
        .map(|step| match step {
            _ if operation(step).is_some_and(|operation| left_out.contains(&operation)) => {
                "left out".to_owned()
            }
            Step::Open {
                path,
                options,
                handle,
            } => match fs.open(at(path), *options) {
                Ok(file) => {
                    handles[*handle] = Some(file);
                    "opened".to_owned()
                }
                Err(error) => answer::<()>(Err(error)),
            },
            Step::Names(names) => on_names(fs, names),
            Step::Close { handle } => {
                handles[*handle] = None;
                "closed".to_owned()
            }
            Step::OnFile { handle, action } => {
                next_byte = next_byte.wrapping_add(1);
                match &handles[*handle] {
                    Some(file) => on_file(file.as_ref(), *action, next_byte),
                    None => "no handle".to_owned(),
                }
            }
        })
        .collect();
    let open = handles.iter().flatten();
    answers.extend(open.map(|file| answer(file.read_to_end())));
    answers
}

/// The operations that not every real filesystem has.
fn operation(step: &Step) -> Option<VfsOperation> {
    match step {
        Step::Names(Names::RenameNoReplace(..)) => Some(VfsOperation::Rename),
        Step::Names(Names::Exchange(..)) => Some(VfsOperation::Exchange),
        Step::Names(Names::Symlink(..)) => Some(VfsOperation::Symlink),
        Step::Names(Names::SyncFilesystem) => Some(VfsOperation::SyncFilesystem),
        Step::OnFile { action, .. } => match action {
            OnFile::Allocate(..) => Some(VfsOperation::Allocate),
            OnFile::PunchHole(..) => Some(VfsOperation::PunchHole),
            OnFile::ZeroRange(..) => Some(VfsOperation::ZeroRange),
            OnFile::WritePages(..) => Some(VfsOperation::WritePages),
            _ => None,
        },
        _ => None,
    }
}

fn on_names(fs: &dyn Vfs, names: &Names) -> String {
    match names {
        Names::CreateDir(path) => answer(fs.create_dir(at(path))),
        Names::RemoveDir(path) => answer(fs.remove_dir(at(path))),
        Names::RemoveFile(path) => answer(fs.remove_file(at(path))),
        Names::Rename(from, to) => answer(fs.rename(at(from), at(to))),
        Names::RenameNoReplace(from, to) => answer(fs.rename_no_replace(at(from), at(to))),
        Names::Exchange(one, other) => answer(fs.exchange(at(one), at(other))),
        Names::HardLink(from, to) => answer(fs.hard_link(at(from), at(to))),
        Names::Symlink(target, link) => answer(fs.symlink(target, at(link))),
        Names::ReadLink(path) => answer(fs.read_link(at(path))),
        Names::ReadDir(path) => answer(fs.read_dir(at(path))),
        Names::Metadata(path) => answer(fs.metadata(at(path)).map(comparable)),
        Names::SymlinkMetadata(path) => answer(fs.symlink_metadata(at(path)).map(comparable)),
        Names::SyncDir(path) => answer(fs.sync_dir(at(path))),
        Names::SyncFilesystem => answer(fs.sync_filesystem()),
    }
}

fn on_file(file: &dyn VfsFile, action: OnFile, byte: u8) -> String {
    match action {
        OnFile::Write(offset, len) => answer(file.write_at(&vec![byte; len], offset)),
        OnFile::Append(len) => answer(file.append(&vec![byte; len])),
        OnFile::Read(offset, len) => {
            let mut buffer = vec![0; len];
            let read = file.read_at(&mut buffer, offset);
            answer(read.map(|read| short(&buffer[..read])))
        }
        OnFile::SetLen(size) => answer(file.set_len(size)),
        OnFile::Allocate(offset, len, mode) => answer(file.allocate(offset, len, mode)),
        OnFile::PunchHole(offset, len) => answer(file.punch_hole(offset, len)),
        OnFile::ZeroRange(offset, len, mode) => answer(file.zero_range(offset, len, mode)),
        OnFile::WritePages(offset, len) => answer(file.write_pages(&vec![byte; len], offset)),
        OnFile::SyncPages => answer(file.sync_pages()),
        OnFile::SyncRange(offset, len) => answer(file.sync_range(offset, len)),
        OnFile::SyncData => answer(file.sync_data()),
        OnFile::SyncAll => answer(file.sync_all()),
        OnFile::Metadata => answer(file.metadata().map(comparable)),
    }
}

fn at(path: &str) -> Path<'_> {
    Path::from(path)
}

/// What a step answers, as far as both sides can be asked for the same.
fn answer<T: std::fmt::Debug>(result: VfsResult<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{} fails: {:?}", error.operation, error.kind),
    }
}

/// The numbers of inodes are each filesystem's own.
fn comparable(metadata: Metadata) -> Metadata {
    Metadata {
        inode: None,
        ..metadata
    }
}

/// Bytes as runs of equal ones.
pub(crate) fn short(bytes: &[u8]) -> Vec<(u8, usize)> {
    let runs = bytes.chunk_by(|one, other| one == other);
    runs.map(|run| (run[0], run.len())).collect()
}
