//! Operations as reports name them: a word, a number, a path and the place in the subject's code.

use serde::{Deserialize, Serialize};

use super::{schedule::Outline, timeline::describe_mark};
use crate::{simfs::Recording, trace::Action};

/// One operation of a trace, in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedOperation {
    /// Its index in the trace: the number that the timeline shows.
    pub index: u32,
    /// What was done ("write 6 to wal.log").
    pub text: String,
    /// Where in the subject's code: file and line; empty for what the harness says.
    pub site: String,
}

impl NamedOperation {
    pub(super) fn new(recording: &Recording, outline: &Outline, index: u32) -> NamedOperation {
        let Some(entry) = recording.trace.entries().get(index as usize) else {
            return NamedOperation {
                index,
                text: format!("operation {index}"),
                site: String::new(),
            };
        };
        let verb = entry.action.verb();
        let (text, is_said) = match entry.action {
            Action::Mark(mark) => (describe_mark(mark), true),
            Action::BarrierBegin { inode, .. }
            | Action::BarrierEnd { inode, .. }
            | Action::BarrierFailed { inode, .. } => {
                let path = outline.path_of(inode);
                (format!("{verb} {index} of {}", shown(path)), false)
            }
            action => {
                let (name, _) = outline.name(index);
                let path = name.strip_prefix(verb).unwrap_or(&name).trim_start();
                let joint = match action {
                    Action::Write { .. }
                    | Action::Rename { .. }
                    | Action::Link { .. }
                    | Action::Exchange { .. } => "to",
                    _ => "of",
                };
                (format!("{verb} {index} {joint} {}", shown(path)), false)
            }
        };
        let site = if is_said {
            String::new()
        } else {
            format!("{}:{}", entry.site.file(), entry.site.line())
        };
        NamedOperation { index, text, site }
    }
}

/// The root has no name.
fn shown(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}
