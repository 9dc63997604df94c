//! Swarm testing: what one run goes without.
//!
//! Each run of a scenario with `swarm` leaves out a random half of its *features*: the kinds of choice that crash states are
//! drawn as, and the kinds of operation that its workload need not have. What hides behind something frequent gets runs of its
//! own in this way. After Groce, Zhang, Eide, Chen, Regehr: "Swarm Testing", ISSTA 2012.
//!
//! Guarantees: the mask of a run is a function of its configuration, its workload and its seed; it restricts what is drawn
//! among legal states and never adds one; at least one kind of choice is left; every fourth run has all features, and draws
//! what it draws without swarm; in exhaustive mode nothing is left out.
//!
//! Deliberately absent: features that a scenario does not have, such as errors where none is injected; an error that a scenario
//! puts at one operation (`at`), which is asked for by name.

use std::borrow::Cow;

use super::{FaultKind, KINDS, Kind, Mode, RunConfig, Subject, subject::Job};
use crate::{
    base::{Ratio, Rng, Seed, Stream},
    simfs::Faults,
    workload::CrashKind,
};

/// One run in so many has all features.
const WHOLE: u64 = 4;

/// Something that a run may go without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    /// A kind of choice of the crash states after a power loss.
    Choice(Kind),
    /// A process that dies within a write.
    CutInFlight,
    /// Crashes inside recoveries.
    CrashInRecovery,
    /// What the device damages.
    MediaFault,
    /// A way in which operations are made to fail.
    Error(FaultKind),
    /// A kind of operation of the workload.
    Operation(&'static str),
}

/// What one run goes without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask {
    left_out: Vec<Feature>,
}

/// What the crash states of a run are drawn from.
pub(super) struct Draws {
    /// The kinds of choice.
    pub(super) kinds: Cow<'static, [Kind]>,
    /// Whether the device may damage something.
    pub(super) damages: bool,
    /// Whether a process may die within a write.
    cuts_in_flight: bool,
}

impl Draws {
    /// How much has landed of the write in flight, of so many pages, when the process dies.
    pub(super) fn pages(&self, pages: u64, draw: &mut Rng) -> u64 {
        if self.cuts_in_flight {
            draw.below(pages + 1)
        } else {
            0
        }
    }
}

/// What the run of this seed goes without, in words; nothing without swarm.
pub fn left_out<S: Subject>(job: &Job<S>, config: &RunConfig, seed: Seed) -> Vec<String> {
    Mask::of(job, config, seed).words()
}

impl Mask {
    /// The mask of the run of this seed.
    pub(super) fn of<S: Subject>(job: &Job<S>, config: &RunConfig, seed: Seed) -> Mask {
        if !config.swarm || config.mode == Mode::Exhaustive {
            return Mask::default();
        }
        let mut rng = Rng::new(seed, Stream::Swarm, 0);
        if rng.below(WHOLE) == 0 {
            return Mask::default();
        }
        // Drawn for what there is not too, so that what is left out of the rest does not hang on that.
        let mut left_out = Vec::new();
        for (feature, is_there) in features(config) {
            if rng.below(2) == 0 && is_there {
                left_out.push(feature);
            }
        }
        if left_out.starts_with(&KINDS.map(Feature::Choice)) {
            left_out.drain(..KINDS.len());
        }
        let mut rng = Rng::new(seed, Stream::Swarm, 1);
        for kind in job.workload.optional() {
            if rng.below(2) == 0 {
                left_out.push(Feature::Operation(kind));
            }
        }
        Mask { left_out }
    }

    fn leaves_out(&self, feature: Feature) -> bool {
        self.left_out.contains(&feature)
    }

    /// The configuration of the run.
    pub(super) fn apply(&self, config: &RunConfig) -> RunConfig {
        let mut config = config.clone();
        if self.leaves_out(Feature::CrashInRecovery) {
            config.in_recovery = 0;
        }
        for kind in FaultKind::ALL {
            if self.leaves_out(Feature::Error(kind)) {
                silence(&mut config.faults, kind);
            }
        }
        config
    }

