//! The crash model: which disks a crash may leave behind.
//!
//! A recording under a [`Profile`](crate::profile::Profile) gives a [`PersistenceGraph`]: every effect, and from where on it
//! is certain. A [`Frontier`] walks along it and opens a [`Window`] at any position: what is certain there, and what is
//! pending. A [`Selection`] says what survives of each pending effect; [`Window::image`] is the disk that it leaves.
//!
//! ```text
//! state = certain ∪ survivors (+ fill)
//! ```
//!
//! Survivors are closed under what must go before them; *nothing else is legal, and everything in that set is*: write-back of
//! any file, or a commit of the log, may happen between any two operations.
//!
//! Not modelled here: media faults, extended attributes.

mod carry;
mod chain;
mod choices;
mod content;
mod disorder;
mod effect;
mod enumerate;
mod explain;
mod failure;
mod file_state;
mod frontier;
mod graph;
mod legal;
mod names;
mod parts;
mod points;
mod process;
mod reach;
mod reuse;
mod sample;
mod stale;
mod state;
mod ties;
mod tree;
mod window;

pub use choices::{Chain, FileChoices};
pub use disorder::Disorder;
pub use effect::{ALL_SECTORS, BLOCK, BlockEffect, Effect, EffectKind, Sectors};
pub use explain::{Cover, Reason};
pub use frontier::Frontier;
pub use graph::{Group, PersistenceGraph};
pub use points::{all_points, sample_points};
pub use process::{pages_in_flight, process_crash};
pub use sample::{KINDS, Kind};
pub use stale::StaleBlocks;
pub use state::{Kept, Selection};
pub use window::{FileSlots, Window};
