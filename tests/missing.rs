//! What a violation is missing: the ordering that would have prevented it, or that none would.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[allow(dead_code, reason = "not every test has every fault")]
mod support;

use std::sync::Arc;

use support::{config, job};
use tornwrite::{
    base::Seed,
    oracle::{Case, Issued, Oracle, Outcome, Witness},
    report,
    run::{
        Acknowledgements, CrashMode, Job, Legality, Missing, RunConfig, Subject, SubjectError,
        Workload, missing, replay, run, silence_subject_panics,
    },
    trace::{OperationId, Promise},
    vfs::{OpenOptions, Path, Vfs, VfsError, VfsExt as _},
    workload::{Past, Standing},
};

/// What is wrong with the register, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The new value is renamed over the old one before it is synced.
    NoFileSync,
    /// The rename is acknowledged before the directory is synced.
    NoDirectorySync,
    /// Recovery takes a new value that was never renamed for a sign of damage, and begins anew.
    Forgets,
}

/// One number in a file, replaced by a rename.
#[derive(Clone, Debug)]
struct Register(Fault);

const VALUE: &str = "value";
const NEW: &str = "new";

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn say(error: VfsError) -> SubjectError {
    SubjectError::new(&error)
}

impl Subject for Register {
    type Operation = u32;
    type State = u32;
    type Instance = (Arc<dyn Vfs>, u32);

    fn open(&self, vfs: Arc<dyn Vfs>, _: u64) -> Result<(Arc<dyn Vfs>, u32), SubjectError> {
        let exists = |name| vfs.exists(Path::from(name)).map_err(say);
        if self.0 == Fault::Forgets && exists(NEW)? {
            return Ok((vfs, 0));
        }
        if !exists(VALUE)? {
            return Ok((vfs, 0));
        }
        let bytes = vfs.read(Path::from(VALUE)).map_err(say)?;
        let torn = |_| SubjectError("the value is torn".to_owned());
        let value = u32::from_le_bytes(bytes.as_slice().try_into().map_err(torn)?);
        Ok((vfs, value))
    }

