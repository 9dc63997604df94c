//! A campaign as a page: the verdict with what it covers, where each scenario fails, what was found, what was exercised.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    baseline::baseline,
    counts, findings,
    markup::Markup,
    page::{command, fold, page, section},
    regressions::regressions,
    scenarios, strip,
};
use crate::{
    campaign::{Finding, Sentences, Strips, Summary, Verdict},
    report::{grouped, numbers::counted},
    run::Evidence,
};

/// Scenarios whose configuration is shown.
const CONFIGURATIONS_MAX: usize = 100;

/// What the page of a campaign is made of.
pub struct CampaignPage<'a> {
    /// What was counted.
    pub summary: &'a Summary,
    /// What `campaign.json` says: configuration and versions.
    pub described: &'a Value,
    /// Where each scenario fails, if that was looked at.
    pub strips: Option<&'a Strips>,
    /// Where the results are, as the user can name it.
    pub folder: &'a str,
    /// What leads from the page to that folder: a relative path that ends in a slash.
    pub links: &'a str,
    /// Why a finding's invariant does not hold; nothing if its file cannot be read.
    pub witness: &'a dyn Fn(&Finding) -> Option<Sentences>,
    /// What its replay shows; nothing if that was not kept. Asked of the few findings that are drawn.
    pub evidence: &'a dyn Fn(&Finding) -> Option<Evidence>,
    /// Whether a finding has a page.
    pub has_page: &'a dyn Fn(&Finding) -> bool,
}

impl std::fmt::Debug for CampaignPage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CampaignPage")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The page of a campaign.
pub fn campaign_page(campaign: &CampaignPage<'_>) -> String {
    let CampaignPage {
        summary, strips, ..
    } = campaign;
    let mut body = Markup::new();
    verdict(&mut body, summary);
    if !summary.regressions.is_empty() {
        section(&mut body, "regressions", "Kept reproducers", |body| {
            regressions(body, summary);
        });
    }
    section(&mut body, "scenarios", "Scenarios", |body| {
        scenarios::table(body, summary);
    });
    if scenarios::has_comparison(summary) {
        section(
            &mut body,
            "profiles",
            "The same scenario on several profiles",
            |body| {
                scenarios::comparison(body, summary);
            },
        );
    }
    if let Some(strips) = strips {
        section(
            &mut body,
            "strips",
            "Where in the trace a crash is fatal",
            |body| {
                strip::strips(body, summary, strips);
            },
        );
    }
    section(&mut body, "findings", "Findings", |body| {
        findings::findings(body, campaign);
    });
    if let Some(compared) = &summary.baseline {
        section(&mut body, "baseline", "Against the baseline", |body| {
            baseline(body, compared);
        });
    }
    section(&mut body, "coverage", "What was exercised", |body| {
        counts::coverage(body, summary);
    });
    section(&mut body, "invariants", "Invariants", |body| {
        counts::invariants(body, summary);
    });
    section(&mut body, "configuration", "Configuration", |body| {
        configuration(body, campaign);
    });
    page(&title(summary), &header(campaign), &body)
}

fn title(summary: &Summary) -> String {
    let word = match summary.verdict {
        Verdict::Expected if clean(summary) => "clean",
        Verdict::Expected => "as expected",
        Verdict::Unexpected => "NOT AS EXPECTED",
        Verdict::Unexercised => "NOT EXERCISED",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Interrupted => "INTERRUPTED",
        Verdict::Nondeterministic => "NONDETERMINISTIC",
    };
    format!("tornwrite: {word}")
}

fn clean(summary: &Summary) -> bool {
    summary
        .scenarios
        .iter()
        .all(|scenario| scenario.violating_runs == 0)
}

fn header(campaign: &CampaignPage<'_>) -> Markup {
    let [start, end] = campaign.summary.seeds;
    let mut header = Markup::new();
    header.leaf("h1", &[], "Crash consistency: what a campaign found");
    header.element("p", &[("class", &"dim wide")], |line| {
        line.leaf("code", &[], campaign.folder);
        let count = counted(campaign.summary.scenarios.len() as u64, "scenario");
        line.text(format_args!(" · seeds {start}..{end} · {count}"));
    });
    header.element("nav", &[("aria-label", &"Sections")], |nav| {
        let summary = campaign.summary;
        for (id, word, is_there) in [
            (
                "#regressions",
                "Kept reproducers",
                !summary.regressions.is_empty(),
            ),
            ("#scenarios", "Scenarios", true),
            ("#strips", "Where it fails", campaign.strips.is_some()),
            ("#findings", "Findings", true),
            ("#baseline", "Baseline", summary.baseline.is_some()),
            ("#coverage", "Exercised", true),
            ("#invariants", "Invariants", true),
            ("#configuration", "Configuration", true),
        ] {
            if is_there {
                nav.leaf("a", &[("href", &id)], word);
            }
        }
    });
    header
}

