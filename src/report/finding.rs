//! One violation in three sentences.

use super::WIDTH_COLUMNS;
use crate::campaign::Sentences;

/// The three sentences, wrapped.
pub fn sentences(witness: &Sentences) -> String {
    let lines = [
        ("Let    ", &witness.given),
        ("Then   ", &witness.shown),
        ("However", &witness.however),
    ];
    lines
        .iter()
        .map(|(word, sentence)| wrap(&format!("  {word} "), sentence))
        .collect()
}

/// The command to see a violation again, on one line however long it is: it is there to be copied.
pub fn again(target: &str) -> String {
    format!("  Again   tornwrite replay {target}\n")
}

/// Text behind a word, with the following lines below the first.
pub(super) fn wrap(word: &str, text: &str) -> String {
    wrap_to(word, "", text, WIDTH_COLUMNS)
}

/// A paragraph of its own, each line behind an indent.
pub fn paragraph(indent: &str, text: &str) -> String {
    wrap(indent, text)
}

/// Text behind a word, within so many columns; each line begins with `start`, which the word does already.
pub(super) fn wrap_to(word: &str, start: &str, text: &str, columns: usize) -> String {
    let indent = word.chars().count();
    let mut wrapped = word.to_owned();
    let mut column = indent;
    for (index, part) in text.split_whitespace().enumerate() {
        let width = part.chars().count();
        if index > 0 && column + 1 + width > columns {
            wrapped.push('\n');
            let spaces = indent.saturating_sub(start.chars().count());
            wrapped.push_str(start);
            wrapped.push_str(&" ".repeat(spaces));
            column = indent;
        } else if index > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(part);
        column += width;
    }
    wrapped.push('\n');
    wrapped
}
