//! The ledger: what a crash may and may not take.
//!
//! Every operation is *issued* at a position of the trace. Acknowledgements name it later, once or in steps, or never.
//! At a crash point that makes it one of: must survive, in doubt (there as a whole or not at all), gone, or not issued
//! at all.

use crate::{
    base::Position,
    trace::{Mark, OperationId, Promise},
};

/// What is lost in a crash.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum CrashKind {
    /// The process dies; what it handed to the kernel survives.
    ProcessCrash,
    /// The machine loses power; only what is durable is certain.
    PowerLoss,
}

/// What must be true of an operation after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was acknowledged: it must be there.
    MustSurvive,
    /// It was issued and not acknowledged, or ended in an error: there as a whole or not at all.
    InDoubt,
    /// An earlier recovery showed it to be absent: it must not come back.
    Gone,
}

/// An operation that was asked for before, and what is certain of it under the worst crash that may still come.
#[derive(Debug)]
pub struct Past<'a, Operation> {
    /// What was asked.
    pub operation: &'a Operation,
    /// What is certain of it.
    pub standing: Standing,
}

impl<O> Clone for Past<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

// Derived, it would ask the operation to be `Copy`, of which this holds only a reference.
impl<O> Copy for Past<'_, O> {}

/// What a recovery showed of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    NotYet,
    Present,
    Absent,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    issued: Position,
    buffered: Position,
    durable: Position,
    failed: Position,
    /// From here on a promise for process crashes holds no more: the page cache went back to what is on disk.
    taken_back: Position,
    /// What recoveries before this life's showed.
    earlier: Seen,
    /// What this life's recovery shows, from where on it is over.
    seen: Seen,
}

/// Who was promised what, and when; indexed by [`OperationId`].
#[derive(Clone, Debug)]
pub struct Ledger {
    entries: Vec<Entry>,
    opened: Position,
}

impl Default for Ledger {
    fn default() -> Ledger {
        Ledger::new()
    }
}

impl Ledger {
    /// A ledger in which nothing was issued.
    pub fn new() -> Ledger {
        Ledger {
            entries: Vec::new(),
            opened: Position::NEVER,
        }
    }

    /// The number of operations issued so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was issued.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Enters a mark that lies before position `at`.
    ///
    /// # Panics
    ///
    /// If operations are not issued in the order of their numbers, or one is named that was not issued: the driver
    /// numbers them, so that would be a bug of the harness.
    pub fn enter(&mut self, mark: Mark, at: Position) {
        match mark {
            Mark::Opened => self.opened = self.opened.min(at),
            Mark::Issued(id) => {
                assert_eq!(
                    id.index(),
                    self.entries.len(),
                    "operations are issued in order"
                );
                let never = Position::NEVER;
                self.entries.push(Entry {
                    issued: at,
                    buffered: never,
                    durable: never,
                    failed: never,
                    taken_back: never,
                    earlier: Seen::NotYet,
                    seen: Seen::NotYet,
                });
            }
            Mark::Acknowledged(id, promise) => {
                let entry = &mut self.entries[id.index()];
                if entry.taken_back < at {
                    entry.buffered = at;
                    entry.taken_back = Position::NEVER;
                }
                entry.buffered = entry.buffered.min(at);
                if promise == Promise::Durable {
                    entry.durable = entry.durable.min(at);
                }
            }
            Mark::Failed(id) => {
                let entry = &mut self.entries[id.index()];
                entry.failed = entry.failed.min(at);
            }
        }
    }

    /// A barrier failed before position `at`: what was not durable by then is in doubt, each operation on its own. Where the
    /// page cache `went_back` to what is on disk, so is what was promised for process crashes only.
    pub fn fail_barrier(&mut self, at: Position, went_back: bool) {
        for entry in self.entries.iter_mut().filter(|entry| entry.durable > at) {
            entry.failed = entry.failed.min(at);
            if went_back && entry.buffered <= at {
                entry.taken_back = entry.taken_back.min(at);
            }
        }
    }

    /// This life's recovery went another way than the one that [`Ledger::settle`] was told of, and shows `present` of the
    /// operations of earlier lives.
    pub fn see(&mut self, present: &[bool]) {
        for (entry, &present) in self.entries.iter_mut().zip(present) {
            entry.see(present);
        }
    }

