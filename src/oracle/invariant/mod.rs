//! The invariants, a file each: what it verifies, what it deliberately does not, and when it was
//! exercised, that is: evaluated in a state in which it could have failed.

pub(super) mod atomic_batch;
pub(super) mod balanced_transfers;
pub(super) mod detects_corruption;
pub(super) mod durable_ack;
pub(super) mod forward_progress;
pub(super) mod gapless_sequence;
pub(super) mod gone_stays_gone;
pub(super) mod legal_history;
pub(super) mod no_overdraft;
pub(super) mod no_phantom;
pub(super) mod prefix_order;
pub(super) mod recovery_idempotent;
pub(super) mod recovery_succeeds;
pub(super) mod seen_stays_seen;

pub(super) use detects_corruption::ID as DETECTS_CORRUPTION;
pub(super) use recovery_succeeds::ID as RECOVERY_SUCCEEDS;

use super::{
    Outcome, Witness,
    reading::{BankCase, Reading},
    words,
};

/// The outcome whose witness says what recovery showed.
fn violated(case: &BankCase<'_>, reading: &Reading<'_>, however: String) -> Outcome {
    violated_showing(case, reading, words::shown(reading), however)
}

/// The outcome whose witness says that something else was shown.
fn violated_showing(
    case: &BankCase<'_>,
    reading: &Reading<'_>,
    shown: String,
    however: String,
) -> Outcome {
    Outcome::Violated(Box::new(Witness {
        given: words::given(case, reading),
        shown,
        however,
    }))
}
