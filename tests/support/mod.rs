//! A subject of the tests' own: a list of numbers in a file, with its faults to choose from.

use std::sync::Arc;

use tornwrite::{
    base::Seed,
    oracle::{Case, Issued, Oracle, Outcome, Witness},
    profile::{Device, Profile},
    run::{
        Acknowledgements, CrashMode, Faults, Job, Mode, RunConfig, Subject, SubjectError, Workload,
    },
    trace::{OperationId, Promise},
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsError, VfsExt as _, VfsFile},
    workload::{Past, Standing},
};

/// What is wrong with the list, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It acknowledges before it syncs.
    NoSync,
    /// The same, and its file has another name.
    NoSyncElsewhere,
    /// Recovery panics on a torn number.
    Panics,
    /// Recovery of a torn number never ends.
    Loops,
    /// It cannot append a third number.
    FailsAtThree,
}

/// A list of numbers, four bytes each, in one file.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(pub Fault);

pub(crate) struct OpenNumbers {
    file: Box<dyn VfsFile>,
    list: Vec<u32>,
}

fn say(error: &VfsError) -> SubjectError {
    SubjectError::new(error)
}

impl Numbers {
    fn path(&self) -> Path<'static> {
        Path::from(if self.0 == Fault::NoSyncElsewhere {
            "others"
        } else {
            "numbers"
        })
    }
}

impl Subject for Numbers {
    type Operation = u32;
    type State = Vec<u32>;
    type Instance = OpenNumbers;

    fn open(&self, vfs: Arc<dyn Vfs>, _: u64) -> Result<OpenNumbers, SubjectError> {
        let options = OpenOptions::new().read().append().create();
        let file = vfs
            .open(self.path(), options)
            .map_err(|error| say(&error))?;
        vfs.sync_dir(Path::ROOT).map_err(|error| say(&error))?;
        let bytes = file.read_to_end().map_err(|error| say(&error))?;
        let torn = bytes.len() % 4 != 0 || bytes.chunks_exact(4).any(|number| number == [0; 4]);
        assert!(!torn || self.0 != Fault::Panics, "a torn number");
        if torn && self.0 == Fault::Loops {
            loop {
                vfs.exists(self.path()).map_err(|error| say(&error))?;
            }
        }
        let numbers = bytes
            .chunks_exact(4)
            .map(|number| u32::from_le_bytes(number.try_into().unwrap()));
        let list: Vec<u32> = numbers.take_while(|number| *number != 0).collect();
        file.set_len(4 * list.len() as u64)
            .map_err(|error| say(&error))?;
        file.sync_all().map_err(|error| say(&error))?;
        Ok(OpenNumbers { file, list })
    }

    fn apply(
        &self,
        open: &mut OpenNumbers,
        id: OperationId,
        number: &u32,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<Vec<u32>>, SubjectError> {
        if self.0 == Fault::FailsAtThree && open.list.len() == 2 {
            return Err(SubjectError("two are enough".to_owned()));
        }
        open.file
            .append_all(&number.to_le_bytes())
            .map_err(|error| say(&error))?;
        if !matches!(self.0, Fault::NoSync | Fault::NoSyncElsewhere) {
            open.file.sync_data().map_err(|error| say(&error))?;
        }
        open.list.push(*number);
        acks.acknowledge(id, Promise::Durable);
        Ok(None)
    }

    fn read(&self, open: &mut OpenNumbers) -> Result<Vec<u32>, SubjectError> {
        Ok(open.list.clone())
    }

    fn close(&self, _: OpenNumbers) -> Result<(), SubjectError> {
        Ok(())
    }
}

/// Twelve numbers a life, each four times as long as a sector would need to tear them in the middle.
#[derive(Debug)]
pub(crate) struct CountUp;

impl Workload<u32> for CountUp {
    fn life(&self, _: Seed, life: u32, _: u32, _: &[Past<'_, u32>]) -> Vec<u32> {
        (1..=12).map(|number| 100 * (life + 1) + number).collect()
    }

    fn probe(&self, _: Seed, _: u32, _: &[Past<'_, u32>]) -> u32 {
        9999
    }
}

/// What must survive is there, and recovery shows something.
pub(crate) struct Durable;

impl Oracle<u32, Vec<u32>> for Durable {
    fn invariants(&self) -> Vec<&'static str> {
        vec!["recovery-succeeds", "durable-ack"]
    }

    fn check(&self, case: &Case<'_, u32, Vec<u32>>, outcomes: &mut Vec<Outcome>) {
        let violated = |shown: String| {
            let given = format!("{} numbers were issued", case.history.len());
            let however = "what was acknowledged must be there".to_owned();
            Outcome::Violated(Box::new(Witness {
                given,
                shown,
                however,
            }))
        };
        let list = match case.recovery {
            Ok(list) => list,
            Err(failure) => {
                outcomes.extend([violated(failure.to_string()), Outcome::NotEvaluated]);
                return;
            }
        };
        outcomes.push(Outcome::Holds { exercised: true });
        let must = |issued: &&Issued<'_, u32>| issued.standing == Standing::MustSurvive;
        let missing = case
            .history
            .iter()
            .filter(must)
            .find(|issued| !list.contains(issued.operation));
        outcomes.push(match missing {
            Some(issued) => violated(format!("{} is missing", issued.operation)),
            None => Outcome::Holds {
                exercised: case.history.iter().any(|issued| must(&issued)),
            },
        });
    }

    fn shown(&self, history: &[Issued<'_, u32>], list: &Vec<u32>) -> Vec<bool> {
        history
            .iter()
            .map(|issued| list.contains(issued.operation))
            .collect()
    }
}

pub(crate) fn job(fault: Fault) -> Job<Numbers> {
    Job {
        subject: Numbers(fault),
        workload: Box::new(CountUp),
        oracle: Box::new(Durable),
    }
}

pub(crate) fn config(crash: CrashMode, profile: &str, lives: u32) -> RunConfig {
    RunConfig {
        crash,
        profile: Profile::find(profile).unwrap(),
        device: Device::honest(),
        lives,
        in_recovery: 1,
        recovery_states: 2,
        mode: Mode::Sampled,
        states_per_run: 32,
        exhaustive_budget: 4096,
        operations_per_life: 2_000,
        skip: None,
        swarm: false,
        faults: Faults::default(),
    }
}
