//! A strip: of the legal crash states at each crash point of one life, how many fail.
//!
//! Guarantees: at a point that is said to be exact every legal crash state was recovered and judged, so that its share of
//! failing states is no estimate; elsewhere states were drawn, and the point says so. The cost is bounded: no more than
//! `states_max` states altogether. The first limit that keeps below it is taken for how many states are gone through at one
//! point, and if even that is too much, only every n-th point is.
//!
//! Deliberately absent: crashes inside recovery, and errors injected into recoveries. On a device that damages the disk
//! every state is drawn, since there are as many faults as bits.

use serde::{Deserialize, Serialize};

use super::{
    CrashChoice, RunConfig, Schedule,
    driver::{operations, settle, trials},
    fit::Fit,
    lay::lay,
    life::{Life, Start, record},
    look::Look,
    media::{self, LastGroup, Medium},
    recover::{Trials, recover},
    state::{cut_in_flight, past},
    subject::{Job, Subject},
    swarm::Mask,
};
use crate::{
    base::{Position, Seed},
    crash::{Window, pages_in_flight, process_crash},
    image::Image,
    simfs::FaultPlan,
    workload::{CrashKind, Ledger},
};

/// How many states of one point are gone through, the most first.
const EXACT_LIMITS: [u64; 6] = [4096, 1024, 256, 64, 16, 4];

/// How many states are drawn where there are more.
const DRAWN: u64 = 24;

/// Of the legal crash states at each point of one life, how many fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// The seed of the run.
    pub seed: u64,
    /// Which of its lives, counted from 1.
    pub life: u32,
    /// What the crash takes.
    pub crash: CrashKind,
    /// The number of entries of the trace.
    pub end: u32,
    /// Crash points that there are; fewer may have been looked at.
    pub points_all: u64,
    /// The points that were looked at, in order.
    pub points: Vec<StripPoint>,
    /// Barriers, promises and errors, in order.
    pub ticks: Vec<StripTick>,
}

/// One crash point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripPoint {
    /// Where in the trace.
    pub at: u32,
    /// How many crash states are legal there; nothing if they are too many to count.
    pub legal: Option<u64>,
    /// How many were recovered and judged.
    pub tried: u64,
    /// Of those, how many violate an invariant.
    pub failing: u64,
    /// Whether those were all.
    pub exact: bool,
}

/// Something in the trace that a reader looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripTick {
    /// Its index in the trace.
    pub at: u32,
    /// What it is.
    pub is: Tick,
    /// In words.
    pub text: String,
}

/// What a tick stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tick {
    /// A barrier is complete.
    Barrier,
    /// Something was promised to survive a power loss.
    Acknowledgement,
    /// Something was made to fail.
    Error,
    /// Recovery is over.
    Opened,
}

/// Goes through the crash states of one life: the one that the last crash of `schedule` ends, or the first one if it has
/// none. Nothing if the earlier crashes cannot be laid.
pub fn strip<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    schedule: &Schedule,
    states_max: u64,
) -> Option<Strip> {
    let last = schedule.crashes.len().saturating_sub(1);
    let mask = Mask::of(job, config, seed);
    let mut start = Start::Mount(Image::empty());
    let mut earlier = (Vec::new(), Ledger::new());
    let mut inherited = LastGroup::default();
    for number in 0_u32.. {
        let first = match &start {
            Start::Mount(_) => Position(0),
            Start::Resume(recording, _) => recording.trace.end(),
        };
        let operations = operations(job, &mask, seed, number, config.lives, &earlier);
        let faults = faults(&mask.apply(config), seed, schedule, number);
        let life = record(
            job,
            start,
            seed,
            config.limits(),
            earlier,
            operations,
            faults,
        );
        let graph = config.graph(&life.recording);
        let trials = Trials {
            life: number,
            ..trials(job, config, seed)
        };
        if number as usize >= last {
            let mut medium = Medium::new(config.device, seed, number);
            medium.inherited = inherited;
            let look = Look::new(job, config, &life, trials, medium);
            return Some(look.strip(&graph, first, states_max));
        }
        let choice = &schedule.crashes[number as usize];
        let laid = lay(choice, &life.recording, &graph, "", &mut Fit::default()).ok()?;
        let after = Crashed::new(choice, config, &life, &laid.window, number, &laid.selection);
        inherited = media::last_group(
            config.device,
            &laid.window,
            &laid.selection,
            &after.image,
            &inherited,
            after.resumes,
        );
        let point = laid.window.point;
        let recovered = recover(job, after.start.clone(), trials, &past(&life, point), None);
        let state = recovered.shown.ok()?;
        start = after.start;
        drop(laid);
        drop(graph);
        earlier = settle(job, life, point, choice.kind, &state);
    }
    None
}

