//! Loop devices, mounts and kernel settings that are given back when they are dropped.

use std::{
    ffi::CString,
    fs,
    io::{Error, Result},
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// How often a busy device or mount is tried again.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Runs a program and gives what it prints, or what went wrong.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| Error::other(format!("{program}: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        let arguments = arguments.join(" ");
        return Err(Error::other(format!("{program} {arguments}: {said}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A loop device over a file.
#[derive(Debug)]
pub(crate) struct LoopDevice(pub(crate) String);

impl LoopDevice {
    /// Attaches a free loop device to a file.
    pub(crate) fn over(file: &Path) -> Result<LoopDevice> {
        let file = file.to_string_lossy();
        run("losetup", &["--find", "--show", &file]).map(LoopDevice)
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            if run("losetup", &["--detach", &self.0]).is_ok() {
                return;
            }
            sleep(PAUSE);
        }
    }
}

/// A mounted filesystem.
#[derive(Debug)]
pub(crate) struct Mounted {
    at: PathBuf,
    is_mounted: bool,
}

impl Mounted {
    /// Mounts a device.
    pub(crate) fn new(device: &str, at: &Path, kind: &str, options: &str) -> Result<Mounted> {
        let options = CString::new(options).map_err(Error::other)?;
        mount(
            device,
            at,
            kind,
            MountFlags::NOATIME,
            Some(options.as_c_str()),
        )?;
        Ok(Mounted {
            at: at.to_owned(),
            is_mounted: true,
        })
    }

    /// Unmounts, and says so if that fails.
    pub(crate) fn unmount(mut self) -> Result<()> {
        self.is_mounted = false;
        unmount_patiently(&self.at)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if self.is_mounted && unmount_patiently(&self.at).is_err() {
            let _ = unmount(&self.at, UnmountFlags::DETACH);
        }
    }
}

fn unmount_patiently(at: &Path) -> Result<()> {
    let mut tries = 0;
    loop {
        match unmount(at, UnmountFlags::empty()) {
            Err(rustix::io::Errno::BUSY) if tries < TRIES => tries += 1,
            answer => return answer.map_err(Error::from),
        }
        sleep(PAUSE);
    }
}

/// Kernel settings that let write-back begin soon; the old values come back when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<(&'static str, String)>);

const SOON: &[(&str, &str)] = &[
    ("/proc/sys/vm/dirty_writeback_centisecs", "10"),
    ("/proc/sys/vm/dirty_expire_centisecs", "10"),
    ("/proc/sys/fs/xfs/xfssyncd_centisecs", "100"),
];

impl Settings {
    /// Changes the settings.
    pub(crate) fn hurry() -> Result<Settings> {
        let mut settings = Settings::default();
        for &(file, value) in SOON {
            // The settings of a filesystem are there only once its module is.
            let Ok(old) = fs::read_to_string(file) else {
                continue;
            };
            fs::write(file, value)?;
            settings.0.push((file, old));
        }
        Ok(settings)
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        for (file, old) in &self.0 {
            let _ = fs::write(file, old);
        }
    }
}

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// Creates the folder.
    pub(crate) fn new(path: PathBuf) -> Result<Folder> {
        fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    /// Creates a folder inside.
    pub(crate) fn inside(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
