//! The filesystems that are measured: how they are made, mounted, and which profile they stand for.

use std::{fs, io::Result, path::Path};

use crate::{
    disk::Disk,
    recorder::Recorder,
    system::{LoopDevice, Mounted, run},
};

/// A file that is there before everything else, for the trigger that syncs an unrelated file; no outcome shows it.
pub(crate) const BYSTANDER: &str = ".bystander";

/// One way to make and mount a filesystem.
#[derive(Debug)]
pub(crate) struct Filesystem {
    /// The name, which is that of the profile.
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) mkfs: &'static [&'static str],
    pub(crate) options: &'static str,
    pub(crate) mebibytes: u64,
    /// The profile of today's kernel.
    pub(crate) observed: &'static str,
}

const MKFS_EXT4: &[&str] = &[
    "mkfs.ext4",
    "-q",
    "-F",
    "-b",
    "4096",
    "-E",
    "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
];

/// Every filesystem that can be measured.
pub(crate) const FILESYSTEMS: &[Filesystem] = &[
    Filesystem {
        name: "ext4-ordered",
        kind: "ext4",
        mkfs: MKFS_EXT4,
        options: "data=ordered,commit=1",
        mebibytes: 48,
        observed: "ext4-ordered-observed",
    },
    Filesystem {
        name: "ext4-journal",
        kind: "ext4",
        mkfs: MKFS_EXT4,
        options: "data=journal,commit=1",
        mebibytes: 48,
        observed: "ext4-journal",
    },
    Filesystem {
        name: "ext4-writeback",
        kind: "ext4",
        mkfs: MKFS_EXT4,
        options: "data=writeback,commit=1",
        mebibytes: 48,
        observed: "ext4-writeback-observed",
    },
    Filesystem {
        name: "ext4-noauto",
        kind: "ext4",
        mkfs: MKFS_EXT4,
        options: "data=ordered,noauto_da_alloc,commit=1",
        mebibytes: 48,
        observed: "ext4-noauto-observed",
    },
    Filesystem {
        name: "ext4-nodelalloc",
        kind: "ext4",
        mkfs: MKFS_EXT4,
        options: "data=ordered,nodelalloc,commit=1",
        mebibytes: 48,
        observed: "ext4-nodelalloc",
    },
    Filesystem {
        name: "xfs",
        kind: "xfs",
        mkfs: &["mkfs.xfs", "-q", "-f", "-K"],
        options: "nouuid",
        mebibytes: 300,
        observed: "xfs-observed",
    },
    Filesystem {
        name: "btrfs",
        kind: "btrfs",
        mkfs: &["mkfs.btrfs", "-q", "-f", "-K"],
        options: "commit=1",
        mebibytes: 128,
        observed: "btrfs-observed",
    },
];

/// The filesystems of a run without `--filesystem`.
pub(crate) const DEFAULTS: &[&str] = &[
    "ext4-ordered",
    "ext4-journal",
    "ext4-writeback",
    "xfs",
    "btrfs",
];

impl Filesystem {
    /// The filesystem with this name.
    pub(crate) fn find(name: &str) -> Option<&'static Filesystem> {
        FILESYSTEMS
            .iter()
            .find(|filesystem| filesystem.name == name)
    }

    /// The size of its disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.mebibytes << 20
    }

    /// The command that makes it, for people.
    pub(crate) fn recipe(&self) -> String {
        self.mkfs.join(" ")
    }

    /// Mounts a device that holds it.
    pub(crate) fn mount(&self, device: &LoopDevice, at: &Path) -> Result<Mounted> {
        Mounted::new(&device.0, at, self.kind, self.options)
    }

    /// Lets the kernel forget where it saw this filesystem: it would refuse an older copy on another device.
    pub(crate) fn forget_devices(&self) {
        if self.kind == "btrfs" {
            let _ = run("btrfs", &["device", "scan", "--forget"]);
        }
    }

    /// Makes the filesystem on a disk that is shown at `device`, empty but for the bystander; what is on disk then.
    pub(crate) fn make(&self, recorder: &Recorder, device: &LoopDevice, at: &Path) -> Result<Disk> {
        let (program, arguments) = self.mkfs.split_first().unwrap_or((&"", &[]));
        let mut arguments = arguments.to_vec();
        arguments.push(&device.0);
        run(program, &arguments)?;
        let mounted = self.mount(device, at)?;
        // ext4 makes one; no outcome should show it.
        let _ = fs::remove_dir(at.join("lost+found"));
        fs::write(at.join(BYSTANDER), b"here")?;
        mounted.unmount()?;
        let mut disk = recorder.lock().disk.clone();
        disk.0
            .retain(|_, bytes| bytes.iter().any(|&byte| byte != 0));
        Ok(disk)
    }
}
