//! The barriers in the source of the hardened log.

use std::fs;

use tornwrite::trace::Site;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/wal");

/// Whose barriers are those of its callers, by `track_caller`.
const SHARED: &str = "twice.rs";

/// The files that a barrier may be in.
const FILES: [&str; 8] = [
    "src/store/wal/bytes.rs",
    "src/store/wal/describe.rs",
    "src/store/wal/frame.rs",
    "src/store/wal/mod.rs",
    "src/store/wal/precaution.rs",
    "src/store/wal/recovery.rs",
    "src/store/wal/segment.rs",
    "src/store/wal/snapshot.rs",
];

/// How a barrier is asked for.
const CALLS: [&str; 10] = [
    "sync_all_twice(",
    "sync_data_twice(",
    "sync_all()",
    "sync_data()",
    "sync_dir(",
    "sync_filesystem()",
    "sync_range(",
    "sync_pages()",
    "sync_data_writes()",
    "sync_all_writes()",
];

/// A barrier in the source.
#[derive(Clone, Debug)]
pub(crate) struct Barrier {
    pub(crate) file: &'static str,
    /// The function that it is in.
    pub(crate) function: String,
    /// The call, without the object that it is made of.
    pub(crate) call: String,
    pub(crate) site: Site,
}

/// Every barrier in the source, in the order of files and lines.
pub(crate) fn barriers() -> Vec<Barrier> {
    let sources = fs::read_dir(FOLDER).unwrap();
    let sources = sources.filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(
        sources.count(),
        FILES.len() + 2,
        "a file came or went (there are `tests.rs` and {SHARED} besides)"
    );
    FILES.into_iter().flat_map(barriers_of).collect()
}

/// The place of a barrier in a list.
pub(crate) fn find(file: &str, function: &str, call: &str) -> Site {
    let mut all = barriers().into_iter();
    let found =
        all.find(|site| (site.file, &*site.function, &*site.call) == (file, function, call));
    found
        .unwrap_or_else(|| panic!("{file} has no {call} in {function}"))
        .site
}

fn barriers_of(file: &'static str) -> Vec<Barrier> {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = fs::read_to_string(format!("{root}/{file}")).unwrap();
    let mut function = String::new();
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let code = line.split("//").next().unwrap();
        if let Some((_, rest)) = code.split_once("fn ") {
            let end = rest.find(['(', '<']).unwrap_or(rest.len());
            rest[..end].clone_into(&mut function);
        }
        for call in CALLS {
            let Some(column) = code.find(call) else {
                continue;
            };
            if code[..column].ends_with("fn ") {
                continue;
            }
            let code = &code[column..];
            let end = code.find([')', ',']).unwrap_or(code.len());
            let call = code[..end].replace(".as_ref()", "").replace(".as_ref(", "");
            found.push(Barrier {
                file,
                function: function.clone(),
                call: call + ")",
                site: Site {
                    file,
                    line: number,
                    column: u32::try_from(column).unwrap() + 1,
                },
            });
        }
    }
    found
}
