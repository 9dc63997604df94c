//! The disk that a crash left, file by file, against what the running program saw.
//!
//! Bounded whatever the sizes: so many files, so many differences, so many bytes of each, so many records; what is cut off
//! is said. What a subject says of its bytes is escaped, and its panic is a line of the report.
//!
//! Deliberately absent: directories and symbolic links, which show as the paths of files that are there or not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Missing, Replay, Subject,
    evidence::{Difference, DiskFile},
    guard::{Call, guard},
    records::{self, Records},
};
use crate::{
    image::{FileContent, Image, PAGE_BYTES},
    vfs::Path,
};

/// Files that are told of at most.
const FILES_MAX: usize = 64;
/// Files that are described where none differs.
const ALIKE_MAX: usize = 4;
/// Differences of one file that are told of at most.
const DIFFERENCES_MAX: usize = 16;
/// Bytes of each side of a difference that are shown.
const SHOWN_BYTES: usize = 32;
/// Runs of differing bytes with less than this between them are one.
const GAP_BYTES: u64 = 8;
/// A file that is larger is not given to the subject to describe.
const DESCRIBED_BYTES_MAX: u64 = 8 << 20;

/// The files on the disk of the last crash and those that it took, by path; and how many are left out.
pub(super) fn files<S: Subject>(
    subject: &S,
    replay: &Replay,
    missing: Option<&Missing>,
) -> (Vec<DiskFile>, u64) {
    let (disk, live) = (files_of(&replay.image), files_of(&replay.live));
    let paths: BTreeSet<&Vec<u8>> = disk.keys().chain(live.keys()).collect();
    let mut compared: Vec<Compared<'_>> = paths
        .into_iter()
        .map(|path| Compared::new(path, disk.get(path).copied(), live.get(path).copied()))
        .collect();
    let described = described(&compared, missing);
    // Of too many, those that say something.
    compared.sort_by_key(|file| (!file.differs, !described.contains(file.path), file.path));
    let more = compared.len().saturating_sub(FILES_MAX) as u64;
    compared.truncate(FILES_MAX);
    compared.sort_by_key(|file| file.path);
    let told = compared
        .iter()
        .map(|file| file.told(subject, described.contains(file.path)));
    (told.collect(), more)
}

/// The files of an image by path.
fn files_of(image: &Image) -> BTreeMap<Vec<u8>, &FileContent> {
    let paths = image.paths().into_iter();
    paths
        .filter_map(|(path, inode)| Some((path, image.file(inode)?)))
        .collect()
}

/// The paths of the files whose records are of interest: those that differ and those that the missing orderings name; if
/// there is none, some of all.
fn described<'p>(compared: &[Compared<'p>], missing: Option<&Missing>) -> BTreeSet<&'p Vec<u8>> {
    let orderings = missing.map_or(&[][..], |missing| &missing.orderings);
    let orderings = orderings.iter().flat_map(|ordering| &ordering.one_of);
    let named: Vec<&str> = orderings
        .map(|ordering| ordering.lost.text.as_str())
        .collect();
    let is_named = |path: &Vec<u8>| {
        let end = format!(" {}", Path::new(path));
        named.iter().any(|text| text.ends_with(&end))
    };
    let picked = compared
        .iter()
        .filter(|file| file.differs || is_named(file.path));
    let mut picked: BTreeSet<&Vec<u8>> = picked.map(|file| file.path).collect();
    if picked.is_empty() {
        picked.extend(compared.iter().take(ALIKE_MAX).map(|file| file.path));
    }
    picked
}

/// A file on both sides.
struct Compared<'f> {
    path: &'f Vec<u8>,
    disk: Option<&'f FileContent>,
    live: Option<&'f FileContent>,
    differs: bool,
}

impl<'f> Compared<'f> {
    fn new(
        path: &'f Vec<u8>,
        disk: Option<&'f FileContent>,
        live: Option<&'f FileContent>,
    ) -> Compared<'f> {
        let differs = match (disk, live) {
            (Some(disk), Some(live)) => {
                disk.size_bytes() != live.size_bytes()
                    || disk.differing_pages(live).next().is_some()
                    || unreadable(disk).is_some()
            }
            _ => true,
        };
        Compared {
            path,
            disk,
            live,
            differs,
        }
    }

    fn told<S: Subject>(&self, subject: &S, is_described: bool) -> DiskFile {
        let path = Path::new(self.path);
        let records = |file: Option<&FileContent>| match file {
            Some(file) if is_described => describe(subject, path, file),
            _ => Records::default(),
        };
        let (records, live_records) = records::excerpt(&records(self.disk), &records(self.live));
        let (differences, differences_more) = if self.differs {
            differences(self.disk, self.live)
        } else {
            (Vec::new(), 0)
        };
        DiskFile {
            path: path.to_string(),
            size_bytes: self.disk.map(FileContent::size_bytes),
            live_size_bytes: self.live.map(FileContent::size_bytes),
            records,
            live_records,
            differences,
            differences_more,
        }
    }
}

