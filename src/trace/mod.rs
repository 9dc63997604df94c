//! What a subject did to a filesystem, and what was said while it did.

mod mark;

pub use mark::{Mark, OperationId, Promise};
