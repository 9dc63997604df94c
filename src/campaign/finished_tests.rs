//! A run is finished when its line is durable: under power cuts on the weakest filesystem, behind a process that died, and if runs
//! are slow.

use std::{
    collections::BTreeSet,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use super::{
    Folder, Limits, Plan, Task, execute,
    parts_tests::{bytes, plan, whole},
    resume,
    tests::{Counter, entry, task},
};
use crate::{
    base::{Position, Rng, Seed, Stream},
    crash::{Frontier, PersistenceGraph, sample_points},
    image::Image,
    profile::Profile,
    simfs::SimFs,
    vfs::{OpenOptions, Path, Vfs, VfsExt as _},
};

/// Our own writer as a subject: power is lost at any moment of a campaign, on the weakest filesystem, twice in a row, and each
/// time it goes on; in the end the summary is the one of a campaign that nothing happened to. `durable-ack` is asked of it too:
/// the observer's word that a run is finished is the acknowledgement.
#[test]
fn a_campaign_survives_power_cuts_on_the_weakest_filesystem() {
    let summary = whole(Limits::NONE).1;
    let runs = newlines(&bytes(&whole(Limits::NONE).0, "whole/runs.ndjson"));
    let mut rng = Rng::new(Seed(1), Stream::CrashPoint, 0);
    let mut disks = BTreeSet::new();
    let (mut begun_anew, mut acknowledged) = (0, 0);
    for profile in ["posix-minimum", "ext4-ordered"] {
        let profile = Profile::find(profile).unwrap();
        let (mut image, mut at_least) = (Image::empty(), 0);
        for life in 0..60 {
            let fs = SimFs::mount(image);
            let (
                is_resumed,
                Finished {
                    at: finished,
                    resumed,
                    ..
                },
            ) = go_on(&fs);
            begun_anew += u32::from(!is_resumed);
            assert_eq!(finished.len() as u64, runs, "each is said to be finished");
            assert!(
                resumed >= at_least,
                "{resumed} runs, and {at_least} were finished"
            );
            assert_eq!(bytes(&fs, "whole/summary.json"), summary);
            let recording = fs.finish();
            let graph = PersistenceGraph::new(&recording, profile);
            let points = sample_points(&recording.trace, Position(0), 1, &mut rng);
            let window = Frontier::new(&graph).window(points[0]);
            let (_, selection) = window.sample(&mut rng);
            let disk = window.image(&selection);
            disks.insert(disk.digest());
            let said = finished.iter().filter(|&&at| at <= points[0]).count() as u64;
            acknowledged += u32::from(said > resumed);
            at_least = said.max(at_least);
            let certain = lines(&SimFs::mount(window.durable.clone()));
            assert!(
                certain >= at_least,
                "{certain} are durable, {at_least} finished"
            );
            if life % 3 == 2 {
                // A new folder, now and then.
                (image, at_least) = (Image::empty(), 0);
            } else {
                image = disk;
            }
        }
    }
    assert!(
        disks.len() > 60 && begun_anew > 20 && acknowledged > 10,
        "{} disks, {begun_anew}, {acknowledged}",
        disks.len()
    );
}

/// Where a filesystem was when a run was said to be finished, for each run.
struct Finished<'f> {
    fs: &'f SimFs,
    at: Vec<Position>,
    /// How many of them were there before.
    resumed: u64,
}

impl super::Observer for Finished<'_> {
    fn run_done(&mut self, _: usize, _: &super::RunRecord) {
        self.at.push(self.fs.position());
    }

    fn run_resumed(&mut self, _: usize) {
        self.resumed += 1;
        self.at.push(self.fs.position());
    }
}

/// Goes on with the campaign, or begins it where there is none: whether it went on, and when each run was finished.
fn go_on(fs: &SimFs) -> (bool, Finished<'_>) {
    let vfs: Arc<dyn Vfs> = Arc::new(fs.clone());
    let plan = plan();
    let mut finished = Finished {
        fs,
        at: Vec::new(),
        resumed: 0,
    };
    let task = task(&plan, Limits::NONE);
    if let Ok(folder) = Folder::open_existing(vfs.clone(), "whole".into()) {
        resume(&task, &folder, &mut finished).unwrap();
        return (true, finished);
    }
    let folder = Folder::create(vfs, "whole".into()).unwrap();
    execute(&task, &folder, &mut finished).unwrap();
    (false, finished)
}

/// How many runs are finished, for the runs that wait for it.
#[derive(Default)]
struct Count(Mutex<u64>, Condvar);

impl super::Observer for &Count {
    fn run_done(&mut self, _: usize, _: &super::RunRecord) {
        *self.0.lock().unwrap() += 1;
        self.1.notify_all();
    }
}

#[test]
fn runs_that_a_dead_process_left_in_the_page_cache_are_durable_before_they_count() {
    let (before, _) = whole(Limits::NONE);
    let runs = bytes(&before, "whole/runs.ndjson");
    // As if it had written all of them and died before the first sync.
    let fs = SimFs::mount(before.live_image());
    let log = Path::from("whole/runs.ndjson");
    fs.write(log, b"").unwrap();
    let file = fs.open(log, OpenOptions::new().write()).unwrap();
    file.sync_all().unwrap();
    fs.write(log, &runs).unwrap();
    let (_, Finished { at: finished, .. }) = go_on(&fs);
    let recording = fs.finish();
    let profile = Profile::find("posix-minimum").unwrap();
    let graph = PersistenceGraph::new(&recording, profile);
    let window = Frontier::new(&graph).window(finished[0]);
    let certain = lines(&SimFs::mount(window.durable.clone()));
    assert_eq!(certain, finished.len() as u64);
}

#[test]
fn a_run_is_finished_before_the_next_if_that_one_is_slow() {
    let count = Arc::new(Count::default());
    let mut slow = entry(Counter::Careful);
    slow.seeds = 0..4;
    let run = std::mem::replace(&mut slow.run, Box::new(|_| unreachable!("not yet")));
    let counted = Arc::clone(&count);
    // As slow as it takes: until all runs before it are finished.
    slow.run = Box::new(move |seed| {
        let outcome = run(seed);
        let finished = counted.0.lock().unwrap();
        let unfinished = |finished: &mut u64| *finished < seed.0;
        let patience = Duration::from_secs(60);
        let waited = counted.1.wait_timeout_while(finished, patience, unfinished);
        assert!(!waited.unwrap().1.timed_out(), "seed {} waited", seed.0);
        outcome
    });
    let plan = Plan::new(vec![slow]);
    let folder = Folder::create(Arc::new(SimFs::new()), "slow".into()).unwrap();
    let task = Task {
        jobs: 1,
        ..task(&plan, Limits::NONE)
    };
    execute(&task, &folder, &mut &*count).unwrap();
    assert_eq!(*count.0.lock().unwrap(), 4);
}

/// The runs on a disk that are certain to be there.
fn lines(fs: &SimFs) -> u64 {
    let runs = fs.read(Path::from("whole/runs.ndjson")).unwrap_or_default();
    let is_there = fs.exists(Path::from("whole/campaign.json")).unwrap();
    if is_there { newlines(&runs) } else { 0 }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.split(|&byte| byte == b'\n').count() as u64 - 1
}
