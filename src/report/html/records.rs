//! What the bytes of a file mean, on the crashed disk and as the running program saw it, record by record side by side.

use super::{
    bytes::cut_off,
    markup::Markup,
    page::{fold, table},
};
use crate::run::DiskFile;

/// Records of one file that are shown.
const RECORDS_MAX: usize = 400;
/// Records that are not folded.
const RECORDS_OPEN: usize = 16;
/// Of more, those that differ and their neighbours.
const DIFFERING_MAX: usize = 24;

/// A record at one place in both; empty where one has none.
struct Beside<'r> {
    offset: Option<u64>,
    disk: &'r str,
    live: &'r str,
}

impl Beside<'_> {
    fn is_wrong(&self, is_both: bool) -> bool {
        self.disk.starts_with('!') || (is_both && self.disk != self.live)
    }
}

/// A line of a decoded file: its offset, if it has one, and what is there.
pub(super) fn parted(line: &str) -> (Option<u64>, &str) {
    let line = line.trim_start();
    let end = line.find(' ').unwrap_or(line.len());
    match line[..end].parse() {
        Ok(offset) => (Some(offset), line[end..].trim_start()),
        Err(_) => (None, line),
    }
}

/// Both in the order of their offsets.
fn beside(file: &DiskFile) -> Vec<Beside<'_>> {
    let mut disk = file.records.iter().map(|line| parted(line)).peekable();
    let mut live = file.live_records.iter().map(|line| parted(line)).peekable();
    let mut all = Vec::new();
    loop {
        let (offset, takes_disk, takes_live) = match (disk.peek(), live.peek()) {
            (None, None) => return all,
            (Some((at, _)), None) => (*at, true, false),
            (None, Some((at, _))) => (*at, false, true),
            // What has no offset stands before what follows it.
            (Some((at, _)), Some((other, _))) => (*at.min(other), at <= other, other <= at),
        };
        let disk = if takes_disk { disk.next() } else { None };
        let live = if takes_live { live.next() } else { None };
        all.push(Beside {
            offset,
            disk: disk.map_or("", |(_, text)| text),
            live: live.map_or("", |(_, text)| text),
        });
    }
}

pub(super) fn records(body: &mut Markup, file: &DiskFile) {
    let all = beside(file);
    if all.is_empty() {
        return;
    }
    // Of a file that is the same in both, the records are given once.
    let is_both = file.records != file.live_records;
    if all.len() <= RECORDS_OPEN {
        return rows(body, "Decoded, record by record", &all, is_both, |_| true);
    }
    let wrong: Vec<usize> = (0..all.len())
        .filter(|place| all[*place].is_wrong(is_both))
        .take(DIFFERING_MAX)
        .collect();
    if !wrong.is_empty() {
        let is_near = |place: usize| wrong.iter().any(|wrong| wrong.abs_diff(place) <= 1);
        let caption =
            "Decoded, record by record: those that are not as they were, and what is beside them";
        rows(body, caption, &all, is_both, is_near);
    }
    fold(
        body,
        &format!("Decoded: all {} records", all.len()),
        |body| {
            let end = all.len().min(RECORDS_MAX);
            rows(
                body,
                "Decoded, record by record",
                &all[..end],
                is_both,
                |_| true,
            );
            cut_off(body, all.len(), RECORDS_MAX, "records");
        },
    );
}

fn rows(
    body: &mut Markup,
    caption: &str,
    all: &[Beside<'_>],
    is_both: bool,
    is_shown: impl Fn(usize) -> bool,
) {
    let heads = [
        ("n narrow", "offset"),
        ("", "crashed disk"),
        ("", "running program"),
    ];
    let heads = if is_both { &heads[..] } else { &heads[..2] };
    table(body, caption, heads, |rows| {
        let mut skipped = 0_usize;
        for (place, one) in all.iter().enumerate() {
            if !is_shown(place) {
                skipped += 1;
                continue;
            }
            left_out(rows, std::mem::take(&mut skipped));
            record(rows, one, is_both);
        }
        left_out(rows, skipped);
    });
}

fn left_out(rows: &mut Markup, count: usize) {
    if count > 0 {
        rows.element("tr", &[], |row| {
            row.leaf(
                "td",
                &[("colspan", &3), ("class", &"dim")],
                format_args!("… {count} more"),
            );
        });
    }
}

fn record(rows: &mut Markup, one: &Beside<'_>, is_both: bool) {
    let class = if one.is_wrong(is_both) { "lostrow" } else { "" };
    rows.element("tr", &[("class", &class)], |row| {
        row.element("th", &[("scope", &"row"), ("class", &"n")], |cell| {
            if let Some(offset) = one.offset {
                cell.text(offset);
            }
        });
        row.element("td", &[], |cell| match one.disk {
            "" => cell.leaf("span", &[("class", &"differs")], "✗ no record here"),
            wrong if wrong.starts_with('!') => {
                let words = format_args!("✗{}", &wrong[1..]);
                cell.leaf("code", &[("class", &"differs")], words);
            }
            text => cell.leaf("code", &[], text),
        });
        if is_both {
            row.element("td", &[], |cell| match one.live {
                "" => cell.leaf("span", &[("class", &"dim")], "no record here"),
                text => cell.leaf("code", &[], text),
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_both_stand_beside_each_other_by_their_offsets() {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let file = DiskFile {
            path: "log".to_owned(),
            size_bytes: Some(90),
            live_size_bytes: Some(90),
            records: lines(&["… 2 records", "  10  a", "  20  ! torn", "  70  d"]),
            live_records: lines(&["… 2 records", "  10  a", "  20  b", "  50  c", "  70  d"]),
            differences: Vec::new(),
            differences_more: 0,
        };
        let told: Vec<_> = beside(&file)
            .iter()
            .map(|one| {
                (
                    one.offset,
                    one.disk.to_owned(),
                    one.live.to_owned(),
                    one.is_wrong(true),
                )
            })
            .collect();
        let row = |offset, disk: &str, live: &str, wrong| {
            (offset, disk.to_owned(), live.to_owned(), wrong)
        };
        assert_eq!(
            told,
            [
                row(None, "… 2 records", "… 2 records", false),
                row(Some(10), "a", "a", false),
                row(Some(20), "! torn", "b", true),
                row(Some(50), "", "c", true),
                row(Some(70), "d", "d", false),
            ]
        );
    }
}
