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
    pace::{Pace, fitted, short},
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

/// A bar is drawn no more often than this.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

/// Work of a known length, one part after the other.
pub(super) struct Steps {
    bar: Option<ProgressBar>,
    counts: bool,
    /// What is counted now.
    what: &'static str,
    all: u64,
    done: u64,
    /// How many of those were done by an earlier execution.
    before: u64,
    since: Instant,
    /// When it ends at the latest.
    end: Option<Instant>,
    drawn: Option<Instant>,
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
            before: 0,
            since: Instant::now(),
            end: None,
            drawn: None,
            step: PART_STEP,
        }
    }

    /// Begins with the next part, of so many.
    pub(super) fn begin(&mut self, what: &'static str, all: u64) {
        self.go_on_with(what, 0, all);
    }

    /// Begins with a part of which some were done by an earlier execution.
    fn go_on_with(&mut self, what: &'static str, before: u64, all: u64) {
        self.expect(what, before, all);
        if all > 0 {
            self.show(|_| Vec::new());
        }
    }

    /// The same; nothing is shown before one is done, for there may be none that is.
    fn expect(&mut self, what: &'static str, before: u64, all: u64) {
        (self.what, self.before, self.done, self.all) = (what, before, before, all);
        (self.since, self.end, self.drawn) = (Instant::now(), None, None);
        self.step = PART_STEP;
    }

    /// One more is done.
    pub(super) fn done(&mut self) {
        self.done_with(|_| Vec::new());
    }

    /// One more is done, and there is more to say of that: the most important first.
    fn done_with(&mut self, more: impl FnOnce(Pace) -> Vec<Option<String>>) {
        self.done += 1;
        let (done, all) = (self.done, self.all);
        if self.counts && (done.is_multiple_of(self.step) || done == all) {
            let head = format!("{} of {} {}", grouped(done), grouped(all), self.what);
            let line = self.parts(head, grouped, more).join(", ");
            let _ = writeln!(anstream::stderr(), "{line}");
        } else {
            self.show(more);
        }
    }

    /// One more was done before.
    fn passed(&mut self) {
        self.done += 1;
        self.show(|_| Vec::new());
    }

    /// Shows how far it is on the bar, if it is time to.
    fn show(&mut self, more: impl FnOnce(Pace) -> Vec<Option<String>>) {
        let is_old = self
            .drawn
            .is_none_or(|drawn| drawn.elapsed() >= DRAWN_EVERY);
        let is_due = is_old || self.done == self.all;
        if let Some(bar) = self.bar.as_ref().filter(|_| is_due) {
            self.draw(bar, more);
            self.drawn = Some(Instant::now());
        }
    }

    fn draw(&self, bar: &ProgressBar, more: impl FnOnce(Pace) -> Vec<Option<String>>) {
        let head = format!("{}/{} {}", self.done, self.all, self.what);
        let parts = self.parts(head, short, more);
        let columns = terminal::progress_width().saturating_sub(bar_columns() + 2);
        bar.set_message(fitted(&parts, columns));
        bar.set_length(self.all);
        bar.set_position(self.done);
    }

    /// What is said of how far it is.
    fn parts(
        &self,
        head: String,
        number: fn(u64) -> String,
        more: impl FnOnce(Pace) -> Vec<Option<String>>,
    ) -> Vec<String> {
        let pace = Pace {
            elapsed: self.since.elapsed(),
            number,
        };
        let (done, left) = (self.done - self.before, self.all.saturating_sub(self.done));
        let at_most = self
            .end
            .map(|end| end.saturating_duration_since(Instant::now()));
        let parts = [
            Some(head),
            pace.rate(done, ""),
            pace.left(done, left, at_most),
        ];
        parts.into_iter().chain(more(pace)).flatten().collect()
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
    units: u64,
    begun: Instant,
    /// When its time is up.
    end: Option<Instant>,
    last: Instant,
    spent: Vec<Duration>,
}

/// What was counted since the campaign began, or went on; findings are not known before they are explained.
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
    /// Watches a campaign that begins now, and has no more time than this.
    pub(super) fn new(
        task: &Task<'a>,
        args: &ResultArguments,
        budget: Option<Duration>,
    ) -> Watcher<'a> {
        let plan = task.plan;
        let calm = if args.quiet { Calm::Yes } else { Calm::No };
        let begun = Instant::now();
        let mut steps = Steps::new(args.progress, calm);
        steps.expect("runs read", 0, task.units());
        Watcher {
            plan,
            steps,
            found: Counts::default(),
            units: task.units(),
            begun,
            end: budget.and_then(|budget| begun.checked_add(budget)),
            last: begun,
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
    fn replaying(&mut self, count: u64) {
        self.steps.begin("kept reproducers", count);
        self.steps.end = self.end;
    }

    fn replayed(&mut self) {
        self.steps.done();
    }

    fn executing(&mut self) {
        self.last = Instant::now();
        self.steps
            .go_on_with("runs", self.found.resumed, self.units);
        self.steps.end = self.end;
        self.steps.step = RUNS_STEP;
    }

    fn run_resumed(&mut self, _: usize) {
        self.found.resumed += 1;
        self.steps.passed();
    }

    fn run_done(&mut self, entry: usize, run: &RunRecord) {
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
        let name = &self.plan.entries[entry].name;
        self.steps.done_with(|pace| {
            let told = |count, what| Some(format!("{} {what}", (pace.number)(count)));
            vec![
                told(violating, "violating"),
                told(states, "states"),
                told(images, "images"),
                pace.rate(states, " states"),
                Some(name.clone()),
            ]
        });
    }

    fn explaining(&mut self, count: u64) {
        if count > 0 {
            self.steps.begin("explained", count);
        }
    }

    fn cut_off(&mut self, count: u64) {
        terminal::warn(&format!(
            "interrupted: {count} groups of violations are left out of the summary; --resume explains them"
        ));
    }

    fn explained(&mut self, entry: usize) {
        self.spend(entry);
        let name = &self.plan.entries[entry].name;
        self.steps.done_with(|_| vec![Some(name.clone())]);
    }
}

/// How wide a bar is.
fn bar_columns() -> usize {
    (terminal::progress_width() / 10).clamp(4, 30)
}

/// A bar that fits on one line of the terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let template = format!("{{bar:{}}} {{wide_msg}}", bar_columns());
    let style = ProgressStyle::with_template(&template);
    let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
    terminal::set_bar(Some(&bar));
    bar
}
