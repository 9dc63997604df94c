//! One life, or one recovery, as a picture: a lane for each file and directory over the time of the trace.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    arrows::{Arrow, arrows},
    columns::{CHARACTER, Column, Columns, Room, What},
    lanes::Lanes,
    markup::Markup,
    shapes::{cross, in_lane},
    svg::{self, Area, Pixels, drawing, label, line, rectangle, told},
};
use crate::{
    run::{Missing, Shape, Timeline},
    workload::CrashKind,
};

/// Above the lanes: the name of the crash, the axis, the arrows, and what was promised.
const HEAD: Pixels = 18;
const AXIS: Pixels = 18;
const ACKS: Pixels = 34;
/// A row for each arrow.
const ARROW: Pixels = 20;
/// Below the lanes: that what lies behind the crash never happened.
const FOOT: Pixels = 18;

/// Acknowledgements of what is gone that are always drawn, the last ones.
const GONE_MAX: usize = 4;

/// One timeline, with what is missing if it is missing there.
pub(super) struct Picture<'e> {
    pub(super) timeline: &'e Timeline,
    columns: Columns<'e>,
    lanes: Lanes,
    arrows: Vec<Arrow>,
    gone: &'e BTreeSet<u32>,
    top: Pixels,
}

impl<'e> Picture<'e> {
    /// Draws `timeline` with what is missing there, and with the operations that were acknowledged and are `gone`.
    pub(super) fn new(
        timeline: &'e Timeline,
        missing: Option<&Missing>,
        gone: &'e BTreeSet<u32>,
        room: Room,
    ) -> Picture<'e> {
        let arrows = missing.map_or_else(Vec::new, arrows);
        let ends = arrows.iter().flat_map(Arrow::ends);
        let lost = timeline
            .rows
            .iter()
            .rev()
            .filter(|row| match row.drawing.shape {
                Shape::Acknowledged { operation, .. } => gone.contains(&operation),
                _ => false,
            });
        let lost = lost.map(|row| row.index).take(GONE_MAX);
        let pinned: BTreeSet<u32> = ends.chain(lost).collect();
        let columns = Columns::new(timeline, &pinned, room);
        let count = Pixels::try_from(arrows.len()).unwrap_or(0);
        let top = HEAD + count * ARROW + AXIS + ACKS;
        Picture {
            timeline,
            lanes: Lanes::new(timeline, &columns, top),
            columns,
            arrows,
            gone,
            top,
        }
    }

    /// How many files and directories have no lane.
    pub(super) fn lanes_more(&self) -> usize {
        self.lanes.more
    }

    pub(super) fn draw(&self, into: &mut Markup) {
        let height = self.lanes.bottom + FOOT;
        let crash = crash_word(self.timeline.crash);
        let title = format!(
            "{}: {crash} at {}",
            self.timeline.title, self.timeline.point
        );
        into.element(
            "div",
            &[("class", &"pic"), ("tabindex", &0), ("role", &"group")],
            |pic| {
                let words = (title.as_str(), self.words());
                drawing(pic, (self.width(), height), (words.0, &words.1), |svg| {
                    self.backdrop(svg);
                    for column in &self.columns.before {
                        self.column(svg, column);
                    }
                    self.crash(svg, crash);
                    for column in &self.columns.behind {
                        self.column(svg, column);
                    }
                    self.damage(svg);
                    for (number, arrow) in (0..).zip(&self.arrows) {
                        self.arrow(svg, arrow, number);
                    }
                });
                self.lanes.names(pic, Picture::axis(), height);
                self.first_seen(pic);
            },
        );
    }

    /// A place to which a browser moves a picture that is wider than the screen: what is missing, or the crash.
    fn first_seen(&self, pic: &mut Markup) {
        let lost = self
            .arrows
            .iter()
            .filter_map(|arrow| self.columns.of(arrow.lost))
            .min_by_key(|column| column.x);
        if let Some(lost) = lost {
            // From the right, where the picture is at first.
            let right = self.width() - lost.x - lost.width;
            let style = format!("right:{right}px;width:{}px", lost.width);
            pic.leaf("span", &[("class", &"seen"), ("style", &style)], "");
        }
    }

    /// The picture in words.
    fn words(&self) -> String {
        let mut words = String::new();
        for column in &self.columns.before {
            if let What::Row(row) = column.what {
                let fate = super::fate::word(&row.fate);
                let _ = write!(words, "{} {}, {fate}. ", row.index, row.text);
            }
        }
        for arrow in &self.arrows {
            words += &arrow.words();
            words += ". ";
        }
        words
    }

    /// Wide enough for all columns, and for what arrows say.
    fn width(&self) -> Pixels {
        let ends = self.arrows.iter().filter_map(|arrow| {
            let from = self.columns.of(arrow.lost)?;
            let words = width_of(&arrow.label()) + 12;
            (!is_on_the_left(arrow, from)).then(|| from.middle() + words)
        });
        ends.fold(self.columns.end, Pixels::max)
    }

    fn acks(&self) -> Pixels {
        self.top - 14
    }

    fn axis() -> Pixels {
        HEAD + AXIS - 6
    }

    fn backdrop(&self, svg: &mut Markup) {
        for lane in &self.lanes.all {
            line(svg, "axis", (0, lane.y), (self.width(), lane.y));
        }
        for column in &self.columns.before {
            self.reach(svg, column);
        }
    }

    /// The reach of a completed barrier, in each lane from the first thing that it made certain.
    fn reach(&self, svg: &mut Markup, column: &Column<'_>) {
        let What::Row(row) = column.what else {
            return;
        };
        let Shape::End { covers, .. } = &row.drawing.shape else {
            return;
        };
        for lane in &self.lanes.all {
            let is_covered = |other: &&Column<'_>| matches!(other.what, What::Row(covered) if covers.contains(&covered.index) && covered.drawing.lane == lane.name);
            if let Some(first) = self.columns.before.iter().find(is_covered) {
                let area = Area::new(
                    first.x - 4,
                    lane.y + 1,
                    column.middle() - first.x + 4,
                    lane.height - 2,
                );
                rectangle(svg, "reach", area);
                let bottom = lane.y + lane.height - 1;
                line(
                    svg,
                    "barrier",
                    (column.middle(), lane.y + 1),
                    (column.middle(), bottom),
                );
            }
        }
    }

    fn column(&self, svg: &mut Markup, column: &Column<'_>) {
        let row = match column.what {
            What::Row(row) => row,
            What::Skipped(count) => return self.skipped(svg, column, count),
        };
        let at = (column.middle(), Picture::axis());
        label(svg, "dim small mid", at, row.index);
        let lane = self.lanes.of(&row.drawing.lane);
        let is_behind = row.index >= self.timeline.point.0;
        let words = format!(
            "{}: {} ({})",
            row.index,
            row.text,
            super::fate::word(&row.fate)
        );
        told(svg, words, |svg| match &row.drawing.shape {
            Shape::Acknowledged { operation, durable } => {
                let is_gone = !is_behind && self.gone.contains(operation);
                let class = match (is_behind, is_gone, durable) {
                    (true, ..) => "behind",
                    (false, true, _) => "errormark",
                    (false, false, true) => "ack",
                    (false, false, false) => "ackbuffered",
                };
                let (x, y) = (column.middle(), self.acks());
                svg::path(svg, class, format_args!("M{} {}l5 9l5 -9", x - 5, y - 2));
                line(svg, class, (x, y + 7), (x, self.top));
                if is_gone {
                    label(
                        svg,
                        "lostmark mid",
                        (x, y - 6),
                        format_args!("✗#{operation}"),
                    );
                } else {
                    label(svg, "mid", (x, y - 6), format_args!("#{operation}"));
                }
            }
            Shape::Opened => {
                label(
                    svg,
                    "dim small mid",
                    (column.middle(), self.acks()),
                    "opened",
                );
            }
            Shape::GaveUp => {
                label(
                    svg,
                    "lostmark mid",
                    (column.middle(), self.acks()),
                    "gave up",
                );
            }
            shape => {
                if let Some(lane) = lane {
                    in_lane(svg, column, row, lane, shape);
                }
            }
        });
    }

    fn skipped(&self, svg: &mut Markup, column: &Column<'_>, count: usize) {
        let (x, middle) = (column.middle(), self.top + 14);
        told(svg, format_args!("{count} entries are not drawn"), |svg| {
            label(svg, "dim mid", (x, middle), "⋯");
            label(
                svg,
                "dim small mid",
                (x, middle + 13),
                format_args!("{count}"),
            );
            label(svg, "dim small mid", (x, middle + 24), "more");
        });
    }

    fn crash(&self, svg: &mut Markup, word: &str) {
        let cut = self.columns.cut;
        let height = self.lanes.bottom + FOOT;
        let area = Area::new(cut, 0, self.width() - cut, height);
        rectangle(svg, "cutarea", area);
        line(svg, "cutline", (cut, 0), (cut, height));
        label(svg, "", (cut + 9, 12), format_args!("✂ {word}"));
        if !self.columns.behind.is_empty() {
            let at = (cut + 9, self.lanes.bottom + 12);
            label(svg, "dim small", at, "never happened");
        }
    }

    /// What the device did to the disk, beside the crash in the lanes that it is about.
    fn damage(&self, svg: &mut Markup) {
        let Some(fault) = &self.timeline.damage else {
            return;
        };
        for path in fault.paths() {
            if let Some(lane) = self.lanes.of(path) {
                let (x, y) = (self.columns.cut + 12, lane.y + lane.height / 2);
                told(svg, fault, |svg| {
                    cross(svg, (x + 4, y - 4));
                    label(svg, "lostmark", (x + 15, y), "damaged");
                });
            }
        }
    }

    fn arrow(&self, svg: &mut Markup, arrow: &Arrow, number: Pixels) {
        let Some(from) = self.columns.of(arrow.lost) else {
            return;
        };
        let What::Row(row) = from.what else {
            return;
        };
        let y = HEAD + AXIS + number * ARROW + 13;
        let lane_y = self
            .lanes
            .of(&row.drawing.lane)
            .map_or(self.top, |lane| lane.y);
        let height = super::lanes::height(row) - 4;
        rectangle(
            svg,
            "ring",
            Area::new(from.x - 4, lane_y + 2, from.width + 8, height),
        );
        let words = arrow.label();
        let start = (from.middle(), lane_y + 2);
        match arrow.before.and_then(|before| self.columns.of(before)) {
            None => line(svg, "arrow", start, (from.middle(), y)),
            Some(to) => {
                let (x, bottom) = (to.middle(), self.target(to) - 7);
                let begin = from.middle();
                let elbow = format!("M{begin} {}V{y}H{x}V{bottom}", start.1);
                svg::path(svg, "arrow", elbow);
                let head = format!("M{} {bottom}h10l-5 8z", x - 5);
                svg::path(svg, "arrowhead", head);
            }
        }
        if is_on_the_left(arrow, from) {
            label(svg, "arrowtext end", (from.middle() - 6, y + 4), words);
        } else {
            label(svg, "arrowtext", (from.middle() + 5, y - 4), words);
        }
    }

    /// Where an arrow to a column ends.
    fn target(&self, column: &Column<'_>) -> Pixels {
        let What::Row(row) = column.what else {
            return self.top;
        };
        match self.lanes.of(&row.drawing.lane) {
            Some(lane) => lane.y + 4,
            None => self.acks() - 16,
        }
    }
}

/// Whether what an arrow says has room on the left of its line: what leads nowhere leaves none on it.
fn is_on_the_left(arrow: &Arrow, from: &Column<'_>) -> bool {
    arrow.before.is_none() && from.middle() > width_of(&arrow.label()) + 12
}

/// The width of a text in bold.
fn width_of(text: &str) -> Pixels {
    Pixels::try_from(text.chars().count()).unwrap_or(0) * (CHARACTER + 1)
}

/// A life with how it ended; what the device did comes after the crash.
pub(super) fn ended(timeline: &Timeline) -> String {
    let crash = crash_word(timeline.crash);
    match timeline.title.split_once("; ") {
        Some((life, damage)) => format!("{life}, ended by a {crash}; {damage}"),
        None => format!("{}, ended by a {crash}", timeline.title),
    }
}

pub(super) fn crash_word(crash: CrashKind) -> &'static str {
    match crash {
        CrashKind::PowerLoss => "power loss",
        CrashKind::ProcessCrash => "process crash",
    }
}
