//! What makes two explained violations one finding: the ordering that both are missing.
//!
//! Guarantees: an identity is the same on every machine and survives edits of the subject: it holds what was done, the paths
//! within the subject with numbers left out, the kinds of parts that were lost, and the source file of each call, from its
//! `src` on.
//!
//! Deliberately absent: positions, lines and absolute paths, which edits and machines change; the names of functions, which
//! `#[track_caller]` does not tell; the number of the life, since a second crash that misses the same ordering is the same bug;
//! and the invariant, which those who count keep beside it.

use std::collections::BTreeSet;

use super::{
    Before, Missing, MissingOrdering, NamedOperation, Ordering, signature::without_numbers,
};

/// The folders from which on a source file is told.
const SOURCE_ROOTS: [&str; 4] = ["src", "tests", "examples", "benches"];

impl Missing {
    /// What two violations of one invariant have in common if they miss the same; empty if no ordering is missing, or if the
    /// search ended early and what it found may be any part of the answer.
    pub fn identity(&self) -> String {
        if !self.complete || self.orderings.is_empty() {
            return String::new();
        }
        let crash = self.crash.as_deref().unwrap_or_default();
        let place = if crash.starts_with("recovery ") {
            "in recovery"
        } else {
            "in work"
        };
        let orderings: BTreeSet<String> = self.orderings.iter().map(alternatives).collect();
        let orderings: Vec<String> = orderings.into_iter().collect();
        format!("{place}: {}", orderings.join("; and "))
    }
}

/// The orderings of which any would do. Where a barrier would help, what it would not help is of no account.
fn alternatives(missing: &MissingOrdering) -> String {
    let helps = |ordering: &&Ordering| ordering.before != Before::Itself;
    let helpful: BTreeSet<String> = missing.one_of.iter().filter(helps).map(ordering).collect();
    let any = if helpful.is_empty() {
        missing.one_of.iter().map(ordering).collect()
    } else {
        helpful
    };
    any.into_iter().collect::<Vec<_>>().join(" or ")
}

fn ordering(ordering: &Ordering) -> String {
    let before = match &ordering.before {
        Before::Later(later) => format!("before {}", operation(later)),
        Before::Itself => "before anything".to_owned(),
    };
    let of = kinds(ordering);
    format!("{of}{} {before}", operation(&ordering.lost))
}

/// Which kinds of parts were lost.
///
/// A barrier that makes a write durable covers its bytes and its size, so where one would help, which of them a crash took is
/// chance. Where none would help they say what recovery does not cope with.
fn kinds(ordering: &Ordering) -> String {
    let is_chance =
        |kind: &str| ordering.before != Before::Itself && ["block", "size"].contains(&kind);
    let kinds = ordering
        .parts
        .iter()
        .map(|part| match part.strip_prefix("no ") {
            Some(_) => "no entry",
            None => part.split(' ').next().unwrap_or_default(),
        });
    let kinds: BTreeSet<&str> = kinds.filter(|kind| !is_chance(kind)).collect();
    if kinds.is_empty() {
        return String::new();
    }
    kinds.into_iter().collect::<Vec<_>>().join(" and ") + " of "
}

fn operation(operation: &NamedOperation) -> String {
    let text = without_numbers(&operation.text);
    match source_file(&operation.site) {
        file if file.is_empty() => text,
        file => format!("{text} ({file})"),
    }
}

