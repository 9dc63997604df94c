//! `tornwrite replay`

use std::{fmt::Write as _, path::Path};

use super::{
    args::ReplayArguments,
    exit::{Exit, Failure},
    files,
    target::{self, Target},
    terminal,
};
use crate::{
    campaign::Sentences,
    report,
    run::{self, Evidence, Replay, Verdict},
    scenario::Problem,
    vfs::VfsExt as _,
};

pub(super) fn replay(args: &ReplayArguments) -> Result<Exit, Failure> {
    let target = match (&args.target, &args.scenario, args.seed) {
        (Some(path), ..) => Some(target::load(path)?),
        (None, Some(path), Some(seed)) => target::find(path, seed)?,
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
    let (replay, evidence) = execute(&target)?;
    if let Some(directory) = &args.write_image {
        write_image(&replay, directory)?;
    }
    terminal::print(&told(&target, &replay, &evidence))?;
    Ok(match replay.verdict {
        Verdict::StillFails { .. } => Exit::Violation,
        Verdict::Survives(_) => Exit::Met,
        Verdict::Stale(_) => Exit::Stale,
    })
}

/// Executes a target, and gathers what it shows.
fn execute(target: &Target) -> Result<(Replay, Evidence), Failure> {
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    let job = target.job().map_err(refused)?;
    let config = target.scenario.run_config().map_err(refused)?;
    let (seed, schedule) = (target.seed, &target.schedule);
    let replay = run::replay(&job, &config, seed, schedule, &target.invariant);
    let evidence = run::evidence(&job, &config, seed, schedule, &replay);
    Ok((replay, evidence))
}

/// What a replay prints, and its verdict.
pub(super) fn executed(target: &Target) -> Result<(String, Verdict), Failure> {
    let (replay, evidence) = execute(target)?;
    Ok((told(target, &replay, &evidence), replay.verdict))
}

fn told(target: &Target, replay: &Replay, evidence: &Evidence) -> String {
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
    for timeline in &evidence.timelines {
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
            text += &evidence
                .missing
                .as_ref()
                .map_or_else(String::new, report::missing);
            text += &report::legality(&evidence.legality);
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
