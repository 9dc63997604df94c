//! `tornwrite run`

use std::{
    path::{Path, PathBuf},
    thread,
};

use super::{
    args::{Format, Output, RunArguments},
    environment::Environment,
    exit::{Exit, Failure},
    files, interrupt,
    progress::Watcher,
    select, shards, terminal,
};
use crate::{
    base::SEED_VERSION,
    campaign::{self, Finding, Folder, Limits, Plan, Reproducer, Sentences, Shard, Summary, Task},
    report::{self, Detail, Human, Palette},
};

/// The default folder for campaigns.
const REPORTS: &str = "reports";

/// Where results go.
pub(super) struct Out {
    path: PathBuf,
    label: String,
    /// Under [`REPORTS`], where `latest` points at it.
    name: Option<String>,
}

impl Out {
    /// A folder that was asked for.
    pub(super) fn at(path: &Path) -> Out {
        Out {
            path: path.to_owned(),
            label: path.display().to_string(),
            name: None,
        }
    }
}

pub(super) fn run(args: &RunArguments) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let plan = select::plan(args, &environment)?;
    let asked = args.shard.as_ref().or(environment.shard.as_ref());
    let shard = asked.map_or(Ok(Shard::WHOLE), |asked| shards::shard(asked))?;
    let out = out(args, &environment, &plan, shard);
    let folder = if args.resume {
        existing(&out)
    } else {
        create(&out)
    }?;
    let is_human = args.message_format == Format::Human;
    if is_human && !args.quiet {
        let [first, end] = plan.seeds();
        let part = if shard.is_part() {
            format!(", shard {shard}")
        } else {
            String::new()
        };
        terminal::print(&format!(
            "seeds {first}..{end}, seed version {SEED_VERSION}{part}\n\n"
        ))?;
    }
    let stop = interrupt::signal(args.time_budget)?;
    let jobs = args.jobs.or(environment.jobs);
    let task = Task {
        plan: &plan,
        shard,
        jobs: jobs.map_or_else(cores, usize::from),
        limits: Limits {
            violating_runs_max: args.max_violations.unwrap_or(u64::MAX),
            fail_fast: args.fail_fast,
        },
        check_determinism: args.check_determinism,
        baseline: None,
        stop: &stop,
    };
    let mut watcher = Watcher::new(&plan, shard, args.progress, args.quiet);
    let execute = if args.resume {
        campaign::resume
    } else {
        campaign::execute
    };
    let summary = execute(&task, &folder, &mut watcher);
    let timing = watcher.finish(task.jobs);
    let summary = summary.map_err(|error| Failure::campaign(&out.label, &error))?;
    let failed = |error| Failure::results(&out.label, &error);
    folder.write_json("timing.json", &timing).map_err(failed)?;
    if let Some(name) = &out.name {
        files::point_at(&PathBuf::from(REPORTS).join("latest"), name)?;
    }
    tell(&args.output(), &out, &folder, &summary)
}

/// Prints what came of a campaign; what the process says of it.
pub(super) fn tell(
    output: &Output,
    out: &Out,
    folder: &Folder,
    summary: &Summary,
) -> Result<Exit, Failure> {
    terminal::print(&told(output, out, folder, summary)?)?;
    if summary.shard.is_some() && summary.scenarios.iter().all(|scenario| scenario.runs == 0) {
        return Ok(Exit::Met);
    }
    Ok(summary.verdict.into())
}

pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

fn out(args: &RunArguments, environment: &Environment, plan: &Plan, shard: Shard) -> Out {
    let asked = args.out.as_ref().or(environment.out.as_ref());
    let name = asked.is_none().then(|| campaign_name(args, plan, shard));
    let path = match (asked, &name) {
        (None, Some(name)) => PathBuf::from(REPORTS).join(name),
        (asked, _) => asked.cloned().unwrap_or_default(),
    };
    let label = path.display().to_string();
    Out { path, label, name }
}

/// What was run, and by which seeds.
fn campaign_name(args: &RunArguments, plan: &Plan, shard: Shard) -> String {
    let first = args.paths.first().and_then(|path| path.file_stem());
    let first = first.map_or("campaign".into(), |stem| stem.to_string_lossy());
    let more = match args.paths.len() {
        0 | 1 => String::new(),
        count => format!("+{}", count - 1),
    };
    let [start, end] = plan.seeds();
    let part = if shard.is_part() {
        format!("-{}of{}", shard.index(), shard.count())
    } else {
        String::new()
    };
    format!("{first}{more}-{start}-{end}{part}")
}

pub(super) fn create(out: &Out) -> Result<Folder, Failure> {
    let nowhere = || Failure::Results(format!("{} is no place for results", out.label));
    let place = files::place(&out.path).ok_or_else(nowhere)?;
    Folder::create(place.vfs, place.path).map_err(|error| Failure::folder(&out.label, &error))
}

/// The folder of the campaign that is to go on.
fn existing(out: &Out) -> Result<Folder, Failure> {
    let nothing = || Failure::Usage(format!("there is nothing to resume in {}", out.label));
    let place = files::place(&out.path).ok_or_else(nothing)?;
    Folder::open_existing(place.vfs, place.path)
        .map_err(|error| Failure::Usage(format!("there is nothing to resume: {error}")))
}

fn told(output: &Output, out: &Out, folder: &Folder, summary: &Summary) -> Result<String, Failure> {
    if output.message_format == Format::Json {
        let failed = |error| Failure::Results(format!("failed to print the summary: {error}"));
        return serde_json::to_string(summary)
            .map(|json| json + "\n")
            .map_err(failed);
    }
    let detail = match (output.quiet, output.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Verbose,
        _ => Detail::Normal,
    };
    let human = Human {
        detail,
        palette: Palette::ANSI,
        folder: &out.label,
        witness: &|finding| witness(folder, finding),
    };
    Ok(report::campaign(summary, &human))
}

fn witness(folder: &Folder, finding: &Finding) -> Option<Sentences> {
    let bytes = folder.read(&finding.reproducer).ok()?;
    let reproducer: Reproducer<serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
    Some(reproducer.witness)
}
