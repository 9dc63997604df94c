use tornwrite::{base::*, profile::Profile, run::*, store::*, workload::*};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kind = StoreKind::from_name(&args[1]).unwrap();
    let mut map = OptionMap::new();
    for kv in &args[5..] {
        let (k, v) = kv.split_once('=').unwrap();
        map.insert(
            k.into(),
            v.parse::<u64>()
                .map(OptionValue::Integer)
                .unwrap_or_else(|_| OptionValue::Text(v.into())),
        );
    }
    let crash = match args[3].as_str() {
        "power" => CrashMode::PowerLoss,
        "process" => CrashMode::ProcessCrash,
        _ => CrashMode::ProcessThenPower,
    };
    let lives: u32 = args[4].parse().unwrap();
    let mut bank = BankConfig::default();
    if kind != StoreKind::Wal {
        bank.checkpoint = Ratio::NEVER;
        bank.rotate = Ratio::NEVER;
        bank.reopen = Ratio::NEVER;
    }
    let bank = BankTransfers::new(bank).unwrap();
    let ids = tornwrite::oracle::catalogue::defaults();
    let job = EventStoreJob::event_store(kind.options(&map).unwrap(), bank, &ids).unwrap();
    let config = RunConfig {
        crash,
        profile: Profile::find(&args[2]).unwrap(),
        lives,
        in_recovery: 1,
        recovery_states: 2,
        mode: Mode::Sampled,
        states_per_run: 64,
        exhaustive_budget: 4096,
        operations_per_life: 100_000,
    };
    silence_subject_panics();
    let mut totals = std::collections::BTreeMap::new();
    let (mut states, mut images, mut cov) = (0, 0, Coverage::default());
    let mut shown = 0;
    for seed in 0..20 {
        let outcome = run(&job, &config, Seed(seed));
        states += outcome.states_tried;
        images += outcome.distinct_images;
        cov.add(&outcome.coverage);
        for v in &outcome.violations {
            *totals.entry(v.invariant).or_insert(0) += 1;
            if shown < 4 {
                shown += 1;
                println!(
                    "seed {seed} {} LET {} THEN {} HOWEVER {}\n   {}",
                    v.invariant, v.witness.given, v.witness.shown, v.witness.however, v.signature
                );
            }
        }
    }
    println!("{states} {images} {totals:?} {:?}", cov.marks);
}
