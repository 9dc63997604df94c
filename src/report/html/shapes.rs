//! What stands in a lane: writes as blocks of sectors, other changes as pieces, barriers as lines.

use super::{
    columns::{CELL, CHARACTER, Column, PIECE_CHARACTERS, ROW, ROWS_MAX, pieces},
    lanes::Lane,
    markup::Markup,
    svg::{self, Area, Pixels, label, line, rectangle},
};
use crate::run::{Fate, Row, Shape};

/// What stands in a lane.
pub(super) fn in_lane(
    svg: &mut Markup,
    column: &Column<'_>,
    row: &Row,
    lane: &Lane,
    shape: &Shape,
) {
    let (x, bottom) = (column.middle(), lane.y + lane.height - 1);
    let mut y = lane.y + 13;
    match shape {
        Shape::End { .. } => {
            let class = match row.fate {
                Fate::Behind => "barrier open",
                _ => "barrier",
            };
            line(svg, class, (x, lane.y + 1), (x, bottom));
            let word = row.text.split(' ').next().unwrap_or_default();
            return label(svg, "small mid halo", (x, bottom - 4), svg::head(word, 9));
        }
        Shape::Begin { verb, .. } => {
            line(svg, "barrier open", (x, lane.y + 1), (x, bottom));
            return label(svg, "small mid halo", (x, bottom - 4), svg::head(verb, 9));
        }
        Shape::FailedBarrier { .. } => {
            line(svg, "errormark", (x, lane.y + 1), (x, bottom));
            cross(svg, (x, lane.y + 12));
            return label(svg, "lostmark mid", (x, bottom - 4), "fails");
        }
        Shape::Refused { verb } => {
            cross(svg, (x, lane.y + 12));
            label(svg, "lostmark mid", (x, lane.y + 32), verb);
            return;
        }
        Shape::Bytes {
            offset,
            length_bytes,
        } => label(
            svg,
            "dim small",
            (column.x, y),
            format_args!("{offset}+{length_bytes}"),
        ),
        Shape::Change { verb } => label(svg, "small", (column.x, y), verb),
        _ => {}
    }
    y += 4;
    for block in row.drawing.blocks.iter().take(ROWS_MAX) {
        cells(svg, (column.x, y), &block.sectors);
        y += ROW;
    }
    if let Some(more @ 1..) = row.drawing.blocks.len().checked_sub(ROWS_MAX) {
        label(
            svg,
            "dim small",
            (column.x, y + 9),
            format_args!("+ {more} blocks"),
        );
        y += ROW;
    }
    for piece in pieces(row) {
        let class = super::fate::class(piece.fate);
        let area = Area::new(column.x, y, column.width, ROW - 2);
        rectangle(svg, class, area);
        let ink = if matches!(piece.fate, '=' | '#') {
            "in"
        } else {
            "ink"
        };
        let text = svg::head(&piece.what, PIECE_CHARACTERS);
        if ink == "ink" {
            // Words on a hatch need a ground.
            let width = Pixels::try_from(text.chars().count()).unwrap_or(0) * CHARACTER + 4;
            let ground = Area::new(column.x + 2, y + 1, width, ROW - 4);
            rectangle(svg, "ground", ground);
        }
        label(svg, ink, (column.x + 4, y + 9), text);
        y += ROW;
    }
}

/// One block: its eight sectors.
fn cells(svg: &mut Markup, (x, y): (Pixels, Pixels), sectors: &str) {
    let height = ROW - 3;
    rectangle(svg, "grid", Area::new(x, y, 8 * CELL, height));
    let fates: Vec<char> = sectors.chars().take(8).collect();
    let mut start = 0;
    while let Some(&fate) = fates.get(start) {
        let is_other = |other: &char| *other != fate;
        let joined = matches!(fate, '=' | '#' | '.' | '-' | ' ');
        let length = if joined {
            let rest = fates[start..].iter().position(is_other);
            rest.unwrap_or(fates.len() - start)
        } else {
            1
        };
        let left = x + Pixels::try_from(start).unwrap_or(0) * CELL;
        let width = Pixels::try_from(length).unwrap_or(0) * CELL;
        if fate != ' ' {
            let area = Area::new(left, y, width, height);
            rectangle(svg, super::fate::class(fate), area);
        }
        if matches!(fate, '0' | 'S' | 'G') {
            label(svg, "fillmark", (left + CELL / 2, y + 9), fate);
        }
        start += length;
    }
}

/// Something was made to fail here, or damaged.
pub(super) fn cross(svg: &mut Markup, (x, y): (Pixels, Pixels)) {
    let path = format!("M{} {}l10 10m0 -10l-10 10", x - 5, y - 5);
    svg::path(svg, "errormark", path);
}
