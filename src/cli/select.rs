//! From what was asked for to a plan: scenarios, what overrides them, seeds.

use std::{collections::BTreeSet, ops::Range, path::Path};

use super::{
    args::{ModeName, RunArguments},
    environment::Environment,
    exit::Failure,
    files, regressions,
};
use crate::{
    base::Digest,
    campaign::{Entry, Plan},
    profile::{Device, Profile},
    run::{Expectation, Mode},
    scenario::{Problem, SCENARIO_BYTES_MAX, Scenario},
    store::StoreKind,
};

/// Makes the plan.
pub(super) fn plan(args: &RunArguments, environment: &Environment) -> Result<Plan, Failure> {
    let mut entries = Vec::new();
    for path in &args.paths {
        for file in files::scenarios(path)? {
            let scenario = load(&file)?;
            for scenario in overridden(&scenario, args, environment)? {
                let seeds = seeds(&scenario, args, environment)?;
                entries.push(entry(&scenario, seeds)?);
            }
        }
    }
    let regressions = regressions::load(&args.paths)?;
    if entries.is_empty() && regressions.is_empty() {
        return Err(Failure::Nothing(
            "there is no scenario in what was selected".to_owned(),
        ));
    }
    distinct(&entries)?;
    Ok(Plan::new(entries).with_regressions(regressions))
}

/// Reads a scenario file.
pub(super) fn load(path: &Path) -> Result<Scenario, Failure> {
    let bytes = files::read(path, SCENARIO_BYTES_MAX)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Scenario::parse(&path.display().to_string(), &stem, &bytes)?)
}

/// The scenario with what the command line says instead, once for each subject, profile and device.
fn overridden(
    scenario: &Scenario,
    args: &RunArguments,
    environment: &Environment,
) -> Result<Vec<Scenario>, Failure> {
    let named = if args.profile.is_empty() {
        environment.profile.as_slice()
    } else {
        args.profile.as_slice()
    };
    let profiles = named.iter().map(|name| {
        let unknown =
            || Failure::Usage(format!("there is no profile `{name}`; see `list profiles`"));
        Profile::find(name).ok_or_else(unknown)
    });
    let mut profiles = profiles.collect::<Result<Vec<_>, _>>()?;
    if profiles.is_empty() {
        profiles.clone_from(&scenario.crash.profiles);
    }
    let devices = devices(scenario, args)?;
    let mut subjects: Vec<_> = args
        .subject
        .iter()
        .filter_map(|name| StoreKind::from_name(name))
        .collect();
    if subjects.is_empty() {
        subjects.push(scenario.subject.store);
    }
    let is_known = profiles
        .iter()
        .all(|profile| scenario.crash.profiles.contains(profile))
        && devices
            .iter()
            .all(|device| scenario.crash.devices.contains(device))
        && subjects
            .iter()
            .all(|subject| *subject == scenario.subject.store);
    if !is_known && args.expect.is_none() {
        return Err(Failure::Usage(format!(
            "{} says what to expect of another subject, profile or device: add --expect clean \
             or --expect violations",
            scenario.name
        )));
    }
    let mut all = Vec::new();
    for subject in subjects {
        let mut scenario = scenario.clone();
        scenario.crash.profiles.clone_from(&profiles);
        scenario.crash.devices.clone_from(&devices);
        override_rest(&mut scenario, subject, args);
        let checked = scenario.check().and_then(|()| scenario.resolve());
        checked.map_err(|problem| {
            Failure::Usage(format!("{} as overridden: {problem}", scenario.name))
        })?;
        all.extend(scenario.by_profile());
    }
    Ok(all)
}

/// The devices of the command line, or else those of the scenario.
fn devices(scenario: &Scenario, args: &RunArguments) -> Result<Vec<&'static Device>, Failure> {
    let unknown =
        |name: &str| Failure::Usage(format!("there is no device `{name}`; see `list devices`"));
    let named = args.device.iter();
    let named = named.map(|name| Device::find(name).ok_or_else(|| unknown(name)));
    let named = named.collect::<Result<Vec<_>, _>>()?;
    Ok(if named.is_empty() {
        scenario.crash.devices.clone()
    } else {
        named
    })
}

fn override_rest(scenario: &mut Scenario, subject: StoreKind, args: &RunArguments) {
    if subject != scenario.subject.store {
        scenario.set_store(subject);
    }
    if let Some(expect) = &args.expect {
        scenario.check.expect = expect.clone();
    }
    if let Some(mode) = args.mode {
        scenario.crash.mode = match mode {
            ModeName::Sampled => Mode::Sampled,
            ModeName::Exhaustive => Mode::Exhaustive,
        };
    }
}

/// A scenario on one profile and one device, for these seeds.
pub(super) fn entry(scenario: &Scenario, seeds: Range<u64>) -> Result<Entry, Failure> {
    let refused = |problem: Problem| Failure::Usage(format!("{}: {problem}", scenario.name));
    let job = scenario.job().map_err(refused)?;
    let config = scenario.run_config().map_err(refused)?;
    let mut entry = Entry::new(&scenario.name, scenario.subject.store.name(), job, config);
    entry.seeds = seeds;
    entry.expectation = scenario.check.expect.clone();
    entry.required = scenario.check.require.clone();
    entry.runs_min = scenario.budget.runs_min;
    entry.configuration = configuration(scenario)?;
    entry.resolved = resolved(scenario)?;
    Ok(entry)
}

/// A fingerprint of all that runs depend on but the seeds: not of what is expected, nor of how many runs there are.
fn configuration(scenario: &Scenario) -> Result<Digest, Failure> {
    let mut scenario = scenario.clone();
    scenario.description.clear();
    scenario.check.expect = Expectation::Clean;
    scenario.check.require.clear();
    scenario.budget.runs = 0;
    scenario.budget.runs_min = 0;
    let text = serde_json::to_vec(&scenario);
    let failed = |error| Failure::Results(format!("failed to write down a scenario: {error}"));
    Ok(Digest::of(&text.map_err(failed)?))
}

/// A scenario as results and reproducers hold it.
pub(super) fn resolved(scenario: &Scenario) -> Result<serde_json::Value, Failure> {
    let failed = |error| Failure::Results(format!("failed to write down a scenario: {error}"));
    serde_json::to_value(scenario).map_err(failed)
}

/// The seeds of one scenario: command line before environment before scenario.
fn seeds(
    scenario: &Scenario,
    args: &RunArguments,
    environment: &Environment,
) -> Result<Range<u64>, Failure> {
    if let Some(seeds) = &args.seeds {
        return Ok(seeds.clone());
    }
    let first = args.seed.or(environment.seed).unwrap_or_default().0;
    let runs = args
        .runs
        .or(environment.runs)
        .unwrap_or(scenario.budget.runs);
    let end = first.checked_add(runs);
    let too_many = || Failure::Usage(format!("there are no {runs} seeds from {first} on"));
    Ok(first..end.ok_or_else(too_many)?)
}

fn distinct(entries: &[Entry]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let twice = entries
        .iter()
        .find(|entry| !seen.insert((&entry.name, &entry.subject, &entry.profile, &entry.device)));
    match twice {
        None => Ok(()),
        Some(entry) => Err(Failure::Usage(format!(
            "two scenarios are named {} (subject {}, profile {}, device {})",
            entry.name, entry.subject, entry.profile, entry.device
        ))),
    }
}
