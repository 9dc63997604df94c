//! What the generator guarantees, over arbitrary descriptions.

use proptest::prelude::*;

use super::{strategy::workloads, *};
use crate::base::{Hasher, InclusiveRange, Ratio};

fn batches(operations: &[Operation]) -> Vec<Vec<BankEvent<'_>>> {
    let decode = |bytes| BankEvent::decode(bytes).unwrap();
    let mut batches = Vec::new();
    for operation in operations {
        if let Operation::Append { events, .. } = operation {
            batches.push(events.iter().map(decode).collect());
        }
    }
    batches
}

fn apply(balances: &mut [i64], event: &BankEvent<'_>) {
    let amount = event.amount.cast_signed();
    balances[event.account as usize] += match event.kind {
        BankEventKind::Debit => -amount,
        BankEventKind::Credit => amount,
    };
}

fn past<'a>(operations: &'a [Operation], picks: &[u8]) -> Vec<Past<'a, Operation>> {
    let standing = |pick: u8| match pick % 3 {
        0 => Standing::MustSurvive,
        1 => Standing::InDoubt,
        _ => Standing::Gone,
    };
    let standings = picks.iter().map(|&pick| standing(pick)).cycle();
    operations
        .iter()
        .zip(standings)
        .map(|(operation, standing)| Past {
            operation,
            standing,
        })
        .collect()
}

fn digest(operations: &[Operation]) -> String {
    let mut hasher = Hasher::new();
    for operation in operations {
        match operation {
            Operation::Append { stream, events } => {
                hasher.number(1).bytes(stream);
                hasher.number(events.len() as u64);
                for event in events.iter() {
                    hasher.bytes(event);
                }
            }
            other => {
                hasher.bytes(format!("{other:?}").as_bytes());
            }
        }
    }
    hasher.finish().to_string()
}

#[test]
fn a_seed_means_what_it_always_meant() {
    let bank = BankTransfers::new(BankConfig::default()).unwrap();
    let operations = bank.life(Seed(4711), 0, 50, &[]);
    let probe = bank.probe(Seed(4711), 0, &past(&operations, &[0]));
    assert_eq!(
        [digest(&operations), digest(&[probe])],
        [
            "5723d740b6784f40e19aa75c4b979442",
            "3a5e247de1448e3ee849bd4e2affacef"
        ]
    );
}

#[test]
fn a_group_ends_in_one_sync_and_by_chance_in_more() {
    let always = Ratio::new(1, 1).unwrap();
    let config = BankConfig {
        group_commit: InclusiveRange::exactly(2),
        checkpoint: always,
        rotate: always,
        reopen: always,
        read: always,
        ..BankConfig::default()
    };
    let operations = BankTransfers::new(config).unwrap().life(Seed(1), 0, 3, &[]);
    let names: String = operations
        .iter()
        .map(|operation| match operation {
            Operation::Append { .. } => 'a',
            Operation::Sync => 's',
            Operation::Checkpoint => 'c',
            Operation::Rotate => 'r',
            Operation::Reopen => 'o',
            Operation::Read => 'g',
        })
        .collect();
    assert_eq!(names, "aascrogascrog");
}

#[test]
fn padding_holds_zeros_line_feeds_and_other_bytes() {
    let bank = BankTransfers::new(BankConfig::default()).unwrap();
    let operations = bank.life(Seed(1), 0, 10, &[]);
    let padding: Vec<u8> = batches(&operations)
        .concat()
        .iter()
        .flat_map(|event| event.padding)
        .copied()
        .collect();
    for byte in [0, b'\n', 0x80] {
        assert!(padding.contains(&byte), "{byte:#x} is missing");
    }
}

proptest! {
    #[test]
    fn batches_are_numbered_balanced_and_of_the_sizes_asked_for(work in workloads(8)) {
        let config = work.bank.config();
        let batches = batches(&work.operations);
        prop_assert_eq!(batches.len(), config.batches as usize);
        for (number, batch) in batches.iter().enumerate() {
            let transfers = u32::try_from(batch.len() / 2).unwrap();
            prop_assert!(config.transfers_per_batch.contains(transfers));
            for (index, event) in batch.iter().enumerate() {
                prop_assert_eq!((event.seed, event.life), (work.seed, 0));
                prop_assert_eq!(event.batch as usize, number);
                prop_assert_eq!(usize::from(event.index), index);
                prop_assert_eq!(usize::from(event.count), batch.len());
                let padding_size = u32::try_from(event.padding.len()).unwrap();
                prop_assert!(config.payload_bytes.contains(padding_size));
            }
            for transfer in batch.chunks(2) {
                prop_assert_eq!(transfer[0].kind, BankEventKind::Debit);
                prop_assert_eq!(transfer[1].kind, BankEventKind::Credit);
                prop_assert_eq!(transfer[0].amount, transfer[1].amount);
                prop_assert_ne!(transfer[0].account, transfer[1].account);
                prop_assert!(transfer[0].amount > 0);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes(work in workloads(8)) {
        let batches = work.bank.config().batches;
        let again = work.bank.life(work.seed, 0, batches, &[]);
        prop_assert_eq!(&again, &work.operations);
        let other = work.bank.life(Seed(work.seed.0 ^ 1), 0, batches, &[]);
        prop_assert_ne!(other, again);
    }

    #[test]
    fn no_account_is_overdrawn_whatever_is_lost(
        work in workloads(8),
        standings in prop::collection::vec(any::<u8>(), 1..20),
        kept in prop::collection::vec(any::<bool>(), 1..20),
    ) {
        let config = work.bank.config();
        let share = config.batches.div_ceil(2);
        let first = work.bank.life(work.seed, 0, share, &[]);
        let first = past(&first, &standings);
        let second = work.bank.life(work.seed, 1, config.batches - share, &first);
        let mut all = first.clone();
        all.extend(past(&second, &[1]));
        let probe = work.bank.probe(work.seed, 1, &all);
        all.extend(past(std::slice::from_ref(&probe), &[0]));

        let mut balances = vec![config.opening_balance.cast_signed(); config.accounts as usize];
        for (past, kept) in all.iter().zip(kept.iter().cycle()) {
            if past.standing == Standing::MustSurvive
                || past.standing == Standing::InDoubt && *kept
            {
                for event in batches(std::slice::from_ref(past.operation)).concat() {
                    apply(&mut balances, &event);
                }
            }
        }
        prop_assert!(balances.iter().all(|&balance| balance >= 0), "{balances:?}");
    }

    #[test]
    fn a_probe_is_one_transfer_that_no_life_has(work in workloads(4)) {
        let probe = work.bank.probe(work.seed, 0, &past(&work.operations, &[1]));
        let probe = batches(std::slice::from_ref(&probe)).concat();
        prop_assert_eq!(probe.len(), 2);
        prop_assert!(probe.iter().all(|event| event.batch == PROBE_BATCH && event.amount > 0));
    }
}
