//! What can be asked of whoever executes a plan, and what is answered: data, so that it may go to another process and back.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::{CampaignError, Cause, During, RegressionSummary, RunRecord, Sentences};
use crate::{
    base::Digest,
    run::{Evidence, Schedule},
};

/// Something to execute.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Some runs; as many of them are answered, from the first on, as do not take long.
    Runs(Vec<Asked>),
    /// A violation that was found before.
    Violation(Wanted),
    /// The replay of the n-th kept reproducer.
    Regression(u64),
    /// Something that the program asks itself for, and the campaign knows nothing of.
    Errand(serde_json::Value),
}

/// A run that is asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The place of the entry in the plan.
    pub entry: usize,
    /// The seed.
    pub seed: u64,
    /// Whether it is executed twice, to see whether both find the same.
    pub twice: bool,
}

/// A violation that is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    /// The place of the entry in the plan.
    pub entry: usize,
    /// The place of the invariant in the entry.
    pub place: usize,
    /// Its signature.
    pub signature: String,
    /// The seed that finds it.
    pub seed: u64,
    /// Whether it is explained, too.
    pub explained: bool,
}

/// What came of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// The runs.
    Runs(Vec<RunRecord>),
    /// The violation, if the seed finds it again.
    Violation(Option<Box<Told>>),
    /// What came of the replay.
    Regression(RegressionSummary),
    /// What the program answers itself.
    Errand(serde_json::Value),
}

/// A violation as it is told from one process to another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    pub(super) witness: Sentences,
    pub(super) schedule: Schedule,
    pub(super) image: Digest,
    pub(super) evidence: Option<Evidence>,
}

/// How much a process tells of what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The answer.
    Answers,
    /// Each call of the subject before it is made: what it was doing is known if it ends.
    Calls,
}

/// Says whether the campaign is to end: what is under way then has a short while to answer, and is ended unanswered after it.
pub type GivenUp<'a> = &'a dyn Fn() -> bool;

/// Whoever asks waits for the answer, however long it takes.
pub const NEVER_GIVEN_UP: GivenUp<'static> = &|| false;

/// A process that ended before it answered.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// What ended it.
    pub cause: Cause,
    /// What it was doing, if it told and it was a call of the subject.
    pub during: Option<During>,
}

/// Executes requests somewhere else, for many threads at a time.
pub trait Executor: Debug + Send + Sync {
    /// The answer to a request, or what ended the process that was to give it.
    ///
    /// # Errors
    ///
    /// [`CampaignError::Executor`] if there is no process to be had, or what it says makes no sense;
    /// [`CampaignError::CutOff`] if nobody waits for the answer any more.
    fn ask(
        &self,
        request: &Request,
        telling: Telling,
        is_given_up: GivenUp<'_>,
    ) -> Result<Result<Answer, Ended>, CampaignError>;

    /// The same for what is asked alone: again, in a new process, while others may have ended the last.
    ///
    /// # Errors
    ///
    /// As [`Self::ask`], and if it was a signal from outside each time: that is no verdict.
    fn ask_alone(
        &self,
        request: &Request,
        telling: Telling,
        is_given_up: GivenUp<'_>,
    ) -> Result<Result<Answer, Ended>, CampaignError> {
        let mut tries = 1;
        loop {
            match self.ask(request, telling, is_given_up)? {
                Err(ended) if ended.cause.may_be_of_others() && tries < TRIES => tries += 1,
                Err(ended) if ended.cause.is_from_outside() => {
                    return Err(CampaignError::Executor(format!(
                        "processes that execute runs are ended from outside, {TRIES} times in a row: {} (is memory short?)",
                        ended.cause
                    )));
                }
                answer => return Ok(answer),
            }
        }
    }
}

/// How often something is asked alone while others may have ended its process: each time it is a new one.
const TRIES: usize = 3;

impl Ended {
    /// What it is in words.
    pub fn told(&self) -> String {
        match self.during {
            Some(during) => format!("{}, in {during}", self.cause),
            None => self.cause.to_string(),
        }
    }
}
