//! Who executes what a campaign asks for: this process, or others, which may end without an answer.
//!
//! Guarantees: what is asked and answered is data, and the answer to a request is the same whoever gives it. What ended a process
//! is asked again only to find out which run of several it was and during what, and where others may have ended it.
//!
//! Deliberately absent: processes. Who starts them and how they are reached is for [`supervise`](crate::supervise).

use std::sync::Arc;

use super::{
    Answer, Asked, CampaignError, Death, Ended, Entry, Executor, GivenUp, NEVER_GIVEN_UP, Plan,
    RegressionSummary, Request, RunRecord, Sentences, Telling, Told, Wanted,
};
use crate::{
    base::{Digest, Hasher, Seed},
    oracle::Witness,
    run::{Evidence, Violation},
};

/// Runs that are asked for at a time at most: an answer takes some microseconds, and a run not many more.
const BATCH_MAX: u64 = 32;

/// A violation that was executed again.
pub(super) enum Again {
    Found(Violation, Option<Box<Evidence>>),
    /// Its seed does not find it again.
    NotFound,
    /// It ended the process.
    Died(Ended),
}

impl Plan {
    /// The same plan, executed elsewhere.
    #[must_use]
    pub fn executed_by(mut self, executor: Arc<dyn Executor>) -> Plan {
        self.executor = Some(executor);
        self
    }

    /// Who executes it, if that is not this process.
    pub fn executor(&self) -> Option<&dyn Executor> {
        self.executor.as_deref()
    }

    /// Executes the run of an entry by a seed: alone, if the plan is executed elsewhere, so that it is known what it was doing
    /// if it ends its process.
    ///
    /// # Errors
    ///
    /// [`CampaignError::Executor`].
    pub fn run_alone(&self, entry: usize, seed: Seed) -> Result<RunRecord, CampaignError> {
        let asked = Asked {
            entry,
            seed: seed.0,
            twice: false,
        };
        match &self.executor {
            Some(executor) => self.alone(executor.as_ref(), asked, NEVER_GIVEN_UP),
            None => Ok(self.entries[entry].run_here(asked)),
        }
    }

    /// A fingerprint of what can be asked for: equal in all processes that execute the plan.
    pub fn fingerprint(&self) -> Digest {
        let mut hasher = Hasher::new();
        for entry in &self.entries {
            let names = [&entry.name, &entry.subject, &entry.profile, &entry.device];
            for name in names {
                hasher.bytes(name.as_bytes());
            }
            for name in &entry.invariants {
                hasher.bytes(name.as_bytes());
            }
            hasher.digest(entry.configuration);
        }
        for regression in &self.regressions {
            hasher.bytes(regression.kept.file.as_bytes());
        }
        hasher.finish()
    }

    /// Answers a request in this process; `more` says whether there is time for another run, and `errand` does what the
    /// campaign knows nothing of. Nothing if the request is not one of this plan.
    pub fn answer(
        &self,
        request: Request,
        more: &dyn Fn() -> bool,
        errand: &dyn Fn(serde_json::Value) -> serde_json::Value,
    ) -> Option<Answer> {
        Some(match request {
            Request::Runs(asked) => {
                let mut runs = Vec::with_capacity(asked.len());
                for one in asked {
                    runs.push(self.entries.get(one.entry)?.run_here(one));
                    if !more() {
                        break;
                    }
                }
                Answer::Runs(runs)
            }
            Request::Violation(wanted) => {
                let entry = self.entries.get(wanted.entry)?;
                entry.invariants.get(wanted.place)?;
                Answer::Violation(entry.again_here(&wanted).map(|(violation, evidence)| {
                    Box::new(Told {
                        witness: Sentences::from(&violation.witness),
                        schedule: violation.schedule,
                        image: violation.image,
                        evidence,
                    })
                }))
            }
            Request::Regression(number) => {
                let number = usize::try_from(number).ok()?;
                Answer::Regression(self.regressions.get(number)?.judge())
            }
            Request::Errand(value) => Answer::Errand(errand(value)),
        })
    }

    /// How many runs are asked for at a time.
    pub(super) fn batch_max(&self) -> u64 {
        if self.executor.is_some() {
            BATCH_MAX
        } else {
            1
        }
    }

    /// Executes some of these runs, from the first on, and leaves out those that are nothing; the results in the same order, at
    /// least one.
    pub(super) fn ran(
        &self,
        asked: &[Option<Asked>],
        is_given_up: GivenUp<'_>,
    ) -> Vec<Option<Result<RunRecord, CampaignError>>> {
        let skipped = asked.iter().take_while(|one| one.is_none()).count();
        let wanted: Vec<Asked> = asked[skipped..].iter().map_while(|one| *one).collect();
        let mut results: Vec<_> = (0..skipped).map(|_| None).collect();
        if let Some(first) = wanted.first() {
            let ran = match &self.executor {
                Some(executor) => self.run_there(executor.as_ref(), &wanted, is_given_up),
                None => vec![Ok(self.entries[first.entry].run_here(*first))],
            };
            results.extend(ran.into_iter().map(Some));
        }
        results
    }

    /// Asks for runs; as many as are answered.
    fn run_there(
        &self,
        executor: &dyn Executor,
        wanted: &[Asked],
        is_given_up: GivenUp<'_>,
    ) -> Vec<Result<RunRecord, CampaignError>> {
        let request = Request::Runs(wanted.to_vec());
        match executor.ask(&request, Telling::Answers, is_given_up) {
            Ok(Ok(Answer::Runs(runs))) if !runs.is_empty() && runs.len() <= wanted.len() => {
                runs.into_iter().map(Ok).collect()
            }
            Ok(Ok(_)) => vec![Err(senseless())],
            Ok(Err(ended)) => self.one_by_one(executor, wanted, ended, is_given_up),
            Err(error) => vec![Err(error)],
        }
    }

