//! The bytes: a crashed disk beside what the running program saw, and what the subject says that they mean.

use super::{
    Layout,
    layout::{Cell, fold},
    numbers::{counted, grouped},
};
use crate::run::{Difference, DiskFile};

/// Files that are shown with their bytes; of more, their number.
const FILES_MAX: usize = 6;
/// Differences of one file that are shown; of more, their number.
const DIFFERENCES_MAX: usize = 4;
/// Records of a file beside each other; of more, their number.
const ROWS_MAX: usize = 18;
/// The narrowest layout that has room for two columns.
const BESIDE_COLUMNS: usize = 76;

const WORD: &str = "  Bytes   ";
const INDENT: &str = "          ";

/// The files that differ, and those that are described.
pub(super) fn bytes(files: &[DiskFile], more: u64, layout: &Layout) -> String {
    let differ = files.iter().any(|file| !file.differences.is_empty());
    let is_told = |file: &&DiskFile| {
        let is_described = !file.records.is_empty() || !file.live_records.is_empty();
        is_described || !differ || !file.differences.is_empty()
    };
    let told: Vec<&DiskFile> = files.iter().filter(is_told).collect();
    let mut text = String::new();
    if files.is_empty() {
        return text;
    }
    let mut word = WORD;
    let mut say = |line: &str| layout.wrap(std::mem::replace(&mut word, INDENT), line);
    if !differ {
        text +=
            &say("the disk of the last crash holds what the running program saw, byte for byte");
    }
    for file in told.iter().take(FILES_MAX) {
        text += &say(&title(file));
        text += &differences(file, layout);
        text += &records(file, layout);
    }
    let unshown = told.len().saturating_sub(FILES_MAX) as u64;
    if unshown > 0 {
        text += &say(&format!("… {}", counted(unshown, "more file")));
    }
    let alike = (files.len() - told.len()) as u64;
    if alike > 0 {
        text += &say(&format!(
            "… {} as the program saw it",
            counted(alike, "file")
        ));
    }
    if more > 0 {
        text += &say(&format!("… {} not looked at", counted(more, "more file")));
    }
    text
}

fn title(file: &DiskFile) -> String {
    let path = &file.path;
    match (file.size_bytes, file.live_size_bytes) {
        (Some(disk), Some(live)) if disk == live => {
            let how = match file.differences.as_slice() {
                [] => "as the program saw it",
                _ => "as many as the program saw, and not the same",
            };
            format!("{path}: {}, {how}", counted(disk, "byte"))
        }
        (Some(disk), Some(live)) => format!(
            "{path}: {} on the disk, {} seen by the program",
            counted(disk, "byte"),
            grouped(live)
        ),
        (None, Some(live)) => format!(
            "{path}: NOT THERE; {} seen by the program",
            counted(live, "byte")
        ),
        (Some(disk), None) => format!(
            "{path}: {} on the disk; the program saw no such file",
            counted(disk, "byte")
        ),
        (None, None) => format!("{path}: not there"),
    }
}

/// The two sides' widths, if there is room.
fn widths(layout: &Layout, start: usize) -> Option<usize> {
    let room = layout.width.saturating_sub(start + 2) / 2;
    (layout.width >= BESIDE_COLUMNS).then_some(room)
}

fn pair<'t>(texts: [&'t str; 2], width: usize, colours: [&'static str; 2]) -> [Cell<'t>; 2] {
    let [disk, live] = texts;
    let cell = |text, colour| Cell {
        text,
        width,
        colour,
    };
    [cell(disk, colours[0]), cell(live, colours[1])]
}

fn differences(file: &DiskFile, layout: &Layout) -> String {
    // Of a file that is not there, its size says all.
    if file.differences.is_empty() || file.size_bytes.is_none() {
        return String::new();
    }
    let start = " ".repeat(INDENT.len() + 12);
    let beside = widths(layout, start.len());
    let mut text = String::new();
    if let Some(width) = beside {
        let heads = ["bytes on the disk", "bytes the program saw"];
        text += &layout.cells(&start, &pair(heads, width, ["", ""]));
    }
    for difference in file.differences.iter().take(DIFFERENCES_MAX) {
        let columns = beside.unwrap_or(layout.width.saturating_sub(INDENT.len() + 10));
        let [disk, live] = [&difference.disk, &difference.live]
            .map(|hex| spaced(hex, difference.length_bytes, columns));
        let offset = format!("{INDENT}{:>10}  ", difference.offset);
        if let Some(width) = beside {
            let bad = layout.palette.bad;
            text += &layout.cells(&offset, &pair([&disk, &live], width, [bad, ""]));
        } else {
            text += &layout.wrap(&format!("{INDENT}  "), &place(difference));
            text += &layout.wrap(&format!("{INDENT}  disk "), &disk);
            text += &layout.wrap(&format!("{INDENT}  saw  "), &live);
        }
    }
    let more =
        file.differences.len().saturating_sub(DIFFERENCES_MAX) as u64 + file.differences_more;
    if more > 0 {
        let line = format!("… {} in which they differ", counted(more, "more place"));
        text += &layout.wrap(&format!("{INDENT}  "), &line);
    }
    text
}

