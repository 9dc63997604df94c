//! The pages: what is on them, what is never on them, and what a browser makes of them.
//!
//! The tests with a browser are ignored where nobody asks for them: `.ci/run` does, and installs one.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod browser;
mod hostile;
mod in_browser;
#[path = "../program/mod.rs"]
mod program;

use std::{
    fs,
    path::{Path, PathBuf},
};

use hostile::{evidence, head, summary};
use serde_json::Value;
use tempfile::TempDir;
use tornwrite::{
    campaign::{Strips, Summary},
    report::{CampaignPage, campaign_page, violation_page},
    run::{Strip, StripPoint, StripTick, Tick},
    workload::CrashKind,
};

/// A scenario with a description that is an attack, and something to find.
const SCENARIO: &str = "version = 1\ndescription = \"</script><script>document.title='owned'</script>\"\n\
    [subject]\nstore = \"wal-note\"\n[workload]\nbatches = 8\n\
    [crash]\nprofile = [\"posix-minimum\", \"ext4-ordered\"]\nlives = 2\nin_recovery = 0\nstates_per_run = 16\n\
    [check]\ninvariants = [\"durable-ack\"]\nexpect = \"violations\"\n[budget]\nruns = 20\n";

pub(crate) fn campaign(summary: &Summary) -> String {
    let tick = |at, is| StripTick {
        at,
        is,
        text: hostile::hostile("tick"),
    };
    let strip = Strip {
        seed: 3,
        life: 2,
        crash: CrashKind::PowerLoss,
        end: 4,
        points_all: 9,
        points: vec![
            StripPoint {
                at: 1,
                legal: Some(4),
                tried: 4,
                failing: 1,
                exact: true,
            },
            StripPoint {
                at: 2,
                legal: None,
                tried: 24,
                failing: 3,
                exact: false,
            },
        ],
        ticks: vec![
            tick(0, Tick::Opened),
            tick(1, Tick::Barrier),
            tick(2, Tick::Acknowledgement),
        ],
    };
    let strips = vec![Some(strip); summary.scenarios.len()];
    let described = serde_json::json!({
        "tornwrite": hostile::hostile("version"),
        "seed_version": 2,
        "scenarios": [{ "seeds": [0, 5], "scenario": { "name": hostile::hostile("name") } }],
    });
    campaign_page(&CampaignPage {
        summary,
        described: &described,
        strips: Some(&Strips::new(600, strips)),
        folder: &hostile::hostile("folder"),
        links: "./",
        witness: &|_| Some(head().witness),
        evidence: &|_| Some(evidence()),
        has_page: &|finding| finding.first_seed == 0,
    })
}

