//! Property tests draw from the same description, through the same generator, as campaigns do.

use proptest::prelude::*;

use super::{BankConfig, BankTransfers};
use crate::{
    base::{InclusiveRange, Ratio, Seed},
    workload::Operation,
};

/// The first life of an arbitrary workload.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) bank: BankTransfers,
    pub(crate) seed: Seed,
    pub(crate) operations: Vec<Operation>,
}

/// Arbitrary workloads of up to `batches_max` batches; they shrink towards few small batches.
pub(crate) fn workloads(batches_max: u32) -> impl Strategy<Value = Workload> {
    (configs(batches_max), any::<u64>()).prop_map(|(config, seed)| {
        let bank = BankTransfers::new(config).unwrap();
        let operations = bank.life(Seed(seed), 0, config.batches, &[]);
        Workload {
            bank,
            seed: Seed(seed),
            operations,
        }
    })
}

fn configs(batches_max: u32) -> impl Strategy<Value = BankConfig> {
    let chances = [(); 4].map(|()| (0..=4_u32).prop_map(|cases| Ratio::new(cases, 4).unwrap()));
    (
        (2..6_u32, 1..=batches_max, 1..4_u32),
        (range(1, 4), range(1, 4), range(0, 40)),
        (0..2000_u64, chances),
    )
        .prop_map(
            |((accounts, batches, streams), ranges, (beyond, chances))| {
                let (transfers_per_batch, group_commit, payload_bytes) = ranges;
                let [checkpoint, rotate, reopen, read] = chances;
                BankConfig {
                    accounts,
                    opening_balance: u64::from(batches * transfers_per_batch.high()) + 1 + beyond,
                    batches,
                    transfers_per_batch,
                    group_commit,
                    payload_bytes,
                    streams,
                    checkpoint,
                    rotate,
                    reopen,
                    read,
                }
            },
        )
}

fn range(low: u32, high: u32) -> impl Strategy<Value = InclusiveRange> {
    (low..=high, low..=high).prop_map(|(one, other)| InclusiveRange::between(one, other))
}
