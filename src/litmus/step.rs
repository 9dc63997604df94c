//! The steps of a script, and the words for them.

use super::Runs;
use crate::vfs::{AllocateMode, PathBuf, SyncWrites};

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table of words below says what each does")]
pub enum Step {
    Create(PathBuf),
    Put(PathBuf, Runs),
    Write(PathBuf, u64, Runs),
    Append(PathBuf, Runs, SyncWrites),
    Truncate(PathBuf, u64),
    Rename(PathBuf, PathBuf),
    RenameNoReplace(PathBuf, PathBuf),
    Exchange(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Symlink(PathBuf, PathBuf),
    Unlink(PathBuf),
    MakeDirectory(PathBuf),
    RemoveDirectory(PathBuf),
    Fsync(PathBuf),
    Fdatasync(PathBuf),
    FsyncDirectory(PathBuf),
    Syncfs,
    SyncRange(PathBuf, u64, u64),
    WritePages(PathBuf, u64, Runs),
    SyncPages(PathBuf),
    Allocate(PathBuf, u64, u64, AllocateMode),
    PunchHole(PathBuf, u64, u64),
    ZeroRange(PathBuf, u64, u64, AllocateMode),
    Hold(PathBuf),
    Release(PathBuf),
    Pause,
    FsyncFails(PathBuf),
}

/// A word of the language of scripts.
#[derive(Clone, Copy, Debug)]
pub struct StepWord {
    /// The word itself.
    pub word: &'static str,
    /// What follows it.
    pub arguments: &'static str,
    /// What it does.
    pub meaning: &'static str,
    build: fn(&mut Arguments<'_>) -> Option<Step>,
}

const fn word(
    word: &'static str,
    arguments: &'static str,
    meaning: &'static str,
    build: fn(&mut Arguments<'_>) -> Option<Step>,
) -> StepWord {
    StepWord {
        word,
        arguments,
        meaning,
        build,
    }
}

use AllocateMode::{Extend, KeepSize};

/// Every word for a step.
#[rustfmt::skip]
pub const STEP_WORDS: &[StepWord] = &[
    word("create", "FILE", "creates an empty file", |a| Some(Step::Create(a.path()?))),
    word("put", "FILE BYTES", "creates or empties a file and writes it, through one handle", |a| Some(Step::Put(a.path()?, a.bytes()?))),
    word("write", "FILE OFFSET BYTES", "writes at an offset", |a| Some(Step::Write(a.path()?, a.number()?, a.bytes()?))),
    word("append", "FILE BYTES", "writes at the end", |a| Some(Step::Append(a.path()?, a.bytes()?, SyncWrites::No))),
    word("append-dsync", "FILE BYTES", "writes at the end through a handle with O_DSYNC", |a| Some(Step::Append(a.path()?, a.bytes()?, SyncWrites::Data))),
    word("append-sync", "FILE BYTES", "writes at the end through a handle with O_SYNC", |a| Some(Step::Append(a.path()?, a.bytes()?, SyncWrites::All))),
    word("truncate", "FILE SIZE", "cuts or extends a file", |a| Some(Step::Truncate(a.path()?, a.number()?))),
    word("rename", "FROM TO", "renames, and replaces what is there", |a| Some(Step::Rename(a.path()?, a.path()?))),
    word("rename-noreplace", "FROM TO", "renames to a name that is free (RENAME_NOREPLACE)", |a| Some(Step::RenameNoReplace(a.path()?, a.path()?))),
    word("exchange", "ONE OTHER", "swaps two names (RENAME_EXCHANGE)", |a| Some(Step::Exchange(a.path()?, a.path()?))),
    word("link", "FILE NEW", "gives a file one more name", |a| Some(Step::Link(a.path()?, a.path()?))),
    word("symlink", "TARGET LINK", "makes a symbolic link", |a| Some(Step::Symlink(a.path()?, a.path()?))),
    word("unlink", "FILE", "removes a name", |a| Some(Step::Unlink(a.path()?))),
    word("mkdir", "DIRECTORY", "makes a directory", |a| Some(Step::MakeDirectory(a.path()?))),
    word("rmdir", "DIRECTORY", "removes an empty directory", |a| Some(Step::RemoveDirectory(a.path()?))),
    word("fsync", "FILE", "fsync", |a| Some(Step::Fsync(a.path()?))),
    word("fdatasync", "FILE", "fdatasync", |a| Some(Step::Fdatasync(a.path()?))),
    word("fsyncdir", "DIRECTORY", "fsync of a directory; the root is /", |a| Some(Step::FsyncDirectory(a.path()?))),
    word("syncfs", "", "syncfs", |_| Some(Step::Syncfs)),
    word("sync-range", "FILE OFFSET LENGTH", "sync_file_range, which writes back and promises nothing", |a| Some(Step::SyncRange(a.path()?, a.number()?, a.number()?))),
    word("msync-write", "FILE OFFSET BYTES", "stores through a shared mapping", |a| Some(Step::WritePages(a.path()?, a.number()?, a.bytes()?))),
    word("msync", "FILE", "msync(MS_SYNC) of the whole file", |a| Some(Step::SyncPages(a.path()?))),
    word("allocate", "FILE OFFSET LENGTH", "fallocate: reserves blocks, and the file grows", |a| Some(Step::Allocate(a.path()?, a.number()?, a.number()?, Extend))),
    word("allocate-keep", "FILE OFFSET LENGTH", "the same, and the size stays", |a| Some(Step::Allocate(a.path()?, a.number()?, a.number()?, KeepSize))),
    word("punch", "FILE OFFSET LENGTH", "punches a hole", |a| Some(Step::PunchHole(a.path()?, a.number()?, a.number()?))),
    word("zero-range", "FILE OFFSET LENGTH", "turns a range into zeros, and the file grows", |a| Some(Step::ZeroRange(a.path()?, a.number()?, a.number()?, Extend))),
    word("zero-range-keep", "FILE OFFSET LENGTH", "the same, and the size stays", |a| Some(Step::ZeroRange(a.path()?, a.number()?, a.number()?, KeepSize))),
    word("hold", "FILE", "opens a file; later steps on this path mean this handle, even if the name goes", |a| Some(Step::Hold(a.path()?))),
    word("release", "FILE", "closes what is held", |a| Some(Step::Release(a.path()?))),
    word("pause", "", "waits until a real kernel has written everything back by itself", |_| Some(Step::Pause)),
    word("fsync-fails", "FILE", "an fsync that reports an error; only a simulated filesystem can do that", |a| Some(Step::FsyncFails(a.path()?))),
];

impl Step {
    /// Reads one step, or says what was expected.
    pub fn parse(line: &str) -> Result<Step, String> {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let Some(word) = STEP_WORDS.iter().find(|word| word.word == first) else {
            let words: Vec<&str> = STEP_WORDS.iter().map(|word| word.word).collect();
            return Err(format!(
                "expected a step ({}), found `{line}`",
                words.join(", ")
            ));
        };
        let mut arguments = Arguments(words.collect::<Vec<_>>().into_iter());
        let step = (word.build)(&mut arguments).filter(|_| arguments.0.len() == 0);
        step.ok_or_else(|| {
            let usage = format!("{first} {}", word.arguments);
            let usage = usage.trim_end();
            format!("expected `{usage}` with BYTES such as A*5000 or A*10+0*5, found `{line}`")
        })
    }
}

/// What follows the word of a step.
struct Arguments<'l>(std::vec::IntoIter<&'l str>);

impl Arguments<'_> {
    fn path(&mut self) -> Option<PathBuf> {
        let word = self.0.next()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte);
        word.bytes().all(plain).then(|| PathBuf::from(word))
    }

    fn number(&mut self) -> Option<u64> {
        self.0.next()?.parse().ok()
    }

    fn bytes(&mut self) -> Option<Runs> {
        Runs::parse(self.0.next()?)
    }
}
