//! Runs that are written down and not durable yet.
//!
//! Guarantees: an observer is told of a run, in order, only when its line is durable; no run waits for that longer than it takes
//! to write [`RUNS_MAX`] lines, or twice [`PATIENCE`] and one sync. Lines are the same whenever they are synced: the clock decides
//! about that and nothing else.
#![expect(
    clippy::disallowed_methods,
    reason = "how long a finished run may be lost by a power cut is a matter of time"
)]

use std::time::{Duration, Instant};

use super::{CampaignError, Observer, folder::Log, record::RunRecord};

/// Runs that are made durable together, at most: a sync for each would take longer than most runs do.
const RUNS_MAX: usize = 64;

/// How long a run that is written waits for others before it is made durable.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// The runs behind the last sync.
pub(super) struct Unsynced<'l> {
    log: &'l Log,
    /// With the numbers of their entries.
    runs: Vec<(usize, RunRecord)>,
    /// When the first of them was written.
    since: Option<Instant>,
}

impl<'l> Unsynced<'l> {
    pub(super) fn new(log: &'l Log) -> Unsynced<'l> {
        Unsynced {
            log,
            runs: Vec::new(),
            since: None,
        }
    }

    /// Writes a run down, and makes it durable with those before it if they are many or old.
    pub(super) fn append(
        &mut self,
        run: RunRecord,
        entry: usize,
        observer: &mut dyn Observer,
    ) -> Result<(), CampaignError> {
        self.log.append_line(&run)?;
        self.runs.push((entry, run));
        self.since.get_or_insert_with(Instant::now);
        if self.runs.len() >= RUNS_MAX {
            return self.sync(observer);
        }
        self.sync_old(observer)
    }

    /// Makes all of them durable if the first of them is old.
    pub(super) fn sync_old(&mut self, observer: &mut dyn Observer) -> Result<(), CampaignError> {
        if self.since.is_some_and(|since| since.elapsed() >= PATIENCE) {
            self.sync(observer)?;
        }
        Ok(())
    }

    /// Makes all of them durable, and says that they are finished.
    pub(super) fn sync(&mut self, observer: &mut dyn Observer) -> Result<(), CampaignError> {
        if self.runs.is_empty() {
            return Ok(());
        }
        self.log.sync()?;
        self.since = None;
        for (entry, run) in self.runs.drain(..) {
            observer.run_done(entry, &run);
        }
        Ok(())
    }
}
