//! `tornwrite trace show`

use super::{
    args::{Format, TraceShowArguments},
    exit::{Exit, Failure},
    target, terminal,
};
use crate::{
    report::{self, Layout, Palette},
    run::{ListedBytes, ListedEntry, TraceListing, listings, replay},
    scenario::Problem,
};

/// Bytes of each write that are shown, unless all are asked for.
const SHOWN_BYTES: u64 = 256;

/// One line of JSON: an entry, and the trace that it is of.
#[derive(serde::Serialize)]
struct Line<'l> {
    trace: &'l str,
    life: u32,
    #[serde(flatten)]
    entry: &'l ListedEntry,
}

pub(super) fn show(args: &TraceShowArguments) -> Result<Exit, Failure> {
    let named = (args.target.as_deref(), args.scenario.as_deref(), args.seed);
    let Some(target) = target::named(named)? else {
        terminal::print("this seed violates nothing\n")?;
        return Ok(Exit::Met);
    };
    target.refuse_death("there is no trace to show")?;
    let refused = |problem: Problem| Failure::Usage(problem.to_string());
    let job = target.job().map_err(refused)?;
    let config = target.scenario.run_config().map_err(refused)?;
    let (schedule, invariant) = (&target.schedule, &target.invariant);
    let replay = replay(&job, &config, target.seed, schedule, invariant);
    let bytes = match (args.bytes, args.all) {
        (false, _) => ListedBytes::Nothing,
        (true, true) => ListedBytes::All,
        (true, false) => ListedBytes::UpTo(SHOWN_BYTES),
    };
    let mut shown = listings(&job.subject, &replay, schedule, bytes);
    if let Some(life) = args.life {
        let lives = shown.iter().map(|listing| listing.life).max().unwrap_or(0);
        shown.retain(|listing| listing.life == life);
        if shown.is_empty() {
            let message = format!("there is no life {life}: expected 1 to {lives}");
            return Err(Failure::Usage(message));
        }
    }
    terminal::print(&match args.format {
        Format::Human => human(&shown),
        Format::Json => json(&shown)?,
    })?;
    Ok(Exit::Met)
}

fn human(shown: &[TraceListing]) -> String {
    let layout = Layout::new(terminal::report_width(), Palette::ANSI);
    let told: Vec<String> = shown
        .iter()
        .map(|listing| report::trace_text(listing, &layout))
        .collect();
    told.join("\n")
}

fn json(shown: &[TraceListing]) -> Result<String, Failure> {
    let mut text = String::new();
    for listing in shown {
        for entry in &listing.entries {
            let line = Line {
                trace: &listing.title,
                life: listing.life,
                entry,
            };
            let failed = |error| Failure::Results(format!("failed to print an entry: {error}"));
            text += &serde_json::to_string(&line).map_err(failed)?;
            text.push('\n');
        }
    }
    Ok(text)
}
