//! The main loop: record a life, try its crash states, go on from one of them.

use super::{
    RunConfig, RunOutcome,
    explore::Explorer,
    life::{Life, Start, named, record},
    media::LastGroup,
    recover::Trials,
    subject::{Job, Subject},
    swarm::Mask,
    tally::Tally,
};
use crate::{
    base::{Position, Seed},
    image::Image,
    simfs::Recording,
    workload::{CrashKind, Ledger, Past},
};

/// Executes one run.
///
/// ```text
/// record a life ─► crash states ─► recover each distinct disk ─► judge ─► the next life, on one of them
/// ```
pub fn run<S: Subject>(job: &Job<S>, config: &RunConfig, seed: Seed) -> RunOutcome {
    run_watched(job, config, seed, &mut |_| {})
}

/// The same, shown the recording of each life.
pub(super) fn run_watched<S: Subject>(
    job: &Job<S>,
    config: &RunConfig,
    seed: Seed,
    watch: &mut dyn FnMut(&Recording),
) -> RunOutcome {
    let mask = Mask::of(job, config, seed);
    let config = &mask.apply(config);
    let mut tally = Tally::new(job);
    tally.outcome.left_out = mask.words();
    let trials = trials(job, config, seed);
    let mut start = Start::Mount(Image::empty());
    let mut past = (Vec::new(), Ledger::new());
    let mut first = Position(0);
    let mut last_group = LastGroup::default();
    for number in 0..config.lives {
        let operations = operations(job, &mask, seed, number, config.lives, &past);
        let life = record(
            job,
            start,
            seed,
            config.limits(),
            past,
            operations,
            config.faults_of_life(seed, number),
        );
        watch(&life.recording);
        tally.life(&life);
        let mut explorer = Explorer::new(
            job,
            config,
            seed,
            number,
            &life,
            Trials {
                life: number,
                ..trials
            },
            &mut tally,
        );
        explorer.medium.inherited = last_group;
        explorer.draws = mask.draws();
        let Some(next) = explorer.explore(first) else {
            break;
        };
        tally
            .crashes
            .push(next.choice.describe(&life.recording, config));
        let (point, kind) = (next.choice.point, next.choice.kind);
        tally.errors.push(named(&life.errors));
        past = settle(job, life, point, kind, &next.state);
        first = next.start.position();
        start = next.start;
        last_group = next.last_group;
    }
    tally.finish(seed)
}

/// What is tried besides the recovery, as far as an invariant asks.
pub(super) fn trials<S: Subject>(job: &Job<S>, config: &RunConfig, seed: Seed) -> Trials {
    let invariants = job.oracle.invariants();
    Trials {
        again: invariants.contains(&"recovery-idempotent"),
        progress: invariants.contains(&"forward-progress"),
        limits: config.limits(),
        seed,
        life: 0,
    }
}

/// What a life is asked to do, but for what its run goes without.
pub(super) fn operations<S: Subject>(
    job: &Job<S>,
    mask: &Mask,
    seed: Seed,
    life: u32,
    lives: u32,
    past: &(Vec<S::Operation>, Ledger),
) -> Vec<S::Operation> {
    let standings = past.1.carried();
    let past = past.0.iter().zip(standings);
    let past: Vec<_> = past
        .map(|(operation, standing)| Past {
            operation,
            standing,
        })
        .collect();
    mask.operations(job, job.workload.life(seed, life, lives, &past))
}

/// Goes over to the next life: what was asked behind the crash never happened, and what recovery showed is known.
pub(super) fn settle<S: Subject>(
    job: &Job<S>,
    life: Life<S::Operation>,
    point: Position,
    kind: CrashKind,
    state: &S::State,
) -> (Vec<S::Operation>, Ledger) {
    let shown = job
        .oracle
        .shown(&super::state::history(&life, point, kind), state);
    let Life {
        mut history,
        mut ledger,
        ..
    } = life;
    ledger.settle(point, kind, &shown);
    history.truncate(ledger.len());
    (history, ledger)
}
