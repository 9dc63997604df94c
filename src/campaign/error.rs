//! Why a campaign cannot go on, or its parts cannot be joined.

use crate::vfs::VfsError;

/// Why there is no summary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// The filesystem of the results refuses.
    #[error(transparent)]
    Vfs(#[from] VfsError),
    /// The folder was removed or moved while results were written to it.
    #[error(
        "{folder} is gone or another by now: it was removed, moved or begun anew while results were written to it"
    )]
    Gone {
        /// The folder.
        folder: String,
    },
    /// A file of results holds a run that does not belong there.
    #[error("{file}:{line}: expected {expected}; it is not what this campaign wrote")]
    Foreign {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What should be there.
        expected: String,
    },
    /// The folder holds another campaign than the one that is to go on.
    #[error("{folder} holds another campaign, with which this one cannot go on: {difference}")]
    Other {
        /// The folder.
        folder: String,
        /// What differs first.
        difference: String,
    },
    /// A file of a folder is not what it should be.
    #[error("{file} cannot be read as a result of a campaign: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Shards do not belong together, or do not make a whole.
    #[error("{0}")]
    Shards(String),
    /// What is to be executed in another process cannot be.
    #[error("{0}")]
    Executor(String),
    /// What is executed in another process was ended without an answer, since the campaign is to end.
    #[error("it did not come to an end in time, when the campaign was to end")]
    CutOff,
}

/// What came of something, but for what was ended since the campaign is to end: that is nothing.
pub(super) fn unless_cut_off<T>(
    result: Result<T, CampaignError>,
) -> Result<Option<T>, CampaignError> {
    match result {
        Err(CampaignError::CutOff) => Ok(None),
        result => result.map(Some),
    }
}
