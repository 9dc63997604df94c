//! The strongest filesystem under which it still happens, and an honest device.

use super::shrinker::{Elsewhere, Shrinker};
use crate::{
    profile::{Device, PROFILES, Profile, Strength},
    run::{Attempt, CrashMode, Subject},
};

impl<S: Subject> Shrinker<'_, S> {
    /// An honest device; then the profiles that are stronger than the one that it happened on, the strongest first.
    ///
    /// What was observed is stronger than what is documented; of the same kind, the one that allows fewer states where the
    /// crashes fell.
    pub(super) fn strengthen(&mut self) -> bool {
        let is_honest = self.trust_device();
        if self.best.attempt.config.crash == CrashMode::ProcessCrash {
            // No filesystem loses anything then.
            return is_honest;
        }
        let now = self.best.attempt.config.profile;
        let mut stronger: Vec<_> = PROFILES
            .iter()
            .filter(|profile| self.fails_alike(now, profile))
            .map(|profile| (self.weakness(profile), profile))
            .filter(|(weakness, _)| *weakness < self.weakness(now))
            .collect();
        stronger.sort_by_key(|(weakness, _)| *weakness);
        let mut profiles = stronger.into_iter().map(|(_, profile)| profile);
        profiles.any(|profile| {
            let mut attempt = self.best.attempt.clone();
            attempt.config.profile = profile;
            self.attempt(&attempt, Elsewhere::Hunt)
        }) || is_honest
    }

    fn trust_device(&mut self) -> bool {
        if self.best.attempt.config.device.is_honest() {
            return false;
        }
        let mut attempt: Attempt<_> = self.best.attempt.clone();
        attempt.config.device = Device::honest();
        for crash in attempt.crashes.iter_mut().chain(&mut attempt.in_recovery) {
            *crash = crash.undamaged();
        }
        self.attempt(&attempt, Elsewhere::Hunt)
    }

    /// How much a profile allows at the crashes.
    fn weakness(&self, profile: &Profile) -> (bool, u64) {
        let attempt = &self.best.attempt;
        let device = attempt.config.device;
        let states = attempt
            .all_crashes()
            .map(|crash| crash.states_under(profile, device));
        let states = states.fold(1, u64::saturating_mul);
        (profile.strength == Strength::Documented, states)
    }

    /// Whether an injected error leaves the same behind on both.
    fn fails_alike(&self, one: &Profile, other: &Profile) -> bool {
        let attempt = &self.best.attempt;
        let is_any = attempt.errors.iter().any(|errors| !errors.is_empty())
            || !attempt.errors_in_recovery.is_empty();
        let left = |profile: &Profile| (profile.fsync_failure.value, profile.log_failure.value);
        !is_any || left(one) == left(other)
    }
}
