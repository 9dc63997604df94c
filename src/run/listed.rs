//! A workload whose operations are written down instead of drawn.

use super::Workload;
use crate::{base::Seed, workload::Past};

/// The operations of each life, as a reproducer holds them; the probe is still the original's.
#[derive(Debug)]
pub struct ListedWorkload<Operation> {
    lives: Vec<Vec<Operation>>,
    original: Box<dyn Workload<Operation>>,
}

impl<Operation> ListedWorkload<Operation> {
    /// These operations, of which `original` drew more.
    pub fn new(lives: Vec<Vec<Operation>>, original: Box<dyn Workload<Operation>>) -> Self {
        ListedWorkload { lives, original }
    }
}

impl<Operation: Clone + std::fmt::Debug + Send + Sync> Workload<Operation>
    for ListedWorkload<Operation>
{
    fn life(&self, _: Seed, life: u32, _: u32, _: &[Past<'_, Operation>]) -> Vec<Operation> {
        self.lives.get(life as usize).cloned().unwrap_or_default()
    }

    fn probe(&self, seed: Seed, life: u32, past: &[Past<'_, Operation>]) -> Operation {
        self.original.probe(seed, life, past)
    }

    /// Nothing is taken out of what is listed: what its run went without was never asked.
    fn optional(&self) -> Vec<&'static str> {
        self.original.optional()
    }

    fn smaller(&self, operation: &Operation) -> Vec<Operation> {
        self.original.smaller(operation)
    }

    fn accepts(&self, lives: &[Vec<Operation>]) -> bool {
        self.original.accepts(lives)
    }
}
