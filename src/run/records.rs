//! What a subject says of its bytes, cut to what a report can hold: where two sides part, with a little around it.

/// Records of one side that are told of where the two differ; of more, their number.
const RECORDS_MAX: usize = 40;
/// Records before and behind that which differs.
const AROUND: usize = 2;
/// Characters of a record; of more, that there are more.
const CHARS_MAX: usize = 160;

/// The records of a file, a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records(Vec<String>);

impl Records {
    /// Lines of a subject, as they can be printed.
    pub(super) fn of(lines: Vec<String>) -> Records {
        Records(lines.iter().map(|line| printable(line)).collect())
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

/// Both sides without what is alike, but for a few records around, and without what is too much.
pub(super) fn excerpt(disk: Records, live: Records) -> (Vec<String>, Vec<String>) {
    let (disk, live) = (disk.0, live.0);
    if disk == live {
        let cut = cut(disk, AROUND);
        return (cut.clone(), cut);
    }
    let pairs = disk.iter().zip(&live);
    let before = pairs.take_while(|(one, other)| one == other).count();
    let rest = disk.len().min(live.len()) - before;
    let pairs = disk.iter().rev().zip(live.iter().rev()).take(rest);
    let behind = pairs.take_while(|(one, other)| one == other).count();
    let side = |lines: Vec<String>| {
        let (first, last) = (before.saturating_sub(AROUND), behind.saturating_sub(AROUND));
        let mut shown = Vec::new();
        shown.extend(folded(first, " alike"));
        let middle = lines[first..lines.len() - last].to_vec();
        shown.extend(cut(middle, RECORDS_MAX - AROUND));
        shown.extend(folded(last, " alike"));
        shown
    };
    (side(disk), side(live))
}

/// The first and the last of too many lines.
fn cut(lines: Vec<String>, first: usize) -> Vec<String> {
    let Some(more @ 1..) = lines.len().checked_sub(RECORDS_MAX) else {
        return lines;
    };
    let last = RECORDS_MAX - first;
    let mut shown = lines[..first].to_vec();
    shown.extend(folded(more, ""));
    shown.extend_from_slice(&lines[lines.len() - last..]);
    shown
}

fn folded(count: usize, which: &str) -> Option<String> {
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| format!("… {count} record{plural}{which}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(range: std::ops::Range<u32>) -> Records {
        Records::of(range.map(|number| format!("{number}")).collect())
    }

    #[test]
    fn what_is_alike_is_folded_up_to_two_records_before_the_first_that_differs() {
        let (disk, live) = excerpt(numbered(0..10), numbered(0..12));
        assert_eq!(disk, ["… 8 records alike", "8", "9"]);
        assert_eq!(live, ["… 8 records alike", "8", "9", "10", "11"]);
    }

    #[test]
    fn what_is_alike_behind_is_folded_too() {
        let live = numbered(0..10);
        let mut disk = live.clone();
        disk.0[3] = "torn".to_owned();
        let (disk, live) = excerpt(disk, live);
        let alike = "… 4 records alike";
        assert_eq!(
            disk,
            ["… 1 record alike", "1", "2", "torn", "4", "5", alike]
        );
        assert_eq!(
            live,
            ["… 1 record alike", "1", "2", "3", "4", "5", alike]
        );
    }

    #[test]
    fn too_many_are_cut_in_the_middle_and_counted() {
        let (disk, live) = excerpt(numbered(0..1000), Records::default());
        assert_eq!(disk.len(), RECORDS_MAX + 1);
        assert!(disk.contains(&"… 960 records".to_owned()), "{disk:?}");
        assert_eq!(disk.last().map(String::as_str), Some("999"));
        assert!(live.is_empty());
        let (disk, live) = excerpt(numbered(0..100), numbered(0..100));
        assert_eq!(disk[..4], ["0", "1", "… 60 records", "62"]);
        assert_eq!(disk, live);
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_what_is_long_is_cut() {
        let hostile = format!("\x1b[2J\u{202e}{}", "x".repeat(500));
        let (disk, _) = excerpt(Records::of(vec![hostile]), Records::default());
        assert!(disk[0].starts_with("\\u{1b}[2J\\u{202e}x"), "{disk:?}");
        assert!(disk[0].ends_with('…') && disk[0].len() < 200, "{disk:?}");
    }
}
