//! The words of the house, as `explain` tells them; `ARCHITECTURE.md` lists the same.

/// Words that belong together, separated by commas, and what they mean.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    (
        "live image, durable image",
        "what the running program sees; what completed barriers guarantee",
    ),
    (
        "persistence barrier",
        "an operation that makes earlier effects durable: fsync, fdatasync, fsync of a directory, syncfs, msync, an `O_DSYNC` write",
    ),
    (
        "effect",
        "the smallest thing that persists or not: sectors of one write in one block, a size, a directory entry",
    ),
    (
        "pending",
        "recorded, and not covered by a completed barrier",
    ),
    (
        "crash point",
        "the position in the trace at which the crash falls",
    ),
    (
        "crash state",
        "the durable image, a legal subset of pending effects, and the fill of any gap",
    ),
    (
        "lost, torn, reordered",
        "a pending effect absent; some sectors of one write; a later effect present without an earlier one",
    ),
    (
        "process crash, power loss",
        "the page cache survives; it is lost",
    ),
    ("profile", "what one filesystem promises"),
    (
        "device",
        "what is below the filesystem, and how it breaks its promise",
    ),
    (
        "media fault, damage",
        "what a device did to the disk after the crash; what the oracle is told of it",
    ),
    (
        "sync group",
        "what one barrier made certain; nothing durable was written after the last one",
    ),
    ("subject", "the system under test"),
    (
        "life",
        "one stretch between start (recovery) and crash; a run has one or more",
    ),
    (
        "swarm",
        "each run goes without a random half of the kinds of choice and operations, so that rare combinations get runs of their own",
    ),
    (
        "ledger",
        "each operation as must-survive, in doubt, or gone",
    ),
    (
        "invariant, violation, witness",
        "a named property, its breach, the smallest evidence",
    ),
    ("seed, run, campaign", "a `u64`, one execution, many runs"),
    (
        "scenario",
        "a TOML file: subject, workload, crash, invariants, expectation, budget",
    ),
    (
        "reproducer, token",
        "a file that replays one violation; the same as one line of text",
    ),
    (
        "regression, stale",
        "a kept reproducer, which a run replays before anything new; one that cannot be laid onto what the subject does today",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_architecture_are_these() {
        let document = include_str!("../../ARCHITECTURE.md");
        let words = document.split("## Words").nth(1).unwrap();
        let rows = words
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| word"));
        let known = GLOSSARY
            .iter()
            .map(|(words, meaning)| format!("| {words} | {meaning} |"));
        assert_eq!(rows.collect::<Vec<_>>(), known.collect::<Vec<_>>());
    }
}
