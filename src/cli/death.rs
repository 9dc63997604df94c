//! `tornwrite replay` of a run that ended its process: it is executed in another, and what ended that is told.

use super::{
    args::ReplayArguments,
    exit::{Exit, Failure},
    target::Target,
    terminal, workers,
};
use crate::report::{self, Palette};

/// Executes a run again that ended its process, in a process of its own.
pub(super) fn replay(target: &Target, args: &ReplayArguments) -> Result<Exit, Failure> {
    if args.keep.is_some() {
        target.refuse_death("--keep keeps choices")?;
    }
    if args.write_image.is_some() {
        target.refuse_death("--write-image writes the disk of a choice")?;
    }
    let Some(run) = workers::alone(&target.scenario, target.seed)? else {
        return Err(Failure::Usage(
            "this run ended the process that executed it: it can only be replayed where others can be started, on Linux".to_owned(),
        ));
    };
    let Palette { good, bad, end, .. } = Palette::ANSI;
    let violated = run.violated.first();
    let (verdict, exit) = match (&run.died, violated) {
        (Some(death), Some(violation)) => {
            let is_same = violation.invariant == target.invariant;
            let other = if is_same { "" } else { ", in another way" };
            let invariant = &violation.invariant;
            let verdict = format!("{bad}STILL FAILS{end}{other}: {invariant}, {death}");
            (verdict, Exit::Violation)
        }
        (_, Some(violation)) => {
            let invariant = &violation.invariant;
            let verdict = format!("{bad}STILL FAILS{end}, in another way: {invariant}");
            (verdict, Exit::Violation)
        }
        (_, None) => {
            let verdict = format!("{good}SURVIVES{end}: the run comes to an end by itself");
            (verdict, Exit::Met)
        }
    };
    terminal::print(&format!("{}\n{verdict}\n", told(target)))?;
    Ok(exit)
}

/// What is known: there is neither a trace nor a disk to show.
fn told(target: &Target) -> String {
    let Palette { bad, end, .. } = Palette::ANSI;
    let reproducer = target.reproducer();
    let scenario = &reproducer.scenario;
    let profile = scenario.crash.profiles.first();
    let profile = profile.map_or("no profile", |profile| profile.name);
    let subject = scenario.subject.store.name();
    let signature = &reproducer.signature;
    let (seed, invariant) = (reproducer.seed, &reproducer.invariant);
    format!(
        "{bad}{subject} ended the process that executed it, {signature}{end}\n{}, {profile}, seed {seed}: {invariant}\n\n{}\n  \
         tornwrite replay {}\n",
        scenario.name,
        report::sentences(&reproducer.witness),
        target.again()
    )
}
