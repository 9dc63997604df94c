//! An image in a real directory, and a directory as an image.

use std::{collections::BTreeMap, sync::Arc};

use super::{FileContent, Image, Inode, Name, Node};
use crate::vfs::{FileKind, Metadata, Path, Vfs, VfsExt as _, VfsResult};

impl Image {
    /// Writes the whole tree into an empty filesystem, hard links and symbolic links as such.
    pub fn write_to(&self, target: &dyn Vfs) -> VfsResult<()> {
        let mut first_names: Vec<Option<Vec<u8>>> = vec![None; self.nodes.len()];
        for (path, inode) in self.paths() {
            let at = Path::new(&path);
            match (self.node(inode), &first_names[inode.index()]) {
                (Some(Node::Directory(_)), _) => target.create_dir(at)?,
                (Some(_), Some(first)) => target.hard_link(Path::new(first), at)?,
                (Some(Node::File(file)), None) => {
                    target.write(at, &file.to_vec())?;
                    first_names[inode.index()] = Some(path);
                }
                (Some(Node::Symlink(leads_to)), None) => {
                    target.symlink(leads_to, at)?;
                    first_names[inode.index()] = Some(path);
                }
                (None, _) => {}
            }
        }
        Ok(())
    }

    /// Reads a whole tree; where the filesystem does not tell the numbers of inodes, hard links become files of their own.
    pub fn read_from(source: &dyn Vfs) -> VfsResult<Image> {
        let mut image = Image::empty();
        let mut linked: BTreeMap<u64, Inode> = BTreeMap::new();
        let mut open = vec![(Path::ROOT.to_owned(), Inode::ROOT)];
        while let Some((path, directory)) = open.pop() {
            for entry in source.read_dir(path.as_path())? {
                let child = path.as_path().join(&entry.name);
                let metadata = source.symlink_metadata(child.as_path())?;
                let known = identity(metadata).and_then(|number| linked.get(&number));
                let inode = known.copied().unwrap_or(image.next_inode());
                if known.is_none() {
                    image.add(inode, read_node(source, child.as_path(), metadata.kind)?);
                    linked.extend(identity(metadata).map(|number| (number, inode)));
                    if metadata.kind == FileKind::Directory {
                        open.push((child, inode));
                    }
                }
                image
                    .directory_mut(directory)
                    .insert(Name::from(entry.name), inode);
            }
        }
        Ok(image)
    }
}

/// What tells that two names mean one inode, for one that has more than one.
fn identity(metadata: Metadata) -> Option<u64> {
    metadata.inode.filter(|_| metadata.links > 1)
}

/// What a name means; of a directory, not yet its entries.
fn read_node(source: &dyn Vfs, path: Path<'_>, kind: FileKind) -> VfsResult<Node> {
    Ok(match kind {
        FileKind::Directory => Node::Directory(Arc::default()),
        FileKind::Symlink => Node::Symlink(source.read_link(path)?.into()),
        FileKind::File => {
            let mut file = FileContent::default();
            file.write(0, &source.read(path)?);
            Node::File(Arc::new(file))
        }
    })
}
