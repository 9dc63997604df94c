//! Expected against recovered: a line for each thing that was asked, those that agree folded.

use super::{
    Layout,
    layout::{Cell, fold},
    numbers::counted,
};
use crate::run::Compared;

/// Rows that part which are shown; of more, their number.
const PARTING_MAX: usize = 12;
/// Rows one after the other that part in the same way.
const ALIKE_MAX: usize = 3;
/// Columns before a row: an indent and the sign.
const START_COLUMNS: usize = 12;
/// The narrowest layout that has room for three columns.
const BESIDE_COLUMNS: usize = 76;

/// The rows that part, each with the one before it and the one behind it.
pub(super) fn comparison(rows: &[Compared], layout: &Layout) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let shown = shown(rows);
    let table = Table::new(rows, &shown, layout);
    let mut text = table.head();
    let mut folded = [0_u64; 2];
    for (row, shown) in rows.iter().zip(shown) {
        if shown {
            text += &table.folded(std::mem::take(&mut folded));
            text += &table.row(row);
        } else {
            folded[usize::from(row.agrees)] += 1;
        }
    }
    text + &table.folded(folded)
}

fn shown(rows: &[Compared]) -> Vec<bool> {
    let parting = rows.iter().enumerate().filter(|(_, row)| !row.agrees);
    let mut last = None;
    let mut alike = 0;
    let is_new = |(_, row): &(usize, &Compared)| {
        let this = Some((row.expected.clone(), row.shown.clone()));
        alike = if last == this { alike + 1 } else { 1 };
        last = this;
        alike <= ALIKE_MAX
    };
    let picked = parting.filter(is_new).map(|(place, _)| place);
    let picked: Vec<usize> = picked.take(PARTING_MAX).collect();
    let is_near = |place: usize| {
        let mut near = picked.iter();
        near.any(|&picked| place.abs_diff(picked) <= 1)
    };
    let rows = rows.iter().enumerate();
    if picked.is_empty() {
        let last = rows.len().saturating_sub(3);
        return rows.map(|(place, _)| place >= last).collect();
    }
    rows.map(|(place, row)| is_near(place) && (row.agrees || picked.contains(&place)))
        .collect()
}

struct Table<'l> {
    layout: &'l Layout,
    /// The columns of the three cells, if they have room beside each other.
    widths: Option<[usize; 3]>,
}

impl<'l> Table<'l> {
    fn new(rows: &[Compared], shown: &[bool], layout: &'l Layout) -> Table<'l> {
        let room = layout.width.saturating_sub(START_COLUMNS + 4);
        let shown = rows.iter().zip(shown).filter(|(_, shown)| **shown);
        let mut widest = [8, 14, 15];
        for (row, _) in shown {
            let texts = [&row.operation, &row.expected, &row.shown];
            for (widest, text) in widest.iter_mut().zip(texts) {
                *widest = (*widest).max(text.chars().count());
            }
        }
        let operation = widest[0].min(room / 3);
        let is_long = widest[2] > room / 4;
        let expected = widest[1].min(if is_long {
            room * 4 / 13
        } else {
            room * 6 / 13
        });
        let rest = room - operation - expected;
        Table {
            layout,
            widths: (layout.width >= BESIDE_COLUMNS).then_some([operation, expected, rest]),
        }
    }

    fn cells(
        &self,
        start: &str,
        widths: [usize; 3],
        texts: [&str; 3],
        colour: &'static str,
    ) -> String {
        let colours = ["", "", colour];
        let cells = texts.iter().zip(widths).zip(colours);
        let cells: Vec<Cell<'_>> = cells
            .map(|((text, width), colour)| Cell {
                text,
                width,
                colour,
            })
            .collect();
        self.layout.cells(start, &cells)
    }

    fn head(&self) -> String {
        let texts = ["asked", "had to be", "recovery showed"];
        if let Some(widths) = self.widths {
            return self.cells("  Shown     ", widths, texts, "");
        }
        self.layout.wrap("  Shown   ", &texts.join(" / "))
    }

    fn row(&self, row: &Compared) -> String {
        let sign = if row.agrees { "=" } else { "≠" };
        let colour = if row.agrees {
            ""
        } else {
            self.layout.palette.bad
        };
        let start = format!("          {sign} ");
        if let Some(widths) = self.widths {
            let texts = [&*row.operation, &row.expected, &row.shown];
            return self.cells(&start, widths, texts, colour);
        }
        let mut text = self.layout.wrap(&start, &row.operation);
        text += &self.layout.wrap("              ", &row.expected);
        let lines = fold(&row.shown, self.layout.width - 14);
        text += &self.layout.lines("              ", &lines, colour);
        text
    }

    /// How many rows are left out, those that part first.
    fn folded(&self, [parting, agreeing]: [u64; 2]) -> String {
        let line = |count: u64, which: [&str; 2]| {
            let verb = if count == 1 { which[0] } else { which[1] };
            let line = format!("… {} that {verb}", counted(count, "row"));
            let line = self.layout.coloured(self.layout.palette.dim, &line);
            (count > 0).then(|| format!("            {line}\n"))
        };
        let lines = [
            line(parting, ["parts too", "part too"]),
            line(agreeing, ["agrees", "agree"]),
        ];
        lines.into_iter().flatten().collect()
    }
}
