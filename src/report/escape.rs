//! What a subject wrote, made harmless for terminals.

/// A text with its control characters, other than tabs and line ends, and what changes the direction of writing, as escapes.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            printable.extend(character.escape_unicode());
        } else {
            printable.push(character);
        }
    }
    printable
}

fn is_harmful(character: char) -> bool {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (character.is_control() && !matches!(character, '\t' | '\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_told_what_to_do() {
        assert_eq!(
            printable("\u{1b}[31mred\r\n\tä"),
            "\\u{1b}[31mred\\u{d}\n\tä"
        );
        assert_eq!(printable("a\u{202e}b\0"), "a\\u{202e}b\\u{0}");
    }
}
