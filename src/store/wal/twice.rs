//! Barriers that hear of what they could not do.
//!
//! What a barrier could not write, ext4 with journaled data reports at the next call only. So each file is synced twice
//! before anything relies on it: the second call has nothing to write, and tells of the first one. Both are one barrier of
//! the caller's, whose place a trace shows.

use super::precaution::Precaution;
use crate::vfs::{VfsFile, VfsResult};

/// fsync, and an answer that can be relied on.
#[track_caller]
pub(super) fn sync_all_twice(file: &dyn VfsFile, without: Option<Precaution>) -> VfsResult<()> {
    file.sync_all()?;
    if Precaution::SecondSync.is_taken(without) {
        file.sync_all()?;
    }
    Ok(())
}

/// fdatasync, and an answer that can be relied on.
#[track_caller]
pub(super) fn sync_data_twice(file: &dyn VfsFile, without: Option<Precaution>) -> VfsResult<()> {
    file.sync_data()?;
    if Precaution::SecondSync.is_taken(without) {
        file.sync_data()?;
    }
    Ok(())
}
