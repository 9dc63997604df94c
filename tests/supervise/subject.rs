//! A counter in a file that some seeds drive into what no process survives.

use std::{
    hint::black_box,
    path::PathBuf,
    process::Command,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tornwrite::{
    base::Seed,
    campaign::{Entry, Kept, Plan, Regression},
    oracle::{Case, Issued, Oracle, Outcome, Witness},
    profile::{Device, PROFILES},
    run::{
        Acknowledgements, CrashMode, Expectation, Faults, Job, Mode, RunConfig, Schedule, Subject,
        SubjectError, Workload,
    },
    trace::{OperationId, Promise},
    vfs::{OpenOptions, Path, Vfs, VfsError, VfsExt as _, VfsFile},
    workload::Past,
};

/// What a run is made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evil {
    Loop,
    Overflow,
    Abort,
    Hoard,
    Exit,
    /// Panics, as a verdict that needs no supervisor, and aborts when it is asked what its files mean.
    Mute,
    /// Aborts once, and never again.
    Once,
    /// Waits for a message that nobody sends.
    Wait,
    /// Looks again and again whether something has come.
    Poll,
    /// Waits for longer than it may, for a process that it started.
    Child,
    /// Waits for not as long as it may, bit by bit.
    Nap,
}

/// Which seeds do what while they work; all others add numbers.
pub(crate) const IN_WORK: &[(u64, Evil)] = &[
    (2, Evil::Loop),
    (3, Evil::Overflow),
    (5, Evil::Abort),
    (7, Evil::Hoard),
    (8, Evil::Exit),
    (23, Evil::Wait),
    (26, Evil::Child),
    (27, Evil::Nap),
];

/// Which seeds do what when they recover.
pub(crate) const IN_RECOVERY: &[(u64, Evil)] = &[
    (11, Evil::Loop),
    (13, Evil::Overflow),
    (14, Evil::Abort),
    (17, Evil::Hoard),
    (18, Evil::Exit),
    (21, Evil::Mute),
    (24, Evil::Poll),
];

pub(crate) const SEEDS: u64 = 40;

/// In a file this stands for what a recovery is to do.
const PLANTED: u8 = 0xf0;

impl Evil {
    const ALL: [Evil; 11] = [
        Evil::Loop,
        Evil::Overflow,
        Evil::Abort,
        Evil::Hoard,
        Evil::Exit,
        Evil::Mute,
        Evil::Once,
        Evil::Wait,
        Evil::Poll,
        Evil::Child,
        Evil::Nap,
    ];

    fn happen(self, flag: Option<&PathBuf>) {
        match self {
            Evil::Loop => loop {
                black_box(());
            },
            Evil::Overflow => {
                black_box(deep(0));
            }
            Evil::Abort => std::process::abort(),
            Evil::Hoard => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
            Evil::Exit => std::process::exit(3),
            Evil::Mute => panic!("it has nothing to say"),
            Evil::Wait => {
                let (_sender, receiver) = mpsc::channel::<()>();
                let _ = receiver.recv();
            }
            Evil::Poll => loop {
                thread::sleep(Duration::from_millis(30));
            },
            Evil::Nap => (0..10).for_each(|_| thread::sleep(Duration::from_millis(50))),
            Evil::Child => {
                let ended = Command::new("sleep").arg("1.4").status();
                assert!(ended.expect("it can be started").success());
            }
            Evil::Once => {
                let flag = flag.expect("where it is noted");
                if std::fs::File::create_new(flag).is_ok() {
                    std::process::abort();
                }
            }
        }
    }
}

#[expect(unconditional_recursion, reason = "until the stack is full")]
fn deep(depth: u64) -> u64 {
    black_box(depth) + black_box(deep(depth + 1))
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Operation {
    Add(u8),
    Do(Evil),
    /// Lets every recovery do it that finds it.
    Plant(Evil),
}

#[derive(Debug, Default)]
pub(crate) struct Counter {
    /// Where [`Evil::Once`] notes that it happened.
    pub(crate) flag: Option<PathBuf>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped by"
)]
fn failed(error: VfsError) -> SubjectError {
    SubjectError(error.to_string())
}

impl Subject for Counter {
    type Operation = Operation;
    type State = usize;
    type Instance = (Arc<dyn Vfs>, Box<dyn VfsFile>);

    fn open(&self, vfs: Arc<dyn Vfs>, _: u64) -> Result<Self::Instance, SubjectError> {
        let options = OpenOptions::new().read().append().create();
        let file = vfs.open(Path::new(b"c"), options).map_err(failed)?;
        let bytes = vfs.read(Path::new(b"c")).map_err(failed)?;
        if let Some(planted) = bytes.iter().find(|byte| **byte >= PLANTED) {
            Evil::ALL[usize::from(planted - PLANTED)].happen(self.flag.as_ref());
        }
        Ok((vfs, file))
    }

