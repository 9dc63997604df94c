//! Who is told of a failed barrier, and what it leaves.

use super::{Errno, FaultKind, FaultPlan, Faults, InjectedError, Injection, SimFs};
use crate::{
    base::{Ratio, Rng, Seed, Stream},
    profile::{FsyncFailure, Profile},
    trace::Action,
    vfs::{AllocateMode, FileExt as _, OpenOptions, Path, Vfs, VfsExt as _, VfsFile, VfsResult},
};

const FILE: Path<'static> = Path::new(b"f");

fn profile(name: &str) -> &'static Profile {
    Profile::find(name).unwrap()
}

fn error(operation: &str, nth: u32, what: Injection) -> InjectedError {
    let operation = operation.to_owned();
    InjectedError {
        operation,
        nth,
        what,
    }
}

/// A filesystem with a durable file "old" on which the first fsync of that file fails.
fn failing(left: FsyncFailure) -> SimFs {
    let fs = SimFs::new();
    fs.write(FILE, b"old").unwrap();
    fs.open(FILE, OpenOptions::new().write())
        .unwrap()
        .sync_all()
        .unwrap();
    let fails = error("fsync f", 1, Injection::Barrier(Errno::Eio, left));
    fs.inject(FaultPlan::listed(vec![fails], profile("btrfs")));
    fs
}

fn open(fs: &SimFs) -> Box<dyn VfsFile> {
    fs.open(FILE, OpenOptions::new().read().write()).unwrap()
}

fn kinds(answers: &[VfsResult<()>]) -> Vec<bool> {
    answers.iter().map(Result::is_ok).collect()
}

#[test]
fn each_description_that_was_open_is_told_once() {
    for left in [FsyncFailure::CleanNew, FsyncFailure::DirtyNew] {
        let fs = failing(left);
        let (one, two) = (open(&fs), open(&fs));
        one.write_all_at(b"new", 0).unwrap();
        let answers = [
            one.sync_all(),
            one.sync_all(),
            two.sync_all(),
            two.sync_all(),
        ];
        assert_eq!(kinds(&answers), [false, true, false, true], "{left:?}");
        let later = open(&fs);
        assert!(
            later.sync_all().is_ok(),
            "it was told before this was opened"
        );
        assert_eq!(fs.read(FILE).unwrap(), b"new");
    }
}

#[test]
fn a_late_report_comes_with_the_next_call_of_each() {
    let fs = failing(FsyncFailure::CleanNewLater);
    let (one, two) = (open(&fs), open(&fs));
    one.write_all_at(b"new", 0).unwrap();
    let answers = [
        one.sync_all(),
        one.sync_all(),
        one.sync_all(),
        two.sync_data(),
    ];
    assert_eq!(kinds(&answers), [true, false, true, false]);
}

#[test]
fn an_error_that_nobody_was_told_of_is_told_to_the_next_who_opens_the_file() {
    let fs = failing(FsyncFailure::CleanNewLater);
    open(&fs).sync_all().unwrap();
    let later = open(&fs);
    assert_eq!(kinds(&[later.sync_all(), later.sync_all()]), [false, true]);

    let fs = failing(FsyncFailure::CleanNewLater);
    open(&fs).sync_all().unwrap();
    let live = fs.live_image();
    let restarted = SimFs::resume(fs.finish(), live);
    restarted.inject(FaultPlan::listed(Vec::new(), profile("btrfs")));
    assert!(open(&restarted).sync_all().is_err());
}

#[test]
fn pages_go_back_to_what_the_last_barrier_covered() {
    let fs = failing(FsyncFailure::CleanOld);
    let file = open(&fs);
    file.write_all_at(b"new and longer", 0).unwrap();
    assert!(file.sync_all().is_err());
    assert_eq!(fs.read(FILE).unwrap(), b"old");
    file.write_all_at(b"newer", 0).unwrap();
    file.sync_all().unwrap();
    assert_eq!(fs.read(FILE).unwrap(), b"newer");

    // The same behind the restart of a process: what it had written and not synced goes back too.
    let fs = failing(FsyncFailure::DirtyNew);
    open(&fs).write_all_at(b"new", 0).unwrap();
    let live = fs.live_image();
    let restarted = SimFs::resume(fs.finish(), live);
    let fails = Injection::Barrier(Errno::Enospc, FsyncFailure::CleanOld);
    let fails = error("fsync f", 1, fails);
    restarted.inject(FaultPlan::listed(vec![fails], profile("btrfs")));
    assert!(open(&restarted).sync_all().is_err());
    assert_eq!(restarted.read(FILE).unwrap(), b"old");
}

#[test]
fn a_log_that_cannot_be_written_leaves_a_filesystem_of_no_use() {
    for (name, reads) in [("ext4-ordered", true), ("xfs", false)] {
        let fs = SimFs::new();
        fs.write(FILE, b"x").unwrap();
        let fails = error("fsync directory /", 1, Injection::Log);
        fs.inject(FaultPlan::listed(vec![fails], profile(name)));
        assert!(fs.sync_dir(Path::ROOT).is_err());
        assert!(fs.is_broken());
        assert_eq!(fs.read(FILE).is_ok(), reads, "{name}");
        assert!(fs.remove_file(FILE).is_err());
        assert!(fs.sync_dir(Path::ROOT).is_err());
        assert!(
            fs.open(Path::from("g"), OpenOptions::new().write().create())
                .is_err()
        );
    }
}

