//! Every crash state can say why it is legal, and every violation what it is missing.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use std::collections::BTreeSet;

use reference::{program::random, text::text_of_recording};
use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{
        Cover, Effect, EffectKind, Frontier, Kept, PersistenceGraph, Reason, Window, all_points,
    },
    profile::PROFILES,
    simfs::Recording,
    trace::{Action, BarrierKind},
};

const PROGRAMS: u64 = 60;
const STATES: usize = 6;

/// Calls `visit` with states of random programs under all profiles.
fn with_states(mut visit: impl FnMut(&str, &Window<'_>, &[Kept])) {
    for profile in PROFILES {
        for seed in 0..PROGRAMS {
            let recording = random(seed);
            for lies in [0, 0, 1] {
                let graph = PersistenceGraph::with_lies(&recording, profile, lies);
                let mut frontier = Frontier::new(&graph);
                let mut rng = Rng::new(Seed(seed), Stream::PersistedSubset, lies);
                for point in all_points(&recording.trace, Position(0)) {
                    let window = frontier.window(point);
                    for _ in 0..STATES {
                        let (_, selection) = window.sample(&mut rng);
                        let label = format!("{profile}, seed {seed}, point {point}, lies {lies}");
                        visit(&label, &window, &selection);
                    }
                }
            }
        }
    }
}

/// The effects that did not survive as a whole, and those that did at least in part, certain ones too.
fn lost_and_kept(window: &Window<'_>, selection: &[Kept]) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let (mut lost, mut kept) = (BTreeSet::new(), BTreeSet::new());
    for (index, effect) in (0..).zip(&window.graph.effects) {
        if effect.entry >= window.point.0 {
            continue;
        }
        let slot = window.pending.iter().position(|pending| *pending == index);
        let survivors = slot.map_or(u8::MAX, |slot| selection[slot].sectors);
        if slot.is_some() && survivors & effect.whole() != effect.whole() {
            lost.insert(index);
        }
        if (slot.is_some() || effect.certain_at <= window.point) && survivors & effect.whole() != 0
        {
            kept.insert(index);
        }
    }
    (lost, kept)
}

#[test]
fn every_lost_effect_is_explained_and_so_is_each_that_something_later_survived() {
    with_states(|label, window, selection| {
        let reasons = window.explain(selection);
        let (lost, kept) = lost_and_kept(window, selection);
        assert_eq!(lost.is_empty(), reasons.is_empty(), "{label}");
        let entry = |index: &u32| window.graph.effects[*index as usize].entry;
        for index in &lost {
            let of_it = reasons
                .iter()
                .filter(|reason| reason.effects.contains(index));
            let of_it: Vec<&Reason> = of_it.collect();
            assert!(!of_it.is_empty(), "{label}: {index} is not explained");
            let survived = kept.iter().any(|later| entry(later) > entry(index));
            let in_a_pair = of_it.iter().any(|reason| reason.pair.1.is_some());
            assert!(in_a_pair || !survived, "{label}: {index} is in no pair");
        }
        for reason in &reasons {
            let (first, second) = reason.pair;
            assert!(
                second.is_none_or(|second| second >= first),
                "{label}: {reason:?}"
            );
        }
    });
}

/// Whether a barrier between an effect and the crash is one that covers it on every filesystem.
fn surely_covered(recording: &Recording, point: Position, effect: &Effect) -> bool {
    let entries = recording.trace.entries()[..point.index()].iter();
    entries.into_iter().any(|entry| match entry.action {
        Action::BarrierEnd { kind, inode, begin } if effect.entry < begin.0 => match kind {
            BarrierKind::Syncfs => true,
            BarrierKind::Fsync => effect.file() == Some(inode),
            BarrierKind::FsyncDirectory => {
                matches!(effect.kind, EffectKind::Name { directory, .. } if directory == inode)
            }
            _ => false,
        },
        _ => false,
    })
}

#[test]
fn no_reason_says_that_there_is_no_barrier_where_one_covers_what_was_lost() {
    let mut untrue = 0;
    with_states(|label, window, selection| {
        let recording = window.graph.recording;
        for reason in window.explain(selection) {
            untrue += usize::from(matches!(reason.cover, Cover::Untrue(_)));
            for &index in &reason.effects {
                let effect = &window.graph.effects[index as usize];
                let covered = surely_covered(recording, window.point, effect);
                assert!(
                    !(covered && reason.cover == Cover::Nothing),
                    "{label}: {reason:?}\n{}",
                    text_of_recording(recording)
                );
            }
        }
    });
    assert!(untrue > 100, "{untrue} lies are too few to say anything");
}

#[test]
fn a_rule_that_is_quoted_is_one_of_the_profile() {
    with_states(|label, window, selection| {
        for reason in window.explain(selection) {
            if let Some(rule) = reason.rule {
                assert!(
                    window.graph.profile.rules().contains(&rule),
                    "{label}: {rule:?}"
                );
            }
        }
    });
}
