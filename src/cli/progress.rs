//! How far a campaign is, on standard error, and how long its parts took.
#![expect(
    clippy::disallowed_methods,
    reason = "progress and timing are what the clock is for"
)]

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::{
    args::{Progress, ResultArguments},
    terminal,
};
use crate::{
    campaign::{Observer, Plan, Task},
    report::grouped,
    run::RunOutcome,
};

/// Runs between two lines of a counter.
const COUNTER_STEP: u64 = 500;

/// Watches a campaign.
pub(super) struct Watcher<'a> {
    plan: &'a Plan,
    bar: Option<ProgressBar>,
    counts: bool,
    /// Runs that there are in all.
    all: u64,
    done: u64,
    begun: Instant,
    last: Instant,
    spent: Vec<Duration>,
}

/// `timing.json`: all that differs between two executions of the same campaign.
#[derive(Debug, Serialize)]
pub(super) struct Timing<'a> {
    version: u32,
    jobs: usize,
    milliseconds: u128,
    scenarios: Vec<ScenarioTiming<'a>>,
}

#[derive(Debug, Serialize)]
struct ScenarioTiming<'a> {
    name: &'a str,
    subject: &'a str,
    profile: &'a str,
    milliseconds: u128,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(task: &Task<'a>, args: &ResultArguments) -> Watcher<'a> {
        let (plan, all) = (task.plan, task.units());
        let shows_bar = match args.progress {
            Progress::Auto => terminal::is_watched() && !args.quiet,
            other => other == Progress::Bar,
        };
        Watcher {
            plan,
            bar: shows_bar.then(|| bar(all)),
            all,
            counts: args.progress == Progress::Counter,
            done: 0,
            begun: Instant::now(),
            last: Instant::now(),
            spent: vec![Duration::ZERO; plan.entries.len()],
        }
    }

    /// Takes the bar away, and tells how long it took.
    pub(super) fn finish(self, jobs: usize) -> Timing<'a> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let scenarios = self.plan.entries.iter().zip(&self.spent);
        let scenarios = scenarios.map(|(entry, spent)| ScenarioTiming {
            name: &entry.name,
            subject: &entry.subject,
            profile: &entry.profile,
            milliseconds: spent.as_millis(),
        });
        Timing {
            version: 1,
            jobs,
            milliseconds: self.begun.elapsed().as_millis(),
            scenarios: scenarios.collect(),
        }
    }
}

impl Observer for Watcher<'_> {
    fn run_resumed(&mut self, _: usize) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }

    fn run_done(&mut self, entry: usize, _: &RunOutcome) {
        self.done += 1;
        // Results come in order, so what passed since the last one was spent on this.
        self.spent[entry] += self.last.elapsed();
        self.last = Instant::now();
        let name = &self.plan.entries[entry].name;
        if let Some(bar) = &self.bar {
            bar.set_message(name.clone());
            bar.set_position(self.done);
        }
        let all = self.all;
        if self.counts && (self.done.is_multiple_of(COUNTER_STEP) || self.done == all) {
            let (done, all) = (grouped(self.done), grouped(all));
            let _ = writeln!(anstream::stderr(), "{done} of {all} runs, {name}");
        }
    }

    fn explained(&mut self, entry: usize) {
        self.spent[entry] += self.last.elapsed();
        self.last = Instant::now();
        if let Some(bar) = &self.bar {
            bar.set_message(format!("explaining {}", self.plan.entries[entry].name));
        }
    }
}

fn bar(runs: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {eta} left, {msg}");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
