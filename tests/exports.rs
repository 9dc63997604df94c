//! Exports: what other programs read of a campaign, and that nothing a subject wrote leaves its place in it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use tornwrite::{
    base::Digest,
    campaign::{
        Comparison, Finding, Gone, InvariantSummary, Mark, ScenarioSummary, Sentences, Summary,
        Verdict,
    },
    report::{ExportFormat, Results, Told, export},
    run::{
        Before, Expectation, LegalStates, Missing, MissingOrdering, Mode, NamedOperation, Ordering,
    },
};

/// What a subject may write to break out of any of the formats.
const HOSTILE: &str = "]]></failure><script>alert(1)</script>&\u{0}\u{1b}[31m\u{ffff} ```` | **x** [a](http://b) \
                       %0A::error::x\r\n\"'@all";

fn finding(n: u64, invariant: &str, mark: Option<Mark>) -> Finding {
    let id = format!("V-{n:012x}");
    Finding {
        reproducer: format!("violations/{id}/reproducer.json"),
        id,
        invariant: invariant.to_owned(),
        count: 10 * n,
        first_seed: n,
        missing: "in work: write N to wal/N.log (src/lib.rs) before #N was acknowledged".to_owned(),
        signature: "in work: lost block of write wal/N.log".to_owned(),
        signatures: Vec::new(),
        mark,
    }
}

/// A scenario that is expected to be clean, with these findings.
fn scenario(name: &str, findings: Vec<Finding>) -> ScenarioSummary {
    let mut by_invariant = BTreeMap::new();
    for id in ["atomic-batch", "durable-ack", "no-phantom"] {
        let of = || findings.iter().filter(|finding| finding.invariant == id);
        let count = InvariantSummary {
            evaluated: 1000,
            exercised: 900,
            violated: of().count() as u64,
            violating_runs: of().map(|finding| finding.count).sum(),
        };
        by_invariant.insert(id.to_owned(), count);
    }
    let mut scenario = ScenarioSummary {
        name: name.to_owned(),
        subject: "wal".to_owned(),
        profile: "ext4-ordered".to_owned(),
        device: "honest".to_owned(),
        mode: Mode::Sampled,
        seeds: [0, 300],
        configuration: Digest::default(),
        runs: 300,
        crash_points: 4800,
        states_tried: 4800,
        distinct_images: 1234,
        recoveries: 4800,
        exhaustive_points: 0,
        legal_states: LegalStates::default(),
        violations: 0,
        nondeterministic_runs: 0,
        violating_runs: findings.iter().map(|finding| finding.count).sum(),
        by_invariant,
        coverage: BTreeMap::new(),
        kinds: BTreeMap::new(),
        left_out: BTreeMap::new(),
        findings,
        unexplained: 0,
        digest: Digest::default(),
        expectation: Expectation::Clean,
        met: false,
        verdict: Verdict::Expected,
        reasons: Vec::new(),
    };
    let unexpected = scenario.findings.iter();
    let unexpected = unexpected.filter(|finding| finding.mark != Some(Mark::Known));
    let mut reasons: Vec<String> = unexpected
        .map(|finding| format!("{} was not expected to be violated", finding.invariant))
        .collect();
    reasons.dedup();
    if !reasons.is_empty() {
        scenario.verdict = Verdict::Unexpected;
    }
    scenario.reasons = reasons;
    scenario.met = scenario.verdict == Verdict::Expected;
    scenario
}

fn summary(scenarios: Vec<ScenarioSummary>) -> Summary {
    let verdicts: Vec<Verdict> = scenarios.iter().map(|scenario| scenario.verdict).collect();
    Summary {
        version: 1,
        seed_version: 2,
        shard: None,
        regressions: Vec::new(),
        seeds: [0, 300],
        verdict: Verdict::of(&verdicts),
        scenarios,
        baseline: None,
    }
}

