//! One violation in three sentences.

use super::Layout;
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
