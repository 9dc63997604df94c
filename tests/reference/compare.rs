//! Holds the states that the harness derives against those of the reference.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use tornwrite::{
    base::{Digest, Position},
    crash::{Frontier, PersistenceGraph, Window, all_points},
    profile::Profile,
    simfs::Recording,
};

use super::{
    disk::{Tree, digest_of, text_of, tree_of},
    rules::Rules,
    states::Reference,
    text::text_of_recording,
};

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub points: usize,
    /// Points with more states than the limit.
    pub skipped: usize,
    /// Distinct trees, over all points.
    pub trees: usize,
    /// Numbered states of the harness, over all points.
    pub states: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.points += other.points;
        self.skipped += other.skipped;
        self.trees += other.trees;
        self.states += other.states;
    }
}

/// The distinct trees of a window.
pub fn trees(window: &Window<'_>) -> BTreeMap<Digest, Tree> {
    let numbers = 0..window.count();
    let trees = numbers.map(|number| tree_of(&window.image(&window.select(number))));
    trees.map(|tree| (digest_of(&tree), tree)).collect()
}

/// The distinct trees at the end of a recording, as text.
pub fn outcomes_at_end(recording: &Recording, profile: &Profile) -> BTreeSet<String> {
    let graph = PersistenceGraph::new(recording, profile);
    let window = Frontier::new(&graph).window(recording.trace.end());
    trees(&window).values().map(text_of).collect()
}

/// The distinct trees at all points of a recording, as text.
pub fn outcomes_anywhere(recording: &Recording, profile: &Profile) -> BTreeSet<String> {
    let graph = PersistenceGraph::new(recording, profile);
    let mut frontier = Frontier::new(&graph);
    let points = all_points(&recording.trace, Position(0));
    let found = points.flat_map(|point| trees(&frontier.window(point)).into_values());
    found.map(|tree| text_of(&tree)).collect()
}

/// Compares all points of a recording under the profile's own rules.
pub fn agrees(recording: &Recording, profile: &Profile) -> Result<Tally, String> {
    compare(recording, profile, Rules::of(profile), 4096)
}

/// Compares all points of a recording, or says where the two differ.
pub fn compare(
    recording: &Recording,
    profile: &Profile,
    rules: Rules,
    limit: usize,
) -> Result<Tally, String> {
    let graph = PersistenceGraph::new(recording, profile);
    let reference = Reference::new(recording, rules);
    let mut frontier = Frontier::new(&graph);
    let mut tally = Tally::default();
    for point in all_points(&recording.trace, Position(0)) {
        let window = frontier.window(point);
        tally.points += 1;
        let expected = reference.states(point.index(), limit);
        let Some(expected) = expected.filter(|_| window.count() <= 2 * limit as u64) else {
            tally.skipped += 1;
            continue;
        };
        let found = trees(&window);
        tally.states += window.count();
        tally.trees += expected.len();
        if expected.keys().ne(found.keys()) {
            return Err(difference(recording, profile, point, &expected, &found));
        }
    }
    Ok(tally)
}

fn difference(
    recording: &Recording,
    profile: &Profile,
    point: Position,
    expected: &BTreeMap<Digest, Tree>,
    found: &BTreeMap<Digest, Tree>,
) -> String {
    let mut text = format!("{profile}, point {point}\n{}", text_of_recording(recording));
    let sides = [("missing", expected, found), ("extra", found, expected)];
    for (word, one, other) in sides {
        let only: Vec<&Tree> = one
            .iter()
            .filter(|(digest, _)| !other.contains_key(digest))
            .map(|(_, tree)| tree)
            .collect();
        if let Some(tree) = only.iter().min_by_key(|tree| text_of(tree).len()) {
            writeln!(
                text,
                "{word} ({} of {}): {}",
                only.len(),
                one.len(),
                text_of(tree)
            )
            .unwrap();
        }
    }
    text
}
