//! Programs that create, write and cut: what is durable before, what runs, how many outcomes it may have, and which ones were seen.

use super::{Anywhere, AtEnd, Litmus, Path, append, open, put, write_at};
use tornwrite::vfs::Vfs as _;

pub(super) const PROGRAMS: &[Litmus] = &[
    Litmus {
        name: "append_nosync",
        when: Anywhere,
        sizes: (15, 15),
        before: |fs| {
            put(fs, "f", b'A', 6000);
        },
        program: |fs| {
            append(fs, "f", b'B', 10000);
        },
        seen: &["f:A6000", "f:A6000 0*2192", "f:A6000 B10000"],
    },
    Litmus {
        name: "create_nosync",
        when: Anywhere,
        sizes: (8, 8),
        before: |_| {},
        program: |fs| {
            put(fs, "f", b'B', 5000);
        },
        seen: &["(empty)", "f:0len", "f:B5000"],
    },
    Litmus {
        name: "create_fsync_nodir",
        when: AtEnd,
        sizes: (1, 2),
        before: |_| {},
        program: |fs| {
            put(fs, "f", b'B', 5000);
            open(fs, "f").sync_all().unwrap();
        },
        seen: &["f:B5000"],
    },
    Litmus {
        name: "create_fdatasync_nodir",
        when: AtEnd,
        sizes: (1, 2),
        before: |_| {},
        program: |fs| {
            put(fs, "f", b'B', 5000);
            open(fs, "f").sync_data().unwrap();
        },
        seen: &["f:B5000"],
    },
    Litmus {
        name: "create_write_dirfsync_only",
        when: AtEnd,
        sizes: (7, 7),
        before: |_| {},
        program: |fs| {
            put(fs, "f", b'B', 5000);
            fs.sync_dir(Path::from("")).unwrap();
        },
        seen: &["f:0*5000", "f:0len", "f:B5000"],
    },
    Litmus {
        name: "overwrite_nosync",
        when: Anywhere,
        sizes: (16, 16),
        before: |fs| {
            put(fs, "f", b'A', 16384);
        },
        program: |fs| {
            write_at(fs, "f", 0, b'B', 16384);
        },
        seen: &[
            "f:A12288 B4096",
            "f:A16384",
            "f:A4096 B4096 A8192",
            "f:A4096 B8192 A4096",
            "f:A8192 B4096 A4096",
            "f:B12288 A4096",
            "f:B16384",
            "f:B4096 A12288",
            "f:B4096 A8192 B4096",
            "f:B8192 A4096 B4096",
            "f:B8192 A8192",
        ],
    },
    Litmus {
        name: "overwrite_fdatasync",
        when: AtEnd,
        sizes: (1, 1),
        before: |fs| {
            put(fs, "f", b'A', 16384);
        },
        program: |fs| {
            write_at(fs, "f", 0, b'B', 16384);
            open(fs, "f").sync_data().unwrap();
        },
        seen: &["f:B16384"],
    },
    Litmus {
        name: "two_file_overwrite",
        when: Anywhere,
        sizes: (4, 4),
        before: |fs| {
            put(fs, "a", b'A', 4096);
            put(fs, "b", b'A', 4096);
        },
        program: |fs| {
            write_at(fs, "a", 0, b'B', 4096);
            write_at(fs, "b", 0, b'C', 4096);
        },
        seen: &[
            "a:A4096 b:A4096",
            "a:A4096 b:C4096",
            "a:B4096 b:A4096",
            "a:B4096 b:C4096",
        ],
    },
    Litmus {
        name: "two_file_append",
        when: Anywhere,
        sizes: (9, 9),
        before: |fs| {
            put(fs, "a", b'A', 4096);
            put(fs, "b", b'A', 4096);
        },
        program: |fs| {
            append(fs, "a", b'B', 4096);
            append(fs, "b", b'C', 4096);
        },
        seen: &[
            "a:A4096 b:A4096",
            "a:A4096 0*4096 b:A4096 0*4096",
            "a:A4096 B4096 b:A4096 C4096",
        ],
    },
    Litmus {
        name: "two_append_fsync_second",
        when: AtEnd,
        sizes: (3, 3),
        before: |fs| {
            put(fs, "a", b'A', 4096);
            put(fs, "b", b'A', 4096);
        },
        program: |fs| {
            append(fs, "a", b'B', 4096);
            append(fs, "b", b'C', 4096);
            open(fs, "b").sync_all().unwrap();
        },
        seen: &[
            "a:A4096 b:A4096 C4096",
            "a:A4096 0*4096 b:A4096 C4096",
            "a:A4096 B4096 b:A4096 C4096",
        ],
    },
    Litmus {
        name: "two_overwrite_fsync_second",
        when: AtEnd,
        sizes: (2, 2),
        before: |fs| {
            put(fs, "a", b'A', 4096);
            put(fs, "b", b'A', 4096);
        },
        program: |fs| {
            write_at(fs, "a", 0, b'B', 4096);
            write_at(fs, "b", 0, b'C', 4096);
            open(fs, "b").sync_all().unwrap();
        },
        seen: &["a:A4096 b:C4096", "a:B4096 b:C4096"],
    },
    Litmus {
        name: "otrunc_rewrite_nosync",
        when: Anywhere,
        sizes: (8, 11),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            put(fs, "f", b'B', 5000);
        },
        seen: &["f:A5000", "f:B5000"],
    },
    Litmus {
        name: "shrink_then_append",
        when: Anywhere,
        sizes: (4, 6),
        before: |fs| {
            put(fs, "f", b'A', 16384);
        },
        program: |fs| {
            open(fs, "f").set_len(4096).unwrap();
            append(fs, "f", b'B', 4096);
        },
        seen: &["f:A16384", "f:A4096", "f:A4096 0*4096", "f:A4096 B4096"],
    },
    Litmus {
        name: "extend_truncate",
        when: Anywhere,
        sizes: (2, 2),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            open(fs, "f").set_len(20000).unwrap();
        },
        seen: &["f:A5000", "f:A5000 0*15000"],
    },
    Litmus {
        name: "hole_write",
        when: Anywhere,
        sizes: (3, 3),
        before: |fs| {
            put(fs, "f", b'A', 5000);
        },
        program: |fs| {
            write_at(fs, "f", 65536, b'B', 4096);
        },
        seen: &["f:A5000", "f:A5000 0*60536 B4096", "f:A5000 0*64632"],
    },
    Litmus {
        name: "append_fdatasync",
        when: AtEnd,
        sizes: (1, 1),
        before: |fs| {
            put(fs, "f", b'A', 6000);
        },
        program: |fs| {
            append(fs, "f", b'B', 10000);
            open(fs, "f").sync_data().unwrap();
        },
        seen: &["f:A6000 B10000"],
    },
    Litmus {
        name: "append4_nosync",
        when: Anywhere,
        sizes: (31, 31),
        before: |fs| {
            put(fs, "f", b'A', 4096);
        },
        program: |fs| {
            append(fs, "f", b'B', 4096);
            append(fs, "f", b'C', 4096);
            append(fs, "f", b'D', 4096);
            append(fs, "f", b'E', 4096);
        },
        seen: &[
            "f:A4096",
            "f:A4096 0*16384",
            "f:A4096 B4096 C4096 D4096 E4096",
        ],
    },
    Litmus {
        name: "append4_small_sameblock",
        when: Anywhere,
        sizes: (25, 25),
        before: |fs| {
            put(fs, "f", b'A', 100);
        },
        program: |fs| {
            append(fs, "f", b'B', 1000);
            append(fs, "f", b'C', 1000);
            append(fs, "f", b'D', 1000);
            append(fs, "f", b'E', 1000);
        },
        seen: &[
            "f:A100",
            "f:A100 0*3996",
            "f:A100 B1000 C1000 D1000 E1000",
            "f:A100 B1000 C1000 D1000 E996 0*4",
        ],
    },
    Litmus {
        name: "create_two_fsync_second",
        when: AtEnd,
        sizes: (3, 8),
        before: |_| {},
        program: |fs| {
            put(fs, "a", b'B', 3000);
            put(fs, "b", b'C', 3000);
            open(fs, "b").sync_all().unwrap();
        },
        seen: &["a:0*3000 b:C3000", "a:0len b:C3000", "a:B3000 b:C3000"],
    },
    Litmus {
        name: "overwrite_two_pages",
        when: Anywhere,
        sizes: (4, 4),
        before: |fs| {
            put(fs, "f", b'A', 16384);
        },
        program: |fs| {
            write_at(fs, "f", 0, b'B', 4096);
            write_at(fs, "f", 8192, b'C', 4096);
        },
        seen: &[
            "f:A16384",
            "f:A8192 C4096 A4096",
            "f:B4096 A12288",
            "f:B4096 A4096 C4096 A4096",
        ],
    },
    Litmus {
        name: "create_two_fsync_all_dirfsync",
        when: AtEnd,
        sizes: (1, 1),
        before: |_| {},
        program: |fs| {
            put(fs, "a", b'B', 100);
            put(fs, "b", b'C', 100);
            open(fs, "a").sync_all().unwrap();
            open(fs, "b").sync_all().unwrap();
            fs.sync_dir(Path::from("")).unwrap();
        },
        seen: &["a:B100 b:C100"],
    },
];