fn place(difference: &Difference) -> String {
    format!(
        "{} at {}",
        counted(difference.length_bytes, "byte"),
        difference.offset
    )
}

/// Bytes in hexadecimal with blanks between, as many as fit, and how many there are.
fn spaced(hex: &str, length_bytes: u64, columns: usize) -> String {
    if hex.is_empty() {
        return "(behind the end)".to_owned();
    }
    let bytes: Vec<&str> = (0..hex.len() / 2)
        .filter_map(|byte| hex.get(2 * byte..2 * byte + 2))
        .collect();
    let whole = format!("({length_bytes} bytes)");
    let room = columns.saturating_sub(whole.len() + 4) / 3;
    if length_bytes <= bytes.len().min(room) as u64 {
        return bytes.join(" ");
    }
    let shown = bytes.len().min(room);
    format!("{} … {whole}", bytes[..shown].join(" "))
}

fn records(file: &DiskFile, layout: &Layout) -> String {
    let (disk, live) = (&file.records, &file.live_records);
    if disk.is_empty() && live.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    if disk == live {
        text += &layout.wrap(INDENT, "  records, on the disk as the program saw them");
        for line in disk {
            let colour = if is_wrong(line) {
                layout.palette.bad
            } else {
                ""
            };
            let width = layout.width - INDENT.len() - 4;
            let cell = Cell {
                text: line,
                width,
                colour,
            };
            text += &layout.cells(&format!("{INDENT}  = "), &[cell]);
        }
        return text;
    }
    let start = format!("{INDENT}    ");
    let beside = widths(layout, start.len());
    if let Some(width) = beside {
        let heads = ["records on the disk", "records the program saw"];
        text += &layout.cells(&start, &pair(heads, width, ["", ""]));
    } else {
        text += &layout.wrap(
            INDENT,
            "  records: - on the disk, + seen by the program, = both",
        );
    }
    let rows = aligned(disk, live);
    let more = rows.len().saturating_sub(ROWS_MAX);
    for (place, (one, other)) in rows.iter().enumerate() {
        if more > 0 && place == ROWS_MAX - 2 {
            let folded = format!("… {}", counted(more as u64, "more line"));
            text += &layout.wrap(&start, &folded);
        }
        if more == 0 || !(ROWS_MAX - 2..ROWS_MAX - 2 + more).contains(&place) {
            text += &record(one, other, beside, layout);
        }
    }
    text
}

fn record(disk: &str, live: &str, beside: Option<usize>, layout: &Layout) -> String {
    let bad = layout.palette.bad;
    let is_same = disk == live;
    let colours = if is_same { ["", ""] } else { [bad, ""] };
    if let Some(width) = beside {
        let sign = if is_same { "=" } else { "≠" };
        let start = format!("{INDENT}  {sign} ");
        return layout.cells(&start, &pair([disk, live], width, colours));
    }
    let mut text = String::new();
    let mut add = |sign: &str, line: &str, colour: &str| {
        let mut start = format!("{INDENT}  {sign} ");
        for line in fold(line, layout.width - start.chars().count()) {
            text += &start;
            text += &layout.coloured(colour, &line);
            text.push('\n');
            start = " ".repeat(INDENT.len() + 4);
        }
    };
    match (is_same, disk, live) {
        (true, ..) => add("=", disk, ""),
        (false, disk, live) => {
            for (sign, line, colour) in [("-", disk, bad), ("+", live, "")] {
                if !line.is_empty() {
                    add(sign, line, colour);
                }
            }
        }
    }
    text
}

/// Records of both sides beside each other by their offsets; what one side lacks is empty.
fn aligned<'r>(disk: &'r [String], live: &'r [String]) -> Vec<(&'r str, &'r str)> {
    let (mut disk, mut live) = (disk.iter().peekable(), live.iter().peekable());
    let mut rows = Vec::new();
    loop {
        let row = match (disk.peek(), live.peek()) {
            (None, None) => return rows,
            (Some(one), Some(other)) => {
                // A line without an offset goes with the one that stands opposite.
                let (here, there) = (offset(one), offset(other));
                match here
                    .zip(there)
                    .map_or(std::cmp::Ordering::Equal, |(here, there)| here.cmp(&there))
                {
                    std::cmp::Ordering::Less => (disk.next(), None),
                    std::cmp::Ordering::Greater => (None, live.next()),
                    std::cmp::Ordering::Equal => (disk.next(), live.next()),
                }
            }
            _ => (disk.next(), live.next()),
        };
        let text = |line: Option<&'r String>| line.map_or("", String::as_str);
        rows.push((text(row.0), text(row.1)));
    }
}

/// Whether a record says that something is wrong.
fn is_wrong(line: &str) -> bool {
    line.split_whitespace().take(2).any(|word| word == "!")
}

/// The offset that a record begins with.
fn offset(line: &str) -> Option<u64> {
    line.split_whitespace().next()?.parse().ok()
}
