//! `run --baseline FILE` and `run --record-baseline FILE`

use std::path::Path;

use super::{environment::Environment, exit::Failure, files, output::Output};
use crate::{
    campaign::{Baseline, BaselineError, Summary},
    scenario::InputError,
};

/// A baseline is at most this large.
const BASELINE_BYTES_MAX: u64 = 256 << 20;

/// Reads a baseline.
pub(super) fn load(path: &Path) -> Result<Baseline, Failure> {
    let label = path.display().to_string();
    let bytes = files::read(path, BASELINE_BYTES_MAX)?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| InputError::whole(&label, "not UTF-8: expected a text file"))?;
    Baseline::parse(&text).map_err(|error| {
        let error = match error {
            BaselineError::Malformed(error) => {
                let said = error.to_string();
                let said = said.rsplit_once(" at line ").map_or(&*said, |(said, _)| said);
                let message = format!(
                    "{said}; expected a file of --record-baseline, or a summary.json of this version"
                );
                InputError::at_line(&label, &text, error.line(), error.column(), &message)
            }
            BaselineError::Version { .. } => {
                let at = text.find("\"version\"").unwrap_or(0);
                let span = at..at + "\"version\"".len();
                InputError::at(&label, &text, span, &error.to_string())
            }
            other => InputError::whole(&label, other.to_string()),
        };
        error.into()
    })
}

/// The place for a new baseline, if one is asked for and may be recorded.
pub(super) fn place(
    path: Option<&Path>,
    environment: &Environment,
) -> Result<Option<Output>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    if environment.is_ci {
        return Err(Failure::Usage(
            "--record-baseline does not go with CI (the variable CI is set): what is found there would be called known. \
             Record it on a machine of yours, look at it, and add it to the repository"
                .to_owned(),
        ));
    }
    match Output::prepare(path)? {
        Output::Standard => Err(Failure::Usage(
            "a baseline is recorded in a file: expected a path, not -".to_owned(),
        )),
        output => Ok(Some(output)),
    }
}

/// Writes a baseline.
pub(super) fn record(output: &Output, summary: &Summary) -> Result<(), Failure> {
    let failed = |error| Failure::Results(format!("failed to write down the baseline: {error}"));
    let text = serde_json::to_string_pretty(&Baseline::record(summary)).map_err(failed)?;
    output.write(&(text + "\n"))
}
