//! How fast work goes, how long the rest of it takes, and what of that fits on a line.
//!
//! All of it is over the time since the work began: it comes in bursts, so that the last moments say nothing.

use std::time::Duration;

use indicatif::HumanDuration;

use crate::report::grouped;

/// Work that was done in some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) elapsed: Duration,
    /// How numbers are written.
    pub(super) number: fn(u64) -> String,
}

impl Pace {
    /// How many of something come in a second, or in a minute if that is less than one; nothing before there is an answer.
    pub(super) fn rate(self, count: u64, what: &str) -> Option<String> {
        let milliseconds = self.elapsed.as_millis();
        if milliseconds == 0 || count == 0 {
            return None;
        }
        let in_time = |milliseconds_of_unit: u128| {
            let tenths = u128::from(count) * 10 * milliseconds_of_unit / milliseconds;
            u64::try_from(tenths).unwrap_or(u64::MAX)
        };
        let (tenths, unit) = match in_time(1000) {
            0..10 => (in_time(60_000), "min"),
            tenths => (tenths, "s"),
        };
        Some(if tenths < 100 {
            format!("{}.{}{what}/{unit}", tenths / 10, tenths % 10)
        } else {
            format!("{}{what}/{unit}", (self.number)(tenths / 10))
        })
    }

    /// How long it takes to do so many more, if that many were done; no longer than `at_most`.
    pub(super) fn left(self, done: u64, more: u64, at_most: Option<Duration>) -> Option<String> {
        if more == 0 {
            return None;
        }
        let milliseconds = (self.elapsed.as_millis() * u128::from(more)).checked_div(done.into());
        let left = milliseconds.map(|left| u64::try_from(left).unwrap_or(u64::MAX));
        let left = left.map(Duration::from_millis);
        let left = left.map_or(at_most, |left| Some(left.min(at_most.unwrap_or(left))));
        left.map(|left| format!("{:#} left", HumanDuration(left)))
    }
}

/// A number in at most five characters, as long as it is no larger than what there is a letter for.
pub(super) fn short(number: u64) -> String {
    let (unit, letter) = match number {
        0..10_000 => return grouped(number),
        10_000..1_000_000 => (1000, "k"),
        1_000_000..1_000_000_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "G"),
    };
    let (whole, tenth) = (number / unit, number % unit / (unit / 10));
    if whole < 100 {
        format!("{whole}.{tenth}{letter}")
    } else {
        format!("{}{letter}", grouped(whole))
    }
}

/// As many of the parts, from the first on, as fit on a line together.
pub(super) fn fitted(parts: &[String], columns: usize) -> String {
    let mut line = String::new();
    for part in parts {
        let gap = if line.is_empty() { "" } else { ", " };
        // The first one is cut off by the terminal if it has to be.
        let taken = [line.as_str(), gap, part].map(|text| text.chars().count());
        if !line.is_empty() && taken.iter().sum::<usize>() > columns {
            break;
        }
        line += gap;
        line += part;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(milliseconds: u64) -> Pace {
        Pace {
            elapsed: Duration::from_millis(milliseconds),
            number: short,
        }
    }

    #[test]
    fn a_rate_is_told_in_the_unit_that_has_something_to_say() {
        assert_eq!(pace(0).rate(5, ""), None);
        assert_eq!(pace(5000).rate(0, ""), None);
        assert_eq!(pace(2000).rate(64, "").unwrap(), "32/s");
        assert_eq!(pace(2000).rate(9, "").unwrap(), "4.5/s");
        assert_eq!(
            pace(1000).rate(64_512, " states").unwrap(),
            "64.5k states/s"
        );
        assert_eq!(pace(10_000).rate(3, "").unwrap(), "18/min");
        assert_eq!(pace(90_000).rate(3, "").unwrap(), "2.0/min");
    }

    #[test]
    fn the_rest_takes_as_long_as_what_was_done_and_no_longer_than_there_is_time() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(pace(10_000).left(5, 15, None).unwrap(), "30s left");
        assert_eq!(pace(10_000).left(5, 15, minute).unwrap(), "30s left");
        assert_eq!(pace(10_000).left(5, 1500, minute).unwrap(), "60s left");
        assert_eq!(pace(10_000).left(0, 15, minute).unwrap(), "60s left");
        assert_eq!(pace(10_000).left(0, 15, None), None);
        assert_eq!(pace(10_000).left(5, 0, minute), None);
    }

    #[test]
    fn numbers_are_short() {
        let all = [
            9_999,
            10_000,
            123_456,
            1_999_999,
            123_456_789,
            5_000_000_000,
        ];
        let told = all.map(short);
        assert_eq!(told, ["9,999", "10.0k", "123k", "1.9M", "123M", "5.0G"]);
    }

    #[test]
    fn a_line_has_whole_parts_and_the_first_ones() {
        let parts = ["5/40 runs", "3.4/s", "10s left"].map(str::to_owned);
        assert_eq!(fitted(&parts, 80), "5/40 runs, 3.4/s, 10s left");
        assert_eq!(fitted(&parts, 26), "5/40 runs, 3.4/s, 10s left");
        assert_eq!(fitted(&parts, 25), "5/40 runs, 3.4/s");
        assert_eq!(fitted(&parts, 3), "5/40 runs");
    }
}