/// No element and no attribute of a subject's making; every such text is there as text.
fn assert_harmless(page: &str) {
    let small = page.to_lowercase();
    for never in [
        "<script",
        "<img",
        "onerror=\"",
        "javascript:",
        "http://",
        "https://",
        "\u{202e}",
    ] {
        assert!(!small.contains(never), "{never} in {page}");
    }
    assert!(page.contains("&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;"));
    assert!(
        page.contains("\\u{202e}"),
        "what turns text around is spelled out"
    );
    // Everything is opened and closed as often.
    for tag in [
        "div", "table", "tr", "td", "th", "svg", "g", "section", "details", "figure", "dl", "ul",
        "p",
    ] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn what_a_subject_wrote_is_text_wherever_it_stands_on_a_violation() {
    let page = violation_page(&head(), &evidence());
    assert_harmless(&page);
    // A sentence begins with a capital.
    let small = page.to_lowercase();
    for place in [
        "scenario",
        "profile",
        "device",
        "given",
        "shown",
        "however",
        "signature",
        "reproducer",
        "operation",
        "site",
        "row",
        "part",
        "piece",
        "verb",
        "by",
        "source",
        "meaning",
        "under",
        "idle",
        "path",
        "record",
        "live record",
        "disk",
        "asked",
        "expected",
        "lane",
        "life 1",
        "image",
    ] {
        let found = small.contains(&format!("{place}&quot;&#39;&gt;"));
        assert!(found, "{place} is not on the page");
    }
}

#[test]
fn what_a_subject_wrote_is_text_wherever_it_stands_on_a_campaign() {
    let page = campaign(&summary(3, 4));
    assert_harmless(&page);
    // A sentence begins with a capital.
    let small = page.to_lowercase();
    for place in [
        "kept name",
        "kept file",
        "kept scenario",
        "kept for",
        "kept reason",
        "gone id",
        "gone invariant",
        "gone scenario",
        "gone profile",
        "gone device",
        "gone missing",
        "why not",
        "scenario-1",
        "operation",
        "given",
        "piece",
        "lane",
        "missing",
    ] {
        let found = small.contains(&format!("{place}&quot;&#39;&gt;"));
        assert!(found, "{place} is not on the page");
    }
}

#[test]
fn a_campaign_tells_of_kept_reproducers_and_of_its_baseline() {
    let mut summary = summary(1, 1);
    let page = campaign(&summary);
    let said = [
        "1 of them must not fail, and did",
        ">✓ fixed<",
        ">✓ fails as expected<",
        ">✗ STILL FAILS<",
        ">? stale<",
        ">1 new, 2 known, 1 resolved, 1 not covered.<",
        ">? not covered<",
        ">✓ resolved<",
        "</span> <span class=\"badge bad\">new<",
    ];
    for said in said {
        assert!(page.contains(said), "{said}");
    }
    let place = |text| page.find(text).unwrap();
    assert!(
        place("STILL FAILS") < place("✓ fixed"),
        "what has to be looked at comes first"
    );
    summary.regressions.clear();
    summary.baseline = None;
    summary.scenarios[0].findings[0].mark = None;
    let page = campaign(&summary);
    for never in [
        "id=\"regressions\"",
        "id=\"baseline\"",
        "href=\"#regressions\"",
        ">new<",
    ] {
        assert!(!page.contains(never), "{never}");
    }
}

#[test]
fn the_first_twenty_findings_have_a_picture_and_what_is_missing() {
    for (findings, cards) in [(3, 3), (20, 20), (70, 20)] {
        let page = campaign(&summary(1, findings));
        assert_eq!(page.matches("<article class=\"card bad\">").count(), cards);
        assert_eq!(
            page.matches("class=\"cutline\" d=").count(),
            cards + 1,
            "and the legend"
        );
        assert!(page.contains("<dt>Missing</dt><dd>"));
        assert_eq!(page.contains("50 more, less severe"), findings == 70);
    }
}

#[test]
fn a_violation_begins_with_what_why_and_where() {
    let page = violation_page(&head(), &evidence());
    let end = page.find("<main>").unwrap();
    let glance = &page[page.find("<dl class=\"verdict bad glance\">").unwrap()..end];
    for said in ["What", "Why", "Where"] {
        assert!(glance.contains(&format!("<dt>{said}</dt>")), "{said}");
    }
    for place in ["asked", "expected", "shown", "operation", "site"] {
        assert!(glance.contains(&format!("{place}&quot;")), "{place}");
    }
    for verb in ["replay", "shrink"] {
        assert!(
            page.contains(&format!(">tornwrite {verb} reproducer&quot;")),
            "{verb}"
        );
    }
}

#[test]
fn a_violation_is_told_in_the_order_in_which_it_is_understood() {
    let page = violation_page(&head(), &evidence());
    let ids = [
        "picture",
        "sentences",
        "missing",
        "legal",
        "bytes",
        "state",
        "trace",
        "again",
    ];
    let places: Vec<usize> = ids
        .iter()
        .map(|id| page.find(&format!("<h2 id=\"{id}\">")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    for shape in [
        "class=\"durable\"",
        "class=\"kept\"",
        "class=\"lost\"",
        "class=\"filled\"",
        "class=\"behind\"",
        "class=\"barrier\"",
        "class=\"barrier open\"",
        "class=\"reach\"",
        "class=\"ack\"",
        "class=\"errormark\"",
        "class=\"cutline\"",
        "class=\"cutarea\"",
        "class=\"arrowhead\"",
        "class=\"ring\"",
    ] {
        assert!(page.contains(shape), "{shape}");
    }
    assert!(page.contains(">should have been durable before<"));
    assert!(
        page.contains("<svg role=\"img\"") && page.contains("<desc>"),
        "drawings have words in their place"
    );
}

#[test]
fn an_acknowledgement_of_what_is_gone_is_marked_as_such() {
    let mut head = head();
    // The one that is drawn is of #7.
    for (invariant, however, marked) in [
        (
            "durable-ack",
            "#5..#7 were acknowledged before the crash",
            true,
        ),
        ("durable-ack", "#8 was acknowledged before the crash", false),
        ("atomic-batch", "batch #7 is there in part", false),
    ] {
        head.invariant = invariant.to_owned();
        head.witness.however = however.to_owned();
        let page = violation_page(&head, &evidence());
        assert_eq!(page.contains(">✗#7<"), marked, "{invariant}: {however}");
    }
}

#[test]
fn what_is_cut_off_says_so() {
    let mut evidence = evidence();
    let [compared] = &evidence.comparison[..] else {
        panic!()
    };
    evidence.comparison = vec![compared.clone(); 700];
    let row = evidence.timelines[0].rows[0].clone();
    evidence.timelines[0]
        .rows
        .extend((8..3000).map(|index| tornwrite::run::Row {
            index,
            ..row.clone()
        }));
    evidence.files[0].records = vec!["record".to_owned(); 1000];
    evidence.files.extend(vec![evidence.files[0].clone(); 60]);
    let page = violation_page(&head(), &evidence);
    for said in [
        "200 more operations are not shown here",
        "entries far from the crash are left out",
        "600 more records",
        "12 more differences",
        "12 more files",
        "And 3 more, for the like reasons",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let page = campaign(&summary(600, 3));
    for said in [
        "100 more scenarios are in summary.json",
        "520 more strips are in strips.json",
        "800 more findings are in summary.json",
        "of 9 points, the others were not looked at",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn ten_thousand_violations_make_a_small_index() {
    let page = campaign(&summary(40, 250));
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("9,000 more findings are in summary.json."));
}

fn tornwrite(directory: &Path, arguments: &[&str]) -> String {
    let output = program::tornwrite(directory, arguments);
    assert!(output.status.success(), "{}", program::stderr(&output));
    program::stdout(&output)
}

/// A finished campaign in the folder `r`.
pub(crate) fn finished() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("s.toml"), SCENARIO).unwrap();
    tornwrite(directory.path(), &["run", "s.toml", "--out", "r"]);
    directory
}

pub(crate) fn report_pages(directory: &TempDir) -> Vec<PathBuf> {
    let folders = fs::read_dir(directory.path().join("r/violations")).unwrap();
    let mut pages: Vec<PathBuf> = folders
        .map(|entry| entry.unwrap().path().join("report.html"))
        .collect();
    pages.sort();
    pages
}

#[test]
fn a_report_can_be_made_again_from_what_is_on_disk() {
    let directory = finished();
    let path = |name: &str| directory.path().join(name);
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    let index = read("r/index.html");
    let first = fs::read_to_string(&report_pages(&directory)[0]).unwrap();
    // From what was kept, and without it.
    for kept in [true, false] {
        if !kept {
            fs::remove_file(path("r/strips.json")).unwrap();
            for page in report_pages(&directory) {
                fs::remove_file(page.with_file_name("evidence.json")).unwrap();
                fs::remove_file(page).unwrap();
            }
        }
        assert_eq!(
            tornwrite(directory.path(), &["report", "r", "--html", "r/index.html"]),
            "r/index.html\n"
        );
        let again = read("r/index.html").replace("href=\"./violations", "href=\"violations");
        assert_eq!(again, index, "kept: {kept}");
        assert_eq!(
            fs::read_to_string(&report_pages(&directory)[0]).unwrap(),
            first
        );
    }
    tornwrite(
        directory.path(),
        &["report", "r", "--html", "elsewhere/i.html"],
    );
    assert!(read("elsewhere/i.html").contains("href=\"./../r/violations/V-"));
    let told = tornwrite(directory.path(), &["report", "r"]);
    assert!(
        told.ends_with("results: r\n") && told.contains("as expected: 2 scenarios"),
        "{told}"
    );
}

#[test]
fn an_id_of_a_strangers_making_leads_nowhere() {
    let directory = finished();
    let path = directory.path().join("r/summary.json");
    let mut summary: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    summary["scenarios"][0]["findings"][0]["id"] = "../../../V-0123456789ab".into();
    summary["scenarios"][0]["findings"][0]["reproducer"] = "/etc/passwd".into();
    fs::write(&path, summary.to_string()).unwrap();
    tornwrite(directory.path(), &["report", "r", "--html", "r/index.html"]);
    let page = fs::read_to_string(directory.path().join("r/index.html")).unwrap();
    assert!(
        !page.contains("href=\"./violations/.."),
        "it has no page, so no link"
    );
}

#[test]
fn what_is_no_folder_of_results_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("empty")).unwrap();
    fs::create_dir(directory.path().join("old")).unwrap();
    let described = "{\"version\":1,\"tornwrite\":\"0\",\"seed_version\":1,\"limits\":\
        {\"violating_runs_max\":1,\"fail_fast\":false},\"scenarios\":[]}";
    fs::write(directory.path().join("old/campaign.json"), described).unwrap();
    fs::write(
        directory.path().join("old/summary.json"),
        "{\"version\":77}",
    )
    .unwrap();
    for (folder, said) in [
        ("none", "error: none:1:1: there is no such folder"),
        (
            "empty",
            "error: empty:1:1: no results: expected what `run` writes",
        ),
        (
            "old",
            "error: old/summary.json:1:1: version 77 is not supported: expected 1",
        ),
    ] {
        let output = program::tornwrite(&directory, &["report", folder]);
        assert_eq!(program::exit(&output), 2);
        let errors = program::stderr(&output);
        assert!(errors.starts_with(said), "{errors}");
    }
}
