//! A run's configuration, resolved: nothing is optional any more.

use serde::{Deserialize, Serialize};

use crate::{
    base::{Position, Rng, Seed, Stream},
    crash::PersistenceGraph,
    profile::{Device, Profile},
    simfs::{FaultPlan, Faults, Recording, SimFs},
    trace::Site,
    workload::CrashKind,
};

/// What ends a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrashMode {
    /// The machine loses power.
    PowerLoss,
    /// The process dies and its page cache survives.
    ProcessCrash,
    /// The process dies, is started again on what the page cache holds, and then the machine loses power.
    ProcessThenPower,
}

/// Which crash states are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Some, drawn from the seed.
    Sampled,
    /// Every one, at every point where there are not too many.
    Exhaustive,
}

/// How one run goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// What ends a life.
    pub crash: CrashMode,
    /// What the filesystem promises.
    pub profile: &'static Profile,
    /// What is below the filesystem.
    pub device: &'static Device,
    /// Crashes in a row, each followed by recovery and, but for the last, by more work.
    pub lives: u32,
    /// How deep crashes inside recovery go; 0 for none.
    pub in_recovery: u32,
    /// Crash states tried inside each recovery.
    pub recovery_states: u32,
    /// Which crash states are tried.
    pub mode: Mode,
    /// Crash states tried in each life when they are sampled.
    pub states_per_run: u32,
    /// The largest number of states at one point that exhaustive mode goes through.
    pub exhaustive_budget: u64,
    /// Operations on the filesystem that a subject may do in one life or one recovery.
    pub operations_per_life: u64,
    /// The place in the subject's code whose barriers are left out, to see what they are for.
    pub skip: Option<Site>,
    /// Which operations on the filesystem are made to fail.
    pub faults: Faults,
    /// Whether each sampled run goes without a random half of what it need not have.
    pub swarm: bool,
}

/// What a filesystem allows in one life, or one recovery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    operations: u64,
    skip: Option<Site>,
}

impl Limits {
    pub(super) fn apply(self, fs: &SimFs) {
        fs.allow(self.operations);
        if let Some(site) = self.skip {
            fs.skip_barriers_at(site);
        }
    }
}

impl RunConfig {
    /// What a filesystem allows in one life, or one recovery.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            operations: self.operations_per_life,
            skip: self.skip,
        }
    }

    /// What is made to fail in the life with this number, if anything may be.
    pub(super) fn faults_of_life(&self, seed: Seed, life: u32) -> Option<FaultPlan> {
        self.plan(Rng::new(seed, Stream::InjectedError, life))
    }

    /// What is made to fail in recoveries from the crashes of the life with this number: where each gets its draws from.
    pub(super) fn faults_in_recovery(seed: Seed, life: u32) -> Rng {
        Rng::new(seed, Stream::InjectedError, 1 << 16 | life)
    }

    /// What is made to fail by the draws of `rng`, if anything may be.
    pub(super) fn plan(&self, rng: Rng) -> Option<FaultPlan> {
        let is_any = !self.faults.is_none();
        is_any.then(|| FaultPlan::drawn(self.faults, self.profile, rng))
    }

    /// The effects of a recording on this filesystem and device.
    pub(super) fn graph<'r>(&'r self, recording: &'r Recording) -> PersistenceGraph<'r> {
        self.graph_up_to(recording.trace.end(), recording)
    }

    /// The same of what was recorded before `end`, for crash points up to there.
    pub(super) fn graph_up_to<'r>(
        &'r self,
        end: Position,
        recording: &'r Recording,
    ) -> PersistenceGraph<'r> {
        PersistenceGraph::up_to(end, recording, self.profile, self.device.lies())
    }

    /// What ends the life with this number, counted from 0.
    pub fn crash_kind(&self, life: u32) -> CrashKind {
        match self.crash {
            CrashMode::ProcessCrash => CrashKind::ProcessCrash,
            CrashMode::ProcessThenPower if life.is_multiple_of(2) => CrashKind::ProcessCrash,
            CrashMode::PowerLoss | CrashMode::ProcessThenPower => CrashKind::PowerLoss,
        }
    }

    /// What happens inside the recovery that follows the life with this number.
    pub fn crash_kind_in_recovery(&self, life: u32) -> CrashKind {
        match self.crash {
            CrashMode::ProcessThenPower => CrashKind::PowerLoss,
            _ => self.crash_kind(life),
        }
    }
}
