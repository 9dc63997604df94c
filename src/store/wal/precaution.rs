//! What the store does for safety's sake, each by a name under which it can be left out.
//!
//! For proving that a harness notices: `docs/wal-precautions.md` says of each what it is against and what catches its
//! absence. A store that is to keep anything leaves out nothing.

/// Something that the store does for safety's sake, and whose absence breaks a claim.
///
/// Persistence barriers are not among them: those a run can leave out by their call sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Precaution {
    /// A frame's checksum is compared.
    FrameChecksum,
    /// A frame's checksum covers the segment and the offset that it was written to.
    FramePlace,
    /// A frame is of its segment's incarnation.
    FrameIncarnation,
    /// A frame carries the lsn, the batch and the count that are due.
    FrameSequence,
    /// A batch counts only if all its frames are there.
    WholeBatch,
    /// The checksum of a segment's header and carried frames is compared.
    HeaderChecksum,
    /// A header is of the segment that the file's name says.
    HeaderNumber,
    /// What an older segment holds from the base of a newer one on is forgotten.
    AbandonedTail,
    /// Each opening begins a segment, so that nothing is appended behind a torn tail.
    FreshSegment,
    /// What may be in the page cache alone is written again.
    CarriedBatches,
    /// All that was appended is durable before a new segment says so.
    SyncBeforeSegment,
    /// All that was appended is durable before a snapshot has its name.
    SyncBeforeSnapshot,
    /// A recovery removes a segment only after the new one is durable.
    RecoveryRemovesLast,
    /// A checkpoint removes segments only after the snapshot is durable.
    RemovalAfterSnapshot,
    /// A checkpoint removes segments only after a new one is durable.
    RemovalAfterSegment,
    /// A checkpoint removes the older snapshot only after the new one is durable.
    OlderSnapshotLast,
    /// A snapshot gets its name after it is written.
    TemporarySnapshot,
    /// After a failed write or barrier nothing more is done.
    Poison,
    /// A barrier is asked for twice, to hear of what it could not write.
    SecondSync,
    /// The directories of a store that never opened are made anew.
    RemadeDirectories,
    /// A snapshot's checksum is compared.
    SnapshotChecksum,
    /// A snapshot is the one that the file's name says.
    SnapshotName,
    /// A snapshot has as many events as it says.
    SnapshotCount,
    /// Events that a newer segment builds on and that are not there are corruption.
    BaseProof,
    /// Events that a later frame says were synced, and that are not there, are corruption.
    SyncedProof,
    /// Events that the name of a snapshot, finished or not, says were synced, and that are not there, are corruption.
    NameProof,
    /// A segment with a damaged head that holds an appended batch is corruption.
    UsedSegment,
    /// A log that has lost its last valid segment is corruption.
    ValidSegment,
}

impl Precaution {
    /// All of them.
    pub const ALL: [Precaution; 28] = [
        Precaution::FrameChecksum,
        Precaution::FramePlace,
        Precaution::FrameIncarnation,
        Precaution::FrameSequence,
        Precaution::WholeBatch,
        Precaution::HeaderChecksum,
        Precaution::HeaderNumber,
        Precaution::AbandonedTail,
        Precaution::FreshSegment,
        Precaution::CarriedBatches,
        Precaution::SyncBeforeSegment,
        Precaution::SyncBeforeSnapshot,
        Precaution::RecoveryRemovesLast,
        Precaution::RemovalAfterSnapshot,
        Precaution::RemovalAfterSegment,
        Precaution::OlderSnapshotLast,
        Precaution::TemporarySnapshot,
        Precaution::Poison,
        Precaution::SecondSync,
        Precaution::RemadeDirectories,
        Precaution::SnapshotChecksum,
        Precaution::SnapshotName,
        Precaution::SnapshotCount,
        Precaution::BaseProof,
        Precaution::SyncedProof,
        Precaution::NameProof,
        Precaution::UsedSegment,
        Precaution::ValidSegment,
    ];

    /// The name that scenarios use.
    pub const fn name(self) -> &'static str {
        match self {
            Precaution::FrameChecksum => "frame-checksum",
            Precaution::FramePlace => "frame-place",
            Precaution::FrameIncarnation => "frame-incarnation",
            Precaution::FrameSequence => "frame-sequence",
            Precaution::WholeBatch => "whole-batch",
            Precaution::HeaderChecksum => "header-checksum",
            Precaution::HeaderNumber => "header-number",
            Precaution::AbandonedTail => "abandoned-tail",
            Precaution::FreshSegment => "fresh-segment",
            Precaution::CarriedBatches => "carried-batches",
            Precaution::SyncBeforeSegment => "sync-before-segment",
            Precaution::SyncBeforeSnapshot => "sync-before-snapshot",
            Precaution::RecoveryRemovesLast => "recovery-removes-last",
            Precaution::RemovalAfterSnapshot => "removal-after-snapshot",
            Precaution::RemovalAfterSegment => "removal-after-segment",
            Precaution::OlderSnapshotLast => "older-snapshot-last",
            Precaution::TemporarySnapshot => "temporary-snapshot",
            Precaution::Poison => "poison",
            Precaution::SecondSync => "second-sync",
            Precaution::RemadeDirectories => "remade-directories",
            Precaution::SnapshotChecksum => "snapshot-checksum",
            Precaution::SnapshotName => "snapshot-name",
            Precaution::SnapshotCount => "snapshot-count",
            Precaution::BaseProof => "base-proof",
            Precaution::SyncedProof => "synced-proof",
            Precaution::NameProof => "name-proof",
            Precaution::UsedSegment => "used-segment",
            Precaution::ValidSegment => "valid-segment",
        }
    }

    /// The precaution of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Precaution> {
        Precaution::ALL
            .into_iter()
            .find(|precaution| precaution.name() == name)
    }

    /// Whether it is taken by a store that leaves out `without`.
    pub(super) fn is_taken(self, without: Option<Precaution>) -> bool {
        without != Some(self)
    }
}