/// One operation of each kind.
fn everything(fs: &SimFs) {
    let path = Path::from("g");
    let options = OpenOptions::new().read().write().create();
    let _ = fs.create_dir(Path::from("d"));
    if let Ok(file) = fs.open(path, options) {
        let _ = file.write_at(b"0123456789", 0);
        let _ = file.read_at(&mut [0; 10], 0);
        let _ = file.set_len(5);
        let _ = file.allocate(0, 5000, AllocateMode::KeepSize);
        let _ = file.punch_hole(0, 2);
        let _ = file.zero_range(0, 2, AllocateMode::KeepSize);
        let _ = file.write_pages(b"x", 0);
        let _ = file.sync_pages();
        let _ = file.sync_range(0, 5);
        let _ = file.sync_all();
        let _ = file.metadata();
    }
    let _ = fs.hard_link(path, Path::from("h"));
    let _ = fs.rename(Path::from("h"), Path::from("i"));
    let _ = fs.symlink(b"g", Path::from("s"));
    let _ = fs.read_link(Path::from("s"));
    let _ = fs.exchange(path, Path::from("i"));
    if let Ok(synced) = fs.open(path, OpenOptions::new().write().sync_data_writes()) {
        let _ = synced.write_at(b"xy", 0);
    }
    let _ = fs.sync_filesystem();
    let _ = fs.read_dir(Path::ROOT);
    let _ = fs.remove_file(Path::from("i"));
    let _ = fs.sync_dir(Path::ROOT);
    let _ = fs.remove_dir(Path::from("d"));
}

/// The operations that can fail in this way.
fn failing_operations(kind: FaultKind) -> Vec<String> {
    let mut found = Vec::new();
    for number in 1.. {
        let fs = SimFs::new();
        let faults = Faults {
            at: Some((number, kind)),
            ..Faults::default()
        };
        let rng = Rng::new(Seed(1), Stream::InjectedError, 0);
        fs.inject(FaultPlan::drawn(faults, profile("xfs"), rng));
        everything(&fs);
        let injected = fs.injected();
        let Some((_, error)) = injected.first() else {
            return found;
        };
        found.push(error.operation.clone());
    }
    found
}

#[test]
fn an_operation_fails_only_in_ways_that_it_can() {
    let writes = ["write g", "write g"];
    assert_eq!(failing_operations(FaultKind::ShortWrite), writes);
    assert_eq!(failing_operations(FaultKind::ShortRead), ["read g"]);
    let reads_and_writes = ["write g", "read g", "write g"];
    assert_eq!(failing_operations(FaultKind::Eintr), reads_and_writes);
    let barriers = [
        "msync g",
        "fsync g",
        "fdatasync g",
        "syncfs /",
        "fsync directory /",
    ];
    assert_eq!(failing_operations(FaultKind::Fsync), barriers);
    assert_eq!(failing_operations(FaultKind::LogFailure), barriers);
    let needs_room = [
        "create directory d",
        "open g",
        "write g",
        "truncate g",
        "fallocate g",
        "punch hole in g",
        "zero range of g",
        "msync g",
        "sync_file_range g",
        "fsync g",
        "link g",
        "rename h",
        "symlink s",
        "exchange g",
        "write g",
        "fdatasync g",
        "remove i",
        "remove directory d",
    ];
    assert_eq!(failing_operations(FaultKind::Enospc), needs_room);
    let eio = failing_operations(FaultKind::Eio);
    assert!(eio.contains(&"stat g".to_owned()) && eio.contains(&"read directory /".to_owned()));
    assert!(!eio.iter().any(|operation| operation.starts_with("fsync")));
}

#[test]
fn a_write_whose_own_barrier_fails_has_written() {
    let fails = Injection::Barrier(Errno::Enospc, FsyncFailure::CleanNew);
    let fs = SimFs::new();
    fs.write(FILE, b"old").unwrap();
    fs.inject(FaultPlan::listed(
        vec![error("fsync f", 1, fails)],
        profile("xfs"),
    ));
    let options = OpenOptions::new().write().sync_all_writes();
    let refused = fs.open(FILE, options).unwrap().write_at(b"new", 0);
    assert!(refused.is_err());
    assert_eq!(fs.read(FILE).unwrap(), b"new");
}

#[test]
fn what_was_drawn_can_be_listed() {
    let faults = Faults {
        eio: Ratio::new(1, 6).unwrap(),
        short_write: Ratio::new(1, 2).unwrap(),
        fsync: Ratio::new(1, 2).unwrap(),
        ..Faults::default()
    };
    for seed in 0..50 {
        let drawn = SimFs::new();
        let rng = Rng::new(Seed(seed), Stream::InjectedError, 0);
        drawn.inject(FaultPlan::drawn(faults, profile("posix-minimum"), rng));
        let listed = SimFs::new();
        everything(&drawn);
        let errors: Vec<_> = drawn
            .injected()
            .into_iter()
            .map(|(_, error)| error)
            .collect();
        listed.inject(FaultPlan::listed(errors, profile("posix-minimum")));
        everything(&listed);
        assert_eq!(listed.injected(), drawn.injected());
        assert_eq!(
            listed.finish().trace.digest(),
            drawn.finish().trace.digest()
        );
    }
}

#[test]
fn a_refused_operation_changes_nothing() {
    let fs = SimFs::new();
    let fails = error("rename f", 1, Injection::Error(Errno::Enospc));
    fs.write(FILE, b"x").unwrap();
    fs.inject(FaultPlan::listed(vec![fails], profile("xfs")));
    let before = fs.live_image().digest();
    let refused = fs.rename(FILE, Path::from("g")).unwrap_err();
    assert_eq!(refused.to_string(), "rename f: no storage space");
    assert_eq!(fs.live_image().digest(), before);
    let trace = fs.finish().trace;
    let last = trace.entries().last().unwrap().action;
    assert!(
        matches!(last, Action::Refused { inode: None, .. }),
        "{last:?}"
    );
}