/// The source file of a call without its line, from its `src` on.
fn source_file(site: &str) -> String {
    let file = site.rsplit_once(':').map_or(site, |(file, _)| file);
    let file = file.replace('\\', "/");
    let names: Vec<&str> = file.split('/').collect();
    let root = names.iter().rposition(|name| SOURCE_ROOTS.contains(name));
    let start = root.unwrap_or(names.len() - 1);
    names[start..].join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(index: u32, text: &str, site: &str) -> NamedOperation {
        NamedOperation {
            index,
            text: text.to_owned(),
            site: site.to_owned(),
        }
    }

    /// A write that should have been durable before an acknowledgement, at the n-th place of everything.
    fn missing(n: u32, root: &str, parts: &[String]) -> Missing {
        let ordering = Ordering {
            lost: named(
                n,
                &format!("write {n} to wal/{n:06}.log"),
                &format!("{root}src/store/wal.rs:{n}"),
            ),
            parts: parts.to_vec(),
            before: Before::Later(named(n + 1, &format!("#{n} was acknowledged"), "")),
        };
        Missing {
            crash: Some(format!("life {n} of 9")),
            idle: Vec::new(),
            orderings: vec![MissingOrdering {
                one_of: vec![ordering],
            }],
            reruns: n,
            complete: true,
        }
    }

    #[test]
    fn it_reads_as_what_was_done_without_anything_that_edits_or_machines_change() {
        let expected =
            "in work: write N to wal/N.log (src/store/wal.rs) before #N was acknowledged";
        let parts = |n: u32| {
            [
                format!("size {n}"),
                format!("block {n}"),
                "block 7".to_owned(),
            ]
        };
        let here = missing(1, "", &parts(1));
        let there = missing(8, "/home/other/crate-1.2/", &parts(4096));
        let elsewhere = missing(3, "C:\\a\\src\\b\\", &parts(2));
        for missing in [here, there, elsewhere] {
            assert_eq!(missing.identity(), expected);
        }
    }

    #[test]
    fn what_differs_in_kind_is_another() {
        let one = missing(1, "", &[]);
        let mut all = vec![one.clone(); 6];
        all[1].crash = Some("recovery 1 from it".to_owned());
        let ordering = |missing: &'_ mut Missing| missing.orderings[0].one_of[0].clone();
        for (index, change) in [
            |ordering: &mut Ordering| ordering.before = Before::Itself,
            |ordering: &mut Ordering| ordering.parts = vec!["entry wal/7".to_owned()],
            |ordering: &mut Ordering| ordering.lost.text = "rename 6 to wal".to_owned(),
            |ordering: &mut Ordering| ordering.lost.site = "src/store/other.rs:1".to_owned(),
        ]
        .into_iter()
        .enumerate()
        {
            let mut changed = ordering(&mut all[index + 2]);
            change(&mut changed);
            all[index + 2].orderings[0].one_of[0] = changed;
        }
        let identities: BTreeSet<String> = all.iter().map(Missing::identity).collect();
        assert_eq!(identities.len(), all.len(), "{identities:#?}");
    }

    #[test]
    fn how_a_write_is_torn_counts_only_where_no_barrier_helps() {
        let torn = |before: Before, parts: &[&str]| {
            let parts: Vec<String> = parts.iter().map(|&part| part.to_owned()).collect();
            let mut missing = missing(1, "", &parts);
            missing.orderings[0].one_of[0].before = before;
            missing
        };
        let later = || Before::Later(named(9, "#3 was acknowledged", ""));
        let identity = |before, parts: &[&str]| torn(before, parts).identity();
        assert_eq!(
            identity(later(), &["size 4"]),
            identity(later(), &["block 1"])
        );
        let itself = identity(Before::Itself, &["size 4", "block 1"]);
        assert_ne!(itself, identity(Before::Itself, &["block 1"]));
        assert_eq!(
            itself,
            "in work: block and size of write N to wal/N.log (src/store/wal.rs) before anything"
        );
        let mut both = torn(later(), &[]);
        let helpless = torn(Before::Itself, &["block 1"]).orderings[0].one_of[0].clone();
        both.orderings[0].one_of.push(helpless);
        assert_eq!(
            both.identity(),
            identity(later(), &[]),
            "what helps is what is missing"
        );
    }

    #[test]
    fn a_search_without_an_answer_has_none() {
        let mut early = missing(1, "", &[]);
        early.complete = false;
        assert_eq!(early.identity(), "");
        let mut nothing = missing(1, "", &[]);
        nothing.orderings.clear();
        assert_eq!(nothing.identity(), "");
    }
}