    /// The operations issued by `point`, in order, and what a crash of this kind there must leave of each.
    pub fn standings(
        &self,
        point: Position,
        crash: CrashKind,
    ) -> impl ExactSizeIterator<Item = Standing> + '_ {
        self.entries[..self.issued_by(point)]
            .iter()
            .map(move |entry| entry.standing(entry.seen(self.is_open(point)), point, crash))
    }

    /// The operations of earlier lives, and what a power loss must leave of each once this life's recovery is over.
    pub fn carried(&self) -> impl ExactSizeIterator<Item = Standing> + '_ {
        let start = Position(0);
        let standing = move |entry: &Entry| entry.standing(entry.seen, start, CrashKind::PowerLoss);
        self.entries[..self.issued_by(start)].iter().map(standing)
    }

    /// Whether this life's recovery is over by `point`, so that somebody may have seen what it shows.
    fn is_open(&self, point: Position) -> bool {
        self.opened <= point
    }

    /// The number of operations issued by `point`.
    pub fn issued_by(&self, point: Position) -> usize {
        self.entries.partition_point(|entry| entry.issued <= point)
    }

    /// Whether the operation had ended in an error by `point`.
    pub fn failed_by(&self, id: OperationId, point: Position) -> bool {
        self.entries
            .get(id.index())
            .is_some_and(|entry| entry.failed <= point)
    }

    /// Whether a recovery that was over by `point` showed the operation.
    pub fn was_seen_by(&self, id: OperationId, point: Position) -> bool {
        let is_open = self.is_open(point);
        self.entries
            .get(id.index())
            .is_some_and(|entry| entry.seen(is_open) == Seen::Present)
    }

    /// Goes on to the next life: the crash at `point` happened, and recovery shows `present` of the operations.
    ///
    /// It has shown them only when it is over: what a recovery that is cut off would have shown, nobody has seen.
    /// Operations issued behind the point did not happen. Acknowledgements given before it hold from the start of the
    /// next life, as far as they promised to outlast this kind of crash.
    pub fn settle(&mut self, point: Position, crash: CrashKind, present: &[bool]) {
        self.entries.truncate(self.issued_by(point));
        let is_open = self.is_open(point);
        self.opened = Position::NEVER;
        for (entry, &present) in self.entries.iter_mut().zip(present) {
            let carried = |at: Position| {
                if at <= point {
                    Position(0)
                } else {
                    Position::NEVER
                }
            };
            let earlier = entry.seen(is_open);
            let kept = entry.acknowledged(point, crash);
            *entry = Entry {
                issued: Position(0),
                buffered: carried(kept),
                durable: carried(entry.durable),
                failed: carried(entry.failed),
                taken_back: Position::NEVER,
                earlier,
                seen: earlier,
            };
            entry.see(present);
        }
    }
}

impl Entry {
    fn seen(&self, is_open: bool) -> Seen {
        if is_open { self.seen } else { self.earlier }
    }

    /// Sets down what this life's recovery shows; what an earlier one showed to be gone is gone.
    fn see(&mut self, present: bool) {
        self.seen = match (self.earlier, present) {
            (Seen::Absent, _) | (_, false) => Seen::Absent,
            (_, true) => Seen::Present,
        };
    }

    /// Where it was acknowledged for a crash of this kind, as far as that holds at `point`.
    fn acknowledged(&self, point: Position, crash: CrashKind) -> Position {
        match crash {
            CrashKind::ProcessCrash if self.taken_back > point => self.buffered,
            _ => self.durable,
        }
    }

