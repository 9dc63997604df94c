//! Violations as a terminal shows them. With `TORNWRITE_BLESS=1` in the environment the texts in `tests/golden/violations`
//! are written anew instead: read the difference before you keep it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(
    clippy::disallowed_methods,
    reason = "whoever runs the test says in the environment that the texts are to be written"
)]

use std::{env, fs, ops::Range, path::Path};

use tornwrite::{
    base::Seed,
    campaign::Sentences,
    report::{Layout, Palette, ViolationHead, violation_text},
    run::{Evidence, Verdict, evidence, replay, run, silence_subject_panics},
    scenario::Scenario,
};

/// A scenario and the invariant of which the first violation is shown.
const SHOWN: [(&str, &str); 6] = [
    // An acknowledgement that no barrier came before.
    ("ndjson-power-loss", "durable-ack"),
    // Nothing is lost, and half a batch is there.
    ("ndjson-process-crash", "atomic-batch"),
    // A barrier that failed.
    ("wal-note-fsyncgate", "durable-ack"),
    // Two crashes, of which the first one matters.
    ("wal-note-behind-torn-tail", "durable-ack"),
    // Recovery says that it cannot.
    ("wal-note-zero-tail", "recovery-succeeds"),
    // What a device did after the crash.
    ("ndjson-bit-rot", "detects-corruption"),
];

fn scenario(name: &str) -> Scenario {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let bytes = fs::read(&path).unwrap();
    let scenario = Scenario::parse(&path, name, &bytes).unwrap();
    scenario.by_profile().next().unwrap()
}

/// The first violation of an invariant, with all that a replay shows of it.
fn first(name: &str, invariant: &str) -> (ViolationHead, Evidence) {
    at(name, invariant, 0..200)
}

/// The first violation by one of these seeds.
fn at(name: &str, invariant: &str, seeds: Range<u64>) -> (ViolationHead, Evidence) {
    silence_subject_panics();
    let scenario = scenario(name);
    let (job, config) = (scenario.job().unwrap(), scenario.run_config().unwrap());
    let found = seeds.map(Seed).find_map(|seed| {
        let violations = run(&job, &config, seed).violations.into_iter();
        let mut of_it = violations.filter(|found| found.invariant == invariant);
        Some((seed, of_it.next()?))
    });
    let (seed, found) = found.unwrap();
    let replayed = replay(&job, &config, seed, &found.schedule, invariant);
    let Verdict::StillFails { witness, .. } = &replayed.verdict else {
        panic!("{name}: {:?}", replayed.verdict);
    };
    let head = ViolationHead {
        scenario: name.to_owned(),
        subject: scenario.subject.store.name().to_owned(),
        profile: scenario.profile().unwrap().name.to_owned(),
        device: scenario.device().unwrap().name.to_owned(),
        seed,
        invariant: invariant.to_owned(),
        witness: Some(Sentences::from(witness)),
        again: vec!["tornwrite replay V-0123456789ab".to_owned()],
    };
    let evidence = evidence(&job, &config, seed, &found.schedule, &replayed);
    (head, evidence)
}

/// A text without the lines of source files, which every edit of a store moves.
fn without_lines(text: &str) -> String {
    let mut parts = text.split(".rs:");
    let mut shown = parts.next().unwrap().to_owned();
    for part in parts {
        shown += ".rs:N";
        shown += part.trim_start_matches(|character: char| character.is_ascii_digit());
    }
    shown
}

#[test]
fn they_read_as_they_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/violations");
    let mut stale = Vec::new();
    for (name, invariant) in SHOWN {
        let (head, evidence) = first(name, invariant);
        let text = without_lines(&violation_text(&head, &evidence, &Layout::PLAIN));
        let file = folder.join(format!("{name}.txt"));
        if env::var_os("TORNWRITE_BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, &text).unwrap();
        }
        if fs::read_to_string(&file).ok() != Some(text) {
            stale.push(file);
        }
    }
    assert!(
        stale.is_empty(),
        "these texts are not what they were: run this test with TORNWRITE_BLESS=1: {stale:?}"
    );
}

#[test]
fn the_page_on_reading_a_report_shows_what_is_printed_today() {
    let (head, evidence) = at("wal-note-lost-segment", "durable-ack", 7..8);
    let text = without_lines(&violation_text(&head, &evidence, &Layout::PLAIN));
    let (text, _) = text.split_once("\n  Again ").unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reading-a-report.md");
    let page = without_lines(&fs::read_to_string(page).unwrap());
    assert!(
        page.contains(text),
        "the page has another text than this:\n{text}"
    );
}

/// A text without the codes of colours.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        plain += part.split_once('m').unwrap().1;
    }
    plain
}

#[test]
fn they_fit_every_terminal_and_say_the_same_without_colours() {
    for (name, invariant) in SHOWN {
        let (head, evidence) = first(name, invariant);
        for width in 40..=100 {
            let plain = violation_text(&head, &evidence, &Layout::new(width, Palette::PLAIN));
            for line in plain.lines().filter(|line| !line.contains("tornwrite ")) {
                assert!(line.chars().count() <= width, "{name}, {width}: {line}");
            }
            let coloured = violation_text(&head, &evidence, &Layout::new(width, Palette::ANSI));
            assert_ne!(coloured, plain);
            assert_eq!(without_colours(&coloured), plain, "{name}, {width}");
        }
    }
}

#[test]
fn what_a_subject_wrote_commands_no_terminal() {
    let (mut head, mut evidence) = first("ndjson-process-crash", "atomic-batch");
    let hostile = "\x1b[2J\u{7}\r";
    let witness = head.witness.as_mut().unwrap();
    witness.shown += hostile;
    head.scenario += hostile;
    head.again[0] += hostile;
    evidence.comparison[0].operation += hostile;
    for file in &mut evidence.files {
        file.path += hostile;
        for record in &mut file.records {
            *record += hostile;
        }
    }
    for row in &mut evidence.timelines[0].rows {
        row.text += hostile;
        row.path += hostile;
        row.parts.push(hostile.to_owned());
    }
    evidence.timelines[0].title += hostile;
    let text = violation_text(&head, &evidence, &Layout::PLAIN);
    let obeyed = text
        .chars()
        .find(|character| character.is_control() && *character != '\n');
    assert_eq!(obeyed, None, "{text}");
}
