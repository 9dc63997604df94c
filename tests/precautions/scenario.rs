//! Shipped scenarios with something left out.

use tornwrite::{base::Seed, run::run, scenario::Scenario, store::OptionValue};

use super::{rows::Left, sites};

/// Runs of each scenario: enough for every row, and no more than a test may take.
const RUNS: u64 = 30;

/// How many runs violate this invariant with this left out, and of how many.
pub(crate) fn violating(
    name: &str,
    (profile, device): (&str, &str),
    left: &Left,
    invariant: &str,
) -> (u64, u64) {
    let path = format!("{}/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap();
    let mut scenario = Scenario::parse(&path, name, &bytes).unwrap();
    if let Left::Precaution(precaution, _) = left {
        let name = OptionValue::Text(precaution.name().to_owned());
        scenario.subject.options.insert("without".to_owned(), name);
    }
    let mut profiles = scenario.by_profile();
    let scenario = profiles.find(|scenario| {
        let config = scenario.run_config().unwrap();
        (config.profile.name, config.device.name) == (profile, device)
    });
    let scenario = scenario.unwrap_or_else(|| panic!("{name} has no {profile} on {device}"));
    let job = scenario.job().unwrap();
    let mut config = scenario.run_config().unwrap();
    if let Left::Barrier {
        file,
        function,
        call,
    } = *left
    {
        config.skip = Some(sites::find(file, function, call));
    }
    let violates = |seed: &u64| {
        let outcome = run(&job, &config, Seed(*seed));
        let mut found = outcome.violations.iter();
        found.any(|violation| violation.invariant == invariant)
    };
    ((0..RUNS).filter(violates).count() as u64, RUNS)
}
