//! The tests with a browser.

use std::fs;

use super::{
    browser::{Loaded, load},
    campaign, finished,
    hostile::{evidence, head, summary},
    report_pages,
};
use tornwrite::report::violation_page;

/// Nothing on the console, no script in the document, and the title as it was.
fn assert_quiet(loaded: &Loaded, title: &str) {
    assert!(loaded.console.is_empty(), "{:?}", loaded.console);
    assert!(
        !loaded.dom.contains("<script") && !loaded.dom.contains("<img"),
        "an element of a subject's making"
    );
    assert!(
        loaded.title().starts_with(title),
        "the title is `{}`",
        loaded.title()
    );
}

fn has(loaded: &Loaded, elements: &[&str]) {
    for element in elements {
        assert!(
            loaded.dom.contains(element),
            "{element} is not in the document"
        );
    }
}

#[test]
#[ignore = "needs Chromium: .ci/run has it"]
fn a_browser_finds_everything_on_the_pages_of_a_campaign() {
    let directory = finished();
    let index = load(&directory.path().join("r/index.html"));
    assert_quiet(&index, "tornwrite: as expected");
    has(
        &index,
        &[
            "class=\"verdict found\"",
            "id=\"scenarios\"",
            "id=\"profiles\"",
            "id=\"strips\"",
            "id=\"findings\"",
            "id=\"coverage\"",
            "id=\"invariants\"",
            "id=\"configuration\"",
            "<svg role=\"img\"",
            "class=\"share",
            "href=\"violations/V-",
            "<article class=\"card\">",
            "<dt>Missing</dt>",
        ],
    );
    let page = load(&report_pages(&directory)[0]);
    assert_quiet(&page, "wal-note lost what it had acknowledged");
    has(
        &page,
        &[
            "id=\"picture\"",
            "class=\"cutline\"",
            "class=\"legend\"",
            "<dt>However</dt>",
            "id=\"missing\"",
            "id=\"legal\"",
            "<details>",
            "id=\"again\"",
            "class=\"verdict bad glance\"",
            "class=\"map\"",
            "id=\"state\"",
            "tornwrite replay ",
            "tornwrite shrink ",
        ],
    );
}

#[test]
#[ignore = "needs Chromium: .ci/run has it"]
fn a_browser_runs_nothing_that_a_subject_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p.html");
    fs::write(&path, violation_page(&head(), &evidence())).unwrap();
    assert_quiet(&load(&path), "subject\"'&gt;");
    fs::write(&path, campaign(&summary(40, 250))).unwrap();
    let large = load(&path);
    assert_quiet(&large, "tornwrite: NOT AS EXPECTED");
    has(&large, &["9,000 more findings"]);
}

#[test]
#[ignore = "needs Chromium: .ci/run has it"]
fn the_check_sees_what_it_looks_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("p.html");
    // The same page, had the text of the subject been let through; once with the rule that forbids scripts, once without.
    let page = violation_page(&head(), &evidence());
    let open = page
        .replace("&lt;script&gt;", "<script>")
        .replace("&lt;/script&gt;", "</script>")
        .replace("&#39;", "'");
    fs::write(&path, &open).unwrap();
    let forbidden = load(&path);
    assert!(
        forbidden.console.iter().any(|line| line.contains("script")),
        "the browser says that it ran no script"
    );
    assert_ne!(forbidden.title(), "owned");
    let start = open.find("<meta http-equiv").unwrap();
    let end = start + open[start..].find('\n').unwrap();
    fs::write(&path, [&open[..start], &open[end..]].concat()).unwrap();
    assert_eq!(load(&path).title(), "owned");
}
