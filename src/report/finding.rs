//! One violation in three sentences.

use super::{Layout, WIDTH_COLUMNS, escape::printable};
use crate::campaign::Sentences;

/// The three sentences, wrapped.
pub fn sentences(witness: &Sentences) -> String {
    sentences_in(witness, &Layout::PLAIN)
}

pub(super) fn sentences_in(witness: &Sentences, layout: &Layout) -> String {
    let lines = [
        ("Let    ", &witness.given),
        ("Then   ", &witness.shown),
        ("However", &witness.however),
    ];
    lines
        .iter()
        .map(|(word, sentence)| layout.wrap(&format!("  {word} "), sentence))
        .collect()
}

/// A paragraph of its own, each line behind an indent.
pub fn paragraph(indent: &str, text: &str) -> String {
    hung(indent, indent.chars().count(), text)
}

/// Text behind a word that takes `indent` columns, whatever colours it holds; the following lines are below the first.
pub(super) fn hung(word: &str, indent: usize, text: &str) -> String {
    hung_to((word, indent), "", text, WIDTH_COLUMNS)
}

/// Text behind a word, within so many columns; each line begins with `start`, which the word does already.
pub(super) fn wrap_to(word: &str, start: &str, text: &str, columns: usize) -> String {
    hung_to((word, word.chars().count()), start, text, columns)
}

fn hung_to((word, indent): (&str, usize), start: &str, text: &str, columns: usize) -> String {
    let text = printable(text);
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
