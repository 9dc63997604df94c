//! A recording as text.

use std::fmt::Write as _;

use tornwrite::{
    image::Inode,
    simfs::Recording,
    trace::{Action, Trace},
};

/// The tree that a recording begins on and what was done to it, one line each.
pub fn text_of_recording(recording: &Recording) -> String {
    let base = super::disk::text_of(&super::disk::tree_of(&recording.base));
    let mut text = format!("base {base}\n");
    for (index, entry) in recording.trace.entries().iter().enumerate() {
        let line = text_of_action(&recording.trace, entry.action);
        writeln!(text, "{index:3} {line}").unwrap();
    }
    text
}

fn text_of_action(trace: &Trace, action: Action) -> String {
    let verb = action.verb();
    let inode = action.inode().map_or(0, |inode| inode.0);
    let name =
        |directory: Inode, span| format!("{}/{}", directory.0, trace.bytes(span).escape_ascii());
    match action {
        Action::Create {
            directory,
            name: span,
            ..
        }
        | Action::CreateDirectory {
            directory,
            name: span,
            ..
        }
        | Action::Symlink {
            directory,
            name: span,
            ..
        }
        | Action::Link {
            directory,
            name: span,
            ..
        }
        | Action::Unlink {
            directory,
            name: span,
            ..
        }
        | Action::RemoveDirectory {
            directory,
            name: span,
            ..
        } => format!("{verb} {} (inode {inode})", name(directory, span)),
        Action::Rename {
            from,
            from_name,
            to,
            to_name,
            replaced,
            ..
        } => {
            let [from, to] = [name(from, from_name), name(to, to_name)];
            format!("{verb} {from} {to} (inode {inode}, replaces {replaced:?})")
        }
        Action::Exchange {
            from,
            from_name,
            to,
            to_name,
            other,
            ..
        } => {
            let [from, to] = [name(from, from_name), name(to, to_name)];
            format!("{verb} {from} {to} (inodes {inode} and {})", other.0)
        }
        Action::BarrierBegin { .. } => format!("{verb} inode {inode} begins"),
        Action::BarrierEnd { .. } => format!("{verb} inode {inode} ends"),
        Action::BarrierFailed { pages, .. } => format!("{verb} inode {inode} fails: {pages:?}"),
        Action::Mark(_) | Action::Refused { .. } => verb.to_owned(),
        _ => format!("{verb} inode {inode}{}", text_of_content(trace, action)),
    }
}

/// What is done to the content of a file.
fn text_of_content(trace: &Trace, action: Action) -> String {
    match action {
        Action::Write {
            offset,
            bytes,
            old_size,
            ..
        } => {
            let byte = trace.bytes(bytes)[0].escape_ascii();
            format!(" at {offset}: {byte}*{} (size was {old_size})", bytes.len)
        }
        Action::Truncate { size, old_size, .. } => format!(" from {old_size} to {size}"),
        Action::Allocate {
            offset,
            len,
            size,
            old_size,
            ..
        }
        | Action::ZeroRange {
            offset,
            len,
            size,
            old_size,
            ..
        } => format!(" at {offset}: {len} (size {old_size} to {size})"),
        Action::PunchHole { offset, len, .. } => format!(" at {offset}: {len}"),
        _ => String::new(),
    }
}
