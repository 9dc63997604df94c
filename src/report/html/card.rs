//! One finding on the page of its campaign: what broke, what was missing, and the life that decides as a small picture.

use std::collections::BTreeSet;

use super::{
    campaign::CampaignPage,
    columns::Room,
    findings::Found,
    glance::sentence_of,
    head::{gone, lost},
    markup::Markup,
    page::{command, fold},
    picture::{Picture, ended},
};
use crate::{
    campaign::{Finding, Mark, Sentences, Status},
    report::{numbers::counted, table::on},
    run::{Evidence, Missing, Timeline},
};

pub(super) fn card(body: &mut Markup, campaign: &CampaignPage<'_>, found: Found<'_>) {
    let (scenario, finding) = found;
    let class = match scenario.status(finding) {
        Status::Unexpected => "card bad",
        Status::Known | Status::Expected => "card",
    };
    body.element("article", &[("class", &class)], |card| {
        card.element("h3", &[], |heading| {
            name(heading, campaign, finding);
            let (invariant, subject) = (&finding.invariant, &scenario.subject);
            heading.text(format_args!(
                " {invariant} of {subject} on {}",
                on(scenario)
            ));
            mark(heading, found);
        });
        let count = counted(finding.count, "run");
        let words = format_args!(
            "{}: {count}, first by seed {}",
            scenario.name, finding.first_seed
        );
        card.leaf("p", &[("class", &"dim small")], words);
        let witness = (campaign.witness)(finding);
        let is_open = scenario.status(finding) == Status::Unexpected;
        if let Some(witness) = witness.as_ref().filter(|_| is_open) {
            sentences(card, witness);
        }
        decisive(card, campaign, finding, witness.as_ref());
        let words = if is_open {
            "See it again"
        } else {
            "Why it is wrong, and how to see it again"
        };
        fold(card, words, |body| {
            if let Some(witness) = witness.as_ref().filter(|_| !is_open) {
                sentences(body, witness);
            }
            again(body, campaign, finding);
        });
    });
}

fn sentences(card: &mut Markup, witness: &Sentences) {
    card.element("dl", &[("class", &"sentences")], |list| {
        let Sentences {
            given,
            shown,
            however,
        } = witness;
        for (word, sentence) in [("Let", given), ("Then", shown), ("However", however)] {
            list.leaf("dt", &[], word);
            list.leaf("dd", &[], sentence_of(sentence));
        }
    });
}

fn again(body: &mut Markup, campaign: &CampaignPage<'_>, finding: &Finding) {
    let file = format!("{}/{}", campaign.folder, finding.reproducer);
    for verb in ["replay", "shrink"] {
        command(body, &format!("tornwrite {verb} {file}"));
    }
    body.leaf("p", &[("class", &"dim small")], lost(&finding.signature));
}

/// What was missing, and the life in which it was.
fn decisive(
    card: &mut Markup,
    campaign: &CampaignPage<'_>,
    finding: &Finding,
    witness: Option<&Sentences>,
) {
    let evidence = (campaign.evidence)(finding);
    card.element("dl", &[("class", &"sentences")], |list| {
        list.leaf("dt", &[], "Missing");
        let missing = evidence.as_ref().and_then(|one| one.missing.as_ref());
        let sentences = missing.map_or_else(|| vec![finding.missing.clone()], Missing::sentences);
        let sentences: Vec<String> = sentences.iter().map(|one| sentence_of(one)).collect();
        list.leaf("dd", &[], sentences.join(" "));
    });
    if let Some(evidence) = &evidence {
        let gone = witness.map(|witness| gone(&finding.invariant, witness));
        picture(card, evidence, &gone.unwrap_or_default());
    }
}

/// The life whose losses matter; the last one if none do.
fn picture(card: &mut Markup, evidence: &Evidence, gone: &BTreeSet<u32>) {
    let missing = evidence.missing.as_ref();
    let is_decisive = |timeline: &&Timeline| {
        let crash = missing.and_then(|missing| missing.crash.as_ref());
        crash == Some(&timeline.title)
    };
    let decisive = evidence.timelines.iter().find(is_decisive);
    let missing = missing.filter(|_| decisive.is_some());
    let Some(timeline) = decisive.or(evidence.timelines.last()) else {
        return;
    };
    card.element("figure", &[], |figure| {
        figure.leaf("figcaption", &[("class", &"dim small")], ended(timeline));
        Picture::new(timeline, missing, gone, Room::SMALL).draw(figure);
    });
}

/// The id, as a link to its page if there is one.
pub(super) fn name(into: &mut Markup, campaign: &CampaignPage<'_>, finding: &Finding) {
    let id = &finding.id;
    if (campaign.has_page)(finding) {
        let target = format_args!("{}violations/{id}/report.html", campaign.links);
        into.element("a", &[("href", &target)], |link| link.leaf("code", &[], id));
    } else {
        into.leaf("code", &[], id);
    }
}

/// What is to be thought of a finding, and whether the baseline knows it.
pub(super) fn mark(into: &mut Markup, (scenario, finding): Found<'_>) {
    let mut badge = |class: &str, word: &str| {
        into.raw(" ");
        into.leaf("span", &[("class", &format_args!("badge {class}"))], word);
    };
    if scenario.status(finding) == Status::Unexpected {
        badge("bad", "✗ unexpected");
    }
    match finding.mark {
        Some(Mark::New) => badge("bad", "new"),
        Some(Mark::Known) => badge("found", "known"),
        None => {}
    }
}
