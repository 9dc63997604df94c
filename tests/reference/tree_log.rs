//! What a barrier covers where it writes a log tree: a file and its names, ahead of the log.

use tornwrite::{
    image::Inode,
    profile::{TreeDirectories, TreeRemovals, TreeRenames},
    trace::BarrierKind,
};

use super::{
    effects::Builder,
    reach::{Covered, close, own, select},
};

pub fn covered(
    builder: &mut Builder<'_>,
    kind: BarrierKind,
    inode: Inode,
    begin: usize,
) -> Covered {
    let mut seeds = own(builder, kind, inode, begin);
    seeds.extend(select(builder, begin, |effect| {
        effect
            .name
            .as_ref()
            .is_some_and(|name| name.inodes.contains(&inode))
    }));
    if builder.rules.tree_directories == TreeDirectories::NewSubdirectories {
        with_new_directories(builder, &mut seeds, begin);
    }
    let mut covered = close(builder, seeds, begin, false);
    if covered.iter().all(|&effect| builder.is_certain(effect)) {
        return covered;
    }
    let is_file = kind != BarrierKind::FsyncDirectory;
    if is_file && builder.rules.tree_renames == TreeRenames::NextSync {
        let renames = select(builder, begin, |effect| {
            effect.name.as_ref().is_some_and(|name| {
                name.rename && name.inodes.iter().any(|of| builder.in_tree.contains(of))
            })
        });
        covered.extend(close(builder, renames, begin, false));
    }
    if is_file
        && builder.rules.tree_removals == TreeRemovals::FullCommit
        && covered
            .iter()
            .any(|&effect| removes_another(builder, effect, inode))
    {
        builder.in_tree.clear();
        covered.extend(select(builder, begin, |effect| effect.logged));
        return close(builder, covered, begin, true);
    }
    builder.in_tree.insert(inode);
    covered
}

/// Whether a pending effect takes a name from another file.
fn removes_another(builder: &Builder<'_>, effect: usize, inode: Inode) -> bool {
    let name = builder.effects[effect].name.as_ref();
    !builder.is_certain(effect)
        && name.is_some_and(|name| name.removes.iter().any(|&of| of != inode))
}

/// Adds the entries of new directories whose own entry is covered, again and again.
fn with_new_directories(builder: &Builder<'_>, seeds: &mut Covered, begin: usize) {
    loop {
        let made: Vec<Inode> = seeds
            .iter()
            .filter(|&&effect| !builder.is_certain(effect))
            .filter_map(|&effect| builder.effects[effect].name.as_ref()?.makes)
            .collect();
        let found = select(builder, begin, |effect| {
            let name = effect.name.as_ref();
            name.is_some_and(|name| name.directories.iter().any(|of| made.contains(of)))
        });
        let before = seeds.len();
        seeds.extend(found);
        if seeds.len() == before {
            return;
        }
    }
}
