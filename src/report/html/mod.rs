//! Results as pages: one for a campaign, one for a violation.
//!
//! Guarantees: a page is a function of what is written down, and complete in itself: no script, nothing is fetched, and the
//! page itself forbids both. What a subject wrote is text, never markup ([`markup`]). Everything that colour says is said
//! by shape or in words too; drawings have a text in their place. What is large is folded, what is cut off says so.
//!
//! Deliberately absent: anything that moves, and a way to change what is shown other than folds.

mod arrows;
mod baseline;
mod bytes;
mod campaign;
mod card;
mod columns;
mod counts;
mod fate;
mod file_map;
mod findings;
mod glance;
mod head;
mod hex;
mod lanes;
mod markup;
mod page;
mod picture;
mod records;
mod regressions;
mod scenarios;
mod shapes;
mod strip;
mod svg;
mod trace_table;
mod violation;

pub use campaign::{CampaignPage, campaign_page};
pub use head::PageHead;
pub use violation::violation_page;
