//! Where faults fall, what is told of them, and that they are laid again as they were.

use super::*;
use crate::{
    base::Position,
    crash::{Frontier, PersistenceGraph},
    oracle::DamageClass,
    profile::Profile,
    simfs::{Recording, SimFs},
    trace::Mark,
    vfs::{FileExt as _, OpenOptions, Path, Vfs as _, VfsFile},
};

fn file(fs: &SimFs, path: &str) -> Box<dyn VfsFile> {
    let options = OpenOptions::new().write().create();
    fs.open(Path::from(path), options).unwrap()
}

/// Three sync groups in `a`, one in `b`; each byte tells its group.
fn recording() -> Recording {
    let fs = SimFs::new();
    let (a, b) = (file(&fs, "a"), file(&fs, "b"));
    fs.sync_dir(Path::ROOT).unwrap();
    for (group, fill) in (0..).zip([1, 2]) {
        a.write_all_at(&[fill; 4096], 4096 * group).unwrap();
        a.sync_all().unwrap();
    }
    b.write_all_at(&[3; 1000], 0).unwrap();
    b.sync_all().unwrap();
    a.write_all_at(&[4; 600], 8192).unwrap();
    a.sync_all().unwrap();
    fs.finish()
}

fn device(name: &str) -> &'static Device {
    Device::find(name).unwrap()
}

/// What `strike` does at the end of the recording, with all that is pending lost or kept.
fn strike(name: &str, recording: &Recording, seed: u64, keep: bool) -> Option<(Faulted, Image)> {
    let graph = PersistenceGraph::new(recording, Profile::find("ext4-ordered").unwrap());
    let window = Frontier::new(&graph).window(recording.trace.end());
    let selection = if keep {
        window.everything()
    } else {
        window.nothing()
    };
    let pristine = window.image(&selection);
    let mut image = pristine.clone();
    let mut medium = Medium::new(device(name), Seed(seed), 0);
    let faulted = medium.strike(&window, &selection, &mut image)?;
    let mut again = pristine.clone();
    let laid = lay(
        &faulted.fault,
        &window,
        &selection,
        &mut again,
        &LastGroup::default(),
    )
    .unwrap();
    assert_eq!(again.digest(), image.digest());
    assert_eq!(
        (laid.damage, laid.fault),
        (faulted.damage.clone(), faulted.fault.clone())
    );
    assert_ne!(image.digest(), pristine.digest());
    Some((faulted, image))
}

fn place(fault: &MediaFault) -> (&str, u64) {
    match fault {
        MediaFault::FlippedBits { path, sector, .. }
        | MediaFault::UnreadableSector { path, sector }
        | MediaFault::MisdirectedWrite { path, sector, .. }
        | MediaFault::Garbage { path, sector, .. } => (path, *sector),
    }
}

#[test]
fn a_fault_is_laid_again_as_it_was_drawn() {
    let recording = recording();
    for name in ["bit-rot", "latent-sector-error", "misdirected-write"] {
        let struck = (0..200).filter(|&seed| strike(name, &recording, seed, false).is_some());
        let struck = struck.count();
        assert!(
            (160..200).contains(&struck),
            "{name}: {struck}, a few disks are left as they are"
        );
    }
}

#[test]
fn a_device_that_damages_nothing_leaves_every_disk_as_it_is() {
    let recording = recording();
    for name in ["honest", "lying"] {
        for seed in 0..20 {
            assert!(strike(name, &recording, seed, true).is_none());
        }
    }
}

#[test]
fn only_what_was_synced_last_is_in_the_last_group() {
    let recording = recording();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..300 {
        for name in ["bit-rot", "latent-sector-error"] {
            let Some((faulted, _)) = strike(name, &recording, seed, false) else {
                continue;
            };
            let (path, sector) = place(&faulted.fault);
            let is_last = (path, sector / 8) == ("a", 2);
            let expected = if is_last {
                DamageClass::InLastGroup
            } else {
                DamageClass::BelowSynced
            };
            assert_eq!(faulted.damage.class, expected, "{}", faulted.damage.what);
            seen.insert((path.to_owned(), sector));
        }
    }
    // 16 sectors and 2 in `a`, 2 in `b`.
    assert_eq!(seen.len(), 20, "{seen:?}");
}

/// What is pending is neither durable nor provable while something of it is missing; where all of it survived, it is as if
/// it had been synced last.
#[test]
fn what_survives_as_a_whole_is_a_group_of_its_own() {
    let fs = SimFs::new();
    let a = file(&fs, "a");
    fs.sync_dir(Path::ROOT).unwrap();
    a.write_all_at(&[1; 4096], 0).unwrap();
    a.sync_all().unwrap();
    a.write_all_at(&[2; 4096], 4096).unwrap();
    fs.mark(Mark::Opened);
    let recording = fs.finish();
    for seed in 0..100 {
        let lost = strike("bit-rot", &recording, seed, false);
        let kept = strike("bit-rot", &recording, seed, true);
        for (struck, newest) in [(lost, 0), (kept, 1)] {
            let Some((faulted, _)) = struck else {
                continue;
            };
            let is_newest = place(&faulted.fault).1 / 8 == newest;
            assert_eq!(faulted.damage.class == DamageClass::InLastGroup, is_newest);
        }
    }
}

