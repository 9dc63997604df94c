//! The job over turmoil's simulated filesystem.
//!
//! A fresh simulation for each seed, one host, the crash and the restart by turmoil's API. Turmoil crashes between two steps
//! of the simulation only, and its filesystem never lets go of the host in a step; so that a crash can come after any
//! operation, the store counts its operations and stands still after the one that was drawn. That is one step for the work
//! and one for the recovery, the least that turmoil can be asked for.

use std::{
    cell::{Cell, RefCell},
    future,
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    rc::Rc,
};

use tornwrite::{
    base::{Rng, Seed, Stream},
    oracle::BankOracle,
    workload::{BankTransfers, EventLog, Operation},
};
use turmoil::{
    Builder,
    fs::shim::std::fs::{self, File, OpenOptions},
};

use crate::{
    judge::judge,
    log_store::{Disk, Log},
    ndjson_floor,
};

const HOST: &str = "bank";
const LOG: &str = "/bank.wal";
const EVENTS: &str = "/events.ndjson";

/// Which store does the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// The framed log, an fsync for each batch.
    Log,
    /// JSON lines, nothing synced.
    Ndjson,
}

/// What one run needs on both sides of the crash.
struct Shared {
    store: Store,
    operations: Vec<Operation>,
    /// Operations on the filesystem until the crash.
    left: Cell<usize>,
    acknowledged: Cell<usize>,
    shown: RefCell<Option<EventLog>>,
}

/// One whole run: workload, one crash, recovery, check; the number of batches acknowledged, and whether all invariants hold.
///
/// # Panics
///
/// If the simulation or the recovery fails: neither has a reason to.
pub(crate) fn whole_run(
    store: Store,
    bank: &BankTransfers,
    oracle: &BankOracle,
    seed: Seed,
) -> (usize, bool) {
    let batches = bank.config().batches as usize;
    let count = match store {
        // The new file, both syncs; a write and a sync each.
        Store::Log => 3 + 2 * batches,
        // Two events each: open, write, close.
        Store::Ndjson => 6 * batches,
    };
    let shared = Rc::new(Shared {
        store,
        operations: bank.life(seed, 0, bank.config().batches, &[]),
        left: Cell::new(1 + Rng::new(seed, Stream::CrashPoint, 0).index(count + 1)),
        acknowledged: Cell::new(0),
        shown: RefCell::new(None),
    });
    let mut sim = Builder::new().rng_seed(seed.0).build();
    let host = Rc::clone(&shared);
    sim.host(HOST, move || {
        let shared = Rc::clone(&host);
        async move {
            if shared.left.get() > 0 {
                let done = shared.work();
                // With nothing left, an error is the crash that was drawn; otherwise it comes after the work.
                if shared.left.replace(0) > 0 {
                    done?;
                }
            } else {
                *shared.shown.borrow_mut() = Some(shared.recover()?);
            }
            future::pending().await
        }
    });
    sim.step().expect("the work");
    sim.crash(HOST);
    sim.bounce(HOST);
    sim.step().expect("the recovery");
    let shown = shared.shown.borrow_mut().take().expect("it recovered");
    let acknowledged = shared.acknowledged.get();
    let holds = judge(
        &shared.operations,
        acknowledged,
        &shown,
        oracle,
        &mut Vec::new(),
    );
    (acknowledged, holds)
}

impl Shared {
    /// Counts an operation that took effect; an error if the crash comes before it is answered.
    fn step(&self) -> io::Result<()> {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        match left {
            1 => Err(io::Error::other("the crash")),
            _ => Ok(()),
        }
    }

    fn work(&self) -> io::Result<()> {
        let mut log = match self.store {
            Store::Log => Some(Log::open(self)?.0),
            Store::Ndjson => None,
        };
        let mut id = 0;
        for operation in &self.operations {
            let Operation::Append { stream, events } = operation else {
                continue;
            };
            if let Some(log) = &mut log {
                log.append(stream, events)?;
            } else {
                for data in events.iter() {
                    self.append_line(stream, id, data)?;
                    id += 1;
                }
            }
            self.acknowledged.set(self.acknowledged.get() + 1);
        }
        Ok(())
    }

    /// Opens, writes and closes, as the naive store does for each event.
    fn append_line(&self, stream: &[u8], id: u64, data: &[u8]) -> io::Result<()> {
        let mut line = Vec::new();
        ndjson_floor::push(&mut line, stream, id, data);
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).open(EVENTS)?;
        self.step()?;
        file.write_all(&line)?;
        self.step()?;
        drop(file);
        self.step()
    }

    fn recover(&self) -> io::Result<EventLog> {
        match self.store {
            Store::Log => Ok(Log::open(self)?.1),
            Store::Ndjson if fs::exists(EVENTS) => Ok(ndjson_floor::recover(&fs::read(EVENTS)?)),
            Store::Ndjson => Ok(EventLog::new()),
        }
    }
}

/// Turmoil's files, as `std::fs` has them.
impl Disk for &Shared {
    type File = File;

    fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(LOG)?;
        self.step()?;
        Ok(file)
    }

    fn open(&self) -> io::Result<Option<File>> {
        if !fs::exists(LOG) {
            return Ok(None);
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).open(LOG).map(Some)
    }

    fn read(&self, _file: &File) -> io::Result<Vec<u8>> {
        fs::read(LOG)
    }

    fn write(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)?;
        self.step()
    }

    fn cut(&self, file: &File, size_bytes: u64) -> io::Result<()> {
        file.set_len(size_bytes)?;
        self.step()
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        self.step()
    }

    fn sync_dir(&self) -> io::Result<()> {
        fs::sync_dir("/")?;
        self.step()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{bank, oracle};

    /// The crash comes anywhere, and a correct store stands it.
    #[test]
    fn the_log_keeps_what_it_acknowledged_wherever_it_crashes() {
        let bank = bank(50);
        let oracle = oracle(&bank);
        let runs = (0..200).map(|seed| whole_run(Store::Log, &bank, &oracle, Seed(seed)));
        let mut acknowledged: Vec<_> = runs
            .map(|(acknowledged, holds)| {
                assert!(holds);
                acknowledged
            })
            .collect();
        acknowledged.sort_unstable();
        acknowledged.dedup();
        assert!(acknowledged.len() > 30, "{acknowledged:?}");
    }

    /// The crash takes something: without an fsync the promises are broken.
    #[test]
    fn lines_that_were_never_synced_are_lost() {
        let bank = bank(50);
        let oracle = oracle(&bank);
        let holds = |seed| whole_run(Store::Ndjson, &bank, &oracle, Seed(seed)).1;
        let violating = (0..100).filter(|seed| !holds(*seed)).count();
        assert!(violating > 90, "{violating}");
    }
}
