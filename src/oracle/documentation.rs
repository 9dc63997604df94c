//! What each invariant verifies and what it deliberately does not: the head of its file.

use super::catalogue::Invariant;

macro_rules! heads {
    ($($file:literal)+) => {
        &[$(($file, include_str!(concat!("invariant/", $file, ".rs")))),+]
    };
}

/// The files, by the id of the invariant with underscores.
const FILES: &[(&str, &str)] = heads! {
    "atomic_batch" "balanced_transfers" "detects_corruption" "durable_ack" "forward_progress" "gapless_sequence"
    "gone_stays_gone" "legal_history" "no_overdraft" "no_phantom" "prefix_order" "recovery_idempotent"
    "recovery_succeeds" "seen_stays_seen"
};

impl Invariant {
    /// What it verifies, what it deliberately does not, and when it counts as exercised; empty lines between paragraphs.
    pub fn documentation(&self) -> String {
        let file = self.id.replace('-', "_");
        let text = FILES.iter().find(|(name, _)| *name == file);
        let lines = text.map_or("", |(_, text)| text).lines();
        let head = lines.map_while(|line| line.strip_prefix("//!"));
        head.map(str::trim).collect::<Vec<_>>().join("\n")
    }
}
