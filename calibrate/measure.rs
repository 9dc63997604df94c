//! Goes through filesystems and scripts, within the time that there is.

use std::{
    fs,
    io::{Error, Result},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Parser as _;
use tornwrite::{
    base::{Digest, Rng, Seed, Stream},
    litmus::Script,
};

use crate::{
    cell::Cell,
    cuts::disks,
    examine::Examiner,
    filesystem::Filesystem,
    options::Options,
    session::{Session, Trigger},
    system::{Folder, Settings},
    table,
};

/// Set when the user wants it to end: what is mounted is given back in order.
static STOP: AtomicBool = AtomicBool::new(false);
/// Where disks are kept: memory.
const MEMORY: &str = "/dev/shm";

pub(crate) fn main() -> ExitCode {
    let options = Options::parse();
    if fs::metadata("/proc/self").map_or(1, |process| process.uid()) != 0 {
        eprintln!("calibrate: needs root, for mounts and loop devices");
        return ExitCode::from(2);
    }
    let scripts = match scripts(&options) {
        Ok(scripts) if !scripts.is_empty() => scripts,
        Ok(_) => {
            eprintln!("calibrate: no script in {} fits", options.scripts.display());
            return ExitCode::from(2);
        }
        Err(error) => {
            eprintln!("calibrate: {error}");
            return ExitCode::from(2);
        }
    };
    match measure(&options, &scripts) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("calibrate: {error}");
            ExitCode::from(1)
        }
    }
}

/// The scripts that are asked for and that a real filesystem can run.
fn scripts(options: &Options) -> Result<Vec<Script>> {
    let folder = &options.scripts;
    let entries = fs::read_dir(folder).map_err(|error| {
        let folder = folder.display();
        Error::other(format!(
            "{folder}: expected the folder of the litmus scripts: {error}"
        ))
    })?;
    let paths: Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "litmus")
    });
    paths.sort();
    let mut scripts = Vec::new();
    for path in paths {
        let script = Script::parse(&path.to_string_lossy(), &fs::read_to_string(&path)?);
        let script = script.map_err(Error::other)?;
        let asked = |text: &String| script.name.contains(text);
        let is_asked = options.litmus.is_empty() || options.litmus.iter().any(asked);
        if is_asked && !script.is_simulated_only() {
            scripts.push(script);
        }
    }
    Ok(scripts)
}

/// Measures everything and prints it; whether nothing forbidden was seen.
fn measure(options: &Options, scripts: &[Script]) -> Result<bool> {
    let start = Instant::now();
    let end = start + Duration::from_secs(options.seconds);
    ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed)).map_err(Error::other)?;
    let names = options.filesystems();
    let filesystems: Vec<&'static Filesystem> = names
        .iter()
        .filter_map(|name| Filesystem::find(name))
        .collect();
    let number = std::process::id();
    let folder = Folder::new(Path::new(MEMORY).join(format!("tornwrite-calibrate-{number}")))?;
    let settings = Settings::hurry()?;
    let (options, folder_ref) = (&options, &folder);
    // Much of the time is spent waiting for write-back, so each filesystem has a thread of its own.
    let measured: Vec<Result<Vec<Cell>>> = thread::scope(|scope| {
        let threads: Vec<_> = filesystems
            .iter()
            .map(|&filesystem| {
                scope.spawn(move || of_filesystem(filesystem, options, scripts, folder_ref, end))
            })
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|answer| answer.unwrap_or_else(|_| Err(Error::other("a thread panicked"))))
            .collect()
    });
    drop(settings);
    let mut cells = Vec::new();
    let mut failed = false;
    for (filesystem, answer) in filesystems.iter().zip(measured) {
        match answer {
            Ok(own) => cells.extend(own),
            Err(error) => {
                failed = true;
                eprintln!("calibrate: {}: {error}", filesystem.name);
            }
        }
    }
    report(options, &filesystems, &cells, start)?;
    let stopped = STOP.load(Ordering::Relaxed);
    if stopped {
        eprintln!("calibrate: interrupted, not everything was measured");
    }
    Ok(!failed && !stopped && !cells.iter().any(Cell::is_wrong))
}

fn report(
    options: &Options,
    filesystems: &[&'static Filesystem],
    cells: &[Cell],
    start: Instant,
) -> Result<()> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let head = format!(
        "Linux {}, seed {}, {} seconds.\n\n{}\nSeen / allowed as documented / allowed as observed:\n\n{}",
        kernel.trim(),
        options.seed,
        start.elapsed().as_secs(),
        table::summary(filesystems, cells),
        table::table(filesystems, cells),
    );
    println!("{head}\n{}", table::findings(cells));
    if let Some(path) = &options.table {
        let title = "# Measured on Linux";
        let note =
            "Written by `calibrate --table`; what it means is in [calibration.md](calibration.md).";
        let release = kernel.split('.').take(2).collect::<Vec<_>>().join(".");
        fs::write(path, format!("{title} {release}\n\n{note}\n\n{head}"))?;
    }
    if let Some(path) = &options.outcomes {
        fs::write(path, table::outcomes(cells))?;
    }
    Ok(())
}

/// All scripts on one filesystem.
fn of_filesystem(
    filesystem: &'static Filesystem,
    options: &Options,
    scripts: &[Script],
    folder: &Folder,
    end: Instant,
) -> Result<Vec<Cell>> {
    let session = Session::new(filesystem, folder)?;
    let examiner = Examiner::new(filesystem, folder)?;
    let mut cells = Vec::new();
    for script in scripts {
        if STOP.load(Ordering::Relaxed) || Instant::now() > end {
            break;
        }
        let mut cell = Cell::new(filesystem, script);
        of_script(&session, &examiner, options, script, &mut cell)?;
        let findings = table::findings(std::slice::from_ref(&cell));
        eprint!("{findings}");
        cells.push(cell);
        if cells.len() % 20 == 0 {
            let (done, all) = (cells.len(), scripts.len());
            eprintln!("{}: {done} of {all} scripts", filesystem.name);
        }
    }
    Ok(cells)
}

/// One script on one filesystem, with every trigger.
fn of_script(
    session: &Session,
    examiner: &Examiner,
    options: &Options,
    script: &Script,
    cell: &mut Cell,
) -> Result<()> {
    let prepared = match session.prepare(script) {
        Ok(prepared) => prepared,
        Err(error) => {
            cell.trouble(Trigger::Idle, &error);
            return Ok(());
        }
    };
    for trigger in Trigger::ALL {
        let run = match session.record(script, &prepared, trigger) {
            Ok(run) => run,
            Err(error) => {
                cell.trouble(trigger, &error);
                continue;
            }
        };
        let mut rng = rng(options.seed, &script.name, trigger);
        cell.filesystem.forget_devices();
        for disk in disks(&run, script.when, options.states, &mut rng) {
            if STOP.load(Ordering::Relaxed) {
                return Ok(());
            }
            cell.count(examiner.look(&disk)?);
        }
        cell.filesystem.forget_devices();
    }
    Ok(())
}

/// Draws of their own for each script and trigger, whatever else is measured.
fn rng(seed: Seed, script: &str, trigger: Trigger) -> Rng {
    let mut name = [0; 4];
    name.copy_from_slice(&Digest::of(script.as_bytes()).0.to_le_bytes()[..4]);
    let name = u32::from_le_bytes(name);
    Rng::new(
        seed,
        Stream::PersistedSubset,
        name.wrapping_add(trigger as u32),
    )
}
