//! The oracle of the bank-transfers workload.

use super::{
    Case, Compared, Issued, Oracle, Outcome,
    catalogue::{self, Invariant, UnknownInvariant},
    comparison,
    invariant::{DETECTS_CORRUPTION, RECOVERY_SUCCEEDS},
    reading::{Batch, Reading},
};
use crate::workload::{BankConfig, EventLog, Operation};

/// Judges recoveries of event stores under bank transfers.
///
/// ```
/// use tornwrite::{oracle::{BankOracle, Oracle as _}, workload::BankConfig};
///
/// let ids = ["durable-ack", "atomic-batch"];
/// let oracle = BankOracle::new(BankConfig::default(), &ids)?;
/// assert_eq!(oracle.invariants(), ["atomic-batch", "durable-ack"]);
/// # Ok::<(), tornwrite::oracle::catalogue::UnknownInvariant>(())
/// ```
#[derive(Clone, Debug)]
pub struct BankOracle {
    config: BankConfig,
    invariants: Vec<&'static Invariant>,
}

impl BankOracle {
    /// An oracle that checks the invariants of these ids, in the order of the catalogue.
    pub fn new(
        config: BankConfig,
        ids: &[impl AsRef<str>],
    ) -> Result<BankOracle, UnknownInvariant> {
        for id in ids {
            catalogue::find(id.as_ref())?;
        }
        let is_wanted = |id: &str| ids.iter().any(|wanted| wanted.as_ref() == id);
        let all = catalogue::INVARIANTS.iter();
        Ok(BankOracle {
            config,
            invariants: all.filter(|invariant| is_wanted(invariant.id)).collect(),
        })
    }
}

impl Oracle<Operation, EventLog> for BankOracle {
    fn invariants(&self) -> Vec<&'static str> {
        self.invariants
            .iter()
            .map(|invariant| invariant.id)
            .collect()
    }

    fn check(&self, case: &Case<'_, Operation, EventLog>, outcomes: &mut Vec<Outcome>) {
        let nothing = EventLog::new();
        let log = case.recovery.unwrap_or(&nothing);
        let reading = Reading::of(case.history, log, &self.config);
        let class = case.damage.map(|damage| damage.class);
        let judges_failures = [RECOVERY_SUCCEEDS, DETECTS_CORRUPTION];
        outcomes.extend(self.invariants.iter().map(|invariant| {
            let is_shown = case.recovery.is_ok() || judges_failures.contains(&invariant.id);
            if is_shown && invariant.under_damage.judges(class) {
                (invariant.check)(case, &reading)
            } else {
                Outcome::NotEvaluated
            }
        }));
    }

    fn shown(&self, history: &[Issued<'_, Operation>], state: &EventLog) -> Vec<bool> {
        let reading = Reading::of(history, state, &self.config);
        let mut batches = reading.batches.iter().peekable();
        let is_shown = |issued: &Issued<'_, Operation>| {
            let batch = batches.next_if(|batch| batch.issued.id == issued.id);
            batch.is_none_or(Batch::is_whole)
        };
        history.iter().map(is_shown).collect()
    }

    fn compare(&self, case: &Case<'_, Operation, EventLog>) -> Vec<Compared> {
        let nothing = EventLog::new();
        let log = case.recovery.unwrap_or(&nothing);
        let reading = Reading::of(case.history, log, &self.config);
        comparison::compare(case, &reading, &self.invariants)
    }
}
