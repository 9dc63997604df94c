//! A second, slow implementation of the crash model, written from its rules and not from its code.
//!
//! Every effect says which effects must be on disk before it; every subset that obeys is a crash state; the state is built
//! by doing what it holds in program order on a filesystem made of maps. No cut, no component, no bit mask, no sampling.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses a part of what is shared here"
)]

pub mod blocks;
pub mod compare;
pub mod disk;
pub mod effects;
pub mod names;
pub mod program;
pub mod reach;
pub mod rules;
pub mod space;
pub mod states;
pub mod text;
pub mod tree_log;