    fn apply(
        &self,
        (vfs, value): &mut (Arc<dyn Vfs>, u32),
        id: OperationId,
        number: &u32,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<u32>, SubjectError> {
        let options = OpenOptions::new().write().create().truncate();
        let file = vfs.open(Path::from(NEW), options).map_err(say)?;
        file.write_at(&number.to_le_bytes(), 0).map_err(say)?;
        if self.0 != Fault::NoFileSync {
            file.sync_all().map_err(say)?;
        }
        vfs.rename(Path::from(NEW), Path::from(VALUE))
            .map_err(say)?;
        if self.0 != Fault::NoDirectorySync {
            vfs.sync_dir(Path::ROOT).map_err(say)?;
        }
        *value = *number;
        acks.acknowledge(id, Promise::Durable);
        Ok(None)
    }

    fn read(&self, (_, value): &mut (Arc<dyn Vfs>, u32)) -> Result<u32, SubjectError> {
        Ok(*value)
    }

    fn close(&self, _: (Arc<dyn Vfs>, u32)) -> Result<(), SubjectError> {
        Ok(())
    }
}

#[derive(Debug)]
struct CountUp;

impl Workload<u32> for CountUp {
    fn life(&self, _: Seed, life: u32, _: u32, _: &[Past<'_, u32>]) -> Vec<u32> {
        (1..=6).map(|number| 100 * (life + 1) + number).collect()
    }

    fn probe(&self, _: Seed, _: u32, _: &[Past<'_, u32>]) -> u32 {
        9999
    }
}

/// The last value that must survive is there, or a later one.
struct Durable;

impl Oracle<u32, u32> for Durable {
    fn invariants(&self) -> Vec<&'static str> {
        vec!["durable-ack"]
    }

    fn check(&self, case: &Case<'_, u32, u32>, outcomes: &mut Vec<Outcome>) {
        let must = |issued: &&Issued<'_, u32>| issued.standing == Standing::MustSurvive;
        let must = case
            .history
            .iter()
            .rfind(must)
            .map_or(0, |issued| *issued.operation);
        let shown = case.recovery.as_ref().map_or(0, |value| **value);
        let witness = || Witness {
            given: format!("{must} was acknowledged"),
            shown: format!("recovery showed {:?}", case.recovery),
            however: "what was acknowledged must be there".to_owned(),
        };
        outcomes.push(if shown < must {
            Outcome::Violated(Box::new(witness()))
        } else {
            Outcome::Holds {
                exercised: must > 0,
            }
        });
    }

    fn shown(&self, history: &[Issued<'_, u32>], value: &u32) -> Vec<bool> {
        history
            .iter()
            .map(|issued| issued.operation <= value)
            .collect()
    }
}

fn register(fault: Fault) -> Job<Register> {
    Job {
        subject: Register(fault),
        workload: Box::new(CountUp),
        oracle: Box::new(Durable),
    }
}

/// What each violation of some seeds is missing, and why its crashes are legal.
fn all_missing<S: Subject>(job: &Job<S>, config: &RunConfig) -> Vec<(Missing, Vec<Legality>)> {
    silence_subject_panics();
    let mut found = Vec::new();
    for seed in (0..12).map(Seed) {
        for violation in run(job, config, seed).violations {
            let (schedule, invariant) = (&violation.schedule, violation.invariant);
            let again = replay(job, config, seed, schedule, invariant);
            let first = missing(job, config, seed, schedule, &again).unwrap();
            assert!(first.complete, "{first:?}");
            let twice = missing(job, config, seed, schedule, &again);
            assert_eq!(Some(&first), twice.as_ref(), "the same twice");
            for legality in again.legality() {
                assert!(
                    legality.under.contains(&config.profile.name.to_owned()),
                    "{legality:?}"
                );
            }
            found.push((first, again.legality()));
        }
    }
    assert!(!found.is_empty(), "nothing was found");
    found
}

/// Whether a sentence reads as the pattern does, in which `#` stands for a number.
fn reads(sentence: &str, pattern: &str) -> bool {
    let digits = |text: &str| {
        let mut plain = String::new();
        for character in text.chars() {
            match character {
                '0'..='9' if plain.ends_with('N') => {}
                '0'..='9' => plain.push('N'),
                other => plain.push(other),
            }
        }
        plain
    };
    digits(sentence) == pattern
}

fn power_loss(profile: &str, lives: u32) -> RunConfig {
    RunConfig {
        in_recovery: 0,
        ..config(CrashMode::PowerLoss, profile, lives)
    }
}

#[test]
fn an_acknowledgement_without_fsync_misses_the_write_before_it() {
    for (missing, _) in all_missing(&job(support::Fault::NoSync), &power_loss("ext4-journal", 1)) {
        let sentences = missing.sentences();
        let pattern = "had write N to numbers been durable before #N was acknowledged, this could \
                       not happen";
        assert!(
            sentences.len() == 1 && reads(&sentences[0], pattern),
            "{sentences:#?}"
        );
        let lost = &missing.orderings[0].one_of[0].lost;
        assert!(lost.site.contains("tests/support/mod.rs:"), "{}", lost.site);
    }
}

#[test]
fn a_rename_without_fsync_of_the_file_misses_the_bytes_before_the_rename() {
    let all = all_missing(&register(Fault::NoFileSync), &power_loss("xfs", 1));
    // Before anything was acknowledged an empty file does no harm, until something is.
    let patterns = ["rename N to value", "#N was acknowledged"].map(|later| {
        format!("had write N to new been durable before {later}, this could not happen")
    });
    let mut before_rename = 0;
    for (missing, legality) in &all {
        let sentences = missing.sentences();
        let is_one = patterns.iter().any(|pattern| reads(&sentences[0], pattern));
        assert!(sentences.len() == 1 && is_one, "{sentences:#?}");
        before_rename += usize::from(reads(&sentences[0], &patterns[0]));
        let text = report::missing(missing);
        assert!(text.contains("tests/missing.rs:"), "{text}");
        assert!(legality[0].observed_too, "{legality:?}");
    }
    assert!(before_rename > 0);
    let keys = all.iter().flat_map(|(_, legality)| &legality[0].reasons);
    let keys: Vec<String> = keys
        .filter_map(|reason| Some(reason.rule.clone()?.key))
        .collect();
    assert!(
        keys.iter()
            .any(|key| key == "reach" || key == "rename_over"),
        "{keys:?}"
    );
}

#[test]
fn a_missing_fsync_of_the_directory_is_told_as_the_name_that_was_lost() {
    let all = all_missing(
        &register(Fault::NoDirectorySync),
        &power_loss("posix-minimum", 1),
    );
    for (missing, _) in all {
        let sentences = missing.sentences();
        let pattern = "rename N to value been durable before #N was acknowledged, this could not \
                       happen";
        let last = sentences.iter().any(|sentence| {
            let rest = sentence.split_once("had ").map_or("", |(_, rest)| rest);
            let rest = rest.rsplit_once(" of ").map_or(rest, |(_, rest)| rest);
            reads(rest, pattern)
        });
        assert!(last, "{sentences:#?}");
    }
}

#[test]
fn a_recovery_that_forgets_is_helped_by_no_barrier() {
    let all = all_missing(&register(Fault::Forgets), &power_loss("ext4-ordered", 1));
    let idle = all.iter().filter(|(missing, _)| missing.crash.is_none());
    for (missing, _) in idle.clone() {
        let sentences = missing.sentences();
        let said = "no barrier: it happens though all survives that was done before the crash";
        assert!(sentences[0].starts_with(said), "{sentences:#?}");
        assert_eq!(missing.orderings, []);
    }
    assert!(idle.count() > 0);
}

#[test]
fn a_torn_number_on_which_recovery_panics_is_helped_by_no_barrier() {
    let job = job(support::Fault::Panics);
    for (missing, _) in all_missing(&job, &power_loss("posix-minimum", 1)) {
        let sentences = missing.sentences();
        assert!(
            sentences[0].starts_with("no barrier helps: "),
            "{sentences:#?}"
        );
    }
}

#[test]
fn what_was_lost_in_an_earlier_life_is_found_there() {
    let config = power_loss("posix-minimum", 3);
    let all = all_missing(&register(Fault::NoDirectorySync), &config);
    let later = all.iter().filter(|(_, legality)| legality.len() > 1);
    for (missing, legality) in later {
        let crash = missing.crash.as_ref().unwrap();
        assert!(
            legality.iter().any(|legality| legality.title == *crash),
            "{crash}"
        );
    }
}

#[test]
fn a_register_without_fault_has_no_violation() {
    let job = register(Fault::None);
    for profile in ["posix-minimum", "ext4-ordered", "xfs", "btrfs"] {
        for seed in (0..10).map(Seed) {
            let outcome = run(&job, &power_loss(profile, 2), seed);
            assert_eq!(outcome.violations, [], "{profile}, seed {seed}");
        }
    }
}