/// One scenario of each kind.
fn one_of_each() -> Summary {
    let mut expecting = scenario("ndjson-power-loss", vec![finding(1, "atomic-batch", None)]);
    expecting.expectation = Expectation::Violations;
    expecting.verdict = Verdict::Expected;
    expecting.reasons.clear();
    let known = vec![finding(2, "durable-ack", Some(Mark::Known))];
    let new = vec![
        finding(3, "atomic-batch", Some(Mark::New)),
        finding(5, "durable-ack", Some(Mark::New)),
        finding(4, "durable-ack", Some(Mark::Known)),
    ];
    let mut idle = scenario("wal-idle", Vec::new());
    idle.verdict = Verdict::Unexercised;
    idle.reasons = vec![
        "no-phantom was never in a state in which it could have failed".to_owned(),
        "torn-tail was reached 0 times and 1 are required".to_owned(),
    ];
    let mut all = summary(vec![
        expecting,
        scenario("wal-clean", Vec::new()),
        scenario("wal-known", known),
        scenario("wal-new", new),
        idle,
    ]);
    let gone = |n: u64, reason: Option<&str>| Gone {
        id: format!("V-{n:012x}"),
        invariant: "no-phantom".to_owned(),
        scenario: "wal-old".to_owned(),
        subject: "wal".to_owned(),
        profile: "xfs".to_owned(),
        device: "honest".to_owned(),
        missing: String::new(),
        reason: reason.map(str::to_owned),
    };
    all.baseline = Some(Comparison {
        new: 2,
        known: 2,
        resolved: vec![gone(6, None)],
        not_covered: vec![gone(7, Some("wal-old did not run"))],
    });
    all
}

fn named(index: u32, text: &str, site: &str) -> NamedOperation {
    NamedOperation {
        index,
        text: text.to_owned(),
        site: site.to_owned(),
    }
}

fn told(given: &str) -> Told {
    let ordering = Ordering {
        lost: named(6, "write 6 to wal/000001.log", "src/lib.rs:12"),
        parts: Vec::new(),
        before: Before::Later(named(9, "#5 was acknowledged", "")),
    };
    Told {
        witness: Some(Sentences {
            given: given.to_owned(),
            shown: "recovery showed batches #1 to #3".to_owned(),
            however: "#5 was acknowledged before the crash".to_owned(),
        }),
        missing: Some(Missing {
            crash: Some("life 1 of 1".to_owned()),
            idle: Vec::new(),
            orderings: vec![MissingOrdering {
                one_of: vec![ordering],
            }],
            reruns: 7,
            complete: true,
        }),
        died: false,
    }
}

fn exported(format: ExportFormat, summary: &Summary, given: &str) -> String {
    let results = Results {
        summary,
        folder: "reports/scenarios-0-300",
        told: &|_| told(given),
        has_source: &|file| file == "src/lib.rs",
    };
    export(format, &results).unwrap()
}

const GIVEN: &str = "batches #1 to #5 were acknowledged as durable";

/// Compares with a file in `tests/golden/exports`, which a person looked at.
fn is_golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/exports/{name}", env!("CARGO_MANIFEST_DIR"));
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{path} should be:\n{text}");
}

#[test]
fn markdown_reads_as_it_did() {
    is_golden(
        "campaign.md",
        &exported(ExportFormat::Markdown, &one_of_each(), GIVEN),
    );
}

#[test]
fn annotations_read_as_they_did() {
    is_golden(
        "annotations.txt",
        &exported(ExportFormat::Github, &one_of_each(), GIVEN),
    );
}

#[test]
fn junit_reads_as_it_did() {
    is_golden(
        "junit.xml",
        &exported(ExportFormat::Junit, &one_of_each(), GIVEN),
    );
}

#[test]
fn json_is_the_summary() {
    let text = exported(ExportFormat::Json, &one_of_each(), GIVEN);
    let read: Summary = serde_json::from_str(&text).unwrap();
    assert_eq!(read, one_of_each());
}

/// An element of the schema of Jenkins' xUnit plugin (junit-10.xsd).
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
}

const JENKINS: &[Element] = &[
    Element {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &["time", "skipped", "timestamp", "hostname", "id", "package"],
        children: &["properties", "testcase", "system-out", "system-err"],
    },
    Element {
        name: "testcase",
        required: &["name"],
        optional: &["classname", "time"],
        children: &["skipped", "error", "failure", "system-out", "system-err"],
    },
    Element {
        name: "failure",
        required: &[],
        optional: &["type", "message"],
        children: &[],
    },
    Element {
        name: "error",
        required: &[],
        optional: &["type", "message"],
        children: &[],
    },
    Element {
        name: "system-out",
        required: &[],
        optional: &[],
        children: &[],
    },
];

