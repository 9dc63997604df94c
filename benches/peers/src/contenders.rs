//! Who does what, and how often they did it.

use std::cell::Cell;

use tornwrite::{
    base::{Rng, Seed, Stream},
    run::run,
    store::StoreKind,
};

use crate::{
    floor,
    job::{bank, config, job, oracle},
    kill_peer, ndjson_floor,
    rounds::{self, Rate, Work},
    turmoil_peer::{self, Store},
};

/// Crash states drawn of each recording where images are counted, and cuts of each log.
const STATES: u32 = 64;
/// Whole runs between two looks at the clock.
const RUNS: u64 = 8;

/// The rates of all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) images: Rate,
    pub(crate) images_floor: Rate,
    pub(crate) runs: Rate,
    pub(crate) runs_floor: Rate,
    pub(crate) turmoil: Rate,
    pub(crate) kill: Rate,
    pub(crate) unsynced: Rate,
    pub(crate) unsynced_floor: Rate,
    pub(crate) unsynced_turmoil: Rate,
}

/// What tornwrite drew where images are counted.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) states: Cell<u64>,
    /// Those that were mounted, recovered and checked.
    pub(crate) images: Cell<u64>,
}

/// Measures all contenders in turns.
pub(crate) fn measure(drawn: &Drawn) -> Rates {
    let [
        images,
        images_floor,
        runs,
        runs_floor,
        turmoil,
        kill,
        unsynced,
        unsynced_floor,
        unsynced_turmoil,
    ] = rounds::measure([
        images(drawn),
        images_floor(),
        runs(StoreKind::Wal, 50, RUNS),
        runs_floor(),
        turmoil(Store::Log, 50, RUNS),
        kill(),
        runs(StoreKind::Ndjson, 2000, 1),
        unsynced_floor(),
        turmoil(Store::Ndjson, 2000, 1),
    ]);
    Rates {
        images,
        images_floor,
        runs,
        runs_floor,
        turmoil,
        kill,
        unsynced,
        unsynced_floor,
        unsynced_turmoil,
    }
}

/// Does `work` for this many fresh seeds at a time.
fn each<'a>(times: u64, mut work: impl FnMut(Seed) + 'a) -> Work<'a> {
    let mut seed = 0;
    Box::new(move || {
        for _ in 0..times {
            work(Seed(seed));
            seed += 1;
        }
        times
    })
}

fn images(drawn: &Drawn) -> Work<'_> {
    let job = job(StoreKind::Wal, bank(50));
    let config = config(STATES);
    let mut seeds = (0..).map(Seed);
    Box::new(move || {
        let outcome = run(&job, &config, seeds.next().expect("endless"));
        drawn.states.set(drawn.states.get() + outcome.states_tried);
        drawn.images.set(drawn.images.get() + outcome.recoveries);
        outcome.recoveries
    })
}

fn images_floor() -> Work<'static> {
    let bank = bank(50);
    let oracle = oracle(&bank);
    let mut outcomes = Vec::new();
    let mut seeds = (0..).map(Seed);
    Box::new(move || {
        let seed = seeds.next().expect("endless");
        let log = floor::write(&bank, seed);
        let mut rng = Rng::new(seed, Stream::CrashPoint, 0);
        (0..STATES).for_each(|_| floor::crash(&log, &oracle, &mut rng, &mut outcomes));
        u64::from(STATES)
    })
}

fn runs(store: StoreKind, batches: u32, times: u64) -> Work<'static> {
    let job = job(store, bank(batches));
    let config = config(1);
    each(times, move |seed| drop(run(&job, &config, seed)))
}

fn runs_floor() -> Work<'static> {
    let bank = bank(50);
    let oracle = oracle(&bank);
    each(RUNS, move |seed| floor::whole_run(&bank, &oracle, seed))
}

fn unsynced_floor() -> Work<'static> {
    let bank = bank(2000);
    let oracle = oracle(&bank);
    each(1, move |seed| {
        ndjson_floor::whole_run(&bank, &oracle, seed);
    })
}

fn turmoil(store: Store, batches: u32, times: u64) -> Work<'static> {
    let bank = bank(batches);
    let oracle = oracle(&bank);
    each(times, move |seed| {
        let (_, holds) = turmoil_peer::whole_run(store, &bank, &oracle, seed);
        assert!(holds || store == Store::Ndjson, "a correct log is blamed");
    })
}

fn kill() -> Work<'static> {
    let bank = bank(50);
    let oracle = oracle(&bank);
    each(1, move |seed| {
        let (_, holds) = kill_peer::whole_run(&bank, &oracle, seed).expect("a real directory");
        assert!(holds, "a correct log is blamed");
    })
}
