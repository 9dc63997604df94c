//! Random small programs over a few files.

use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    simfs::{Recording, SimFs},
    trace::{Action, FailedPages, Report},
    vfs::{AllocateMode, FileExt as _, OpenOptions, Path, Vfs as _, VfsExt as _, VfsFile},
};

const FILES: [&str; 5] = ["a", "b", "d/a", "d/b", "e/a"];
const DIRECTORIES: [&str; 3] = ["d", "e", "d/e"];
/// On, just before and just behind the borders of sectors and blocks.
const OFFSETS: [u64; 12] = [
    0, 0, 500, 512, 1024, 3584, 4000, 4096, 4700, 5000, 8192, 9000,
];
const LENGTHS: [usize; 10] = [1, 12, 100, 100, 300, 512, 513, 1024, 1024, 5000];

/// A recording of a random program; the same for the same seed.
pub fn random(seed: u64) -> Recording {
    random_between(seed, |_| (), |_| ())
}

/// A recording of a random program that changes names and little else, with many barriers between.
pub fn random_names(seed: u64) -> Recording {
    written(seed, 12, Writer::name_or_barrier, |_| (), |_| ())
}

/// The same as [`random`], with something done before it and after it.
pub fn random_between(
    seed: u64,
    before: impl FnOnce(&SimFs),
    after: impl FnOnce(&SimFs),
) -> Recording {
    written(seed, 8, Writer::operation, before, after)
}

fn written(
    seed: u64,
    most: u64,
    operation: fn(&mut Writer),
    before: impl FnOnce(&SimFs),
    after: impl FnOnce(&SimFs),
) -> Recording {
    let mut writer = Writer {
        rng: Rng::new(Seed(seed), Stream::Workload, 0),
        fs: SimFs::new(),
        handles: Vec::new(),
        byte: b'A',
    };
    for _ in 0..writer.rng.below(5) {
        writer.prepare();
    }
    writer.fs = SimFs::mount(writer.fs.live_image());
    writer.handles.clear();
    before(&writer.fs);
    let operations = writer.done() + writer.rng.between(3, most);
    // Operations that fail (nothing there, already there) are no part of the recording.
    for _ in 0..200 {
        if writer.done() >= operations {
            break;
        }
        operation(&mut writer);
    }
    after(&writer.fs);
    writer.fs.finish()
}

/// A recording of a random program of which some barriers fail.
pub fn random_with_failures(seed: u64) -> Recording {
    let mut recording = random(seed);
    let mut rng = Rng::new(Seed(seed), Stream::Workload, 1);
    let entries = recording.trace.entries().to_vec();
    // The bytes stay, so that what is put back refers to them as before.
    recording.trace.truncate(Position(0));
    for entry in entries {
        let mut action = entry.action;
        if let Action::BarrierEnd { kind, inode, begin } = action
            && rng.below(2) == 0
        {
            action = Action::BarrierFailed {
                kind,
                inode,
                begin,
                pages: *rng.choose(&[
                    FailedPages::Cleaned,
                    FailedPages::Cleaned,
                    FailedPages::Reverted,
                    FailedPages::Dirty,
                ]),
                report: Report::ThisCall,
            };
        }
        recording.trace.push(action, entry.site);
    }
    recording
}

/// The recording of a written program: what `before` does is durable.
pub fn recorded(before: impl FnOnce(&SimFs), program: impl FnOnce(&SimFs)) -> Recording {
    let fs = SimFs::new();
    before(&fs);
    let fs = SimFs::mount(fs.live_image());
    program(&fs);
    fs.finish()
}

struct Writer {
    rng: Rng,
    fs: SimFs,
    handles: Vec<Box<dyn VfsFile>>,
    byte: u8,
}

impl Writer {
    /// The number of operations so far; a barrier has two entries.
    fn done(&self) -> u64 {
        u64::from(self.fs.position().0)
    }

    /// Bytes that no other write has.
    fn bytes(&mut self) -> Vec<u8> {
        let byte = self.byte;
        self.byte += 1;
        vec![byte; *self.rng.choose(&LENGTHS)]
    }

