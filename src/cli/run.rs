//! `tornwrite run`

use std::{path::PathBuf, thread};

use super::{
    args::{Format, RunArguments},
    environment::Environment,
    exit::{Exit, Failure},
    files,
    pages::{self, Results},
    progress::Watcher,
    select, terminal,
};
use crate::{
    base::SEED_VERSION,
    campaign::{self, Finding, Folder, Limits, Plan, Reproducer, Sentences, Summary},
    report::{self, Detail, Human, Palette},
};

/// The default folder for campaigns.
const REPORTS: &str = "reports";

/// Where results go.
struct Out {
    path: PathBuf,
    label: String,
    /// Under [`REPORTS`], where `latest` points at it.
    name: Option<String>,
}

pub(super) fn run(args: &RunArguments) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let plan = select::plan(args, &environment)?;
    let out = out(args, &environment, &plan);
    let folder = create(&out)?;
    let is_human = args.message_format == Format::Human;
    if is_human && !args.quiet {
        let [first, end] = plan.seeds();
        terminal::print(&format!(
            "seeds {first}..{end}, seed version {SEED_VERSION}\n\n"
        ))?;
    }
    let jobs = args
        .jobs
        .or(environment.jobs)
        .map_or_else(cores, usize::from);
    let limits = Limits {
        violating_runs_max: args.max_violations.unwrap_or(u64::MAX),
        fail_fast: args.fail_fast,
    };
    let mut watcher = Watcher::new(&plan, args.progress, args.quiet);
    let failed = |error| Failure::results(&out.label, &error);
    let summary = campaign::execute(&plan, jobs, limits, &folder, &mut watcher);
    let timing = watcher.finish(jobs);
    let summary = summary.map_err(failed)?;
    folder.write_json("timing.json", &timing).map_err(failed)?;
    if let Some(name) = &out.name {
        files::point_at(&PathBuf::from(REPORTS).join("latest"), name)?;
    }
    pages::write(&Results::new(&out.path, &folder, &summary), jobs)?;
    terminal::print(&told(args, &out, &folder, &summary)?)?;
    Ok(summary.verdict.into())
}

pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

fn out(args: &RunArguments, environment: &Environment, plan: &Plan) -> Out {
    let asked = args.out.as_ref().or(environment.out.as_ref());
    let name = asked.is_none().then(|| campaign_name(args, plan));
    let path = match (asked, &name) {
        (None, Some(name)) => PathBuf::from(REPORTS).join(name),
        (asked, _) => asked.cloned().unwrap_or_default(),
    };
    let label = path.display().to_string();
    Out { path, label, name }
}

/// What was run, and by which seeds.
fn campaign_name(args: &RunArguments, plan: &Plan) -> String {
    let first = args.paths.first().and_then(|path| path.file_stem());
    let first = first.map_or("campaign".into(), |stem| stem.to_string_lossy());
    let more = match args.paths.len() {
        0 | 1 => String::new(),
        count => format!("+{}", count - 1),
    };
    let [start, end] = plan.seeds();
    format!("{first}{more}-{start}-{end}")
}

fn create(out: &Out) -> Result<Folder, Failure> {
    let nowhere = || Failure::Results(format!("{} is no place for results", out.label));
    let place = files::place(&out.path).ok_or_else(nowhere)?;
    Folder::create(place.vfs, place.path).map_err(|error| Failure::folder(&out.label, &error))
}

fn told(
    args: &RunArguments,
    out: &Out,
    folder: &Folder,
    summary: &Summary,
) -> Result<String, Failure> {
    if args.message_format == Format::Json {
        let failed = |error| Failure::Results(format!("failed to print the summary: {error}"));
        return serde_json::to_string(summary)
            .map(|json| json + "\n")
            .map_err(failed);
    }
    let detail = match (args.quiet, args.verbose) {
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

pub(super) fn witness(folder: &Folder, finding: &Finding) -> Option<Sentences> {
    let bytes = folder.read(&finding.reproducer).ok()?;
    let reproducer: Reproducer<serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
    Some(reproducer.witness)
}
