use tornwrite::{
    base::{InclusiveRange, Ratio, Seed},
    profile::Profile,
    run::{CrashMode, EventStoreJob, Mode, RunConfig, run},
    store::{OptionMap, StoreKind},
    workload::{BankConfig, BankTransfers},
};
fn main() {
    let states: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let n: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let one = InclusiveRange::exactly(1);
    let bank = BankTransfers::new(BankConfig {
        accounts: 8,
        batches: 50,
        transfers_per_batch: one,
        group_commit: one,
        payload_bytes: InclusiveRange::exactly(23),
        checkpoint: Ratio::NEVER,
        rotate: Ratio::NEVER,
        reopen: Ratio::NEVER,
        read: Ratio::NEVER,
        ..BankConfig::default()
    })
    .unwrap();
    let job = EventStoreJob::event_store(
        StoreKind::Wal.options(&OptionMap::new()).unwrap(),
        bank,
        &[
            "recovery-succeeds",
            "no-phantom",
            "atomic-batch",
            "balanced-transfers",
            "durable-ack",
            "prefix-order",
        ],
    )
    .unwrap();
    let config = RunConfig {
        crash: CrashMode::PowerLoss,
        profile: Profile::find("ext4-ordered").unwrap(),
        lives: 1,
        in_recovery: 0,
        recovery_states: 0,
        mode: Mode::Sampled,
        states_per_run: states,
        exhaustive_budget: 0,
        operations_per_life: 100_000,
    };
    let t = std::time::Instant::now();
    let mut images = 0;
    for seed in 0..n {
        images += run(&job, &config, Seed(seed)).distinct_images;
    }
    let s = t.elapsed().as_secs_f64();
    println!(
        "{:.1} us/run, {:.1} us/image",
        s * 1e6 / n as f64,
        s * 1e6 / images as f64
    );
}
