//! The floor: the same job over a plain `Vec<u8>`, with no filesystem at all.
//!
//! The log is one vector, a crash is a cut at a byte, recovery is a scan with length, CRC and sequence checks. Workload and
//! oracle are those of the harness, so that what is compared is the simulation and nothing else.

use crc32fast::Hasher;
use tornwrite::{
    base::{Rng, Seed, Stream},
    oracle::{BankOracle, Outcome},
    workload::{BankTransfers, EventBatch, EventLog, Operation},
};

use super::judge::judge;

/// length u32, crc32 u32, sequence u64, stream length u16, kind u8; then stream and data.
const HEADER_BYTES: usize = 19;
const EVENT: u8 = 1;
const COMMIT: u8 = 2;

/// A log as a vector, with what was promised by when.
pub(crate) struct FloorRun {
    log: Vec<u8>,
    /// The end of each batch: it is acknowledged once that many bytes are there.
    ends: Vec<usize>,
    operations: Vec<Operation>,
}

pub(crate) fn write(bank: &BankTransfers, seed: Seed) -> FloorRun {
    let operations = bank.life(seed, 0, bank.config().batches, &[]);
    let mut run = FloorRun {
        log: Vec::new(),
        ends: Vec::new(),
        operations,
    };
    let mut sequence = 0;
    for operation in &run.operations {
        if let Operation::Append { stream, events } = operation {
            push_batch(&mut run.log, &mut sequence, stream, events);
            run.ends.push(run.log.len());
        }
    }
    run
}

/// Adds the records of one batch and the one that commits it.
pub(crate) fn push_batch(
    log: &mut Vec<u8>,
    sequence: &mut u64,
    stream: &[u8],
    events: &EventBatch,
) {
    for data in events.iter() {
        push(log, sequence, EVENT, stream, data);
    }
    push(log, sequence, COMMIT, &[], &[]);
}

fn push(log: &mut Vec<u8>, sequence: &mut u64, kind: u8, stream: &[u8], data: &[u8]) {
    let start = log.len();
    let length = u32::try_from(stream.len() + data.len()).expect("a small event");
    log.extend_from_slice(&length.to_le_bytes());
    log.extend_from_slice(&[0; 4]);
    log.extend_from_slice(&sequence.to_le_bytes());
    log.extend_from_slice(
        &u16::try_from(stream.len())
            .expect("a short name")
            .to_le_bytes(),
    );
    log.push(kind);
    log.extend_from_slice(stream);
    log.extend_from_slice(data);
    let crc = crc(&log[start..]);
    log[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    *sequence += 1;
}

fn crc(record: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&record[..4]);
    hasher.update(&record[8..]);
    hasher.finalize()
}

/// The events of all whole batches, where the last of these ends, and the sequence number that follows.
pub(crate) fn recover(log: &[u8]) -> (EventLog, usize, u64) {
    let mut events = EventLog::new();
    let mut committed = (0, 0, 0);
    let mut rest = log;
    let mut expected = 0_u64;
    while rest.len() >= HEADER_BYTES {
        let number = |range: std::ops::Range<usize>| -> u64 {
            let mut bytes = [0; 8];
            bytes[..range.len()].copy_from_slice(&rest[range]);
            u64::from_le_bytes(bytes)
        };
        let end = HEADER_BYTES + usize::try_from(number(0..4)).expect("a u32");
        if end > rest.len() || number(8..16) != expected {
            break;
        }
        if u64::from(crc(&rest[..end])) != number(4..8) {
            break;
        }
        let data = HEADER_BYTES + usize::try_from(number(16..18)).expect("a u16");
        match rest[18] {
            EVENT => events.push(
                &rest[HEADER_BYTES..data],
                events.len() as u64,
                &rest[data..end],
            ),
            _ => committed = (events.len(), log.len() - rest.len() + end, expected + 1),
        }
        expected += 1;
        rest = &rest[end..];
    }
    let (count, end, sequence) = committed;
    events.truncate(count);
    (events, end, sequence)
}

/// Cuts the log at a byte drawn from `rng`, recovers and checks.
///
/// # Panics
///
/// If an invariant is violated: the floor is a correct store.
pub(crate) fn crash(
    run: &FloorRun,
    oracle: &BankOracle,
    rng: &mut Rng,
    outcomes: &mut Vec<Outcome>,
) {
    let cut = rng.index(run.log.len() + 1);
    let image = run.log[..cut].to_vec();
    let acknowledged = run.ends.partition_point(|end| *end <= cut);
    let (log, ..) = recover(&image);
    let holds = judge(&run.operations, acknowledged, &log, oracle, outcomes);
    assert!(holds, "a correct store violates an invariant");
}

/// One whole run: workload, one crash, recovery, check.
pub(crate) fn whole_run(bank: &BankTransfers, oracle: &BankOracle, seed: Seed) {
    let run = write(bank, seed);
    let mut rng = Rng::new(seed, Stream::CrashPoint, 0);
    crash(&run, oracle, &mut rng, &mut Vec::new());
}
