//! What one script showed on one filesystem.

use std::collections::{BTreeMap, BTreeSet};

use tornwrite::litmus::Script;

use crate::{examine::Found, filesystem::Filesystem, session::Trigger};

/// What one script showed on one filesystem.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) filesystem: &'static Filesystem,
    pub(crate) script: String,
    /// Each outcome with the number of crash states that showed it.
    pub(crate) seen: BTreeMap<String, u64>,
    pub(crate) states: u64,
    pub(crate) unmountable: u64,
    pub(crate) unreadable: u64,
    /// Errors that kept a run from being recorded, and what made a disk unmountable or unreadable.
    pub(crate) troubles: BTreeSet<String>,
    allowed: [Option<BTreeSet<String>>; 2],
}

/// Which of a profile's two strengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    Documented,
    Observed,
}

impl Cell {
    pub(crate) fn new(filesystem: &'static Filesystem, script: &Script) -> Cell {
        let names = [filesystem.name, filesystem.observed];
        let own = |outcomes: BTreeSet<&str>| outcomes.into_iter().map(str::to_owned).collect();
        Cell {
            filesystem,
            script: script.name.clone(),
            seen: BTreeMap::new(),
            states: 0,
            unmountable: 0,
            unreadable: 0,
            troubles: BTreeSet::new(),
            allowed: names.map(|name| script.allowed(name).map(own)),
        }
    }

    /// Counts what one crash left.
    pub(crate) fn count(&mut self, found: Found) {
        self.states += 1;
        match found {
            Found::Tree(tree) => *self.seen.entry(tree).or_default() += 1,
            Found::Unmountable(error) => {
                self.unmountable += 1;
                self.troubles.insert(format!("mount: {error}"));
            }
            Found::Unreadable(error) => {
                self.unreadable += 1;
                self.troubles.insert(format!("read: {error}"));
            }
        }
    }

    /// Notes what kept a run from being recorded.
    pub(crate) fn trouble(&mut self, trigger: Trigger, error: &std::io::Error) {
        self.troubles.insert(format!("{trigger:?}: {error}"));
    }

    /// What the profile allows; `None` if the script does not list it.
    pub(crate) fn allowed(&self, strength: Strength) -> Option<&BTreeSet<String>> {
        self.allowed[strength as usize].as_ref()
    }

    /// What was seen although the profile forbids it.
    pub(crate) fn forbidden(&self, strength: Strength) -> Vec<&str> {
        let Some(allowed) = self.allowed(strength) else {
            return Vec::new();
        };
        let seen = self
            .seen
            .keys()
            .filter(|outcome| !allowed.contains(*outcome));
        seen.map(String::as_str).collect()
    }

    /// Whether anything forbidden was seen.
    pub(crate) fn is_wrong(&self) -> bool {
        [Strength::Documented, Strength::Observed]
            .iter()
            .any(|&strength| !self.forbidden(strength).is_empty())
    }
}
