//! How files are opened, and how space is reserved.

/// How a file is opened; the fields mean what they mean in [`std::fs::OpenOptions`].
///
/// ```
/// use tornwrite::vfs::OpenOptions;
///
/// let options = OpenOptions::new().append().create();
/// assert!(options.append && options.write && options.create);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of open(2), independent of each other"
)]
pub struct OpenOptions {
    /// Reading is allowed.
    pub read: bool,
    /// Writing is allowed.
    pub write: bool,
    /// Every write goes to the end of the file.
    pub append: bool,
    /// The file is cut to zero bytes.
    pub truncate: bool,
    /// The file is created if it is not there.
    pub create: bool,
    /// The file must not be there, and is created.
    pub create_new: bool,
    /// What each write makes durable before it returns.
    pub sync: SyncWrites,
}

impl OpenOptions {
    /// Nothing is allowed yet.
    pub const fn new() -> OpenOptions {
        OpenOptions {
            read: false,
            write: false,
            append: false,
            truncate: false,
            create: false,
            create_new: false,
            sync: SyncWrites::No,
        }
    }

    /// Allows reading.
    #[must_use]
    pub const fn read(mut self) -> OpenOptions {
        self.read = true;
        self
    }

    /// Allows writing.
    #[must_use]
    pub const fn write(mut self) -> OpenOptions {
        self.write = true;
        self
    }

    /// Allows writing, at the end only.
    #[must_use]
    pub const fn append(mut self) -> OpenOptions {
        self.write = true;
        self.append = true;
        self
    }

    /// Cuts the file to zero bytes.
    #[must_use]
    pub const fn truncate(mut self) -> OpenOptions {
        self.truncate = true;
        self
    }

    /// Creates the file if it is not there.
    #[must_use]
    pub const fn create(mut self) -> OpenOptions {
        self.create = true;
        self
    }

    /// Creates the file, which must not be there.
    #[must_use]
    pub const fn create_new(mut self) -> OpenOptions {
        self.create_new = true;
        self
    }

    /// Makes every write a persistence barrier for its data (`O_DSYNC`).
    #[must_use]
    pub const fn sync_data_writes(mut self) -> OpenOptions {
        self.sync = SyncWrites::Data;
        self
    }

    /// Makes every write a persistence barrier for the file (`O_SYNC`).
    #[must_use]
    pub const fn sync_all_writes(mut self) -> OpenOptions {
        self.sync = SyncWrites::All;
        self
    }

    /// Whether the flags make sense together (as in std: no truncate or create without write, no truncate with append).
    pub const fn is_valid(self) -> bool {
        let changes = self.create || self.create_new || self.truncate;
        (self.write || (self.read && !changes))
            && !(self.append && self.truncate && !self.create_new)
    }
}

/// What each write through a handle makes durable before it returns.
///
/// Only writes: what else changes the file through such a handle (its length, reserved space, stores to pages) is left to
/// the barriers, though some filesystems do more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncWrites {
    /// Nothing.
    #[default]
    No,
    /// The data, and the metadata that reading it back needs (`O_DSYNC`): a write followed by fdatasync.
    Data,
    /// The data and all metadata of the file (`O_SYNC`): a write followed by fsync.
    All,
}

/// What reserving a range behind the end of a file does to its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocateMode {
    /// The file grows to the end of the range.
    Extend,
    /// The size stays (`FALLOC_FL_KEEP_SIZE`).
    KeepSize,
}

/// Whether the kernel takes this for a range of space: not empty, and its numbers such that signed offsets can hold them.
pub(crate) fn is_range(offset: u64, len: u64) -> bool {
    len > 0 && is_offset(offset) && is_offset(len)
}

/// Whether the kernel takes this for a transfer of `len` bytes: its end, too, is such that a signed offset can hold it.
pub(crate) fn is_transfer(offset: u64, len: usize) -> bool {
    offset.checked_add(len as u64).is_some_and(is_offset)
}

/// Whether the kernel, whose offsets are signed, takes this for one.
pub(crate) fn is_offset(offset: u64) -> bool {
    i64::try_from(offset).is_ok()
}
