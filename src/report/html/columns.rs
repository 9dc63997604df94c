//! Which entries of a trace are drawn, where, and how wide: the layout of a picture.
//!
//! Guarantees: what was lost or torn last is drawn, and what is named as missing; where entries are left out there is a
//! column that says how many.

use std::collections::BTreeSet;

use super::svg::Pixels;
use crate::run::{DrawnPiece, Fate, Row, Shape, Timeline};

/// How much of a life is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// Columns before the crash.
    columns: usize,
    /// Of those, columns of what was lost or torn, whatever its distance from the crash.
    lost: usize,
    /// Of those, columns of what was made to fail.
    failed: usize,
    /// Columns behind the crash.
    behind: usize,
}

impl Room {
    /// As much as fits on a screen without moving the picture.
    pub(super) const WHOLE: Room = Room {
        columns: 15,
        lost: 7,
        failed: 4,
        behind: 1,
    };
    /// What can be told from others at a glance.
    pub(super) const SMALL: Room = Room {
        columns: 7,
        lost: 3,
        failed: 2,
        behind: 0,
    };
}

/// Width beside the crash for what the device did.
const DAMAGE: Pixels = 84;

/// The width of a sector.
pub(super) const CELL: Pixels = 8;
/// The height of a row of sectors.
pub(super) const ROW: Pixels = 14;
/// Rows of one write that are drawn.
pub(super) const ROWS_MAX: usize = 5;
/// The width of a character of a label.
pub(super) const CHARACTER: Pixels = 6;
/// Characters of the label of a piece.
pub(super) const PIECE_CHARACTERS: usize = 20;

const GAP: Pixels = 10;

/// A column of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column<'t> {
    pub(super) what: What<'t>,
    pub(super) x: Pixels,
    pub(super) width: Pixels,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What<'t> {
    /// An entry.
    Row(&'t Row),
    /// This many entries are left out.
    Skipped(usize),
}

/// The columns of one timeline.
#[derive(Debug)]
pub(super) struct Columns<'t> {
    pub(super) before: Vec<Column<'t>>,
    /// Where the crash is.
    pub(super) cut: Pixels,
    pub(super) behind: Vec<Column<'t>>,
    pub(super) end: Pixels,
}

impl<'t> Columns<'t> {
    /// Lays the columns out; `pinned` are entries that have to be there.
    pub(super) fn new(timeline: &'t Timeline, pinned: &BTreeSet<u32>, room: Room) -> Columns<'t> {
        let at = timeline.point.index().min(timeline.rows.len());
        let (before, behind) = timeline.rows.split_at(at);
        let drawn = chosen(before, at, pinned, room);
        let mut x = GAP;
        let mut columns = Vec::new();
        let mut skipped = 0;
        for row in before.iter().filter(|row| is_drawn(row, at)) {
            if !drawn.contains(&row.index) {
                skipped += 1;
                continue;
            }
            skip(&mut columns, &mut x, std::mem::take(&mut skipped));
            push(&mut columns, &mut x, What::Row(row));
        }
        skip(&mut columns, &mut x, skipped);
        let cut = x + GAP;
        x = cut + 2 * GAP;
        let mut shown = room.behind;
        if timeline.damage.is_some() {
            x += DAMAGE;
            shown = 0;
        }
        let mut never = Vec::new();
        let mut rest = behind.iter().filter(|row| is_drawn(row, usize::MAX));
        for row in rest.by_ref().take(shown) {
            push(&mut never, &mut x, What::Row(row));
        }
        skip(&mut never, &mut x, rest.count());
        Columns {
            before: columns,
            cut,
            behind: never,
            end: x.max(cut + 112),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Column<'t>> {
        self.before.iter().chain(&self.behind)
    }

    /// The column of an entry.
    pub(super) fn of(&self, index: u32) -> Option<&Column<'t>> {
        self.all()
            .find(|column| matches!(column.what, What::Row(row) if row.index == index))
    }
}

impl Column<'_> {
    pub(super) fn middle(&self) -> Pixels {
        self.x + self.width / 2
    }
}

fn skip(columns: &mut Vec<Column<'_>>, x: &mut Pixels, count: usize) {
    if count > 0 {
        push(columns, x, What::Skipped(count));
    }
}

fn push<'t>(columns: &mut Vec<Column<'t>>, x: &mut Pixels, what: What<'t>) {
    let width = match what {
        What::Skipped(_) => 40,
        What::Row(row) => width(row),
    };
    columns.push(Column { what, x: *x, width });
    *x += width + GAP;
}

fn width(row: &Row) -> Pixels {
    let drawing = &row.drawing;
    let widest = pieces(row).map(|piece| piece.what.chars().count().min(PIECE_CHARACTERS));
    let text = |characters: usize| Pixels::try_from(characters).unwrap_or(0) * CHARACTER + 8;
    let pieces = widest.max().map_or(0, text);
    let own = match &drawing.shape {
        Shape::Bytes {
            offset,
            length_bytes,
        } => text(format!("{offset}+{length_bytes}").len()).max(8 * CELL),
        Shape::Change { verb } | Shape::Refused { verb } => text(verb.chars().count()),
        Shape::Begin { .. } | Shape::End { .. } | Shape::FailedBarrier { .. } => 22,
        Shape::Acknowledged { .. } | Shape::GaveUp => 28,
        Shape::Opened => 44,
        Shape::Issued | Shape::Nothing => 8,
    };
    let blocks = if drawing.blocks.is_empty() {
        0
    } else {
        8 * CELL
    };
    own.max(pieces).max(blocks)
}

/// The pieces that are drawn: of lengths that one write went through with the same fate, the last.
pub(super) fn pieces(row: &Row) -> impl Iterator<Item = &DrawnPiece> {
    let all = &row.drawing.pieces;
    let is_size = |piece: &DrawnPiece| piece.what.starts_with("size ");
    all.iter().zip(1..).filter_map(move |(piece, next)| {
        let is_passed =
            |later: &DrawnPiece| is_size(piece) && is_size(later) && later.fate == piece.fate;
        let passed = all.get(next).is_some_and(is_passed);
        (!passed).then_some(piece)
    })
}

/// Whether an entry is anything to a picture: a barrier is drawn where it ends, unless the crash came before.
fn is_drawn(row: &Row, point: usize) -> bool {
    match &row.drawing.shape {
        Shape::Nothing | Shape::Issued => false,
        Shape::Begin { end, .. } => end.is_none_or(|end| end as usize >= point),
        _ => true,
    }
}

/// The entries before the crash that are drawn.
fn chosen(before: &[Row], point: usize, pinned: &BTreeSet<u32>, room: Room) -> BTreeSet<u32> {
    let mut drawn = pinned.clone();
    let mut add = |wanted: fn(&Row) -> bool, more: usize, all: usize| {
        let rows = before.iter().rev().filter(|row| is_drawn(row, point));
        for row in rows.filter(|row| wanted(row)).take(more) {
            if drawn.len() < all {
                drawn.insert(row.index);
            }
        }
    };
    let is_lost = |row: &Row| matches!(row.fate, Fate::Lost | Fate::Torn);
    add(is_lost, room.lost, room.columns);
    add(|row| row.fate == Fate::Failed, room.failed, room.columns);
    add(|_| true, room.columns, room.columns);
    drawn
}