fn is_jenkins(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let rule = JENKINS.iter().find(|element| element.name == name);
    let rule = rule.unwrap_or_else(|| panic!("<{name}> is unknown"));
    for attribute in node.attributes() {
        let known =
            rule.required.contains(&attribute.name()) || rule.optional.contains(&attribute.name());
        assert!(known, "{} of <{name}>", attribute.name());
    }
    for attribute in rule.required {
        assert!(node.has_attribute(*attribute), "{attribute} of <{name}>");
    }
    for child in node.children().filter(Node::is_element) {
        let child_name = child.tag_name().name();
        assert!(
            rule.children.contains(&child_name),
            "<{child_name}> in <{name}>"
        );
        is_jenkins(child);
    }
    if name == "testcase" {
        // Jenkins keeps the first of several, so that there may be only one.
        let troubles = node.children();
        let troubles =
            troubles.filter(|child| child.has_tag_name("failure") || child.has_tag_name("error"));
        assert!(troubles.count() <= 1);
    }
    if name == "testsuites" || name == "testsuite" {
        let cases = || {
            node.descendants()
                .filter(|node| node.has_tag_name("testcase"))
        };
        let with = |element| {
            let with =
                cases().filter(move |case| case.children().any(|node| node.has_tag_name(element)));
            with.count().to_string()
        };
        assert_eq!(
            node.attribute("tests").unwrap(),
            cases().count().to_string()
        );
        assert_eq!(node.attribute("failures").unwrap(), with("failure"));
        assert_eq!(node.attribute("errors").unwrap(), with("error"));
    }
}

fn state_of<'d>(document: &'d Document<'_>, class: &str, name: &str) -> (&'d str, &'d str) {
    let case = document.descendants().find(|node| {
        let is_named = node
            .attribute("name")
            .is_some_and(|is| is.starts_with(name));
        node.attribute("classname") == Some(class) && is_named
    });
    let mut children = case.unwrap().children().filter(Node::is_element);
    let child = children.next();
    child.map_or(("pass", ""), |child| {
        (child.tag_name().name(), child.text().unwrap_or_default())
    })
}

#[test]
fn junit_says_of_each_invariant_what_the_verdict_says() {
    let xml = exported(ExportFormat::Junit, &one_of_each(), GIVEN);
    let document = Document::parse(&xml).unwrap();
    is_jenkins(document.root_element());
    let cases = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    assert_eq!(
        cases.count(),
        5 * 3 + 1,
        "an invariant each, and one scenario"
    );
    let state = |class, name| state_of(&document, class, name);
    assert_eq!(state("wal-clean", "durable-ack"), ("pass", ""));
    let (element, text) = state("ndjson-power-loss", "atomic-batch");
    assert_eq!(element, "system-out", "expected: a pass, with its text");
    assert!(text.contains("  Let     batches #1 to #5"), "{text}");
    assert_eq!(state("wal-known", "durable-ack").0, "system-out");
    let (element, text) = state("wal-new", "durable-ack");
    assert_eq!(element, "failure");
    for said in [
        "V-000000000005  new, unexpected violation of durable-ack in 50 runs",
        "  However #5 was",
        "  Missing had write 6",
        "  tornwrite replay reports/scenarios-0-300/violations/V-000000000005/reproducer.json\n",
    ] {
        assert!(text.contains(said), "{text}");
    }
    assert!(
        !text.contains("V-000000000004"),
        "what is known does not fail: {text}"
    );
    assert_eq!(state("wal-idle", "no-phantom").0, "error");
    assert_eq!(state("wal-idle", "scenario").0, "error");
    assert_eq!(state("wal-idle", "durable-ack").0, "pass");
}

#[test]
fn nothing_that_a_subject_wrote_leaves_its_place_in_junit() {
    let mut all = one_of_each();
    all.scenarios[3].name = HOSTILE.to_owned();
    all.scenarios[3].reasons[0] = format!("atomic-batch {HOSTILE}");
    let xml = exported(ExportFormat::Junit, &all, HOSTILE);
    let document = Document::parse(&xml).unwrap();
    is_jenkins(document.root_element());
    assert!(
        document
            .descendants()
            .all(|node| !node.has_tag_name("script"))
    );
    assert!(
        xml.contains("&lt;script&gt;alert(1)"),
        "it is told all the same"
    );
    let suite = document
        .descendants()
        .filter(|node| node.has_tag_name("testsuite"))
        .nth(3);
    let name = suite.unwrap().attribute("name").unwrap();
    let legal = HOSTILE.replace(['\u{0}', '\u{1b}', '\u{ffff}'], "\u{fffd}");
    assert_eq!(name, legal, "line ends come through an attribute");
}

