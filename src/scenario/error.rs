//! An error in a file that a person wrote: where it is, what it is, and what was probably meant.

use std::{fmt, ops::Range};

/// Characters of the offending line that are shown before it is cut.
const SHOWN_CHARS: usize = 80;

/// What is wrong with an input file.
///
/// Prints as `path:line:column: message`, followed by the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The file, as the user named it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was expected, or probably meant.
    pub hint: String,
    snippet: Option<Box<Snippet>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Snippet {
    text: String,
    indent: usize,
    width: usize,
}

impl InputError {
    /// An error of the file as a whole.
    pub fn whole(path: &str, message: impl fmt::Display) -> InputError {
        InputError::at(path, "", 0..0, &message.to_string())
    }

    /// An error at a range of bytes of `text`.
    ///
    /// A message that lists names, as serde's do ("unknown field `x`, expected one of `a`, `b`"),
    /// is rewritten into the name that was probably meant, and the names that there are.
    pub fn at(path: &str, text: &str, span: Range<usize>, message: &str) -> InputError {
        let start = floor(text, span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        let column = text[line_start..start].chars().count() + 1;
        let marked = text[start..floor(text, span.end).max(start)].lines().next();
        let (message, hint) = reword(message);
        InputError {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column,
            message,
            hint,
            snippet: (!text.is_empty())
                .then(|| Box::new(Snippet::new(line, column - 1, marked.unwrap_or_default()))),
        }
    }

    /// An error at a line and a column, both from 1, as serde's JSON tells it.
    pub fn at_line(
        path: &str,
        text: &str,
        line: usize,
        column: usize,
        message: &str,
    ) -> InputError {
        let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
        let start = lines.map(str::len).sum::<usize>() + column.saturating_sub(1);
        let start = start.min(text.len());
        InputError::at(path, text, start..start, message)
    }
}

/// The nearest border between two characters at or below a byte.
fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Snippet {
    /// Shows a part of `line` around the character at `column`, from 0.
    fn new(line: &str, column: usize, marked: &str) -> Snippet {
        let skipped = if line.chars().count() > SHOWN_CHARS {
            column.saturating_sub(SHOWN_CHARS / 4)
        } else {
            0
        };
        let shown = line.chars().skip(skipped).take(SHOWN_CHARS);
        let text: String = shown
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let indent = column - skipped;
        let room = text.chars().count().saturating_sub(indent).max(1);
        Snippet {
            text,
            indent,
            width: marked.chars().count().clamp(1, room),
        }
    }
}

/// Turns a list of names into the one that was probably meant.
fn reword(message: &str) -> (String, String) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message
        .strip_prefix("unknown ")
        .and_then(|rest| rest.split_once(' '));
    let (Some((what, _)), Some(found)) = (unknown, quoted.next()) else {
        return (message.replace("field `", "key `"), String::new());
    };
    let what = match what {
        "field" => "key",
        "variant" => "value",
        other => other,
    };
    let known: Vec<&str> = quoted.collect();
    let message = match known.iter().min_by_key(|name| distance(name, found)) {
        Some(nearest) => format!("unknown {what} `{found}`; the nearest is `{nearest}`"),
        None => format!("unknown {what} `{found}`"),
    };
    (message, format!("expected {}", known.join(", ")))
}

/// How far two names are apart; a beginning in common brings them closer ("ext5" is meant for
/// "ext4-ordered").
fn distance(one: &str, other: &str) -> i64 {
    let common = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let distance = strsim::damerau_levenshtein(one, other);
    let as_number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX / 2);
    as_number(distance) - as_number(common)
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InputError {
            path,
            line,
            column,
            message,
            hint,
            snippet,
        } = self;
        write!(f, "{path}:{line}:{column}: {message}")?;
        let Some(snippet) = snippet else {
            return Ok(());
        };
        let Snippet {
            text,
            indent,
            width,
        } = &**snippet;
        let number = line.to_string();
        let gutter = number.len() + 1;
        write!(f, "\n{:gutter$}|\n{number} | {text}", "")?;
        write!(
            f,
            "\n{:gutter$}| {:indent$}{} {hint}",
            "",
            "",
            "^".repeat(*width)
        )
    }
}

impl std::error::Error for InputError {}
