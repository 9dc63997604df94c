//! `tornwrite trace show` and the text of `tornwrite replay`, as a user meets them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::process::Output;

const TARGET: [&str; 4] = [
    "--scenario",
    "scenarios/wal-note-fsyncgate.toml",
    "--seed",
    "8",
];

/// In the root of the repository.
fn tornwrite(arguments: &[&str]) -> Output {
    program::tornwrite(env!("CARGO_MANIFEST_DIR"), arguments)
}

/// What is printed, with this exit code.
fn told(exit: i32, arguments: &[&str]) -> String {
    let output = tornwrite(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn shown(more: &[&str]) -> String {
    told(0, &[&["trace", "show"], &TARGET[..], more].concat())
}

#[test]
fn every_entry_has_a_line_and_the_injected_errors_stand_above() {
    let text = shown(&[]);
    assert!(text.starts_with("life 1 of 1: "), "{text}");
    assert!(
        text.contains("\n  injected fsync wal/000001.log, number "),
        "{text}"
    );
    for word in [
        "mkdir wal",
        " fails; pages clean",
        "is acknowledged as durable",
        "✂ ── crash",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(text.contains("store/wal_note/mod.rs:"), "{text}");
}

#[test]
fn bytes_are_dumped_and_decoded_and_only_all_of_them_if_asked() {
    let some = shown(&["--bytes"]);
    assert!(some.contains("more bytes (--all shows them)"), "{some}");
    assert!(some.contains("= ") && some.contains(" commit\n"), "{some}");
    let all = shown(&["--bytes", "--all"]);
    assert!(!all.contains("more byte") && all.len() > some.len());
    let alone = [&["trace", "show"], &TARGET[..], &["--all"]].concat();
    assert_eq!(tornwrite(&alone).status.code(), Some(2));
}

#[test]
fn json_is_a_line_for_each_entry() {
    let lines = shown(&["--format", "json", "--bytes"]);
    let mut writes = 0;
    for (number, line) in lines.lines().enumerate() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["index"], number);
        assert_eq!(entry["life"], 1);
        if entry["kind"] == "write" {
            assert!(
                entry["bytes"].is_string() && entry["records"].is_array(),
                "{line}"
            );
            assert!(
                entry["path"].as_str().unwrap().starts_with("wal/"),
                "{line}"
            );
            writes += 1;
        }
    }
    assert!(writes > 0);
}

#[test]
fn a_life_that_is_not_there_is_refused_with_those_that_are() {
    let arguments = [&["trace", "show"], &TARGET[..], &["--life", "3"]].concat();
    let output = tornwrite(&arguments);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("there is no life 3: expected 1 to 1"),
        "{said}"
    );
    assert_eq!(shown(&["--life", "1"]), shown(&[]));
}

#[test]
fn a_replay_tells_its_blocks_in_order_and_ends_with_the_commands_and_the_verdict() {
    let text = told(100, &[&["replay"], &TARGET[..]].concat());
    let mut rest = text.as_str();
    for start in [
        "wal-note lost an acknowledged transfer\n",
        "\nlife 1 of 1: power loss",
        "should have been durable before this",
        "\n  Let     ",
        "\n  Then    ",
        "\n  However ",
        "\n  Missing ",
        "\n  Legal   ",
        "\n  Bytes   ",
        "\n  Shown   ",
        "\n  Again   tornwrite replay tw1.",
        "\n          tornwrite shrink tw1.",
        "\nSTILL FAILS: durable-ack, disk ",
    ] {
        let place = rest.find(start);
        assert!(place.is_some(), "{start:?} is not in its place:\n{text}");
        rest = &rest[place.unwrap()..];
    }
}
