//! Operations as reproducers hold them: text that people read, and that gives back every byte.
//!
//! | written | what it is |
//! |---|---|
//! | `"sync"`, `"checkpoint"`, `"rotate"`, `"reopen"`, `"read"` | the operation of that name |
//! | `{ "append": "bank-0", "events": [...] }` | a batch for that stream |
//! | `debit 12 of account 3; event 1 of 2, batch 4, life 0, seed 7; 10 bytes of 2e` | a bank event and its padding |
//! | `... ; bytes 000a2e` | a bank event whose padding is these bytes |
//! | `bytes 00ff` | any other event |
//!
//! Guarantees: what is written is read back the same; what cannot be meant is refused in words; bytes told by their number
//! make no more than [`TOTAL_BYTES_MAX`] of one list.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{
    BankEvent, BankEventKind, EVENT_HEADER_SIZE_BYTES, EventBatch, Operation,
    escape::{from_hex, hex, short, unescape},
};
use crate::base::Seed;

/// The largest size of all events of a list.
pub const TOTAL_BYTES_MAX: u64 = 64 << 20;

/// Runs of one byte that are told by their number.
const RUN_MIN: usize = 5;

/// What is asked in each life, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Vec<Written>>", into = "Vec<Vec<Written>>")]
pub struct ListedOperations(pub Vec<Vec<Operation>>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected an operation: a word such as \"sync\", or \"append\" with \"events\""
)]
enum Written {
    Word(String),
    Append(WrittenAppend),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAppend {
    append: String,
    events: Vec<String>,
}

/// Why a text is no list of operations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationTextError {
    /// It is no operation.
    #[error("`{0}` is no operation: expected sync, checkpoint, rotate, reopen or read")]
    Word(String),
    /// It is no name of a stream.
    #[error("`{0}` is no stream: expected text in which other bytes are written \\x00")]
    Stream(String),
    /// It is no event.
    #[error(
        "`{0}` is no event: expected one such as `debit 12 of account 3; event 1 of 2, batch 4, \
         life 0, seed 7; 10 bytes of 2e`, or `bytes 00ff`"
    )]
    Event(String),
    /// It is too much.
    #[error("all events together are larger than {TOTAL_BYTES_MAX} bytes")]
    TooLarge,
}

const WORDS: [(&str, Operation); 5] = [
    ("sync", Operation::Sync),
    ("checkpoint", Operation::Checkpoint),
    ("rotate", Operation::Rotate),
    ("reopen", Operation::Reopen),
    ("read", Operation::Read),
];

impl From<ListedOperations> for Vec<Vec<Written>> {
    fn from(listed: ListedOperations) -> Vec<Vec<Written>> {
        let life = |life: &Vec<Operation>| life.iter().map(write).collect();
        listed.0.iter().map(life).collect()
    }
}

impl TryFrom<Vec<Vec<Written>>> for ListedOperations {
    type Error = OperationTextError;

    fn try_from(written: Vec<Vec<Written>>) -> Result<ListedOperations, OperationTextError> {
        let mut left = TOTAL_BYTES_MAX;
        let mut life = |life: Vec<Written>| {
            let operations = life.into_iter().map(|one| read(one, &mut left));
            operations.collect::<Result<Vec<_>, _>>()
        };
        let lives: Result<_, _> = written.into_iter().map(&mut life).collect();
        lives.map(ListedOperations)
    }
}

fn write(operation: &Operation) -> Written {
    match operation {
        Operation::Append { stream, events } => Written::Append(WrittenAppend {
            append: stream.escape_ascii().to_string(),
            events: events.iter().map(write_event).collect(),
        }),
        other => {
            let word = WORDS.iter().find(|(_, operation)| operation == other);
            Written::Word(word.map_or_else(String::new, |(word, _)| (*word).to_owned()))
        }
    }
}

