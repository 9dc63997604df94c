//! The job over a real directory: a process does it, is killed with SIGKILL at an acknowledged batch that was drawn, and what
//! it left is recovered and checked.
//!
//! The process is this program, started as `child DIRECTORY SEED`. It writes a byte for each acknowledged batch to its
//! standard output and goes on at once, so that the kill comes anywhere in the batches that follow.

use std::{
    env,
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read as _, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use tornwrite::{
    base::{Rng, Seed, Stream},
    oracle::BankOracle,
    workload::{BankTransfers, Operation},
};

use crate::{
    judge::judge,
    log_store::{Disk, Log},
    subject,
};

/// The file in a real directory.
struct RealDisk<'a>(&'a Path);

impl RealDisk<'_> {
    fn path(&self) -> PathBuf {
        self.0.join("bank.wal")
    }
}

impl Disk for RealDisk<'_> {
    type File = File;

    fn create(&self) -> io::Result<File> {
        File::create_new(self.path())
    }

    fn open(&self) -> io::Result<Option<File>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path());
        match file {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            file => file.map(Some),
        }
    }

    fn read(&self, mut file: &File) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    fn cut(&self, file: &File, size_bytes: u64) -> io::Result<()> {
        file.set_len(size_bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(self.0)?.sync_all()
    }
}

/// The first argument of the process that is to be killed.
pub(crate) const CHILD: &str = "child";

/// One whole run: workload, one kill, recovery, check; the number of batches acknowledged, and whether all invariants hold.
pub(crate) fn whole_run(
    bank: &BankTransfers,
    oracle: &BankOracle,
    seed: Seed,
) -> io::Result<(usize, bool)> {
    let directory = tempfile::tempdir()?;
    let operations = bank.life(seed, 0, bank.config().batches, &[]);
    let batches = bank.config().batches as usize;
    let wanted = Rng::new(seed, Stream::CrashPoint, 0).index(batches + 1);
    let mut child = Command::new(env::current_exe()?)
        .arg(CHILD)
        .arg(directory.path())
        .arg(seed.0.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut acknowledged = vec![0; wanted];
    let mut output = child.stdout.take().expect("it is piped");
    let read = output.read_exact(&mut acknowledged);
    child.kill()?;
    child.wait()?;
    read?;
    // It went on between the byte and the kill.
    output.read_to_end(&mut acknowledged)?;
    let (_, shown) = Log::open(RealDisk(directory.path()))?;
    let acknowledged = acknowledged.len();
    let holds = judge(&operations, acknowledged, &shown, oracle, &mut Vec::new());
    Ok((acknowledged, holds))
}

/// The process that is to be killed. When its work is done, it waits for that, or for the other side to go away.
pub(crate) fn child(directory: &Path, seed: Seed) -> io::Result<ExitCode> {
    let bank = subject::bank(50);
    let operations = bank.life(seed, 0, bank.config().batches, &[]);
    let (mut log, _) = Log::open(RealDisk(directory))?;
    let mut output = io::stdout().lock();
    for operation in &operations {
        if let Operation::Append { stream, events } = operation {
            log.append(stream, events)?;
            output.write_all(b".")?;
            output.flush()?;
        }
    }
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(ExitCode::SUCCESS)
}
