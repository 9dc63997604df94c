//! What the sequences are made of: every operation of the trait pair, over a handful of colliding names.

use proptest::prelude::*;
use tornwrite::vfs::{AllocateMode, OpenOptions, SyncWrites};

/// How many files a sequence can have open at a time.
pub(crate) const HANDLES: usize = 3;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Open {
        path: String,
        options: OpenOptions,
        handle: usize,
    },
    Names(Names),
    Close {
        handle: usize,
    },
    OnFile {
        handle: usize,
        action: OnFile,
    },
}

/// An operation of the filesystem.
#[derive(Clone, Debug)]
pub(crate) enum Names {
    CreateDir(String),
    RemoveDir(String),
    RemoveFile(String),
    Rename(String, String),
    RenameNoReplace(String, String),
    Exchange(String, String),
    HardLink(String, String),
    Symlink(Vec<u8>, String),
    ReadLink(String),
    ReadDir(String),
    Metadata(String),
    SymlinkMetadata(String),
    SyncDir(String),
    SyncFilesystem,
}

/// An operation of an open file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OnFile {
    Write(u64, usize),
    Append(usize),
    Read(u64, usize),
    SetLen(u64),
    Allocate(u64, u64, AllocateMode),
    PunchHole(u64, u64),
    ZeroRange(u64, u64, AllocateMode),
    WritePages(u64, usize),
    SyncPages,
    SyncRange(u64, u64),
    SyncData,
    SyncAll,
    Metadata,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let handle = 0..HANDLES;
    prop_oneof![
        40 => (path(), options(), handle.clone())
            .prop_map(|(path, options, handle)| Step::Open { path, options, handle }),
        140 => names().prop_map(Step::Names),
        10 => handle.clone().prop_map(|handle| Step::Close { handle }),
        160 => (handle, on_file()).prop_map(|(handle, action)| Step::OnFile { handle, action }),
        // It waits for all that the machine has to write.
        1 => Just(Step::Names(Names::SyncFilesystem)),
    ]
}

fn names() -> impl Strategy<Value = Names> {
    let two = || (path(), path());
    prop_oneof![
        6 => path().prop_map(Names::CreateDir),
        2 => path().prop_map(Names::RemoveDir),
        3 => path().prop_map(Names::RemoveFile),
        5 => two().prop_map(|(from, to)| Names::Rename(from, to)),
        3 => two().prop_map(|(from, to)| Names::RenameNoReplace(from, to)),
        4 => two().prop_map(|(one, other)| Names::Exchange(one, other)),
        4 => two().prop_map(|(from, to)| Names::HardLink(from, to)),
        5 => (target(), path()).prop_map(|(target, link)| Names::Symlink(target, link)),
        2 => path().prop_map(Names::ReadLink),
        2 => path().prop_map(Names::ReadDir),
        2 => path().prop_map(Names::Metadata),
        2 => path().prop_map(Names::SymlinkMetadata),
        2 => path().prop_map(Names::SyncDir),
    ]
}

fn on_file() -> impl Strategy<Value = OnFile> {
    let mode = || {
        let modes = [AllocateMode::Extend, AllocateMode::KeepSize];
        prop::sample::select(modes.to_vec())
    };
    prop_oneof![
        5 => (offset(), len()).prop_map(|(offset, len)| OnFile::Write(offset, len)),
        3 => len().prop_map(OnFile::Append),
        4 => (offset(), len()).prop_map(|(offset, len)| OnFile::Read(offset, len)),
        3 => offset().prop_map(OnFile::SetLen),
        3 => (offset(), offset(), mode())
            .prop_map(|(offset, len, mode)| OnFile::Allocate(offset, len, mode)),
        4 => (offset(), offset()).prop_map(|(offset, len)| OnFile::PunchHole(offset, len)),
        4 => (offset(), offset(), mode())
            .prop_map(|(offset, len, mode)| OnFile::ZeroRange(offset, len, mode)),
        4 => (offset(), len()).prop_map(|(offset, len)| OnFile::WritePages(offset, len)),
        1 => Just(OnFile::SyncPages),
        1 => (offset(), offset()).prop_map(|(offset, len)| OnFile::SyncRange(offset, len)),
        1 => Just(OnFile::SyncData),
        1 => Just(OnFile::SyncAll),
        2 => Just(OnFile::Metadata),
    ]
}

/// Few names, so that they collide; now and then one that is no name.
fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c"]);
    let path = prop::collection::vec(name, 1..=3).prop_map(|names| names.join("/"));
    let odd = ["/", "a/..", "../a", "./b//a/", "a\0b"].map(str::to_owned);
    let mut odd = odd.to_vec();
    odd.push("n".repeat(255));
    odd.push("a/".to_owned() + &"n".repeat(256));
    prop_oneof![30 => path, 1 => prop::sample::select(odd)]
}

/// Where symbolic links lead: mostly to the names of [`path`], now and then to where none may.
fn target() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec!["a", "b", "c", ".", "a/", "b/."]);
    let path = prop::collection::vec(name, 1..=2).prop_map(|names| names.join("/").into_bytes());
    let odd = ["", "/a", "../a", "a/..", "a\0", "..b"].map(|target| target.as_bytes().to_vec());
    let mut odd = odd.to_vec();
    odd.push([b'n'; 256].to_vec());
    odd.push(b"./".repeat(2047));
    odd.push(b"./".repeat(2048));
    prop_oneof![12 => path, 1 => prop::sample::select(odd)]
}

/// Borders of sectors and pages, their neighbours, and what no file can have.
fn offset() -> impl Strategy<Value = u64> {
    let usual = vec![0, 1, 511, 512, 4095, 4096, 4097, 5000, 8192, 12_288, 12_289];
    let beyond = vec![1 << 62, i64::MAX as u64, 1 << 63, u64::MAX];
    prop_oneof![40 => prop::sample::select(usual), 1 => prop::sample::select(beyond)]
}

fn len() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0_usize, 1, 100, 512, 4096, 4097, 9000])
}

/// Mostly what a program would ask for, and otherwise anything.
fn options() -> impl Strategy<Value = OpenOptions> {
    let sync = || {
        prop_oneof![
            4 => Just(SyncWrites::No),
            1 => Just(SyncWrites::Data),
            1 => Just(SyncWrites::All),
        ]
    };
    let any = (any::<[bool; 6]>(), sync()).prop_map(
        |([read, write, append, truncate, create, create_new], sync)| OpenOptions {
            read,
            write: write || append,
            append,
            truncate,
            create,
            create_new,
            sync,
        },
    );
    let usual = vec![
        OpenOptions::new().read(),
        OpenOptions::new().read().write().create(),
        OpenOptions::new().read().write().create().truncate(),
        OpenOptions::new().read().append().create(),
        OpenOptions::new().write().create_new(),
    ];
    let usual = (prop::sample::select(usual), sync())
        .prop_map(|(options, sync)| OpenOptions { sync, ..options });
    prop_oneof![1 => any, 2 => usual]
}
