//! One seed, one verdict: record, crash, recover, check.
//!
//! A run is a pure function of its configuration and its seed. The subject is recorded once a life; every crash state of that
//! life is derived from the recording; a clean one of them, drawn from the seed, is the disk of the next life.

mod altered;
mod attempt;
mod carried;
mod config;
mod coverage;
mod disk;
mod disturb;
mod drawing;
mod driver;
mod event_store;
mod evidence;
mod expectation;
mod explore;
mod fit;
mod given;
mod guard;
mod hunt;
mod identity;
mod lay;
mod legality;
mod life;
mod listed;
mod listing;
mod look;
mod media;
mod missing;
mod naming;
mod nondeterminism;
mod outcome;
mod records;
mod recover;
mod rejudge;
mod replay;
mod schedule;
mod signature;
mod space;
mod state;
mod strip;
mod subject;
mod tagged;
mod timeline;

pub(crate) use altered::Crash;
pub(crate) use attempt::{Attempt, Bench, Failing};
pub(crate) use hunt::Hunt;
pub(crate) use tagged::Tagged;

pub use crate::crash::{KINDS, Kind};
pub use crate::simfs::{FaultKind, Faults, InjectedError, Injection};
pub use config::{CrashMode, Mode, RunConfig};
pub use coverage::{Coverage, CoverageMark};
pub use drawing::{Drawing, DrawnBlock, DrawnPiece, Shape};
pub use driver::{OPERATIONS_SUCCEED, run};
pub use event_store::{EventStoreJob, EventStoreSubject};
pub use evidence::{Compared, Difference, DiskFile, Evidence, evidence};
pub use expectation::Expectation;
pub use fit::{Divergence, Parting};
pub use guard::{Call, Watch, silence_subject_panics, watch_calls};
pub use legality::{LegalReason, Legality, QuotedRule};
pub use listed::ListedWorkload;
pub use listing::{ListedBytes, ListedEntry, TraceListing, listings};
pub use media::MediaFault;
pub use missing::{Before, Missing, MissingOrdering, Ordering, missing};
pub use naming::NamedOperation;
pub use nondeterminism::{Nondeterminism, nondeterminism};
pub use outcome::{InvariantCount, RunOutcome, Violation};
pub use replay::{Replay, Verdict, replay};
pub use schedule::{Anchor, CrashChoice, KeptEffect, Schedule};
pub use signature::finding_signature;
pub use space::LegalStates;
pub use strip::{Strip, StripPoint, StripTick, Tick, strip};
pub use subject::{Acknowledgements, Job, Subject, SubjectError, Workload};
pub use timeline::{Fate, Row, Timeline};
