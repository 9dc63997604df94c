//! What the command line takes; nothing is looked up or resolved here.

use std::{ops::Range, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser};

use crate::{
    base::{Ratio, Seed},
    profile::{DEVICES, PROFILES},
    report::ExportFormat,
    run::Expectation,
    store::StoreKind,
};

/// Finds crash-consistency bugs: records a program, loses its unsynced data, and looks at what it
/// recovers.
#[derive(Debug, Parser)]
#[command(name = "tornwrite", version, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to use colours (`NO_COLOR` and `CLICOLOR_FORCE` hold)
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(super) color: Colour,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios and judge them by what they expect
    Run(Box<RunArguments>),
    /// Execute one violation again and show it
    Replay(ReplayArguments),
    /// Find the smallest workload, crash and promise with which a violation still happens
    Shrink(ShrinkArguments),
    /// Join the folders of shards into the results of the whole campaign
    Merge(MergeArguments),
    /// Look at what was recorded of one violation
    Trace(TraceArguments),
    /// Render the results in a folder again
    Report(ReportArguments),
    /// List what there is, a line each
    List(ListArguments),
    /// Explain a profile, one of its rules, a device, an invariant, a coverage mark, an exit code or a word
    Explain(ExplainArguments),
}

const ENVIRONMENT: &str = "Environment: TORNWRITE_SEED, TORNWRITE_RUNS, TORNWRITE_JOBS, \
    TORNWRITE_SHARD, TORNWRITE_OUT and \
    TORNWRITE_PROFILE stand in for the options of the same names.\n\
    Exit codes: 0 as expected, 1 results could not be written, 2 wrong usage or file, 4 nothing \
    exercised, 100 not as expected, 102 not deterministic, 104 too few runs, 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub(super) struct RunArguments {
    /// Scenario files, kept reproducers (.json), or folders of them; those in regressions/ go first
    #[arg(default_value = "scenarios")]
    pub(super) paths: Vec<PathBuf>,
    /// First seed: a number, 0x… or a commit hash [default: 0]
    #[arg(long, conflicts_with = "seeds")]
    pub(super) seed: Option<Seed>,
    /// Seeds from A up to, and without, B
    #[arg(long, value_name = "A..B", value_parser = seed_range, conflicts_with = "runs")]
    pub(super) seeds: Option<Range<u64>>,
    /// Number of seeds [default: what the scenario says]
    #[arg(long, value_name = "N")]
    pub(super) runs: Option<u64>,
    /// Which crash states are tried
    #[arg(long, value_enum)]
    pub(super) mode: Option<ModeName>,
    /// Another store than the scenario's (with --expect)
    #[arg(long, value_name = "NAME", value_parser = subjects())]
    pub(super) subject: Vec<String>,
    /// Other profiles than the scenario's (with --expect, unless it has them all)
    #[arg(long, value_name = "NAME", value_parser = profiles())]
    pub(super) profile: Vec<String>,
    /// Other devices than the scenario's (with --expect, unless it has them all)
    #[arg(long, value_name = "NAME", value_parser = devices())]
    pub(super) device: Vec<String>,
    /// What to expect instead of what the scenario says
    #[arg(long, value_name = "clean|violations", value_parser = expectation)]
    pub(super) expect: Option<Expectation>,
    /// Folder for results [default: reports/<campaign>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Only every N-th run, from the K-th on: K/N, or auto for what the CI engine says
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<String>,
    /// Go on with the campaign in the folder for results
    #[arg(long)]
    pub(super) resume: bool,
    /// End after this time (90s, 10m, 1h30m), with what was counted by then
    #[arg(long, value_name = "TIME", value_parser = super::interrupt::duration)]
    pub(super) time_budget: Option<Duration>,
    /// The share of runs that are executed twice, to see whether both do the same
    #[arg(long, value_name = "RATIO", default_value = "1/64")]
    pub(super) check_determinism: Ratio,
    /// Let a scenario end with this many violating runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_violations: Option<u64>,
    /// End with the first unexpected violation (what a baseline knows is only told at the end)
    #[arg(long, conflicts_with = "baseline")]
    pub(super) fail_fast: bool,
    #[command(flatten)]
    pub(super) results: ResultArguments,
}

#[derive(Debug, Args)]
pub(super) struct MergeArguments {
    /// The folders of all shards
    #[arg(required = true, value_name = "DIR")]
    pub(super) shards: Vec<PathBuf>,
    /// Folder for results
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) results: ResultArguments,
}

