//! `SimFs` behaves as a real directory does: one test body on both, same results, same errors, same tree.
//!
//! What it verifies: every operation of the trait pair in random sequences, over a handful of colliding names, with handles
//! kept across rename and unlink. What it does not: anything about crashes, which a real directory cannot show.

use proptest::prelude::*;
use tornwrite::{
    image::Image,
    simfs::SimFs,
    vfs::{Metadata, OpenOptions, OsVfs, Path, SyncWrites, Vfs, VfsFile, VfsResult},
};

#[derive(Clone, Debug)]
enum Step {
    Open {
        path: String,
        options: OpenOptions,
        handle: usize,
    },
    CreateDir(String),
    RemoveDir(String),
    RemoveFile(String),
    Rename(String, String),
    HardLink(String, String),
    ReadDir(String),
    Metadata(String),
    SyncDir(String),
    Write {
        handle: usize,
        offset: u64,
        len: usize,
    },
    Append {
        handle: usize,
        len: usize,
    },
    Read {
        handle: usize,
        offset: u64,
        len: usize,
    },
    SetLen {
        handle: usize,
        size: u64,
    },
    Sync {
        handle: usize,
        all: bool,
    },
    Size {
        handle: usize,
    },
    Close {
        handle: usize,
    },
}

const HANDLES: usize = 3;

fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c"]);
    prop::collection::vec(name, 1..=3).prop_map(|names| names.join("/"))
}