#[test]
fn nothing_that_a_subject_wrote_leaves_its_place_in_markdown() {
    let mut all = one_of_each();
    all.scenarios[1].name = HOSTILE.to_owned();
    all.scenarios[0].findings[0].missing = HOSTILE.to_owned();
    let text = exported(ExportFormat::Markdown, &all, HOSTILE);
    let mut fence = None;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            None if ticks >= 3 && line.ends_with("text") => fence = Some(ticks),
            None => {
                for raw in ["<script", "**x**", "[a](", "http://", "@all", "\u{1b}"] {
                    assert!(!line.contains(raw), "{raw} in {line}");
                }
                let bars = line.matches('|').count() - line.matches("\\|").count();
                assert!([0, 5, 8].contains(&bars), "{bars} bars in {line}");
            }
            Some(open) if ticks >= open => {
                assert_eq!(line.len(), ticks, "only our own fence ends it: {line}");
                fence = None;
            }
            Some(_) => assert!(!line.contains('\u{1b}')),
        }
    }
    assert_eq!(fence, None);
    assert!(
        text.contains("`````text"),
        "a fence longer than what is in it"
    );
}

#[test]
fn an_annotation_is_one_line_whatever_is_in_it() {
    let mut all = one_of_each();
    all.scenarios[3].name = format!("{HOSTILE}:,");
    let text = exported(ExportFormat::Github, &all, HOSTILE);
    assert!(
        text.lines()
            .all(|line| line.starts_with("::error title=tornwrite")),
        "{text}"
    );
    let line = text.lines().next().unwrap();
    let (head, message) = line["::error ".len()..].split_once("::").unwrap();
    let properties: Vec<&str> = head.split(',').collect();
    assert_eq!(properties.len(), 3, "{head}");
    assert_eq!(properties[1..], ["file=src/lib.rs", "line=12"]);
    assert!(
        properties[0].contains("%250A%3A%3Aerror%3A%3Ax%0D%0A"),
        "{head}"
    );
    assert!(message.contains("%250A::error::x%0D%0A"), "{message}");
}

#[test]
fn github_is_given_nine_annotations_and_how_many_more_there_are() {
    let many = |count: u64| {
        let findings = (1..=count).map(|n| finding(n, "durable-ack", None));
        summary(vec![scenario("wal", findings.collect())])
    };
    let lines = |count| {
        exported(ExportFormat::Github, &many(count), GIVEN)
            .lines()
            .count()
    };
    assert_eq!([0, 1, 9, 10, 500].map(lines), [0, 1, 9, 10, 10]);
    let text = exported(ExportFormat::Github, &many(500), GIVEN);
    let last = "::error title=tornwrite::and 491 more in reports/scenarios-0-300/summary.json\n";
    assert!(text.ends_with(last), "{text}");
    assert!(
        text.contains("V-0000000001f4"),
        "the most frequent are told"
    );
}

#[test]
fn a_place_that_is_not_the_users_is_not_annotated() {
    let all = one_of_each();
    let results = Results {
        summary: &all,
        folder: "r",
        told: &|_| told(GIVEN),
        has_source: &|_| false,
    };
    let text = export(ExportFormat::Github, &results).unwrap();
    assert!(
        text.contains("::error") && !text.contains("file="),
        "{text}"
    );
}

#[test]
fn markdown_fits_the_summary_of_a_step_and_is_cut_at_whole_findings() {
    let long = "batch #7 was acknowledged as durable ".repeat(1000);
    let findings = (1..=200).map(|n| finding(n, "durable-ack", None));
    let mut all = summary(vec![scenario("wal", findings.collect())]);
    let text = exported(ExportFormat::Markdown, &all, &long);
    assert!(text.len() <= 1 << 20, "{}", text.len());
    assert_eq!(text.matches("```").count() % 2, 0, "no block is cut");
    let told = text.matches("unexpected violation of").count();
    assert!((1..100).contains(&told));
    let more = format!("\nand {} more unexpected findings in `reports", 200 - told);
    assert!(text.contains(&more), "{}", &text[text.len() - 300..]);

    let row = scenario("wal", Vec::new());
    all.scenarios = vec![row; 20_000];
    let text = exported(ExportFormat::Markdown, &all, GIVEN);
    assert!(text.len() <= 1 << 20, "{}", text.len());
    assert!(text.contains(" more scenarios in `reports"));
}
