//! No balance is below zero.
//!
//! Verifies the balances at the end of what is shown. The workload issues only transfers that are
//! covered however the batches in doubt turn out, so an overdraft is money that came from a lost
//! batch, or was spent twice.
//!
//! Deliberately does not verify the balances on the way there.
//!
//! Exercised: an account has paid out more than half of what it was opened with, so that a debit
//! taken twice, or a credit lost, can show.

use super::violated;
use crate::{
    oracle::{
        Outcome,
        catalogue::{Invariant, UnderDamage},
        reading::{BankCase, Reading},
    },
    workload::{BankEvent, BankEventKind},
};

const ID: &str = "no-overdraft";

pub(in crate::oracle) const INVARIANT: Invariant = Invariant {
    id: ID,
    summary: "no balance is below zero",
    breach: "overdrew an account",
    module: include_str!("no_overdraft.rs"),
    is_default: true,
    under_damage: UnderDamage::Judges,
    check,
};

fn check(case: &BankCase<'_>, reading: &Reading<'_>) -> Outcome {
    let overdrawn = reading.balances.iter().position(|&balance| balance < 0);
    let Some(account) = overdrawn else {
        return Outcome::Holds {
            exercised: is_exercised(reading),
        };
    };
    let however = format!(
        "every transfer was covered by money that no crash can take, and account {account} holds {}",
        reading.balances[account]
    );
    violated(case, reading, however)
}

fn is_exercised(reading: &Reading<'_>) -> bool {
    let mut left = vec![u128::from(reading.config.opening_balance / 2); reading.balances.len()];
    let batches = reading.batches.iter().filter(|batch| !batch.is_gone());
    let mut events = batches.flat_map(|batch| batch.events.iter().filter_map(BankEvent::decode));
    events.any(|event| {
        let Some(left) = left.get_mut(event.account as usize) else {
            return false;
        };
        let amount = u128::from(event.amount);
        let is_beyond = event.kind == BankEventKind::Debit && amount > *left;
        if event.kind == BankEventKind::Debit {
            *left = left.saturating_sub(amount);
        }
        is_beyond
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::fixture::Fixture;

    fn debits(fixture: &Fixture, account: u32) -> Vec<(usize, usize)> {
        let is_its_debit = |&(batch, index): &(usize, usize)| {
            let event = BankEvent::decode(fixture.events(batch).1.get(index).unwrap()).unwrap();
            event.kind == BankEventKind::Debit && event.account == account
        };
        let all = fixture.all_slots(|_| true);
        all.into_iter().filter(is_its_debit).collect()
    }

    #[test]
    fn holds_and_is_exercised_once_an_account_paid_out_half() {
        assert!(Fixture::new(40).exercises(ID));
        assert!(!Fixture::new(1).exercises(ID));
    }

    #[test]
    fn debits_taken_twice_are_a_violation() {
        let fixture = Fixture::new(40);
        let twice = debits(&fixture, 0).repeat(2);
        let however = fixture.shows(&twice).however(ID);
        assert!(however.contains("account 0 holds -"), "{however}");
    }

    #[test]
    fn debits_taken_once_are_not() {
        let fixture = Fixture::new(40);
        let once = debits(&fixture, 0);
        assert!(fixture.shows(&once).exercises(ID));
    }
}
