//! What a completed barrier makes certain.

use std::collections::BTreeSet;

use tornwrite::{
    image::Inode,
    profile::Reach,
    trace::{Action, BarrierKind},
};

use super::{
    effects::{Builder, Effect, Why, counts},
    tree_log,
};

/// The effects that a barrier covers, by number.
pub type Covered = BTreeSet<usize>;

/// Marks what the barrier that began at `begin` and ends now covers.
pub fn barrier(builder: &mut Builder<'_>, kind: BarrierKind, inode: Inode, begin: usize) {
    let covered = match (kind, builder.rules.reach) {
        (BarrierKind::SyncFileRange, _) => Covered::new(),
        (BarrierKind::Syncfs, _) => {
            builder.in_tree.clear();
            close(builder, select(builder, begin, |_| true), begin, true)
        }
        (_, Reach::Everything) => close(builder, select(builder, begin, |_| true), begin, true),
        (_, Reach::Own) => close(builder, own(builder, kind, inode, begin), begin, false),
        (_, Reach::LogPrefix) => {
            let last = last_change(builder, kind, inode, begin);
            let mut seeds = select(builder, begin, |effect| {
                effect.logged && last.is_some_and(|last| effect.entry <= last)
            });
            if kind != BarrierKind::FsyncDirectory {
                seeds.extend(own(builder, kind, inode, begin));
            }
            close(builder, seeds, begin, true)
        }
        (_, Reach::LogTree) => tree_log::covered(builder, kind, inode, begin),
    };
    let from = builder.entry + 1;
    for index in covered {
        builder.effects[index].certain_at.get_or_insert(from);
    }
}

/// The files whose bytes a barrier tries to write.
pub fn tries(
    builder: &Builder<'_>,
    kind: BarrierKind,
    inode: Inode,
    begin: usize,
) -> BTreeSet<Inode> {
    let earlier = builder.effects.iter().filter(|effect| effect.entry < begin);
    match kind {
        BarrierKind::SyncFileRange | BarrierKind::FsyncDirectory => BTreeSet::new(),
        BarrierKind::Syncfs => earlier.filter_map(Effect::file).collect(),
        _ => BTreeSet::from([inode]),
    }
}

/// The effects before `begin` that a barrier can cover, and that `wanted` asks for.
pub fn select(builder: &Builder<'_>, begin: usize, wanted: impl Fn(&Effect) -> bool) -> Covered {
    let indexed = builder.effects.iter().enumerate();
    let found = indexed.filter(|(_, effect)| {
        effect.entry < begin
            && effect.gone_at.is_none()
            && !is_clean(builder, effect, begin)
            && wanted(effect)
    });
    found.map(|(index, _)| index).collect()
}

/// Whether a failed barrier marked its pages clean, and nothing has written to them since.
pub fn is_clean(builder: &Builder<'_>, effect: &Effect, begin: usize) -> bool {
    effect.failures.iter().any(|failure| {
        let again = builder.effects.iter().any(|other| {
            (failure.begin..begin).contains(&other.entry)
                && !other.blocks.is_disjoint(&effect.blocks)
        });
        failure.at <= begin && !again
    })
}

/// What was done to the file itself, or the entries of the directory itself.
pub fn own(builder: &Builder<'_>, kind: BarrierKind, inode: Inode, begin: usize) -> Covered {
    select(builder, begin, |effect| {
        let name = effect.name.as_ref();
        match kind {
            BarrierKind::FsyncDirectory => name.is_some_and(|n| n.directories.contains(&inode)),
            _ => effect.file() == Some(inode),
        }
    })
}

/// Everything that must be there with what is covered: what it needs, and the log where the barrier commits it.
pub fn close(builder: &Builder<'_>, seeds: Covered, begin: usize, commits: bool) -> Covered {
    let mut covered = Covered::new();
    let mut open: Vec<usize> = seeds.into_iter().collect();
    while let Some(index) = open.pop() {
        if !covered.insert(index) {
            continue;
        }
        for &edge in &builder.effects[index].edges {
            let binds = commits || edge.why != Why::Order;
            if binds && counts(&builder.effects, edge, begin) {
                open.push(edge.to);
            }
        }
    }
    covered
}

/// The last operation whose place in the log the barrier waits for.
fn last_change(
    builder: &Builder<'_>,
    kind: BarrierKind,
    inode: Inode,
    begin: usize,
) -> Option<usize> {
    let entries = &builder.recording.trace.entries()[..begin];
    let mut indexed = entries.iter().enumerate();
    indexed.rposition(|(index, entry)| match kind {
        BarrierKind::Fdatasync | BarrierKind::Msync => {
            changes_extent(builder, index, entry.action, inode)
        }
        BarrierKind::FsyncDirectory => {
            changes_entries(entry.action, inode) || changes_file(entry.action, inode)
        }
        _ => changes_file(entry.action, inode),
    })
}

/// Anything: also a plain overwrite (mtime), a rename or a link (ctime), being replaced.
fn changes_file(action: Action, inode: Inode) -> bool {
    let other = match action {
        Action::Rename { replaced, .. } => replaced,
        Action::Exchange { other, .. } => Some(other),
        _ => None,
    };
    action.is_change() && (action.inode() == Some(inode) || other == Some(inode))
}

/// Its length, its blocks, or that it exists.
fn changes_extent(builder: &Builder<'_>, index: usize, action: Action, inode: Inode) -> bool {
    if action.inode() != Some(inode) {
        return false;
    }
    match action {
        Action::Create { .. }
        | Action::Truncate { .. }
        | Action::Allocate { .. }
        | Action::PunchHole { .. }
        | Action::ZeroRange { .. } => true,
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
        | Action::Symlink { directory, .. }
        | Action::Link { directory, .. }
        | Action::Unlink { directory, .. }
        | Action::RemoveDirectory { directory, .. } => directory == inode,
        Action::Rename { from, to, .. } | Action::Exchange { from, to, .. } => {
            from == inode || to == inode
        }
        _ => false,
    }
}
