//! Executing a violation with something of it changed: its operations, its crashes, its errors, its filesystem.
//!
//! Guarantees: an attempt that fails comes with a schedule in words which, replayed like any other, fails in the same way on
//! the same disk; nothing else is handed out.
//!
//! Deliberately absent: what to change. That is for those who ask.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    CrashChoice, Missing, Replay, RunConfig, Schedule, Subject, Verdict,
    altered::Crash,
    hunt::{Found, Hunt},
    legality::Stage,
    missing::missing_of,
    replay::Replayer,
    subject::Job,
    tagged::{Listed, Tagged, TaggedError},
};
use crate::{
    base::{Digest, Position, Seed},
    crash::Kept,
    oracle::Witness,
    simfs::InjectedError,
};

/// What an execution is a function of, but for its crashes and errors.
pub(super) struct Given<'a, S: Subject> {
    job: &'a Job<S>,
    config: &'a RunConfig,
    seed: Seed,
    lives: Option<&'a [Vec<Tagged<S::Operation>>]>,
}

/// A crash of a schedule that is to be another one.
#[derive(Debug)]
pub(super) struct Edit<'e> {
    /// Which crash, counted from 0: those that end lives, then those inside recovery.
    pub(super) stage: usize,
    /// What it is instead.
    pub(super) instead: Instead<'e>,
}

/// A crash that takes the place of another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instead<'e> {
    /// On the very trace that the schedule was made for.
    At {
        /// Where it falls.
        point: Position,
        /// What is lost there, by the effect's index in the graph: a legal choice.
        lost: &'e BTreeMap<u32, Kept>,
    },
    /// As it was in another execution, of which this one has some of the operations.
    Carried(&'e Stage),
}

/// What is taken down of a replay besides the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// Nothing.
    Verdict,
    /// The crashes.
    Stages,
    /// The crashes, and what happened.
    Timelines,
}

impl<'a, S: Subject> Given<'a, S> {
    /// With the operations that the workload draws.
    pub(super) fn drawn(job: &'a Job<S>, config: &'a RunConfig, seed: Seed) -> Given<'a, S> {
        Given {
            job,
            config,
            seed,
            lives: None,
        }
    }

    pub(super) fn replayer<'r>(&self, edits: &'r [Edit<'r>], detail: Detail) -> Replayer<'r, S>
    where
        'a: 'r,
    {
        let mut replayer = Replayer::new(self.job, self.config, self.seed);
        replayer.edits = edits;
        replayer.detail = detail;
        replayer.listed = self.lives.map(Listed);
        replayer
    }
}

/// A violation that is to be tried.
#[derive(Clone, Debug)]
pub(crate) struct Attempt<O> {
    /// How the run goes: its profile, its device.
    pub(crate) config: RunConfig,
    /// What is asked in each life.
    pub(crate) lives: Vec<Vec<Tagged<O>>>,
    /// The crash that ends each life.
    pub(crate) crashes: Vec<Crash>,
    /// Crashes inside the recovery from the last of them.
    pub(crate) in_recovery: Vec<Crash>,
    /// The errors injected into each life.
    pub(crate) errors: Vec<Vec<TaggedError>>,
    /// Those injected into the recovery from the last crash.
    pub(crate) errors_in_recovery: Vec<InjectedError>,
}

/// A violation that was tried, and is one.
#[derive(Clone, Debug)]
pub(crate) struct Failing<O> {
    /// The same again; its crashes are those of this execution.
    pub(crate) attempt: Attempt<O>,
    /// Its choices in words.
    pub(crate) schedule: Schedule,
    /// Why the invariant does not hold.
    pub(crate) witness: Witness,
    /// The digest of the disk.
    pub(crate) image: Digest,
    /// The replay from the words.
    pub(crate) replay: Replay,
}

/// What stays the same in all attempts.
#[derive(Debug)]
pub(crate) struct Bench<'a, S: Subject> {
    pub(crate) job: &'a Job<S>,
    pub(crate) seed: Seed,
    pub(crate) invariant: &'a str,
}