    /// What crash states are drawn from.
    pub(super) fn draws(&self) -> Draws {
        Draws {
            kinds: self.kinds(),
            cuts_in_flight: !self.leaves_out(Feature::CutInFlight),
            damages: !self.leaves_out(Feature::MediaFault),
        }
    }

    fn kinds(&self) -> Cow<'static, [Kind]> {
        if self.left_out.is_empty() {
            return Cow::Borrowed(&KINDS);
        }
        let is_left = |kind: &Kind| !self.leaves_out(Feature::Choice(*kind));
        KINDS.into_iter().filter(is_left).collect()
    }

    /// Takes out of the operations of a life what the run goes without.
    pub(super) fn operations<S: Subject>(
        &self,
        job: &Job<S>,
        mut operations: Vec<S::Operation>,
    ) -> Vec<S::Operation> {
        let is_left_out = |operation: &S::Operation| {
            let kind = job.workload.kind(operation);
            kind.is_some_and(|kind| self.leaves_out(Feature::Operation(kind)))
        };
        if !self.left_out.is_empty() {
            operations.retain(|operation| !is_left_out(operation));
        }
        operations
    }

    /// What is left out, in words.
    pub(super) fn words(&self) -> Vec<String> {
        self.left_out.iter().map(|feature| feature.word()).collect()
    }
}

impl Feature {
    fn word(self) -> String {
        match self {
            Feature::Choice(kind) => format!("choice {}", kind.name()),
            Feature::CutInFlight => "cut-in-flight".to_owned(),
            Feature::CrashInRecovery => "crash-in-recovery".to_owned(),
            Feature::MediaFault => "media-fault".to_owned(),
            Feature::Error(kind) => format!("error {}", error(kind)),
            Feature::Operation(kind) => format!("operation {kind}"),
        }
    }
}

/// The key of a scenario that makes operations fail in this way.
fn error(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Fsync => "fsync",
        FaultKind::Eio => "eio",
        FaultKind::Enospc => "enospc",
        FaultKind::Edquot => "edquot",
        FaultKind::Eintr => "eintr",
        FaultKind::ShortRead => "short_read",
        FaultKind::ShortWrite => "short_write",
        FaultKind::LogFailure => "log_failure",
    }
}

/// The ratios of these faults that make operations fail in this way.
fn ratios(faults: &mut Faults, kind: FaultKind) -> Vec<&mut Ratio> {
    match kind {
        FaultKind::Fsync => vec![&mut faults.fsync, &mut faults.fdatasync],
        FaultKind::Eio => vec![&mut faults.eio],
        FaultKind::Enospc => vec![&mut faults.enospc],
        FaultKind::Edquot => vec![&mut faults.edquot],
        FaultKind::Eintr => vec![&mut faults.eintr],
        FaultKind::ShortRead => vec![&mut faults.short_read],
        FaultKind::ShortWrite => vec![&mut faults.short_write],
        FaultKind::LogFailure => vec![&mut faults.log_failure],
    }
}

fn silence(faults: &mut Faults, kind: FaultKind) {
    for ratio in ratios(faults, kind) {
        *ratio = Ratio::NEVER;
    }
}

/// What runs may go without besides operations, in the order in which that is drawn, and whether this configuration has it.
fn features(config: &RunConfig) -> Vec<(Feature, bool)> {
    let mut ends = vec![config.crash_kind(0), config.crash_kind_in_recovery(0)];
    if config.lives > 1 {
        ends.push(config.crash_kind(1));
    }
    let loses_power = ends.contains(&CrashKind::PowerLoss);
    let loses_process = ends.contains(&CrashKind::ProcessCrash);
    let mut faults = config.faults;
    let choices = KINDS.map(|kind| (Feature::Choice(kind), loses_power));
    let errors = FaultKind::ALL.map(|kind| {
        let ratios = ratios(&mut faults, kind);
        let is_any = ratios.iter().any(|ratio| **ratio != Ratio::NEVER);
        (Feature::Error(kind), is_any)
    });
    let others = [
        (Feature::CutInFlight, loses_process),
        (Feature::CrashInRecovery, config.in_recovery > 0),
        (Feature::MediaFault, config.device.damages()),
    ];
    choices.into_iter().chain(others).chain(errors).collect()
}

#[cfg(test)]
#[path = "swarm_tests.rs"]
mod tests;