    fn standing(&self, seen: Seen, point: Position, crash: CrashKind) -> Standing {
        let acknowledged = self.acknowledged(point, crash);
        match seen {
            Seen::Absent => Standing::Gone,
            _ if acknowledged <= point => Standing::MustSurvive,
            _ => Standing::InDoubt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::new();
        let (one, two) = (OperationId(0), OperationId(1));
        ledger.enter(Mark::Issued(one), Position(1));
        ledger.enter(Mark::Acknowledged(one, Promise::Buffered), Position(4));
        ledger.enter(Mark::Issued(two), Position(5));
        ledger.enter(Mark::Acknowledged(one, Promise::Durable), Position(8));
        ledger
    }

    fn standings(ledger: &Ledger, point: u32, crash: CrashKind) -> Vec<Standing> {
        ledger.standings(Position(point), crash).collect()
    }

    #[test]
    fn a_buffered_acknowledgement_holds_in_a_process_crash_only() {
        let ledger = ledger();
        assert_eq!(
            standings(&ledger, 4, CrashKind::ProcessCrash),
            [Standing::MustSurvive]
        );
        assert_eq!(
            standings(&ledger, 4, CrashKind::PowerLoss),
            [Standing::InDoubt]
        );
        assert_eq!(
            standings(&ledger, 3, CrashKind::ProcessCrash),
            [Standing::InDoubt]
        );
        assert_eq!(standings(&ledger, 0, CrashKind::ProcessCrash), []);
    }

    #[test]
    fn it_ends_where_a_failed_barrier_takes_the_page_cache_back() {
        let mut ledger = ledger();
        ledger.fail_barrier(Position(6), true);
        assert!(ledger.failed_by(OperationId(0), Position(6)));
        let at = |point| standings(&ledger, point, CrashKind::ProcessCrash);
        assert_eq!(at(5), [Standing::MustSurvive, Standing::InDoubt]);
        // The sync at 8 upgraded the first operation before the ledger heard of the failure.
        assert_eq!(at(6), [Standing::InDoubt, Standing::InDoubt]);
        assert_eq!(
            standings(&ledger, 8, CrashKind::PowerLoss)[0],
            Standing::MustSurvive
        );
    }

    #[test]
    fn a_later_sync_upgrades_it() {
        let expected = [Standing::MustSurvive, Standing::InDoubt];
        assert_eq!(standings(&ledger(), 8, CrashKind::PowerLoss), expected);
    }

    #[test]
    fn what_recovery_showed_to_be_gone_stays_gone() {
        let mut ledger = ledger();
        ledger.settle(Position(7), CrashKind::PowerLoss, &[true, false]);
        ledger.enter(Mark::Opened, Position(3));
        assert_eq!(
            standings(&ledger, 3, CrashKind::PowerLoss),
            [Standing::InDoubt, Standing::Gone]
        );
        let seen = |id| ledger.was_seen_by(OperationId(id), Position(3));
        assert!(seen(0) && !seen(1));
    }

    #[test]
    fn a_buffered_acknowledgement_ends_with_the_power() {
        let after = |crash| {
            let mut ledger = ledger();
            ledger.settle(Position(4), crash, &[false]);
            standings(&ledger, 0, CrashKind::ProcessCrash)
        };
        assert_eq!(after(CrashKind::ProcessCrash), [Standing::MustSurvive]);
        assert_eq!(after(CrashKind::PowerLoss), [Standing::InDoubt]);
    }

    #[test]
    fn nobody_saw_what_a_recovery_that_was_cut_off_would_have_shown() {
        let mut ledger = ledger();
        ledger.settle(Position(7), CrashKind::PowerLoss, &[true, false]);
        ledger.enter(Mark::Opened, Position(3));
        let in_doubt = [Standing::InDoubt, Standing::InDoubt];
        assert_eq!(standings(&ledger, 2, CrashKind::PowerLoss), in_doubt);
        assert!(!ledger.was_seen_by(OperationId(0), Position(2)));

        // The next recovery is a new one, with a word of its own.
        ledger.settle(Position(2), CrashKind::PowerLoss, &[false, true]);
        let expected = [Standing::Gone, Standing::InDoubt];
        assert_eq!(ledger.carried().collect::<Vec<_>>(), expected);
        assert_eq!(standings(&ledger, 0, CrashKind::PowerLoss), in_doubt);
        ledger.enter(Mark::Opened, Position(1));
        assert_eq!(standings(&ledger, 1, CrashKind::PowerLoss), expected);
    }

    #[test]
    fn what_was_not_issued_by_the_crash_never_happened() {
        let mut ledger = ledger();
        ledger.settle(Position(4), CrashKind::PowerLoss, &[true]);
        assert_eq!(ledger.len(), 1);
    }
}
