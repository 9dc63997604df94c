//! What a completed barrier makes certain.

use tornwrite::{
    image::Inode,
    trace::{Action, BarrierKind},
};

use super::{
    disk::Change,
    effects::{Builder, Effect},
    rules::Order,
};

/// Marks what the barrier that began at `begin` covers as certain from `from` on.
pub fn barrier(
    builder: &mut Builder<'_>,
    kind: BarrierKind,
    inode: Inode,
    begin: usize,
    from: usize,
) {
    let mut reached: Vec<bool> = builder
        .effects
        .iter()
        .map(|effect| effect.entry < begin && is_reached(builder, kind, inode, begin, effect))
        .collect();
    // Everything that a reached effect needs is reached; needs point backwards.
    for index in (0..reached.len())
        .rev()
        .filter(|&i| reached[i])
        .collect::<Vec<_>>()
    {
        close(&builder.effects, index, &mut reached);
    }
    for (effect, _) in builder.effects.iter_mut().zip(reached).filter(|(_, r)| *r) {
        effect.certain_at.get_or_insert(from);
    }
}

fn close(effects: &[Effect], index: usize, reached: &mut [bool]) {
    for &need in &effects[index].needs {
        if !std::mem::replace(&mut reached[need], true) {
            close(effects, need, reached);
        }
    }
}

fn is_reached(
    builder: &Builder<'_>,
    kind: BarrierKind,
    inode: Inode,
    begin: usize,
    effect: &Effect,
) -> bool {
    let own = effect.changes.iter().any(|change| match change {
        Change::Name { directory, .. } => {
            kind == BarrierKind::FsyncDirectory && *directory == inode
        }
        Change::Size { inode: of, .. }
        | Change::Cut { inode: of, .. }
        | Change::Bytes { inode: of, .. } => *of == inode,
    });
    match builder.rules.order {
        Order::Minimum => own,
        Order::Ordered => {
            let last = last_change(builder, kind, inode, begin);
            own && kind != BarrierKind::FsyncDirectory && !effect.logged
                || effect.logged && last.is_some_and(|last| effect.entry <= last)
        }
        Order::Sequential => true,
    }
}

/// The last operation whose place in the log the barrier waits for.
fn last_change(
    builder: &Builder<'_>,
    kind: BarrierKind,
    inode: Inode,
    begin: usize,
) -> Option<usize> {
    let entries = &builder.recording.trace.entries()[..begin];
    entries
        .iter()
        .enumerate()
        .rposition(|(index, entry)| match kind {
            BarrierKind::Fsync => changes_file(entry.action, inode),
            BarrierKind::Fdatasync => changes_extent(builder, index, entry.action, inode),
            BarrierKind::FsyncDirectory => {
                changes_entries(entry.action, inode) || changes_file(entry.action, inode)
            }
        })
}

/// Anything: also a plain overwrite (mtime), a rename or a link (ctime), being replaced.
fn changes_file(action: Action, inode: Inode) -> bool {
    let replaced = matches!(action, Action::Rename { replaced: Some(old), .. } if old == inode);
    action.is_change() && (action.inode() == Some(inode) || replaced)
}

/// Its length, its blocks, or that it exists.
fn changes_extent(builder: &Builder<'_>, index: usize, action: Action, inode: Inode) -> bool {
    if action.inode() != Some(inode) {
        return false;
    }
    match action {
        Action::Create { .. } | Action::Truncate { .. } => true,
        Action::Write {
            offset,
            bytes,
            old_size,
            ..
        } => offset + u64::from(bytes.len) > old_size || builder.allocated[index],
        _ => false,
    }
}

/// An entry of the directory.
fn changes_entries(action: Action, inode: Inode) -> bool {
    match action {
        Action::Create { directory, .. }
        | Action::CreateDirectory { directory, .. }
        | Action::Link { directory, .. }
        | Action::Unlink { directory, .. }
        | Action::RemoveDirectory { directory, .. } => directory == inode,
        Action::Rename { from, to, .. } => from == inode || to == inode,
        _ => false,
    }
}
