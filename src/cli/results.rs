//! Where the results of a campaign go, and how they are told: the same for one that is executed and one that is joined.

use std::{
    path::{Path, PathBuf},
    thread,
};

use super::{
    args::{Format, ResultArguments},
    baseline,
    environment::Environment,
    exit::{Exit, Failure},
    export::{self, Exports},
    files,
    lock::{self, InUse, Lock},
    output::Output,
    pages,
    progress::{Calm, Steps},
    terminal,
};
use crate::{
    campaign::{Baseline, Folder, Plan, RegressionOutcome, StopSignal, Summary, Verdict},
    report::{self, Detail, Human, Palette},
};

/// The default folder for campaigns.
const REPORTS: &str = "reports";

/// Where results go.
pub(super) struct Out {
    path: PathBuf,
    pub(super) label: String,
    /// Under [`REPORTS`], where `latest` points at it.
    name: Option<String>,
}

impl Out {
    /// The folder that was asked for, or one by this name where those of all campaigns are.
    pub(super) fn new(asked: Option<&Path>, name: impl FnOnce() -> String) -> Out {
        let name = asked.is_none().then(name);
        let path = match (asked, &name) {
            (None, Some(name)) => PathBuf::from(REPORTS).join(name),
            (asked, _) => asked.map(Path::to_owned).unwrap_or_default(),
        };
        let label = path.display().to_string();
        Out { path, label, name }
    }

    /// Makes the folder; nobody else writes to it as long as it is held.
    pub(super) fn create(&self) -> Result<Held, Failure> {
        let nowhere = || Failure::Results(format!("{} is no place for results", self.label));
        let place = files::place(&self.path).ok_or_else(nowhere)?;
        // What is there may be moved aside, but not if somebody is at it.
        let older = self.lock()?;
        let folder = Folder::create(place.vfs, place.path)
            .map_err(|error| Failure::folder(&self.label, &error))?;
        let lock = match older.filter(|older| older.is_of(&self.path)) {
            None => self.lock()?,
            kept => kept,
        };
        Ok(Held {
            folder,
            _lock: lock,
        })
    }

    /// Opens the folder of a campaign that is to go on; nobody else writes to it as long as it is held.
    pub(super) fn existing(&self) -> Result<Held, Failure> {
        let nothing = |why: String| {
            Failure::Usage(format!(
                "there is nothing to resume in {}: {why}",
                self.label
            ))
        };
        let nowhere = || nothing("there is no such folder".to_owned());
        let place = files::place(&self.path).ok_or_else(nowhere)?;
        let folder = Folder::open_existing(place.vfs, place.path)
            .map_err(|error| nothing(error.to_string()))?;
        Ok(Held {
            folder,
            _lock: self.lock()?,
        })
    }

    fn lock(&self) -> Result<Option<Lock>, Failure> {
        lock::lock(&self.path).map_err(|InUse| {
            Failure::Results(format!(
                "another process writes results to {}: wait until it has ended, or name another folder by --out",
                self.label
            ))
        })
    }
}

/// A folder for results that is ours alone, where the system can see to that.
pub(super) struct Held {
    pub(super) folder: Folder,
    _lock: Option<Lock>,
}

/// What is to be done with results; whether it can be is known before there are any.
pub(super) struct Results<'a> {
    args: &'a ResultArguments,
    pub(super) known: Option<Baseline>,
    recorded: Option<Output>,
    exports: Exports,
    /// The number of threads.
    pub(super) jobs: usize,
}

impl<'a> Results<'a> {
    pub(super) fn prepare(
        args: &'a ResultArguments,
        environment: &Environment,
    ) -> Result<Results<'a>, Failure> {
        let results = Results {
            args,
            known: args.baseline.as_deref().map(baseline::load).transpose()?,
            recorded: baseline::place(args.record_baseline.as_deref(), environment)?,
            exports: Exports::prepare(&args.export)?,
            jobs: args
                .jobs
                .or(environment.jobs)
                .map_or_else(cores, usize::from),
        };
        if results.exports.take_stdout() && args.message_format == Format::Json {
            return Err(Failure::Usage(
                "standard output is taken by --message-format json: expected a path to export to"
                    .to_owned(),
            ));
        }
        Ok(results)
    }

    /// Prints what is for people, unless they want less.
    pub(super) fn say(&self, text: &str) -> Result<(), Failure> {
        if self.args.message_format == Format::Human && !self.args.quiet {
            return self.print(text);
        }
        Ok(())
    }

    fn print(&self, text: &str) -> Result<(), Failure> {
        if self.exports.take_stdout() {
            terminal::print_aside(text);
            return Ok(());
        }
        terminal::print(text)
    }

    /// Writes and prints what came of a campaign; what the process says of it.
    pub(super) fn tell(
        &self,
        out: &Out,
        folder: &Folder,
        summary: &Summary,
        plan: &Plan,
        stop: &StopSignal,
    ) -> Result<Exit, Failure> {
        if let Some(name) = &out.name {
            files::point_at(&PathBuf::from(REPORTS).join("latest"), name)?;
        }
        warn_of_stale(summary);
        let mut is_cut = false;
        // Of a part, there is nothing to look at before it is joined with the others.
        if summary.shard.is_none() {
            let results = pages::Results::new(&out.path, folder, summary, plan.executor());
            let calm = if self.args.quiet { Calm::Yes } else { Calm::No };
            let mut steps = Steps::new(self.args.progress, calm);
            let found = pages::write(&results, self.jobs, &mut steps, stop)?;
            steps.finish();
            if let Some(found) = found {
                self.exports.write_pages(&results, &found)?;
            } else {
                terminal::warn(
                    "interrupted: index.html and pages of findings are left out; --resume writes them",
                );
                is_cut = true;
            }
        }
        self.print(&self.told(out, folder, summary)?)?;
        self.exports.write(summary, folder, &out.label)?;
        if let Some(output) = &self.recorded {
            if summary.verdict == Verdict::Interrupted {
                terminal::warn("interrupted: no baseline is recorded of a part of the runs");
            } else {
                baseline::record(output, summary)?;
            }
        }
        if is_cut {
            return Ok(Exit::Interrupted);
        }
        // Of more shards than runs, some have nothing to do.
        if summary.shard.is_some() && summary.is_idle() {
            return Ok(Exit::Met);
        }
        Ok(summary.verdict.into())
    }

    fn told(&self, out: &Out, folder: &Folder, summary: &Summary) -> Result<String, Failure> {
        if self.args.message_format == Format::Json {
            let failed = |error| Failure::Results(format!("failed to print the summary: {error}"));
            let json = serde_json::to_string(summary).map_err(failed)?;
            return Ok(json + "\n");
        }
        let detail = match (self.args.quiet, self.args.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Normal,
        };
        let human = Human {
            detail,
            palette: Palette::ANSI,
            folder: &out.label,
            told: &|finding| export::told(folder, finding),
        };
        Ok(report::campaign(summary, &human))
    }
}

/// A thread for each core.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

/// What a stale regression guarded is not guarded any more.
fn warn_of_stale(summary: &Summary) {
    let kept = summary.regressions.iter();
    for kept in kept.filter(|kept| kept.outcome == RegressionOutcome::Stale) {
        terminal::warn(&format!("{} is stale: {}", kept.file, kept.reason));
    }
}
