//! Processes that end, and what is made of it: nothing if it was the doing of others, a verdict if it was the subject's, and work
//! for later if all was to end.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{
    Answer, CampaignError, Cause, During, Ended, Executor, Folder, GivenUp, Plan, Request, Summary,
    Task, Telling, Verdict, execute,
    regression_tests::kept,
    resume,
    tests::{Counter, GO_ON, Nobody, entry},
};
use crate::{run::Call, simfs::SimFs};

/// Answers as a process does; all but one of so many requests end it.
#[derive(Debug)]
struct Ending {
    plan: Plan,
    cause: Cause,
    answers_one_of: u64,
    asked: AtomicU64,
}

impl Executor for Ending {
    fn ask(
        &self,
        request: &Request,
        _: Telling,
        _: GivenUp<'_>,
    ) -> Result<Result<Answer, Ended>, CampaignError> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if !number.is_multiple_of(self.answers_one_of) {
            let during = During {
                call: Call::Operation(0),
                life: 1,
                recoveries: 0,
            };
            return Ok(Err(Ended {
                cause: self.cause,
                during: Some(during),
            }));
        }
        let answer = self.plan.answer(request.clone(), &|| true, &|value| value);
        Ok(Ok(answer.unwrap()))
    }
}

/// Something that is found, and two kept reproducers.
fn plan() -> Plan {
    Plan::new(vec![entry(Counter::Panicking)]).with_regressions(["a", "b"].map(kept).into())
}

fn campaign(plan: &Plan) -> Result<Summary, CampaignError> {
    let folder = Folder::create(Arc::new(SimFs::new()), "r".into()).unwrap();
    execute(&Task::new(plan, &GO_ON), &folder, &mut Nobody)
}

/// The campaign in processes of which all but one in so many are ended by this.
fn ended(cause: Cause, answers_one_of: u64) -> Result<Summary, CampaignError> {
    let ending = Ending {
        plan: plan(),
        cause,
        answers_one_of,
        asked: AtomicU64::new(0),
    };
    campaign(&plan().executed_by(Arc::new(ending)))
}

#[test]
fn who_is_killed_by_others_is_asked_again_whatever_it_did() {
    let whole = campaign(&plan()).unwrap();
    assert!(!whole.scenarios[0].findings.is_empty());
    for signal in [2, 9, 15, 24] {
        for answers_one_of in [2, 3] {
            let summary = ended(Cause::Signal(signal), answers_one_of).unwrap();
            assert_eq!(summary, whole, "signal {signal}, one of {answers_one_of}");
        }
    }
}

#[test]
fn who_is_always_killed_by_others_is_not_blamed() {
    let error = ended(Cause::Signal(9), u64::MAX).unwrap_err();
    assert!(matches!(error, CampaignError::Executor(_)), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("3 times in a row: killed (SIGKILL)"),
        "{told}"
    );
}

#[test]
fn what_dies_in_every_run_is_a_violation_though_no_crash_point_was_tried() {
    let ending = Ending {
        plan: Plan::new(vec![entry(Counter::Careful)]),
        cause: Cause::Signal(6),
        answers_one_of: u64::MAX,
        asked: AtomicU64::new(0),
    };
    let plan = Plan::new(vec![entry(Counter::Careful)]).executed_by(Arc::new(ending));
    let summary = campaign(&plan).unwrap();
    let counted = &summary.scenarios[0];
    assert_eq!(summary.verdict, Verdict::Unexpected);
    assert_eq!((counted.crash_points, counted.violating_runs), (0, 20));
    assert_eq!(counted.findings.len(), 1);
    assert_eq!(counted.findings[0].invariant, "operations-succeed");
}

/// Answers as a process does, but for what is cut off.
#[derive(Debug)]
struct Cutting {
    plan: Plan,
    cuts: fn(&Request) -> bool,
}

impl Executor for Cutting {
    fn ask(
        &self,
        request: &Request,
        _: Telling,
        _: GivenUp<'_>,
    ) -> Result<Result<Answer, Ended>, CampaignError> {
        if (self.cuts)(request) {
            return Err(CampaignError::CutOff);
        }
        let answer = self.plan.answer(request.clone(), &|| true, &|value| value);
        Ok(Ok(answer.unwrap()))
    }
}

#[test]
fn what_is_cut_off_is_not_counted_and_whoever_goes_on_does_all_of_it() {
    let whole = campaign(&plan()).unwrap();
    // How many kept reproducers were replayed, runs counted, and findings made.
    let cut = |cuts| {
        let folder = Folder::create(Arc::new(SimFs::new()), "r".into()).unwrap();
        let cutting = Cutting { plan: plan(), cuts };
        let plan_there = plan().executed_by(Arc::new(cutting));
        let summary = execute(&Task::new(&plan_there, &GO_ON), &folder, &mut Nobody).unwrap();
        let resumed = resume(&Task::new(&plan(), &GO_ON), &folder, &mut Nobody).unwrap();
        assert_eq!(resumed, whole);
        let scenario = &summary.scenarios[0];
        let counts = [
            summary.regressions.len(),
            usize::try_from(scenario.runs).unwrap(),
            scenario.findings.len(),
        ];
        (counts, summary.verdict)
    };
    let (counts, _) = cut(|request| matches!(request, Request::Regression(1)));
    assert_eq!(counts, [1, 0, 0]);
    let (counts, _) = cut(
        |request| matches!(request, Request::Runs(asked) if asked.iter().any(|one| one.seed == 7)),
    );
    assert!(counts[0] == 2 && counts[1] <= 2, "{counts:?}");
    let (counts, verdict) = cut(|request| matches!(request, Request::Violation(_)));
    assert_eq!(counts, [2, 20, 0]);
    assert_eq!(verdict, Verdict::Interrupted);
}
