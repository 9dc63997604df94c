//! What the command line takes; nothing is looked up or resolved here.

use std::{ops::Range, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum, builder::PossibleValuesParser};

use crate::{
    base::Seed,
    profile::{DEVICES, PROFILES},
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
    Run(RunArguments),
    /// Execute one violation again and show it
    Replay(ReplayArguments),
    /// Render the results in a folder again
    Report(ReportArguments),
    /// List what there is, a line each
    List(ListArguments),
    /// Explain a profile, a device, an invariant, an exit code or a word
    Explain(ExplainArguments),
}

const ENVIRONMENT: &str = "Environment: TORNWRITE_SEED, TORNWRITE_RUNS, TORNWRITE_JOBS, \
    TORNWRITE_OUT and \
    TORNWRITE_PROFILE stand in for the options of the same names.\n\
    Exit codes: 0 as expected, 1 results could not be written, 2 wrong usage or file, 4 nothing \
    exercised, 100 not as expected, 104 too few runs.";

#[derive(Debug, Args)]
#[command(after_help = ENVIRONMENT)]
pub(super) struct RunArguments {
    /// Scenario files, or folders of them
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
    /// Threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Folder for results [default: reports/<campaign>]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Let a scenario end with this many violating runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_violations: Option<u64>,
    /// End with the first unexpected violation
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// How to show progress
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
    /// A reproducer file
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
