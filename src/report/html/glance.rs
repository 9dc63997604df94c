//! A violation at a glance: what was lost, why, and where in the code.

use std::collections::BTreeMap;

use super::markup::Markup;
use crate::{
    campaign::Sentences,
    report::timeline::short,
    run::{Before, Compared, Evidence, Missing},
};

/// Things that are not as they must be that are told.
const WRONG_MAX: usize = 3;
/// Places in the code that are told.
const PLACES_MAX: usize = 3;
/// Operations of one place that are named.
const NAMED_MAX: usize = 3;

/// What a stranger reads first.
pub(super) fn glance(body: &mut Markup, witness: &Sentences, evidence: &Evidence) {
    body.element("dl", &[("class", &"verdict bad glance")], |list| {
        list.leaf("dt", &[], "What");
        wrong(list, witness, &evidence.comparison);
        let Some(missing) = &evidence.missing else {
            return;
        };
        list.leaf("dt", &[], "Why");
        let mut sentences = missing.sentences();
        if missing.crash.is_some() && !missing.idle.is_empty() {
            // Where nothing has to be lost is told last.
            sentences.rotate_left(1);
        }
        for sentence in sentences {
            list.leaf("dd", &[], sentence_of(&sentence));
        }
        let places = places(missing);
        if !places.is_empty() {
            list.leaf("dt", &[], "Where");
        }
        for (place, operations) in places.iter().take(PLACES_MAX) {
            list.element("dd", &[], |item| place_of(item, place, operations));
        }
        if let Some(more @ 1..) = places.len().checked_sub(PLACES_MAX) {
            list.leaf("dd", &[], format_args!("and {more} more places, below"));
        }
    });
}

fn wrong(list: &mut Markup, witness: &Sentences, comparison: &[Compared]) {
    let wrong: Vec<&Compared> = comparison.iter().filter(|one| !one.agrees).collect();
    if wrong.is_empty() {
        let Sentences { shown, however, .. } = witness;
        let words = format_args!("{} However, {however}.", sentence_of(shown));
        return list.leaf("dd", &[], words);
    }
    for one in wrong.iter().take(WRONG_MAX) {
        list.element("dd", &[], |item| {
            item.leaf("strong", &[], &one.operation);
            item.text(format_args!(" ({}). Recovery showed: ", one.expected));
            item.leaf("strong", &[("class", &"differs")], &one.shown);
            item.raw(".");
        });
    }
    if let Some(more @ 1..) = wrong.len().checked_sub(WRONG_MAX) {
        list.leaf("dd", &[], format_args!("and {more} more, below"));
    }
}

/// Places in the code, with the operations of what is missing that were done there.
pub(super) fn places(missing: &Missing) -> BTreeMap<&str, BTreeMap<u32, &str>> {
    let mut places: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
    let orderings = missing.orderings.iter().flat_map(|one| &one.one_of);
    for ordering in orderings {
        let later = match &ordering.before {
            Before::Later(later) => Some(later),
            Before::Itself => None,
        };
        for operation in [Some(&ordering.lost), later].into_iter().flatten() {
            if !operation.site.is_empty() {
                let of_it = places.entry(&operation.site).or_default();
                of_it.insert(operation.index, &operation.text);
            }
        }
    }
    places
}

/// One place in the code, and what was done there.
pub(super) fn place_of(into: &mut Markup, place: &str, operations: &BTreeMap<u32, &str>) {
    into.leaf("code", &[("title", &place)], short(place));
    let named: Vec<&str> = operations.values().take(NAMED_MAX).copied().collect();
    into.text(format_args!(": {}", named.join("; ")));
    if let Some(more @ 1..) = operations.len().checked_sub(NAMED_MAX) {
        into.text(format_args!("; and {more} more"));
    }
}

/// A sentence begins with a capital and ends with a full stop.
pub(super) fn sentence_of(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(characters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}
