//! How much there is to a violation.

use std::fmt;

/// What a person has to read to understand a violation; of two, the smaller one is the better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    /// Stretches between two crashes.
    pub lives: usize,
    /// What is asked of the subject, over all lives.
    pub operations: usize,
    /// Crashes inside recovery.
    pub in_recovery: usize,
    /// Injected errors.
    pub errors: usize,
    /// Pending effects that did not survive, over all crashes.
    pub lost: usize,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.lives, "life", "lives", true),
            (self.operations, "operation", "operations", true),
            (
                self.in_recovery,
                "crash in recovery",
                "crashes in recovery",
                false,
            ),
            (self.errors, "injected error", "injected errors", false),
            (self.lost, "lost effect", "lost effects", true),
        ];
        let mut separator = "";
        for (count, one, more, is_always_told) in parts {
            if count > 0 || is_always_told {
                let noun = if count == 1 { one } else { more };
                write!(f, "{separator}{count} {noun}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_like_a_sentence() {
        let size = Size {
            lives: 1,
            operations: 2,
            lost: 1,
            ..Size::default()
        };
        assert_eq!(size.to_string(), "1 life, 2 operations, 1 lost effect");
        let size = Size {
            lives: 2,
            in_recovery: 1,
            errors: 3,
            ..size
        };
        let expected =
            "2 lives, 2 operations, 1 crash in recovery, 3 injected errors, 1 lost effect";
        assert_eq!(size.to_string(), expected);
    }
}
