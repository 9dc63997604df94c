//! Runs one script on a real filesystem while its disk is recorded.

use std::{
    fs,
    io::{Error, Result, Write as _},
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

use fuser::BackgroundSession;
use tornwrite::{
    litmus::{Outside, Script, execute},
    vfs::{OsVfs, Vfs as _},
};

use crate::{
    disk::{Disk, Event},
    filesystem::{BYSTANDER, Filesystem},
    recorder::{FILE, Recorder},
    system::{Folder, LoopDevice},
};

/// What makes the kernel write after the program has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// Nothing: write-back and commits come by themselves.
    Idle,
    /// An fsync of a file that the program does not know.
    Bystander,
    /// syncfs.
    Syncfs,
}

impl Trigger {
    pub(crate) const ALL: [Trigger; 3] = [Trigger::Idle, Trigger::Bystander, Trigger::Syncfs];
}

/// How long the disk must be quiet for write-back and commits to be over: longer than a commit interval.
const QUIET: Duration = Duration::from_millis(1250);
/// How long write-back is waited for at most.
const PATIENCE: Duration = Duration::from_secs(4);
const POLL: Duration = Duration::from_millis(20);

/// A recorded run: the disk at its beginning, and what was written.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) base: Disk,
    pub(crate) events: Vec<Event>,
}

/// A disk on a loop device on which scripts are run.
///
/// The fields are dropped in order: the device goes before the file that it is over.
#[derive(Debug)]
pub(crate) struct Session {
    filesystem: &'static Filesystem,
    recorder: Recorder,
    device: LoopDevice,
    _shown: BackgroundSession,
    at: PathBuf,
    empty: Disk,
}

impl Session {
    /// Makes the filesystem.
    pub(crate) fn new(filesystem: &'static Filesystem, folder: &Folder) -> Result<Session> {
        let recorder = Recorder::new(filesystem.bytes());
        let shown_at = folder.inside(&format!("{}-disk", filesystem.name))?;
        let at = folder.inside(&format!("{}-run", filesystem.name))?;
        let shown = recorder.show(&shown_at)?;
        let device = LoopDevice::over(&shown_at.join(FILE))?;
        let empty = filesystem.make(&recorder, &device, &at)?;
        Ok(Session {
            filesystem,
            recorder,
            device,
            _shown: shown,
            at,
            empty,
        })
    }

    /// Runs the setup of a script on an empty filesystem; the disk with all of it durable.
    pub(crate) fn prepare(&self, script: &Script) -> Result<Disk> {
        self.recorder.lock().disk = self.empty.clone();
        self.filesystem.forget_devices();
        let mounted = self.filesystem.mount(&self.device, &self.at)?;
        let fs = OsVfs::new(&self.at);
        let answer = execute(&fs, &script.setup, &mut |_| Ok(()));
        let answer = answer.and_then(|()| fs.sync_filesystem());
        mounted.unmount()?;
        answer?;
        Ok(self.recorder.lock().disk.clone())
    }

    /// Runs the program of a script on a prepared disk, then the trigger.
    pub(crate) fn record(&self, script: &Script, prepared: &Disk, trigger: Trigger) -> Result<Run> {
        self.recorder.lock().disk = prepared.clone();
        let mounted = self.filesystem.mount(&self.device, &self.at)?;
        let fs = OsVfs::new(&self.at);
        fs.sync_filesystem()?;
        let base = self.begin();
        let answer = execute(&fs, &script.program, &mut |outside| {
            if outside == Outside::Pause {
                self.wait();
            }
            Ok(())
        });
        self.recorder.lock().events.push(Event::Acknowledged);
        let triggered = answer
            .map_err(Error::from)
            .and_then(|()| self.pull(trigger, &fs));
        let events = self.end();
        mounted.unmount()?;
        triggered?;
        Ok(Run { base, events })
    }

    fn begin(&self) -> Disk {
        let mut record = self.recorder.lock();
        record.events.clear();
        record.is_recording = true;
        record.disk.clone()
    }

    fn end(&self) -> Vec<Event> {
        let mut record = self.recorder.lock();
        record.is_recording = false;
        std::mem::take(&mut record.events)
    }

    fn pull(&self, trigger: Trigger, fs: &OsVfs) -> Result<()> {
        match trigger {
            Trigger::Idle => self.wait(),
            Trigger::Bystander => {
                let path = self.at.join(BYSTANDER);
                let mut file = fs::OpenOptions::new().append(true).open(path)?;
                file.write_all(b"more")?;
                file.sync_all()?;
            }
            Trigger::Syncfs => fs.sync_filesystem()?,
        }
        Ok(())
    }

    /// Waits until nothing was written for a while.
    fn wait(&self) {
        let start = Instant::now();
        let mut seen = (self.recorder.lock().events.len(), start);
        while seen.1.elapsed() < QUIET && start.elapsed() < PATIENCE {
            sleep(POLL);
            let now = self.recorder.lock().events.len();
            if now != seen.0 {
                seen = (now, Instant::now());
            }
        }
    }
}
