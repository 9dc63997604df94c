//! The process dies at every operation in turn; the page cache survives.

use super::*;
use crate::vfs::VfsOperation;

/// Runs `life` on copies of `disk`, dying one change later each time, until it ends by itself.
fn die_everywhere(disk: &Disk, life: impl Fn(OpenContext) -> bool, check: impl Fn(&Disk, &str)) {
    for changes in 0.. {
        let copy = disk.fork();
        let trouble = Trouble::new(&copy);
        trouble.die_after(changes);
        let ended = life(trouble.context());
        check(&copy, &format!("died after {changes} changes"));
        if ended {
            return;
        }
    }
}

fn open_and_check(disk: &Disk, legal: &[usize], what: &str) {
    let mut wal = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let shown = show(&mut wal);
    assert!(
        legal.iter().any(|&events| shown == counted(events)),
        "{what}: {shown:?}"
    );
    append_counted(&mut wal, 1);
    assert_eq!(recovered(disk), Ok(counted(shown.len() + 2)), "{what}");
}

#[test]
fn recovery_may_die_anywhere_twice() {
    let (disk, sizes) = one_segment(3, SyncMode::Always);
    disk.truncate(FIRST, sizes[3] - 1);
    let open = |context| Wal::open(WalOptions::default(), context).is_ok();
    die_everywhere(&disk, open, |once, first| {
        die_everywhere(once, open, |twice, second| {
            open_and_check(twice, &[4], &format!("{first}, then {second}"));
        });
    });
}

#[test]
fn the_first_opening_may_die_anywhere_twice() {
    let open = |context| Wal::open(WalOptions::default(), context).is_ok();
    die_everywhere(&Disk::new(), open, |once, first| {
        die_everywhere(once, open, |twice, second| {
            open_and_check(twice, &[0], &format!("{first}, then {second}"));
        });
    });
}

#[test]
fn appends_rotations_and_checkpoints_may_die_anywhere() {
    for sync in [SyncMode::Always, SyncMode::Batch, SyncMode::None] {
        let life = |context| {
            let small = WalOptions {
                sync,
                segment_bytes: 300,
                checkpoint_batches: 4,
                without: None,
            };
            let run = || {
                let mut wal = Wal::open(small, context)?;
                for event in (0..20).step_by(2) {
                    let (one, two) = (event.to_string(), (event + 1).to_string());
                    wal.append_batch(b"bank", &batch(&[&one, &two]))?;
                }
                Ok::<(), StoreError>(())
            };
            run().is_ok()
        };
        let every_prefix: Vec<usize> = (0..=20).step_by(2).collect();
        die_everywhere(&Disk::new(), life, |disk, what| {
            open_and_check(disk, &every_prefix, what);
        });
    }
}

#[test]
fn what_was_acknowledged_is_there_wherever_a_checkpoint_dies() {
    let (disk, _) = one_segment(3, SyncMode::Always);
    let life = |context| {
        let wal = Wal::open(WalOptions::default(), context);
        wal.is_ok_and(|mut wal| wal.checkpoint().is_ok())
    };
    die_everywhere(&disk, life, |once, first| {
        die_everywhere(once, life, |twice, second| {
            open_and_check(twice, &[6], &format!("{first}, then {second}"));
        });
    });
}

/// Found by a simulated crash: the first torn segment was removed durably and the second was not,
/// which then looked like a log whose valid segments are gone.
#[test]
fn the_first_of_several_torn_segments_goes_only_after_the_others_are_durably_gone() {
    let disk = Disk::new();
    open(&disk).unwrap();
    disk.truncate(FIRST, 10);
    disk.write(SECOND, b"torn");
    let trouble = Trouble::new(&disk);
    Wal::open(WalOptions::default(), trouble.context()).unwrap();
    let removal = [
        VfsOperation::RemoveFile,
        VfsOperation::SyncDir,
        VfsOperation::RemoveFile,
        VfsOperation::RemoveDir,
    ];
    assert_eq!(trouble.operations()[..4], removal);
}
