//! Executes runs in processes of their own, so that what a process cannot catch in itself becomes a verdict with its seed.
//!
//! ```text
//! campaign ─► Workers (an Executor) ─► a process for each thread that asks ─► the plan, as it is in this process
//! ```
//!
//! A subject that overflows its stack, aborts, ends the process, computes or waits without end or takes all the memory ends its
//! worker.
//! The supervisor starts another, executes the runs that were under way one by one to find out which it was and during which
//! call of the subject, and the campaign goes on. Explanations and replays that end their worker are left out, and said to be.
//!
//! ```no_run
//! use tornwrite::{campaign::Plan, supervise::{self, Limits}};
//! # fn plan() -> Plan { Plan::new(Vec::new()) }
//!
//! // First thing in `main`, with a plan that depends on the arguments and on files that stay as they are.
//! let plan = supervise::protect(plan(), &Limits::default())?;
//! // From here on as ever: only the supervisor gets here.
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Guarantees:
//! - A campaign gives the same summary with it and without it, as long as nothing ends a process.
//! - A worker lives no longer than its supervisor, however that ends, and gets nothing of what a terminal sends (Ctrl-C).
//! - CPU time is that of the worker, not the time that passes: on a busy machine nothing is called endless that is not. Nor does
//!   it make anybody wait, or does a machine that sleeps. Only a call of the subject is measured, never what the harness does
//!   between two.
//! - Nobody waits for what is under way when a campaign is to end, for longer than a short while.
//!
//! Deliberately absent: systems other than Linux, where everything is executed in one process; protection of the machine
//! against a subject that means harm, since a worker may do what its user may; `#[test]` functions, whose process cannot be
//! started again from the start: use a test with `harness = false`, or an example.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod message;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod wait;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod worker;
#[cfg(target_os = "linux")]
mod workers;

use serde::{Deserialize, Serialize};

use crate::campaign::{CampaignError, Plan};

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Worker, worker, workers};
#[cfg(target_os = "linux")]
pub use worker::{Worker, worker};
#[cfg(target_os = "linux")]
pub use workers::workers;

/// The variable by which a process knows that it is a worker: the number of the socket that it was started with.
pub const VARIABLE: &str = "TORNWRITE_WORKER";

/// What a worker may take before it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time that one call of the subject may take: an operation, or a recovery.
    pub cpu_seconds: u64,
    /// Time for which one call of the subject may wait, and do nothing else.
    pub wait_seconds: u64,
    /// Memory that a worker may hold while the subject is called.
    pub memory_mib: u64,
}

impl Default for Limits {
    /// 60 seconds of either, and 2 GiB.
    fn default() -> Limits {
        Limits {
            cpu_seconds: 60,
            wait_seconds: 60,
            memory_mib: 2048,
        }
    }
}

/// The plan, to be executed in other processes; in one of those, this serves it and never returns.
///
/// The program is started again with the same arguments, as often as threads execute the plan, and has to come here with the
/// same plan each time. On other systems than Linux the plan comes back as it is.
///
/// # Errors
///
/// [`CampaignError::Executor`] if a worker cannot be started.
pub fn protect(plan: Plan, limits: &Limits) -> Result<Plan, CampaignError> {
    if let Some(worker) = worker() {
        worker.serve(&plan, &|_| serde_json::Value::Null);
    }
    let workers = workers(&plan, limits, serde_json::Value::Null)?;
    Ok(match workers {
        Some(workers) => plan.executed_by(workers),
        None => plan,
    })
}
