//! From bytes to a scenario, or to what is wrong with them and where.

use std::ops::Range;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::{InputError, Problem, SCENARIO_VERSION, Scenario, check};

/// A scenario file is at most this large.
pub const SCENARIO_BYTES_MAX: u64 = 1 << 20;

/// The one key that every version of the format has.
#[derive(Deserialize)]
struct Head {
    version: toml::Spanned<i64>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// `path` is how errors name the file, `stem` the name of a scenario that gives itself none.
    pub fn parse(path: &str, stem: &str, bytes: &[u8]) -> Result<Scenario, InputError> {
        if bytes.len() as u64 > SCENARIO_BYTES_MAX {
            return Err(too_large(path, bytes.len() as u64));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(path, bytes, error))?;
        let refused = |error: &toml::de::Error| {
            InputError::at(path, text, error.span().unwrap_or(0..0), error.message())
        };
        let head: Head = toml::from_str(text).map_err(|error| refused(&error))?;
        if *head.version.get_ref() != i64::from(SCENARIO_VERSION) {
            let problem = check::unsupported_version((*head.version.get_ref()).into());
            return Err(InputError::at(
                path,
                text,
                head.version.span(),
                &problem.message,
            ));
        }
        let mut scenario: Scenario = toml::from_str(text).map_err(|error| refused(&error))?;
        if scenario.name.is_empty() {
            stem.clone_into(&mut scenario.name);
        }
        let misplaced = |problem: Problem| {
            InputError::at(path, text, find(text, &problem.key), &problem.message)
        };
        scenario.check().map_err(misplaced)?;
        scenario.resolve().map_err(misplaced)?;
        Ok(scenario)
    }

    /// Writes out what the subject's options were left to.
    pub fn resolve(&mut self) -> Result<(), Problem> {
        let options = self.subject.store.options(&self.subject.options);
        let options = options.map_err(|error| check::option_problem(&error))?;
        self.subject.options = options.to_map();
        Ok(())
    }
}

/// The error of a file that is not even looked at.
pub(super) fn too_large(path: &str, size_bytes: u64) -> InputError {
    let message = format!("{size_bytes} bytes are too many: expected at most {SCENARIO_BYTES_MAX}");
    InputError::whole(path, message)
}

fn not_utf8(path: &str, bytes: &[u8], error: std::str::Utf8Error) -> InputError {
    let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
    let end = good.len();
    InputError::at(path, &good, end..end, "not UTF-8: expected a text file")
}

/// Where the value under a key is; the nearest table around it if it was left out.
fn find(text: &str, key: &[String]) -> Range<usize> {
    let Ok(document) = DeTable::parse(text) else {
        return 0..0;
    };
    let mut place = 0..0;
    let mut table = Some(document.get_ref());
    for name in key {
        let found = table.and_then(|table| {
            let mut entries = table.iter();
            entries.find(|(known, _)| known.get_ref().as_ref() == name.as_str())
        });
        let Some((_, value)) = found else {
            break;
        };
        place = value.span();
        table = match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => None,
        };
    }
    place
}
