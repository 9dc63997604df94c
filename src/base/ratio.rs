//! Probabilities as fractions of integers.

use std::{fmt, str::FromStr};

/// A probability, written `1/4`; `0` is never and `1` is always.
///
/// ```
/// use tornwrite::base::Ratio;
///
/// let ratio: Ratio = "1/50".parse()?;
/// assert_eq!((ratio.numerator(), ratio.denominator()), (1, 50));
/// # Ok::<(), tornwrite::base::RatioError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    numerator: u32,
    denominator: u32,
}

/// A text that is no ratio.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no ratio: expected two whole numbers such as 1/50, at most 1, or 0")]
pub struct RatioError(String);

impl Ratio {
    /// It never happens.
    pub const NEVER: Ratio = Ratio {
        numerator: 0,
        denominator: 1,
    };

    /// `numerator` in `denominator` cases, or `None` if that is no probability.
    pub const fn new(numerator: u32, denominator: u32) -> Option<Ratio> {
        if denominator == 0 || numerator > denominator {
            return None;
        }
        Some(Ratio {
            numerator,
            denominator,
        })
    }

    /// The number of cases in which it happens.
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// The number of all cases; never zero.
    pub const fn denominator(self) -> u32 {
        self.denominator
    }
}

impl FromStr for Ratio {
    type Err = RatioError;

    fn from_str(text: &str) -> Result<Ratio, RatioError> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let number = |part: &str| part.parse::<u32>().ok();
        number(numerator)
            .zip(number(denominator))
            .and_then(|(n, d)| Ratio::new(n, d))
            .ok_or_else(|| RatioError(text.to_owned()))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.numerator {
            0 => f.write_str("0"),
            n => write!(f, "{n}/{}", self.denominator),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_probability_is_rejected() {
        for text in ["", "1/0", "3/2", "2", "-1/2", "0.5", "1/2/3"] {
            assert!(text.parse::<Ratio>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn prints_as_it_is_read() {
        for text in ["0", "1/1", "1/50"] {
            assert_eq!(
                text.parse::<Ratio>().map(|r| r.to_string()).as_deref(),
                Ok(text)
            );
        }
    }
}
