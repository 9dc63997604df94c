use super::*;
use crate::{
    image::PAGE_BYTES,
    vfs::{AllocateMode, OpenOptions, Vfs, VfsExt, VfsFile},
};

const PAGE: u64 = PAGE_BYTES as u64;

fn path(text: &str) -> Path<'_> {
    Path::from(text)
}

/// What was recorded since `from`; all of it was called for in this file.
fn recorded(fs: &SimFs, from: Position) -> Vec<String> {
    let state = fs.state();
    let trace = &state.recording.trace;
    let describe = |action: &Action| match *action {
        Action::Write {
            inode,
            offset,
            bytes,
            old_size,
        } => format!("write {inode} {offset}+{} of {old_size}", bytes.len),
        Action::Allocate {
            inode,
            offset,
            len,
            size,
            old_size,
        } => format!("allocate {inode} {offset}+{len} {old_size} to {size}"),
        Action::ZeroRange {
            inode,
            offset,
            len,
            size,
            old_size,
        } => format!("zero {inode} {offset}+{len} {old_size} to {size}"),
        Action::PunchHole { inode, offset, len } => format!("punch {inode} {offset}+{len}"),
        Action::BarrierBegin { kind, inode } => format!("begin {kind:?} {inode}"),
        Action::BarrierEnd { kind, inode, begin } => {
            format!(
                "end {kind:?} {inode} since {}",
                begin.index() - from.index()
            )
        }
        Action::Symlink { inode, target, .. } => {
            let target = String::from_utf8_lossy(trace.bytes(target));
            format!("symlink {inode} to {target}")
        }
        Action::Exchange { inode, other, .. } => format!("exchange {inode} and {other}"),
        Action::Rename {
            inode, replaced, ..
        } => format!("rename {inode} over {replaced:?}"),
        _ => action.verb().to_owned(),
    };
    let entries = &trace.entries()[from.index()..];
    for entry in entries {
        assert_eq!(entry.site.file(), file!(), "{:?}", entry.action);
    }
    entries
        .iter()
        .map(|entry| describe(&entry.action))
        .collect()
}

fn file(fs: &SimFs, name: &str, size: usize) -> Box<dyn VfsFile> {
    fs.write(path(name), &vec![1; size]).unwrap();
    let options = OpenOptions::new().read().write();
    fs.open(path(name), options).unwrap()
}

fn pages(fs: &SimFs, name: &str) -> Vec<bool> {
    let image = fs.live_image();
    let inode = fs.state().resolve(path(name)).unwrap();
    let file = image.file(inode).unwrap();
    let pages = file.size_bytes().div_ceil(PAGE);
    (0..pages).map(|page| file.has_page(page)).collect()
}

#[test]
fn reserving_space_is_recorded_though_nothing_shows() {
    let fs = SimFs::new();
    let file = file(&fs, "f", 10);
    let from = fs.position();
    file.allocate(0, 10, AllocateMode::Extend).unwrap();
    file.allocate(0, 5000, AllocateMode::KeepSize).unwrap();
    file.allocate(5, 5000, AllocateMode::Extend).unwrap();
    let expected = [
        "allocate inode 1 0+10 10 to 10",
        "allocate inode 1 0+5000 10 to 10",
        "allocate inode 1 5+5000 10 to 5005",
    ];
    assert_eq!(recorded(&fs, from), expected);
    assert_eq!(pages(&fs, "f"), [true, false]);
}

/// Measured on ext4 by the number of blocks: a file of 5000 bytes loses its last one to a hole that ends at 5001, not to
/// one that ends at 5000.
#[test]
fn a_hole_beyond_the_end_takes_the_last_block() {
    let fs = SimFs::new();
    let file = file(&fs, "f", 5000);
    let from = fs.position();
    file.punch_hole(5000, 100).unwrap();
    file.punch_hole(PAGE, 5000 - PAGE).unwrap();
    assert_eq!(pages(&fs, "f"), [true, true]);
    file.punch_hole(PAGE, 5001 - PAGE).unwrap();
    assert_eq!(pages(&fs, "f"), [true, false]);
    file.punch_hole(0, PAGE).unwrap();
    assert_eq!(pages(&fs, "f"), [false, false]);
    let expected = [
        "punch inode 1 4096+904",
        "punch inode 1 4096+4096",
        "punch inode 1 0+4096",
    ];
    assert_eq!(recorded(&fs, from), expected);
    assert_eq!(fs.read(path("f")).unwrap(), vec![0; 5000]);
}

#[test]
fn zeroing_a_range_says_how_far_the_file_grew() {
    let fs = SimFs::new();
    let file = file(&fs, "f", 5000);
    let from = fs.position();
    file.zero_range(PAGE, PAGE, AllocateMode::KeepSize).unwrap();
    assert_eq!(pages(&fs, "f"), [true, false]);
    file.zero_range(PAGE, 2 * PAGE, AllocateMode::Extend)
        .unwrap();
    let expected = [
        "zero inode 1 4096+4096 5000 to 5000",
        "zero inode 1 4096+8192 5000 to 12288",
    ];
    assert_eq!(recorded(&fs, from), expected);
}

