//! The little of XML 1.0 that reports need: elements, attributes, text.

use std::fmt::Write as _;

/// The text of an attribute; line ends and tabs stay what they are.
pub(super) fn attribute(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            other => push(&mut escaped, other),
        }
    }
    escaped
}

/// The text of an element.
pub(super) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => escaped.push_str("&#13;"),
            other => push(&mut escaped, other),
        }
    }
    escaped
}

fn push(escaped: &mut String, character: char) {
    match character {
        '&' => escaped.push_str("&amp;"),
        '<' => escaped.push_str("&lt;"),
        '>' => escaped.push_str("&gt;"),
        legal if is_legal(legal) => escaped.push(legal),
        _ => escaped.push(char::REPLACEMENT_CHARACTER),
    }
}

/// Whether XML 1.0 allows a character at all, escaped or not (section 2.2, production 2).
fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
