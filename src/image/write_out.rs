//! An image in a real directory, and a directory as an image.

use std::sync::Arc;

use super::{Image, Inode, Name, Node};
use crate::vfs::{FileKind, Path, Vfs, VfsExt as _, VfsResult};

impl Image {
    /// Writes the whole tree into an empty filesystem, hard links as such.
    pub fn write_to(&self, target: &dyn Vfs) -> VfsResult<()> {
        let mut first_names: Vec<Option<Vec<u8>>> = vec![None; self.nodes.len()];
        for (path, inode) in self.paths() {
            let at = Path::new(&path);
            match (self.node(inode), &first_names[inode.index()]) {
                (Some(Node::Directory(_)), _) => target.create_dir(at)?,
                (Some(Node::File(_)), Some(first)) => target.hard_link(Path::new(first), at)?,
                (Some(Node::File(file)), None) => {
                    target.write(at, &file.to_vec())?;
                    first_names[inode.index()] = Some(path);
                }
                (Some(Node::Symlink(_)) | None, _) => {}
            }
        }
        Ok(())
    }

    /// Reads a whole tree; hard links become files of their own.
    pub fn read_from(source: &dyn Vfs) -> VfsResult<Image> {
        let mut image = Image::empty();
        let mut open = vec![(Path::ROOT.to_owned(), Inode::ROOT)];
        while let Some((path, directory)) = open.pop() {
            for entry in source.read_dir(path.as_path())? {
                let inode = image.next_inode();
                let child = path.as_path().join(&entry.name);
                match entry.kind {
                    FileKind::Directory => {
                        image.add(inode, Node::Directory(Arc::default()));
                        open.push((child, inode));
                    }
                    FileKind::File => {
                        image.add(inode, Node::File(Arc::default()));
                        let bytes = source.read(child.as_path())?;
                        image.file_mut(inode).write(0, &bytes);
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