fn read(written: Written, left: &mut u64) -> Result<Operation, OperationTextError> {
    match written {
        Written::Word(text) => match WORDS.into_iter().find(|(word, _)| *word == text) {
            Some((_, operation)) => Ok(operation),
            None => Err(OperationTextError::Word(short(&text))),
        },
        Written::Append(WrittenAppend { append, events }) => {
            let stream = unescape(&append);
            let stream = stream.ok_or_else(|| OperationTextError::Stream(short(&append)))?;
            let mut batch = EventBatch::new();
            for text in &events {
                let event = Event::read(text, left)?;
                batch.push_with(|bytes| event.encode(bytes));
            }
            Ok(Operation::Append {
                stream,
                events: batch,
            })
        }
    }
}

/// An event that was read.
enum Event<'a> {
    Bank(BankEvent<'a>, Vec<u8>),
    Bytes(Vec<u8>),
}

impl Event<'_> {
    fn read(text: &str, left: &mut u64) -> Result<Event<'static>, OperationTextError> {
        let wrong = || OperationTextError::Event(short(text));
        let mut take = |bytes: u64| {
            *left = left
                .checked_sub(bytes)
                .ok_or(OperationTextError::TooLarge)?;
            Ok(())
        };
        if let Some(bytes) = text.strip_prefix("bytes ") {
            take(bytes.len() as u64 / 2)?;
            return from_hex(bytes).map(Event::Bytes).ok_or_else(wrong);
        }
        let mut parts = text.split("; ");
        let (what, place, padding) = (parts.next(), parts.next(), parts.next());
        let (Some(what), Some(place), None) = (what, place, parts.next()) else {
            return Err(wrong());
        };
        let event = bank_event(what, place).ok_or_else(wrong)?;
        take(EVENT_HEADER_SIZE_BYTES as u64)?;
        let padding = match padding {
            None => Vec::new(),
            Some(padding) => {
                let (count, byte) = match padding.strip_prefix("bytes ") {
                    Some(bytes) => {
                        take(bytes.len() as u64 / 2)?;
                        let padding = from_hex(bytes).ok_or_else(wrong)?;
                        return Ok(Event::Bank(event, padding));
                    }
                    None => padding.split_once(" bytes of ").ok_or_else(wrong)?,
                };
                let count: u32 = count.parse().map_err(|_| wrong())?;
                take(u64::from(count))?;
                match from_hex(byte).as_deref() {
                    Some(&[byte]) => vec![byte; count as usize],
                    _ => return Err(wrong()),
                }
            }
        };
        Ok(Event::Bank(event, padding))
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        match self {
            Event::Bank(event, padding) => BankEvent { padding, ..*event }.encode(bytes),
            Event::Bytes(event) => bytes.extend_from_slice(event),
        }
    }
}

/// An event in words.
pub(super) fn write_event(bytes: &[u8]) -> String {
    let Some(event) = BankEvent::decode(bytes) else {
        return format!("bytes {}", hex(bytes));
    };
    let BankEvent {
        seed,
        life,
        batch,
        index,
        count,
        kind,
        account,
        amount,
        padding,
    } = event;
    let word = match kind {
        BankEventKind::Debit => "debit",
        BankEventKind::Credit => "credit",
    };
    let number = u32::from(index) + 1;
    let mut text = format!(
        "{word} {amount} of account {account}; \
         event {number} of {count}, batch {batch}, life {life}, seed {seed}"
    );
    match padding {
        [] => {}
        [first, rest @ ..] if padding.len() >= RUN_MIN && rest.iter().all(|byte| byte == first) => {
            let _ = write!(text, "; {} bytes of {first:02x}", padding.len());
        }
        padding => {
            let _ = write!(text, "; bytes {}", hex(padding));
        }
    }
    text
}