impl<S: Subject> Bench<'_, S> {
    /// The recorded violation, with the operations that it was found with; nothing if it does not fail like that today.
    pub(crate) fn recorded(
        &self,
        config: &RunConfig,
        schedule: &Schedule,
    ) -> Result<Failing<S::Operation>, Verdict> {
        let mut operations = Vec::new();
        let mut replayer = Given::drawn(self.job, config, self.seed).replayer(&[], Detail::Stages);
        replayer.asked = Some(&mut operations);
        let verdict = replayer.verdict_of(schedule, self.invariant);
        let injected = std::mem::take(&mut replayer.injected);
        let stages = replayer.finish(verdict.clone()).stages;
        if !self.is_violated(&verdict) {
            return Err(verdict);
        }
        let mut tags = 0..;
        let lives = operations.into_iter().map(|life: Vec<S::Operation>| {
            let tagged = life.into_iter().zip(&mut tags);
            tagged
                .map(|(operation, tag)| Tagged { tag, operation })
                .collect()
        });
        // The words are those of today: the subject may have changed since it was recorded.
        let today = described(&stages, schedule.crashes.len(), injected, schedule);
        let mut crashes: Vec<Crash> = stages.into_iter().map(Crash::of).collect();
        let in_recovery = crashes.split_off(schedule.crashes.len().min(crashes.len()));
        let attempt = Attempt {
            config: config.clone(),
            lives: lives.collect(),
            crashes,
            in_recovery,
            errors: Vec::new(),
            errors_in_recovery: schedule.errors_in_recovery.clone(),
        };
        // Once more, so that operations and errors get their tags.
        self.confirm(attempt, today).ok_or(verdict)
    }

    /// Executes an attempt; nothing if it does not violate the invariant.
    pub(crate) fn execute(&self, attempt: Attempt<S::Operation>) -> Option<Failing<S::Operation>> {
        let (stages, injected) = {
            let given = self.given(&attempt);
            let edits = edits(&attempt, attempt.stages());
            let mut replayer = given.replayer(&edits, Detail::Stages);
            replayer.placed = Some(&attempt.errors);
            let verdict = replayer.verdict_of(&bare(&attempt), self.invariant);
            if !self.is_violated(&verdict) {
                return None;
            }
            let injected = std::mem::take(&mut replayer.injected);
            (replayer.finish(verdict).stages, injected)
        };
        let schedule = described(&stages, attempt.crashes.len(), injected, &bare(&attempt));
        self.confirm(attempt, schedule)
    }

    /// Looks through the states of the last crash of an attempt for such that violate the invariant.
    pub(crate) fn hunt(&self, attempt: &Attempt<S::Operation>, hunt: &mut Hunt) -> Vec<Found> {
        let given = self.given(attempt);
        let edits = edits(attempt, attempt.stages().saturating_sub(1));
        let mut replayer = given.replayer(&edits, Detail::Verdict);
        replayer.placed = Some(&attempt.errors);
        replayer.hunt = Some(hunt);
        replayer.verdict_of(&bare(attempt), self.invariant);
        drop(replayer);
        hunt.finish()
    }

    /// What a violation is missing.
    pub(crate) fn missing(&self, failing: &Failing<S::Operation>) -> Option<Missing> {
        let given = self.given(&failing.attempt);
        missing_of(&given, &failing.schedule, &failing.replay)
    }

    fn given<'g>(&'g self, attempt: &'g Attempt<S::Operation>) -> Given<'g, S> {
        Given {
            job: self.job,
            config: &attempt.config,
            seed: self.seed,
            lives: Some(&attempt.lives),
        }
    }

    /// The attempt from its choices in words.
    fn confirm(
        &self,
        attempt: Attempt<S::Operation>,
        schedule: Schedule,
    ) -> Option<Failing<S::Operation>> {
        let (replay, injected) = {
            let given = self.given(&attempt);
            let mut replayer = given.replayer(&[], Detail::Stages);
            let verdict = replayer.verdict_of(&schedule, self.invariant);
            let injected = std::mem::take(&mut replayer.injected);
            (replayer.finish(verdict), injected)
        };
        let Verdict::StillFails {
            invariant,
            witness,
            image,
        } = replay.verdict.clone()
        else {
            return None;
        };
        let is_same = |(stage, choice): (&Stage, &CrashChoice)| stage.image == choice.image;
        let mut choices = schedule.crashes.iter().chain(&schedule.in_recovery);
        let is_laid = replay.stages.iter().zip(&mut choices).all(is_same);
        if invariant != self.invariant || !is_laid {
            return None;
        }
        let mut crashes: Vec<Crash> = replay.stages.iter().cloned().map(Crash::of).collect();
        let in_recovery = crashes.split_off(schedule.crashes.len().min(crashes.len()));
        Some(Failing {
            attempt: Attempt {
                crashes,
                in_recovery,
                errors: injected.into_iter().map(|(_, placed)| placed).collect(),
                ..attempt
            },
            schedule,
            witness,
            image,
            replay,
        })
    }

    fn is_violated(&self, verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::StillFails { invariant, .. } if *invariant == self.invariant)
    }
}

