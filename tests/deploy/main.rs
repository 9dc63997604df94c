//! What is shipped for other people's engines, run here as the engine would run it: every file and every snippet of `docs/ci.md`.
//!
//! Checked: that the shards of each, joined by its own merge step, give what one run gives, byte for byte; that exit codes go where
//! `docs/exit-codes.md` says; that what is quoted is what is shipped.
//! Not checked: the engines themselves. Their part (which variables they set, what they do with an exit code) is played by a few
//! lines here.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod docs;
mod github;
mod gitlab;
mod ground;
mod kubernetes;
mod slurm;
