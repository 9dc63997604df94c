//! What a picture shows of a trace is what the timeline says in words.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use tornwrite::{
    base::{Ratio, Seed},
    profile::{Device, Profile},
    run::{
        CrashMode, EventStoreJob, Fate, Faults, Mode, Row, RunConfig, Shape, Timeline, replay, run,
        silence_subject_panics,
    },
    store::{OptionMap, StoreKind},
    workload::{BankConfig, BankTransfers},
};

fn job(kind: StoreKind) -> EventStoreJob {
    let never = Ratio::NEVER;
    let bank = BankConfig {
        batches: 12,
        checkpoint: if kind == StoreKind::WalNote {
            Ratio::new(1, 4).unwrap()
        } else {
            never
        },
        rotate: never,
        reopen: never,
        read: never,
        ..BankConfig::default()
    };
    let bank = BankTransfers::new(bank).unwrap();
    let options = kind.options(&OptionMap::new()).unwrap();
    EventStoreJob::event_store(options, bank, &["durable-ack", "atomic-batch"]).unwrap()
}

fn config(profile: &str, faults: Faults) -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile: Profile::find(profile).unwrap(),
        device: Device::honest(),
        lives: 2,
        in_recovery: 1,
        recovery_states: 2,
        mode: Mode::Sampled,
        states_per_run: 24,
        exhaustive_budget: 4096,
        operations_per_life: 10_000,
        skip: None,
        swarm: false,
        faults,
    }
}

/// The fates of all parts of an entry.
fn parts(row: &Row) -> String {
    let blocks = row
        .drawing
        .blocks
        .iter()
        .flat_map(|block| block.sectors.chars());
    let pieces = row.drawing.pieces.iter().map(|piece| piece.fate);
    blocks.chain(pieces).filter(|fate| *fate != ' ').collect()
}

fn check(timeline: &Timeline) {
    for row in &timeline.rows {
        let parts = parts(row);
        let is = |allowed: &str| parts.chars().all(|part| allowed.contains(part));
        let has = |wanted: &str| parts.chars().any(|part| wanted.contains(part));
        let agrees = match &row.fate {
            Fate::Durable(_) => is("="),
            Fate::Kept => is("=#") && has("#"),
            Fate::Lost => is("=.0SG") && has(".0SG"),
            Fate::Torn => has("#") && has(".0SG"),
            Fate::Behind => is("-"),
            Fate::Said | Fate::Barrier | Fate::Failed => parts.is_empty(),
        };
        assert!(agrees, "{row:?}");
        for block in &row.drawing.blocks {
            assert_eq!(block.sectors.chars().count(), 8);
        }
        if let Shape::End { begin, covers } = &row.drawing.shape {
            let began = &timeline.rows[*begin as usize];
            assert!(
                matches!(began.drawing.shape, Shape::Begin { end: Some(end), .. } if end == row.index)
            );
            assert_eq!(began.drawing.lane, row.drawing.lane);
            assert!(
                covers.iter().all(|covered| covered < begin),
                "a barrier reaches back: {row:?}"
            );
        }
        if let Shape::Bytes {
            offset,
            length_bytes,
        } = row.drawing.shape
        {
            let blocks = offset / 4096..(offset + length_bytes).div_ceil(4096);
            let drawn: Vec<u64> = row.drawing.blocks.iter().map(|block| block.block).collect();
            assert_eq!(drawn, blocks.collect::<Vec<_>>(), "{row:?}");
            assert!(row.text.contains(&row.drawing.lane), "{row:?}");
        }
    }
}

#[test]
fn fates_of_sectors_agree_with_the_fate_of_the_operation() {
    silence_subject_panics();
    let failing = Faults {
        fsync: Ratio::new(1, 8).unwrap(),
        eio: Ratio::new(1, 20).unwrap(),
        ..Faults::default()
    };
    let mut seen = std::collections::BTreeSet::new();
    for (kind, profile, faults) in [
        (StoreKind::Ndjson, "ext4-ordered", Faults::default()),
        (StoreKind::WalNote, "posix-minimum", Faults::default()),
        (StoreKind::WalNote, "btrfs", Faults::default()),
        (StoreKind::WalNote, "ext4-ordered", failing),
    ] {
        let (job, config) = (job(kind), config(profile, faults));
        for seed in (0..6).map(Seed) {
            for found in run(&job, &config, seed).violations {
                let replay = replay(&job, &config, seed, &found.schedule, found.invariant);
                for timeline in &replay.timelines {
                    check(timeline);
                    seen.extend(
                        timeline
                            .rows
                            .iter()
                            .flat_map(|row| parts(row).chars().collect::<Vec<_>>()),
                    );
                    let failed = timeline.rows.iter().any(|row| row.fate == Fate::Failed);
                    seen.extend(failed.then_some('!'));
                }
            }
        }
    }
    let wanted = ['=', '#', '.', '0', '-', '!'];
    assert!(wanted.iter().all(|part| seen.contains(part)), "{seen:?}");
}
