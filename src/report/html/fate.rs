//! Fates as words, shapes and colours; the legend.

use super::{
    columns::{CELL, ROW},
    markup::Markup,
    svg::{self, Area, label, line, rectangle},
};
use crate::run::Fate;

/// What became of an operation, in a word or two.
pub(super) fn word(fate: &Fate) -> String {
    match fate {
        Fate::Said => "said".to_owned(),
        Fate::Barrier => "barrier".to_owned(),
        Fate::Failed => "failed".to_owned(),
        Fate::Durable(by) if by.is_empty() => "durable".to_owned(),
        Fate::Durable(by) => format!("durable by {by}"),
        Fate::Kept => "pending, survived".to_owned(),
        Fate::Lost => "lost".to_owned(),
        Fate::Torn => "torn".to_owned(),
        Fate::Behind => "never happened".to_owned(),
    }
}

/// The look of a sector or a piece.
pub(super) fn class(fate: char) -> &'static str {
    match fate {
        '=' => "durable",
        '#' => "kept",
        '0' | 'S' | 'G' => "filled",
        '-' => "behind",
        _ => "lost",
    }
}

/// What the shapes of a picture mean.
pub(super) fn legend(into: &mut Markup) {
    into.element("div", &[("class", &"legend")], |legend| {
        for (fates, words) in [
            ("==", "durable: a barrier made it certain"),
            ("##", "pending at the crash, survived"),
            ("..", "lost: the old bytes are there"),
            ("#.", "torn: some sectors of one write"),
            ("0", "lost: zeros"),
            ("S", "lost: stale bytes of another file"),
            ("G", "lost: garbage"),
        ] {
            item(legend, words, |svg| {
                for (place, fate) in (0..).zip(fates.chars()) {
                    let x = 1 + place * (CELL + 3);
                    rectangle(svg, class(fate), Area::new(x, 2, CELL + 3, ROW - 3));
                    if matches!(fate, '0' | 'S' | 'G') {
                        label(svg, "fillmark", (x + CELL / 2 + 2, 11), fate);
                    }
                }
            });
        }
        item(legend, "barrier, what it covers shaded", |svg| {
            rectangle(svg, "reach", Area::new(0, 0, 16, 15));
            line(svg, "barrier", (16, 0), (16, 15));
        });
        item(legend, "acknowledged as durable", |svg| {
            svg::path(svg, "ack", "M5 3l5 9l5 -9");
        });
        item(legend, "✗ acknowledged, and gone", |svg| {
            svg::path(svg, "errormark", "M5 3l5 9l5 -9");
        });
        item(legend, "made to fail, or damaged", |svg| {
            svg::path(svg, "errormark", "M6 3l10 10m0 -10l-10 10");
        });
        item(legend, "the crash", |svg| {
            line(svg, "cutline", (10, 0), (10, 15));
        });
        item(legend, "what was missing", |svg| {
            line(svg, "arrow", (1, 8), (14, 8));
            svg::path(svg, "arrowhead", "M13 3v10l8 -5z");
        });
    });
}

fn item(legend: &mut Markup, words: &str, fill: impl FnOnce(&mut Markup)) {
    legend.element("span", &[], |span| {
        let size: super::markup::Attributes<'_> =
            &[("width", &24), ("height", &15), ("aria-hidden", &"true")];
        span.element("svg", size, fill);
        span.text(words);
    });
}
