//! One pass over the recovered events: which of the issued ones are there, where, how often.
//!
//! Runs on every recovery, so it compares bytes once and allocates a handful of vectors, whatever
//! the number of invariants. It judges nothing: that is the invariants' part.

use super::{Case, Issued};
use crate::workload::{
    BankConfig, BankEvent, BankEventKind, EventBatch, EventLog, EventRef, Operation, Standing,
};

/// A recovery of an event store under bank transfers.
pub(super) type BankCase<'a> = Case<'a, Operation, EventLog>;

/// What recovery showed of what was issued.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) config: &'a BankConfig,
    pub(super) log: &'a EventLog,
    /// The appends of the history that have events, in order.
    pub(super) batches: Vec<Batch<'a>>,
    /// The streams of the history, in the order of their first appends.
    pub(super) streams: Vec<&'a [u8]>,
    /// What each event of the log is.
    pub(super) events: Vec<Shown>,
    /// What each account holds, if all that is shown is believed, whether it was issued or not.
    pub(super) balances: Vec<i128>,
    /// For each event issued whether it was met; the batches know their parts.
    met: Vec<bool>,
    /// Batches by life and number within it.
    index: Vec<(u64, usize)>,
}

/// An append of the history.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) issued: &'a Issued<'a, Operation>,
    pub(super) events: &'a EventBatch,
    /// The index of its stream in [`Reading::streams`].
    pub(super) stream: usize,
    /// The number of its events that are there, each counted once.
    pub(super) shown_count: usize,
    met_start: usize,
}

/// What an event of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// An issued event, for the first time.
    First(Slot),
    /// An issued event that is there already.
    Again(Slot),
    /// Nothing that was issued.
    Phantom,
}

/// An issued event: the indices of its batch in [`Reading::batches`] and of the event within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) batch: usize,
    pub(super) index: usize,
}

impl Batch<'_> {
    /// Whether all its events are there.
    pub(super) fn is_whole(&self) -> bool {
        self.shown_count == self.events.len()
    }

    /// Whether it must be there.
    pub(super) fn must_survive(&self) -> bool {
        self.issued.standing == Standing::MustSurvive
    }

    /// Whether it may be there or not.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.issued.standing == Standing::InDoubt
    }

    /// Whether it may not come back.
    pub(super) fn is_gone(&self) -> bool {
        self.issued.standing == Standing::Gone
    }

    /// Whether it is in doubt on its own, whatever became of those after it.
    pub(super) fn is_on_its_own(&self) -> bool {
        self.issued.failed && self.is_in_doubt()
    }
}

impl<'a> Reading<'a> {
    pub(super) fn of(
        history: &'a [Issued<'a, Operation>],
        log: &'a EventLog,
        config: &'a BankConfig,
    ) -> Reading<'a> {
        let mut reading = Reading {
            config,
            log,
            batches: Vec::with_capacity(history.len()),
            streams: Vec::new(),
            events: Vec::with_capacity(log.len()),
            balances: vec![i128::from(config.opening_balance); config.accounts as usize],
            met: Vec::new(),
            index: Vec::with_capacity(history.len()),
        };
        for issued in history {
            reading.enter(issued);
        }
        // Histories are in order; a user's own may not be.
        if !reading.index.is_sorted() {
            reading.index.sort_unstable();
        }
        let mut batch_guess = 0;
        for event in log.iter() {
            let shown = reading.recognise(&event, batch_guess);
            if let Shown::First(slot) | Shown::Again(slot) = shown {
                batch_guess = slot.batch;
            }
            reading.events.push(shown);
        }
        reading
    }

    /// The issued events of one stream, in the order shown, each only where it is there first.
    pub(super) fn slots(&self, stream: usize) -> impl Iterator<Item = Slot> {
        self.events.iter().filter_map(move |&shown| match shown {
            Shown::First(slot) if self.batches[slot.batch].stream == stream => Some(slot),
            _ => None,
        })
    }

    /// The batches of one stream with their indices.
    pub(super) fn batches_of(&self, stream: usize) -> impl Iterator<Item = (usize, &Batch<'a>)> {
        let batches = self.batches.iter().enumerate();
        batches.filter(move |(_, batch)| batch.stream == stream)
    }

    /// Whether some batch may be there, and so may be there in part.
    pub(super) fn may_be_torn(&self) -> bool {
        let mut batches = self.batches.iter();
        batches.any(|batch| batch.events.len() > 1 && !batch.is_gone())
    }

    fn enter(&mut self, issued: &'a Issued<'a, Operation>) {
        let Operation::Append { stream, events } = issued.operation else {
            return;
        };
        let Some(first) = events.get(0) else {
            return;
        };
        if let Some(event) = BankEvent::decode(first) {
            self.index.push((key(&event), self.batches.len()));
        }
        let known = self.streams.iter().position(|known| known == stream);
        self.batches.push(Batch {
            issued,
            events,
            stream: known.unwrap_or(self.streams.len()),
            shown_count: 0,
            met_start: self.met.len(),
        });
        if known.is_none() {
            self.streams.push(stream);
        }
        self.met.resize(self.met.len() + events.len(), false);
    }

    fn recognise(&mut self, event: &EventRef<'_>, batch_guess: usize) -> Shown {
        let Some(decoded) = BankEvent::decode(event.data) else {
            return Shown::Phantom;
        };
        self.book(&decoded);
        let Some(batch) = self.find(key(&decoded), batch_guess) else {
            return Shown::Phantom;
        };
        let index = usize::from(decoded.index);
        let issued = &mut self.batches[batch];
        let is_issued = issued.events.get(index) == Some(event.data);
        if !is_issued || self.streams[issued.stream] != event.stream {
            return Shown::Phantom;
        }
        let slot = Slot { batch, index };
        if std::mem::replace(&mut self.met[issued.met_start + index], true) {
            return Shown::Again(slot);
        }
        issued.shown_count += 1;
        Shown::First(slot)
    }

    /// The batch of this key; most events belong to the batch of the event before, or the next.
    pub(super) fn find(&self, key: u64, batch_guess: usize) -> Option<usize> {
        for guess in [batch_guess, batch_guess + 1] {
            if self.index.get(guess) == Some(&(key, guess)) {
                return Some(guess);
            }
        }
        let found = self.index.binary_search_by_key(&key, |&(key, _)| key);
        found.ok().map(|found| self.index[found].1)
    }

    fn book(&mut self, event: &BankEvent<'_>) {
        if let Some(balance) = self.balances.get_mut(event.account as usize) {
            match event.kind {
                BankEventKind::Debit => *balance -= i128::from(event.amount),
                BankEventKind::Credit => *balance += i128::from(event.amount),
            }
        }
    }
}

/// Life and batch number: what tells the batches of a run apart.
pub(super) fn key(event: &BankEvent<'_>) -> u64 {
    u64::from(event.life) << 32 | u64::from(event.batch)
}
