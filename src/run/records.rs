//! What a subject says of its bytes, cut to what a report can hold: where two sides part and where something is wrong, with
//! a little around, and the end.

use std::ops::Range;

/// Records of one side that are told of; of more, their number.
const RECORDS_MAX: usize = 48;
/// Records before and behind that which is of interest.
const AROUND: usize = 2;
/// Records at the end of a side that is like the other.
const LAST: usize = 8;
/// Characters of a record; of more, that there are more.
const CHARS_MAX: usize = 160;

/// The records of a file, a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records(Vec<String>);

impl Records {
    /// Lines of a subject, as they can be printed.
    pub(super) fn of(lines: &[String]) -> Records {
        Records(lines.iter().map(|line| printable(line)).collect())
    }

    /// All of them.
    pub(super) fn lines(&self) -> &[String] {
        &self.0
    }

    /// Puts a line in front of all others.
    pub(super) fn put_first(&mut self, line: &str) {
        self.0.insert(0, printable(line));
    }
}

/// A line without what a terminal would obey, cut where it is long.
fn printable(line: &str) -> String {
    let mut shown = String::new();
    for (index, character) in line.chars().enumerate() {
        if index == CHARS_MAX {
            shown.push('…');
            break;
        }
        if character.is_control() || is_direction(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Whether a character turns the direction of the text behind it.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Both sides without what is alike and in order, but for a few records around that which is not, and without what is too
/// much.
pub(super) fn excerpt(disk: &Records, live: &Records) -> (Vec<String>, Vec<String>) {
    let (disk, live) = (&disk.0, &live.0);
    let pairs = disk.iter().zip(live);
    let before = pairs.take_while(|(one, other)| one == other).count();
    let rest = disk.len().min(live.len()) - before;
    let pairs = disk.iter().rev().zip(live.iter().rev()).take(rest);
    let behind = pairs.take_while(|(one, other)| one == other).count();
    let is_alike = disk == live;
    let side = |lines: &[String]| {
        let parting = if is_alike {
            lines.len().saturating_sub(LAST)..lines.len()
        } else {
            around(before..lines.len() - behind, lines.len())
        };
        let wrong = lines.iter().enumerate().filter(|(_, line)| is_wrong(line));
        let wrong = wrong.map(|(place, _)| around(place..place + 1, lines.len()));
        let mut shown = vec![false; lines.len()];
        for places in std::iter::once(parting).chain(wrong) {
            let room = RECORDS_MAX.saturating_sub(shown.iter().filter(|shown| **shown).count());
            shown[places]
                .iter_mut()
                .take(room)
                .for_each(|shown| *shown = true);
        }
        folded(lines, &shown)
    };
    (side(disk), side(live))
}

/// Whether a line says that something is wrong.
fn is_wrong(line: &str) -> bool {
    line.split_whitespace().take(2).any(|word| word == "!")
}

fn around(places: Range<usize>, end: usize) -> Range<usize> {
    places.start.saturating_sub(AROUND)..(places.end + AROUND).min(end)
}

/// Lines with a number in place of those that are not shown; a single one takes no more room.
fn folded(lines: &[String], shown: &[bool]) -> Vec<String> {
    let mut told = Vec::new();
    let mut rest = lines;
    for run in shown.chunk_by(|one, next| one == next) {
        let (these, behind) = rest.split_at(run.len());
        rest = behind;
        match these {
            [_, _, ..] if !run[0] => told.push(format!("… {} records", these.len())),
            _ => told.extend_from_slice(these),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(range: Range<u32>) -> Records {
        Records::of(&range.map(|number| format!("{number}")).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_alike_is_folded_up_to_two_records_before_the_first_that_differs() {
        let (disk, live) = excerpt(&numbered(0..10), &numbered(0..12));
        assert_eq!(disk, ["… 8 records", "8", "9"]);
        assert_eq!(live, ["… 8 records", "8", "9", "10", "11"]);
    }

    #[test]
    fn what_is_alike_behind_is_folded_too() {
        let live = numbered(0..10);
        let mut disk = live.clone();
        disk.0[3] = "torn".to_owned();
        let (disk, live) = excerpt(&disk, &live);
        let alike = "… 4 records";
        assert_eq!(disk, ["0", "1", "2", "torn", "4", "5", alike]);
        assert_eq!(live, ["0", "1", "2", "3", "4", "5", alike]);
    }

    #[test]
    fn of_two_sides_that_are_alike_the_end_is_shown_and_what_is_wrong_wherever_it_is() {
        let mut disk = numbered(0..100);
        disk.0[40] = "      40  ! torn".to_owned();
        let (disk, live) = excerpt(&disk, &disk);
        let start = ["… 38 records", "38", "39", "      40  ! torn", "41", "42"];
        assert_eq!(disk[..6], start);
        assert_eq!(disk[6..8], ["… 49 records", "92"]);
        assert_eq!(disk, live);
    }

    #[test]
    fn too_many_are_cut_and_counted() {
        let (disk, live) = excerpt(&numbered(0..1000), &Records::default());
        assert_eq!(disk.len(), RECORDS_MAX + 1);
        assert_eq!(disk.last().map(String::as_str), Some("… 952 records"));
        assert!(live.is_empty());
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_what_is_long_is_cut() {
        let hostile = format!("\x1b[2J\u{202e}{}", "x".repeat(500));
        let (disk, _) = excerpt(&Records::of(&[hostile]), &Records::default());
        assert!(disk[0].starts_with("\\u{1b}[2J\\u{202e}x"), "{disk:?}");
        assert!(disk[0].ends_with('…') && disk[0].len() < 200, "{disk:?}");
    }
}
