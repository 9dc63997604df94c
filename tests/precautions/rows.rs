//! The list: what is left out, what it is against, and what notices.

use tornwrite::store::wal::Precaution;

use super::damage::Damage;

/// What is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Left {
    /// A barrier: file, function, call.
    Barrier {
        file: &'static str,
        function: &'static str,
        call: &'static str,
    },
    /// A precaution, and the function that takes it.
    Precaution(Precaution, &'static str),
}

/// What notices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caught {
    /// A shipped scenario, on one of its profiles, by an invariant.
    Scenario {
        name: &'static str,
        profile: &'static str,
        invariant: &'static str,
    },
    /// The shipped scenario of media faults, by `detects-corruption`.
    Media,
    /// Damage to what was synced, which then passes for the truth.
    Damage(Damage),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) left: Left,
    pub(crate) against: &'static str,
    pub(crate) caught: Caught,
}

impl Row {
    pub(crate) fn barrier(&self) -> Option<(&'static str, &'static str, &'static str)> {
        match self.left {
            Left::Barrier {
                file,
                function,
                call,
            } => Some((file, function, call)),
            Left::Precaution(..) => None,
        }
    }

    pub(crate) fn precaution(&self) -> Option<Precaution> {
        match self.left {
            Left::Barrier { .. } => None,
            Left::Precaution(precaution, _) => Some(precaution),
        }
    }

    pub(crate) fn what(&self) -> String {
        match self.left {
            Left::Barrier { call, .. } => format!("`{call}`"),
            Left::Precaution(precaution, _) => format!("`{}`", precaution.name()),
        }
    }

    pub(crate) fn place(&self) -> String {
        match self.left {
            Left::Barrier { file, function, .. } => {
                format!(
                    "`{}`, `{function}`",
                    file.trim_start_matches("src/store/wal/")
                )
            }
            Left::Precaution(_, place) => format!("`{place}`"),
        }
    }
}

const fn barrier(
    file: &'static str,
    function: &'static str,
    call: &'static str,
    against: &'static str,
    caught: Caught,
) -> Row {
    let left = Left::Barrier {
        file,
        function,
        call,
    };
    Row {
        left,
        against,
        caught,
    }
}

const fn check(
    precaution: Precaution,
    place: &'static str,
    against: &'static str,
    caught: Caught,
) -> Row {
    let left = Left::Precaution(precaution, place);
    Row {
        left,
        against,
        caught,
    }
}

const fn on(profile: &'static str, name: &'static str, invariant: &'static str) -> Caught {
    Caught::Scenario {
        name,
        profile,
        invariant,
    }
}

const MINIMUM: &str = "posix-minimum";
const ORDERED: &str = "ext4-ordered";
const MOD: &str = "src/store/wal/mod.rs";
const SEGMENT: &str = "src/store/wal/segment.rs";
const SNAPSHOT: &str = "src/store/wal/snapshot.rs";

/// Every barrier, in the order of the source.
pub(crate) const BARRIERS: [Row; 9] = [
    barrier(
        MOD,
        "open",
        "sync_dir(Path::ROOT)",
        "the directories of log and snapshots are gone with all that is in them",
        on(MINIMUM, "wal-power-loss", "durable-ack"),
    ),
    barrier(
        MOD,
        "open",
        "sync_dir(segment::DIRECTORY)",
        "the new segment stands and one before it does not, whose name only the page cache had",
        on(MINIMUM, "wal-creation", "recovery-succeeds"),
    ),
    barrier(
        MOD,
        "append",
        "sync_data_twice(self.active.file)",
        "a batch is acknowledged that is not durable",
        on(MINIMUM, "wal-checkpoint-rotate", "durable-ack"),
    ),
    barrier(
        MOD,
        "sync_log",
        "sync_data_twice(self.active.file)",
        "a group is acknowledged that is not durable",
        on(ORDERED, "wal-power-loss", "durable-ack"),
    ),
    barrier(
        MOD,
        "make_directory",
        "sync_dir(directory)",
        "of a creation that is undone the first segment goes before the others, which then look like damage",
        on(MINIMUM, "wal-creation", "recovery-succeeds"),
    ),
    barrier(
        SEGMENT,
        "create",
        "sync_all_twice(file)",
        "a segment is used whose head is not durable; what it carries is gone",
        on(ORDERED, "wal-power-loss", "recovery-succeeds"),
    ),
    barrier(
        SEGMENT,
        "create",
        "sync_dir(DIRECTORY)",
        "a segment is used whose name is not durable",
        on(MINIMUM, "wal-power-loss", "durable-ack"),
    ),
    barrier(
        SNAPSHOT,
        "write",
        "sync_all_twice(file)",
        "a snapshot has its name before its bytes",
        on(ORDERED, "wal-power-loss", "recovery-succeeds"),
    ),
    barrier(
        SNAPSHOT,
        "write",
        "sync_dir(DIRECTORY)",
        "the log is removed that a snapshot covers whose name is not durable",
        on(MINIMUM, "wal-checkpoint-rotate", "recovery-succeeds"),
    ),
];

