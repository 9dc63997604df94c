//! The oracle of the harness, for stores that run without it.

use tornwrite::{
    base::Position,
    oracle::{BankOracle, Case, Issued, Oracle as _, Outcome},
    trace::{Mark, OperationId, Promise},
    workload::{CrashKind, EventLog, Ledger, Operation},
};

/// Judges what a recovery showed, after the first `acknowledged` batches were promised to be durable and the next one, if
/// there is one, was begun; whether all invariants hold.
pub(crate) fn judge(
    operations: &[Operation],
    acknowledged: usize,
    log: &EventLog,
    oracle: &BankOracle,
    outcomes: &mut Vec<Outcome>,
) -> bool {
    let appends = operations
        .iter()
        .filter(|operation| matches!(operation, Operation::Append { .. }))
        .take(acknowledged + 1);
    let mut ledger = Ledger::new();
    for (number, index) in (0..).zip(0..=acknowledged) {
        ledger.enter(Mark::Issued(OperationId(number)), Position(2 * number));
        if index < acknowledged {
            let mark = Mark::Acknowledged(OperationId(number), Promise::Durable);
            ledger.enter(mark, Position(2 * number + 1));
        }
    }
    let standings = ledger.standings(Position(u32::MAX - 1), CrashKind::PowerLoss);
    let history: Vec<_> = standings
        .zip(appends)
        .zip(0..)
        .map(|((standing, operation), number)| Issued {
            id: OperationId(number),
            operation,
            standing,
            failed: false,
            seen: false,
        })
        .collect();
    let case = Case {
        history: &history,
        crash: CrashKind::PowerLoss,
        recovery: Ok(log),
        again: None,
        progress: None,
        injected: false,
        damage: None,
    };
    outcomes.clear();
    oracle.check(&case, outcomes);
    !outcomes
        .iter()
        .any(|outcome| matches!(outcome, Outcome::Violated(_)))
}
