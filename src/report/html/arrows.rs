//! What should have been durable before what, as arrows.

use crate::run::{Before, Missing};

/// Arrows in one picture.
const ARROWS_MAX: usize = 3;

/// One missing ordering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrow {
    /// The operation that lost something.
    pub(super) lost: u32,
    /// What should have come later; nothing if a crash right behind the operation is enough.
    pub(super) before: Option<u32>,
    /// How many other orderings would have done as well.
    others: usize,
    what: String,
}

/// The orderings that are drawn: of those of which any would do, the first that a barrier could make.
pub(super) fn arrows(missing: &Missing) -> Vec<Arrow> {
    let orderings = missing.orderings.iter().take(ARROWS_MAX);
    let arrows = orderings.filter_map(|ordering| {
        let is_helped = |one: &&crate::run::Ordering| one.before != Before::Itself;
        let one = ordering.one_of.iter().find(is_helped);
        let one = one.or(ordering.one_of.first())?;
        Some(Arrow {
            lost: one.lost.index,
            before: match &one.before {
                Before::Later(later) => Some(later.index),
                Before::Itself => None,
            },
            others: ordering.one_of.len() - 1,
            what: match &one.before {
                Before::Later(later) => format!(
                    "{} should have been durable before {}",
                    one.lost.text, later.text
                ),
                Before::Itself => format!("losing {} is enough", one.lost.text),
            },
        })
    });
    arrows.collect()
}

impl Arrow {
    pub(super) fn ends(&self) -> impl Iterator<Item = u32> {
        [Some(self.lost), self.before].into_iter().flatten()
    }

    pub(super) fn label(&self) -> String {
        let word = if self.before.is_some() {
            "should have been durable before"
        } else {
            "this loss alone is enough"
        };
        match self.others {
            0 => word.to_owned(),
            others => format!("{word} (or one of {others} others)"),
        }
    }

    pub(super) fn words(&self) -> String {
        self.what.clone()
    }
}
