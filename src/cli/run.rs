//! `tornwrite run`

use super::{
    args::{ResultArguments, RunArguments},
    environment::Environment,
    exit::{Exit, Failure},
    interrupt,
    progress::Watcher,
    results::{Out, Results},
    select, shards, terminal, workers,
};
use crate::{
    base::SEED_VERSION,
    campaign::{self, CampaignError, Limits, Plan, Shard, Summary, Task},
};

pub(super) fn run(args: &RunArguments) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let mut plan = select::plan(args, &environment)?;
    let asked = args.shard.as_ref().or(environment.shard.as_ref());
    let shard = asked.map_or(Ok(Shard::WHOLE), |asked| shards::shard(asked))?;
    if shard.is_part() {
        refuse_of_part(&args.results)?;
    }
    let results = Results::prepare(&args.results, &environment)?;
    let asked = args.out.as_deref().or(environment.out.as_deref());
    let out = Out::new(asked, || campaign_name(args, &plan, shard));
    let held = if args.resume {
        out.existing()?
    } else {
        out.create()?
    };
    let folder = &held.folder;
    if !args.results.no_supervise {
        plan = workers::supervise(plan);
    }
    results.say(&head(&plan, shard))?;
    let stop = interrupt::signal(args.time_budget)?;
    let task = Task {
        plan: &plan,
        shard,
        jobs: results.jobs,
        limits: Limits {
            violating_runs_max: args.max_violations.unwrap_or(u64::MAX),
            fail_fast: args.fail_fast,
        },
        check_determinism: args.check_determinism,
        baseline: results.known.as_ref(),
        stop: &stop,
    };
    let mut watcher = Watcher::new(&task, &args.results, args.time_budget);
    let execute = if args.resume {
        campaign::resume
    } else {
        campaign::execute
    };
    let summary = execute(&task, folder, &mut watcher);
    let timing = watcher.finish(task.jobs);
    let summary = summary.map_err(|error| cut_off(&out.label, &error))?;
    let failed = |error| Failure::results(&out.label, &error);
    folder.write_json("timing.json", &timing).map_err(failed)?;
    warn_of_unreplayed(&task, &summary);
    results.tell(&out, folder, &summary, &plan, &stop)
}

/// What was kept and not replayed is not guarded.
fn warn_of_unreplayed(task: &Task<'_>, summary: &Summary) {
    let kept = match task.shard.index() {
        0 => task.plan.regressions.len(),
        _ => 0,
    };
    let replayed = summary.regressions.len();
    if replayed < kept {
        terminal::warn(&format!(
            "only {replayed} of {kept} kept reproducers were replayed, and no run was executed"
        ));
    }
}

/// What a part of a campaign cannot say.
fn refuse_of_part(args: &ResultArguments) -> Result<(), Failure> {
    let refused = if args.record_baseline.is_some() {
        "--record-baseline"
    } else if args.export.is_empty() {
        return Ok(());
    } else {
        "--export"
    };
    Err(Failure::Usage(format!(
        "{refused} does not go with --shard: a part of a campaign is not judged as a whole; give it to `merge`"
    )))
}

/// Why there is no summary, and what became of the runs.
fn cut_off(out: &str, error: &CampaignError) -> Failure {
    match (Failure::campaign(out, error), error) {
        (Failure::Results(text), CampaignError::Vfs(_) | CampaignError::Executor(_)) => {
            Failure::Results(format!(
                "{text}; the runs written so far are kept, and --resume goes on behind them"
            ))
        }
        (failure, _) => failure,
    }
}

fn head(plan: &Plan, shard: Shard) -> String {
    let [first, end] = plan.seeds();
    let part = if shard.is_part() {
        format!(", shard {shard}")
    } else {
        String::new()
    };
    format!("seeds {first}..{end}, seed version {SEED_VERSION}{part}\n\n")
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