fn options() -> impl Strategy<Value = OpenOptions> {
    any::<[bool; 6]>().prop_map(
        |[read, write, append, truncate, create, create_new]| OpenOptions {
            read,
            write: write || append,
            append,
            truncate,
            create,
            create_new,
            sync: SyncWrites::No,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let handle = 0..HANDLES;
    let offset = prop::sample::select(vec![0_u64, 1, 511, 512, 4095, 4096, 5000]);
    let len = prop::sample::select(vec![0_usize, 1, 100, 512, 4097]);
    prop_oneof![
        4 => (path(), options(), handle.clone())
            .prop_map(|(path, options, handle)| Step::Open { path, options, handle }),
        2 => path().prop_map(Step::CreateDir),
        1 => path().prop_map(Step::RemoveDir),
        1 => path().prop_map(Step::RemoveFile),
        2 => (path(), path()).prop_map(|(from, to)| Step::Rename(from, to)),
        1 => (path(), path()).prop_map(|(from, to)| Step::HardLink(from, to)),
        1 => path().prop_map(Step::ReadDir),
        1 => path().prop_map(Step::Metadata),
        1 => path().prop_map(Step::SyncDir),
        3 => (handle.clone(), offset.clone(), len.clone())
            .prop_map(|(handle, offset, len)| Step::Write { handle, offset, len }),
        2 => (handle.clone(), len.clone()).prop_map(|(handle, len)| Step::Append { handle, len }),
        2 => (handle.clone(), offset.clone(), len)
            .prop_map(|(handle, offset, len)| Step::Read { handle, offset, len }),
        2 => (handle.clone(), offset).prop_map(|(handle, size)| Step::SetLen { handle, size }),
        1 => (handle.clone(), any::<bool>()).prop_map(|(handle, all)| Step::Sync { handle, all }),
        1 => handle.clone().prop_map(|handle| Step::Size { handle }),
        1 => handle.prop_map(|handle| Step::Close { handle }),
    ]
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

fn execute(fs: &dyn Vfs, steps: &[Step]) -> Vec<String> {
    let mut handles: [Option<Box<dyn VfsFile>>; HANDLES] = [None, None, None];
    let mut next_byte = 0_u8;
    steps
        .iter()
        .map(|step| execute_one(fs, step, &mut handles, &mut next_byte))
        .collect()
}

fn execute_one(
    fs: &dyn Vfs,
    step: &Step,
    handles: &mut [Option<Box<dyn VfsFile>>; HANDLES],
    next_byte: &mut u8,
) -> String {
    let at = |path: &'_ String| Path::from(path.as_str()).to_owned();
    match step {
        Step::Open {
            path,
            options,
            handle,
        } => match fs.open(Path::from(path.as_str()), *options) {
            Ok(file) => {
                handles[*handle] = Some(file);
                "opened".to_owned()
            }
            Err(error) => answer::<()>(Err(error)),
        },
        Step::CreateDir(path) => answer(fs.create_dir(at(path).as_path())),
        Step::RemoveDir(path) => answer(fs.remove_dir(at(path).as_path())),
        Step::RemoveFile(path) => answer(fs.remove_file(at(path).as_path())),
        Step::Rename(from, to) => answer(fs.rename(at(from).as_path(), at(to).as_path())),
        Step::HardLink(from, to) => answer(fs.hard_link(at(from).as_path(), at(to).as_path())),
        Step::ReadDir(path) => answer(fs.read_dir(at(path).as_path())),
        Step::Metadata(path) => answer(fs.metadata(at(path).as_path()).map(comparable)),
        Step::SyncDir(path) => answer(fs.sync_dir(at(path).as_path())),
        Step::Close { handle } => {
            handles[*handle] = None;
            "closed".to_owned()
        }
        Step::Write { handle, .. }
        | Step::Append { handle, .. }
        | Step::Read { handle, .. }
        | Step::SetLen { handle, .. }
        | Step::Sync { handle, .. }
        | Step::Size { handle } => match &handles[*handle] {
            Some(file) => on_file(file.as_ref(), step, next_byte),
            None => "no handle".to_owned(),
        },
    }
}

fn on_file(file: &dyn VfsFile, step: &Step, next_byte: &mut u8) -> String {
    *next_byte = next_byte.wrapping_add(1);
    match *step {
        Step::Write { offset, len, .. } => answer(file.write_at(&vec![*next_byte; len], offset)),
        Step::Append { len, .. } => answer(file.append(&vec![*next_byte; len])),
        Step::Read { offset, len, .. } => {
            let mut buffer = vec![0; len];
            answer(
                file.read_at(&mut buffer, offset)
                    .map(|read| buffer[..read].to_vec()),
            )
        }
        Step::SetLen { size, .. } => answer(file.set_len(size)),
        Step::Sync { all: true, .. } => answer(file.sync_all()),
        Step::Sync { all: false, .. } => answer(file.sync_data()),
        _ => answer(file.metadata().map(comparable)),
    }
}

/// A tree as text: paths, kinds and contents.
fn tree(image: &Image) -> Vec<(String, Option<Vec<u8>>)> {
    let describe = |(path, inode)| {
        let content = image.file(inode).map(tornwrite::image::FileContent::to_vec);
        (
            String::from_utf8_lossy(&path as &Vec<u8>).into_owned(),
            content,
        )
    };
    image.paths().into_iter().map(describe).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_simulated_filesystem_answers_as_a_real_one(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let real = OsVfs::new(folder.path());
        let simulated = SimFs::new();
        let expected = execute(&real, &steps);
        let actual = execute(&simulated, &steps);
        for (number, (expected, actual)) in expected.iter().zip(&actual).enumerate() {
            prop_assert_eq!(actual, expected, "step {}: {:?}", number, &steps[number]);
        }
        let on_disk = Image::read_from(&real).expect("a readable tree");
        prop_assert_eq!(tree(&simulated.live_image()), tree(&on_disk));
        write_out_and_read_back(&simulated.live_image())?;
    }
}

/// An image written into a real directory is the same tree there.
fn write_out_and_read_back(image: &Image) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let target = OsVfs::new(folder.path());
    image.write_to(&target).expect("a writable folder");
    let back = Image::read_from(&target).expect("a readable tree");
    prop_assert_eq!(tree(&back), tree(image));
    Ok(())
}
