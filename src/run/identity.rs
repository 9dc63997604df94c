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