    /// Finds out which of these runs ended the process that executed them: each is executed alone, up to the one that does it
    /// again.
    fn one_by_one(
        &self,
        executor: &dyn Executor,
        wanted: &[Asked],
        before: Ended,
        is_given_up: GivenUp<'_>,
    ) -> Vec<Result<RunRecord, CampaignError>> {
        let mut done = Vec::new();
        for one in wanted {
            let run = self.alone(executor, *one, is_given_up);
            let is_it = run.as_ref().map_or(true, |run| run.died.is_some());
            done.push(run);
            if is_it {
                return done;
            }
        }
        // Nobody knows which of them it was.
        if let (false, Some(Ok(run))) = (before.cause.may_be_of_others(), done.first_mut()) {
            let seeds = wanted.iter().map(|one| one.seed.to_string());
            run.parted.get_or_insert(format!(
                "a process that executed the seeds {} ended: {}; executed again, each alone, all of them came to an end",
                seeds.collect::<Vec<_>>().join(", "),
                before.cause
            ));
        }
        done
    }

    fn alone(
        &self,
        executor: &dyn Executor,
        one: Asked,
        is_given_up: GivenUp<'_>,
    ) -> Result<RunRecord, CampaignError> {
        let request = Request::Runs(vec![one]);
        let ended = match executor.ask_alone(&request, Telling::Calls, is_given_up)? {
            Ok(Answer::Runs(mut runs)) if runs.len() == 1 => return Ok(runs.remove(0)),
            Ok(_) => return Err(senseless()),
            Err(ended) => ended,
        };
        let entry = &self.entries[one.entry];
        let Some(during) = ended.during else {
            return Err(CampaignError::Executor(format!(
                "the process that executed seed {} of {} ended outside of the subject: {}; that is a bug of its oracle, its \
                 workload or tornwrite, and no verdict",
                one.seed, entry.name, ended.cause
            )));
        };
        let death = Death {
            cause: ended.cause,
            during,
        };
        Ok(RunRecord::died(entry, one.seed, death))
    }

    /// Executes a violation again that was found before.
    pub(super) fn again(
        &self,
        wanted: Wanted,
        is_given_up: GivenUp<'_>,
    ) -> Result<Again, CampaignError> {
        let entry = &self.entries[wanted.entry];
        let Some(executor) = &self.executor else {
            let found = entry.again_here(&wanted);
            return Ok(found.map_or(Again::NotFound, |(violation, evidence)| {
                Again::Found(violation, evidence.map(Box::new))
            }));
        };
        let invariant = entry.invariants[wanted.place];
        let signature = wanted.signature.clone();
        let request = Request::Violation(wanted);
        let told = match executor.ask_alone(&request, Telling::Calls, is_given_up)? {
            Ok(Answer::Violation(told)) => told,
            Ok(_) => return Err(senseless()),
            Err(ended) => return Ok(Again::Died(ended)),
        };
        Ok(told.map_or(Again::NotFound, |told| {
            let Told {
                witness,
                schedule,
                image,
                evidence,
            } = *told;
            let violation = Violation {
                invariant,
                witness: Witness::from(witness),
                schedule,
                image,
                signature,
            };
            Again::Found(violation, evidence.map(Box::new))
        }))
    }

    /// Replays the n-th kept reproducer.
    pub(super) fn regression(
        &self,
        number: u64,
        is_given_up: GivenUp<'_>,
    ) -> Option<Result<RegressionSummary, CampaignError>> {
        let regression = self.regressions.get(usize::try_from(number).ok()?)?;
        let Some(executor) = &self.executor else {
            return Some(Ok(regression.judge()));
        };
        let request = Request::Regression(number);
        let answer = executor.ask_alone(&request, Telling::Calls, is_given_up);
        Some(answer.and_then(|answer| match answer {
            Ok(Answer::Regression(summary)) => Ok(summary),
            Ok(_) => Err(senseless()),
            Err(ended) => Ok(regression.died(&ended)),
        }))
    }
}

fn senseless() -> CampaignError {
    CampaignError::Executor("a process answered something else than what it was asked".to_owned())
}

impl Entry {
    /// Executes a run in this process, or twice, if it is one of those that are.
    fn run_here(&self, asked: Asked) -> RunRecord {
        let seed = Seed(asked.seed);
        let outcome = (self.run)(seed);
        let parted = if !asked.twice || (self.run)(seed) == outcome {
            None
        } else {
            let parted = (self.part)(seed);
            Some(parted.map_or_else(
                || "two executions found different things, and two more the same".to_owned(),
                |parted| parted.to_string(),
            ))
        };
        RunRecord::new(self, &outcome, parted)
    }

    /// The violation that this seed finds, by running it again; nothing if it finds none.
    fn again_here(&self, wanted: &Wanted) -> Option<(Violation, Option<Evidence>)> {
        let seed = Seed(wanted.seed);
        let invariant = self.invariants[wanted.place];
        let outcome = (self.run)(seed);
        let is_it = |violation: &Violation| {
            violation.invariant == invariant && violation.signature == wanted.signature
        };
        let violation = outcome.violations.into_iter().find(is_it)?;
        let evidence = wanted.explained.then(|| (self.explain)(seed, &violation));
        Some((violation, evidence))
    }
}
