//! What a worker watches while the subject is called: its CPU time, whether it waits, its memory, and what it is doing, for those
//! who ask.
//!
//! Guarantees: a call costs a few instructions, as long as nobody asks. A call that is told to be over a limit does not end, and
//! is told between its beginning and its end: there is no moment at which another could be taken for it.

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
    wait::Waiting,
};
use crate::{
    campaign::{Cause, During},
    run::{Call, Watch},
};

/// How often it is looked whether a limit is exceeded.
const EVERY: Duration = Duration::from_millis(20);

/// In the number of halves: the call that is under way is over a limit.
const OVER: u64 = 1 << 63;

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

    /// The number of halves, if it is that of a call that is under way.
    fn under_way(&self) -> Option<u64> {
        let halves = self.halves.load(Ordering::Relaxed);
        (halves % 2 == 1).then_some(halves)
    }

    /// Says that the call of this number is over a limit, unless it has ended by now; whether it has not. From here on it does not
    /// end any more.
    fn over(&self, call: u64, cause: Cause) -> bool {
        let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
        let claimed = self
            .halves
            .compare_exchange(call, call | OVER, success, failure);
        if claimed.is_ok() {
            self.tell(&Message::Over(cause));
        }
        claimed.is_ok()
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
        // Nothing is over its limit before it is told.
        self.halves.fetch_add(1, Ordering::Relaxed);
    }

    fn ends(&self) {
        let call = self.halves.fetch_add(1, Ordering::Relaxed);
        if call & OVER != 0 {
            // The supervisor ends the process.
            loop {
                thread::park();
            }
        }
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
        let mut waiting = Waiting::new(EVERY);
        let mut last = None;
        let mut begun = cpu_time();
        let mut before = begun;
        loop {
            thread::sleep(EVERY);
            let call = calls.under_way();
            let now = cpu_time();
            let taken = now.saturating_sub(before);
            before = now;
            let waited = if call == last && call.is_some() {
                waiting.look(taken)
            } else {
                (last, begun) = (call, now);
                waiting.begin();
                Duration::ZERO
            };
            let Some(call) = call else {
                continue;
            };
            let pages = memory.as_ref().and_then(resident_pages).unwrap_or(0);
            let cause = if pages.saturating_mul(page_bytes) >> 20 > limits.memory_mib {
                Cause::MemoryMib(limits.memory_mib)
            } else if now.saturating_sub(begun).as_secs() >= limits.cpu_seconds {
                Cause::CpuSeconds(limits.cpu_seconds)
            } else if waited.as_secs() >= limits.wait_seconds {
                Cause::WaitSeconds(limits.wait_seconds)
            } else {
                continue;
            };
            if calls.over(call, cause) {
                return;
            }
        }
    });
}

/// The CPU time that this process has taken, but for what the thread took that asks.
fn cpu_time() -> Duration {
    let [process, thread] = [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime].map(|clock| {
        let time = clock_gettime(clock);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    });
    process.saturating_sub(thread)
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
    use std::{
        io::{Read as _, Write as _},
        sync::mpsc,
    };

    use super::*;

    #[test]
    fn a_process_knows_what_it_takes() {
        let statm = File::open("/proc/self/statm").unwrap();
        assert!(resident_pages(&statm).unwrap() > 100);
        let before = cpu_time();
        let (done, is_done) = mpsc::channel::<()>();
        let other = thread::spawn(
            move || {
                while is_done.try_recv() == Err(mpsc::TryRecvError::Empty) {}
            },
        );
        while cpu_time() <= before {
            thread::yield_now();
        }
        drop(done);
        other.join().unwrap();
    }

    /// The calls of a process, and what its supervisor hears of them.
    fn calls() -> (Arc<Calls>, UnixStream) {
        let (worker, supervisor) = UnixStream::pair().unwrap();
        let calls = Arc::new(Calls::new(worker));
        calls.begin(true);
        (calls, supervisor)
    }

    /// What was told by now.
    fn heard(mut supervisor: &UnixStream) -> Vec<String> {
        let mut text = [0; 4096];
        supervisor.set_nonblocking(true).unwrap();
        let read = supervisor.read(&mut text).unwrap_or(0);
        let text = std::str::from_utf8(&text[..read]).unwrap();
        let is_letter = |character: char| character.is_ascii_alphabetic();
        let word = |line: &str| {
            let mut words = line.split(|character| !is_letter(character));
            words.find(|word| !word.is_empty()).map(str::to_owned)
        };
        text.lines().filter_map(word).collect()
    }

    /// It was told behind the end of its call by a few instructions, and taken for an end of the process between two calls, or in
    /// the next run: exit code 1 or 102.
    #[test]
    fn a_call_that_ended_is_over_no_limit() {
        let (calls, supervisor) = calls();
        calls.begins(Call::Opening);
        let call = calls.under_way().unwrap();
        calls.ends();
        assert!(!calls.over(call, Cause::CpuSeconds(1)));
        calls.begins(Call::Dropping);
        assert!(!calls.over(call, Cause::CpuSeconds(1)), "the next one");
        assert_eq!(heard(&supervisor), ["Begins", "Ends", "Begins"]);
    }

    #[test]
    fn a_call_that_is_over_a_limit_does_not_end() {
        let (calls, supervisor) = calls();
        calls.begins(Call::Opening);
        assert!(calls.over(calls.under_way().unwrap(), Cause::CpuSeconds(1)));
        let (ended, has_ended) = mpsc::channel();
        let runner = Arc::clone(&calls);
        thread::spawn(move || {
            runner.ends();
            ended.send(()).unwrap();
        });
        let waited = has_ended.recv_timeout(Duration::from_millis(100));
        assert_eq!(waited, Err(mpsc::RecvTimeoutError::Timeout));
        assert_eq!(heard(&supervisor), ["Begins", "Over"]);
    }

    /// Memory is over its limit from one look to the next: there it was told before its call.
    #[test]
    fn a_call_is_told_before_it_can_be_over_a_limit() {
        let (calls, supervisor) = calls();
        // Nobody hears a word, so the next one cannot be told.
        let mut full = calls.supervisor.lock().unwrap().try_clone().unwrap();
        full.set_nonblocking(true).unwrap();
        while full.write(&[b'\n'; 4096]).is_ok() {}
        full.set_nonblocking(false).unwrap();
        let runner = Arc::clone(&calls);
        let running = thread::spawn(move || runner.begins(Call::Opening));
        thread::sleep(Duration::from_millis(50));
        assert_eq!(calls.under_way(), None);
        while calls.under_way().is_none() {
            assert!((&supervisor).read(&mut [0; 4096]).unwrap() > 0);
        }
        running.join().unwrap();
    }
}