    fn file(&mut self) -> Path<'static> {
        // Few files, so that operations meet.
        let among = 1 + self.rng.index(FILES.len());
        Path::from(FILES[self.rng.index(among)])
    }

    fn directory(&mut self) -> Path<'static> {
        let among = 1 + self.rng.index(DIRECTORIES.len());
        Path::from(DIRECTORIES[self.rng.index(among)])
    }

    fn prepare(&mut self) {
        if self.rng.below(4) == 0 {
            let directory = self.directory();
            let _ = self.fs.create_dir(directory);
        } else {
            self.create();
            self.write();
        }
    }

    fn operation(&mut self) {
        match self.rng.below(30) {
            0 | 1 => self.create(),
            2..=7 => self.write(),
            8 => {
                let size = *self.rng.choose(&OFFSETS) + self.rng.below(2) * 100;
                if let Some(handle) = self.handle() {
                    let _ = handle.set_len(size);
                }
            }
            9 | 10 => {
                let (from, to) = (self.file(), self.file());
                let _ = self.fs.rename(from, to);
            }
            11 => {
                let file = self.file();
                let _ = self.fs.remove_file(file);
            }
            12 => {
                let (from, to) = (self.file(), self.file());
                let _ = self.fs.hard_link(from, to);
            }
            13 => {
                let directory = self.directory();
                let _ = self.fs.create_dir(directory);
            }
            14 => {
                let (from, to) = (self.directory(), self.directory());
                let _ = match self.rng.below(2) {
                    0 => self.fs.remove_dir(from),
                    _ => self.fs.rename(from, to),
                };
            }
            15 | 16 => {
                if let Some(handle) = self.handle() {
                    let _ = handle.sync_all();
                }
            }
            17 => {
                if let Some(handle) = self.handle() {
                    let _ = handle.sync_data();
                }
            }
            18 | 19 => {
                let root = self.rng.below(2) == 0;
                let directory = if root { Path::ROOT } else { self.directory() };
                let _ = self.fs.sync_dir(directory);
            }
            20..=23 => self.space(),
            24 => {
                let (one, other) = (self.file(), self.file());
                let _ = self.fs.exchange(one, other);
            }
            25 => {
                let link = self.file();
                let _ = self.fs.symlink(b"a", link);
            }
            _ => self.rare(),
        }
    }

    fn name_or_barrier(&mut self) {
        match self.rng.below(10) {
            0 | 1 => self.create(),
            2 => {
                let bytes = vec![self.byte; 100];
                self.byte += 1;
                if let Some(handle) = self.handle() {
                    let _ = handle.append(&bytes);
                }
            }
            3 | 4 => {
                let (from, to) = (self.file(), self.file());
                let _ = self.fs.rename(from, to);
            }
            5 => {
                let directory = self.directory();
                let _ = self.fs.create_dir(directory);
            }
            6 => {
                let directory = self.directory();
                let _ = self.fs.sync_dir(directory.parent().unwrap_or(Path::ROOT));
            }
            7 | 8 => {
                if let Some(handle) = self.handle() {
                    let _ = handle.sync_all();
                }
            }
            _ => self.operation(),
        }
    }

    /// Reserves, punches or zeroes a range.
    fn space(&mut self) {
        let offset = *self.rng.choose(&OFFSETS);
        let len = *self.rng.choose(&[100, 512, 4096, 5000, 8192]);
        let mode = *self
            .rng
            .choose(&[AllocateMode::Extend, AllocateMode::KeepSize]);
        let which = self.rng.below(4);
        if let Some(handle) = self.handle() {
            let _ = match which {
                0 | 1 => handle.allocate(offset, len, mode),
                2 => handle.punch_hole(offset, len),
                _ => handle.zero_range(offset, len, mode),
            };
        }
    }

    /// Stores through a mapping, writes that are durable, and the less usual barriers.
    fn rare(&mut self) {
        let which = self.rng.below(6);
        let bytes = self.bytes();
        let offset = *self.rng.choose(&OFFSETS);
        match which {
            0 | 1 => {
                if let Some(handle) = self.handle() {
                    let _ = handle.write_pages(&bytes, offset);
                }
            }
            2 => {
                if let Some(handle) = self.handle() {
                    let _ = handle.sync_pages();
                }
            }
            3 => {
                if let Some(handle) = self.handle() {
                    let _ = handle.sync_range(0, 0);
                }
            }
            4 => {
                let _ = self.fs.sync_filesystem();
            }
            _ => {
                let options = OpenOptions::new().write().sync_data_writes();
                let file = self.file();
                if let Ok(handle) = self.fs.open(file, options) {
                    let _ = handle.write_at(&bytes, offset);
                }
            }
        }
    }

    fn create(&mut self) {
        let mut options = OpenOptions::new().read().write().create();
        if self.rng.below(3) == 0 {
            options = options.truncate();
        }
        let file = self.file();
        if let Ok(handle) = self.fs.open(file, options) {
            self.handles.push(handle);
        }
    }

    /// An open file, by its path or from before (also if it was renamed or removed since).
    fn handle(&mut self) -> Option<&dyn VfsFile> {
        if self.handles.is_empty() || self.rng.below(3) == 0 {
            let file = self.file();
            let handle = self.fs.open(file, OpenOptions::new().read().write()).ok()?;
            self.handles.push(handle);
            return self.handles.last().map(AsRef::as_ref);
        }
        let index = self.rng.index(self.handles.len());
        Some(self.handles[index].as_ref())
    }

    fn write(&mut self) {
        let bytes = self.bytes();
        let offset = *self.rng.choose(&OFFSETS);
        let append = self.rng.below(2) == 0;
        if let Some(handle) = self.handle() {
            let _ = if append {
                handle.append(&bytes)
            } else {
                handle.write_at(&bytes, offset)
            };
        }
    }
}

/// Makes everything in the root and below durable, as a careful program would.
pub fn sync_everything(fs: &SimFs) {
    for (path, inode) in fs.live_image().paths() {
        let path = Path::new(&path);
        if fs.live_image().directory(inode).is_some() {
            fs.sync_dir(path).unwrap();
        } else if fs.live_image().file(inode).is_some() {
            fs.open_read(path).unwrap().sync_all().unwrap();
        }
    }
    fs.sync_dir(Path::ROOT).unwrap();
}

/// Writes a file of one repeated byte.
pub fn put(fs: &SimFs, path: &str, byte: u8, len: usize) {
    fs.write(Path::from(path), &vec![byte; len]).unwrap();
}

/// Appends one repeated byte.
pub fn append(fs: &SimFs, path: &str, byte: u8, len: usize) {
    open(fs, path).append_all(&vec![byte; len]).unwrap();
}

/// Writes one repeated byte in place.
pub fn write_at(fs: &SimFs, path: &str, offset: u64, byte: u8, len: usize) {
    open(fs, path)
        .write_all_at(&vec![byte; len], offset)
        .unwrap();
}

pub fn open(fs: &SimFs, path: &str) -> Box<dyn VfsFile> {
    fs.open(Path::from(path), OpenOptions::new().read().write())
        .unwrap()
}
