//! A worker as its supervisor has it: started, asked, and buried.

use std::{
    io::{self, BufRead, BufReader, Write as _},
    os::{
        fd::OwnedFd,
        unix::{
            net::UnixStream,
            process::{CommandExt as _, ExitStatusExt as _},
        },
    },
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    VARIABLE,
    message::{Hello, Message, Order, line},
};
use crate::campaign::{
    Answer, CampaignError, Cause, Ended, GivenUp, NEVER_GIVEN_UP, Request, Telling,
};

/// A worker whose line is cut off is given this long to end, in steps.
const BURIAL: (u32, Duration) = (2000, Duration::from_millis(1));

/// What is under way when all is to end has this long to come to an end.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is asked whether all is to end, while nothing is heard of a worker.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// `SIGABRT`
const ABORT: i32 = 6;

/// What a worker of ours says last.
#[derive(Clone, Copy, Debug, Default)]
struct LastWords {
    stack_overflow: bool,
    no_memory: bool,
}

/// A worker.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    answers: BufReader<UnixStream>,
    listener: Option<JoinHandle<LastWords>>,
}

impl Process {
    /// Starts this program again, with the same arguments, and waits until it has the plan.
    pub(super) fn start(hello: &Hello) -> Result<Process, CampaignError> {
        let failed = |error: io::Error| {
            CampaignError::Executor(format!(
                "failed to start a process to execute runs in: {error}"
            ))
        };
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        ours.set_read_timeout(Some(ASK_EVERY)).map_err(failed)?;
        let number = rustix::fs::fstat(&theirs).map_err(|error| failed(error.into()))?;
        let mut arguments = std::env::args_os();
        // The file of this program, though another be in its place by now.
        let mut command = Command::new("/proc/self/exe");
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command
            .args(arguments)
            .env(VARIABLE, number.st_ino.to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::piped())
            // What a terminal sends, such as Ctrl-C, is for the supervisor.
            .process_group(0);
        let mut child = command.spawn().map_err(failed)?;
        drop(command);
        let listener = child
            .stderr
            .take()
            .map(|said| thread::spawn(move || listen(BufReader::new(said))));
        let mut process = Process {
            child,
            answers: BufReader::new(ours),
            listener,
        };
        // One that is gone by now is seen below.
        let _ = process.answers.get_mut().write_all(&line(hello));
        match process.hear(&mut Patience::new(NEVER_GIVEN_UP))? {
            Some(Message::Ready) => Ok(process),
            Some(Message::Refused(why)) => Err(CampaignError::Executor(format!(
                "a process that is to execute runs refuses: {why}"
            ))),
            _ => Err(CampaignError::Executor(format!(
                "a process that is to execute runs ended before it could be asked: {}",
                process.bury()
            ))),
        }
    }

    /// Asks, and waits for the answer; what ended the process if there is none. Where that is an error, the process is of no use
    /// any more.
    pub(super) fn ask(
        &mut self,
        request: &Request,
        telling: Telling,
        is_given_up: GivenUp<'_>,
    ) -> Result<Result<Answer, Ended>, CampaignError> {
        let mut patience = Patience::new(is_given_up);
        let order = line(&Order::new(request, telling));
        // One that is gone by now is seen below.
        let _ = self.answers.get_mut().write_all(&order);
        let mut during = None;
        loop {
            match self.hear(&mut patience)? {
                Some(Message::Answer(answer)) => return Ok(Ok(answer)),
                Some(Message::Begins(now)) => during = Some(now),
                Some(Message::Ends) => during = None,
                Some(Message::Over(cause)) => {
                    let _ = self.child.kill();
                    self.bury();
                    return Ok(Err(Ended { cause, during }));
                }
                Some(Message::Refused(why)) => {
                    let why = format!("a process that executes runs refuses: {why}");
                    return Err(CampaignError::Executor(why));
                }
                Some(Message::Ready) => {}
                None => {
                    let cause = self.bury();
                    return Ok(Err(Ended { cause, during }));
                }
            }
        }
    }

    /// The next message; nothing if there will be none.
    fn hear(&mut self, patience: &mut Patience<'_>) -> Result<Option<Message>, CampaignError> {
        let mut line = Vec::new();
        let read = loop {
            if patience.is_over() {
                return Err(CampaignError::CutOff);
            }
            match self.answers.read_until(b'\n', &mut line) {
                // What was read of the line by then is kept.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => break read,
            }
        };
        let is_whole = read.is_ok() && line.last() == Some(&b'\n');
        let message = is_whole.then(|| serde_json::from_slice(&line).ok());
        Ok(message.flatten())
    }

    /// Waits until the process is gone; what ended it.
    fn bury(&mut self) -> Cause {
        let (steps, step) = BURIAL;
        let mut gone = None;
        for _ in 0..steps {
            gone = self.child.try_wait().ok().flatten();
            if gone.is_some() {
                break;
            }
            thread::sleep(step);
        }
        if gone.is_none() {
            // It cut its line off, and lives on.
            let _ = self.child.kill();
            gone = self.child.wait().ok();
        }
        let said = self.last_words();
        let signal = gone.and_then(|status| status.signal());
        match (signal, gone.and_then(|status| status.code())) {
            (Some(ABORT), _) if said.stack_overflow => Cause::StackOverflow,
            (Some(ABORT), _) if said.no_memory => Cause::AllocationFailed,
            (Some(signal), _) => Cause::Signal(signal),
            (None, code) => Cause::Exit(code.unwrap_or(-1)),
        }
    }
}

impl Process {
    /// What it said last; nothing if somebody else, whom it started, may go on saying something.
    fn last_words(&mut self) -> LastWords {
        let (steps, step) = BURIAL;
        let Some(listener) = self.listener.take() else {
            return LastWords::default();
        };
        for _ in 0..steps {
            if listener.is_finished() {
                return listener.join().unwrap_or_default();
            }
            thread::sleep(step);
        }
        LastWords::default()
    }
}

/// How long an answer is waited for.
struct Patience<'a> {
    is_given_up: GivenUp<'a>,
    /// Since when nobody needs it any more.
    since: Option<Instant>,
}

impl<'a> Patience<'a> {
    fn new(is_given_up: GivenUp<'a>) -> Patience<'a> {
        Patience {
            is_given_up,
            since: None,
        }
    }

    fn is_over(&mut self) -> bool {
        (self.is_given_up)() && self.since.get_or_insert_with(now).elapsed() >= GRACE
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is cut off depends on time, and is not counted"
)]
fn now() -> Instant {
    Instant::now()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes on what a worker says, but for what the runtime says of how it ends: that is told in the verdict.
fn listen(mut said: impl BufRead) -> LastWords {
    let mut words = LastWords::default();
    let mut line = Vec::new();
    // An empty line comes before some last words; it waits for what follows.
    let mut blanks = 0;
    while said.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        if line == b"\n" {
            blanks += 1;
            line.clear();
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        let is_last = |of: &str| text.trim_end().ends_with(of);
        if is_last("has overflowed its stack")
            || text.starts_with("fatal runtime error: stack overflow")
        {
            words.stack_overflow = true;
            blanks = 0;
        } else if text.starts_with("memory allocation of ") && is_last(" bytes failed") {
            words.no_memory = true;
            blanks = 0;
        } else {
            let text = ["\n".repeat(blanks).as_bytes(), &line].concat();
            // Nobody hears it: then nobody does.
            let _ = io::stderr().write_all(&text);
            blanks = 0;
        }
        line.clear();
    }
    words
}