/// The first sector that cannot be read.
fn unreadable(file: &FileContent) -> Option<u64> {
    file.unreadable_in(0..file.size_bytes())
}

/// What the subject says of a file.
pub(super) fn describe<S: Subject>(subject: &S, path: Path<'_>, file: &FileContent) -> Records {
    let size = file.size_bytes();
    let mut records = if size > DESCRIBED_BYTES_MAX {
        Records::of(&[format!(
            "! not decoded: {size} bytes are more than {DESCRIBED_BYTES_MAX}"
        )])
    } else {
        let bytes = file.to_vec();
        match guard(Call::Describing, || Ok(subject.describe(path, &bytes))) {
            Ok(lines) => Records::of(&lines),
            Err(failure) => Records::of(&[format!("! not decoded: the subject {failure}")]),
        }
    };
    if let Some(offset) = unreadable(file) {
        records.put_first(&format!("{offset:>8}  ! a sector that cannot be read"));
    }
    records
}

/// The runs in which two files differ, and how many more there are.
fn differences(disk: Option<&FileContent>, live: Option<&FileContent>) -> (Vec<Difference>, u64) {
    let nothing = FileContent::default();
    let (disk, live) = (disk.unwrap_or(&nothing), live.unwrap_or(&nothing));
    let runs = runs(disk, live);
    let told = runs.iter().take(DIFFERENCES_MAX).map(|&(start, end)| {
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let shown = |file: &FileContent| {
            let mut bytes = [0; SHOWN_BYTES];
            let read = file.read(start, &mut bytes[..length.min(SHOWN_BYTES)]);
            hex(&bytes[..read])
        };
        Difference {
            offset: start,
            length_bytes: end - start,
            disk: shown(disk),
            live: shown(live),
        }
    });
    (
        told.collect(),
        runs.len().saturating_sub(DIFFERENCES_MAX) as u64,
    )
}

/// Bytes as two digits each.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Where two files differ, as starts and ends in order; what only one of them has is one run.
fn runs(disk: &FileContent, live: &FileContent) -> Vec<(u64, u64)> {
    const PAGE: u64 = PAGE_BYTES as u64;
    let common = disk.size_bytes().min(live.size_bytes());
    let mut runs: Vec<(u64, u64)> = Vec::new();
    let mut add = |start: u64, end: u64| match runs.last_mut() {
        Some((_, last)) if start < *last + GAP_BYTES => *last = end,
        _ => runs.push((start, end)),
    };
    for page in disk.differing_pages(live) {
        let start = page * PAGE;
        let [mut one, mut other] = [[0; PAGE_BYTES]; 2];
        disk.read(start, &mut one);
        live.read(start, &mut other);
        let within = common.saturating_sub(start).min(PAGE);
        let bytes = one.iter().zip(&other).zip(start..start + within);
        for ((one, other), offset) in bytes {
            if one != other {
                add(offset, offset + 1);
            }
        }
    }
    let end = disk.size_bytes().max(live.size_bytes());
    if end > common {
        add(common, end);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> FileContent {
        let mut file = FileContent::default();
        file.write(0, bytes);
        file
    }

    #[test]
    fn bytes_that_differ_are_told_in_runs_with_both_sides() {
        let live = file(&[1; 9000]);
        let mut disk = live.clone();
        disk.write(10, &[2; 3]);
        disk.write(20, &[3]);
        disk.write(4090, &[0; 12]);
        let (told, more) = differences(Some(&disk), Some(&live));
        let places: Vec<(u64, u64)> = told
            .iter()
            .map(|told| (told.offset, told.length_bytes))
            .collect();
        assert_eq!((places.as_slice(), more), (&[(10, 11), (4090, 12)][..], 0));
        assert_eq!(told[0].disk, "0202020101010101010103");
        assert_eq!(told[0].live, "01".repeat(11));
    }

    #[test]
    fn what_only_one_has_is_one_run_of_which_the_start_is_shown() {
        let (told, _) = differences(None, Some(&file(&[7; 5000])));
        let [told] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!((told.offset, told.length_bytes), (0, 5000));
        assert_eq!((told.disk.as_str(), told.live.len()), ("", 64));
        let (told, _) = differences(Some(&file(b"ab")), Some(&file(b"abcd")));
        assert_eq!((told[0].offset, told[0].live.as_str()), (2, "6364"));
    }

    #[test]
    fn a_large_file_full_of_differences_gives_a_few_and_their_number() {
        let mut live = FileContent::default();
        for at in 0..1000 {
            live.write(at * 10_000, b"x");
        }
        let mut disk = FileContent::default();
        disk.set_size(live.size_bytes());
        let (told, more) = differences(Some(&disk), Some(&live));
        assert_eq!((told.len(), more), (DIFFERENCES_MAX, 1000 - 16));
    }
}
