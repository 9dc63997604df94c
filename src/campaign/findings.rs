//! From groups to findings: each group is explained once, and those that miss the same are one.
//!
//! ```text
//! groups (by signature) ─► explain the first of each ─► findings (by what is missing) ─► explain the smallest of each
//! ```
//!
//! Guarantees:
//! - What a group misses is what its violation of the lowest seed misses; all else is a sum or a minimum, so that findings of
//!   shards can be joined.
//! - The reproducer of a finding is its smallest violation, if that one misses the same when it is explained itself; otherwise
//!   the smallest of those that made it a finding. The evidence beside it is of the same violation.
//! - Files are written as soon as a finding is known, and each as a whole.
//! - What ended the process that executed it is not executed again: it is a finding by its signature, with what is known. What
//!   cannot be explained without ending a process keeps its reproducer, and a file that says so.
//! - What is cut off because somebody interrupts it is counted. What is explained by then is written, and the rest missing as a whole.
//! - A violation that its seed does not find again is a finding by its signature, without files, and its scenario parts from
//!   itself: only a subject that is not deterministic does that.

use std::{collections::BTreeMap, ops::ControlFlow};

use super::{
    CampaignError, Entry, Folder, Observer, Plan, StopSignal, Task,
    error::unless_cut_off,
    explained::{Explained, again, explained},
    finding::{count, new_finding, what_is_missing},
    group::{Group, Sized},
    pool,
    summary::Finding,
    tally::Tally,
};
use crate::{
    base::Seed,
    run::{Evidence, Violation},
};

/// The place of the invariant, and what is missing.
type Key = (usize, String);

/// Violations that miss the same.
struct Merged {
    finding: Finding,
    /// The size of the violation whose files are written.
    written: Sized,
    /// A smaller one by its signature, of which it is not known yet what it misses.
    smaller: Option<(Sized, String)>,
}

/// What came of the groups of one tally.
#[derive(Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    /// Violations that their seeds did not find again, in words.
    pub(super) parted: Vec<String>,
}

/// Explains what was found by each tally, and writes it down; how much was cut off because somebody interrupted it.
pub(super) fn explain(
    task: &Task<'_>,
    tallies: &[Tally<'_>],
    folder: &Folder,
    observer: &mut dyn Observer,
) -> Result<(Vec<Found>, u64), CampaignError> {
    let plan = task.plan;
    let mut explaining = Explaining {
        plan,
        jobs: task.jobs,
        stop: task.stop,
        cut_off: 0,
        folder,
        observer,
        merged: plan.entries.iter().map(|_| BTreeMap::new()).collect(),
        others: plan.entries.iter().map(|_| Others::default()).collect(),
    };
    explaining.first_of_each_group(tallies)?;
    explaining.smallest_of_each_finding()?;
    explaining.write_unexplained(tallies)?;
    explaining.write_died(tallies)?;
    let cut_off = explaining.cut_off;
    let all = explaining.merged.into_iter().zip(explaining.others);
    let all = all.map(|(merged, mut others)| {
        let explained = merged.into_iter();
        let explained = explained.map(|((place, _), merged)| (place, merged.finding));
        others.findings.extend(explained);
        Found {
            findings: in_order(others.findings),
            parted: others.parted,
        }
    });
    Ok((all.collect(), cut_off))
}

/// What is found of one entry and not explained.
#[derive(Default)]
struct Others {
    /// With the places of their invariants.
    findings: Vec<(usize, Finding)>,
    parted: Vec<String>,
}

/// What is explained, and what came of it so far.
struct Explaining<'e> {
    plan: &'e Plan,
    jobs: usize,
    stop: &'e StopSignal,
    /// What was to be explained and is not.
    cut_off: u64,
    folder: &'e Folder,
    observer: &'e mut dyn Observer,
    merged: Vec<BTreeMap<Key, Merged>>,
    others: Vec<Others>,
}

/// That a seed did not find again what it found.
fn parted(entry: &Entry, place: usize, seed: u64) -> String {
    let invariant = entry.invariants[place];
    format!(
        "seed {seed} parts from itself: {invariant} was violated, and not again in the same way"
    )
}

