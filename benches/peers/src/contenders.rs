//! Who does what, and how often they did it.

use std::cell::Cell;

use tornwrite::{
    base::{Rng, Seed, Stream},
    run::{Job, Subject, run},
    store::StoreKind,
    workload::BankTransfers,
};

use crate::{
    floor,
    job::{bank, config, job, oracle},
    kill_peer, ndjson_floor,
    rounds::{self, Rate, Work},
    subject,
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
    pub(crate) images_wal: Rate,
    pub(crate) images_floor: Rate,
    pub(crate) workload: Rate,
    pub(crate) runs: Rate,
    pub(crate) runs_wal: Rate,
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
    let drawn_of_wal = Drawn::default();
    let [
        images,
        images_wal,
        images_floor,
        workload,
        runs,
        runs_wal,
        runs_floor,
        turmoil,
        kill,
        unsynced,
        unsynced_floor,
        unsynced_turmoil,
    ] = rounds::measure([
        images(framed(), drawn),
        images(job(StoreKind::Wal, bank(50)), &drawn_of_wal),
        images_floor(),
        workload(),
        runs(framed(), RUNS),
        runs(job(StoreKind::Wal, bank(50)), RUNS),
        runs_floor(),
        turmoil(Store::Log, subject::bank(50), RUNS),
        kill(),
        runs(job(StoreKind::Ndjson, bank(2000)), 1),
        unsynced_floor(),
        turmoil(Store::Ndjson, bank(2000), 1),
    ]);
    Rates {
        images,
        images_wal,
        images_floor,
        workload,
        runs,
        runs_wal,
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

/// The framed log over the harness.
fn framed() -> Job<subject::FramedLog> {
    let bank = subject::bank(50);
    subject::job(bank, oracle(&bank))
}

fn images<'a, S: Subject + 'a>(job: Job<S>, drawn: &'a Drawn) -> Work<'a> {
    let config = config(STATES);
    let mut seeds = (0..).map(Seed);
    Box::new(move || {
        let outcome = run(&job, &config, seeds.next().expect("endless"));
        assert!(!outcome.is_violating(), "a correct log is blamed");
        let (states, images) = (&drawn.states, &drawn.images);
        states.set(states.get() + outcome.states_tried);
        images.set(images.get() + outcome.recoveries);
        outcome.recoveries
    })
}

fn images_floor() -> Work<'static> {
    let bank = subject::bank(50);
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

fn runs<S: Subject + 'static>(job: Job<S>, times: u64) -> Work<'static> {
    let config = config(1);
    each(times, move |seed| drop(run(&job, &config, seed)))
}

/// What every whole run starts with.
fn workload() -> Work<'static> {
    let bank = subject::bank(50);
    each(RUNS, move |seed| drop(bank.life(seed, 0, 50, &[])))
}

fn runs_floor() -> Work<'static> {
    let bank = subject::bank(50);
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

fn turmoil(store: Store, bank: BankTransfers, times: u64) -> Work<'static> {
    let oracle = oracle(&bank);
    each(times, move |seed| {
        let (_, holds) = turmoil_peer::whole_run(store, &bank, &oracle, seed);
        assert!(holds || store == Store::Ndjson, "a correct log is blamed");
    })
}

fn kill() -> Work<'static> {
    let bank = subject::bank(50);
    let oracle = oracle(&bank);
    each(1, move |seed| {
        let (_, holds) = kill_peer::whole_run(&bank, &oracle, seed).expect("a real directory");
        assert!(holds, "a correct log is blamed");
    })
}