#[test]
fn stores_to_pages_are_one_write_each_and_msync_is_a_barrier() {
    let fs = SimFs::new();
    let file = file(&fs, "f", 9000);
    let from = fs.position();
    file.write_pages(&[2; 5000], 4000).unwrap();
    file.sync_pages().unwrap();
    file.sync_range(0, 0).unwrap();
    let expected = [
        "write inode 1 4000+96 of 9000",
        "write inode 1 4096+4096 of 9000",
        "write inode 1 8192+808 of 9000",
        "begin Msync inode 1",
        "end Msync inode 1 since 3",
        "begin SyncFileRange inode 1",
        "end SyncFileRange inode 1 since 5",
    ];
    assert_eq!(recorded(&fs, from), expected);
    let refused = file.write_pages(&[3; 2], 8999).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidInput);
}

#[test]
fn a_write_through_a_synchronous_handle_is_a_barrier() {
    let fs = SimFs::new();
    let options = OpenOptions::new().read().write().create();
    let data = fs.open(path("f"), options.sync_data_writes()).unwrap();
    let all = fs.open(path("f"), options.sync_all_writes()).unwrap();
    let from = fs.position();
    data.write_at(b"x", 0).unwrap();
    data.write_at(b"", 0).unwrap();
    data.write_pages(b"y", 0).unwrap();
    all.append(b"z").unwrap();
    let expected = [
        "write inode 1 0+1 of 0",
        "begin Fdatasync inode 1",
        "end Fdatasync inode 1 since 1",
        "write inode 1 0+1 of 1",
        "write inode 1 1+1 of 1",
        "begin Fsync inode 1",
        "end Fsync inode 1 since 5",
    ];
    assert_eq!(recorded(&fs, from), expected);
}

#[test]
fn changes_of_names_are_recorded_with_what_they_meant() {
    let fs = SimFs::new();
    for name in ["a", "b"] {
        fs.write(path(name), b"").unwrap();
    }
    fs.hard_link(path("a"), path("same")).unwrap();
    let from = fs.position();
    fs.symlink(b"a", path("link")).unwrap();
    fs.exchange(path("a"), path("b")).unwrap();
    fs.exchange(path("b"), path("same")).unwrap();
    fs.rename_no_replace(path("a"), path("c")).unwrap();
    let refused = fs.rename_no_replace(path("c"), path("b")).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::AlreadyExists);
    fs.sync_filesystem().unwrap();
    let expected = [
        "symlink inode 3 to a",
        "exchange inode 1 and inode 2",
        "rename inode 2 over None",
        "begin Syncfs inode 0",
        "end Syncfs inode 0 since 3",
    ];
    assert_eq!(recorded(&fs, from), expected);
}

#[test]
fn an_operation_through_a_symbolic_link_is_one_on_what_it_leads_to() {
    let fs = SimFs::new();
    fs.create_dir(path("d")).unwrap();
    fs.symlink(b"d/new", path("link")).unwrap();
    let from = fs.position();
    fs.write(path("link"), b"x").unwrap();
    fs.sync_dir(path("d")).unwrap();
    let expected = [
        "create",
        "write inode 3 0+1 of 0",
        "begin FsyncDirectory inode 1",
        "end FsyncDirectory inode 1 since 2",
    ];
    assert_eq!(recorded(&fs, from), expected);
    assert_eq!(fs.read(path("d/new")).unwrap(), b"x");
}

#[test]
fn what_goes_on_after_a_process_died_gets_new_inodes() {
    let fs = SimFs::new();
    fs.symlink(b"a", path("link")).unwrap();
    fs.write(path("gone"), b"").unwrap();
    fs.remove_file(path("gone")).unwrap();
    let live = fs.live_image();
    let fs = SimFs::resume(fs.finish(), live);
    assert_eq!(fs.read_link(path("link")).unwrap(), b"a");
    fs.symlink(b"b", path("other")).unwrap();
    let metadata = fs.symlink_metadata(path("other")).unwrap();
    assert_eq!(metadata.inode, Some(3));
}

#[test]
fn a_barrier_that_is_left_out_succeeds_and_is_not_recorded_and_others_are() {
    let fs = SimFs::new();
    let file = fs
        .open(Path::from("a"), OpenOptions::new().write().create())
        .unwrap();
    let sync = || file.sync_all().unwrap();
    sync();
    let first = fs.state().recording.trace.entries()[1];
    fs.skip_barriers_at(Site::from(first.site));
    sync();
    file.sync_all().unwrap();
    let recording = fs.finish();
    let sites: Vec<Site> = recording.trace.entries()[1..]
        .iter()
        .map(|entry| Site::from(entry.site))
        .collect();
    assert_eq!(sites.len(), 4, "{sites:?}");
    assert_eq!(sites[0], sites[1]);
    assert_ne!(sites[1], sites[2]);
}
