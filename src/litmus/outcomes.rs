//! Which trees each profile allows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Which profiles allow an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Every profile but these.
    AllBut(BTreeSet<String>),
    /// These profiles.
    Only(BTreeSet<String>),
}

impl Who {
    /// Reads `all`, `all but NAME...` or `NAME...`.
    pub fn parse(text: &str) -> Option<Who> {
        let names = |words: &str| {
            let names: BTreeSet<String> = words.split_whitespace().map(str::to_owned).collect();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            let all = names
                .iter()
                .all(|name| name.bytes().all(plain) && name != "all");
            (all && !names.is_empty()).then_some(names)
        };
        let text = text.trim();
        match text.strip_prefix("all but ") {
            Some(rest) => names(rest).map(Who::AllBut),
            None if text == "all" => Some(Who::AllBut(BTreeSet::new())),
            None => names(text).map(Who::Only),
        }
    }

    /// The shorter way to name those of `everyone` that are in `those`.
    fn of(those: &BTreeSet<String>, everyone: &BTreeSet<String>) -> Who {
        let others: BTreeSet<String> = everyone.difference(those).cloned().collect();
        if others.len() < those.len() {
            Who::AllBut(others)
        } else {
            Who::Only(those.clone())
        }
    }

    /// Whether the profile is meant.
    pub fn is(&self, profile: &str) -> bool {
        match self {
            Who::AllBut(names) => !names.contains(profile),
            Who::Only(names) => names.contains(profile),
        }
    }

    /// The names that are written out.
    pub fn names(&self) -> &BTreeSet<String> {
        let (Who::AllBut(names) | Who::Only(names)) = self;
        names
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().iter().map(String::as_str).collect();
        let names = names.join(" ");
        match self {
            Who::AllBut(_) if names.is_empty() => f.write_str("all"),
            Who::AllBut(_) => write!(f, "all but {names}"),
            Who::Only(_) => f.write_str(&names),
        }
    }
}

/// Each outcome with the profiles that allow it, and the profiles whose sets are too large to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Outcomes in order.
    pub allowed: BTreeMap<String, Who>,
    /// Profiles about which the script says nothing.
    pub unlisted: BTreeSet<String>,
}

impl Outcomes {
    /// What is written for these sets, one for each profile.
    pub fn of(sets: &BTreeMap<String, BTreeSet<String>>, unlisted: BTreeSet<String>) -> Outcomes {
        let everyone: BTreeSet<String> = sets.keys().cloned().collect();
        let mut by_outcome: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (profile, outcomes) in sets {
            for outcome in outcomes {
                let profiles = by_outcome.entry(outcome.clone()).or_default();
                profiles.insert(profile.clone());
            }
        }
        let allowed = by_outcome.into_iter();
        let allowed = allowed.map(|(outcome, those)| (outcome, Who::of(&those, &everyone)));
        Outcomes {
            allowed: allowed.collect(),
            unlisted,
        }
    }

    /// The set of a profile; `None` if the script does not list it.
    pub fn set(&self, profile: &str) -> Option<BTreeSet<&str>> {
        if self.allowed.is_empty() || self.unlisted.contains(profile) {
            return None;
        }
        let allowed = self.allowed.iter().filter(|(_, who)| who.is(profile));
        Some(allowed.map(|(outcome, _)| outcome.as_str()).collect())
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (outcome, who) in &self.allowed {
            writeln!(f, "  {outcome}: {who}")?;
        }
        if !self.unlisted.is_empty() {
            let names: Vec<&str> = self.unlisted.iter().map(String::as_str).collect();
            writeln!(f, "  unlisted: {}", names.join(" "))?;
        }
        Ok(())
    }
}
