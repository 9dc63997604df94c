//! The rows of the table, with what other tools found in the same stores under the same job.

use super::detection::{Flaw, Store, bank::Count};

/// Violating runs of 1000 by other tools (of 200 for `lazyfs_torn`; of the crash states that it
/// made for ALICE), as they were measured; `-` where a store cannot be written for a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Others {
    turmoil: &'static str,
    madsim: &'static str,
    kill: &'static str,
    lazyfs_clear: &'static str,
    lazyfs_torn: &'static str,
    alice: &'static str,
}

/// A row: a store, the profile that it is tried on, and the invariants that name its flaw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) store: Store,
    pub(crate) profile: &'static str,
    /// None for a control.
    pub(crate) names: &'static [&'static str],
    others: Others,
}

/// The head of the table.
pub(crate) const HEAD: &str = "\
| store | turmoil | madsim | kill -9 | LazyFS clear | LazyFS torn-op, of 200 | ALICE, states | tornwrite | on | violating runs by invariant |
|---|---|---|---|---|---|---|---|---|---|
";

impl Row {
    /// The row as the table shows it.
    pub(crate) fn line(&self, found: &Count) -> String {
        let Others {
            turmoil,
            madsim,
            kill,
            lazyfs_clear,
            lazyfs_torn,
            alice,
        } = self.others;
        let Row { what, profile, .. } = self;
        let broken = found.by_invariant.iter();
        let broken: Vec<String> = broken.map(|(id, count)| format!("{id} {count}")).collect();
        let broken = broken.join(", ");
        let caught = match self.names {
            [] => found.violating,
            _ => found.named,
        };
        format!(
            "| {what} | {turmoil} | {madsim} | {kill} | {lazyfs_clear} | {lazyfs_torn} | {alice} \
             | **{caught}** | `{profile}` | {broken} |"
        )
    }
}

const fn others(figures: [&'static str; 6]) -> Others {
    let [turmoil, madsim, kill, lazyfs_clear, lazyfs_torn, alice] = figures;
    Others {
        turmoil,
        madsim,
        kill,
        lazyfs_clear,
        lazyfs_torn,
        alice,
    }
}

const fn row(
    what: &'static str,
    store: Store,
    names: &'static [&'static str],
    figures: [&'static str; 6],
) -> Row {
    let (profile, others) = ("ext4-ordered", others(figures));
    Row {
        what,
        store,
        profile,
        names,
        others,
    }
}

/// A compacting log with a flaw.
const fn compacting(flaw: Flaw) -> Store {
    Store::CompactingWal(Some(flaw))
}

pub(crate) const ROWS: [Row; 10] = [
    row(
        "correct log",
        Store::Wal(None),
        &[],
        ["0", "0", "0", "0", "0", "0 of 589"],
    ),
    row(
        "correct log with compaction",
        Store::CompactingWal(None),
        &[],
        ["0", "-", "0", "0", "0", "27 of 869"],
    ),
    row(
        "naive NDJSON",
        Store::Ndjson,
        &["atomic-batch", "balanced-transfers"],
        ["0", "460", "460", "0", "~", "10 of 141"],
    ),
    row(
        "a: acknowledges without fsync",
        Store::Wal(Some(Flaw::AcknowledgesBeforeSync)),
        &["durable-ack"],
        ["927", "0", "0", "927", "196", "100 of 634"],
    ),
    row(
        "b: recovery ignores checksum and length",
        Store::Wal(Some(Flaw::IgnoresChecksumAndLength)),
        &["no-phantom"],
        ["0", "0", "0", "0", "181", "340 of 589"],
    ),
    row(
        "b2: recovery ignores the checksum alone",
        Store::Wal(Some(Flaw::IgnoresChecksum)),
        &["no-phantom"],
        ["0", "-", "0", "0", "7", "0 of 589"],
    ),
    row(
        "c: compaction by rename, nothing synced",
        compacting(Flaw::CompactsWithoutSync),
        &["durable-ack"],
        ["785", "-", "0", "105", "18", "6 of 860"],
    ),
    Row {
        profile: "posix-minimum",
        ..row(
            "c1: compaction without directory fsync",
            compacting(Flaw::CompactsWithoutDirectorySync),
            &["durable-ack"],
            ["801", "-", "0", "0", "0", "4 of 870"],
        )
    },
    row(
        "c2: compaction without fsync of the file",
        compacting(Flaw::CompactsWithoutFileSync),
        &["durable-ack"],
        ["824", "-", "0", "148", "18", "3 of 860"],
    ),
    row(
        "d: replace with nothing synced, old or new promised",
        Store::Replace,
        &["recovery-succeeds"],
        ["0", "-", "0", "964", "196", "328 of 1402"],
    ),
];
