//! How recorded choices fit what a subject does today, and what follows from that if it survives them.
//!
//! Guarantees: a subject is said to survive only if each thing that the choices name has its place today, or can no longer
//! happen; whatever has neither makes the choices stale, unless the subject fails on what is left of them.

use std::fmt;

use super::{Verdict, schedule::CrashChoice};

/// Operations that are named in a reason; more are counted.
const NAMED_MAX: usize = 4;

/// Why a recorded schedule has no meaning any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Which crash could not be laid ("life 2 of 4"); empty if there is only one.
    pub crash: String,
    /// Where what was recorded and what happens today part.
    pub parting: Parting,
}

/// Where what was recorded and what happens today part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parting {
    /// The first operation that is another one.
    Operation {
        /// Its number among those that change the filesystem, counted from 1.
        number: usize,
        /// What was recorded; empty if there was no more.
        recorded: String,
        /// What there is today; empty if there is no more.
        today: String,
    },
    /// The first operation of which an effect was lost that it does not have today: it has another length, or another place.
    Effect {
        /// Its number, counted as above.
        number: usize,
        /// The operation.
        operation: String,
        /// The effect.
        part: String,
    },
    /// A write was cut by the death of the process, and none is in flight there today.
    InFlight {
        /// The number of the last operation before the crash; 0 for none.
        number: usize,
    },
    /// An error was injected into an operation that is not done today.
    Error {
        /// The operation.
        operation: String,
        /// Which operation of that description, counted from 1.
        nth: u32,
    },
    /// The device damaged a place that there is not today.
    Fault(String),
    /// Recovery fails, which no invariant that is checked forbids, so that there is no next life.
    Recovery(String),
}

/// What becomes of effects that are pending at a crash today and were not there when it was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Novelty {
    /// They survive, as everything does that a choice does not name.
    #[default]
    Survives,
    /// They are lost, as far as that is legal.
    Lost,
}

/// How the choices of a schedule fit.
#[derive(Debug, Default)]
pub(super) struct Fit {
    /// Whether a crash is to be named: there are several.
    names_crashes: bool,
    /// What a barrier now makes certain, in words, for each operation.
    pub(super) covered: Vec<String>,
    /// What is still lost, in the same way.
    pub(super) still_lost: Vec<String>,
    /// What comes only behind the crash today.
    pub(super) behind: Vec<String>,
    /// Promises that came before a crash, and are not made today.
    pub(super) unsaid: u32,
    /// What becomes of what is new.
    pub(super) novelty: Novelty,
    /// Whether anything was new.
    pub(super) has_news: bool,
    /// The first thing that has no place today.
    unmet: Option<Divergence>,
    /// Effects that the schedule loses, and of those the ones that are certain today.
    losses: usize,
    pub(super) losses_covered: usize,
    /// Whether something else is chosen that cannot be told to be impossible: errors, faults, writes in flight.
    is_more: bool,
}

impl Fit {
    /// How a schedule fits of which nothing is laid yet.
    pub(super) fn new(crashes: &[&[CrashChoice]], has_errors: bool, novelty: Novelty) -> Fit {
        let all = crashes.iter().flat_map(|crashes| crashes.iter());
        let is_more = |choice: &CrashChoice| choice.media.is_some() || choice.pages_in_flight > 0;
        Fit {
            names_crashes: all.clone().count() > 1,
            losses: all.clone().map(|choice| choice.lost.len()).sum(),
            is_more: has_errors || all.clone().any(is_more),
            novelty,
            ..Fit::default()
        }
    }

    /// Something of the choices for this crash has no place.
    pub(super) fn misses(&mut self, crash: &str, parting: Parting) {
        let divergence = self.divergence(crash, parting);
        self.unmet.get_or_insert(divergence);
    }

    pub(super) fn divergence(&self, crash: &str, parting: Parting) -> Divergence {
        let crash = if self.names_crashes { crash } else { "" };
        Divergence {
            crash: crash.to_owned(),
            parting,
        }
    }

    /// The choices go no further: stale, unless all that they lose can no longer be lost.
    pub(super) fn ends(&self, divergence: Divergence) -> Verdict {
        if self.is_impossible() {
            Verdict::Survives(format!("{}; what follows is another run", self.certain()))
        } else {
            Verdict::Stale(self.unmet.clone().unwrap_or(divergence))
        }
    }

    /// Nothing is violated: the reason, or why that says nothing.
    pub(super) fn survives(&self) -> Verdict {
        if let Some(divergence) = self.unmet.as_ref().filter(|_| !self.is_impossible()) {
            return Verdict::Stale(divergence.clone());
        }
        let mut reasons = Vec::new();
        if !self.covered.is_empty() {
            reasons.push(self.certain());
            if !self.still_lost.is_empty() {
                let still = list(&self.still_lost);
                reasons.push(format!("what may still be lost does no harm: {still}"));
            }
        }
        if !self.behind.is_empty() {
            let behind = list(&self.behind);
            reasons.push(format!("this comes only behind the crash now: {behind}"));
        }
        if self.unsaid > 0 {
            let promises = if self.unsaid == 1 {
                "promise"
            } else {
                "promises"
            };
            let unsaid = self.unsaid;
            reasons.push(format!(
                "{unsaid} {promises} that came before the crash no longer come"
            ));
        }
        if reasons.is_empty() {
            reasons.push("what recovery shows is a legal history".to_owned());
        }
        Verdict::Survives(reasons.join("; "))
    }

    /// Every operation succeeds, of which one did not: the reason, or why that says nothing.
    pub(super) fn succeeds(&self) -> Verdict {
        match &self.unmet {
            Some(divergence) => Verdict::Stale(divergence.clone()),
            None => Verdict::Survives("every operation succeeds now".to_owned()),
        }
    }

    /// Whether what is new may decide: all of the choices has its place, and they can still happen.
    pub(super) fn leaves_news_open(&self) -> bool {
        self.has_news && self.unmet.is_none() && !self.is_impossible()
    }

    /// Whether all that the schedule loses is certain today, and it does nothing else.
    fn is_impossible(&self) -> bool {
        self.losses > 0 && self.losses_covered == self.losses && !self.is_more
    }

    fn certain(&self) -> String {
        format!("a barrier now makes certain: {}", list(&self.covered))
    }
}

fn list(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    let first = names[..names.len() - more].join("; ");
    if more == 0 {
        first
    } else {
        format!("{first}; and {more} more")
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.crash.is_empty() {
            write!(f, "in {}, ", self.crash)?;
        }
        self.parting.fmt(f)
    }
}

impl fmt::Display for Parting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |text: &str| {
            if text.is_empty() {
                "nothing more".to_owned()
            } else {
                format!("`{text}`")
            }
        };
        match self {
            Parting::Operation {
                number,
                recorded,
                today,
            } => {
                let (recorded, today) = (name(recorded), name(today));
                write!(f, "operation {number} was {recorded} and is {today}")
            }
            Parting::Effect {
                number,
                operation,
                part,
            } => write!(
                f,
                "operation {number}, `{operation}`, had `{part}` and has not today"
            ),
            Parting::InFlight { number } => {
                write!(
                    f,
                    "a write was in flight behind operation {number}, and none is today"
                )
            }
            Parting::Error { operation, nth } => write!(
                f,
                "an error was injected into `{operation}` number {nth}, which is not done today"
            ),
            Parting::Fault(fault) => write!(f, "there is no such place today: {fault}"),
            Parting::Recovery(failure) => write!(
                f,
                "recovery {failure}; no invariant that is checked forbids that, and there is no next life"
            ),
        }
    }
}
