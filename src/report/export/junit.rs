//! `JUnit` XML: a suite for each scenario, a test case for each invariant on each subject, profile and device.
//!
//! A case fails where the campaign's verdict says so: an unexpected violation, or an expected one that did not happen, is a
//! failure; an invariant that could never have failed is an error. A violation that is expected, or that the baseline knows, is a
//! pass, with its text as output. What concerns a scenario as a whole (no runs, too few, a coverage mark that was not reached) is an
//! error of a case of its own, `scenario`, that is there only then.
//!
//! Times are 0: they are no result, and the same campaign gives the same bytes. `timing.json` has them.
//!
//! Sources: the schema of Jenkins' xUnit plugin (`junit-10.xsd`) for elements, attributes and their order; Jenkins' `JUnit` plugin
//! and the usual actions of GitHub read the same.

use std::fmt::Write as _;

use super::{
    Results, heading,
    xml::{attribute, text},
};
use crate::campaign::{Finding, ScenarioSummary, Status, Verdict};

/// Findings of one case that are told in full.
const FINDINGS_MAX: usize = 10;

const FAILURE: &str = "failure";

/// One test case.
struct Case {
    class: String,
    name: String,
    trouble: Option<Trouble>,
    output: String,
}

/// Why a test case does not pass.
struct Trouble {
    element: &'static str,
    kind: String,
    message: String,
    text: String,
}

pub(super) fn junit(results: &Results<'_>) -> String {
    let mut suites: Vec<(&str, Vec<Case>)> = Vec::new();
    for scenario in &results.summary.scenarios {
        let cases = cases(results, scenario);
        match suites.iter_mut().find(|(name, _)| *name == scenario.name) {
            Some((_, all)) => all.extend(cases),
            None => suites.push((&scenario.name, cases)),
        }
    }
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let counts = counts(all());
    let _ = writeln!(xml, "<testsuites name=\"tornwrite\" {counts} time=\"0\">");
    for (name, cases) in &suites {
        let (name, counts) = (attribute(name), self::counts(cases.iter()));
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{name}\" {counts} skipped=\"0\" time=\"0\">"
        );
        for case in cases {
            xml += &case.xml();
        }
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut errors) = (0_u64, 0_u64, 0_u64);
    for case in cases {
        tests += 1;
        match &case.trouble {
            Some(trouble) if trouble.element == FAILURE => failures += 1,
            Some(_) => errors += 1,
            None => {}
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
}

/// The invariants of one scenario on one profile and device, and the scenario itself if there is something to say of it.
fn cases(results: &Results<'_>, scenario: &ScenarioSummary) -> Vec<Case> {
    let ScenarioSummary {
        name,
        subject,
        profile,
        device,
        ..
    } = scenario;
    let case = |what: &str| Case {
        class: name.clone(),
        name: format!("{what} ({subject} on {profile}, {device})"),
        trouble: None,
        output: String::new(),
    };
    let is_about = |reason: &str, id: &str| reason.split(' ').next() == Some(id);
    let mut cases = Vec::new();
    for id in scenario.by_invariant.keys() {
        let mut reasons = scenario.reasons.iter();
        let reason = reasons.find(|reason| is_about(reason, id));
        let of = |status: fn(Status) -> bool| {
            let findings = scenario.findings.iter();
            let of = findings.filter(|finding| finding.invariant == *id);
            let of = of.filter(|finding| status(scenario.status(finding)));
            told(results, scenario, &of.collect::<Vec<_>>())
        };
        let mut case = case(id);
        case.output = of(|status| status != Status::Unexpected);
        let unexpected = of(|status| status == Status::Unexpected);
        case.trouble = reason.map(|reason| trouble(scenario, id, reason, unexpected));
        cases.push(case);
    }
    let others = scenario.reasons.iter().filter(|reason| {
        let mut ids = scenario.by_invariant.keys();
        !ids.any(|id| is_about(reason, id))
    });
    let others: Vec<&str> = others.map(String::as_str).collect();
    if !others.is_empty() {
        let mut case = case("scenario");
        let reasons = others.join("; ");
        case.trouble = Some(trouble(scenario, "scenario", &reasons, String::new()));
        cases.push(case);
    }
    cases
}

fn trouble(scenario: &ScenarioSummary, kind: &str, reason: &str, found: String) -> Trouble {
    Trouble {
        element: if scenario.verdict == Verdict::Unexpected {
            FAILURE
        } else {
            "error"
        },
        kind: kind.to_owned(),
        message: reason.to_owned(),
        text: if found.is_empty() {
            reason.to_owned() + "\n"
        } else {
            found
        },
    }
}

fn told(results: &Results<'_>, scenario: &ScenarioSummary, findings: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in findings.iter().take(FINDINGS_MAX) {
        text += &results.finding(scenario, finding);
    }
    for finding in findings.iter().skip(FINDINGS_MAX) {
        text += &heading(scenario, finding);
        text.push('\n');
    }
    text
}

impl Case {
    fn xml(&self) -> String {
        let (class, name) = (attribute(&self.class), attribute(&self.name));
        let mut xml = format!("    <testcase classname=\"{class}\" name=\"{name}\" time=\"0\"");
        if self.trouble.is_none() && self.output.is_empty() {
            return xml + "/>\n";
        }
        xml += ">\n";
        if let Some(trouble) = &self.trouble {
            let (kind, message) = (attribute(&trouble.kind), attribute(&trouble.message));
            let (element, body) = (trouble.element, text(&trouble.text));
            let _ = writeln!(
                xml,
                "      <{element} type=\"{kind}\" message=\"{message}\">{body}</{element}>"
            );
        }
        if !self.output.is_empty() {
            let output = text(&self.output);
            let _ = writeln!(xml, "      <system-out>{output}</system-out>");
        }
        xml + "    </testcase>\n"
    }
}