/// The verdict in one line, with what it covers.
fn verdict(body: &mut Markup, summary: &Summary) {
    let not_met = summary.scenarios.iter().filter(|one| !one.met).count();
    let all = counted(summary.scenarios.len() as u64, "scenario");
    let found = summary
        .scenarios
        .iter()
        .filter(|one| one.violating_runs > 0);
    let (class, word) = match summary.verdict {
        Verdict::Expected if clean(summary) => {
            ("good", format!("✓ clean: {all}, nothing was violated"))
        }
        Verdict::Expected => (
            "found",
            format!(
                "✓ as expected: {all}; {} of them are known to fail, and did",
                found.count()
            ),
        ),
        Verdict::Unexpected => ("bad", format!("✗ NOT AS EXPECTED: {not_met} of {all}")),
        Verdict::Unexercised if summary.scenarios.is_empty() => {
            ("bad", "✗ NOTHING SELECTED".to_owned())
        }
        Verdict::Unexercised => ("bad", format!("✗ NOT EXERCISED: {not_met} of {all}")),
        Verdict::Inconclusive => ("bad", format!("? INCONCLUSIVE: {not_met} of {all}")),
        Verdict::Interrupted => ("bad", format!("? INTERRUPTED: {all}")),
        Verdict::Nondeterministic => ("bad", format!("✗ NONDETERMINISTIC: {not_met} of {all}")),
    };
    body.element(
        "div",
        &[("class", &format_args!("verdict {class}"))],
        |box_| {
            box_.element("p", &[], |line| line.leaf("strong", &[], word));
            box_.leaf("p", &[], covered(summary));
        },
    );
}

fn covered(summary: &Summary) -> String {
    let sum = |count: fn(&crate::campaign::ScenarioSummary) -> u64| {
        summary.scenarios.iter().map(count).sum::<u64>()
    };
    let profiles: BTreeSet<&str> = summary
        .scenarios
        .iter()
        .map(|one| one.profile.as_str())
        .collect();
    let exhaustive = match sum(|one| one.exhaustive_points) {
        0 => String::new(),
        points => format!(" (at {} of them every legal state)", grouped(points)),
    };
    format!(
        "Covered: {}, {}, {} recovered, at {}{exhaustive}, on {}.",
        counted(sum(|one| one.runs), "run"),
        counted(sum(|one| one.states_tried), "crash state"),
        counted(sum(|one| one.distinct_images), "distinct disk"),
        counted(sum(|one| one.crash_points), "crash point"),
        counted(profiles.len() as u64, "filesystem profile"),
    )
}

fn configuration(body: &mut Markup, campaign: &CampaignPage<'_>) {
    let text = |key: &str| {
        let value = campaign.described.get(key);
        value.map_or_else(
            || "?".to_owned(),
            |value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        )
    };
    body.leaf(
        "p",
        &[],
        format_args!(
            "tornwrite {}, seed version {}. The same scenarios and seeds give the same results on any machine.",
            text("tornwrite"),
            text("seed_version")
        ),
    );
    let scenarios = campaign
        .described
        .get("scenarios")
        .and_then(Value::as_array);
    let scenarios = scenarios.map_or(&[][..], Vec::as_slice);
    let [start, end] = campaign.summary.seeds;
    body.leaf("p", &[], "Again, from the folder that holds the scenarios:");
    command(
        body,
        &format!("tornwrite run scenarios --seeds {start}..{end}"),
    );
    let is_other = |one: &&Value| one["seeds"] != serde_json::json!([start, end]);
    let others = scenarios.iter().filter(is_other).count() as u64;
    if others > 0 {
        let words = format_args!(
            "{} had fewer seeds than that: each says its own.",
            counted(others, "scenario")
        );
        body.leaf("p", &[("class", &"dim small")], words);
    }
    command(
        body,
        &format!("tornwrite report {} --html index.html", campaign.folder),
    );
    for one in scenarios.iter().take(CONFIGURATIONS_MAX) {
        let scenario = &one["scenario"];
        let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        let title = format!(
            "{} on {}, seeds {}",
            word(&scenario["name"]),
            word(&scenario["crash"]["profile"]),
            one["seeds"]
        );
        fold(body, &title, |body| {
            let json = serde_json::to_string_pretty(scenario);
            body.leaf("pre", &[("tabindex", &0)], json.unwrap_or_default());
        });
    }
    if let Some(more @ 1..) = scenarios.len().checked_sub(CONFIGURATIONS_MAX) {
        body.leaf(
            "p",
            &[("class", &"dim")],
            format_args!("{more} more are in campaign.json."),
        );
    }
}
