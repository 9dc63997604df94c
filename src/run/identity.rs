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

fn alternatives(missing: &MissingOrdering) -> String {
    let any: BTreeSet<String> = missing.one_of.iter().map(ordering).collect();
    let any: Vec<String> = any.into_iter().collect();
    any.join(" or ")
}

fn ordering(ordering: &Ordering) -> String {
    let kind = |part: &String| part.split(' ').next().unwrap_or_default().to_owned();
    let parts: BTreeSet<String> = ordering.parts.iter().map(kind).collect();
    let parts: Vec<String> = parts.into_iter().collect();
    let of = if parts.is_empty() { "" } else { " of " };
    let before = match &ordering.before {
        Before::Later(later) => format!("before {}", operation(later)),
        Before::Itself => "before anything".to_owned(),
    };
    let lost = operation(&ordering.lost);
    format!("{}{of}{lost} {before}", parts.join(" and "))
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
        let expected = "in work: block and size of write N to wal/N.log (src/store/wal.rs) before #N \
                        was acknowledged";
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
            |ordering: &mut Ordering| ordering.parts = vec!["size 7".to_owned()],
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
    fn a_search_without_an_answer_has_none() {
        let mut early = missing(1, "", &[]);
        early.complete = false;
        assert_eq!(early.identity(), "");
        let mut nothing = missing(1, "", &[]);
        nothing.orderings.clear();
        assert_eq!(nothing.identity(), "");
    }
}
