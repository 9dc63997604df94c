//! The bytes of a crashed disk, and what recovery made of them, beside what had to be there.

use super::{
    markup::Markup,
    page::{fold, section, table},
};
use crate::run::{Compared, DiskFile, Evidence};

/// Records of one file that are shown.
const RECORDS_MAX: usize = 400;
/// Records that are not folded.
const RECORDS_OPEN: usize = 12;
/// Rows of the comparison.
const COMPARED_MAX: usize = 500;
/// Files of the disk.
const FILES_MAX: usize = 50;

/// Both sections, as far as there is something to show.
pub(super) fn sections(body: &mut Markup, evidence: &Evidence) {
    if !evidence.files.is_empty() {
        section(body, "bytes", "The bytes on the crashed disk", |body| {
            for file in evidence.files.iter().take(FILES_MAX) {
                disk_file(body, file);
            }
            cut_off(body, evidence.files.len(), FILES_MAX, "files");
        });
    }
    if !evidence.comparison.is_empty() {
        section(
            body,
            "state",
            "What had to be there, and what was",
            |body| {
                comparison(body, &evidence.comparison);
            },
        );
    }
}

/// What is cut off says so.
fn cut_off(body: &mut Markup, all: usize, shown: usize, what: &str) {
    if let Some(more @ 1..) = all.checked_sub(shown) {
        body.leaf(
            "p",
            &[("class", &"dim")],
            format_args!("{more} more {what} are not shown here; evidence.json has all."),
        );
    }
}

fn disk_file(body: &mut Markup, file: &DiskFile) {
    body.element("h3", &[], |heading| heading.leaf("code", &[], &file.path));
    let size = |size: Option<u64>| match size {
        Some(size) => format!("{size} bytes"),
        None => "not there".to_owned(),
    };
    body.leaf(
        "p",
        &[("class", &"dim small")],
        format_args!(
            "On the crashed disk: {}. As the running program saw it: {}.",
            size(file.size_bytes),
            size(file.live_size_bytes)
        ),
    );
    if !file.differences.is_empty() {
        differences(body, file);
    }
    records(body, "Decoded, on the crashed disk", &file.records);
    if file.live_records != file.records {
        records(
            body,
            "Decoded, as the running program saw it",
            &file.live_records,
        );
    }
}

fn differences(body: &mut Markup, file: &DiskFile) {
    let heads = [
        ("n", "offset"),
        ("n", "bytes"),
        ("", "crashed disk"),
        ("", "running program"),
    ];
    table(body, "Where the bytes differ", &heads, |rows| {
        for difference in &file.differences {
            rows.element("tr", &[], |row| {
                row.leaf(
                    "th",
                    &[("scope", &"row"), ("class", &"n")],
                    difference.offset,
                );
                row.leaf("td", &[("class", &"n")], difference.length_bytes);
                for hex in [&difference.disk, &difference.live] {
                    row.element("td", &[], |cell| {
                        cell.leaf(
                            "code",
                            &[],
                            if hex.is_empty() { "(file ends)" } else { hex },
                        );
                    });
                }
            });
        }
    });
    if file.differences_more > 0 {
        body.leaf(
            "p",
            &[("class", &"dim")],
            format_args!("{} more differences are not shown.", file.differences_more),
        );
    }
}

fn records(body: &mut Markup, title: &str, records: &[String]) {
    if records.is_empty() {
        return;
    }
    let fill = |body: &mut Markup| {
        body.element("pre", &[("tabindex", &0)], |pre| {
            for record in records.iter().take(RECORDS_MAX) {
                pre.text(record);
                pre.raw("\n");
            }
        });
        cut_off(body, records.len(), RECORDS_MAX, "records");
    };
    if records.len() <= RECORDS_OPEN {
        body.leaf("p", &[("class", &"small")], title);
        fill(body);
    } else {
        fold(body, &format!("{title}: {} records", records.len()), fill);
    }
}

fn comparison(body: &mut Markup, all: &[Compared]) {
    let heads = [("", "asked"), ("", "expected"), ("", "recovered"), ("", "")];
    let differing = all.iter().filter(|one| !one.agrees).count();
    let caption = format!(
        "{} operations, {differing} of them not as they must be",
        all.len()
    );
    // Those that differ come first: they are never cut off by those that do not.
    let (agree, differ): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.agrees);
    let is_many = all.len() > COMPARED_MAX;
    let ordered: Vec<&Compared> = if is_many {
        differ.into_iter().chain(agree).collect()
    } else {
        all.iter().collect()
    };
    table(body, &caption, &heads, |rows| {
        for one in ordered.into_iter().take(COMPARED_MAX) {
            rows.element(
                "tr",
                &[("class", if one.agrees { &"" } else { &"lostrow" })],
                |row| {
                    row.leaf("th", &[("scope", &"row")], &one.operation);
                    row.leaf("td", &[], &one.expected);
                    row.leaf("td", &[], &one.shown);
                    let (class, word) = if one.agrees {
                        ("agrees", "✓ agrees")
                    } else {
                        ("differs", "✗ DIFFERS")
                    };
                    row.leaf("td", &[("class", &format_args!("nowrap {class}"))], word);
                },
            );
        }
    });
    cut_off(body, all.len(), COMPARED_MAX, "operations");
}
