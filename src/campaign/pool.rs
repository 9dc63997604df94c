//! Work on many threads, results in order.
//!
//! Guarantees that `consume` sees every unit once and in order, whatever the number of threads, and
//! that no more than a few results a thread wait at any time.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
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
    in_order_within(count, jobs, Duration::MAX, work, |step| match step {
        Step::Result(unit, result) => consume(unit, result),
        Step::Late => Ok(ControlFlow::Continue(())),
    })
}

/// The same, for one who has something to do when no result comes for so long.
pub(super) fn in_order_within<T: Send, E>(
    count: u64,
    jobs: usize,
    patience: Duration,
    work: impl Fn(u64) -> T + Sync,
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
        ahead: AHEAD_PER_JOB * jobs.max(1) as u64,
        count,
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

    fn take(&self) -> Option<u64> {
        let full = |state: &State<T>| {
            state.untaken < self.count && state.untaken - state.wanted >= self.ahead
        };
        let mut state = self.wait(self.lock(), full);
        if state.is_over || state.untaken == self.count {
            return None;
        }
        state.untaken += 1;
        Some(state.untaken - 1)
    }

    fn work(&self, work: &impl Fn(u64) -> T) {
        let over = Over(self);
        while let Some(unit) = self.take() {
            let result = work(unit);
            self.lock().ready.insert(unit, result);
            self.changed.notify_all();
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
