//! Kept reproducers: which of them a run replays first.

use std::{collections::BTreeSet, path::Path};

use super::{exit::Failure, files, target};
use crate::{
    campaign::{Kept, Regression},
    scenario::Problem,
};

/// The regressions that these paths mean; all of them can be replayed.
pub(super) fn load(paths: &[impl AsRef<Path>]) -> Result<Vec<Regression>, Failure> {
    let mut seen = BTreeSet::new();
    let mut regressions: Vec<Regression> = Vec::new();
    for path in paths {
        for file in files::regressions(path.as_ref())? {
            // The same file may be given twice, as a file and with its folder.
            let identity = file.canonicalize().unwrap_or_else(|_| file.clone());
            if !seen.insert(identity) {
                continue;
            }
            let regression = regression(&file)?;
            let name = &regression.kept.name;
            if let Some(other) = regressions.iter().find(|other| other.kept.name == *name) {
                return Err(Failure::Usage(format!(
                    "two regressions are named {name}: {} and {}",
                    other.kept.file, regression.kept.file
                )));
            }
            regressions.push(regression);
        }
    }
    Ok(regressions)
}

fn regression(file: &Path) -> Result<Regression, Failure> {
    let target = target::load(file)?;
    let label = file.display().to_string();
    target.refuse_death(&format!("{label} cannot be kept as a regression"))?;
    let refused = |problem: Problem| Failure::Usage(format!("{label}: {problem}"));
    let job = target.job().map_err(refused)?;
    let config = target.scenario.run_config().map_err(refused)?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let kept = Kept {
        name: stem.into_owned(),
        file: label.clone(),
        scenario: target.scenario.name.clone(),
        invariant: target.invariant.clone(),
        expectation: target.scenario.check.expect.clone(),
    };
    Ok(Regression::new(
        kept,
        job,
        config,
        target.seed,
        target.schedule,
    ))
}
