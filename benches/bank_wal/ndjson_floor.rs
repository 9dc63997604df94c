//! The floor of the naive store: JSON lines in a plain `Vec<u8>`, with no filesystem at all.
//!
//! As in the store `ndjson`, an event is a line with its data in hexadecimal digits, nothing says where a batch ends, and
//! recovery skips a last line that is cut. The crash is a cut at a byte.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tornwrite::{
    base::{Rng, Seed, Stream},
    oracle::BankOracle,
    workload::{BankTransfers, EventLog, Operation},
};

use super::judge::judge;

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    stream: Cow<'a, str>,
    id: u64,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

/// One whole run: workload, one crash, recovery, check; whether all invariants hold.
pub(crate) fn whole_run(bank: &BankTransfers, oracle: &BankOracle, seed: Seed) -> bool {
    let operations = bank.life(seed, 0, bank.config().batches, &[]);
    let mut log = Vec::new();
    let mut ends = Vec::new();
    let mut id = 0;
    for operation in &operations {
        if let Operation::Append { stream, events } = operation {
            for data in events.iter() {
                push(&mut log, stream, id, data);
                id += 1;
            }
            ends.push(log.len());
        }
    }
    let mut rng = Rng::new(seed, Stream::CrashPoint, 0);
    let cut = rng.index(log.len() + 1);
    let image = log[..cut].to_vec();
    let acknowledged = ends.partition_point(|end| *end <= cut);
    let shown = recover(&image);
    judge(&operations, acknowledged, &shown, oracle, &mut Vec::new())
}

/// Adds one event as a line.
pub(crate) fn push(log: &mut Vec<u8>, stream: &[u8], id: u64, data: &[u8]) {
    let line = Line {
        stream: String::from_utf8_lossy(stream),
        id,
        data: Cow::Owned(digits(data)),
    };
    serde_json::to_writer(&mut *log, &line).expect("a Vec takes every byte");
    log.push(b'\n');
}

/// The events of all lines; a last one that is cut is skipped.
///
/// # Panics
///
/// If a line before the last cannot be parsed: no cut leaves that.
pub(crate) fn recover(log: &[u8]) -> EventLog {
    let mut events = EventLog::new();
    let mut rest = log;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line: Line<'_> = serde_json::from_slice(&rest[..end]).expect("a whole line");
        let data = bytes(&line.data);
        events.push(line.stream.as_bytes(), line.id, &data);
        rest = &rest[end + 1..];
    }
    events
}

fn digits(data: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    data.iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    let half = |digit: u8| match digit {
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'0',
    };
    let (pairs, _) = digits.as_bytes().as_chunks();
    pairs
        .iter()
        .map(|&[high, low]| half(high) << 4 | half(low))
        .collect()
}