/// The subject may have been in the middle of a batch: half of one proves nothing.
#[test]
fn what_survives_of_an_unfinished_operation_is_no_group() {
    let fs = SimFs::new();
    let a = file(&fs, "a");
    fs.sync_dir(Path::ROOT).unwrap();
    a.write_all_at(&[1; 4096], 0).unwrap();
    a.sync_all().unwrap();
    fs.mark(Mark::Opened);
    a.write_all_at(&[2; 4096], 4096).unwrap();
    let recording = fs.finish();
    for seed in 0..100 {
        if let Some((faulted, _)) = strike("bit-rot", &recording, seed, true) {
            assert!(
                place(&faulted.fault).1 < 8,
                "what is pending is not durable"
            );
            assert_eq!(faulted.damage.class, DamageClass::InLastGroup);
        }
    }
}

#[test]
fn a_misdirected_write_shows_old_bytes_and_overwrites_only_what_is_older() {
    let recording = recording();
    let mut went = 0;
    for seed in 0..200 {
        let Some((faulted, image)) = strike("misdirected-write", &recording, seed, false) else {
            continue;
        };
        let MediaFault::MisdirectedWrite {
            path, sector, to, ..
        } = &faulted.fault
        else {
            panic!("{:?}", faulted.fault);
        };
        let read = |path: &str, sector: u64| {
            let paths = image.paths();
            let (_, inode) = paths
                .iter()
                .find(|(known, _)| known == path.as_bytes())
                .unwrap();
            let mut byte = [0];
            image.file(*inode).unwrap().read(sector * 512, &mut byte);
            byte[0]
        };
        assert_eq!(
            read(path, *sector),
            0,
            "nothing was there before: {}",
            faulted.damage.what
        );
        if let Some((path, sector)) = to {
            went += 1;
            let older = recording_fill(path, *sector);
            assert!(read(path, *sector) >= older, "{}", faulted.damage.what);
        }
    }
    assert!(went > 100, "{went}");
}

fn recording_fill(path: &str, sector: u64) -> u8 {
    match (path, sector / 8) {
        ("a", 0) => 1,
        ("a", 1) => 2,
        ("b", _) => 3,
        _ => 4,
    }
}

#[test]
fn garbage_falls_on_pending_overwrites_only_and_is_part_of_the_crash() {
    let fs = SimFs::new();
    let a = file(&fs, "a");
    fs.sync_dir(Path::ROOT).unwrap();
    a.write_all_at(&[1; 8192], 0).unwrap();
    a.sync_all().unwrap();
    a.write_all_at(&[2; 10], 5000).unwrap();
    let recording = fs.finish();
    let mut single = 0;
    for seed in 0..60 {
        let Some((faulted, _)) = strike("no-powersafe-overwrite", &recording, seed, false) else {
            continue;
        };
        assert_eq!(faulted.damage.class, DamageClass::OfTheCrash);
        match faulted.fault {
            MediaFault::Garbage {
                sector: 9,
                count: 1,
                ..
            } => single += 1,
            MediaFault::Garbage {
                sector: 8,
                count: 8,
                ..
            } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(single > 20, "{single}");
    let nothing_pending = self::recording();
    assert!(
        (0..20)
            .all(|seed| strike("no-powersafe-overwrite", &nothing_pending, seed, false).is_none())
    );
}

#[test]
fn a_disk_keeps_its_last_group_until_the_next_barrier() {
    let recording = recording();
    let graph = PersistenceGraph::new(&recording, Profile::find("ext4-ordered").unwrap());
    let window = Frontier::new(&graph).window(recording.trace.end());
    let nothing = window.nothing();
    let image = window.image(&nothing);
    let device = device("bit-rot");
    let last = last_group(
        device,
        &window,
        &nothing,
        &image,
        &LastGroup::default(),
        false,
    );
    let (_, a) = image.paths()[0].clone();
    assert_eq!(
        last.sectors.iter().copied().collect::<Vec<_>>(),
        [(a, 16), (a, 17)]
    );
    let fs = SimFs::mount(image);
    let b = file(&fs, "b");
    b.write_all_at(&[5; 100], 0).unwrap();
    b.sync_all().unwrap();
    let next = fs.finish();
    let graph = PersistenceGraph::new(&next, Profile::find("ext4-ordered").unwrap());
    let mut frontier = Frontier::new(&graph);
    let mut group = |point| {
        let window = frontier.window(point);
        let image = window.image(&window.nothing());
        last_group(device, &window, &window.nothing(), &image, &last, false)
    };
    assert_eq!(group(Position(0)), last);
    let after = group(next.trace.end());
    assert!(
        after
            .sectors
            .iter()
            .all(|(inode, sector)| *inode != a && *sector == 0),
        "{after:?}"
    );
}
