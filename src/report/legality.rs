//! What is missing, and why a crash state is legal: the blocks behind the three sentences.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{Layout, timeline::short};
use crate::run::{Before, LegalReason, Legality, Missing, MissingOrdering, NamedOperation};

const MISSING: &str = "  Missing ";
const LEGAL: &str = "  Legal   ";
const INDENT: &str = "          ";

/// What should have been durable before what, with the places in the subject's code.
pub fn missing(missing: &Missing) -> String {
    missing_in(missing, &Layout::PLAIN)
}

pub(super) fn missing_in(missing: &Missing, layout: &Layout) -> String {
    let mut text = String::new();
    let mut word = MISSING;
    for sentence in missing.sentences() {
        text += &layout.wrap(std::mem::replace(&mut word, INDENT), &sentence);
    }
    let orderings = missing.orderings.iter().flat_map(MissingOrdering::told);
    let mut places = BTreeSet::new();
    for ordering in orderings {
        places.insert(&ordering.lost);
        if let Before::Later(later) = &ordering.before {
            places.insert(later);
        }
    }
    for operation in places.into_iter().filter(|place| !place.site.is_empty()) {
        text += &place(operation, layout);
    }
    text
}

/// Why each crash state is legal, and under which profiles.
pub fn legality(all: &[Legality]) -> String {
    legality_in(all, &Layout::PLAIN)
}

pub(super) fn legality_in(all: &[Legality], layout: &Layout) -> String {
    let mut text = String::new();
    let mut quoted = BTreeSet::new();
    let told = all.iter().filter(|legality| !legality.reasons.is_empty());
    if told.clone().next().is_none() {
        return layout.wrap(LEGAL, "nothing was lost");
    }
    for legality in told {
        let crash = match all.len() {
            1 => String::new(),
            _ => format!("{}: ", legality.title),
        };
        let mut word = LEGAL;
        let mut first = crash;
        for reason in &legality.reasons {
            let sentence = std::mem::take(&mut first) + &reason.sentence();
            text += &layout.wrap(std::mem::replace(&mut word, INDENT), &sentence);
            text += &source(reason, &mut quoted, layout);
        }
        if legality.more > 0 {
            let _ = writeln!(text, "{INDENT}and {} more", legality.more);
        }
        text += &layout.wrap(INDENT, &under(legality));
    }
    text
}

fn under(legality: &Legality) -> String {
    let names = legality.under.join(", ");
    let observed = if legality.observed_too {
        "an observed strength too"
    } else {
        "no observed strength"
    };
    format!("Legal under {names}; {observed}.")
}

/// Where the rule comes from; in full the first time.
fn source<'r>(reason: &'r LegalReason, quoted: &mut BTreeSet<&'r str>, layout: &Layout) -> String {
    let Some(rule) = &reason.rule else {
        return String::new();
    };
    let source = if quoted.insert(&rule.source) {
        &rule.source
    } else {
        "as above"
    };
    layout.wrap(
        INDENT,
        &format!("[{} = {}: {source}]", rule.key, rule.choice),
    )
}

fn place(operation: &NamedOperation, layout: &Layout) -> String {
    let site = short(&operation.site);
    layout.wrap(INDENT, &format!("{}: {site}", operation.text))
}
