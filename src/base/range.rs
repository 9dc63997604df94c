//! Ranges of whole numbers with both ends in.

use std::{fmt, str::FromStr};

/// The whole numbers from one to another, both included; written `1..=4`, or `3` for just that one.
///
/// It is never empty.
///
/// ```
/// use tornwrite::base::InclusiveRange;
///
/// let range: InclusiveRange = "1..=4".parse()?;
/// assert_eq!((range.low(), range.high()), (1, 4));
/// # Ok::<(), tornwrite::base::InclusiveRangeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InclusiveRange {
    low: u32,
    high: u32,
}

/// A text that is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range: expected a whole number such as 3, or two in order such as 1..=4")]
pub struct InclusiveRangeError(String);

impl InclusiveRange {
    /// From the smaller to the larger of the two.
    pub const fn between(one: u32, other: u32) -> InclusiveRange {
        let (low, high) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        InclusiveRange { low, high }
    }

    /// Just this number.
    pub const fn exactly(number: u32) -> InclusiveRange {
        InclusiveRange::between(number, number)
    }

    /// The smallest number in it.
    pub const fn low(self) -> u32 {
        self.low
    }

    /// The largest number in it.
    pub const fn high(self) -> u32 {
        self.high
    }

    /// Whether `number` is in it.
    pub const fn contains(self, number: u32) -> bool {
        self.low <= number && number <= self.high
    }
}

impl FromStr for InclusiveRange {
    type Err = InclusiveRangeError;

    fn from_str(text: &str) -> Result<InclusiveRange, InclusiveRangeError> {
        let (low, high) = text.split_once("..=").unwrap_or((text, text));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let number = |part: &str| part.parse().ok().filter(|_| digits(part));
        number(low)
            .zip(number(high))
            .filter(|(low, high)| low <= high)
            .map(|(low, high)| InclusiveRange { low, high })
            .ok_or_else(|| InclusiveRangeError(text.to_owned()))
    }
}

impl fmt::Display for InclusiveRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            return self.low.fmt(f);
        }
        write!(f, "{}..={}", self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_range_is_rejected() {
        for text in [
            "",
            "4..=1",
            "1..4",
            "1..=",
            "..=4",
            "-1..=2",
            "+1",
            "1..=2..=3",
            " 1",
            "4294967296",
        ] {
            assert!(
                text.parse::<InclusiveRange>().is_err(),
                "{text:?} was accepted"
            );
        }
    }

    #[test]
    fn prints_as_it_is_read() {
        for text in ["0", "3", "1..=4", "0..=4294967295"] {
            let range: InclusiveRange = text.parse().unwrap();
            assert_eq!(range.to_string(), text);
        }
    }
}
