//! What the command line takes.

use std::path::PathBuf;

use clap::{Parser, builder::PossibleValuesParser};
use tornwrite::base::Seed;

use crate::filesystem::{DEFAULTS, FILESYSTEMS};

fn filesystems() -> PossibleValuesParser {
    PossibleValuesParser::new(FILESYSTEMS.iter().map(|filesystem| filesystem.name))
}

/// Runs litmus scripts on real filesystems, cuts the power in every way, and holds what is left against the profiles.
///
/// Needs root, FUSE, loop devices and the programs losetup, mkfs.ext4, mkfs.xfs and mkfs.btrfs. While it runs, three
/// settings of the kernel that make write-back begin sooner are changed.
#[derive(Debug, Parser)]
#[command(
    name = "calibrate",
    after_help = "Exit codes: 0 nothing forbidden was seen, 1 something was or the tool failed, 2 wrong usage."
)]
pub(crate) struct Options {
    /// Which filesystems [default: ext4-ordered ext4-journal ext4-writeback xfs btrfs]
    #[arg(long, value_name = "NAME", value_parser = filesystems(), value_delimiter = ',')]
    pub(crate) filesystem: Vec<String>,
    /// Only scripts whose name contains this
    #[arg(long, value_name = "TEXT", value_delimiter = ',')]
    pub(crate) litmus: Vec<String>,
    /// The folder of the scripts
    #[arg(long, value_name = "FOLDER", default_value = "tests/litmus")]
    pub(crate) scripts: PathBuf,
    /// Seconds after which no further script is begun
    #[arg(long, value_name = "N", default_value_t = 1140)]
    pub(crate) seconds: u64,
    /// At most so many crash states for each run of a script
    #[arg(long, value_name = "N", default_value_t = 48)]
    pub(crate) states: usize,
    /// What the random subsets and the thinning are drawn from
    #[arg(long, default_value = "0")]
    pub(crate) seed: Seed,
    /// Write the table as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) table: Option<PathBuf>,
    /// Write every outcome that was seen
    #[arg(long, value_name = "FILE")]
    pub(crate) outcomes: Option<PathBuf>,
}

impl Options {
    /// The names of the filesystems.
    pub(crate) fn filesystems(&self) -> Vec<&str> {
        if self.filesystem.is_empty() {
            DEFAULTS.to_vec()
        } else {
            self.filesystem.iter().map(String::as_str).collect()
        }
    }
}
