//! What a bank-transfers workload looks like, and which ones cannot be.

use crate::base::{InclusiveRange, Ratio};

/// The size of the padding up to which a workload is accepted.
const PAYLOAD_BYTES_MAX: u32 = 16 << 20;

/// The description of a bank-transfers workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankConfig {
    /// The number of accounts; at least 2.
    pub accounts: u32,
    /// What each account holds before the first transfer; at least one for each transfer of a run.
    pub opening_balance: u64,
    /// The number of batches in a run, over all its lives.
    pub batches: u32,
    /// The number of transfers in a batch; each is a debit and a credit event.
    pub transfers_per_batch: InclusiveRange,
    /// The number of batches before a sync.
    pub group_commit: InclusiveRange,
    /// The size of an event's padding.
    pub payload_bytes: InclusiveRange,
    /// The number of streams that batches are spread over; at least 1.
    pub streams: u32,
    /// The chance of a checkpoint after a group.
    pub checkpoint: Ratio,
    /// The chance of a new segment after a group.
    pub rotate: Ratio,
    /// The chance of closing and opening again after a group.
    pub reopen: Ratio,
    /// The chance of reading everything after a group.
    pub read: Ratio,
}

/// Why there is no such workload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BankConfigError {
    /// A number is outside of what the workload can be made with.
    #[error("{key} = {value} is out of range: expected {low} to {high}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// Its value.
        value: u64,
        /// The smallest value accepted.
        low: u64,
        /// The largest value accepted.
        high: u64,
    },
}

impl Default for BankConfig {
    fn default() -> BankConfig {
        let chance = |cases| Ratio::new(1, cases).unwrap_or(Ratio::NEVER);
        BankConfig {
            accounts: 8,
            opening_balance: 1_000_000,
            batches: 50,
            transfers_per_batch: InclusiveRange::between(1, 4),
            group_commit: InclusiveRange::between(1, 4),
            payload_bytes: InclusiveRange::between(0, 1500),
            streams: 1,
            checkpoint: chance(16),
            rotate: chance(16),
            reopen: chance(32),
            read: chance(8),
        }
    }
}

impl BankConfig {
    /// The most transfers that a run and the probe after it can hold.
    ///
    /// Each account keeps as much in reserve, so that none runs dry.
    pub(super) fn reserve(&self) -> u64 {
        u64::from(self.batches) * u64::from(self.transfers_per_batch.high()) + 1
    }

    pub(super) fn check(&self) -> Result<(), BankConfigError> {
        let most = |limit: u32| u64::from(limit);
        let transfers_max = most(u32::from(u16::MAX) / 2);
        let rows = [
            ("accounts", most(self.accounts), 2, 1 << 20),
            // The highest number is the probe's.
            ("batches", most(self.batches), 0, most(u32::MAX - 1)),
            (
                "transfers_per_batch",
                most(self.transfers_per_batch.low()),
                1,
                transfers_max,
            ),
            (
                "transfers_per_batch",
                most(self.transfers_per_batch.high()),
                1,
                transfers_max,
            ),
            (
                "group_commit",
                most(self.group_commit.low()),
                1,
                most(u32::MAX),
            ),
            (
                "payload_bytes",
                most(self.payload_bytes.high()),
                0,
                most(PAYLOAD_BYTES_MAX),
            ),
            ("streams", most(self.streams), 1, 1 << 16),
        ];
        for (key, value, low, high) in rows {
            within(key, value, low, high)?;
        }
        // All the money of the bank fits an `i64`.
        let high = u64::MAX / 2 / u64::from(self.accounts);
        within(
            "opening_balance",
            self.opening_balance,
            self.reserve(),
            high,
        )
    }
}

fn within(key: &'static str, value: u64, low: u64, high: u64) -> Result<(), BankConfigError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(BankConfigError::OutOfRange {
        key,
        value,
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_accepted() {
        assert_eq!(BankConfig::default().check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_key() {
        type Change = fn(&mut BankConfig);
        let changes: [(&str, Change); 7] = [
            ("accounts", |config| config.accounts = 1),
            ("batches", |config| config.batches = u32::MAX),
            ("transfers_per_batch", |config| {
                config.transfers_per_batch = InclusiveRange::between(0, 4);
            }),
            ("group_commit", |config| {
                config.group_commit = InclusiveRange::exactly(0);
            }),
            ("payload_bytes", |config| {
                config.payload_bytes = InclusiveRange::between(0, u32::MAX);
            }),
            ("streams", |config| config.streams = 0),
            ("opening_balance", |config| config.opening_balance = 200),
        ];
        for (expected, change) in changes {
            let mut config = BankConfig::default();
            change(&mut config);
            let Err(BankConfigError::OutOfRange { key, .. }) = config.check() else {
                panic!("{expected} was accepted");
            };
            assert_eq!(key, expected);
        }
    }
}
