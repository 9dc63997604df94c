//! The job over a real directory: a process does it, is killed with SIGKILL at an acknowledged batch that was drawn, and what
//! it left is recovered and checked.
//!
//! The process is this program, started as `child DIRECTORY SEED`. It writes a byte for each acknowledged batch to its
//! standard output and goes on at once, so that the kill comes anywhere in the batches that follow.

use std::{
    env,
    io::{self, Read as _, Write as _},
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use tornwrite::{
    base::{Rng, Seed, Stream},
    oracle::BankOracle,
    workload::{BankTransfers, Operation},
};

use crate::{job, judge::judge};

#[allow(clippy::duplicate_mod, reason = "one store over two filesystems")]
#[path = "log_store.rs"]
mod log_store;

/// What the store needs of `std::fs`, and the directory sync that turmoil has beside it.
mod fs {
    pub(super) use std::fs::{File, OpenOptions, read};

    pub(super) fn sync_dir(path: &std::path::Path) -> std::io::Result<()> {
        File::open(path)?.sync_all()
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
    let shown = log_store::recover(directory.path())?;
    let acknowledged = acknowledged.len();
    let holds = judge(&operations, acknowledged, &shown, oracle, &mut Vec::new());
    Ok((acknowledged, holds))
}

/// The process that is to be killed. When its work is done, it waits for that, or for the other side to go away.
pub(crate) fn child(directory: &Path, seed: Seed) -> io::Result<ExitCode> {
    let bank = job::bank(50);
    let operations = bank.life(seed, 0, bank.config().batches, &[]);
    let mut log = log_store::Log::create(directory, &|| Ok(()))?;
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
