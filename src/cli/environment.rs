//! The variables that stand in for options.

use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use super::{exit::Failure, terminal};
use crate::base::Seed;

const PREFIX: &str = "TORNWRITE_";
const KNOWN: [&str; 6] = ["SEED", "RUNS", "JOBS", "SHARD", "OUT", "PROFILE"];

/// What the environment says; an empty variable says nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    pub(super) seed: Option<Seed>,
    pub(super) runs: Option<u64>,
    pub(super) jobs: Option<u16>,
    pub(super) shard: Option<String>,
    pub(super) out: Option<PathBuf>,
    pub(super) profile: Option<String>,
    /// Whether a CI service started it: `CI` is set.
    pub(super) is_ci: bool,
}

impl Environment {
    /// Reads the process's environment, and warns of what it does not know.
    pub(super) fn read() -> Result<Environment, Failure> {
        let ours = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let name = name.strip_prefix(PREFIX)?.to_owned();
            Some((name, value.to_string_lossy().into_owned()))
        });
        let ours: BTreeMap<String, String> = ours.collect();
        // A program that a worker starts inherits what the worker was told.
        let is_unknown = |name: &&String| !KNOWN.contains(&name.as_str()) && *name != "WORKER";
        for name in ours.keys().filter(is_unknown) {
            let nearest = KNOWN
                .iter()
                .min_by_key(|known| strsim::damerau_levenshtein(known, name));
            let nearest = nearest.copied().unwrap_or_default();
            terminal::warn(&format!(
                "{PREFIX}{name} means nothing; the nearest is {PREFIX}{nearest}"
            ));
        }
        let is_ci = std::env::vars_os().any(|(name, value)| name == "CI" && !value.is_empty());
        Ok(Environment {
            is_ci,
            ..Environment::of(&ours)?
        })
    }

    fn of(ours: &BTreeMap<String, String>) -> Result<Environment, Failure> {
        Ok(Environment {
            seed: parse(ours, "SEED")?,
            runs: parse(ours, "RUNS")?,
            jobs: parse::<std::num::NonZeroU16>(ours, "JOBS")?.map(Into::into),
            shard: parse(ours, "SHARD")?,
            out: parse(ours, "OUT")?,
            profile: parse(ours, "PROFILE")?,
            is_ci: false,
        })
    }
}

fn parse<T: FromStr<Err: std::fmt::Display>>(
    ours: &BTreeMap<String, String>,
    name: &str,
) -> Result<Option<T>, Failure> {
    let Some(value) = ours.get(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let wrong = |error| Failure::Usage(format!("{PREFIX}{name}={value}: {error}"));
    value.parse().map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Environment, String> {
        let ours = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Environment::of(&ours).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_variable_is_read_as_its_option() {
        assert_eq!(read("SEED", "0x10").unwrap().seed, Some(Seed(16)));
        assert_eq!(read("JOBS", "").unwrap(), Environment::default());
    }

    #[test]
    fn a_bad_value_is_told_with_the_variable() {
        let error = read("RUNS", "many").unwrap_err();
        assert!(error.starts_with("TORNWRITE_RUNS=many: "), "{error}");
        assert!(read("JOBS", "0").is_err());
    }
}