impl<O> Failing<O> {
    /// Behind what the last crash fell: what was done last, to what, and in which file of the subject's code; no numbers.
    pub(crate) fn place(&self) -> String {
        self.replay
            .stages
            .last()
            .map_or_else(String::new, Stage::place)
    }
}

impl<O> Attempt<O> {
    /// How many crashes there are.
    fn stages(&self) -> usize {
        self.crashes.len() + self.in_recovery.len()
    }

    /// The crash behind which the violation shows.
    pub(crate) fn last_crash(&mut self) -> Option<&mut Crash> {
        self.in_recovery
            .last_mut()
            .or_else(|| self.crashes.last_mut())
    }

    /// All crashes, in order.
    pub(crate) fn all_crashes(&self) -> impl Iterator<Item = &Crash> {
        self.crashes.iter().chain(&self.in_recovery)
    }
}

/// The choices of an execution in words: `lives` crashes that ended lives, those inside recovery, and the errors.
fn described(
    stages: &[Stage],
    lives: usize,
    injected: Vec<(Vec<InjectedError>, Vec<TaggedError>)>,
    schedule: &Schedule,
) -> Schedule {
    let (crashes, in_recovery) = stages.split_at(lives.min(stages.len()));
    let mut errors: Vec<Vec<InjectedError>> =
        injected.into_iter().map(|(named, _)| named).collect();
    if errors.iter().all(Vec::is_empty) {
        errors.clear();
    }
    Schedule {
        crashes: crashes.iter().map(Stage::describe).collect(),
        in_recovery: in_recovery.iter().map(Stage::describe).collect(),
        errors,
        errors_in_recovery: schedule.errors_in_recovery.clone(),
    }
}

/// What takes the place of the first crashes of a bare schedule.
fn edits<O>(attempt: &Attempt<O>, count: usize) -> Vec<Edit<'_>> {
    let crashes = attempt.all_crashes().take(count).enumerate();
    let edit = |(stage, crash)| Edit {
        stage,
        instead: Crash::instead(crash),
    };
    crashes.map(edit).collect()
}

/// A schedule that says of each crash only what it takes.
fn bare<O>(attempt: &Attempt<O>) -> Schedule {
    Schedule {
        crashes: attempt.crashes.iter().map(Crash::bare).collect(),
        in_recovery: attempt.in_recovery.iter().map(Crash::bare).collect(),
        errors: Vec::new(),
        errors_in_recovery: attempt.errors_in_recovery.clone(),
    }
}

impl Crash {
    fn of(stage: Stage) -> Crash {
        Crash::unchanged(Arc::new(stage))
    }
}
