//! The lanes of a picture: a file or a directory each.

use std::{collections::BTreeSet, fmt::Display};

use super::{
    columns::{Columns, ROW, ROWS_MAX, What, pieces},
    markup::Markup,
    svg::{Pixels, label, line, tail, told},
};
use crate::run::{Row, Shape, Timeline};

/// Lanes of one picture.
const LANES_MAX: usize = 12;
/// The width of their names.
const NAMES: Pixels = 122;
const CHARACTERS: usize = 17;

/// One lane.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) y: Pixels,
    pub(super) height: Pixels,
}

/// All lanes, from top to bottom.
#[derive(Debug)]
pub(super) struct Lanes {
    pub(super) all: Vec<Lane>,
    pub(super) bottom: Pixels,
    /// Files and directories without a lane.
    pub(super) more: usize,
}

impl Lanes {
    pub(super) fn new(timeline: &Timeline, columns: &Columns<'_>, top: Pixels) -> Lanes {
        let rows = || {
            columns.all().filter_map(|column| match column.what {
                What::Row(row) => Some(row),
                What::Skipped(_) => None,
            })
        };
        let damaged = timeline.damage.iter().flat_map(|fault| fault.paths());
        let drawn = rows().map(|row| row.drawing.lane.as_str());
        let names: BTreeSet<&str> = drawn
            .chain(damaged)
            .filter(|name| !name.is_empty())
            .collect();
        let mut y = top;
        let lanes = names.iter().take(LANES_MAX).map(|name| {
            let of_it = rows().filter(|row| row.drawing.lane == **name);
            let height = of_it.map(height).max().unwrap_or(0).max(44);
            let lane = Lane {
                name: (*name).to_owned(),
                y,
                height,
            };
            y += height;
            lane
        });
        Lanes {
            all: lanes.collect(),
            bottom: y,
            more: names.len().saturating_sub(LANES_MAX),
        }
    }

    pub(super) fn of(&self, name: &str) -> Option<&Lane> {
        self.all.iter().find(|lane| lane.name == name)
    }

    /// The names, which stay where they are when the picture is moved.
    pub(super) fn names(&self, into: &mut Markup, axis: Pixels, height: Pixels) {
        let shown = format_args!("0 0 {NAMES} {height}");
        let attributes: [(&'static str, &dyn Display); 5] = [
            ("class", &"names"),
            ("width", &NAMES),
            ("height", &height),
            ("viewBox", &shown),
            ("aria-hidden", &"true"),
        ];
        into.element("svg", &attributes, |svg| {
            let first = self.all.first().map_or(0, |lane| lane.y);
            label(svg, "dim small", (6, axis), "trace");
            label(svg, "dim small", (6, first - 12), "acknowledged");
            for lane in &self.all {
                line(svg, "axis", (0, lane.y), (NAMES, lane.y));
                let (above, below) = lane.words();
                told(svg, &lane.name, |svg| {
                    label(svg, "dim small", (6, lane.y + 15), tail(above, CHARACTERS));
                    label(svg, "", (6, lane.y + 29), tail(below, CHARACTERS));
                });
            }
        });
    }
}

impl Lane {
    /// The name on two lines.
    fn words(&self) -> (&str, &str) {
        if self.name.ends_with('/') {
            return ("entries of", &self.name);
        }
        match self.name.rfind('/') {
            Some(slash) => self.name.split_at(slash + 1),
            None => ("file", &self.name),
        }
    }
}

/// How much room an entry takes in its lane.
pub(super) fn height(row: &Row) -> Pixels {
    let blocks = row.drawing.blocks.len();
    let rows = blocks.min(ROWS_MAX) + usize::from(blocks > ROWS_MAX) + pieces(row).count();
    let rows = Pixels::try_from(rows).unwrap_or(0);
    let label = match row.drawing.shape {
        Shape::End { .. } | Shape::Begin { .. } | Shape::FailedBarrier { .. } => 44,
        _ => 24,
    };
    label + rows * ROW
}
