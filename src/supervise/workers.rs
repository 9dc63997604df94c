//! The supervisor: as many workers as threads ask at a time, and a new one for each that ends.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Limits, message::Hello, process::Process};
use crate::campaign::{Answer, CampaignError, Ended, Executor, GivenUp, Plan, Request, Telling};

/// How often it is tried to start a worker.
const STARTS: u32 = 3;

/// Processes that execute a plan.
#[derive(Debug)]
struct Workers {
    hello: Hello,
    /// Those that nobody asks just now.
    idle: Mutex<Vec<Process>>,
}

/// Processes that execute a plan; each is given `given`, from which the program makes the plan again. Nothing on systems
/// other than Linux.
///
/// # Errors
///
/// [`CampaignError::Executor`] if none can be started.
pub fn workers(
    plan: &Plan,
    limits: &Limits,
    given: serde_json::Value,
) -> Result<Option<Arc<dyn Executor>>, CampaignError> {
    let hello = Hello {
        fingerprint: plan.fingerprint(),
        limits: *limits,
        given,
    };
    // The first one shows that it can be done at all.
    let first = started(&hello)?;
    Ok(Some(Arc::new(Workers {
        hello,
        idle: Mutex::new(vec![first]),
    })))
}

impl Executor for Workers {
    fn ask(
        &self,
        request: &Request,
        telling: Telling,
        is_given_up: GivenUp<'_>,
    ) -> Result<Result<Answer, Ended>, CampaignError> {
        let idle = self.idle().pop();
        let mut process = match idle {
            Some(process) => process,
            None => started(&self.hello)?,
        };
        let answer = process.ask(request, telling, is_given_up)?;
        if answer.is_ok() {
            self.idle().push(process);
        }
        Ok(answer)
    }
}

/// A new worker; one that somebody ends while it starts is not the last one.
fn started(hello: &Hello) -> Result<Process, CampaignError> {
    (1..STARTS)
        .find_map(|_| Process::start(hello).ok())
        .map_or_else(|| Process::start(hello), Ok)
}

impl Workers {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
