//! What a profile promises, as far as it decides what a failed barrier takes back.

use crate::profile::{DataPath, Growth, Profile, Reach};

/// What of the profile decides how far a failed barrier takes a file back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promises {
    /// What goes through the log, so that the failure of a data block does not undo it.
    pub(super) logged: Logged,
    /// A barrier covers all files.
    pub(super) covers_all: bool,
}

/// What of a file goes through the log; each value includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Logged {
    Nothing,
    /// Truncates.
    Cuts,
    /// The length of a file that grows by a write.
    Growth,
    /// Bytes.
    Bytes,
}

impl Promises {
    pub(super) fn of(profile: &Profile) -> Promises {
        let logged = if profile.data.value == DataPath::Journaled {
            Logged::Bytes
        } else if profile.growth.value == Growth::Logged {
            Logged::Growth
        } else if profile.has_log() {
            Logged::Cuts
        } else {
            Logged::Nothing
        };
        Promises {
            logged,
            covers_all: logged == Logged::Bytes || profile.reach.value == Reach::Everything,
        }
    }
}
