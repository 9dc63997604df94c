//! A recorded trace as text: a line for each entry, the bytes below it.

use std::fmt::Write as _;

use super::{
    Layout,
    layout::{Cell, printable},
    numbers::counted,
    timeline::short,
};
use crate::run::{ListedEntry, TraceListing};

/// Columns of the index and the gap behind it.
const START_COLUMNS: usize = 9;
/// Bytes on a line.
const LINE_BYTES: usize = 16;

/// One trace.
pub fn trace_text(listing: &TraceListing, layout: &Layout) -> String {
    let title = &listing.title;
    let entries = match listing.entries.len() {
        1 => "1 entry".to_owned(),
        count => counted(count as u64, "entrie"),
    };
    let mut text = layout.wrap("", &format!("{title}: {entries}"));
    for error in &listing.errors {
        text += &layout.wrap("  injected ", error);
    }
    let room = layout.width.saturating_sub(START_COLUMNS + 2);
    let widest = |column: fn(&ListedEntry) -> &str| {
        let entries = listing.entries.iter();
        entries.map(|entry| column(entry).chars().count()).max()
    };
    let site = widest(|entry| site(entry)).unwrap_or(0).min(room * 2 / 5);
    let what = widest(|entry| &entry.text).unwrap_or(0).min(room - site);
    for entry in &listing.entries {
        if listing.crash == Some(entry.index) {
            text += &cut(layout);
        }
        text += &line(entry, [what, site], layout);
        text += &bytes(entry, layout);
        for record in &entry.records {
            let start = " ".repeat(START_COLUMNS) + "= ";
            text += &layout.wrap(&start, record);
        }
    }
    if listing
        .crash
        .is_some_and(|crash| crash as usize == listing.entries.len())
    {
        text += &cut(layout);
    }
    text
}

fn site(entry: &ListedEntry) -> &str {
    entry.site.as_deref().map_or("", short)
}

fn cut(layout: &Layout) -> String {
    let start = "  ✂ ── crash ";
    let rest = layout.width.saturating_sub(start.chars().count());
    format!("{start}{}\n", "─".repeat(rest))
}

fn line(entry: &ListedEntry, [what, site_columns]: [usize; 2], layout: &Layout) -> String {
    let dim = layout.palette.dim;
    let cell = |text, width, colour| Cell {
        text,
        width,
        colour,
    };
    let colour = if entry.happened { "" } else { dim };
    let cells = [
        cell(&entry.text, what, colour),
        cell(site(entry), site_columns, dim),
    ];
    layout.cells(&format!("{:>7}  ", entry.index), &cells)
}

/// A hex dump: the offset in the file, the bytes, and those that are text.
fn bytes(entry: &ListedEntry, layout: &Layout) -> String {
    let Some(hex) = &entry.bytes else {
        return String::new();
    };
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .filter_map(|byte| u8::from_str_radix(hex.get(2 * byte..2 * byte + 2)?, 16).ok())
        .collect();
    let start = entry.offset.unwrap_or(0);
    let of_line = if layout.width < 90 {
        LINE_BYTES / 2
    } else {
        LINE_BYTES
    };
    let mut text = String::new();
    for (number, chunk) in bytes.chunks(of_line).enumerate() {
        let offset = start + (number * of_line) as u64;
        let shown: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let ascii = chunk.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        });
        let ascii: String = ascii.collect();
        let width = 3 * of_line;
        let _ = writeln!(text, "{offset:>18}  {:<width$} {ascii}", shown.join(" "));
    }
    if let Some(more @ 1..) = entry.bytes_more {
        let line = format!("… {} (--all shows them)", counted(more, "more byte"));
        let line = layout.coloured(layout.palette.dim, &printable(&line));
        let _ = writeln!(text, "{:>18}  {line}", "");
    }
    text
}
