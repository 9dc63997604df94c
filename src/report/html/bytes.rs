//! The bytes of a crashed disk, and what recovery made of them, beside what had to be there.

use super::{
    file_map::file_map,
    hex::sample,
    markup::Markup,
    page::{fold, section, table},
    records::records,
};
use crate::{
    report::numbers::counted,
    run::{Compared, DiskFile, Evidence},
};

/// Rows of the comparison.
const COMPARED_MAX: usize = 500;
/// Rows of the comparison that are not parted into those that differ and those that do not.
const COMPARED_OPEN: usize = 15;
/// Files of the disk.
const FILES_MAX: usize = 50;

/// Both sections, as far as there is something to show.
pub(super) fn sections(body: &mut Markup, evidence: &Evidence) {
    if !evidence.files.is_empty() {
        section(body, "bytes", "The bytes on the crashed disk", |body| {
            for file in evidence.files.iter().take(FILES_MAX) {
                disk_file(body, file);
            }
            let more = usize::try_from(evidence.files_more).unwrap_or(usize::MAX);
            let all = evidence.files.len().saturating_add(more);
            cut_off(body, all, evidence.files.len().min(FILES_MAX), "files");
        });
    }
    if !evidence.comparison.is_empty() {
        section(
            body,
            "state",
            "What had to be there, and what recovery showed",
            |body| {
                comparison(body, &evidence.comparison);
            },
        );
    }
}

/// What is cut off says so.
pub(super) fn cut_off(body: &mut Markup, all: usize, shown: usize, what: &str) {
    cut_off_in(body, all, shown, what, "evidence.json");
}

/// The same, with the file that has all.
pub(super) fn cut_off_in(body: &mut Markup, all: usize, shown: usize, what: &str, file: &str) {
    if let Some(more @ 1..) = all.checked_sub(shown) {
        body.leaf(
            "p",
            &[("class", &"dim")],
            format_args!("{more} more {what} are not shown here; {file} has all."),
        );
    }
}

fn disk_file(body: &mut Markup, file: &DiskFile) {
    body.element("h3", &[], |heading| heading.leaf("code", &[], &file.path));
    let size = |size: Option<u64>| match size {
        Some(size) => counted(size, "byte"),
        None => "not there".to_owned(),
    };
    body.leaf(
        "p",
        &[("class", &"small")],
        format_args!(
            "On the crashed disk: {}. As the running program saw it: {}.",
            size(file.size_bytes),
            size(file.live_size_bytes)
        ),
    );
    file_map(body, file);
    records(body, file);
    if file.differences.is_empty() {
        let words = "Byte for byte what the running program saw.";
        body.leaf("p", &[("class", &"dim small")], words);
    } else {
        differences(body, file);
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
                    row.element("td", &[], |cell| sample(cell, hex, difference.length_bytes));
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

fn comparison(body: &mut Markup, all: &[Compared]) {
    let differing = all.iter().filter(|one| !one.agrees).count() as u64;
    let caption = format!(
        "{}, {} not as it must be",
        counted(all.len() as u64, "row"),
        crate::report::grouped(differing)
    );
    if all.len() <= COMPARED_OPEN {
        return compared(body, &caption, all.iter());
    }
    // Those that differ come first: they are never cut off by those that do not.
    let (agree, differ): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.agrees);
    let shown = differ.len().min(COMPARED_MAX);
    let room = COMPARED_MAX - shown;
    compared(body, &caption, differ.into_iter().take(COMPARED_MAX));
    let agreeing = agree.len().min(room);
    if agreeing > 0 {
        let words = format!("{} that agree", agree.len());
        fold(body, &words, |body| {
            compared(body, &words, agree.into_iter().take(room));
        });
    }
    cut_off(body, all.len(), shown + agreeing, "operations");
}

fn compared<'c>(body: &mut Markup, caption: &str, all: impl Iterator<Item = &'c Compared>) {
    let heads = [
        ("", ""),
        ("", "asked"),
        ("", "had to be"),
        ("", "recovery showed"),
    ];
    table(body, caption, &heads, |rows| {
        for one in all {
            let class = if one.agrees { "" } else { "lostrow" };
            rows.element("tr", &[("class", &class)], |row| {
                let (class, word) = if one.agrees {
                    ("agrees", "✓ agrees")
                } else {
                    ("differs", "✗ DIFFERS")
                };
                row.leaf("td", &[("class", &format_args!("nowrap {class}"))], word);
                row.leaf("th", &[("scope", &"row")], &one.operation);
                row.leaf("td", &[], &one.expected);
                row.leaf("td", &[("class", &class)], &one.shown);
            });
        }
    });
}
