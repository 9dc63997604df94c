//! A list of numbers that nobody syncs, and what somebody may change about it.

use std::sync::Arc;

use tornwrite::{
    run::{Acknowledgements, Job, Subject, SubjectError},
    trace::{OperationId, Promise},
    vfs::{FileExt as _, OpenOptions, Path, Vfs, VfsError, VfsExt as _, VfsFile},
};

use crate::support::{CountUp, Durable};

/// A list of numbers in a file, each with a tag in another one, in several shapes.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a change on its own")]
pub(crate) struct Shape {
    /// Whether the list is synced before a number is acknowledged.
    pub(crate) syncs_list: bool,
    /// The same for the tags.
    pub(crate) syncs_tags: bool,
    /// Whether there are tags at all.
    pub(crate) has_tags: bool,
    /// Bytes of a number; what is behind the fourth is padding.
    pub(crate) number_bytes: usize,
    /// A number is acknowledged when the next one is there.
    pub(crate) acknowledges_late: bool,
    /// A second file takes the place of the first with each number.
    pub(crate) swaps: bool,
    /// Each number goes to a second file too, and is read from there if it is missing in the first.
    pub(crate) doubles: bool,
    /// It does not open on anything that it has written.
    pub(crate) refuses: bool,
}

pub(crate) const CARELESS: Shape = Shape {
    syncs_list: false,
    syncs_tags: false,
    has_tags: true,
    number_bytes: 4,
    acknowledges_late: false,
    swaps: false,
    doubles: false,
    refuses: false,
};

pub(crate) struct Open {
    vfs: Arc<dyn Vfs>,
    file: Box<dyn VfsFile>,
    tags: Option<Box<dyn VfsFile>>,
    list: Vec<u32>,
    unsaid: Option<OperationId>,
}

const LIST: Path<'static> = Path::new(b"list");
const TAGS: Path<'static> = Path::new(b"tags");
const SWAPPED: Path<'static> = Path::new(b"swapped");

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn say(error: VfsError) -> SubjectError {
    SubjectError::new(&error)
}

impl Subject for Shape {
    type Operation = u32;
    type State = Vec<u32>;
    type Instance = Open;

    fn open(&self, vfs: Arc<dyn Vfs>, _: u64) -> Result<Open, SubjectError> {
        let options = OpenOptions::new().read().append().create();
        let open = |path| vfs.open(path, options).map_err(say);
        let file = open(LIST)?;
        let tags = self.has_tags.then(|| open(TAGS)).transpose()?;
        vfs.sync_dir(Path::ROOT).map_err(say)?;
        let bytes = file.read_to_end().map_err(say)?;
        if self.refuses && !bytes.is_empty() {
            return Err(SubjectError("it holds something".to_owned()));
        }
        let double = vfs.read(Path::from("double")).unwrap_or_default();
        let bytes = if self.doubles && double.len() >= bytes.len() {
            double
        } else {
            bytes
        };
        let numbers = bytes.chunks_exact(self.number_bytes);
        let numbers = numbers.map(|number| u32::from_le_bytes(number[..4].try_into().unwrap()));
        let list: Vec<u32> = numbers.take_while(|number| *number != 0).collect();
        Ok(Open {
            vfs: vfs.clone(),
            file,
            tags,
            list,
            unsaid: None,
        })
    }

    fn apply(
        &self,
        open: &mut Open,
        id: OperationId,
        number: &u32,
        acks: &mut Acknowledgements<'_>,
    ) -> Result<Option<Vec<u32>>, SubjectError> {
        let mut bytes = number.to_le_bytes().to_vec();
        bytes.resize(self.number_bytes, 0);
        open.file.append_all(&bytes).map_err(say)?;
        if let Some(tags) = &open.tags {
            tags.append_all(b"t").map_err(say)?;
            if self.syncs_tags {
                tags.sync_data().map_err(say)?;
            }
        }
        if self.doubles {
            let path = Path::from("double");
            let options = OpenOptions::new().append().create();
            let double = open.vfs.open(path, options).map_err(say)?;
            double.append_all(&bytes).map_err(say)?;
        }
        if self.swaps {
            open.vfs.write(SWAPPED, b"s").map_err(say)?;
            open.vfs.rename(LIST, SWAPPED).map_err(say)?;
            open.vfs.rename(SWAPPED, LIST).map_err(say)?;
        }
        if self.syncs_list {
            open.file.sync_data().map_err(say)?;
        }
        open.list.push(*number);
        let said = if self.acknowledges_late {
            open.unsaid.replace(id)
        } else {
            Some(id)
        };
        if let Some(said) = said {
            acks.acknowledge(said, Promise::Durable);
        }
        Ok(None)
    }

    fn read(&self, open: &mut Open) -> Result<Vec<u32>, SubjectError> {
        Ok(open.list.clone())
    }

    fn close(&self, _: Open) -> Result<(), SubjectError> {
        Ok(())
    }
}

pub(crate) fn job(shape: Shape) -> Job<Shape> {
    Job {
        subject: shape,
        workload: Box::new(CountUp),
        oracle: Box::new(Durable),
    }
}
