//! One violation executed again, and explained; that may end the process which does it.

use super::{CampaignError, GivenUp, Plan, Wanted, executor::Again, tally::Key};
use crate::run::{Evidence, Violation};

/// A violation that was executed again, and what it shows; why there is nothing to see if that ended the process.
pub(super) enum Explained {
    Yes(Violation, Box<Evidence>),
    No(Violation, String),
    /// Its seed does not find it again.
    NotFound,
}

/// The violation of a group that this seed finds, by running it again; nothing if it finds none.
pub(super) fn again(
    plan: &Plan,
    numbered: (usize, &Key),
    seed: u64,
    is_given_up: GivenUp<'_>,
) -> Result<Option<Violation>, CampaignError> {
    let again = plan.again(wanted(numbered, seed, false), is_given_up)?;
    Ok(match again {
        Again::Found(violation, _) => Some(violation),
        Again::NotFound | Again::Died(_) => None,
    })
}

/// The same, explained.
pub(super) fn explained(
    plan: &Plan,
    numbered: (usize, &Key),
    seed: u64,
    is_given_up: GivenUp<'_>,
) -> Result<Explained, CampaignError> {
    let why = match plan.again(wanted(numbered, seed, true), is_given_up)? {
        Again::Found(violation, Some(evidence)) => return Ok(Explained::Yes(violation, evidence)),
        Again::Found(violation, None) => return Ok(Explained::No(violation, String::new())),
        Again::NotFound => return Ok(Explained::NotFound),
        Again::Died(ended) => ended.told(),
    };
    let found = again(plan, numbered, seed, is_given_up)?;
    Ok(found.map_or(Explained::NotFound, |violation| {
        Explained::No(violation, why)
    }))
}

fn wanted((entry, (place, signature)): (usize, &Key), seed: u64, explained: bool) -> Wanted {
    Wanted {
        entry,
        place: *place,
        signature: signature.clone(),
        seed,
        explained,
    }
}
