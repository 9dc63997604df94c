//! What ends a campaign before its plan does: Ctrl-C, and a time budget.

use std::{sync::Arc, thread, time::Duration};

use super::{
    exit::{Exit, Failure},
    terminal,
};
use crate::campaign::{StopReason, StopSignal};

/// A signal that the first Ctrl-C gives, and the end of the budget; a second Ctrl-C ends the process at once.
pub(super) fn signal(budget: Option<Duration>) -> Result<Arc<StopSignal>, Failure> {
    let signal = Arc::new(StopSignal::new());
    let mut presses = Presses::new(Arc::clone(&signal));
    let handler = move || {
        if presses.ends_the_process() {
            std::process::exit(Exit::Interrupted as i32);
        }
        terminal::warn("interrupted: finishing what is under way; again to end at once");
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::Results(format!("failed to listen for Ctrl-C: {error}")))?;
    if let Some(budget) = budget {
        let timed = Arc::clone(&signal);
        // Nobody waits for it: where the campaign ends first, it ends with the process.
        thread::spawn(move || {
            thread::sleep(budget);
            timed.stop(StopReason::OutOfTime);
        });
    }
    Ok(signal)
}

/// How often Ctrl-C was pressed, whatever else ended the campaign before.
struct Presses {
    signal: Arc<StopSignal>,
    is_first: bool,
}

impl Presses {
    fn new(signal: Arc<StopSignal>) -> Presses {
        Presses {
            signal,
            is_first: true,
        }
    }

    /// Counts one more; whether it is one that nothing is finished for.
    fn ends_the_process(&mut self) -> bool {
        self.signal.stop(StopReason::Interrupted);
        !std::mem::take(&mut self.is_first)
    }
}

/// Reads a duration such as `90s`, `10m`, `1h30m` or `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("`{text}` is no duration: expected one such as 90s, 10m, 1h30m or 500ms");
    let mut rest = text;
    let mut all = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let milliseconds = match &rest[..unit] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        rest = &rest[unit..];
        let part = number.checked_mul(milliseconds).ok_or_else(wrong)?;
        all = all
            .checked_add(Duration::from_millis(part))
            .ok_or_else(wrong)?;
    }
    if all.is_zero() { Err(wrong()) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_press_ends_the_process_though_time_was_up_before_the_first() {
        for reason in [None, Some(StopReason::OutOfTime)] {
            let signal = Arc::new(StopSignal::new());
            if let Some(reason) = reason {
                signal.stop(reason);
            }
            let mut presses = Presses::new(Arc::clone(&signal));
            assert!(!presses.ends_the_process());
            assert_eq!(
                signal.reason(),
                reason.or(Some(StopReason::Interrupted)),
                "the first reason stays"
            );
            assert!(presses.ends_the_process());
        }
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in [
            "",
            "10",
            "m",
            "10 m",
            "-1s",
            "1d",
            "0s",
            "99999999999999999999s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
