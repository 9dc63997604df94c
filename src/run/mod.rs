//! One seed, one verdict: record, crash, recover, check.
//!
//! A run is a pure function of its configuration and its seed. The subject is recorded once a life; every crash state of that
//! life is derived from the recording; a clean one of them, drawn from the seed, is the disk of the next life.

mod config;
mod coverage;
mod disturb;
mod drawing;
mod driver;
mod event_store;
mod evidence;
mod expectation;
mod explore;
mod guard;
mod lay;
mod legality;
mod life;
mod look;
mod media;
mod missing;
mod naming;
mod outcome;
mod recover;
mod replay;
mod schedule;
mod signature;
mod space;
mod state;
mod strip;
mod subject;
mod timeline;

pub use crate::crash::{KINDS, Kind};
pub use crate::simfs::{FaultKind, Faults, InjectedError, Injection};
pub use config::{CrashMode, Mode, RunConfig};
pub use coverage::{Coverage, CoverageMark};
pub use drawing::{Drawing, DrawnBlock, DrawnPiece, Shape};
pub use driver::{OPERATIONS_SUCCEED, run};
pub use event_store::{EventStoreJob, EventStoreSubject};
pub use evidence::{Compared, Difference, DiskFile, Evidence, evidence};
pub use expectation::Expectation;
pub use guard::silence_subject_panics;
pub use lay::Divergence;
pub use legality::{LegalReason, Legality, QuotedRule};
pub use media::MediaFault;
pub use missing::{Before, Missing, MissingOrdering, Ordering, missing};
pub use naming::NamedOperation;
pub use outcome::{InvariantCount, RunOutcome, Violation};
pub use replay::{Replay, Verdict, replay};
pub use schedule::{Anchor, CrashChoice, KeptEffect, Schedule};
pub use space::LegalStates;
pub use strip::{Strip, StripPoint, StripTick, Tick, strip};
pub use subject::{Acknowledgements, Job, Subject, SubjectError, Workload};
pub use timeline::{Fate, Row, Timeline};
