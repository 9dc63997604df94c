//! Results for people and for machines.
//!
//! Reporters are pure functions of results; none of them looks at a subject, a filesystem or the clock.

mod timeline;

pub use timeline::render_timeline;
