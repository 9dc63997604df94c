//! For how long a call of the subject has done nothing but wait: whether nobody in this process did anything, look after look.
//!
//! Guarantees, against taking for one who waits somebody who does not:
//! - Time is counted in looks. Where the process is stopped, the machine sleeps, or it is too busy to let anybody look, nobody
//!   looks, and nothing is counted.
//! - Who wants to compute is awake, whether it is let or not; so is who waits for a disk, or is held by a debugger. Each look at
//!   which one thread is awake undoes many at which all sleep.
//! - A process that started another may wait for what that one does, and one whose output nobody takes for whoever is to take it.
//!
//! Deliberately not told apart: what is waited for. Calls of the simulated filesystem never block, so it is a lock, a message, the
//! end of a sleep, or something outside of the simulation. Who looks again every few milliseconds whether it has come waits too.
//!
//! Source: `proc_pid_stat(5)`: of the states of a thread, `S` alone is a sleep that waits for something to come.

use std::{fs, io, os::fd::AsFd, path::Path, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{WaitId, WaitIdOptions, waitid},
    thread::gettid,
};

/// So many looks at which all sleep are undone by one at which somebody is awake: who is awake for less than one in so many waits.
const UNDOES: u32 = 20;

/// Who computes for a larger share of the time than one in so many is awake, whatever it does when it is looked at.
const SHARE: u32 = 20;

/// Looks at the threads of this process, from one of them.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The thread that looks, which is awake whenever it does.
    own: String,
    every: Duration,
    looks: u32,
}

impl Waiting {
    /// To be asked by the thread that makes it, and no more often than that.
    pub(super) fn new(every: Duration) -> Waiting {
        Waiting {
            own: gettid().as_raw_nonzero().to_string(),
            every,
            looks: 0,
        }
    }

    /// A call begins.
    pub(super) fn begin(&mut self) {
        self.looks = 0;
    }

    /// Looks once more at the call, in which others took this much CPU time since the last look; for how long at least it has
    /// waited by now.
    pub(super) fn look(&mut self, taken: Duration) -> Duration {
        let is_idle = taken < self.every / SHARE && is_on_its_own() && self.others_sleep();
        self.looks = counted(self.looks, is_idle);
        self.every * self.looks
    }

    fn others_sleep(&self) -> bool {
        let Ok(threads) = fs::read_dir("/proc/self/task") else {
            return false;
        };
        threads.into_iter().all(|thread| {
            // One that has just ended did something.
            thread.is_ok_and(|thread| {
                *thread.file_name() == *self.own || state(&thread.path()) == Some(b'S')
            })
        })
    }
}

fn counted(looks: u32, is_idle: bool) -> u32 {
    if is_idle {
        looks.saturating_add(1)
    } else {
        looks.saturating_sub(UNDOES)
    }
}

/// Whether it is not for others to go on: processes that it started, and who takes what it says.
fn is_on_its_own() -> bool {
    !has_children() && is_taken(&io::stdout()) && is_taken(&io::stderr())
}

fn has_children() -> bool {
    // Nobody is waited for, and who has ended is left to whoever started it.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

/// Whether somebody takes what is written there, or nothing can be written at all: who writes would not have to wait.
fn is_taken(output: &impl AsFd) -> bool {
    let mut output = [PollFd::new(output, PollFlags::OUT)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut output, Some(&now)).is_ok() && !output[0].revents().is_empty()
}

/// The state of a thread: what stands behind its name, which is in parentheses and may hold some.
fn state(thread: &Path) -> Option<u8> {
    let stat = fs::read(thread.join("stat")).ok()?;
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(name_end + 2).copied()
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        os::unix::net::UnixStream,
        process::{Command, Stdio},
        sync::mpsc,
        thread,
    };

    use super::*;

    /// For how long a call has waited of which these are the looks.
    fn waited(looks: impl IntoIterator<Item = bool>) -> u32 {
        looks.into_iter().fold(0, counted)
    }

    #[test]
    fn who_is_awake_now_and_then_waits_and_who_is_awake_for_longer_does_not() {
        let one_in = |share| (0..100_000).map(move |look| look % share != 0);
        assert_eq!(waited([true; 3000]), 3000);
        assert!(waited(one_in(100)) > 75_000);
        assert!(waited(one_in(UNDOES)) < UNDOES);
        assert_eq!(waited([false; 3000]), 0);
    }

    #[test]
    fn a_thread_that_waits_for_a_message_sleeps_and_one_that_computes_does_not() {
        let state_of = |computes: bool| {
            let (said, hears) = mpsc::channel::<()>();
            let (tells, told) = mpsc::channel();
            let thread = thread::Builder::new().name(") R (".to_owned());
            let thread = thread.spawn(move || {
                tells.send(gettid().as_raw_nonzero()).unwrap();
                while computes && hears.try_recv() == Err(mpsc::TryRecvError::Empty) {}
                hears.recv().unwrap_or(());
            });
            let number = told.recv().unwrap();
            thread::sleep(Duration::from_millis(50));
            let state = state(Path::new(&format!("/proc/self/task/{number}")));
            drop(said);
            thread.unwrap().join().unwrap();
            state.map(char::from)
        };
        assert_eq!(state_of(false), Some('S'));
        assert_eq!(state_of(true), Some('R'));
    }

    #[test]
    fn who_computes_is_awake_whatever_its_threads_do_when_they_are_looked_at() {
        let mut waiting = Waiting::new(Duration::from_millis(20));
        waiting.looks = 5;
        assert_eq!(waiting.look(Duration::from_millis(1)), Duration::ZERO);
    }

    #[test]
    fn whoever_started_a_process_may_wait_for_it() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(has_children());
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn what_nobody_reads_is_not_taken() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        assert!(is_taken(&ours));
        ours.set_nonblocking(true).unwrap();
        while ours.write(&[0; 4096]).is_ok() {}
        assert!(!is_taken(&ours));
        // Who writes to one that is gone is told so.
        drop(theirs);
        assert!(is_taken(&ours));
    }
}
