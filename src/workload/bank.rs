//! Bank transfers: the workload by which a store that tears, loses or resurrects a batch is found.
//!
//! N accounts; each batch holds one or more transfers, each a debit and a credit event; groups of
//! batches end in a sync, and by chance in a checkpoint, a new segment, a re-open, a read.
//!
//! What it guarantees:
//!
//! - No account is below zero, whatever becomes of the batches that may be lost: an account spends
//!   what it opened with, less all it paid in batches that may still be there, plus what it got in
//!   batches of earlier lives that must survive. What it got in the same life never counts.
//! - No account runs dry: each keeps a coin for every transfer of the run.
//! - Every event is unique within a campaign.
//!
//! What it deliberately does not model: transfers that are refused, accounts that come and go,
//! reads that decide what is written next.

mod config;
mod event;
mod smaller;
#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
mod tests;

pub use config::{BankConfig, BankConfigError};
pub use event::{BankEvent, BankEventKind, EVENT_HEADER_SIZE_BYTES};

use super::{EventBatch, Operation, Past, Standing};
use crate::base::{Rng, Seed, Stream};

/// The batch number of a probe: no batch of a life has it.
pub const PROBE_BATCH: u32 = u32::MAX;

/// A transfer moves at most this part of what an account can spend.
const SHARE: i64 = 4;

/// The bank-transfers workload.
///
/// ```
/// use tornwrite::{base::Seed, workload::{BankConfig, BankTransfers, Operation}};
///
/// let bank = BankTransfers::new(BankConfig::default())?;
/// let operations = bank.life(Seed(7), 0, 10, &[]);
/// let appends = operations.iter().filter(|op| matches!(op, Operation::Append { .. }));
/// assert_eq!(appends.count(), 10);
/// assert_eq!(operations, bank.life(Seed(7), 0, 10, &[]));
/// # Ok::<(), tornwrite::workload::BankConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankTransfers(BankConfig);

impl BankTransfers {
    /// The workload of this description, if there can be one.
    pub fn new(config: BankConfig) -> Result<BankTransfers, BankConfigError> {
        config.check()?;
        Ok(BankTransfers(config))
    }

    /// The description.
    pub fn config(&self) -> &BankConfig {
        &self.0
    }

