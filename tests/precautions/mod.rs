//! What the hardened log could do without, and what notices.

pub(crate) mod damage;
pub(crate) mod rows;
pub(crate) mod scenario;
pub(crate) mod sites;
