use std::io::ErrorKind::{
    self, AlreadyExists, DirectoryNotEmpty, InvalidInput, IsADirectory, NotADirectory, NotFound,
    Other, PermissionDenied, ResourceBusy,
};

use super::*;
use crate::vfs::{FileExt, VfsExt};

fn fresh() -> (tempfile::TempDir, OsVfs) {
    let directory = tempfile::tempdir().unwrap();
    let vfs = OsVfs::new(directory.path());
    (directory, vfs)
}

fn path(text: &str) -> Path<'_> {
    Path::from(text)
}

fn kind<T: std::fmt::Debug>(result: VfsResult<T>) -> ErrorKind {
    result.unwrap_err().kind
}

#[test]
fn what_is_written_is_read_back_through_any_spelling_of_its_path() {
    let (_directory, vfs) = fresh();
    vfs.create_dir_all(path("a/b")).unwrap();
    vfs.write(path("/a/b/c"), b"bytes").unwrap();
    assert_eq!(vfs.read(path("a//./b/c")).unwrap(), b"bytes");
    assert!(vfs.exists(path("a")).unwrap());
    assert!(!vfs.exists(path("b")).unwrap());
    vfs.sync_dir(path("a/b")).unwrap();
    vfs.sync_dir(Path::ROOT).unwrap();
}

#[test]
fn no_path_leads_out_of_the_root() {
    let (_directory, vfs) = fresh();
    assert_eq!(kind(vfs.read(path("../x"))), InvalidInput);
    assert_eq!(kind(vfs.create_dir(path("a/../b"))), InvalidInput);
    assert_eq!(kind(vfs.metadata(Path::new(b"a\0b"))), InvalidInput);
    assert_eq!(kind(vfs.remove_dir(Path::ROOT)), ResourceBusy);
    vfs.create_dir(path("a")).unwrap();
    assert_eq!(kind(vfs.rename(Path::ROOT, path("b"))), ResourceBusy);
    assert_eq!(kind(vfs.rename(path("a"), path("/"))), ResourceBusy);
}

#[test]
fn an_error_names_operation_path_and_offset() {
    let (_directory, vfs) = fresh();
    let error = vfs.read(path("/absent")).unwrap_err();
    assert_eq!(error.to_string(), "open /absent: entity not found");
    vfs.write(path("f"), b"").unwrap();
    let file = vfs.open_read(path("f")).unwrap();
    assert_eq!(kind(file.write_at(b"x", 3)), Other);
    let options = OpenOptions::new().write();
    let file = vfs.open(path("f"), options).unwrap();
    assert_eq!(kind(file.read_at(&mut [0], 0)), Other);
}

#[test]
fn opening_fails_as_on_linux() {
    let (_directory, vfs) = fresh();
    vfs.create_dir(path("dir")).unwrap();
    vfs.write(path("file"), b"").unwrap();
    let open = |at, options| kind(vfs.open(path(at), options));
    let new = OpenOptions::new;
    assert_eq!(open("dir", new().write()), IsADirectory);
    assert_eq!(open("dir", new().append().create()), IsADirectory);
    assert_eq!(open("file", new().write().create_new()), AlreadyExists);
    assert_eq!(open("dir", new().write().create_new()), AlreadyExists);
    assert_eq!(open("file/below", new().read()), NotADirectory);
    assert_eq!(open("absent", new().write()), NotFound);
    assert_eq!(open("absent/below", new().write().create()), NotFound);
    assert_eq!(open("file", new().read().truncate()), InvalidInput);
    assert_eq!(open("file", new()), InvalidInput);
    let directory = vfs.open(path("dir"), new().read()).unwrap();
    assert_eq!(kind(directory.read_at(&mut [0], 0)), IsADirectory);
}

#[test]
fn names_change_as_on_linux() {
    let (_directory, vfs) = fresh();
    for directory in ["empty", "full", "full/sub"] {
        vfs.create_dir(path(directory)).unwrap();
    }
    vfs.write(path("file"), b"1").unwrap();
    let rename = |from, to| kind(vfs.rename(path(from), path(to)));
    assert_eq!(rename("file", "empty"), IsADirectory);
    assert_eq!(rename("empty", "file"), NotADirectory);
    assert_eq!(rename("empty", "full"), DirectoryNotEmpty);
    assert_eq!(rename("full", "full/sub/x"), InvalidInput);
    assert_eq!(rename("absent", "x"), NotFound);
    assert_eq!(kind(vfs.remove_file(path("empty"))), IsADirectory);
    assert_eq!(kind(vfs.remove_dir(path("full"))), DirectoryNotEmpty);
    assert_eq!(kind(vfs.remove_dir(path("file"))), NotADirectory);
    assert_eq!(kind(vfs.create_dir(path("file"))), AlreadyExists);
    assert_eq!(kind(vfs.create_dir(Path::ROOT)), AlreadyExists);
    assert_eq!(kind(vfs.read_dir(path("file"))), NotADirectory);
    assert_eq!(kind(vfs.sync_dir(path("file"))), NotADirectory);
    let link = |from, to| kind(vfs.hard_link(path(from), path(to)));
    assert_eq!(link("empty", "x"), PermissionDenied);
    assert_eq!(link("file", "empty"), AlreadyExists);
    vfs.rename(path("full/sub"), path("empty")).unwrap();
    vfs.write(path("other"), b"2").unwrap();
    vfs.rename(path("other"), path("file")).unwrap();
    assert_eq!(vfs.read(path("file")).unwrap(), b"2");
}

#[test]
fn a_handle_means_its_inode_across_rename_and_unlink() {
    let (_directory, vfs) = fresh();
    let options = OpenOptions::new().read().append().create();
    let file = vfs.open(path("a"), options).unwrap();
    vfs.hard_link(path("a"), path("b")).unwrap();
    assert_eq!(file.metadata().unwrap().links, 2);
    vfs.rename(path("a"), path("c")).unwrap();
    file.append_all(b"one").unwrap();
    assert_eq!(vfs.read(path("b")).unwrap(), b"one");
    vfs.remove_file(path("b")).unwrap();
    vfs.remove_file(path("c")).unwrap();
    assert_eq!(file.read_to_end().unwrap(), b"one");
}

#[test]
fn appends_go_to_the_end_through_every_kind_of_handle() {
    let (_directory, vfs) = fresh();
    let appending = OpenOptions::new().append().create();
    let appending = vfs.open(path("f"), appending).unwrap();
    let writing = vfs.open(path("f"), OpenOptions::new().write()).unwrap();
    appending.append_all(b"ab").unwrap();
    writing.append_all(b"cd").unwrap();
    appending.write_at(b"ef", 0).unwrap();
    assert_eq!(vfs.read(path("f")).unwrap(), b"abcdef");
    writing.set_len(1).unwrap();
    appending.append_all(b"z").unwrap();
    writing.sync_data().unwrap();
    writing.sync_all().unwrap();
    assert_eq!(vfs.read(path("f")).unwrap(), b"az");
}

#[test]
fn entries_come_sorted_by_their_bytes() {
    let (_directory, vfs) = fresh();
    for name in ["b", "a", "B"] {
        vfs.write(path(name), b"").unwrap();
    }
    vfs.create_dir(path("aa")).unwrap();
    let names = |entry: &DirEntry| (entry.name.clone(), entry.kind);
    let entries: Vec<_> = vfs.read_dir(path("/")).unwrap().iter().map(names).collect();
    let file = |name: &str| (name.as_bytes().to_vec(), FileKind::File);
    let directory = (b"aa".to_vec(), FileKind::Directory);
    assert_eq!(entries, [file("B"), file("a"), directory, file("b")]);
}
