//! `tornwrite replay`

use std::path::Path;

use super::{
    args::ReplayArguments,
    death,
    exit::{Exit, Failure},
    files, keep,
    target::{self, Target},
    terminal,
};
use crate::{
    campaign::Sentences,
    report::{self, Layout, Palette, ViolationHead},
    run::{self, Evidence, Replay, Verdict},
    scenario::Problem,
    vfs::VfsExt as _,
};

pub(super) fn replay(args: &ReplayArguments) -> Result<Exit, Failure> {
    let named = (args.target.as_deref(), args.scenario.as_deref(), args.seed);
    let Some(target) = target::named(named)? else {
        terminal::print("this seed violates nothing\n")?;
        return Ok(Exit::Met);
    };
    if target.death().is_some() {
        return death::replay(&target, args);
    }
    let (replay, evidence) = execute(&target)?;
    if let Some(directory) = &args.write_image {
        write_image(&replay, directory)?;
    }
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
    let head = head(target, replay);
    let layout = Layout::new(terminal::report_width(), Palette::ANSI);
    let text = report::violation_text(&head, evidence, &layout);
    let Palette { good, bad, end, .. } = Palette::ANSI;
    let verdict = match &replay.verdict {
        Verdict::StillFails {
            invariant, image, ..
        } => {
            let is_same = *invariant == target.invariant;
            let other = if is_same { "" } else { ", in another way" };
            format!("{bad}STILL FAILS{end}{other}: {invariant}, disk {image}")
        }
        Verdict::Survives(reason) => format!("{good}SURVIVES{end}: {reason}"),
        Verdict::Stale(divergence) => format!("{bad}STALE{end}: {divergence}"),
    };
    format!("{text}\n{verdict}\n")
}

/// What the violation is called.
fn head(target: &Target, replay: &Replay) -> ViolationHead {
    let again = target.again();
    let crash = &target.scenario.crash;
    let profile = crash.profiles.first();
    let device = crash.devices.first();
    let mut commands = vec![format!("tornwrite replay {again}")];
    let (invariant, witness) = match &replay.verdict {
        Verdict::StillFails {
            invariant, witness, ..
        } => {
            commands.push(format!("tornwrite shrink {again}"));
            ((*invariant).to_owned(), Some(Sentences::from(witness)))
        }
        _ => (target.invariant.clone(), None),
    };
    ViolationHead {
        scenario: target.scenario.name.clone(),
        subject: target.scenario.subject.store.name().to_owned(),
        profile: profile.map_or("no profile", |known| known.name).to_owned(),
        device: device.map_or("honest", |known| known.name).to_owned(),
        seed: target.seed,
        invariant,
        witness,
        again: commands,
    }
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
