//! `tornwrite shrink`

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    args::ShrinkArguments,
    exit::{Exit, Failure},
    files, replay,
    target::{self, Target},
    terminal,
};
use crate::{
    base::SEED_VERSION,
    campaign::{REPRODUCER_VERSION, Reproducer, Sentences},
    profile::Profile,
    run::{Verdict, finding_signature},
    scenario::{Problem, Scenario},
    shrink::{Bounds, End, Observer, Shrunk, Step, Violation, shrink as minimise},
    workload::{ListedOperations, Operation},
};

/// What the result is called, beside the target.
const MINIMISED: &str = "minimised.json";

/// Executions between two lines of progress.
const PROGRESS_STEP: u64 = 20;

pub(super) fn shrink(args: &ShrinkArguments) -> Result<Exit, Failure> {
    let named = (args.target.as_deref(), args.scenario.as_deref(), args.seed);
    let target = target::named(named)?;
    let Some(target) = target else {
        terminal::print("this seed violates nothing\n")?;
        return Ok(Exit::Met);
    };
    target.refuse_death("this violation cannot be shrunk")?;
    let out = out(args);
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    let job = target.job().map_err(refused)?;
    let config = target.scenario.run_config().map_err(refused)?;
    let violation = Violation {
        config: &config,
        seed: target.seed,
        schedule: &target.schedule,
        invariant: &target.invariant,
    };
    let stop = stop_on_interrupt();
    let mut watcher = Watcher::new();
    let shrunk = minimise(&job, &violation, Bounds::default(), &mut watcher, &stop);
    watcher.finish();
    let shrunk = match shrunk {
        Ok(shrunk) => shrunk,
        Err(verdict) => return refuse(verdict),
    };
    let text = written(&target, &shrunk)?;
    files::write_whole(&out, text.as_bytes())?;
    // What is shown comes from the file, like everything that anyone will see of it.
    let minimised = target::load(&out)?;
    let (told, verdict) = replay::executed(&minimised)?;
    if !matches!(verdict, Verdict::StillFails { .. }) {
        let out = out.display();
        let what = format!("{out} does not fail when it is replayed: this is a bug of tornwrite");
        return Err(Failure::Results(what));
    }
    terminal::print(&(told + &summary(&shrunk, &out)))?;
    Ok(match shrunk.end {
        End::Stopped => Exit::Interrupted,
        End::FixedPoint | End::Bounds => Exit::Met,
    })
}

/// Where the result goes.
fn out(args: &ShrinkArguments) -> PathBuf {
    let beside = args.target.as_ref();
    let beside = beside.map_or_else(
        || PathBuf::from(MINIMISED),
        |path| path.with_file_name(MINIMISED),
    );
    args.out.clone().unwrap_or(beside)
}

/// There is nothing to shrink.
fn refuse(verdict: Verdict) -> Result<Exit, Failure> {
    let (text, exit) = match verdict {
        Verdict::Survives(reason) => (format!("SURVIVES: {reason}\n"), Exit::Met),
        Verdict::Stale(divergence) => (format!("STALE: {divergence}\n"), Exit::Stale),
        Verdict::StillFails { invariant, .. } => (
            format!("STALE: it violates {invariant} now, and not as it was recorded\n"),
            Exit::Stale,
        ),
    };
    terminal::print(&text)?;
    Ok(exit)
}

/// The reproducer as text.
fn written(target: &Target, shrunk: &Shrunk<Operation>) -> Result<String, Failure> {
    let config = &shrunk.config;
    let mut scenario: Scenario = target.scenario.clone();
    // A profile that a scenario made itself is the one that it has.
    if Profile::find(config.profile.name).is_some() {
        scenario.crash.profiles = vec![config.profile];
    }
    scenario.crash.devices = vec![config.device];
    scenario.crash.lives = config.lives;
    scenario.crash.in_recovery = config.in_recovery;
    let reproducer = Reproducer {
        version: REPRODUCER_VERSION,
        seed_version: SEED_VERSION,
        tornwrite: env!("CARGO_PKG_VERSION").to_owned(),
        id: target.id().to_owned(),
        scenario,
        seed: target.seed,
        invariant: target.invariant.clone(),
        witness: Sentences::from(&shrunk.witness),
        signature: finding_signature(&shrunk.schedule),
        operations: Some(ListedOperations(shrunk.operations.clone())),
        schedule: shrunk.schedule.clone(),
        image: shrunk.image,
        died: None,
    };
    let failed = |error| Failure::Results(format!("failed to write the reproducer down: {error}"));
    let text = serde_json::to_string_pretty(&reproducer).map_err(failed)?;
    Ok(text + "\n")
}

/// What was shrunk, and what to do with it.
fn summary(shrunk: &Shrunk<Operation>, out: &Path) -> String {
    let Shrunk {
        from, to, config, ..
    } = shrunk;
    let device = config.device;
    let device = if device.is_honest() {
        String::new()
    } else {
        format!(", {device}")
    };
    let end = match shrunk.end {
        End::FixedPoint => "",
        End::Bounds => {
            "\nThe search ended early: it took too many executions; this is the best so far."
        }
        End::Stopped => "\nThe search was interrupted; this is the best so far.",
    };
    let out = out.display();
    format!(
        "\nShrunk from {from} to {to}, on {}{device}.{end}\n  \
         tornwrite replay {out}\n  tornwrite shrink {out}\n",
        config.profile
    )
}

/// Becomes true with the first Ctrl-C; the second ends the process.
fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let heard = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    if heard.is_err() {
        terminal::warn("Ctrl-C cannot be heard; it ends the process without a result");
    }
    stop
}

/// Shows on standard error how far it is.
struct Watcher {
    bar: Option<ProgressBar>,
    told: u64,
}

impl Watcher {
    fn new() -> Watcher {
        let bar = terminal::is_watched().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg}");
            style.map_or(bar.clone(), |style| bar.with_style(style))
        });
        if bar.is_none() {
            let _ = writeln!(anstream::stderr(), "shrinking");
        }
        Watcher { bar, told: 0 }
    }

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Watcher {
    fn tried(&mut self, step: &Step) {
        let Step {
            what,
            size,
            executions,
        } = step;
        let Some(bar) = &self.bar else {
            return;
        };
        if executions - self.told >= PROGRESS_STEP {
            self.told = *executions;
            bar.set_message(format!("{size} ({executions} executions; {what})"));
            bar.tick();
        }
    }
}
