//! What was found, the most severe first.

use super::{
    campaign::CampaignPage,
    markup::Markup,
    page::{command, fold, table},
};
use crate::{
    campaign::{Finding, ScenarioSummary},
    report::{grouped, numbers::counted, table::on},
};

/// Unexpected findings that are told in full.
const FULL_MAX: usize = 20;
/// Findings that have a row.
const ROWS_MAX: usize = 1000;

type Found<'s> = (&'s ScenarioSummary, &'s Finding);

fn is_expected((scenario, finding): Found<'_>) -> bool {
    scenario.expects(finding)
}

pub(super) fn findings(body: &mut Markup, campaign: &CampaignPage<'_>) {
    let all = campaign.summary.by_severity();
    let unexpected = all.iter().filter(|found| !is_expected(**found)).count();
    if all.is_empty() {
        body.leaf("p", &[], "Nothing was violated.");
        return;
    }
    let words = match unexpected {
        0 => format!(
            "{}, all of them expected.",
            counted(all.len() as u64, "finding")
        ),
        some => format!(
            "{}, {} of them not expected.",
            counted(all.len() as u64, "finding"),
            grouped(some as u64)
        ),
    };
    body.leaf("p", &[], words);
    let pages = all
        .iter()
        .filter(|(_, one)| (campaign.has_page)(one))
        .count();
    if pages < all.len() {
        let words = format_args!(
            "{} of them, the most severe, have a page of their own; the command below shows the others.",
            grouped(pages as u64)
        );
        body.leaf("p", &[("class", &"dim")], words);
    }
    for found in all
        .iter()
        .take(FULL_MAX)
        .filter(|found| !is_expected(**found))
    {
        in_full(body, campaign, *found);
    }
    let rows = |body: &mut Markup| listed(body, campaign, &all);
    if unexpected > 0 {
        fold(body, "All findings as a table", rows);
    } else {
        rows(body);
    }
    body.leaf("p", &[("class", &"small")], "To see one again:");
    let folder = campaign.folder;
    command(
        body,
        &format!("tornwrite replay {folder}/violations/<id>/reproducer.json"),
    );
}

fn in_full(body: &mut Markup, campaign: &CampaignPage<'_>, (scenario, finding): Found<'_>) {
    body.element("h3", &[], |heading| {
        name(heading, campaign, finding);
        heading.text(format_args!(
            " {} of {} on {}",
            finding.invariant,
            scenario.subject,
            on(scenario)
        ));
    });
    body.leaf(
        "p",
        &[("class", &"dim small")],
        format_args!(
            "{}: {}, first by seed {}; {}",
            scenario.name,
            counted(finding.count, "run"),
            finding.first_seed,
            super::head::lost(&finding.signature)
        ),
    );
    if let Some(sentences) = (campaign.witness)(finding) {
        body.element("dl", &[("class", &"sentences")], |list| {
            for (word, sentence) in [
                ("Let", &sentences.given),
                ("Then", &sentences.shown),
                ("However", &sentences.however),
            ] {
                list.leaf("dt", &[], word);
                list.leaf("dd", &[], sentence);
            }
        });
    }
    command(
        body,
        &format!(
            "tornwrite replay {}/{}",
            campaign.folder, finding.reproducer
        ),
    );
}

/// The id, as a link to its page if there is one.
fn name(into: &mut Markup, campaign: &CampaignPage<'_>, finding: &Finding) {
    let id = &finding.id;
    if (campaign.has_page)(finding) {
        let target = format_args!("{}violations/{id}/report.html", campaign.links);
        into.element("a", &[("href", &target)], |link| link.leaf("code", &[], id));
    } else {
        into.leaf("code", &[], id);
    }
}

fn listed(body: &mut Markup, campaign: &CampaignPage<'_>, all: &[Found<'_>]) {
    let heads = [
        ("", "finding"),
        ("", "violated"),
        ("", "scenario"),
        ("", "profile"),
        ("n", "runs"),
        ("n", "first seed"),
        ("", "what was lost"),
    ];
    let shown = all.len().min(ROWS_MAX);
    let caption = format!(
        "{} of {}",
        counted(shown as u64, "finding"),
        grouped(all.len() as u64)
    );
    table(body, &caption, &heads, |rows| {
        for found @ (scenario, finding) in all.iter().take(ROWS_MAX) {
            rows.element("tr", &[], |row| {
                row.element("th", &[("scope", &"row"), ("class", &"nowrap")], |cell| {
                    name(cell, campaign, finding);
                });
                row.element("td", &[("class", &"nowrap")], |cell| {
                    cell.text(&finding.invariant);
                    if !is_expected(*found) {
                        cell.raw(" ");
                        cell.leaf("span", &[("class", &"badge bad")], "✗ unexpected");
                    }
                });
                row.leaf("td", &[("class", &"nowrap")], &scenario.name);
                row.leaf("td", &[("class", &"nowrap")], on(scenario));
                row.leaf("td", &[("class", &"n")], grouped(finding.count));
                row.leaf("td", &[("class", &"n")], finding.first_seed);
                row.leaf(
                    "td",
                    &[("class", &"small")],
                    super::head::lost(&finding.signature),
                );
            });
        }
    });
    if let Some(more @ 1..) = all.len().checked_sub(ROWS_MAX) {
        let words = format_args!(
            "{} more findings are in summary.json.",
            grouped(more as u64)
        );
        body.leaf("p", &[("class", &"dim")], words);
    }
}