/// What is done with the results of a campaign, and how it is told.
#[derive(Debug, Args)]
pub(super) struct ResultArguments {
    /// Threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Let findings of this file, a baseline or a summary.json, not fail scenarios that expect none
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write what is found as a baseline (not in CI)
    #[arg(long, value_name = "FILE")]
    pub(super) record_baseline: Option<PathBuf>,
    /// Write results as json, junit, markdown, github or html too; - is standard output
    #[arg(long, value_name = "FORMAT=PATH", value_parser = export)]
    pub(super) export: Vec<(ExportFormat, PathBuf)>,
    /// Execute runs in this process, and not in others that may end: a stack overflow, an abort, 60 s of CPU time in one call
    /// or 2 GiB of memory are no violations then
    #[arg(long)]
    pub(super) no_supervise: bool,
    /// How to show progress: as a bar, as lines, or not; findings are known after the runs, until then violating runs are counted
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub(super) progress: Progress,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) message_format: Format,
    /// Print only what is not as expected, and the verdict
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print everything that was found in full
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// A reproducer file, or a token (tw1.…)
    #[arg(required_unless_present = "scenario", conflicts_with_all = ["scenario", "seed"])]
    pub(super) target: Option<PathBuf>,
    /// A scenario file instead; its first violation by --seed is replayed
    #[arg(long, value_name = "FILE", requires = "seed")]
    pub(super) scenario: Option<PathBuf>,
    /// The seed to run the scenario with
    #[arg(long, requires = "scenario")]
    pub(super) seed: Option<Seed>,
    /// Put the crashed disk into this folder, which must be new or empty
    #[arg(long, value_name = "DIR")]
    pub(super) write_image: Option<PathBuf>,
    /// File it as a regression, which `run` replays first [default folder: scenarios/regressions]
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true,
        default_missing_value = "scenarios/regressions")]
    pub(super) keep: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    #[command(subcommand)]
    pub(super) what: TraceCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum TraceCommand {
    /// Every operation, barrier, mark and injected error, with its place in the subject's code
    Show(TraceShowArguments),
}

#[derive(Debug, Args)]
pub(super) struct TraceShowArguments {
    /// A reproducer file
    #[arg(required_unless_present = "scenario", conflicts_with_all = ["scenario", "seed"])]
    pub(super) target: Option<PathBuf>,
    /// A scenario file instead; its first violation by --seed is looked at
    #[arg(long, value_name = "FILE", requires = "seed")]
    pub(super) scenario: Option<PathBuf>,
    /// The seed to run the scenario with
    #[arg(long, requires = "scenario")]
    pub(super) seed: Option<Seed>,
    /// Only this life, counted from 1, and recoveries from its crash
    #[arg(long, value_name = "N")]
    pub(super) life: Option<u32>,
    /// What was written too: a hex dump, and the records that the subject finds in it
    #[arg(long)]
    pub(super) bytes: bool,
    /// All bytes of a write, instead of the first 256
    #[arg(long, requires = "bytes")]
    pub(super) all: bool,
    /// What to print; json is a line for each entry
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

const SHRINK_NOTES: &str = "Ctrl-C ends the search and keeps the best so far; a second one ends the process.\n\
    Exit codes: 0 shrunk, or it no longer fails, 1 the result could not be written, 2 wrong usage or file, \
    103 it fails in another way now, 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = SHRINK_NOTES)]
pub(super) struct ShrinkArguments {
    /// A reproducer file
    #[arg(required_unless_present = "scenario", conflicts_with_all = ["scenario", "seed"])]
    pub(super) target: Option<PathBuf>,
    /// A scenario file instead; its first violation by --seed is shrunk
    #[arg(long, value_name = "FILE", requires = "seed")]
    pub(super) scenario: Option<PathBuf>,
    /// The seed to run the scenario with
    #[arg(long, requires = "scenario")]
    pub(super) seed: Option<Seed>,
    /// File for the result [default: minimised.json beside the target]
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// The folder of a campaign
    pub(super) folder: PathBuf,
    /// Write a page to this file, and those of the findings into the folder, instead of printing
    #[arg(long, value_name = "PATH")]
    pub(super) html: Option<PathBuf>,
    /// Print everything that was found in full
    #[arg(short, long, conflicts_with = "html")]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// Of what; everything if left out
    #[arg(value_enum)]
    pub(super) what: Option<Section>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// Of what; lists what there is if left out
    pub(super) name: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Section {
    Stores,
    Profiles,
    Devices,
    Invariants,
    Workloads,
    Scenarios,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Progress {
    Auto,
    Bar,
    Counter,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ModeName {
    Sampled,
    Exhaustive,
}

fn subjects() -> PossibleValuesParser {
    PossibleValuesParser::new(StoreKind::ALL.map(StoreKind::name))
}

fn profiles() -> PossibleValuesParser {
    PossibleValuesParser::new(PROFILES.iter().map(|profile| profile.name))
}

fn devices() -> PossibleValuesParser {
    PossibleValuesParser::new(DEVICES.iter().map(|device| device.name))
}

fn expectation(word: &str) -> Result<Expectation, String> {
    match word {
        "clean" => Ok(Expectation::Clean),
        "violations" => Ok(Expectation::Violations),
        _ => Err("expected clean or violations".to_owned()),
    }
}

fn export(text: &str) -> Result<(ExportFormat, PathBuf), String> {
    let names = ExportFormat::ALL.map(ExportFormat::name).join(", ");
    let wrong = || format!("expected FORMAT=PATH with one of the formats {names}");
    let (name, path) = text.split_once('=').ok_or_else(wrong)?;
    let unknown = || format!("there is no format `{name}`: expected one of {names}");
    let format = ExportFormat::find(name).ok_or_else(unknown)?;
    if path.is_empty() {
        return Err(format!("there is no path behind `{name}=`"));
    }
    Ok((format, path.into()))
}

fn seed_range(text: &str) -> Result<Range<u64>, String> {
    let wrong = || format!("`{text}` is no range of seeds: expected two in order such as 0..1000");
    let (start, end) = text.split_once("..").ok_or_else(wrong)?;
    let seed = |text: &str| text.parse::<Seed>().map_err(|error| error.to_string());
    let range = seed(start)?.0..seed(end)?.0;
    if range.start > range.end {
        Err(wrong())
    } else {
        Ok(range)
    }
}
