//! How many outcomes each litmus program may have.
//!
//! Verified: for programs that were run on real filesystems, the number of distinct trees at 4 KiB units (anywhere in the
//! program, or after its last barrier) is the one that the rules of each profile arrive at, and every tree that was seen on
//! ext4 with its defaults is among those of `ext4-ordered`. Left out: programs that need fallocate, `O_DSYNC`, syncfs, mmap.
//! `A`, `B` and so on are bytes; `A` is durable before the program begins.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "reference/mod.rs"]
mod reference;

use std::{collections::BTreeSet, fmt::Write as _};

use reference::{
    compare::{outcomes_anywhere, outcomes_at_end},
    program::{append, open, put, recorded, write_at},
    rules::{by_block, profile},
};
use tornwrite::{
    simfs::{Recording, SimFs},
    vfs::Path,
};

type Step = fn(&SimFs);

/// Whether outcomes count anywhere in the program or only after its last barrier.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Anywhere,
    AtEnd,
}
use When::{Anywhere, AtEnd};

struct Litmus {
    name: &'static str,
    when: When,
    /// Outcomes under ext4-ordered and posix-minimum.
    sizes: (usize, usize),
    before: Step,
    program: Step,
    /// What was seen on ext4 with its defaults; `0` is a zero byte, `:0len` an empty file.
    seen: &'static [&'static str],
}

#[path = "litmus/content.rs"]
mod content;
#[path = "litmus/names.rs"]
mod names;

fn programs() -> impl Iterator<Item = &'static Litmus> {
    content::PROGRAMS.iter().chain(names::PROGRAMS)
}

fn outcomes(litmus: &Litmus, name: &str) -> BTreeSet<String> {
    let recording: Recording = recorded(litmus.before, litmus.program);
    let profile = by_block(profile(name));
    match litmus.when {
        Anywhere => outcomes_anywhere(&recording, &profile),
        AtEnd => outcomes_at_end(&recording, &profile),
    }
}

#[test]
fn every_litmus_program_has_as_many_outcomes_as_the_rules_say() {
    let mut wrong = String::new();
    for litmus in programs() {
        let ordered = outcomes(litmus, "ext4-ordered");
        let minimum = outcomes(litmus, "posix-minimum");
        if (ordered.len(), minimum.len()) != litmus.sizes {
            writeln!(
                wrong,
                "{}: {:?}, not {:?}\n{ordered:#?}\n{minimum:#?}",
                litmus.name,
                (ordered.len(), minimum.len()),
                litmus.sizes
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_outcome_seen_on_ext4_is_possible() {
    for litmus in programs() {
        let possible = outcomes(litmus, "ext4-ordered");
        for seen in litmus.seen {
            assert!(
                possible.contains(*seen),
                "{}: {seen} is not in {possible:#?}",
                litmus.name
            );
        }
    }
}

#[test]
fn every_outcome_of_ext4_is_one_of_the_minimum() {
    for litmus in programs() {
        let minimum = outcomes(litmus, "posix-minimum");
        for outcome in outcomes(litmus, "ext4-ordered") {
            assert!(minimum.contains(&outcome), "{}: {outcome}", litmus.name);
        }
    }
}
