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
    campaign::{Observer, Plan, RunRecord, Task},
    report::grouped,
};

/// Runs between two lines of a counter.
const RUNS_STEP: u64 = 500;

/// The same, of what takes longer.
const PART_STEP: u64 = 50;

/// Whether nobody wants to see more than what is not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calm {
    Yes,
    No,
}

/// Work of a known length, one part after the other.
pub(super) struct Steps {
    bar: Option<ProgressBar>,
    counts: bool,
    /// What is counted now.
    what: &'static str,
    all: u64,
    done: u64,
    /// Lines of a counter come this far apart.
    step: u64,
}

impl Steps {
    pub(super) fn new(progress: Progress, calm: Calm) -> Steps {
        let shows_bar = match progress {
            Progress::Auto => terminal::is_watched() && calm == Calm::No,
            other => other == Progress::Bar,
        };
        Steps {
            bar: shows_bar.then(bar),
            counts: progress == Progress::Counter,
            what: "",
            all: 0,
            done: 0,
            step: PART_STEP,
        }
    }

    /// Begins with the next part, of so many.
    pub(super) fn begin(&mut self, what: &'static str, all: u64) {
        (self.what, self.all, self.done) = (what, all, 0);
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_length(all);
            bar.set_prefix(what);
            bar.set_message("");
        }
    }

    /// One more is done.
    pub(super) fn done(&mut self) {
        self.passed();
        let (done, all) = (self.done, self.all);
        if self.counts && (done.is_multiple_of(self.step) || done == all) {
            let (done, all) = (grouped(done), grouped(all));
            let _ = writeln!(anstream::stderr(), "{done} of {all} {}", self.what);
        }
    }

    /// One more was done before.
    fn passed(&mut self) {
        self.done += 1;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }

    fn say(&self, text: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_message(text());
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            terminal::set_bar(None);
        }
    }
}

/// Watches a campaign.
pub(super) struct Watcher<'a> {
    plan: &'a Plan,
    steps: Steps,
    found: Counts,
    begun: Instant,
    last: Instant,
    spent: Vec<Duration>,
}

/// What was counted since the campaign began, or went on.
#[derive(Default)]
struct Counts {
    states: u64,
    images: u64,
    violating: u64,
    resumed: u64,
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
        let plan = task.plan;
        let calm = if args.quiet { Calm::Yes } else { Calm::No };
        let mut steps = Steps::new(args.progress, calm);
        steps.begin("runs", task.units());
        steps.step = RUNS_STEP;
        Watcher {
            plan,
            steps,
            found: Counts::default(),
            begun: Instant::now(),
            last: Instant::now(),
            spent: vec![Duration::ZERO; plan.entries.len()],
        }
    }

    /// Results come in order, so what passed since the last one was spent on this.
    fn spend(&mut self, entry: usize) {
        self.spent[entry] += self.last.elapsed();
        self.last = Instant::now();
    }

    /// Takes the bar away, and tells how long it took.
    pub(super) fn finish(self, jobs: usize) -> Timing<'a> {
        self.steps.finish();
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
        self.found.resumed += 1;
        self.steps.passed();
    }

    fn run_done(&mut self, entry: usize, run: &RunRecord) {
        if let Some(bar) = self.steps.bar.as_ref().filter(|_| self.found.resumed > 0) {
            // What was done before says nothing about how long the rest takes.
            bar.tick();
            bar.reset_eta();
            self.found.resumed = 0;
        }
        self.spend(entry);
        self.found.states += run.states;
        self.found.images += run.images;
        self.found.violating += u64::from(!run.violated.is_empty());
        let Counts {
            states,
            images,
            violating,
            ..
        } = self.found;
        self.steps.say(|| {
            let [states, images, violating] = [states, images, violating].map(grouped);
            let name = &self.plan.entries[entry].name;
            format!("{states} states, {images} images, {violating} violating, {name}")
        });
        self.steps.done();
    }

    fn explaining(&mut self, count: u64) {
        if count > 0 {
            self.steps.begin("explained", count);
            self.steps.step = PART_STEP;
        }
    }

    fn explained(&mut self, entry: usize) {
        self.spend(entry);
        self.steps.say(|| self.plan.entries[entry].name.clone());
        self.steps.done();
    }
}

/// A bar that fits on one line of the terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let columns = (terminal::progress_width() / 4).clamp(4, 30);
    let template =
        format!("{{bar:{columns}}} {{pos}}/{{len}} {{prefix}}, {{eta}} left, {{wide_msg}}");
    let style = ProgressStyle::with_template(&template);
    let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
    terminal::set_bar(Some(&bar));
    bar
}
