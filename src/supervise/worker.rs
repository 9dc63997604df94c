//! The process that executes: it knows the plan, answers one request after the other, and ends with its supervisor.

use std::{
    io::{BufRead as _, BufReader},
    os::{fd::AsFd as _, unix::net::UnixStream},
    panic::{AssertUnwindSafe, catch_unwind},
    process::exit,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{
    VARIABLE,
    message::{Hello, Message, Order},
    watch::{Calls, watch},
};
use crate::{
    campaign::Plan,
    run::{silence_subject_panics, watch_calls},
};

/// After this time, what is done by then of a request for several runs is the answer.
const ANSWER_AFTER: Duration = Duration::from_millis(20);

/// The exit code of a worker in which the harness itself panicked, as that of any program that does.
const PANICKED: i32 = 101;

/// A process that executes what its supervisor asks for.
#[derive(Debug)]
pub struct Worker {
    orders: BufReader<UnixStream>,
    hello: Hello,
}

/// What this process is, if it was started by a supervisor: to be asked first of all in `main`, and once. A worker whose supervisor
/// is gone by then ends here, with exit code 101.
pub fn worker() -> Option<Worker> {
    // Whatever goes wrong from here on, a worker is never what it would be without its supervisor.
    is_worker().then(|| introduced().unwrap_or_else(|| exit(PANICKED)))
}

/// What a worker is told first; nothing if its supervisor is gone by then.
fn introduced() -> Option<Worker> {
    let stream = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().ok()?);
    // Whatever the subject reads from its input, it is not our orders.
    let nothing = std::fs::File::open("/dev/null").ok()?;
    rustix::stdio::dup2_stdin(&nothing).ok()?;
    let mut orders = BufReader::new(stream);
    let mut line = String::new();
    orders.read_line(&mut line).ok()?;
    let hello = serde_json::from_str(&line).ok()?;
    Some(Worker { orders, hello })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is how a worker is told that it is one"
)]
fn is_worker() -> bool {
    let told = std::env::var(VARIABLE).ok();
    let told = told.and_then(|number| number.parse::<u64>().ok());
    // Programs that a worker starts inherit the variable, but not the socket.
    let input = rustix::fs::fstat(std::io::stdin()).ok();
    told.is_some() && told == input.map(|input| input.st_ino)
}

impl Worker {
    /// What its supervisor gave to it when it was started.
    pub fn given(&self) -> &serde_json::Value {
        &self.hello.given
    }

    /// Executes what it is asked for, until its supervisor ends; `errand` does what is none of the campaign's business.
    pub fn serve(
        self,
        plan: &Plan,
        errand: &(dyn Fn(serde_json::Value) -> serde_json::Value + Sync),
    ) -> ! {
        let Worker { mut orders, hello } = self;
        let Ok(stream) = orders.get_ref().try_clone() else {
            exit(PANICKED);
        };
        without_core_dumps();
        silence_subject_panics();
        let calls = Arc::new(Calls::new(stream));
        if plan.fingerprint() != hello.fingerprint {
            let why = "it came to another plan than its supervisor: expected one that depends on nothing but arguments and files";
            calls.tell(&Message::Refused(why.to_owned()));
            exit(PANICKED);
        }
        watch_calls(Box::new(Arc::clone(&calls)));
        watch(&calls, hello.limits);
        let (sender, received) = mpsc::channel::<String>();
        thread::scope(|scope| {
            // Runs are executed on a thread like those of a campaign, with a stack of the same size on every machine.
            let told = Arc::clone(&calls);
            scope.spawn(move || {
                let done = catch_unwind(AssertUnwindSafe(|| {
                    execute(plan, &received, &told, errand);
                }));
                if done.is_err() {
                    exit(PANICKED);
                }
            });
            calls.tell(&Message::Ready);
            let mut line = String::new();
            while orders.read_line(&mut line).is_ok_and(|read| read > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
            // Nobody is there any more who would hear an answer.
            exit(0)
        })
    }
}

/// Executes orders, one after the other.
fn execute(
    plan: &Plan,
    orders: &mpsc::Receiver<String>,
    calls: &Calls,
    errand: &(dyn Fn(serde_json::Value) -> serde_json::Value + Sync),
) {
    for line in orders {
        let Ok(Order {
            request,
            tells_calls,
        }) = serde_json::from_str::<Order>(&line)
        else {
            calls.tell(&Message::Refused(
                "it was asked for nothing it knows".to_owned(),
            ));
            continue;
        };
        calls.begin(tells_calls);
        let begun = now();
        let more = || {
            calls.begin_run();
            !tells_calls && begun.elapsed() < ANSWER_AFTER
        };
        let answer = plan.answer(request, &more, errand);
        calls.tell(&answer.map_or_else(
            || Message::Refused("it was asked for something that is not in its plan".to_owned()),
            Message::Answer,
        ));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how many runs make one answer depends on time; what they answer does not"
)]
fn now() -> Instant {
    Instant::now()
}

/// What ends a worker is expected, and leaves no files behind.
fn without_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Core).maximum;
    let none = Rlimit {
        current: Some(0),
        maximum,
    };
    // Where that is refused, there may be files.
    let _ = setrlimit(Resource::Core, none);
}
