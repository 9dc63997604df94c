//! In which order findings are told: the most severe first, then the most frequent.

use std::cmp::Reverse;

use crate::{
    campaign::{Finding, ScenarioSummary, Summary},
    oracle::catalogue::INVARIANTS,
};

/// A finding with its scenario.
pub(super) type Placed<'s> = (&'s ScenarioSummary, &'s Finding);

/// All findings.
///
/// What is severe is told by the order of invariants, the weakest guarantee first; invariants of the user's own come in the
/// order of their scenario, behind those that ship.
pub(super) fn findings(summary: &Summary) -> Vec<Placed<'_>> {
    let mut all: Vec<_> = summary.scenarios.iter().flat_map(placed).collect();
    all.sort_by_key(|(severity, (_, finding))| (*severity, Reverse(finding.count)));
    all.into_iter().map(|(_, placed)| placed).collect()
}

fn placed(scenario: &ScenarioSummary) -> impl Iterator<Item = ((usize, usize), Placed<'_>)> {
    scenario.findings.iter().map(move |finding| {
        let of_same = |first: &Finding| first.invariant == finding.invariant;
        let known = INVARIANTS
            .iter()
            .position(|known| known.id == finding.invariant);
        let own = || scenario.findings.iter().position(of_same).unwrap_or(0);
        let severity = known.map_or_else(|| (INVARIANTS.len(), own()), |place| (place, 0));
        (severity, (scenario, finding))
    })
}
