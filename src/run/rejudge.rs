//! What comes of the last recovery of a replay, or of a replay that does not get that far.

use super::{
    Schedule, Subject, Timeline,
    attempt::Detail,
    fit::{Divergence, Parting},
    legality::Stage,
    life::Life,
    recover::{Recovered, recover},
    replay::{Replayer, Verdict},
    state::{history, past},
    tally::{OPERATIONS_SUCCEED, failed},
};
use crate::{
    base::{Digest, Position},
    crash::Frontier,
    oracle::{Compared, Outcome},
    workload::CrashKind,
};

impl<S: Subject> Replayer<'_, S> {
    pub(super) fn without_a_crash(&mut self, life: &Life<S::Operation>, number: u32) -> Verdict {
        let graph = self.config.graph(&life.recording);
        let end = life.recording.trace.end();
        let window = Frontier::new(&graph).window(end);
        let title = format!("life {}, without a crash", number + 1);
        let everything = window.everything();
        let kind = CrashKind::ProcessCrash;
        if self.detail == Detail::Timelines {
            let timeline = Timeline::new(title.clone(), kind, &window, &everything);
            self.timelines.push(timeline);
            let profile = self.config.profile;
            self.uncrashed = Some(Stage::new(title, kind, profile, &window, &everything));
        }
        match &life.failure {
            Some((operation, failure)) => {
                let witness = failed(*operation, failure, !life.errors.is_empty());
                self.comparison = vec![Compared {
                    operation: operation.map_or("opening it".to_owned(), |id| id.to_string()),
                    expected: "succeeds, or says which injected error kept it".to_owned(),
                    shown: failure.to_string(),
                    agrees: false,
                }];
                Verdict::StillFails {
                    invariant: OPERATIONS_SUCCEED,
                    witness,
                    image: Digest::default(),
                }
            }
            None => self.fit.succeeds(),
        }
    }

    /// An earlier recovery fails, which it did not: that is judged in place of what was recorded.
    pub(super) fn without_a_next_life(
        &mut self,
        invariant: &str,
        life: &Life<S::Operation>,
        point: Position,
        kind: CrashKind,
        recovered: &Recovered<S>,
    ) -> Result<Verdict, Divergence> {
        let outcomes = self.outcomes(life, point, kind, recovered);
        let violated = |outcome: &Outcome| matches!(outcome, Outcome::Violated(_));
        if outcomes.iter().any(violated) {
            return Ok(self.verdict(invariant, outcomes));
        }
        let failure = recovered.shown.as_ref().err();
        let failure = failure.map_or_else(String::new, ToString::to_string);
        let title = format!("life {}", self.trials.life + 1);
        Err(self.fit.divergence(&title, Parting::Recovery(failure)))
    }

    pub(super) fn judge(
        &mut self,
        schedule: &Schedule,
        invariant: &str,
        life: &Life<S::Operation>,
        point: Position,
        kind: CrashKind,
        mut recovered: Recovered<S>,
    ) -> Result<Verdict, Divergence> {
        let mut kind = kind;
        for (depth, choice) in schedule.in_recovery.iter().enumerate() {
            let graph = self.config.graph(&recovered.recording);
            if depth + 1 == schedule.in_recovery.len() && self.hunt.is_some() {
                let kinds = (kind, choice);
                return Ok(self.hunt_recovery(invariant, life, point, kinds, &recovered));
            }
            let title = format!("recovery {} from it", depth + 1);
            let laid = self.lay(
                choice,
                &recovered.recording,
                recovered.first,
                &graph,
                &title,
            )?;
            let start = self.crash(choice, &laid, &recovered.recording, title);
            kind = kind.max(choice.kind);
            let again = recover(self.job, start, self.trials, &past(life, point), None);
            drop(laid);
            drop(graph);
            recovered = again;
        }
        let outcomes = self.outcomes(life, point, kind, &recovered);
        Ok(self.verdict(invariant, outcomes))
    }

    fn outcomes(
        &mut self,
        life: &Life<S::Operation>,
        point: Position,
        kind: CrashKind,
        recovered: &Recovered<S>,
    ) -> Vec<Outcome> {
        let history = history(life, point, kind);
        let mut outcomes = Vec::new();
        let case = recovered.case(&history, kind, self.damage.as_ref());
        self.job.oracle.check(&case, &mut outcomes);
        if self.detail == Detail::Timelines {
            self.comparison = self.job.oracle.compare(&case);
        }
        outcomes
    }

    pub(super) fn verdict(&self, invariant: &str, outcomes: Vec<Outcome>) -> Verdict {
        let names = self.job.oracle.invariants();
        let mut violated: Vec<_> = names
            .into_iter()
            .zip(outcomes)
            .filter_map(|(name, outcome)| match outcome {
                Outcome::Violated(witness) => Some((name, *witness)),
                _ => None,
            })
            .collect();
        let place = violated
            .iter()
            .position(|(name, _)| *name == invariant)
            .unwrap_or(0);
        if violated.is_empty() {
            return self.fit.survives();
        }
        let (invariant, witness) = violated.swap_remove(place);
        Verdict::StillFails {
            invariant,
            witness,
            image: self.image.digest(),
        }
    }
}