fn faults(config: &RunConfig, seed: Seed, schedule: &Schedule, life: u32) -> Option<FaultPlan> {
    if schedule.crashes.is_empty() {
        return config.faults_of_life(seed, life);
    }
    let errors = schedule.errors.get(life as usize).cloned();
    let errors = errors.unwrap_or_default();
    let is_any = !errors.is_empty() || !config.faults.is_none();
    is_any.then(|| FaultPlan::listed(errors, config.profile))
}

/// Where the next life begins.
struct Crashed {
    start: Start,
    image: Image,
    resumes: bool,
}

impl Crashed {
    fn new<O>(
        choice: &CrashChoice,
        config: &RunConfig,
        life: &Life<O>,
        window: &Window<'_>,
        number: u32,
        selection: &[crate::crash::Kept],
    ) -> Crashed {
        let pages = choice
            .pages_in_flight
            .min(pages_in_flight(&life.recording.trace, window.point));
        let mut image = match choice.kind {
            CrashKind::PowerLoss => window.image(selection),
            CrashKind::ProcessCrash => process_crash(window, pages).1,
        };
        if let Some(fault) = &choice.media {
            // What it is called plays no part here: only its bytes do.
            let _ = media::lay(fault, window, selection, &mut image, &LastGroup::default());
        }
        let resumes = choice.kind == CrashKind::ProcessCrash
            && config.crash_kind_in_recovery(number) == CrashKind::PowerLoss;
        let start = if resumes {
            let cut = cut_in_flight(&life.recording, window.point, pages);
            Start::Resume(cut, image.clone())
        } else {
            Start::Mount(image.clone())
        };
        Crashed {
            start,
            image,
            resumes,
        }
    }
}

/// How many states are drawn at one point under a limit.
pub(super) fn drawn(limit: u64) -> u64 {
    limit.min(DRAWN)
}

/// Up to how many states are gone through at one point, and every how many-th point is looked at.
pub(super) fn plan(counts: &[u64], states_max: u64) -> (u64, usize) {
    let cost = |limit: u64| {
        let each = counts
            .iter()
            .map(|&count| if count <= limit { count } else { drawn(limit) });
        each.fold(0, u64::saturating_add)
    };
    if let Some(limit) = EXACT_LIMITS
        .into_iter()
        .find(|&limit| cost(limit) <= states_max)
    {
        return (limit, 1);
    }
    let least = EXACT_LIMITS[EXACT_LIMITS.len() - 1];
    let step = cost(least).div_ceil(states_max.max(1));
    (least, usize::try_from(step).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_limit_that_keeps_below_the_budget_is_taken() {
        assert_eq!(plan(&[1, 4, 5000], 10_000), (4096, 1));
        assert_eq!(plan(&[1, 1024, 5000], 1049), (4096, 1));
        assert_eq!(plan(&[1, 1024, 5000], 1048), (256, 1));
        assert_eq!(plan(&[1, 300, 5000], 100), (256, 1));
        assert_eq!(plan(&[100; 10], 240), (64, 1));
        assert_eq!(plan(&[1000; 1000], 1000), (4, 4));
        assert_eq!(plan(&[1; 10], 0), (4, 10));
    }
}
