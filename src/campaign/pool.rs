//! Work on many threads, results in order.
//!
//! Guarantees that `consume` sees every unit once and in order, whatever the number of threads, and
//! that no more than a few results a thread wait at any time.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Results that may wait for an earlier one, for each thread.
const AHEAD_PER_JOB: u64 = 16;

struct State<T> {
    /// The next unit that nobody has taken.
    untaken: u64,
    /// The next unit to be consumed.
    wanted: u64,
    ready: BTreeMap<u64, T>,
    is_over: bool,
}

struct Pool<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    ahead: u64,
    count: u64,
    batch_max: u64,
}

/// What the one who consumes is told.
pub(super) enum Step<T> {
    /// The result of the next unit.
    Result(u64, T),
    /// There was none for as long as one is waited for.
    Late,
}

/// Does units `0..count` on `jobs` threads, and hands the results over in order, until `consume`
/// breaks.
///
/// # Panics
///
/// If `work` does.
pub fn in_order<T: Send, E>(
    count: u64,
    jobs: usize,
    work: impl Fn(u64) -> T + Sync,
    mut consume: impl FnMut(u64, T) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let one = |units: Range<u64>| vec![work(units.start)];
    in_batches_within(count, jobs, 1, Duration::MAX, one, |step| match step {
        Step::Result(unit, result) => consume(unit, result),
        Step::Late => Ok(ControlFlow::Continue(())),
    })
}

/// The same with work that does some of the units it is given, from the first on, and at least one.
///
/// It is given the more at a time, up to `batch_max`, the more often it does all of them: so those that take long are handed
/// over one by one, and those that do not cost little to hand over. Who consumes is told when no result comes for `patience`.
pub(super) fn in_batches_within<T: Send, E>(
    count: u64,
    jobs: usize,
    batch_max: u64,
    patience: Duration,
    work: impl Fn(Range<u64>) -> Vec<T> + Sync,
    mut consume: impl FnMut(Step<T>) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    let pool = Pool {
        state: Mutex::new(State {
            untaken: 0,
            wanted: 0,
            ready: BTreeMap::new(),
            is_over: false,
        }),
        changed: Condvar::new(),
        ahead: AHEAD_PER_JOB.max(2 * batch_max) * jobs.max(1) as u64,
        count,
        batch_max,
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1))
            .map(|_| scope.spawn(|| pool.work(&work)))
            .collect();
        let result = {
            let _over = Over(&pool);
            pool.consume(patience, &mut consume)
        };
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
        result
    })
}

impl<T> Pool<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State<T>>,
        is_waiting: impl Fn(&State<T>) -> bool,
    ) -> MutexGuard<'a, State<T>> {
        let waiting = |state: &mut State<T>| !state.is_over && is_waiting(state);
        let state = self.changed.wait_while(state, waiting);
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, size: u64) -> Option<Range<u64>> {
        let full = |state: &State<T>| {
            state.untaken < self.count && state.untaken - state.wanted >= self.ahead
        };
        let mut state = self.wait(self.lock(), full);
        if state.is_over || state.untaken == self.count {
            return None;
        }
        let start = state.untaken;
        state.untaken = self.count.min(start + size);
        Some(start..state.untaken)
    }

    fn work(&self, work: &impl Fn(Range<u64>) -> Vec<T>) {
        let over = Over(self);
        let mut size = 1;
        while let Some(mut left) = self.take(size) {
            size = self.batch_max.min(2 * size);
            while !left.is_empty() {
                let done = work(left.clone());
                assert!(!done.is_empty(), "nothing would be asked for for ever");
                let mut state = self.lock();
                for result in done {
                    state.ready.insert(left.start, result);
                    left.start += 1;
                }
                if state.is_over {
                    break;
                }
                drop(state);
                self.changed.notify_all();
                if !left.is_empty() {
                    size = 1;
                }
            }
        }
        // Only a panic ends the pool from here.
        std::mem::forget(over);
    }

    fn consume<E>(
        &self,
        patience: Duration,
        consume: &mut impl FnMut(Step<T>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut unit = 0;
        while unit < self.count {
            let mut state = self.lock();
            let missing = |state: &mut State<T>| !state.is_over && !state.ready.contains_key(&unit);
            if missing(&mut state) {
                let waited = self.changed.wait_timeout_while(state, patience, missing);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            let step = match state.ready.remove(&unit) {
                Some(result) => {
                    unit += 1;
                    state.wanted = unit;
                    Step::Result(unit - 1, result)
                }
                None if state.is_over => return Ok(()),
                None => Step::Late,
            };
            drop(state);
            if matches!(step, Step::Result(..)) {
                self.changed.notify_all();
            }
            if consume(step)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Ends the pool when it is dropped: nobody waits any more.
struct Over<'a, T>(&'a Pool<T>);

impl<T> Drop for Over<'_, T> {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(count: u64, jobs: usize, last: u64) -> Vec<u64> {
        let mut seen = Vec::new();
        let work =
            |unit: u64| (0..(unit * 7919) % 997).fold(unit, |sum, _| std::hint::black_box(sum));
        let result: Result<(), ()> = in_order(count, jobs, work, |unit, result| {
            assert_eq!(unit, result);
            seen.push(unit);
            Ok(if unit == last {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        });
        assert_eq!(result, Ok(()));
        seen
    }

    #[test]
    fn results_come_in_order_with_any_number_of_threads() {
        for jobs in [1, 2, 7] {
            assert_eq!(collect(500, jobs, u64::MAX), (0..500).collect::<Vec<_>>());
            assert_eq!(collect(500, jobs, 42), (0..=42).collect::<Vec<_>>());
        }
        assert!(collect(0, 2, 0).is_empty());
    }

    #[test]
    fn batches_grow_where_all_is_done_and_hand_over_what_is() {
        for jobs in [1, 3] {
            let largest = Mutex::new(0);
            let work = |units: Range<u64>| {
                let asked = units.end - units.start;
                let mut largest = largest.lock().unwrap();
                *largest = asked.max(*largest);
                // From 500 on, all take long.
                let done = if units.start < 500 { asked } else { 1 };
                (units.start..units.start + done).collect()
            };
            let mut seen = Vec::new();
            let result: Result<(), ()> =
                in_batches_within(1000, jobs, 8, Duration::MAX, work, |step| {
                    if let Step::Result(unit, result) = step {
                        assert_eq!(unit, result);
                        seen.push(unit);
                    }
                    Ok(ControlFlow::Continue(()))
                });
            assert_eq!(result, Ok(()));
            assert_eq!(seen, (0..1000).collect::<Vec<_>>());
            assert_eq!(*largest.lock().unwrap(), 8);
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let result = in_order(
            1_000_000,
            2,
            |unit| unit,
            |unit, _| {
                if unit == 10 {
                    Err("full")
                } else {
                    Ok(ControlFlow::Continue(()))
                }
            },
        );
        assert_eq!(result, Err("full"));
    }

    #[test]
    #[should_panic(expected = "a bug of ours")]
    fn a_panic_of_the_work_is_not_swallowed() {
        let work = |unit: u64| assert!(unit < 100, "a bug of ours");
        let _: Result<(), ()> = in_order(1000, 2, work, |_, ()| Ok(ControlFlow::Continue(())));
    }
}
