//! The files of a timeline as lanes: a column for each entry that is shown, a shape for what became of it. Drawn where more
//! than one file is concerned, above the entries themselves.

use super::{focus::Focus, layout::Layout};
use crate::run::{Fate, Row};

/// The narrowest layout that has room for lanes.
const WIDTH_MIN: usize = 76;
/// The fewest columns of a lane's name.
const NAME_COLUMNS_MIN: usize = 15;
/// Lanes that are drawn at most: of more, the entries say enough.
const LANES_MAX: usize = 8;

/// A column: an entry, or one place for those that are left out.
type Column<'r> = Option<&'r Row>;

/// The lanes of the entries before a crash; nothing if they are all of one file.
pub(super) fn lanes(rows: &[Row], shown: &[bool], focus: &Focus, layout: &Layout) -> String {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for (row, shown) in rows.iter().zip(shown) {
        match (shown, columns.last()) {
            (true, _) => columns.push(Some(row)),
            (false, Some(None)) => {}
            (false, _) => columns.push(None),
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for row in columns.iter().flatten().filter(|row| is_change(row)) {
        if !names.contains(&row.path.as_str()) {
            names.push(&row.path);
        }
    }
    let longest = names.iter().map(|name| name.chars().count()).max();
    let room = layout.width.saturating_sub(columns.len() + 4);
    if !(2..=LANES_MAX).contains(&names.len())
        || layout.width < WIDTH_MIN
        || room < NAME_COLUMNS_MIN
    {
        return String::new();
    }
    let name_columns = longest.unwrap_or(0).clamp(NAME_COLUMNS_MIN, room);
    let is_wide = name_columns + 4 + 2 * columns.len() <= layout.width;
    let picture = Picture {
        columns,
        name_columns,
        gap: if is_wide { " " } else { "" },
        layout,
    };
    let mut text = String::new();
    for name in names {
        text += &picture.lane(name, |row| row.path == name);
    }
    text += &picture.lane("said", |row| row.fate == Fate::Said);
    text += &picture.missing(focus);
    text + "\n"
}

/// Whether an entry changes the file that it is about.
fn is_change(row: &Row) -> bool {
    let is_state = matches!(
        row.fate,
        Fate::Durable(_) | Fate::Kept | Fate::Lost | Fate::Torn
    );
    is_state && !row.path.is_empty()
}

struct Picture<'p> {
    columns: Vec<Column<'p>>,
    name_columns: usize,
    /// What stands between two columns.
    gap: &'static str,
    layout: &'p Layout,
}

impl Picture<'_> {
    fn lane(&self, name: &str, is_in: impl Fn(&Row) -> bool) -> String {
        let mut text = self.name(name);
        for column in &self.columns {
            let (shape, colour) = match column {
                Some(row) if is_in(row) => shape(&row.fate, self.layout),
                Some(_) => (" ", ""),
                None => ("…", self.layout.palette.dim),
            };
            text += &match shape {
                " " => " ".to_owned(),
                _ => self.layout.coloured(colour, shape),
            };
            text += self.gap;
        }
        text + "✂\n"
    }

    /// From what was lost to what it should have come before.
    fn missing(&self, focus: &Focus) -> String {
        let Some((start, end)) = focus.bracket else {
            return String::new();
        };
        let place = |index: u32| {
            let mut columns = self.columns.iter();
            columns.position(|column| column.is_some_and(|row| row.index == index))
        };
        let (Some(start), Some(end)) = (place(start), place(end)) else {
            return String::new();
        };
        let step = 1 + self.gap.len();
        let line = format!(
            "{}└{}┘",
            " ".repeat(start * step),
            "─".repeat(((end - start) * step).saturating_sub(1))
        );
        let line = self.layout.coloured(self.layout.palette.bad, &line);
        format!("{}{line}\n", self.name("barrier missing"))
    }

    /// The name of a lane, its end if it is too long, and a gap.
    fn name(&self, name: &str) -> String {
        let length = name.chars().count();
        let shown: String = match length.checked_sub(self.name_columns) {
            None | Some(0) => name.to_owned(),
            Some(more) => std::iter::once('…')
                .chain(name.chars().skip(more + 1))
                .collect(),
        };
        let shown = super::layout::printable(&shown);
        let gap = self.name_columns.saturating_sub(shown.chars().count());
        format!("  {shown}{} ", " ".repeat(gap))
    }
}

/// The shape of what became of an entry, and its colour.
pub(super) fn shape(fate: &Fate, layout: &Layout) -> (&'static str, &'static str) {
    let bad = layout.palette.bad;
    match fate {
        Fate::Said => ("·", ""),
        Fate::Barrier => ("│", ""),
        Fate::Failed => ("✗", bad),
        Fate::Durable(_) => ("█", ""),
        Fate::Kept => ("▓", ""),
        Fate::Lost => ("░", bad),
        Fate::Torn => ("▒", bad),
        Fate::Behind => (" ", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Palette;

    fn row(index: u32, path: &str, fate: Fate) -> Row {
        Row {
            drawing: crate::run::Drawing::default(),
            index,
            text: String::new(),
            path: path.to_owned(),
            site: String::new(),
            fate,
            parts: Vec::new(),
        }
    }

    fn rows() -> Vec<Row> {
        let durable = Fate::Durable(String::new());
        vec![
            row(0, "a", durable.clone()),
            row(1, "a", Fate::Lost),
            row(2, "b", durable),
            row(3, "b", Fate::Barrier),
            row(4, "", Fate::Said),
        ]
    }

    #[test]
    fn each_file_is_a_lane_with_the_missing_barrier_below() {
        let shown = [false, true, true, true, true];
        let focus = Focus {
            bracket: Some((1, 4)),
            ..Focus::default()
        };
        let text = lanes(&rows(), &shown, &focus, &Layout::PLAIN);
        let expected = [
            "  a               … ░       ✂",
            "  b               …   █ │   ✂",
            "  said            …       · ✂",
            "  barrier missing   └─────┘",
            "",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
    }

    #[test]
    fn one_file_or_a_narrow_screen_has_no_lanes() {
        let focus = Focus::default();
        let lanes = |rows: &[Row], width| {
            let layout = Layout::new(width, Palette::PLAIN);
            lanes(rows, &vec![true; rows.len()], &focus, &layout)
        };
        assert_eq!(lanes(&rows()[..2], 100), "");
        assert_eq!(lanes(&rows(), 60), "");
        assert_ne!(lanes(&rows(), 100), "");
    }
}
