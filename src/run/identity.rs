//! What makes two missing orderings the same one.
//!
//! The identity of a [`Missing`] holds what the operations do, the paths that they are about and the files of the subject's
//! code that do them. It holds no numbers, no lines and no counts, so that it outlives another seed, a smaller workload, and
//! an edit elsewhere in the file; of orderings that differ in those alone, one is left.

use std::collections::BTreeSet;

use super::{
    Before, Missing, MissingOrdering, NamedOperation, Ordering, signature::without_numbers,
};

impl Missing {
    /// The same text for the same missing orderings.
    ///
    /// One sentence for each, sorted: what had to be durable before what, the alternatives joined by "or".
    pub fn identity(&self) -> String {
        if self.orderings.is_empty() {
            return "no barrier".to_owned();
        }
        let orderings: BTreeSet<String> = self
            .orderings
            .iter()
            .map(MissingOrdering::identity)
            .collect();
        orderings.into_iter().collect::<Vec<_>>().join(", and ")
    }
}

impl MissingOrdering {
    fn identity(&self) -> String {
        let alternatives: BTreeSet<String> = self.one_of.iter().map(Ordering::identity).collect();
        alternatives.into_iter().collect::<Vec<_>>().join(" or ")
    }
}

impl Ordering {
    fn identity(&self) -> String {
        let lost = name(&self.lost);
        match &self.before {
            Before::Later(later) => format!("{lost} before {}", name(later)),
            Before::Itself => format!("{lost} at any time"),
        }
    }
}

fn name(operation: &NamedOperation) -> String {
    let text = without_numbers(&operation.text);
    // The line follows the last colon.
    match operation.site.rsplit_once(':') {
        Some((file, _)) => format!("{text} ({file})"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(index: u32, text: &str, site: &str) -> NamedOperation {
        NamedOperation {
            index,
            text: text.to_owned(),
            site: site.to_owned(),
        }
    }

    fn missing(orderings: Vec<(NamedOperation, Before)>) -> Missing {
        let orderings = orderings.into_iter().map(|(lost, before)| MissingOrdering {
            one_of: vec![Ordering {
                lost,
                parts: vec!["size 8192".to_owned()],
                before,
            }],
        });
        Missing {
            crash: Some("life 1 of 2".to_owned()),
            idle: Vec::new(),
            orderings: orderings.collect(),
            reruns: 7,
            complete: true,
        }
    }

    fn write_before_ack(index: u32, line: u32) -> (NamedOperation, Before) {
        let write = operation(
            index,
            &format!("write {index} to log/{index}.wal"),
            &format!("src/a.rs:{line}"),
        );
        let promise = operation(index + 1, &format!("#{index} was acknowledged"), "");
        (write, Before::Later(promise))
    }

    #[test]
    fn numbers_and_lines_make_no_difference_and_repetitions_are_one() {
        let one = missing(vec![write_before_ack(12, 40)]);
        let two = missing(vec![write_before_ack(3, 41), write_before_ack(700, 41)]);
        assert_eq!(one.identity(), two.identity());
        let expected = "write N to log/N.wal (src/a.rs) before #N was acknowledged";
        assert_eq!(one.identity(), expected);
    }

    #[test]
    fn files_paths_operations_and_what_comes_after_do() {
        let (write, before) = write_before_ack(1, 1);
        let other = [
            missing(Vec::new()),
            missing(vec![(write.clone(), Before::Itself)]),
            missing(vec![(
                operation(1, "write 1 to log/1.wal", "src/b.rs:1"),
                before.clone(),
            )]),
            missing(vec![(
                operation(1, "write 1 to snap", "src/a.rs:1"),
                before.clone(),
            )]),
            missing(vec![(
                operation(1, "create 1 of log/1.wal", "src/a.rs:1"),
                before.clone(),
            )]),
            missing(vec![(write, before)]),
        ];
        let all: BTreeSet<String> = other.iter().map(Missing::identity).collect();
        assert_eq!(all.len(), other.len(), "{all:#?}");
    }
}