    fn apply(
        &self,
        (vfs, file): &mut Self::Instance,
        id: OperationId,
        operation: &Operation,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<usize>, SubjectError> {
        let byte = match *operation {
            Operation::Add(byte) => byte,
            Operation::Do(evil) => {
                evil.happen(self.flag.as_ref());
                0
            }
            Operation::Plant(evil) => {
                let known = Evil::ALL.iter().position(|known| *known == evil);
                PLANTED + u8::try_from(known.expect("all are there")).expect("few")
            }
        };
        file.append(&[byte]).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        vfs.sync_dir(Path::ROOT).map_err(failed)?;
        acks.acknowledge(id, Promise::Durable);
        Ok(None)
    }

    fn read(&self, (vfs, _): &mut Self::Instance) -> Result<usize, SubjectError> {
        Ok(vfs.read(Path::new(b"c")).map_err(failed)?.len())
    }

    fn close(&self, _: Self::Instance) -> Result<(), SubjectError> {
        Ok(())
    }

    fn describe(&self, _: Path<'_>, bytes: &[u8]) -> Vec<String> {
        let is_mute =
            |byte: &u8| *byte >= PLANTED && Evil::ALL[usize::from(byte - PLANTED)] == Evil::Mute;
        if bytes.iter().any(is_mute) {
            std::process::abort();
        }
        vec![format!("0 {} numbers", bytes.len())]
    }
}

/// A few numbers, and what its seed is made to do.
#[derive(Debug)]
struct Seeded {
    /// One more, and the seed that does it.
    extra: Option<(u64, Evil)>,
}

impl Workload<Operation> for Seeded {
    fn life(&self, seed: Seed, _: u32, _: u32, _: &[Past<'_, Operation>]) -> Vec<Operation> {
        let mut operations = vec![Operation::Add(1), Operation::Add(2), Operation::Add(3)];
        let of = |all: &[(u64, Evil)]| all.iter().find(|(at, _)| *at == seed.0).map(|one| one.1);
        if let Some(evil) = of(IN_WORK).or(of(self.extra.as_slice())) {
            operations.push(Operation::Do(evil));
        }
        if let Some(evil) = of(IN_RECOVERY) {
            operations.insert(1, Operation::Plant(evil));
        }
        operations
    }

    fn probe(&self, _: Seed, _: u32, _: &[Past<'_, Operation>]) -> Operation {
        Operation::Add(9)
    }
}

/// Knows one invariant: recovery succeeds.
struct Comes;

impl Oracle<Operation, usize> for Comes {
    fn invariants(&self) -> Vec<&'static str> {
        vec!["recovery-succeeds"]
    }

    fn check(&self, case: &Case<'_, Operation, usize>, outcomes: &mut Vec<Outcome>) {
        outcomes.push(match case.recovery {
            Ok(_) => Outcome::Holds { exercised: true },
            Err(failure) => Outcome::Violated(Box::new(Witness {
                given: "a few operations".to_owned(),
                shown: failure.to_string(),
                however: "it has to come up".to_owned(),
            })),
        });
    }

    fn shown(&self, history: &[Issued<'_, Operation>], state: &usize) -> Vec<bool> {
        (0..history.len()).map(|index| index < *state).collect()
    }
}

fn config() -> RunConfig {
    RunConfig {
        crash: CrashMode::PowerLoss,
        profile: &PROFILES[0],
        device: Device::honest(),
        lives: 1,
        in_recovery: 0,
        recovery_states: 1,
        mode: Mode::Sampled,
        states_per_run: 16,
        exhaustive_budget: 64,
        operations_per_life: 100,
        skip: None,
        faults: Faults::default(),
        swarm: false,
    }
}

fn job(flag: Option<PathBuf>, extra: Option<(u64, Evil)>) -> Job<Counter> {
    Job {
        subject: Counter { flag },
        workload: Box::new(Seeded { extra }),
        oracle: Box::new(Comes),
    }
}

/// Forty seeds, of which some are hostile; with a flag, one more aborts once.
pub(crate) fn plan(flag: Option<PathBuf>) -> Plan {
    let extra = flag.is_some().then_some((30, Evil::Once));
    let mut entry = Entry::new("counting", "counter", job(flag, extra), config());
    entry.seeds = 0..SEEDS;
    Plan::new(vec![entry])
}

/// The same, with a kept reproducer of a seed that ends its process.
pub(crate) fn plan_with_regression() -> Plan {
    let kept = Kept {
        name: "aborts".to_owned(),
        file: "aborts.json".to_owned(),
        scenario: "counting".to_owned(),
        invariant: "operations-succeed".to_owned(),
        expectation: Expectation::Clean,
    };
    let regression = Regression::new(
        kept,
        job(None, None),
        config(),
        Seed(5),
        Schedule::default(),
    );
    plan(None).with_regressions(vec![regression])
}
