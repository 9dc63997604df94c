//! What the tests of litmus scripts share: the scripts, and the sets that the crash model gives for them.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use tornwrite::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, Window, all_points},
    image::Image,
    litmus::{Grid, Outside, Script, Tree, When, execute},
    profile::{FillSet, FreshTear, FsyncFailure, OverwriteTear, PROFILES, Profile, Rule},
    simfs::{FaultKind, FaultPlan, Faults, Recording, SimFs},
};

/// More crash states than this at one point are not gone through.
const STATES: u64 = 20_000;
/// Sets larger than this are not listed.
const LISTED: usize = 64;

/// The folder of the scripts.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/litmus")
}

/// Every script with the path of its file, in order of names.
pub(crate) fn scripts() -> Vec<(PathBuf, Script)> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        let script = Script::parse(&name.to_string_lossy(), &text);
        let script = script.unwrap_or_else(|error| panic!("{error}"));
        (path, script)
    };
    paths.into_iter().map(read).collect()
}

/// The script with this name.
pub(crate) fn script(name: &str) -> Script {
    let found = scripts()
        .into_iter()
        .find(|(_, script)| script.name == name);
    found.unwrap_or_else(|| panic!("no script {name}")).1
}

/// A rule that a test changed.
pub(crate) fn changed<T>(value: T) -> Rule<T> {
    let source = "changed by a test";
    Rule { value, source }
}

/// The profile on the grid and with the fills of a script.
pub(crate) fn as_asked(script: &Script, profile: &Profile) -> Profile {
    let mut profile = *profile;
    if script.grid == Grid::Block {
        if profile.overwrite_tear.value == OverwriteTear::Sector {
            profile.overwrite_tear = changed(OverwriteTear::Block);
        }
        if profile.fresh_tear.value == FreshTear::Sector {
            profile.fresh_tear = changed(FreshTear::Block);
        }
    }
    if !script.fills {
        profile.fill = changed(FillSet::Zero);
    }
    profile
}

/// The disk on which the program of a script begins: everything that the setup did is durable.
fn prepared(script: &Script) -> Image {
    let fs = SimFs::new();
    execute(&fs, &script.setup, &mut |_| Ok(())).unwrap_or_else(|error| {
        panic!("{}: {error}", script.name);
    });
    fs.live_image()
}

/// The program of a script, recorded; once for each way in which the profile lets an fsync fail.
pub(crate) fn recorded(script: &Script, profile: &Profile) -> Vec<Recording> {
    let failures: Vec<FsyncFailure> = match profile.fsync_failure.value {
        _ if !script.is_simulated_only() => vec![FsyncFailure::CleanNew],
        FsyncFailure::Any => {
            let all = FsyncFailure::ALL.iter().copied();
            all.filter(|&one| one != FsyncFailure::Any).collect()
        }
        one => vec![one],
    };
    let base = prepared(script);
    let record = |&failure: &FsyncFailure| {
        let fs = SimFs::mount(base.clone());
        let run = execute(&fs, &script.program, &mut |outside| {
            if let Outside::FailFsync(_) = outside {
                let faults = Faults {
                    at: Some((1, FaultKind::Fsync)),
                    fsync_failure: Some(failure),
                    ..Faults::default()
                };
                let rng = Rng::new(Seed(0), Stream::InjectedError, 0);
                fs.inject(FaultPlan::drawn(faults, profile, rng));
            }
            Ok(())
        });
        run.unwrap_or_else(|error| panic!("{} {profile}: {error}", script.name));
        fs.finish()
    };
    failures.iter().map(record).collect()
}

/// The outcomes of a script under a profile; `None` where there are too many to list.
pub(crate) fn outcomes(script: &Script, profile: &Profile) -> Option<BTreeSet<String>> {
    let profile = as_asked(script, profile);
    let mut all = BTreeSet::new();
    for recording in recorded(script, &profile) {
        all.extend(outcomes_of(&recording, script.when, &profile)?);
    }
    Some(all)
}

fn outcomes_of(recording: &Recording, when: When, profile: &Profile) -> Option<BTreeSet<String>> {
    let graph = PersistenceGraph::new(recording, profile);
    let mut frontier = Frontier::new(&graph);
    let points: Vec<Position> = match when {
        When::Anywhere => all_points(&recording.trace, Position(0)).collect(),
        When::AfterAck => vec![recording.trace.end()],
    };
    let mut found = BTreeSet::new();
    for point in points {
        let window = frontier.window(point);
        if window.count() > STATES {
            return None;
        }
        for tree in trees(&window) {
            found.insert(tree);
            if found.len() > LISTED {
                return None;
            }
        }
    }
    Some(found)
}

fn trees(window: &Window<'_>) -> impl Iterator<Item = String> {
    let numbers = 0..window.count();
    numbers.map(|number| Tree::of(&window.image(&window.select(number))).to_string())
}

/// The sets of a script, one for each profile, and the profiles whose sets are too large to list.
pub(crate) fn all_outcomes(
    script: &Script,
) -> (BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
    let mut sets = BTreeMap::new();
    let mut unlisted = BTreeSet::new();
    for profile in PROFILES {
        match outcomes(script, profile) {
            Some(set) => {
                sets.insert(profile.name.to_owned(), set);
            }
            None => {
                unlisted.insert(profile.name.to_owned());
            }
        }
    }
    (sets, unlisted)
}
