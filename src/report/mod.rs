//! Results as text.
//!
//! Guarantees: a report is a function of results that are written down already, so that it can be
//! made again; as text it fits 100 columns; nothing in it is told by colour alone.
//!
//! Deliberately absent: the terminal. Colours are put in as a [`Palette`], and taken out by those
//! who print.

mod comparison;
mod disk;
mod escape;
mod export;
mod finding;
mod focus;
mod html;
mod human;
mod lanes;
mod layout;
mod legality;
mod numbers;
mod regressions;
mod space;
mod story;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod trace;
mod violation;

pub use export::{ExportFormat, Results, Told, export};
pub use finding::{paragraph, sentences};
pub use html::{CampaignPage, PageHead, campaign_page, violation_page};
pub use human::{Detail, Human, campaign};
pub use layout::Layout;
pub use legality::{legality, missing};
pub use numbers::grouped;
pub use story::story;
pub use trace::trace_text;
pub use violation::{ViolationHead, violation_text};

/// The width that a report fits in, in columns.
pub const WIDTH_COLUMNS: usize = 100;

/// The codes that switch colours on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// As it should be.
    pub good: &'static str,
    /// As it should not be.
    pub bad: &'static str,
    /// Found, as it should be.
    pub found: &'static str,
    /// Of less interest.
    pub dim: &'static str,
    /// The end of any of them.
    pub end: &'static str,
}

impl Palette {
    /// No colours.
    pub const PLAIN: Palette = Palette {
        good: "",
        bad: "",
        found: "",
        dim: "",
        end: "",
    };
    /// The colours of a terminal.
    pub const ANSI: Palette = Palette {
        good: "\x1b[32m",
        bad: "\x1b[1;31m",
        found: "\x1b[33m",
        dim: "\x1b[2m",
        end: "\x1b[0m",
    };
}
