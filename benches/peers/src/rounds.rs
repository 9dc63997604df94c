//! Contenders measured in turns, so that a busy machine slows all of them.

use std::time::{Duration, Instant};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike as _,
};

pub(crate) const ROUNDS: usize = 9;
pub(crate) const ROUND: Duration = Duration::from_millis(250);

/// Does some of its work, and says how much that was.
pub(crate) type Work<'a> = Box<dyn FnMut() -> u64 + 'a>;

/// How much work was done in a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// Of processor time: user and system, of this process and of the children it waited for.
    pub(crate) per_cpu_second: f64,
    /// By the clock.
    pub(crate) per_second: f64,
}

/// The medians of each contender's rates.
pub(crate) fn measure<const N: usize>(mut contenders: [Work<'_>; N]) -> [Rate; N] {
    // Caches, allocators and files: not in the first round of the first one.
    for work in &mut contenders {
        work();
    }
    let mut rates = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (rates, work) in rates.iter_mut().zip(&mut contenders) {
            rates.push(round(work));
        }
    }
    rates.map(|rates| Rate {
        per_cpu_second: median(rates.iter().map(|rate| rate.per_cpu_second)),
        per_second: median(rates.iter().map(|rate| rate.per_second)),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are small"
)]
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn round(work: &mut Work<'_>) -> Rate {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut done = 0;
    while start.elapsed() < ROUND {
        done += work();
    }
    Rate {
        per_cpu_second: done as f64 / (cpu_seconds() - cpu),
        per_second: done as f64 / start.elapsed().as_secs_f64(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a benchmark are few"
)]
fn cpu_seconds() -> f64 {
    let used = |who| {
        let usage = getrusage(who).expect("every Unix can say");
        let time = usage.user_time() + usage.system_time();
        time.num_microseconds() as f64 / 1e6
    };
    used(UsageWho::RUSAGE_SELF) + used(UsageWho::RUSAGE_CHILDREN)
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
