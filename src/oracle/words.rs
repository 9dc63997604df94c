//! The sentences of a witness, short whatever the size of the history.

use super::reading::{BankCase, Batch, Reading, Shown};
use crate::workload::{CrashKind, EventLog};

/// How many items a list shows before it says how many more there are.
const ITEMS_MAX: usize = 6;

/// How much of a message of the subject is shown, in characters.
const MESSAGE_CHARS_MAX: usize = 200;

/// The acknowledged history: "batches #0..#6 were acknowledged as durable; #9 was in doubt".
pub(super) fn given(case: &BankCase<'_>, reading: &Reading<'_>) -> String {
    let acknowledged = match case.crash {
        CrashKind::PowerLoss => "acknowledged as durable",
        CrashKind::ProcessCrash => "acknowledged",
    };
    let in_doubt = |batch: &_| Batch::is_in_doubt(batch) && !Batch::is_on_its_own(batch);
    let clauses = [
        clause(reading, Batch::must_survive, acknowledged),
        clause(reading, in_doubt, "in doubt"),
        clause(reading, Batch::is_on_its_own, "in doubt after an error"),
        clause(reading, Batch::is_gone, "gone after an earlier recovery"),
    ];
    let mut clauses: Vec<String> = clauses.into_iter().flatten().collect();
    if clauses.is_empty() {
        clauses.push("no batch was issued".to_owned());
    }
    clauses.extend(case.damage.map(|damage| format!("then {}", damage.what)));
    clauses.join("; ")
}

fn clause<'a>(
    reading: &'a Reading<'a>,
    pick: impl Fn(&Batch<'a>) -> bool,
    what: &str,
) -> Option<String> {
    let batches = Batches::of(reading, pick);
    (!batches.is_empty()).then(|| format!("{} {} {what}", batches.named(), batches.were()))
}

/// What recovery showed: "recovery showed batches #0..#5 and 1 of 2 events of #9".
pub(super) fn shown(reading: &Reading<'_>) -> String {
    let whole = Batches::of(reading, Batch::is_whole);
    let mut items = Vec::new();
    if !whole.is_empty() {
        items.push(whole.named());
    }
    let torn = |batch: &&Batch<'_>| batch.shown_count > 0 && !batch.is_whole();
    let torn: Vec<String> = reading.batches.iter().filter(torn).map(part).collect();
    items.extend(torn.iter().take(ITEMS_MAX).cloned());
    if torn.len() > ITEMS_MAX {
        items.push(format!("parts of {} more", torn.len() - ITEMS_MAX));
    }
    let count =
        |pick: fn(&Shown) -> bool| reading.events.iter().filter(|&event| pick(event)).count();
    match count(|event| matches!(event, Shown::Again(_))) {
        0 => {}
        again => items.push(format!("{} a second time", events(again))),
    }
    match count(|event| matches!(event, Shown::Phantom)) {
        0 => {}
        phantoms => items.push(format!("{} that nobody issued", events(phantoms))),
    }
    if items.is_empty() {
        items.push("no event".to_owned());
    }
    format!("recovery showed {}", list(&items))
}

fn part(batch: &Batch<'_>) -> String {
    let (shown, all) = (batch.shown_count, batch.events.len());
    format!("{shown} of {all} events of {}", batch.issued.id)
}

/// "1 event", "2 events".
pub(super) fn events(count: usize) -> String {
    counted(count, "event")
}