/// What the two first parts of a bank event say.
fn bank_event(what: &str, place: &str) -> Option<BankEvent<'static>> {
    let (word, what) = what.split_once(' ')?;
    let kind = match word {
        "debit" => BankEventKind::Debit,
        "credit" => BankEventKind::Credit,
        _ => return None,
    };
    let (amount, account) = what.split_once(" of account ")?;
    let (place, seed) = place.strip_prefix("event ")?.split_once(", seed ")?;
    let (place, life) = place.split_once(", life ")?;
    let (place, batch) = place.split_once(", batch ")?;
    let (number, count) = place.split_once(" of ")?;
    let number: u32 = number.parse().ok()?;
    Some(BankEvent {
        seed: Seed(seed.parse().ok()?),
        life: life.parse().ok()?,
        batch: batch.parse().ok()?,
        index: u16::try_from(number.checked_sub(1)?).ok()?,
        count: count.parse().ok()?,
        kind,
        account: account.parse().ok()?,
        amount: amount.parse().ok()?,
        padding: &[],
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workload::bank_strategy::workloads;

    fn refused(text: &str) -> String {
        let read: Result<ListedOperations, _> = serde_json::from_str(text);
        read.unwrap_err().to_string()
    }

    #[test]
    fn a_batch_reads_like_what_it_is() {
        let mut events = EventBatch::new();
        let event = BankEvent {
            seed: Seed(7),
            life: 0,
            batch: 4,
            index: 0,
            count: 2,
            kind: BankEventKind::Debit,
            account: 3,
            amount: 12,
            padding: &[b'.'; 10],
        };
        events.push_with(|bytes| event.encode(bytes));
        events.push_with(|bytes| {
            BankEvent {
                index: 1,
                padding: b"\n\0",
                ..event
            }
            .encode(bytes);
        });
        events.push(b"\xff");
        let stream = b"bank-\"\n\xff".to_vec();
        let operations = vec![
            vec![Operation::Append { stream, events }, Operation::Sync],
            vec![],
        ];
        let text = serde_json::to_string(&ListedOperations(operations.clone())).unwrap();
        let expected = r#"[[{"append":"bank-\\\"\\n\\xff","events":["debit 12 of account 3; event 1 of 2, batch 4, life 0, seed 7; 10 bytes of 2e","debit 12 of account 3; event 2 of 2, batch 4, life 0, seed 7; bytes 0a00","bytes ff"]},"sync"],[]]"#;
        assert_eq!(text, expected);
        let read: ListedOperations = serde_json::from_str(&text).unwrap();
        assert_eq!(read.0, operations);
    }

    #[test]
    fn what_is_no_operation_is_refused_in_words() {
        assert!(refused(r#"[["synk"]]"#).contains("`synk` is no operation: expected sync,"));
        assert!(refused("[[3]]").contains("expected an operation"));
        let event = |event: &str| refused(&format!(r#"[[{{"append":"s","events":["{event}"]}}]]"#));
        for text in [
            "",
            "bytes 0",
            "bytes zz",
            "debit 12 of account 3",
            "debit 12 of account 3; event 0 of 2, batch 4, life 0, seed 7",
            "debit -1 of account 3; event 1 of 2, batch 4, life 0, seed 7",
            "debit 12 of account 3; event 1 of 2, batch 4, life 0, seed 7; 3 bytes of 2e2e",
            "debit 12 of account 3; event 1 of 2, batch 4, life 0, seed 7; bytes 0",
        ] {
            assert!(
                event(text).contains("is no event: expected one such as"),
                "{text}"
            );
        }
        let stream = refused(r#"[[{"append":"\\q","events":[]}]]"#);
        assert!(stream.contains("is no stream"), "{stream}");
    }

    #[test]
    fn a_few_words_cannot_ask_for_all_memory() {
        let event = r#""debit 1 of account 0; event 1 of 2, batch 0, life 0, seed 0; 4294967295 bytes of 2e""#;
        let text = format!(r#"[[{{"append":"s","events":[{event}]}}]]"#);
        assert!(refused(&text).contains("larger than 67108864 bytes"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(work in workloads(4)) {
            let listed = ListedOperations(vec![work.operations.clone()]);
            let text = serde_json::to_string(&listed).unwrap();
            let read: ListedOperations = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, listed);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let mut left = TOTAL_BYTES_MAX;
            let _ = Event::read(&text, &mut left);
            let _ = unescape(&text);
        }
    }
}
