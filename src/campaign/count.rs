//! Counts runs, in the order of the plan: as they are executed, or from the lines that were written when they were.

use std::{
    ops::{ControlFlow, Range},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    Asked, CampaignError, Folder, Observer, Task,
    error::unless_cut_off,
    folder::Log,
    lines::Lines,
    pool::{self, Step},
    record::RunRecord,
    tally::Tally,
    unsynced::{PATIENCE, Unsynced},
};
use crate::base::{Rng, Seed, Stream};

/// The file with a line for each finished run.
pub(super) const RUNS: &str = "runs.ndjson";

/// What was counted so far.
pub(super) struct Counting<'p> {
    task: &'p Task<'p>,
    pub(super) tallies: Vec<Tally<'p>>,
    /// For each entry whether it found enough.
    ended: Vec<AtomicBool>,
    /// Runs of this shard, counted or left out.
    done: u64,
    /// Whether all is over before the end of the plan.
    is_over: bool,
}

impl<'p> Counting<'p> {
    pub(super) fn new(task: &'p Task<'p>) -> Counting<'p> {
        let entries = &task.plan.entries;
        Counting {
            task,
            tallies: entries.iter().map(Tally::new).collect(),
            ended: entries.iter().map(|_| AtomicBool::new(false)).collect(),
            done: 0,
            is_over: false,
        }
    }

    /// Whether every run was counted that was to be.
    pub(super) fn is_complete(&self) -> bool {
        self.is_over || self.done == self.task.units()
    }

    /// The entry and the seed of the next run that is to be counted; those of entries that found enough are left out.
    pub(super) fn next(&mut self) -> Option<(usize, u64)> {
        while !self.is_complete() {
            let (entry, seed) = self.task.unit(self.done);
            if !self.ended[entry].load(Ordering::Relaxed) {
                return Some((entry, seed));
            }
            self.done += 1;
        }
        None
    }

    /// Whether it is a run of an entry that found enough.
    pub(super) fn has_ended(&self, run: &RunRecord) -> bool {
        let entries = self.task.plan.entries.iter().zip(&self.ended);
        let mut ended = entries.filter(|(_, ended)| ended.load(Ordering::Relaxed));
        ended.any(|(entry, _)| run.is_of(entry, run.seed))
    }

    /// The number, in the whole campaign, of the next run.
    pub(super) fn number(&self) -> u64 {
        self.task.shard.unit(self.done)
    }

    /// Counts the next run.
    pub(super) fn add(&mut self, entry: usize, run: &RunRecord) {
        let limits = self.task.limits;
        let scenario = &self.task.plan.entries[entry];
        self.tallies[entry].add(run);
        self.done += 1;
        if self.tallies[entry].violating_runs() >= limits.violating_runs_max {
            self.ended[entry].store(true, Ordering::Relaxed);
        }
        let mut violated = run.violated.iter();
        let failed = violated.any(|found| !scenario.expectation.allows(&found.invariant));
        self.is_over |= limits.fail_fast && failed;
    }

    /// Counts what an earlier execution wrote down, once it is durable, and cuts off what it did not finish writing.
    pub(super) fn resume(
        &mut self,
        folder: &Folder,
        observer: &mut dyn Observer,
    ) -> Result<(), CampaignError> {
        let Some(file) = folder.open_file(RUNS)? else {
            return Ok(());
        };
        folder.sync_file(RUNS)?;
        let mut lines = Lines::new(file);
        let mut whole = 0;
        let mut number = 0_u64;
        while let Some(line) = lines.next()? {
            number += 1;
            // What a power cut left behind the last durable line means nothing; the runs are executed again.
            let Ok(run) = serde_json::from_slice::<RunRecord>(line) else {
                break;
            };
            let foreign = |expected: String| CampaignError::Foreign {
                file: folder.name_of(RUNS),
                line: number,
                expected,
            };
            let Some((entry, seed)) = self.next() else {
                return Err(foreign("no more runs".to_owned()));
            };
            let scenario = &self.task.plan.entries[entry];
            if !run.is_of(scenario, seed) {
                return Err(foreign(format!("seed {seed} of {}", scenario.name)));
            }
            self.add(entry, &run);
            observer.run_resumed(entry);
            whole = lines.at;
        }
        folder.cut(RUNS, whole)?;
        Ok(())
    }

    /// Executes what is not counted yet, and writes each run down; what it was written to. The observer is told of a run when its
    /// line is durable, and when this returns, all are. What is under way when all is to end, and does not come to an end soon, is
    /// not counted.
    pub(super) fn execute(
        &mut self,
        folder: &Folder,
        observer: &mut dyn Observer,
    ) -> Result<Log, CampaignError> {
        let log = folder.append_to(RUNS)?;
        let task = self.task;
        let first = self.done;
        // Shared with the workers, who leave out what will not be counted.
        let ended: Vec<AtomicBool> = self
            .ended
            .iter()
            .map(|ended| AtomicBool::new(ended.load(Ordering::Relaxed)))
            .collect();
        let mut unsynced = Unsynced::new(&log);
        let left = if self.is_over {
            0
        } else {
            task.units() - first
        };
        let work = |units: Range<u64>| {
            let asked = units.map(|nth| {
                let (entry, seed) = task.unit(first + nth);
                let is_wanted = !ended[entry].load(Ordering::Relaxed);
                is_wanted.then(|| asked(task, entry, seed))
            });
            let asked: Vec<_> = asked.collect();
            task.plan.ran(&asked, &|| task.stop.reason().is_some())
        };
        let consume = |step: Step<Option<Result<RunRecord, CampaignError>>>| {
            let Step::Result(nth, run) = step else {
                unsynced.sync(observer)?;
                return Ok(ControlFlow::Continue(()));
            };
            let (entry, _) = task.unit(first + nth);
            self.done = first + nth;
            let Some(run) = unless_cut_off(run.transpose())? else {
                // Whoever goes on executes it again.
                return Ok(ControlFlow::Break(()));
            };
            if let Some(run) = run.filter(|_| !self.ended[entry].load(Ordering::Relaxed)) {
                self.add(entry, &run);
                ended[entry].store(self.ended[entry].load(Ordering::Relaxed), Ordering::Relaxed);
                unsynced.append(run, entry, observer)?;
            } else {
                self.done += 1;
                unsynced.sync_old(observer)?;
            }
            let is_stopped = task.stop.reason().is_some();
            Ok::<_, CampaignError>(if self.is_over || is_stopped {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        };
        let batch_max = task.plan.batch_max();
        pool::in_batches_within(left, task.jobs, batch_max, PATIENCE, work, consume)?;
        unsynced.sync(observer)?;
        Ok(log)
    }
}

/// A run as it is asked for: twice, if it is one of those that are.
fn asked(task: &Task<'_>, entry: usize, seed: u64) -> Asked {
    let mut draw = Rng::new(Seed(seed), Stream::Determinism, 0);
    Asked {
        entry,
        seed,
        twice: draw.chance(task.check_determinism),
    }
}