    /// The operations of one life, with `batches` appends; `past` is all that earlier lives issued.
    ///
    /// Drawn in this order: for each group its number of batches; for each batch the number of
    /// transfers and the stream; for each transfer debtor, creditor, amount, and for both events
    /// the size of the padding and the padding; after the group whether it is followed by a
    /// checkpoint, a new segment, a re-open, a read.
    pub fn life(
        &self,
        seed: Seed,
        life: u32,
        batches: u32,
        past: &[Past<'_, Operation>],
    ) -> Vec<Operation> {
        let BankTransfers(config) = *self;
        let rng = Rng::new(seed, Stream::Workload, life);
        let mut teller = Teller::new(&config, seed, life, rng, past);
        let mut operations = Vec::new();
        let mut batch = 0;
        while batch < batches {
            let group_end =
                batches.min(batch.saturating_add(teller.rng.within(config.group_commit)));
            for number in batch..group_end {
                let transfers = teller.rng.within(config.transfers_per_batch);
                operations.push(teller.append(number, transfers));
            }
            operations.push(Operation::Sync);
            for (chance, operation) in [
                (config.checkpoint, Operation::Checkpoint),
                (config.rotate, Operation::Rotate),
                (config.reopen, Operation::Reopen),
                (config.read, Operation::Read),
            ] {
                if teller.rng.chance(chance) {
                    operations.push(operation);
                }
            }
            batch = group_end;
        }
        operations
    }

    /// One more transfer after a recovery at the end of `life`, as batch [`PROBE_BATCH`]; `past`
    /// is all that was issued, this life included.
    pub fn probe(&self, seed: Seed, life: u32, past: &[Past<'_, Operation>]) -> Operation {
        // Lives count from 0 upwards, their probes from the top downwards.
        let rng = Rng::new(seed, Stream::Workload, u32::MAX - life);
        Teller::new(&self.0, seed, life, rng, past).append(PROBE_BATCH, 1)
    }
}

/// Writes the batches of one life and keeps account of what is safe to spend.
struct Teller<'a> {
    config: &'a BankConfig,
    seed: Seed,
    life: u32,
    rng: Rng,
    spendable: Vec<i64>,
}

impl<'a> Teller<'a> {
    fn new(
        config: &'a BankConfig,
        seed: Seed,
        life: u32,
        rng: Rng,
        past: &[Past<'_, Operation>],
    ) -> Self {
        let opening = i64::try_from(config.opening_balance).expect("the configuration was checked");
        let mut spendable = vec![opening; config.accounts as usize];
        for past in past {
            settle(&mut spendable, past);
        }
        Teller {
            config,
            seed,
            life,
            rng,
            spendable,
        }
    }

    fn append(&mut self, batch: u32, transfers: u32) -> Operation {
        let stream = self.rng.below(u64::from(self.config.streams));
        let count = u16::try_from(2 * transfers).expect("the configuration was checked");
        let mut events = EventBatch::new();
        for debit_index in (0..count).step_by(2) {
            let (debtor, creditor) = self.parties();
            let amount = self.amount(debtor);
            for (index, kind, account) in [
                (debit_index, BankEventKind::Debit, debtor),
                (debit_index + 1, BankEventKind::Credit, creditor),
            ] {
                let event = BankEvent {
                    seed: self.seed,
                    life: self.life,
                    batch,
                    index,
                    count,
                    kind,
                    account,
                    amount,
                    padding: &self.padding(),
                };
                events.push_with(|bytes| event.encode(bytes));
            }
        }
        Operation::Append {
            stream: format!("bank-{stream}").into_bytes(),
            events,
        }
    }

    /// Two different accounts.
    fn parties(&mut self) -> (u32, u32) {
        let accounts = self.config.accounts;
        let debtor = draw_below(&mut self.rng, accounts);
        let distance = 1 + draw_below(&mut self.rng, accounts - 1);
        (debtor, (debtor + distance) % accounts)
    }

    /// Takes an amount from what the debtor can spend: at most a share of what is above the
    /// reserve, and down there one coin at a time.
    fn amount(&mut self, debtor: u32) -> u64 {
        let spendable = &mut self.spendable[debtor as usize];
        let reserve = i64::try_from(self.config.reserve()).unwrap_or(i64::MAX);
        let most = (spendable.saturating_sub(reserve) / SHARE).max(1);
        let drawn = self.rng.between(1, most.unsigned_abs());
        // The reserve may end only if a caller asks for more batches than the run has.
        let amount = drawn.min(u64::try_from(*spendable).unwrap_or(0));
        *spendable -= amount.cast_signed();
        amount
    }

    /// Random bytes, one in eight of them one that stores trip over: a zero, as in a hole, or a
    /// line feed.
    fn padding(&mut self) -> Vec<u8> {
        let mut padding = vec![0; self.rng.within(self.config.payload_bytes) as usize];
        self.rng.fill(&mut padding);
        for byte in &mut padding {
            *byte = match *byte >> 4 {
                0x0 => 0,
                0xf => b'\n',
                _ => *byte,
            };
        }
        padding
    }
}

fn draw_below(rng: &mut Rng, bound: u32) -> u32 {
    u32::try_from(rng.below(u64::from(bound))).expect("it is below a u32")
}

/// Takes into account what of an operation is certain in the worst case.
fn settle(spendable: &mut [i64], past: &Past<'_, Operation>) {
    let Operation::Append { events, .. } = past.operation else {
        return;
    };
    for event in events.iter().filter_map(BankEvent::decode) {
        let Some(account) = spendable.get_mut(event.account as usize) else {
            continue;
        };
        let amount = event.amount.cast_signed();
        match (event.kind, past.standing) {
            (_, Standing::Gone) | (BankEventKind::Credit, Standing::InDoubt) => {}
            (BankEventKind::Credit, Standing::MustSurvive) => *account += amount,
            (BankEventKind::Debit, _) => *account -= amount,
        }
    }
}
