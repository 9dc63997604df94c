//! What was found, the most severe first.

use super::{
    campaign::CampaignPage,
    card::{card, mark, name},
    fate,
    markup::Markup,
    page::{command, fold, table},
};
use crate::{
    campaign::{Finding, ScenarioSummary, Status},
    report::{grouped, numbers::counted, table::on},
};

/// Findings that have a card with a picture.
const FULL_MAX: usize = 20;
/// Findings that have a row.
const ROWS_MAX: usize = 1000;

pub(super) type Found<'s> = (&'s ScenarioSummary, &'s Finding);

fn is_expected((scenario, finding): Found<'_>) -> bool {
    scenario.status(finding) != Status::Unexpected
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
    fold(body, "What the shapes in the pictures mean", fate::legend);
    body.element("div", &[("class", &"cards")], |cards| {
        for found in all.iter().take(FULL_MAX) {
            card(cards, campaign, *found);
        }
    });
    if all.len() > FULL_MAX {
        let words = format_args!(
            "{} more, less severe, are in the table only.",
            grouped((all.len() - FULL_MAX) as u64)
        );
        body.leaf("p", &[("class", &"dim")], words);
    }
    fold(body, "All findings as a table", |body| {
        listed(body, campaign, &all);
    });
    body.leaf("p", &[("class", &"small")], "To see one again:");
    let folder = campaign.folder;
    command(
        body,
        &format!("tornwrite replay {folder}/violations/<id>/reproducer.json"),
    );
}

fn listed(body: &mut Markup, campaign: &CampaignPage<'_>, all: &[Found<'_>]) {
    let heads = [
        ("", "finding"),
        ("", "violated"),
        ("", "scenario"),
        ("", "profile"),
        ("n", "runs"),
        ("n", "first seed"),
        ("", "what was missing"),
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
                    mark(cell, *found);
                });
                row.leaf("td", &[("class", &"nowrap")], &scenario.name);
                row.leaf("td", &[("class", &"nowrap")], on(scenario));
                row.leaf("td", &[("class", &"n")], grouped(finding.count));
                row.leaf("td", &[("class", &"n")], finding.first_seed);
                row.leaf("td", &[("class", &"small")], &finding.missing);
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
