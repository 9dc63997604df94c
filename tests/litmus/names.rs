//! Programs that change names: what is durable before, what runs, how many outcomes it may have, and which ones were seen.

use super::{Anywhere, AtEnd, Litmus, Path, append, open, put, write_at};
use tornwrite::vfs::Vfs as _;

pub(super) const PROGRAMS: &[Litmus] = &[
    Litmus {
        name: "rename_over_nosync",
        when: Anywhere,
        sizes: (12, 22),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            put(fs, "t", b'B', 5000);
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
        },
        seen: &["f:A5000", "f:B5000"],
    },
    Litmus {
        name: "rename_new_nosync",
        when: Anywhere,
        sizes: (15, 22),
        before: |_| {},
        program: |fs| {
            put(fs, "t", b'B', 5000);
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
        },
        seen: &["(empty)", "f:0len", "f:B5000"],
    },
    Litmus {
        name: "rename_over_fsync_nodir",
        when: Anywhere,
        sizes: (9, 10),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            put(fs, "t", b'B', 5000);
            open(fs, "t").sync_all().unwrap();
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
        },
        seen: &["f:A5000", "f:A5000 t:B5000", "f:B5000"],
    },
    Litmus {
        name: "rename_over_fsync_dirfsync",
        when: AtEnd,
        sizes: (1, 1),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            put(fs, "t", b'B', 5000);
            open(fs, "t").sync_all().unwrap();
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
            fs.sync_dir(Path::from("")).unwrap();
        },
        seen: &["f:B5000"],
    },
    Litmus {
        name: "rename_over_then_fsync_file",
        when: AtEnd,
        sizes: (1, 4),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            put(fs, "t", b'B', 5000);
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
            open(fs, "f").sync_all().unwrap();
        },
        seen: &["f:B5000"],
    },
    Litmus {
        name: "mkdir_create_fsync_file_only",
        when: AtEnd,
        sizes: (1, 3),
        before: |_| {},
        program: |fs| {
            fs.create_dir(Path::from("d")).unwrap();
            put(fs, "d/f", b'B', 5000);
            open(fs, "d/f").sync_all().unwrap();
        },
        seen: &["d/ d/f:B5000"],
    },
    Litmus {
        name: "rename_then_create",
        when: Anywhere,
        sizes: (5, 16),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            fs.rename(Path::from("f"), Path::from("g")).unwrap();
            put(fs, "h", b'H', 100);
        },
        seen: &[
            "f:A5000",
            "g:A5000 h:0*100",
            "g:A5000 h:0len",
            "g:A5000 h:H100",
        ],
    },
    Litmus {
        name: "unlink_two",
        when: Anywhere,
        sizes: (3, 4),
        before: |fs| {
            put(fs, "a", b'A', 5000);
            put(fs, "b", b'A', 5000);
        },
        program: |fs| {
            fs.remove_file(Path::from("a")).unwrap();
            fs.remove_file(Path::from("b")).unwrap();
        },
        seen: &["(empty)", "a:A5000 b:A5000"],
    },
    Litmus {
        name: "append_log_rename_other_dirfsync",
        when: AtEnd,
        sizes: (3, 3),
        before: |fs| {
            put(fs, "log", b'A', 4096);
            put(fs, "x", b'A', 4096);
        },
        program: |fs| {
            append(fs, "log", b'B', 4096);
            fs.rename(Path::from("x"), Path::from("y")).unwrap();
            fs.sync_dir(Path::from("")).unwrap();
        },
        seen: &[
            "log:A4096 y:A4096",
            "log:A4096 0*4096 y:A4096",
            "log:A4096 B4096 y:A4096",
        ],
    },
    Litmus {
        name: "rename_across_fsync_newdir",
        when: AtEnd,
        sizes: (1, 2),
        before: |fs| {
            fs.create_dir(Path::from("d1")).unwrap();
            fs.create_dir(Path::from("d2")).unwrap();
            put(fs, "d1/f", b'A', 5000);
        },
        program: |fs| {
            fs.rename(Path::from("d1/f"), Path::from("d2/f")).unwrap();
            fs.sync_dir(Path::from("d2")).unwrap();
        },
        seen: &["d1/ d2/ d2/f:A5000"],
    },
    Litmus {
        name: "rename_across_fsync_olddir",
        when: AtEnd,
        sizes: (1, 2),
        before: |fs| {
            fs.create_dir(Path::from("d1")).unwrap();
            fs.create_dir(Path::from("d2")).unwrap();
            put(fs, "d1/f", b'A', 5000);
        },
        program: |fs| {
            fs.rename(Path::from("d1/f"), Path::from("d2/f")).unwrap();
            fs.sync_dir(Path::from("d1")).unwrap();
        },
        seen: &["d1/ d2/ d2/f:A5000"],
    },
    Litmus {
        name: "link_unlink_dirfsync",
        when: AtEnd,
        sizes: (1, 1),
        before: |fs| {
            put(fs, "t", b'B', 5000);
        },
        program: |fs| {
            fs.hard_link(Path::from("t"), Path::from("f")).unwrap();
            fs.remove_file(Path::from("t")).unwrap();
            fs.sync_dir(Path::from("")).unwrap();
        },
        seen: &["f:B5000"],
    },
    Litmus {
        name: "append_link_fsync_link",
        when: AtEnd,
        sizes: (1, 2),
        before: |fs| {
            put(fs, "f", b'A', 4096);
        },
        program: |fs| {
            append(fs, "f", b'B', 4096);
            fs.hard_link(Path::from("f"), Path::from("g")).unwrap();
            open(fs, "g").sync_all().unwrap();
        },
        seen: &["f:A4096 B4096 g:A4096 B4096"],
    },
    Litmus {
        name: "unlink_recreate_fsync",
        when: AtEnd,
        sizes: (1, 3),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            fs.remove_file(Path::from("f")).unwrap();
            put(fs, "f", b'B', 3000);
            open(fs, "f").sync_all().unwrap();
        },
        seen: &["f:B3000"],
    },
    Litmus {
        name: "rename_otherdir_then_fsync_newfile",
        when: AtEnd,
        sizes: (1, 8),
        before: |fs| {
            fs.create_dir(Path::from("d1")).unwrap();
            put(fs, "d1/x", b'A', 5000);
            put(fs, "q", b'A', 5000);
        },
        program: |fs| {
            fs.rename(Path::from("d1/x"), Path::from("d1/y")).unwrap();
            put(fs, "z", b'Z', 100);
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["d1/ d1/y:A5000 q:A5000 z:Z100"],
    },
    Litmus {
        name: "rename_samedir_then_fsync_newfile",
        when: AtEnd,
        sizes: (1, 8),
        before: |fs| {
            put(fs, "x", b'A', 5000);
        },
        program: |fs| {
            fs.rename(Path::from("x"), Path::from("y")).unwrap();
            put(fs, "z", b'Z', 100);
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["y:A5000 z:Z100"],
    },
    Litmus {
        name: "unlink_then_fsync_newfile",
        when: AtEnd,
        sizes: (1, 4),
        before: |fs| {
            put(fs, "x", b'A', 5000);
        },
        program: |fs| {
            fs.remove_file(Path::from("x")).unwrap();
            put(fs, "z", b'Z', 100);
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["z:Z100"],
    },
    Litmus {
        name: "unlink_then_fsync_existing",
        when: AtEnd,
        sizes: (1, 2),
        before: |fs| {
            put(fs, "x", b'A', 100);
            put(fs, "z", b'A', 100);
        },
        program: |fs| {
            fs.remove_file(Path::from("x")).unwrap();
            append(fs, "z", b'Z', 100);
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["z:A100 Z100"],
    },
    Litmus {
        name: "mkdir_then_fsync_newfile",
        when: AtEnd,
        sizes: (1, 4),
        before: |_| {},
        program: |fs| {
            fs.create_dir(Path::from("d")).unwrap();
            put(fs, "z", b'Z', 100);
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["d/ z:Z100"],
    },
    Litmus {
        name: "safe_replace_nodir_then_fsync_existing",
        when: AtEnd,
        sizes: (1, 4),
        before: |fs| {
            put(fs, "f", b'A', 100);
            put(fs, "z", b'A', 100);
        },
        program: |fs| {
            put(fs, "t", b'B', 5000);
            open(fs, "t").sync_all().unwrap();
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
            append(fs, "z", b'Z', 100);
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["f:B5000 z:A100 Z100"],
    },
    Litmus {
        name: "safe_replace_nodir_then_fdatasync_overwrite",
        when: AtEnd,
        sizes: (2, 4),
        before: |fs| {
            put(fs, "f", b'A', 100);
            put(fs, "z", b'A', 100);
        },
        program: |fs| {
            put(fs, "t", b'B', 5000);
            open(fs, "t").sync_all().unwrap();
            fs.rename(Path::from("t"), Path::from("f")).unwrap();
            write_at(fs, "z", 0, b'Z', 100);
            open(fs, "z").sync_data().unwrap();
        },
        seen: &["f:A100 t:B5000 z:Z100", "f:B5000 z:Z100"],
    },
    // The rules give 4 under posix-minimum; the fourth has the directory twice, which a filesystem check does not leave.
    Litmus {
        name: "rename_dir_fsync_child",
        when: AtEnd,
        sizes: (2, 3),
        before: |fs| {
            fs.create_dir(Path::from("d1")).unwrap();
            put(fs, "d1/f", b'A', 5000);
        },
        program: |fs| {
            fs.rename(Path::from("d1"), Path::from("d2")).unwrap();
            open(fs, "d2/f").sync_all().unwrap();
        },
        seen: &["d1/ d1/f:A5000", "d2/ d2/f:A5000"],
    },
    Litmus {
        name: "swap_rename_fsync_a",
        when: AtEnd,
        sizes: (2, 18),
        before: |fs| {
            put(fs, "a", b'A', 100);
            put(fs, "b", b'B', 100);
        },
        program: |fs| {
            fs.rename(Path::from("a"), Path::from("t")).unwrap();
            fs.rename(Path::from("b"), Path::from("a")).unwrap();
            fs.rename(Path::from("t"), Path::from("b")).unwrap();
            open(fs, "a").sync_all().unwrap();
        },
        seen: &["a:B100 b:A100"],
    },
    Litmus {
        name: "mkdir_create_fsync_parent_only",
        when: AtEnd,
        sizes: (4, 4),
        before: |_| {},
        program: |fs| {
            fs.create_dir(Path::from("d")).unwrap();
            put(fs, "d/f", b'B', 100);
            fs.sync_dir(Path::from("")).unwrap();
        },
        seen: &["d/ d/f:0*100", "d/ d/f:0len", "d/ d/f:B100"],
    },
    Litmus {
        name: "create_fsync_rename_fsync",
        when: AtEnd,
        sizes: (1, 4),
        before: |fs| {
            fs.create_dir(Path::from("d")).unwrap();
            put(fs, "d/q", b'A', 5000);
        },
        program: |fs| {
            put(fs, "d/f", b'B', 100);
            open(fs, "d/f").sync_all().unwrap();
            fs.rename(Path::from("d/f"), Path::from("d/g")).unwrap();
            open(fs, "d/g").sync_all().unwrap();
        },
        seen: &["d/ d/g:B100 d/q:A5000"],
    },
    Litmus {
        name: "link_then_fsync_unrelated_clean",
        when: AtEnd,
        sizes: (2, 2),
        before: |fs| {
            put(fs, "f", b'A', 100);
            put(fs, "z", b'A', 100);
        },
        program: |fs| {
            fs.hard_link(Path::from("f"), Path::from("g")).unwrap();
            open(fs, "z").sync_all().unwrap();
        },
        seen: &["f:A100 z:A100", "f:A100 g:A100 z:A100"],
    },
];
