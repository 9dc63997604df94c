//! Processes that execute runs: what this program gives to them, and what it has them do besides a campaign's runs.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{exit::Failure, regressions, select, target, terminal};
use crate::{
    base::Seed,
    campaign::{Answer, CampaignError, Executor, Plan, Request, RunRecord, StopSignal, Telling},
    run::{Evidence, Schedule, Strip, evidence, replay, strip},
    scenario::Scenario,
    supervise::{self, Limits, Worker},
};

/// From what a worker makes the plan: nothing is looked up again but kept reproducers.
#[derive(Debug, Serialize, Deserialize)]
struct Given {
    scenarios: Vec<serde_json::Value>,
    regressions: Vec<PathBuf>,
}

/// What a worker does besides runs.
#[derive(Debug, Serialize, Deserialize)]
enum Errand {
    Strip {
        scenario: Box<Scenario>,
        seed: Seed,
        schedule: Schedule,
        states_max: u64,
    },
    /// Of a reproducer.
    Evidence(PathBuf),
}

/// The plan, to be executed in other processes; as it is, where there are none: on other systems than Linux, and, with a
/// warning, where none can be started.
pub(super) fn supervise(plan: Plan) -> Plan {
    match workers(&plan) {
        Ok(Some(workers)) => plan.executed_by(workers),
        Ok(None) => plan,
        Err(failure) => {
            terminal::warn(&format!(
                "{failure}; all runs are executed in this process, and what ends it ends the campaign (--no-supervise says the same \
                 without this warning)"
            ));
            plan
        }
    }
}

fn workers(plan: &Plan) -> Result<Option<Arc<dyn Executor>>, Failure> {
    let scenarios = plan.entries.iter().map(|entry| entry.resolved.clone());
    let kept = plan.regressions.iter();
    let given = Given {
        scenarios: scenarios.collect(),
        regressions: kept.map(|one| PathBuf::from(&one.kept.file)).collect(),
    };
    let failed = |error: &dyn std::fmt::Display| Failure::Results(error.to_string());
    let given = serde_json::to_value(given).map_err(|error| failed(&error))?;
    supervise::workers(plan, &Limits::default(), given).map_err(|error| failed(&error))
}

/// Executes a seed of a scenario in a process of its own; nothing where there are none: on other systems than Linux, or where
/// none can be started.
pub(super) fn alone(scenario: &Scenario, seed: Seed) -> Result<Option<RunRecord>, Failure> {
    let entry = select::entry(scenario, seed.0..seed.0.saturating_add(1))?;
    let plan = Plan::new(vec![entry]);
    let Ok(Some(workers)) = workers(&plan) else {
        return Ok(None);
    };
    let run = plan.executed_by(workers).run_alone(0, seed);
    run.map(Some)
        .map_err(|error| Failure::Results(error.to_string()))
}

/// Is a worker, until its supervisor ends.
pub(super) fn serve(worker: Worker) -> Failure {
    let given = Given::deserialize(worker.given());
    let given = given.map_err(|error| Failure::Results(error.to_string()));
    match given.and_then(plan) {
        Ok(plan) => worker.serve(&plan, &errand),
        Err(failure) => failure,
    }
}

fn plan(given: Given) -> Result<Plan, Failure> {
    let mut entries = Vec::new();
    for scenario in given.scenarios {
        let scenario: Result<Scenario, _> = serde_json::from_value(scenario);
        let wrong = |problem: &dyn std::fmt::Display| {
            Failure::Results(format!("a scenario cannot be read again: {problem}"))
        };
        let mut scenario = scenario.map_err(|error| wrong(&error))?;
        scenario.check().map_err(|problem| wrong(&problem))?;
        scenario.resolve().map_err(|problem| wrong(&problem))?;
        entries.push(select::entry(&scenario, 0..0)?);
    }
    let regressions = regressions::load(&given.regressions)?;
    Ok(Plan::new(entries).with_regressions(regressions))
}

/// Does an errand; null if there is nothing to show.
fn errand(value: serde_json::Value) -> serde_json::Value {
    let done = match serde_json::from_value(value) {
        Ok(Errand::Strip {
            scenario,
            seed,
            schedule,
            states_max,
        }) => serde_json::to_value(strip_here(&scenario, seed, &schedule, states_max)),
        Ok(Errand::Evidence(path)) => serde_json::to_value(evidence_here(&path)),
        Err(_) => return serde_json::Value::Null,
    };
    done.unwrap_or_default()
}

/// The strip of a seed, where there is one to be had.
pub(super) fn strip_of(
    executor: Option<&dyn Executor>,
    scenario: &Scenario,
    seed: Seed,
    schedule: &Schedule,
    states_max: u64,
    stop: &StopSignal,
) -> Option<Strip> {
    let Some(executor) = executor else {
        return strip_here(scenario, seed, schedule, states_max);
    };
    let errand = Errand::Strip {
        scenario: Box::new(scenario.clone()),
        seed,
        schedule: schedule.clone(),
        states_max,
    };
    serde_json::from_value(done(executor, &errand, stop)?).ok()?
}

/// What the violation of a reproducer shows, where that is to be had.
pub(super) fn evidence_of(
    executor: Option<&dyn Executor>,
    path: PathBuf,
    stop: &StopSignal,
) -> Option<Evidence> {
    let Some(executor) = executor else {
        return evidence_here(&path);
    };
    serde_json::from_value(done(executor, &Errand::Evidence(path), stop)?).ok()?
}

/// What came of an errand; nothing if it ended its process: then there is no picture. Nor is there one of what is cut off.
fn done(executor: &dyn Executor, errand: &Errand, stop: &StopSignal) -> Option<serde_json::Value> {
    let request = Request::Errand(serde_json::to_value(errand).ok()?);
    let is_given_up = || stop.ends_the_rest();
    let why = match executor.ask_alone(&request, Telling::Answers, &is_given_up) {
        Ok(Ok(Answer::Errand(value))) => return Some(value),
        Ok(Ok(_)) | Err(CampaignError::CutOff) => return None,
        Ok(Err(ended)) => ended.told(),
        Err(error) => error.to_string(),
    };
    terminal::warn(&format!(
        "a picture is left out of the pages: what makes it ended: {why}"
    ));
    None
}

fn strip_here(
    scenario: &Scenario,
    seed: Seed,
    schedule: &Schedule,
    states_max: u64,
) -> Option<Strip> {
    let job = scenario.job().ok()?;
    let config = scenario.run_config().ok()?;
    strip(&job, &config, seed, schedule, states_max)
}

fn evidence_here(path: &std::path::Path) -> Option<Evidence> {
    let target = target::load(path).ok()?;
    if target.death().is_some() {
        return None;
    }
    let job = target.job().ok()?;
    let config = target.scenario.run_config().ok()?;
    let (seed, schedule) = (target.seed, &target.schedule);
    let replay = replay(&job, &config, seed, schedule, &target.invariant);
    Some(evidence(&job, &config, seed, schedule, &replay))
}
