//! `tornwrite replay`

use std::{fmt::Write as _, path::Path};

use super::{
    args::ReplayArguments,
    exit::{Exit, Failure},
    files, keep,
    target::{self, Target},
    terminal,
};
use crate::{
    campaign::Sentences,
    report,
    run::{Evidence, Replay, Verdict, evidence, replay as execute},
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
    let evidence = evidence(&job, &config, target.seed, &target.schedule, &replay);
    terminal::print(&told(&target, &replay, &evidence))?;
    if let Some(directory) = &args.keep {
        let kept = keep::keep(&target, &replay.verdict, &evidence, directory)?;
        terminal::print(&kept)?;
    }
    Ok(match replay.verdict {
        Verdict::StillFails { .. } => Exit::Violation,
        Verdict::Survives(_) => Exit::Met,
        Verdict::Stale(_) => Exit::Stale,
    })
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
            text += &report::again(&target.again());
            let other = if now == invariant {
                ""
            } else {
                ", in another way"
            };
            writeln!(text, "\nSTILL FAILS{other}: {now}, disk {image}")
        }
        Verdict::Survives(reason) => {
            text += &report::again(&target.again());
            writeln!(
                text,
                "\n{}",
                report::paragraph("SURVIVES: ", reason).trim_end()
            )
        }
        Verdict::Stale(divergence) => {
            text += &report::again(&target.again());
            let told = report::paragraph("STALE: ", &divergence.to_string());
            writeln!(text, "\n{}", told.trim_end())
        }
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
