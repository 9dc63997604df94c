//! No money appears or disappears.
//!
//! Verifies that the balances that follow from all that is shown sum to what the accounts were
//! opened with.
//!
//! Deliberately does not verify where the money is, and cannot see whole transfers that are lost,
//! nor two errors that cancel out.
//!
//! Exercised: a batch of several events may be there, so half a transfer may be.

use super::violated;
use crate::oracle::{
    Outcome,
    catalogue::{Invariant, UnderDamage},
    reading::{BankCase, Reading},
};

const ID: &str = "balanced-transfers";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "the sum of all balances is what the accounts were opened with",
    breach: "made money vanish, or appear",
    module: include_str!("balanced_transfers.rs"),
    is_default: true,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let config = reading.config;
    let opened = i128::from(config.opening_balance) * i128::from(config.accounts);
    let total: i128 = reading.balances.iter().sum();
    if total == opened {
        return Outcome::Holds {
            exercised: reading.may_be_torn(),
        };
    }
    let off = (total - opened).unsigned_abs();
    let how = if total < opened {
        "missing"
    } else {
        "too much"
    };
    let however = format!(
        "transfers move money and neither make nor take any: the balances must sum to {opened}, \
         they sum to {total}, {off} {how}"
    );
    violated(case, reading, however)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    #[test]
    fn holds_and_is_exercised_while_half_a_transfer_may_be_there() {
        assert!(Fixture::new(2).exercises(ID));
        assert!(!Fixture::new(0).exercises(ID));
    }

    #[test]
    fn a_debit_without_its_credit_is_a_violation() {
        let fixture = Fixture::new(1).standing(0, Standing::InDoubt);
        let however = fixture.shows(&[(0, 0)]).however(ID);
        assert!(however.contains("must sum to 400"), "{however}");
        assert!(however.ends_with("missing"), "{however}");
    }

    #[test]
    fn a_credit_without_its_debit_is_a_violation() {
        let fixture = Fixture::new(1).standing(0, Standing::InDoubt);
        let however = fixture.shows(&[(0, 1)]).however(ID);
        assert!(however.ends_with("too much"), "{however}");
    }
}
