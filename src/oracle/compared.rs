//! What was asked, what had to become of it, and what did: a row each, for people.
//!
//! Deliberately absent: a verdict. Rows say where expectation and state part; whether that is a violation, and of what, the
//! invariants say.

use serde::{Deserialize, Serialize};

/// What stands in place of an operation where a recovery failed.
pub const RECOVERY: &str = "recovery";

/// One thing that was asked of the subject: what had to become of it, and what did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// What was asked ("#3: 2 transfers to bank/1").
    pub operation: String,
    /// What had to be there ("acknowledged: must be there").
    pub expected: String,
    /// What recovery showed of it ("1 of 4 events").
    pub shown: String,
    /// Whether the two agree.
    pub agrees: bool,
}
