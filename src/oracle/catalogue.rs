//! The invariants that ship with the harness.

use super::{
    DamageClass, Outcome, invariant,
    reading::{BankCase, Reading},
};

/// An invariant: what a recovered state must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// Its stable id.
    pub id: &'static str,
    /// What it says, in one line.
    pub summary: &'static str,
    /// What a subject did that violates it, behind its name: "lost an acknowledged transfer".
    pub breach: &'static str,
    /// Whether it is checked where a scenario names no invariants; the others are for subjects
    /// that promise more.
    pub is_default: bool,
    /// Its source file, whose header is its documentation.
    pub(super) module: &'static str,
    pub(super) under_damage: UnderDamage,
    pub(super) check: fn(&BankCase<'_>, &Reading<'_>) -> Outcome,
}

/// What damage by a device leaves of an invariant; damage that is of the crash itself leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnderDamage {
    /// It judges every state that is shown: no damage excuses what it forbids.
    Judges,
    /// Not where the last sync group is damaged, which is lost as a torn tail is.
    BelowSynced,
    /// Not at all: an error that names the place is an answer too, and `detects-corruption` says what is none.
    Suspended,
}

impl UnderDamage {
    pub(super) fn judges(self, class: Option<DamageClass>) -> bool {
        match (self, class) {
            (_, None | Some(DamageClass::OfTheCrash)) | (UnderDamage::Judges, _) => true,
            (UnderDamage::BelowSynced, Some(class)) => class == DamageClass::BelowSynced,
            (UnderDamage::Suspended, _) => false,
        }
    }
}

impl Invariant {
    /// What it verifies, what it deliberately does not, and when it was exercised: a paragraph each.
    pub fn documentation(&self) -> Vec<String> {
        let header = self
            .module
            .lines()
            .map_while(|line| line.strip_prefix("//!"));
        let mut paragraphs = vec![String::new()];
        for line in header.map(str::trim) {
            match paragraphs.last_mut() {
                Some(last) if line.is_empty() || last.is_empty() => {
                    if line.is_empty() {
                        paragraphs.push(String::new());
                    } else {
                        last.push_str(line);
                    }
                }
                Some(last) => {
                    last.push(' ');
                    last.push_str(line);
                }
                None => {}
            }
        }
        paragraphs
    }
}

/// Invariants are what their ids say.
impl PartialEq for Invariant {
    fn eq(&self, other: &Invariant) -> bool {
        self.id == other.id
    }
}

impl Eq for Invariant {}

/// An id that no invariant has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no invariant `{id}`; the nearest is `{nearest}`")]
pub struct UnknownInvariant {
    /// The id that was asked for.
    pub id: String,
    /// The id that is spelled most like it.
    pub nearest: &'static str,
}

/// All invariants, the weakest guarantee first, so that the first violated one says best *what*
/// broke.
pub static INVARIANTS: [Invariant; 14] = [
    invariant::recovery_succeeds::INVARIANT,
    invariant::detects_corruption::INVARIANT,
    invariant::no_phantom::INVARIANT,
    invariant::gone_stays_gone::INVARIANT,
    invariant::atomic_batch::INVARIANT,
    invariant::balanced_transfers::INVARIANT,
    invariant::no_overdraft::INVARIANT,
    invariant::durable_ack::INVARIANT,
    invariant::seen_stays_seen::INVARIANT,
    invariant::prefix_order::INVARIANT,
    invariant::gapless_sequence::INVARIANT,
    invariant::recovery_idempotent::INVARIANT,
    invariant::forward_progress::INVARIANT,
    invariant::legal_history::INVARIANT,
];

/// The invariant with this id.
pub fn find(id: &str) -> Result<&'static Invariant, UnknownInvariant> {
    let found = INVARIANTS.iter().find(|invariant| invariant.id == id);
    found.ok_or_else(|| UnknownInvariant {
        id: id.to_owned(),
        nearest: nearest(id),
    })
}

/// The ids of the invariants that are checked by default.
pub fn defaults() -> Vec<&'static str> {
    let defaults = INVARIANTS.iter().filter(|invariant| invariant.is_default);
    defaults.map(|invariant| invariant.id).collect()
}

fn nearest(id: &str) -> &'static str {
    let ids = INVARIANTS.iter().map(|invariant| invariant.id);
    ids.min_by_key(|known| strsim::damerau_levenshtein(known, id))
        .expect("the catalogue is not empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_is_found_by_its_id() {
        for invariant in &INVARIANTS {
            assert_eq!(find(invariant.id).unwrap().summary, invariant.summary);
        }
    }

    #[test]
    fn every_invariant_says_what_it_verifies_and_what_not_and_when_it_was_exercised() {
        for invariant in &INVARIANTS {
            let paragraphs = invariant.documentation();
            for start in ["Verifies", "Deliberately", "Exercised: "] {
                let found = paragraphs.iter().any(|text| text.starts_with(start));
                assert!(found, "{}: {start}", invariant.id);
            }
        }
    }

    #[test]
    fn a_misspelled_id_gets_the_nearest() {
        let error = find("atomic-btach").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no invariant `atomic-btach`; the nearest is `atomic-batch`"
        );
    }

    #[test]
    fn what_only_some_subjects_promise_is_opt_in() {
        let defaults = defaults();
        let opt_in: Vec<&str> = INVARIANTS
            .iter()
            .map(|invariant| invariant.id)
            .filter(|id| !defaults.contains(id))
            .collect();
        assert_eq!(
            opt_in,
            ["detects-corruption", "seen-stays-seen", "gapless-sequence"]
        );
    }
}