/// Checks of recovery, and the order in which things are done: what legal crashes need.
pub(crate) const CHECKS: [Row; 15] = [
    check(
        Precaution::FrameChecksum,
        "frame::decode",
        "a hole in a frame passes for its bytes",
        on(ORDERED, "wal-power-loss", "no-phantom"),
    ),
    check(
        Precaution::FramePlace,
        "frame::decode",
        "a frame that a removed segment left in a new one's blocks makes the new one look used",
        on(MINIMUM, "wal-stale-blocks", "recovery-succeeds"),
    ),
    check(
        Precaution::WholeBatch,
        "Reading::batch",
        "the first events of a torn batch are shown",
        on(ORDERED, "wal-power-loss", "atomic-batch"),
    ),
    check(
        Precaution::HeaderChecksum,
        "Header::decode",
        "a segment counts whose carried batches are torn, and they are forgotten where they were",
        on(MINIMUM, "wal-creation", "durable-ack"),
    ),
    check(
        Precaution::HeaderNumber,
        "Header::decode",
        "the head of a removed segment in a new one's block passes for the new one's",
        on(MINIMUM, "wal-stale-blocks", "recovery-succeeds"),
    ),
    check(
        Precaution::AbandonedTail,
        "Reading::restart_at",
        "what was torn off comes back in place of what was written instead",
        on(ORDERED, "wal-power-loss", "forward-progress"),
    ),
    check(
        Precaution::FreshSegment,
        "Wal::open",
        "a batch is appended behind a torn tail, where no recovery looks",
        on(ORDERED, "wal-power-loss", "forward-progress"),
    ),
    check(
        Precaution::CarriedBatches,
        "Recovered::carried",
        "what only the page cache held is built upon",
        on(MINIMUM, "wal-process-then-power", "recovery-succeeds"),
    ),
    check(
        Precaution::SyncBeforeSegment,
        "Wal::start_segment",
        "a segment says that all before it is durable, and it is not",
        on(ORDERED, "wal-power-loss", "recovery-succeeds"),
    ),
    check(
        Precaution::SyncBeforeSnapshot,
        "Wal::write_checkpoint",
        "a snapshot's name, finished or not, says that the log is durable, and it is not",
        on(MINIMUM, "wal-unsynced-snapshot", "recovery-succeeds"),
    ),
    check(
        Precaution::RecoveryRemovesLast,
        "Wal::open",
        "a segment is removed before what it held is in another",
        on(ORDERED, "wal-power-loss", "durable-ack"),
    ),
    check(
        Precaution::RemovalAfterSnapshot,
        "Wal::write_checkpoint",
        "segments are removed before a snapshot holds what they hold",
        on(ORDERED, "wal-power-loss", "recovery-succeeds"),
    ),
    check(
        Precaution::RemovalAfterSegment,
        "Wal::write_checkpoint",
        "the last valid segment is removed before there is another",
        on(ORDERED, "wal-power-loss", "recovery-succeeds"),
    ),
    check(
        Precaution::OlderSnapshotLast,
        "Wal::write_checkpoint",
        "the only durable snapshot is removed",
        on(MINIMUM, "wal-checkpoint-rotate", "recovery-succeeds"),
    ),
    check(
        Precaution::TemporarySnapshot,
        "snapshot::write",
        "a snapshot that is half written is the newest",
        on(MINIMUM, "wal-checkpoint-rotate", "recovery-succeeds"),
    ),
];

/// Checks that damage to what was synced needs.
pub(crate) const FAULTS: [Row; 8] = [
    check(
        Precaution::FrameChecksum,
        "frame::decode",
        "other bytes pass for an event",
        Caught::Media,
    ),
    check(
        Precaution::SnapshotChecksum,
        "snapshot::decode",
        "other bytes pass for an event",
        Caught::Media,
    ),
    check(
        Precaution::SyncedProof,
        "Header::proves_synced",
        "damage in a segment passes for its end",
        Caught::Media,
    ),
    check(
        Precaution::BaseProof,
        "Reading::segment",
        "damage at the end of a segment passes for the end of the log",
        Caught::Media,
    ),
    check(
        Precaution::NameProof,
        "snapshot::named_lsn",
        "damage in the last group passes for a torn tail, although a snapshot was begun behind it",
        Caught::Media,
    ),
    check(
        Precaution::HeaderChecksum,
        "Header::decode",
        "the log is taken to start somewhere else",
        Caught::Damage(Damage::Flip),
    ),
    check(
        Precaution::UsedSegment,
        "segment::was_used",
        "a damaged head passes for a segment that was never used",
        Caught::Damage(Damage::LostSector),
    ),
    check(
        Precaution::ValidSegment,
        "recovery::recover",
        "a log without a valid segment passes for a new one",
        Caught::Damage(Damage::LostSector),
    ),
];

/// What operations that fail need.
pub(crate) const FAILURES: [Row; 2] = [
    check(
        Precaution::Poison,
        "Wal::guarded",
        "a batch is appended behind one that may be a hole",
        on(ORDERED, "wal-faults", "durable-ack"),
    ),
    check(
        Precaution::SecondSync,
        "twice.rs",
        "a barrier failed, and only the next one would have said so",
        on("ext4-journal", "wal-faults", "recovery-succeeds"),
    ),
];

/// Second lines: what nothing gets as far as, and why they stay.
pub(crate) const ARGUED: [(Precaution, &str); 5] = [
    (
        Precaution::RemadeDirectories,
        "where a failed fsync of a directory leaves its blocks clean, as fsync(2) permits, no later one writes the names; \
         injected errors leave them dirty",
    ),
    (
        Precaution::FrameIncarnation,
        "behind `frame-place`: no number of a segment is used twice once a batch was appended to it",
    ),
    (
        Precaution::FrameSequence,
        "behind `frame-place`: a place of a segment is written once, so what is read there in turn is due",
    ),
    (
        Precaution::SnapshotName,
        "behind `snapshot-checksum`: no two snapshots have the same size and other events",
    ),
    (
        Precaution::SnapshotCount,
        "behind `snapshot-checksum`: what was written has as many events as it says",
    ),
];
