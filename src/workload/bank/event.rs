//! The bytes of one bank event.
//!
//! Integers are little-endian. An event takes [`EVENT_HEADER_SIZE_BYTES`] and its padding, so that
//! a scenario can choose the size of a record to the byte.
//!
//! | offset | size | field |
//! |---:|---:|---|
//! | 0 | 8 | seed of the run |
//! | 8 | 4 | life within the run, from 0 |
//! | 12 | 4 | batch within the life, from 0 |
//! | 16 | 2 | index of the event within its batch, from 0 |
//! | 18 | 2 | number of events in the batch |
//! | 20 | 1 | kind: 1 debit, 2 credit |
//! | 21 | 4 | account, from 0 |
//! | 25 | 8 | amount |
//! | 33 | 4 | length of the padding |
//! | 37 | | padding: bytes without meaning |
//!
//! Run, life and batch make every event unique, so that one from another place or time is known.
//! There is deliberately no checksum: to keep events intact is the subject's work, and the oracle
//! has the bytes that were issued.

use crate::base::Seed;

/// The size of an event without its padding.
pub const EVENT_HEADER_SIZE_BYTES: usize = 37;

const SEED: usize = 0;
const LIFE: usize = 8;
const BATCH: usize = 12;
const INDEX: usize = 16;
const COUNT: usize = 18;
const KIND: usize = 20;
const ACCOUNT: usize = 21;
const AMOUNT: usize = 25;
const PADDING_LENGTH: usize = 33;

/// Half a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankEvent<'a> {
    /// The seed of the run.
    pub seed: Seed,
    /// The life within the run, from 0.
    pub life: u32,
    /// The batch within the life, from 0.
    pub batch: u32,
    /// The event within its batch, from 0.
    pub index: u16,
    /// The number of events in the batch.
    pub count: u16,
    /// What happens to the account.
    pub kind: BankEventKind,
    /// The account, from 0.
    pub account: u32,
    /// How much moves.
    pub amount: u64,
    /// Bytes without meaning.
    pub padding: &'a [u8],
}

/// What an event does to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BankEventKind {
    /// The amount leaves it.
    Debit = 1,
    /// The amount comes in.
    Credit = 2,
}

impl<'a> BankEvent<'a> {
    /// Appends the event's bytes.
    ///
    /// # Panics
    ///
    /// If the padding is longer than a `u32` can say; the configuration keeps it far below.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        let padding_length = u32::try_from(self.padding.len()).expect("the padding is short");
        bytes.reserve(EVENT_HEADER_SIZE_BYTES + self.padding.len());
        bytes.extend_from_slice(&self.seed.0.to_le_bytes());
        bytes.extend_from_slice(&self.life.to_le_bytes());
        bytes.extend_from_slice(&self.batch.to_le_bytes());
        bytes.extend_from_slice(&self.index.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.push(self.kind as u8);
        bytes.extend_from_slice(&self.account.to_le_bytes());
        bytes.extend_from_slice(&self.amount.to_le_bytes());
        bytes.extend_from_slice(&padding_length.to_le_bytes());
        bytes.extend_from_slice(self.padding);
    }

    /// The event that these bytes are, or `None` if they are none.
    pub fn decode(bytes: &'a [u8]) -> Option<BankEvent<'a>> {
        let (header, padding) = bytes.split_first_chunk::<EVENT_HEADER_SIZE_BYTES>()?;
        let kind = match header[KIND] {
            1 => BankEventKind::Debit,
            2 => BankEventKind::Credit,
            _ => return None,
        };
        let padding_length = u32::from_le_bytes(field(header, PADDING_LENGTH));
        if padding_length as usize != padding.len() {
            return None;
        }
        Some(BankEvent {
            seed: Seed(u64::from_le_bytes(field(header, SEED))),
            life: u32::from_le_bytes(field(header, LIFE)),
            batch: u32::from_le_bytes(field(header, BATCH)),
            index: u16::from_le_bytes(field(header, INDEX)),
            count: u16::from_le_bytes(field(header, COUNT)),
            kind,
            account: u32::from_le_bytes(field(header, ACCOUNT)),
            amount: u64::from_le_bytes(field(header, AMOUNT)),
            padding,
        })
    }
}

/// The `N` bytes at `offset`; all offsets are constants of this file that lie within the header.
fn field<const N: usize>(header: &[u8; EVENT_HEADER_SIZE_BYTES], offset: usize) -> [u8; N] {
    std::array::from_fn(|index| header[offset + index])
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: BankEvent<'static> = BankEvent {
        seed: Seed(0x0102_0304_0506_0708),
        life: 1,
        batch: 2,
        index: 3,
        count: 4,
        kind: BankEventKind::Credit,
        account: 5,
        amount: 6,
        padding: b"\n\0",
    };

    fn encoded() -> Vec<u8> {
        let mut bytes = Vec::new();
        EVENT.encode(&mut bytes);
        bytes
    }

    #[test]
    fn the_bytes_are_those_of_the_table() {
        let expected = b"\x08\x07\x06\x05\x04\x03\x02\x01\x01\0\0\0\x02\0\0\0\x03\0\x04\0\x02\
            \x05\0\0\0\x06\0\0\0\0\0\0\0\x02\0\0\0\n\0";
        assert_eq!(encoded(), expected);
        assert_eq!(
            expected.len(),
            EVENT_HEADER_SIZE_BYTES + EVENT.padding.len()
        );
    }

    #[test]
    fn decoding_gives_back_what_was_encoded() {
        assert_eq!(BankEvent::decode(&encoded()), Some(EVENT));
    }

    #[test]
    fn what_is_no_event_is_none() {
        let bytes = encoded();
        for len in 0..bytes.len() {
            assert_eq!(BankEvent::decode(&bytes[..len]), None, "{len} bytes");
        }
        let mut unknown_kind = bytes;
        unknown_kind[KIND] = 3;
        assert_eq!(BankEvent::decode(&unknown_kind), None);
    }
}
