//! Text in columns: what fits a line, and what goes below.

use super::{Palette, WIDTH_COLUMNS};

/// The narrowest that a report gets.
const NARROWEST_COLUMNS: usize = 40;

/// How wide a report is, and in which colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(super) width: usize,
    pub(super) palette: Palette,
}

/// A text in one column of several.
pub(super) struct Cell<'t> {
    pub(super) text: &'t str,
    pub(super) width: usize,
    pub(super) colour: &'static str,
}

impl Layout {
    /// As wide as a report may be, without colours: for files.
    pub const PLAIN: Layout = Layout {
        width: WIDTH_COLUMNS,
        palette: Palette::PLAIN,
    };

    /// For a terminal of this width, in columns; no narrower than 40 and no wider than [`WIDTH_COLUMNS`].
    pub fn new(width: usize, palette: Palette) -> Layout {
        Layout {
            width: width.clamp(NARROWEST_COLUMNS, WIDTH_COLUMNS),
            palette,
        }
    }

    /// Text behind a word, with the following lines below the first.
    pub(super) fn wrap(&self, word: &str, text: &str) -> String {
        let indent = word.chars().count();
        let lines = fold(text, self.width.saturating_sub(indent));
        let mut wrapped = String::new();
        for (index, line) in lines.iter().enumerate() {
            let start = match index {
                0 => word.to_owned(),
                _ => " ".repeat(indent),
            };
            wrapped.push_str((start + line).trim_end());
            wrapped.push('\n');
        }
        wrapped
    }

    /// Cells beside each other behind a start, with two spaces between; each goes on below itself.
    pub(super) fn cells(&self, start: &str, cells: &[Cell<'_>]) -> String {
        let folded: Vec<Vec<String>> = cells
            .iter()
            .map(|cell| fold(cell.text, cell.width))
            .collect();
        let height = folded.iter().map(Vec::len).max().unwrap_or(0);
        let indent = " ".repeat(start.chars().count());
        let mut text = String::new();
        for row in 0..height {
            let mut line = if row == 0 { start } else { &indent }.to_owned();
            let last = folded.iter().rposition(|lines| lines.len() > row);
            for (column, (lines, cell)) in folded.iter().zip(cells).enumerate() {
                let part = lines.get(row).map_or("", String::as_str);
                let is_last = Some(column) == last;
                line += &self.coloured(cell.colour, part);
                if is_last {
                    break;
                }
                let gap = cell.width.saturating_sub(part.chars().count()) + 2;
                line += &" ".repeat(gap);
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// Lines in a colour, each behind a start.
    pub(super) fn lines(&self, start: &str, lines: &[String], colour: &str) -> String {
        let mut text = String::new();
        for line in lines {
            text += start;
            text += &self.coloured(colour, line);
            text.push('\n');
        }
        text
    }

    /// Text in a colour of the palette; blanks need none.
    pub(super) fn coloured(&self, colour: &str, text: &str) -> String {
        if colour.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        format!("{colour}{text}{}", self.palette.end)
    }
}

/// Words on lines of this width; a word that is longer is cut, and blanks before the first stay. At least one line.
pub(super) fn fold(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let blanks = text.chars().take_while(|character| *character == ' ');
    let mut lines = vec![" ".repeat(blanks.count().min(width / 2))];
    let mut column = 0;
    for (number, word) in text.split_whitespace().enumerate() {
        let word = printable(word);
        let length = word.chars().count();
        if number == 0 {
            column = lines[0].len();
        } else if column > 0 && column + 1 + length > width {
            lines.push(String::new());
            column = 0;
        } else if column > 0 {
            push(&mut lines, ' ');
            column += 1;
        }
        for character in word.chars() {
            if column == width {
                lines.push(String::new());
                column = 0;
            }
            push(&mut lines, character);
            column += 1;
        }
    }
    lines
}

/// Items on lines, as many on each as fit.
pub(super) fn packed(items: &[impl AsRef<str>], between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items.iter().map(AsRef::as_ref) {
        let length = item.chars().count() + between.len();
        match lines.last_mut() {
            Some(line) if line.chars().count() + length <= width => {
                *line += between;
                *line += item;
            }
            _ => lines.push(item.to_owned()),
        }
    }
    lines
}

fn push(lines: &mut [String], character: char) {
    if let Some(line) = lines.last_mut() {
        line.push(character);
    }
}

/// Text without what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_too_long_is_cut_and_what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            fold("ab 0123456789012 c", 10),
            ["ab", "0123456789", "012 c"]
        );
        assert_eq!(fold("", 10), [""]);
        assert_eq!(fold("   7  two", 20), ["   7 two"]);
        assert_eq!(fold("\x1b[2J", 20), ["\\u{1b}[2J"]);
    }

    #[test]
    fn cells_go_on_below_themselves() {
        let cell = |text| Cell {
            text,
            width: 9,
            colour: "",
        };
        let text = Layout::PLAIN.cells("= ", &[cell("one two three"), cell("four")]);
        assert_eq!(text, "= one two    four\n  three\n");
    }
}
