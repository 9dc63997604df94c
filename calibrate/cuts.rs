//! The disks that a power loss could leave: what was flushed, and some of what was written after the last flush.

use std::collections::BTreeSet;

use tornwrite::{
    base::{Digest, Hasher, Rng},
    litmus::When,
};

use crate::{
    disk::{Atom, Disk, Event},
    session::Run,
};

/// Random subsets of each stretch between two flushes.
const RANDOM: usize = 8;

/// The disks after a crash, each once.
pub(crate) fn disks(run: &Run, when: When, limit: usize, rng: &mut Rng) -> Vec<Disk> {
    let mut found = Found::default();
    let mut durable = run.base.clone();
    let mut pending: Vec<&Atom> = Vec::new();
    let mut acknowledged = when == When::Anywhere;
    let mut epochs: Vec<(Disk, Vec<&Atom>)> = Vec::new();
    for event in &run.events {
        match event {
            Event::Write(atom) => pending.push(atom),
            Event::Acknowledged => acknowledged = true,
            Event::Flush => {
                if acknowledged && !pending.is_empty() {
                    epochs.push((durable.clone(), pending.clone()));
                }
                pending.drain(..).for_each(|atom| durable.write(atom));
            }
        }
    }
    // What follows the last flush, and the disk with nothing pending.
    epochs.push((durable, pending));
    for (durable, pending) in &epochs {
        for chosen in choices(pending.len(), rng) {
            found.add(durable, pending, &chosen);
        }
    }
    found.thinned(limit, rng)
}

/// Every prefix, every single write, all but each, and random subsets of random prefixes.
fn choices(count: usize, rng: &mut Rng) -> Vec<Vec<usize>> {
    let mut choices: Vec<Vec<usize>> = (0..=count).map(|end| (0..end).collect()).collect();
    choices.extend((0..count).map(|only| vec![only]));
    choices.extend((0..count).map(|lost| (0..count).filter(|&one| one != lost).collect()));
    for _ in 0..if count > 2 { RANDOM } else { 0 } {
        let end = 1 + rng.index(count);
        choices.push((0..end).filter(|_| rng.index(2) == 0).collect());
    }
    choices
}

#[derive(Default)]
struct Found {
    seen: BTreeSet<Digest>,
    disks: Vec<Disk>,
}

impl Found {
    fn add(&mut self, durable: &Disk, pending: &[&Atom], chosen: &[usize]) {
        let mut disk = durable.clone();
        for &index in chosen {
            disk.write(pending[index]);
        }
        let mut hasher = Hasher::new();
        for (block, bytes) in &disk.0 {
            hasher.number(*block).bytes(&bytes[..]);
        }
        if self.seen.insert(hasher.finish()) {
            self.disks.push(disk);
        }
    }

    /// At most `limit` of the disks, drawn.
    fn thinned(mut self, limit: usize, rng: &mut Rng) -> Vec<Disk> {
        while self.disks.len() > limit.max(1) {
            let index = rng.index(self.disks.len());
            self.disks.swap_remove(index);
        }
        self.disks
    }
}
