//! What the benchmarks of parts begin with: recordings, windows and images, made through the public interface.

use std::sync::Arc;

use tornwrite::{
    base::Seed,
    crash::PersistenceGraph,
    image::{Image, Inode, Name, Node, PAGE_BYTES},
    profile::Profile,
    simfs::{Recording, SimFs},
    store::{OpenContext, OptionMap, StoreKind},
    workload::Operation,
};

use super::job::bank;

/// Files of [`image`], and the pages of each.
const FILES: u8 = 16;
const PAGES: usize = 64;

/// What a store does for this many batches, each appended and none read.
pub(crate) fn recording(store: StoreKind, batches: u32) -> Recording {
    let fs = SimFs::new();
    append(store, &fs, &operations(batches));
    fs.finish()
}

/// The appends of this many batches.
pub(crate) fn operations(batches: u32) -> Vec<Operation> {
    bank(batches).life(Seed(0), 0, batches, &[])
}

/// Does appends on a filesystem, with a store that is opened for it.
pub(crate) fn append(store: StoreKind, fs: &SimFs, operations: &[Operation]) {
    let options = store.options(&OptionMap::new()).expect("no options");
    let context = OpenContext {
        vfs: Arc::new(fs.clone()),
        entropy: 0,
    };
    let mut store = options.open(context).expect("a sound disk");
    for operation in operations {
        if let Operation::Append { stream, events } = operation {
            let answer = store.append_batch(stream, events);
            answer.expect("nothing is made to fail");
        }
    }
}

/// The effects of a recording; both live as long as the process, which is short.
pub(crate) fn graph(recording: Recording) -> &'static PersistenceGraph<'static> {
    let recording: &'static Recording = Box::leak(Box::new(recording));
    let profile = Profile::find("ext4-ordered").expect("a known profile");
    Box::leak(Box::new(PersistenceGraph::new(recording, profile)))
}

/// A settled image of a few files, four megabytes in all, whose digest is known.
pub(crate) fn image() -> Image {
    let mut image = Image::empty();
    for number in 1..=FILES {
        let inode = Inode(u32::from(number));
        image.add(inode, Node::File(Arc::default()));
        // Page by page: no large buffer leaves a hole in the heap, which the allocator would then be counted filling.
        for page in 0..PAGES {
            let offset = (page * PAGE_BYTES) as u64;
            image.file_mut(inode).write(offset, &[number; PAGE_BYTES]);
        }
        let name = Name::from(&[b'a' + number][..]);
        image.directory_mut(Inode::ROOT).insert(name, inode);
    }
    image.settle();
    image.digest();
    image
}

/// A clone of an image with one page changed, the `nth` of some, and its digest asked for.
pub(crate) fn changed(image: &Image, nth: u8) -> Image {
    let mut clone = image.clone();
    let file = Inode(u32::from(1 + nth % FILES));
    let page = usize::from(nth) % PAGES;
    let offset = (page * PAGE_BYTES) as u64;
    clone.file_mut(file).write(offset, &[0xff, nth]);
    clone.digest();
    clone
}