/// A number of things.
pub(super) fn counted(count: usize, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// Where two states differ first, or `None` if they do not: "event 3 differs", "… is missing".
pub(super) fn difference(expected: &EventLog, actual: &EventLog) -> Option<String> {
    let (expected_count, actual_count) = (expected.len(), actual.len());
    let same = expected
        .iter()
        .zip(actual.iter())
        .take_while(|(one, other)| one == other);
    let same_count = same.count();
    if same_count == expected_count.max(actual_count) {
        return None;
    }
    let how = if same_count == actual_count {
        format!("{} missing at the end", events(expected_count - same_count))
    } else if same_count == expected_count {
        format!("{} more at the end", events(actual_count - same_count))
    } else {
        format!("another event in place {same_count} (from 0)")
    };
    Some(how)
}

/// A message of the subject, cut where it is long.
pub(super) fn message(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// "a, b and c".
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Some of the batches, to be named in a sentence.
pub(super) struct Batches<'a> {
    reading: &'a Reading<'a>,
    picked: Vec<usize>,
}

impl<'a> Batches<'a> {
    pub(super) fn of(reading: &'a Reading<'a>, pick: impl Fn(&Batch<'a>) -> bool) -> Batches<'a> {
        let batches = reading.batches.iter().enumerate();
        let picked = batches
            .filter(|(_, batch)| pick(batch))
            .map(|(index, _)| index);
        Batches {
            reading,
            picked: picked.collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.picked.is_empty()
    }

    /// "#0..#6 and #8": a stretch of batches without another in between is one item, from its
    /// first to its last, both included.
    pub(super) fn ids(&self) -> String {
        let id = |index: usize| self.reading.batches[index].issued.id;
        let mut items = Vec::new();
        let mut left = self.picked.len();
        for run in self.picked.chunk_by(|one, next| one + 1 == *next) {
            if items.len() == ITEMS_MAX {
                items.push(format!("{left} more"));
                break;
            }
            left -= run.len();
            match *run {
                [one] => items.push(id(one).to_string()),
                [first, .., last] => items.push(format!("{}..{}", id(first), id(last))),
                [] => {}
            }
        }
        list(&items)
    }

    /// "batch #3", "batches #0..#6 and #8".
    pub(super) fn named(&self) -> String {
        format!("{} {}", self.either("batch", "batches"), self.ids())
    }

    /// "was" or "were".
    pub(super) fn were(&self) -> &'static str {
        self.either("was", "were")
    }

    /// The word for one batch, or the one for several.
    pub(super) fn either(&self, one: &'static str, several: &'static str) -> &'static str {
        match self.picked.len() {
            1 => one,
            _ => several,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{oracle::fixture::Fixture, workload::Standing};

    #[test]
    fn stretches_of_batches_are_named_by_their_ends() {
        let fixture = Fixture::new(9)
            .standing(7, Standing::InDoubt)
            .failed(8)
            .shows(&[(0, 0), (0, 1), (1, 0), (1, 1), (7, 1)]);
        fixture.read(|case, reading| {
            assert_eq!(
                given(case, reading),
                "batches #0..#6 were acknowledged as durable; batch #7 was in doubt; \
                 batch #8 was in doubt after an error"
            );
            assert_eq!(
                shown(reading),
                "recovery showed batches #0..#1 and 1 of 2 events of #7"
            );
        });
    }

    #[test]
    fn a_long_list_ends_in_a_number() {
        let odd: Vec<(usize, usize)> = (0..20)
            .filter(|batch| batch % 2 == 1)
            .flat_map(|batch| [(batch, 0), (batch, 1)])
            .collect();
        Fixture::new(20).shows(&odd).read(|_, reading| {
            assert_eq!(
                shown(reading),
                "recovery showed batches #1, #3, #5, #7, #9, #11 and 4 more"
            );
        });
    }

    #[test]
    fn an_empty_state_has_words_too() {
        Fixture::new(0).read(|case, reading| {
            assert_eq!(given(case, reading), "no batch was issued");
            assert_eq!(shown(reading), "recovery showed no event");
        });
    }

    #[test]
    fn states_differ_where_they_differ_first() {
        let log = |data: &[&[u8]]| {
            let mut log = EventLog::new();
            for (id, data) in (0..).zip(data) {
                log.push(b"s", id, data);
            }
            log
        };
        let two = log(&[b"a", b"b"]);
        let says = |actual: &[&[u8]]| difference(&two, &log(actual));
        assert_eq!(says(&[b"a", b"b"]), None);
        assert_eq!(says(&[b"a"]).as_deref(), Some("1 event missing at the end"));
        assert_eq!(
            says(&[b"a", b"b", b"c"]).as_deref(),
            Some("1 event more at the end")
        );
        assert_eq!(
            says(&[b"a", b"c"]).as_deref(),
            Some("another event in place 1 (from 0)")
        );
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(message("short"), "short");
        assert_eq!(
            message(&"ü".repeat(300)),
            "ü".repeat(MESSAGE_CHARS_MAX) + "…"
        );
    }
}
