//! `SimFs` behaves as a real directory does: one test body on both, same results, same errors, same tree.
//!
//! What it verifies: every operation of the trait pair in random sequences, over a handful of colliding names, with handles
//! kept across rename and unlink. What the filesystem of the real directory does not have is left out, and the output
//! says so. The same sequences hold the recording to the live image. What it does not verify: anything else about crashes,
//! which a real directory cannot show.

mod execute;
mod steps;

use std::{
    io::{self, ErrorKind, Write as _},
    sync::LazyLock,
};

use proptest::prelude::*;
use tempfile::TempDir;
use tornwrite::{
    crash::{Frontier, PersistenceGraph, process_crash},
    image::{FreedBlocks, Image, Node},
    profile::PROFILES,
    simfs::SimFs,
    vfs::{
        AllocateMode, OpenOptions, OsVfs, Path, Vfs, VfsError, VfsExt as _, VfsOperation, VfsResult,
    },
};

use execute::{execute, short};
use steps::step;

/// A real directory, on the disk where the crate is built: what is mounted for temporary files often has fewer operations.
fn real() -> (TempDir, OsVfs) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder");
    let vfs = OsVfs::new(folder.path());
    (folder, vfs)
}

/// What the filesystem of the real directory does not have; tried out once.
static LEFT_OUT: LazyLock<Vec<VfsOperation>> = LazyLock::new(|| {
    let (_folder, fs) = real();
    let missing = probe(&fs).expect("a writable folder");
    let names: Vec<_> = missing.iter().map(ToString::to_string).collect();
    let names = if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    };
    // Past the capture of the test harness: it counts when the test is green, too.
    writeln!(io::stderr(), "conformance: left out is {names}").expect("a standard error");
    missing
});

fn probe(fs: &OsVfs) -> VfsResult<Vec<VfsOperation>> {
    let at = |name: &'static str| Path::from(name);
    fs.write(at("one"), b"one")?;
    fs.write(at("other"), b"other")?;
    let options = OpenOptions::new().read().append();
    let file = fs.open(at("one"), options)?;
    let mut tried = vec![
        fs.rename_no_replace(at("one"), at("third")),
        fs.rename_no_replace(at("third"), at("one")),
        fs.exchange(at("one"), at("other")),
        fs.symlink(b"one", at("link")),
        fs.sync_filesystem(),
        file.write_pages(b"x", 0),
        file.punch_hole(0, 1),
    ];
    for mode in [AllocateMode::KeepSize, AllocateMode::Extend] {
        tried.push(file.allocate(0, 5000, mode));
        tried.push(file.zero_range(0, 5000, mode));
    }
    // A flag of a rename that a filesystem does not know is an invalid argument to it.
    let has_none = |error: &VfsError| {
        let of_rename = [VfsOperation::Rename, VfsOperation::Exchange].contains(&error.operation);
        error.kind == ErrorKind::Unsupported || of_rename && error.kind == ErrorKind::InvalidInput
    };
    let mut missing = Vec::new();
    for error in tried.into_iter().filter_map(Result::err) {
        if !has_none(&error) {
            return Err(error);
        }
        missing.push(error.operation);
    }
    missing.sort_unstable();
    missing.dedup();
    Ok(missing)
}

/// What a path of a tree is: the path that first meant the same inode, and what that holds.
type Described = (String, String, String);

fn tree(image: &Image) -> Vec<Described> {
    let paths = image.paths();
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let describe = |(path, inode): &(Vec<u8>, _)| {
        let first = paths.iter().find(|(_, other)| other == inode);
        let first = text(&first.expect("the path itself, if no other").0);
        let content = match image.node(*inode) {
            Some(Node::File(file)) => format!("{:?}", short(&file.to_vec())),
            Some(Node::Symlink(target)) => format!("leads to {}", text(target)),
            Some(Node::Directory(_)) => "directory".to_owned(),
            None => "nothing".to_owned(),
        };
        (text(path), first, content)
    };
    paths.iter().map(describe).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2500))]

    #[test]
    fn a_simulated_filesystem_answers_as_a_real_one(steps in prop::collection::vec(step(), 1..60)) {
        let (_folder, real) = real();
        let simulated = SimFs::new();
        let expected = execute(&real, &steps, &LEFT_OUT);
        let actual = execute(&simulated, &steps, &LEFT_OUT);
        for (number, (expected, actual)) in expected.iter().zip(&actual).enumerate() {
            prop_assert_eq!(actual, expected, "step {}: {:?}", number, steps.get(number));
        }
        prop_assert_eq!(actual.len(), expected.len());
        let on_disk = Image::read_from(&real).expect("a readable tree");
        let live = simulated.live_image();
        prop_assert_eq!(tree(&live), tree(&on_disk));
        prop_assert_eq!(tree(&Image::read_from(&simulated).expect("a readable tree")), tree(&live));
        write_out_and_read_back(&live)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A process crash loses nothing: the crash model makes of the recording what the running program saw.
    #[test]
    fn what_was_recorded_is_what_happened(steps in prop::collection::vec(step(), 1..60)) {
        let simulated = SimFs::new();
        execute(&simulated, &steps, &[]);
        let mut live = simulated.live_image();
        live.settle();
        let recording = simulated.finish();
        for profile in PROFILES {
            let graph = PersistenceGraph::new(&recording, profile);
            let window = Frontier::new(&graph).window(recording.trace.end());
            let mut image = process_crash(&window, 0).1;
            // What was freed on the way is no part of what the program sees.
            image.set_freed(FreedBlocks::default());
            prop_assert_eq!(tree(&image), tree(&live), "{}", profile);
            prop_assert_eq!(image.digest(), live.digest(), "{} has other holes", profile);
        }
    }
}

/// An image written into a real directory is the same tree there.
fn write_out_and_read_back(image: &Image) -> Result<(), TestCaseError> {
    let (_folder, target) = real();
    image.write_to(&target).expect("a writable folder");
    let back = Image::read_from(&target).expect("a readable tree");
    prop_assert_eq!(tree(&back), tree(image));
    Ok(())
}

/// Where one more symbolic link than Linux follows lies on the way; random sequences do not get there.
#[test]
fn forty_links_are_followed_and_no_more() {
    let follow = |fs: &dyn Vfs| -> VfsResult<Vec<String>> {
        fs.write(Path::from("0"), b"the end")?;
        for number in 1..=41 {
            let target = (number - 1).to_string();
            fs.symlink(target.as_bytes(), Path::from(number.to_string().as_str()))?;
        }
        let read = |name: &str| format!("{:?}", fs.read(Path::from(name)).map_err(|e| e.kind));
        fs.symlink(b".", Path::from("here"))?;
        // A link to a directory on the way counts, too.
        Ok(["39", "40", "41", "here/39", "here/40"].map(read).to_vec())
    };
    let (_folder, real) = real();
    let expected = follow(&real).expect("a writable folder");
    assert_eq!(follow(&SimFs::new()).expect("no error"), expected);
    let followed = expected.iter().map(|answer| answer.starts_with("Ok"));
    assert_eq!(
        followed.collect::<Vec<_>>(),
        [true, true, false, true, false]
    );
}
