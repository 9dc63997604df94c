//! What a replay is given: the operations of each life, and the errors injected into it.

use super::{Schedule, Subject, driver, replay::Replayer, swarm::Mask, tagged::TaggedError};
use crate::{simfs::FaultPlan, workload::Ledger};

impl<S: Subject> Replayer<'_, S> {
    /// What is asked in a life: what is listed, or what the workload draws.
    pub(super) fn operations(
        &mut self,
        number: u32,
        earlier: &(Vec<S::Operation>, Ledger),
    ) -> Vec<S::Operation> {
        let Some(listed) = &self.listed else {
            let (job, seed, lives) = (self.job, self.trials.seed, self.config.lives);
            let mask = Mask::of(job, self.config, seed);
            let drawn = driver::operations(job, &mask, seed, number, lives, earlier);
            if let Some(asked) = &mut self.asked {
                asked.push(drawn.clone());
            }
            return drawn;
        };
        let (operations, tags) = listed.life(number);
        self.tags.extend(tags);
        operations
    }

    /// A plan in which just the recorded errors are injected into a life. One without any still tells of earlier failures.
    pub(super) fn faults_of_life(&self, schedule: &Schedule, number: u32) -> Option<FaultPlan> {
        if let Some(placed) = self.placed {
            let errors = placed.get(number as usize).map_or(&[][..], Vec::as_slice);
            let errors = TaggedError::placed(errors, &self.tags);
            let is_any = !errors.is_empty() || !self.config.faults.is_none();
            return is_any.then(|| FaultPlan::placed(errors, self.config.profile));
        }
        let errors = schedule.errors.get(number as usize);
        let errors = errors.cloned().unwrap_or_default();
        let is_any = !errors.is_empty() || !self.config.faults.is_none();
        is_any.then(|| FaultPlan::listed(errors, self.config.profile))
    }

    /// The same for the recovery from the last crash.
    pub(super) fn faults_in_recovery(&self, schedule: &Schedule) -> Option<FaultPlan> {
        let errors = &schedule.errors_in_recovery;
        (!errors.is_empty()).then(|| FaultPlan::listed(errors.clone(), self.config.profile))
    }
}
