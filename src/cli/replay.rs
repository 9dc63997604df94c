//! `tornwrite replay`

use std::{fmt::Write as _, path::Path};

use serde::Deserialize;

use super::{
    args::ReplayArguments,
    exit::{Exit, Failure},
    files, select, terminal,
};
use crate::{
    base::{SEED_VERSION, Seed},
    campaign::{REPRODUCER_VERSION, Reproducer, Sentences},
    oracle::catalogue,
    report,
    run::{
        Missing, OPERATIONS_SUCCEED, Replay, Schedule, Verdict, missing, replay as execute, run,
    },
    scenario::{InputError, Problem, Scenario},
    vfs::VfsExt as _,
};

/// A reproducer file is at most this large.
const REPRODUCER_BYTES_MAX: u64 = 64 << 20;

/// What all versions of the format have.
#[derive(Deserialize)]
struct Head {
    version: u32,
    seed_version: u32,
}

/// What is to be seen again.
struct Target {
    scenario: Scenario,
    seed: Seed,
    invariant: String,
    schedule: Schedule,
}

pub(super) fn replay(args: &ReplayArguments) -> Result<Exit, Failure> {
    let target = match (&args.target, &args.scenario, args.seed) {
        (Some(path), ..) => Some(load(path)?),
        (None, Some(path), Some(seed)) => find(path, seed)?,
        _ => {
            return Err(Failure::Usage(
                "expected a file, or a scenario and a seed".to_owned(),
            ));
        }
    };
    let Some(target) = target else {
        terminal::print("this seed violates nothing\n")?;
        return Ok(Exit::Met);
    };
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    let job = target.scenario.job().map_err(refused)?;
    let config = target.scenario.run_config().map_err(refused)?;
    let replay = execute(
        &job,
        &config,
        target.seed,
        &target.schedule,
        &target.invariant,
    );
    if let Some(directory) = &args.write_image {
        write_image(&replay, directory)?;
    }
    let missing = missing(&job, &config, target.seed, &target.schedule, &replay);
    terminal::print(&told(&target, &replay, missing.as_ref()))?;
    Ok(match replay.verdict {
        Verdict::StillFails { .. } => Exit::Violation,
        Verdict::Survives(_) => Exit::Met,
        Verdict::Stale(_) => Exit::Stale,
    })
}

/// Reads a reproducer.
fn load(path: &Path) -> Result<Target, Failure> {
    let label = path.display().to_string();
    let bytes = files::read(path, REPRODUCER_BYTES_MAX)?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| InputError::whole(&label, "not UTF-8: expected a text file"))?;
    let misread = |error: serde_json::Error| {
        let message = error.to_string();
        let message = message
            .rsplit_once(" at line ")
            .map_or(&*message, |(message, _)| message);
        InputError::at_line(&label, &text, error.line(), error.column(), message)
    };
    let head: Head = serde_json::from_str(&text).map_err(misread)?;
    for (what, found, expected) in [
        ("version", head.version, REPRODUCER_VERSION),
        ("seed_version", head.seed_version, SEED_VERSION),
    ] {
        if found != expected {
            let at = text.find(&format!("\"{what}\"")).unwrap_or(0);
            let span = at..at + what.len() + 2;
            let message = format!("{what} {found} is not supported: expected {expected}");
            return Err(InputError::at(&label, &text, span, &message).into());
        }
    }
    let reproducer: Reproducer<Scenario> = serde_json::from_str(&text).map_err(misread)?;
    let known = reproducer.invariant == OPERATIONS_SUCCEED;
    if let (false, Err(error)) = (known, catalogue::find(&reproducer.invariant)) {
        let at = text.find("\"invariant\"").unwrap_or(0);
        let span = at..at + "\"invariant\"".len();
        return Err(InputError::at(&label, &text, span, &error.to_string()).into());
    }
    let mut scenario = reproducer.scenario;
    let misplaced = |problem: Problem| {
        let key = problem
            .key
            .last()
            .map_or_else(String::new, |key| format!("\"{key}\""));
        let at = text.find(&key).unwrap_or(0);
        InputError::at(&label, &text, at..at + key.len(), &problem.message)
    };
    scenario.check().map_err(misplaced)?;
    scenario.resolve().map_err(misplaced)?;
    Ok(Target {
        scenario,
        seed: reproducer.seed,
        invariant: reproducer.invariant,
        schedule: reproducer.schedule,
    })
}

/// The first violation of a scenario by a seed, on the first profile that shows one.
fn find(path: &Path, seed: Seed) -> Result<Option<Target>, Failure> {
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    for scenario in select::load(path)?.by_profile() {
        let job = scenario.job().map_err(refused)?;
        let config = scenario.run_config().map_err(refused)?;
        let found = run(&job, &config, seed).violations.into_iter().next();
        if let Some(found) = found {
            return Ok(Some(Target {
                scenario,
                seed,
                invariant: found.invariant.to_owned(),
                schedule: found.schedule,
            }));
        }
    }
    Ok(None)
}

fn told(target: &Target, replay: &Replay, missing: Option<&Missing>) -> String {
    let Target {
        scenario,
        seed,
        invariant,
        ..
    } = target;
    let profile = scenario
        .crash
        .profiles
        .first()
        .map_or("no profile", |known| known.name);
    let device = scenario.crash.devices.first();
    let device = device.filter(|device| !device.is_honest());
    let device = device.map_or_else(String::new, |device| format!(", {device}"));
    let mut text = format!(
        "{}, seed {seed}: {invariant} of {} on {profile}{device}\n\n",
        scenario.name,
        scenario.subject.store.name()
    );
    for timeline in &replay.timelines {
        text += &report::render_timeline(timeline);
        text.push('\n');
    }
    let _ = match &replay.verdict {
        Verdict::StillFails {
            invariant: now,
            witness,
            image,
        } => {
            text += &report::sentences(&Sentences::from(witness));
            text += &missing.map_or_else(String::new, report::missing);
            text += &report::legality(&replay.legality());
            let other = if now == invariant {
                ""
            } else {
                ", in another way"
            };
            writeln!(text, "\nSTILL FAILS{other}: {now}, disk {image}")
        }
        Verdict::Survives(reason) => writeln!(text, "SURVIVES: {reason}"),
        Verdict::Stale(divergence) => writeln!(text, "STALE: {divergence}"),
    };
    text
}

fn write_image(replay: &Replay, directory: &Path) -> Result<(), Failure> {
    let label = directory.display().to_string();
    let failed = |error| Failure::results(&label, &error);
    let nowhere = || Failure::Results(format!("{label} is no place for a disk"));
    let place = files::place(directory).ok_or_else(nowhere)?;
    let root = place.path.as_path();
    place.vfs.create_dir_all(root).map_err(failed)?;
    if !place.vfs.read_dir(root).map_err(failed)?.is_empty() {
        return Err(Failure::Results(format!("{label} is not empty")));
    }
    replay
        .image
        .write_to(&crate::vfs::OsVfs::new(directory))
        .map_err(failed)
}
