//! Everything that a report shows of one violation, as data that can be written down and read again.

use serde::{Deserialize, Serialize};

use super::{
    Legality, Missing, Replay, RunConfig, Schedule, Subject, Timeline, disk, left_out, missing,
    subject::Job,
};
pub use crate::oracle::Compared;

use crate::base::Seed;

/// What a replayed violation shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What happened, a part for each life and each recovery that crashed.
    pub timelines: Vec<Timeline>,
    /// Why each of the crash states is legal, in the order of the timelines.
    pub legality: Vec<Legality>,
    /// What should have been durable before what; nothing if it does not fail.
    pub missing: Option<Missing>,
    /// The files on the disk that the last crash left, and those that it took, by path.
    pub files: Vec<DiskFile>,
    /// How many more files there are.
    #[serde(default)]
    pub files_more: u64,
    /// What was asked of the subject, what had to be there, and what recovery showed of it.
    pub comparison: Vec<Compared>,
    /// What the run went without, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// A file on a crashed disk, beside what the running program saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskFile {
    /// Its path.
    pub path: String,
    /// Its size on the crashed disk in bytes; nothing if it is not there.
    pub size_bytes: Option<u64>,
    /// Its size as the running program saw it; nothing if it was not there.
    pub live_size_bytes: Option<u64>,
    /// What the subject says that its bytes on the crashed disk mean: a line for each record, its offset first, and a line
    /// that begins with "…" where some are left out. Behind its offset, a line that says that something is wrong has a `!`.
    /// Of files that differ or that the missing orderings name; where there is none of these, of a few.
    pub records: Vec<String>,
    /// The same of what the running program saw; the same lines are left out where the two are alike.
    pub live_records: Vec<String>,
    /// Where the two differ, in order; no more than a few.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub differences_more: u64,
}

/// A run of bytes in which a crashed disk differs from what the running program saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where it starts, in bytes from the start of the file.
    pub offset: u64,
    /// How long it is in bytes.
    pub length_bytes: u64,
    /// The first bytes on the crashed disk, in hexadecimal; shorter where the file ends.
    pub disk: String,
    /// The first bytes that the running program saw, in hexadecimal; shorter where the file ends.
    pub live: String,
}

/// Gathers what a replay shows.
pub fn evidence<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    schedule: &Schedule,
    replay: &Replay,
) -> Evidence {
    let missing = missing(job, config, seed, schedule, replay);
    let (files, files_more) = disk::files(&job.subject, replay, missing.as_ref());
    Evidence {
        timelines: replay.timelines.clone(),
        legality: replay.legality(),
        missing,
        files,
        files_more,
        comparison: replay.comparison.clone(),
        left_out: left_out(job, config, seed),
    }
}
