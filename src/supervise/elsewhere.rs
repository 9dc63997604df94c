//! Systems on which nothing is executed in other processes.

use std::{convert::Infallible, sync::Arc};

use super::Limits;
use crate::campaign::{CampaignError, Executor, Plan};

/// A process that executes what its supervisor asks for: there is none on this system.
#[derive(Debug)]
pub struct Worker(Infallible);

impl Worker {
    /// What its supervisor gave to it when it was started.
    pub fn given(&self) -> &serde_json::Value {
        match self.0 {}
    }

    /// Executes what it is asked for, until its supervisor ends.
    pub fn serve(self, _: &Plan, _: &(dyn Fn(serde_json::Value) -> serde_json::Value + Sync)) -> ! {
        match self.0 {}
    }
}

/// Never anything on this system.
pub fn worker() -> Option<Worker> {
    None
}

/// Never anything on this system.
pub fn workers(
    _: &Plan,
    _: &Limits,
    _: serde_json::Value,
) -> Result<Option<Arc<dyn Executor>>, CampaignError> {
    Ok(None)
}
