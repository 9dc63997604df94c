//! The whole trace of one life, folded.

use super::{fate, markup::Markup, page::fold, picture::crash_word};
use crate::{
    report::timeline::short,
    run::{Fate, Row, Timeline},
};

/// Entries that are shown; of more, the ones nearest to the crash.
const ROWS_MAX: usize = 1500;

pub(super) fn whole(body: &mut Markup, timeline: &Timeline) {
    let count = timeline.rows.len();
    fold(
        body,
        &format!("{}: {count} entries", timeline.title),
        |body| {
            let point = timeline.point.index().min(count);
            // A window around the crash, most of it before.
            let end = count.min((point + ROWS_MAX / 4).max(ROWS_MAX));
            let start = end.saturating_sub(ROWS_MAX);
            if count > ROWS_MAX {
                let left = count - (end - start);
                body.leaf(
                    "p",
                    &[("class", &"dim")],
                    format_args!("{left} entries far from the crash are left out."),
                );
            }
            let heads = [
                ("n", "entry"),
                ("", "what"),
                ("", "what became of it"),
                ("", "where in the code"),
            ];
            let caption = format!("{}: every entry of the trace", timeline.title);
            rows(body, &caption, &heads, timeline, start..end);
        },
    );
}

fn rows(
    body: &mut Markup,
    caption: &str,
    heads: &[(&'static str, &str)],
    timeline: &Timeline,
    shown: std::ops::Range<usize>,
) {
    super::page::table(body, caption, heads, |rows| {
        let point = timeline.point.index();
        for (place, row) in timeline
            .rows
            .iter()
            .enumerate()
            .take(shown.end)
            .skip(shown.start)
        {
            if place == point {
                cut(rows, timeline);
            }
            entry(rows, row);
        }
        if point >= timeline.rows.len() {
            cut(rows, timeline);
        }
    });
}

fn cut(rows: &mut Markup, timeline: &Timeline) {
    rows.element("tr", &[("class", &"cut")], |row| {
        let words = format!("✂ {}", crash_word(timeline.crash));
        row.leaf("th", &[("scope", &"row"), ("colspan", &4)], words);
    });
}

fn entry(rows: &mut Markup, row: &Row) {
    let class = match row.fate {
        Fate::Lost | Fate::Torn | Fate::Failed => "lostrow",
        Fate::Behind => "behind",
        _ => "",
    };
    rows.element("tr", &[("class", &class)], |line| {
        line.leaf("th", &[("scope", &"row"), ("class", &"n")], row.index);
        line.leaf("td", &[], &row.text);
        line.element("td", &[], |cell| {
            cell.leaf("span", &[("class", &"fate")], fate::word(&row.fate));
            for part in &row.parts {
                cell.raw("<br>");
                cell.leaf("code", &[], part);
            }
        });
        line.element("td", &[], |cell| {
            cell.leaf("code", &[("title", &row.site)], short(&row.site));
        });
    });
}
