//! `tornwrite merge`

use std::path::Path;

use serde::Deserialize as _;

use super::{
    args::MergeArguments,
    environment::Environment,
    exit::{Exit, Failure},
    files, interrupt,
    progress::Watcher,
    results::{Out, Results},
    select, workers,
};
use crate::{
    campaign::{self, CampaignError, Folder, Plan, Task},
    scenario::{Problem, Scenario},
};

pub(super) fn merge(args: &MergeArguments) -> Result<Exit, Failure> {
    let environment = Environment::read()?;
    let results = Results::prepare(&args.results, &environment)?;
    let mut folders = Vec::new();
    for path in &args.shards {
        folders.push(open(path)?);
    }
    let out = Out::new(Some(&args.out), String::new);
    let refused = |error: CampaignError| Failure::campaign(&out.label, &error);
    let parts = campaign::open_shards(folders).map_err(refused)?;
    let description = parts.first().map(|part| &part.description);
    let description = description.ok_or_else(nothing)?;
    let mut plan = plan(description)?;
    if !args.results.no_supervise {
        plan = workers::supervise(plan);
    }
    refuse_onto_itself(args)?;
    let held = out.create()?;
    let folder = &held.folder;
    let stop = interrupt::signal(None)?;
    let task = Task {
        jobs: results.jobs,
        limits: description.limits,
        baseline: results.known.as_ref(),
        ..Task::new(&plan, &stop)
    };
    let mut watcher = Watcher::new(&task, &args.results, None);
    let summary = campaign::merge(&task, &parts, folder, &mut watcher);
    watcher.finish(task.jobs);
    results.tell(&out, folder, &summary.map_err(refused)?, &plan, &stop)
}

/// The folder for results would take the place of what is joined.
fn refuse_onto_itself(args: &MergeArguments) -> Result<(), Failure> {
    let Ok(out) = args.out.canonicalize() else {
        return Ok(());
    };
    let mut shards = args.shards.iter();
    let same = shards.find(|shard| shard.canonicalize().is_ok_and(|shard| shard == out));
    same.map_or(Ok(()), |shard| {
        Err(Failure::Usage(format!(
            "--out {} is one of the folders that are joined, {}: expected another",
            args.out.display(),
            shard.display()
        )))
    })
}

fn nothing() -> Failure {
    Failure::Usage("there is no shard to join".to_owned())
}

fn open(path: &Path) -> Result<Folder, Failure> {
    let label = path.display().to_string();
    let nowhere = || Failure::Usage(format!("there is no folder {label}"));
    let place = files::place(path).ok_or_else(nowhere)?;
    Folder::open_existing(place.vfs, place.path)
        .map_err(|error| Failure::Usage(format!("{label}: {error}")))
}

/// The whole campaign, as its shards were told.
fn plan(description: &campaign::Description) -> Result<Plan, Failure> {
    let mut entries = Vec::new();
    for described in &description.scenarios {
        let wrong = |message: String| {
            Failure::Usage(format!(
                "campaign.json has a scenario that cannot be run: {message}"
            ))
        };
        let scenario = Scenario::deserialize(&described.scenario);
        let mut scenario = scenario.map_err(|error| wrong(error.to_string()))?;
        let problem = |problem: Problem| wrong(problem.to_string());
        scenario.check().map_err(problem)?;
        scenario.resolve().map_err(problem)?;
        let [start, end] = described.seeds;
        entries.push(select::entry(&scenario, start..end)?);
    }
    Ok(Plan::new(entries))
}