/// The weakest broken guarantee first, then the most frequent.
fn in_order(mut findings: Vec<(usize, Finding)>) -> Vec<Finding> {
    findings.sort_by(|(place, one), (other_place, other)| {
        let by_count = other.count.cmp(&one.count);
        let by_id = one.id.cmp(&other.id);
        place.cmp(other_place).then(by_count).then(by_id)
    });
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// A group with the number of its entry.
type Numbered<'t> = (usize, &'t Key, &'t Group);

fn groups<'t>(tallies: &'t [Tally<'_>], are_explained: bool) -> Vec<Numbered<'t>> {
    let all = tallies.iter().enumerate();
    let all = all.flat_map(|(number, tally)| {
        let groups = tally.groups();
        groups.map(move |(key, group)| (number, key, group))
    });
    let executed = all.filter(|(_, _, group)| group.died.is_none());
    executed
        .filter(|(_, _, group)| group.is_explained == are_explained)
        .collect()
}

impl Explaining<'_> {
    fn first_of_each_group(&mut self, tallies: &[Tally<'_>]) -> Result<(), CampaignError> {
        let groups = groups(tallies, true);
        self.cut_off += groups.len() as u64;
        let (plan, jobs, stop) = (self.plan, self.jobs, self.stop);
        let work = |unit: u64| {
            let (number, key, group) = groups[index(unit)];
            explained(plan, (number, key), group.first_seed, &|| {
                stop.ends_the_rest()
            })
        };
        self.observer.explaining(groups.len() as u64);
        pool::in_order(groups.len() as u64, jobs, work, |unit, explained| {
            let numbered = groups[index(unit)];
            let seed = numbered.2.first_seed;
            let Some(explained) = unless_cut_off(explained)? else {
                return Ok(ControlFlow::Break(()));
            };
            match explained {
                Explained::Yes(violation, evidence) => {
                    self.join(numbered, &violation, &evidence)?;
                }
                Explained::No(violation, why) => self.leave(numbered, seed, &violation, &why)?,
                Explained::NotFound => self.part(numbered, seed),
            }
            self.observer.explained(numbered.0);
            self.cut_off -= 1;
            Ok(next(self.stop))
        })
    }

    /// Joins a group with others that miss the same.
    fn join(
        &mut self,
        group: Numbered<'_>,
        violation: &Violation,
        evidence: &Evidence,
    ) -> Result<(), CampaignError> {
        let (number, (place, signature), group) = group;
        let entry = &self.plan.entries[number];
        let missing = what_is_missing(evidence, signature);
        let size = group.first;
        let key = (*place, missing);
        let known = self.merged[number].get_mut(&key);
        let is_smaller = known.as_ref().is_none_or(|known| size < known.written);
        let known = match known {
            Some(known) => known,
            None => self.merged[number].entry(key.clone()).or_insert(Merged {
                finding: new_finding(entry, *place, &key.1, signature),
                written: size,
                smaller: None,
            }),
        };
        count(&mut known.finding, signature, group);
        if is_smaller {
            known.written = size;
            let (id, seed) = (&known.finding.id, group.first_seed);
            write(self.folder, entry, id, seed, violation, Some(evidence))?;
        }
        let best = known.smaller.as_ref();
        if best.is_none_or(|(best, _)| group.smallest < *best) {
            known.smaller = Some((group.smallest, signature.clone()));
        }
        Ok(())
    }

    /// Keeps a violation that cannot be explained without ending the process.
    fn leave(
        &mut self,
        group: Numbered<'_>,
        seed: u64,
        violation: &Violation,
        why: &str,
    ) -> Result<(), CampaignError> {
        let id = self.by_signature(group);
        write(
            self.folder,
            &self.plan.entries[group.0],
            &id,
            seed,
            violation,
            None,
        )?;
        Ok(self.folder.write_unexplained(&id, why)?)
    }

    /// Makes what ended its process a finding; nothing is executed again.
    fn write_died(&mut self, tallies: &[Tally<'_>]) -> Result<(), CampaignError> {
        for (number, tally) in tallies.iter().enumerate() {
            for (key, group) in tally.groups() {
                let Some(death) = &group.died else {
                    continue;
                };
                self.by_signature((number, key, group));
                let entry = &self.plan.entries[number];
                let (seed, scenario) = (Seed(group.first_seed), &entry.resolved);
                let reproducer = entry.reproducer_of_death(scenario, seed, death);
                self.folder.write_finding(&reproducer, None)?;
            }
        }
        Ok(())
    }

    /// Counts a group of which this seed found a violation, and not again.
    fn part(&mut self, group: Numbered<'_>, seed: u64) {
        let (number, (place, _), _) = group;
        let parted = parted(&self.plan.entries[number], *place, seed);
        self.others[number].parted.push(parted);
        self.by_signature(group);
    }

    /// Makes a group a finding of its own; its id.
    fn by_signature(&mut self, (number, (place, signature), group): Numbered<'_>) -> String {
        let mut finding = new_finding(&self.plan.entries[number], *place, signature, signature);
        count(&mut finding, signature, group);
        let id = finding.id.clone();
        self.others[number].findings.push((*place, finding));
        id
    }

    fn smallest_of_each_finding(&mut self) -> Result<(), CampaignError> {
        let all = self.merged.iter().enumerate();
        let all = all.flat_map(|(number, merged)| merged.iter().map(move |entry| (number, entry)));
        let smaller = all.filter_map(|(number, (key, merged))| {
            let (sized, signature) = merged.smaller.as_ref()?;
            let is_smaller = *sized < merged.written;
            let by_signature: Key = (key.0, signature.clone());
            is_smaller.then_some((number, key, &merged.finding.id, sized.1, by_signature))
        });
        let smaller: Vec<(usize, &Key, &String, u64, Key)> = smaller.collect();
        self.cut_off += smaller.len() as u64;
        if self.stop.ends_the_rest() {
            return Ok(());
        }
        let (plan, folder, stop) = (self.plan, self.folder, self.stop);
        let work = |unit: u64| {
            let (number, _, _, seed, by_signature) = &smaller[index(unit)];
            explained(plan, (*number, by_signature), *seed, &|| {
                stop.ends_the_rest()
            })
        };
        self.observer.explaining(smaller.len() as u64);
        pool::in_order(smaller.len() as u64, self.jobs, work, |unit, explained| {
            let (number, (place, missing), id, seed, (_, signature)) = &smaller[index(unit)];
            let entry = &plan.entries[*number];
            let Some(explained) = unless_cut_off(explained)? else {
                return Ok(ControlFlow::Break(()));
            };
            match explained {
                Explained::NotFound => {
                    let parted = parted(entry, *place, *seed);
                    self.others[*number].parted.push(parted);
                }
                Explained::Yes(violation, evidence)
                    if what_is_missing(&evidence, signature) == *missing =>
                {
                    write(folder, entry, id, *seed, &violation, Some(&evidence))?;
                }
                Explained::Yes(..) | Explained::No(..) => {}
            }
            self.observer.explained(*number);
            self.cut_off -= 1;
            Ok(next(self.stop))
        })
    }

    /// Writes what replays the groups that are too many to explain.
    fn write_unexplained(&mut self, tallies: &[Tally<'_>]) -> Result<(), CampaignError> {
        let groups = groups(tallies, false);
        self.cut_off += groups.len() as u64;
        if self.stop.ends_the_rest() {
            return Ok(());
        }
        let (plan, jobs, stop) = (self.plan, self.jobs, self.stop);
        let work = |unit: u64| {
            let (number, key, group) = groups[index(unit)];
            again(plan, (number, key), group.smallest.1, &|| {
                stop.ends_the_rest()
            })
        };
        self.observer.explaining(groups.len() as u64);
        pool::in_order(groups.len() as u64, jobs, work, |unit, violation| {
            let numbered = groups[index(unit)];
            let (number, seed) = (numbered.0, numbered.2.smallest.1);
            let Some(violation) = unless_cut_off(violation)? else {
                return Ok(ControlFlow::Break(()));
            };
            match violation {
                Some(violation) => {
                    let id = self.by_signature(numbered);
                    write(
                        self.folder,
                        &plan.entries[number],
                        &id,
                        seed,
                        &violation,
                        None,
                    )?;
                }
                None => self.part(numbered, seed),
            }
            self.observer.explained(number);
            self.cut_off -= 1;
            Ok(next(self.stop))
        })
    }
}

/// Whether the next one is to be explained.
fn next(stop: &StopSignal) -> ControlFlow<()> {
    if stop.ends_the_rest() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

fn index(unit: u64) -> usize {
    usize::try_from(unit).expect("units count the elements of a vector")
}

fn write(
    folder: &Folder,
    entry: &Entry,
    id: &str,
    seed: u64,
    violation: &Violation,
    evidence: Option<&Evidence>,
) -> Result<(), CampaignError> {
    Ok(folder.write_finding(
        &entry.reproducer(id, &entry.resolved, Seed(seed), violation),
        evidence,
    )?)
}
