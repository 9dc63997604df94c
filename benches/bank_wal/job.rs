//! The job `bank-wal`: 8 accounts, batches of one transfer each, each synced on its own.

use tornwrite::{
    base::{InclusiveRange, Ratio},
    oracle::BankOracle,
    profile::{Device, Profile},
    run::{CrashMode, EventStoreJob, Faults, Mode, RunConfig},
    store::{OptionMap, StoreKind},
    workload::{BankConfig, BankTransfers},
};

const INVARIANTS: [&str; 6] = [
    "recovery-succeeds",
    "no-phantom",
    "atomic-batch",
    "balanced-transfers",
    "durable-ack",
    "prefix-order",
];

/// 50 batches, or as many, of one transfer each: two events of 60 bytes.
pub(crate) fn bank(batches: u32) -> BankTransfers {
    let one = InclusiveRange::exactly(1);
    let config = BankConfig {
        accounts: 8,
        batches,
        transfers_per_batch: one,
        group_commit: one,
        payload_bytes: InclusiveRange::exactly(23),
        checkpoint: Ratio::NEVER,
        rotate: Ratio::NEVER,
        reopen: Ratio::NEVER,
        read: Ratio::NEVER,
        ..BankConfig::default()
    };
    BankTransfers::new(config).expect("a sound workload")
}

/// The job as the harness runs it.
pub(crate) fn job(store: StoreKind, bank: BankTransfers) -> EventStoreJob {
    let options = store.options(&OptionMap::new()).expect("no options");
    EventStoreJob::event_store(options, bank, &INVARIANTS).expect("known invariants")
}

/// One life under `ext4-ordered`, and this many crash states of it.
pub(crate) fn config(states_per_run: u32) -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile: Profile::find("ext4-ordered").expect("a known profile"),
        device: Device::honest(),
        lives: 1,
        in_recovery: 0,
        recovery_states: 0,
        mode: Mode::Sampled,
        states_per_run,
        exhaustive_budget: 0,
        operations_per_life: 100_000,
        skip: None,
        swarm: false,
        faults: Faults::default(),
    }
}

/// What judges it.
pub(crate) fn oracle(bank: &BankTransfers) -> BankOracle {
    BankOracle::new(*bank.config(), &INVARIANTS).expect("known invariants")
}
