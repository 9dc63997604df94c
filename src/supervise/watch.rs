//! What a worker watches while the subject is called: its CPU time and its memory, and what it is doing, for those who ask.
//!
//! Guarantees: a call costs a few instructions, as long as nobody asks.

use std::{
    fs::File,
    io::Write as _,
    os::unix::{fs::FileExt as _, net::UnixStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use super::{
    Limits,
    message::{Message, line},
};
use crate::{
    campaign::{Cause, During},
    run::{Call, Watch},
};

/// How often it is looked whether a limit is exceeded.
const EVERY: Duration = Duration::from_millis(20);

/// What is known of the calls of the subject in this process.
#[derive(Debug)]
pub(super) struct Calls {
    /// Beginnings and ends of calls: odd while one is under way.
    halves: AtomicU64,
    tells: AtomicBool,
    life: AtomicU32,
    recoveries: AtomicU64,
    supervisor: Mutex<UnixStream>,
}

impl Calls {
    pub(super) fn new(supervisor: UnixStream) -> Calls {
        Calls {
            halves: AtomicU64::new(0),
            tells: AtomicBool::new(false),
            life: AtomicU32::new(0),
            recoveries: AtomicU64::new(0),
            supervisor: Mutex::new(supervisor),
        }
    }

    /// A run begins; whether its calls are told.
    pub(super) fn begin(&self, tells: bool) {
        self.tells.store(tells, Ordering::Relaxed);
        self.begin_run();
    }

    /// Another run begins.
    pub(super) fn begin_run(&self) {
        self.life.store(0, Ordering::Relaxed);
        self.recoveries.store(0, Ordering::Relaxed);
    }

    /// Tells the supervisor; one that is gone hears nothing, and soon ends this process.
    pub(super) fn tell(&self, message: &Message) {
        let mut supervisor = self
            .supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let _ = supervisor.write_all(&line(message));
    }
}

impl Watch for Arc<Calls> {
    fn begins(&self, call: Call) {
        self.halves.fetch_add(1, Ordering::Relaxed);
        match call {
            Call::Opening => {
                self.life.fetch_add(1, Ordering::Relaxed);
            }
            Call::Recovery => {
                self.recoveries.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        if self.tells.load(Ordering::Relaxed) {
            self.tell(&Message::Begins(During {
                call,
                life: self.life.load(Ordering::Relaxed),
                recoveries: self.recoveries.load(Ordering::Relaxed),
            }));
        }
    }

    fn ends(&self) {
        self.halves.fetch_add(1, Ordering::Relaxed);
        if self.tells.load(Ordering::Relaxed) {
            self.tell(&Message::Ends);
        }
    }
}

/// Says when a call takes more than it may; the supervisor ends the process then.
pub(super) fn watch(calls: &Arc<Calls>, limits: Limits) {
    let calls = Arc::clone(calls);
    let memory = File::open("/proc/self/statm").ok();
    let page_bytes = rustix::param::page_size() as u64;
    thread::spawn(move || {
        let mut last = 0;
        let mut begun = cpu_time();
        loop {
            thread::sleep(EVERY);
            let halves = calls.halves.load(Ordering::Relaxed);
            let is_inside = halves % 2 == 1;
            let now = cpu_time();
            if !is_inside || halves != last {
                (last, begun) = (halves, now);
            }
            let pages = memory.as_ref().and_then(resident_pages).unwrap_or(0);
            let is_too_large = pages.saturating_mul(page_bytes) >> 20 > limits.memory_mib;
            let is_too_long = now.saturating_sub(begun).as_secs() >= limits.cpu_seconds;
            let cause = match (is_too_large, is_too_long) {
                (true, _) if is_inside => Cause::MemoryMib(limits.memory_mib),
                (_, true) if is_inside => Cause::CpuSeconds(limits.cpu_seconds),
                _ => continue,
            };
            calls.tell(&Message::Over(cause));
            return;
        }
    });
}

/// The CPU time that this process has taken.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The pages that this process holds in memory: the second number of `statm` (`proc_pid_statm(5)`).
fn resident_pages(statm: &File) -> Option<u64> {
    // Where memory is short, nothing is allocated to find that out.
    let mut bytes = [0; 128];
    let read = statm.read_at(&mut bytes, 0).ok()?;
    let text = std::str::from_utf8(&bytes[..read]).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_what_it_takes() {
        let statm = File::open("/proc/self/statm").unwrap();
        assert!(resident_pages(&statm).unwrap() > 100);
        let before = cpu_time();
        while cpu_time() == before {
            std::hint::spin_loop();
        }
    }
}
