//! One violation for a terminal: what broke, the picture, why, what would have prevented it, the bytes, and how to see it
//! again.

use std::fmt::Write as _;

use super::{
    Layout, comparison, disk,
    finding::sentences_in,
    focus::Focus,
    layout::{fold, packed, printable},
    legality::{legality_in, missing_in},
    timeline::{idle, legend, timeline},
};
use crate::{
    base::Seed,
    campaign::Sentences,
    oracle::catalogue,
    run::{Evidence, Legality, OPERATIONS_SUCCEED},
};

/// What a violation is called, beside what a replay of it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViolationHead {
    /// The scenario's name.
    pub scenario: String,
    /// The subject's name.
    pub subject: String,
    /// The profile's name.
    pub profile: String,
    /// The device's name.
    pub device: String,
    /// The seed of the run.
    pub seed: Seed,
    /// The violated invariant.
    pub invariant: String,
    /// Why it does not hold; nothing where it does not fail any more.
    pub witness: Option<Sentences>,
    /// The commands to copy, to see it again.
    pub again: Vec<String>,
}

/// The device that adds nothing to what a filesystem promises.
const HONEST: &str = "honest";

/// A violation as text: what a terminal shows, and what `timeline.txt` holds.
pub fn violation_text(head: &ViolationHead, evidence: &Evidence, layout: &Layout) -> String {
    let mut text = head.text(evidence, layout);
    text += &picture(evidence, layout);
    if let Some(witness) = &head.witness {
        text += &sentences_in(witness, layout);
        let missing = evidence.missing.as_ref();
        text += &missing.map_or_else(String::new, |missing| missing_in(missing, layout));
        text += &legality_in(&evidence.legality, layout);
        text.push('\n');
    }
    for block in [
        disk::bytes(&evidence.files, evidence.files_more, layout),
        comparison::comparison(&evidence.comparison, layout),
        again(&head.again),
    ] {
        if !block.is_empty() {
            text += &block;
            text.push('\n');
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
    text + "\n"
}

impl ViolationHead {
    /// What broke, in a line that needs no other; then where.
    fn text(&self, evidence: &Evidence, layout: &Layout) -> String {
        let broke = format!("{} {}", self.subject, self.breach());
        let palette = layout.palette;
        let colour = if self.witness.is_some() {
            palette.bad
        } else {
            ""
        };
        let mut text = String::new();
        text += &layout.lines("", &fold(&broke, layout.width), colour);
        let is_observed = self.witness.is_some()
            && !evidence.legality.is_empty()
            && evidence
                .legality
                .iter()
                .all(|legality| legality.observed_too);
        let is_worth_saying = is_observed && !self.profile.ends_with("-observed");
        let also = if is_worth_saying {
            " (observed too)"
        } else {
            ""
        };
        let profile = format!("{}{also}", self.profile);
        let device = Some(&self.device).filter(|device| *device != HONEST);
        let parts = [
            Some(self.invariant.clone()),
            Some(format!("seed {}", self.seed)),
            Some(self.scenario.clone()),
            Some(profile),
            device.map(|device| format!("device {device}")),
            place(&evidence.legality),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        for line in packed(&parts, " · ", layout.width) {
            text += &layout.wrap("", &line);
        }
        if !evidence.left_out.is_empty() {
            let without = format!("left out of this run: {}", evidence.left_out.join(", "));
            text += &layout.wrap("", &without);
        }
        text + &"─".repeat(layout.width) + "\n\n"
    }

    fn breach(&self) -> String {
        let known = catalogue::find(&self.invariant);
        match (&self.witness, known) {
            (None, _) => format!("replayed for a violation of {}", self.invariant),
            (Some(_), Ok(known)) => known.breach.to_owned(),
            (Some(_), Err(_)) if self.invariant == OPERATIONS_SUCCEED => {
                "failed at work although nothing kept it from it".to_owned()
            }
            (Some(_), Err(_)) => format!("violates {}", self.invariant),
        }
    }
}

/// Where the last crash fell: "life 2 of 2", "life 1 of 1, and in recovery".
fn place(crashes: &[Legality]) -> Option<String> {
    let is_life = |crash: &&Legality| crash.title.starts_with("life");
    let life = crashes.iter().rfind(is_life)?;
    let title = life.title.split([',', ';']).next().unwrap_or_default();
    let inside = match crashes.last().filter(|last| !is_life(last)) {
        Some(_) => ", and in recovery",
        None => "",
    };
    Some(format!("{title}{inside}"))
}

/// The timelines with what matters in them.
fn picture(evidence: &Evidence, layout: &Layout) -> String {
    let timelines = &evidence.timelines;
    if timelines.is_empty() {
        return String::new();
    }
    let mut text = legend(timelines, layout) + "\n";
    for (number, (life, focus)) in (1..).zip(timelines.iter().zip(Focus::of(evidence))) {
        if number < timelines.len() && focus.is_idle(life) {
            text += &idle(life, layout);
        } else {
            text += &timeline(life, &focus, layout);
        }
        text.push('\n');
    }
    text
}

/// Commands are not wrapped: they are there to be copied.
fn again(commands: &[String]) -> String {
    let mut text = String::new();
    for (number, command) in commands.iter().enumerate() {
        let word = if number == 0 {
            "  Again   "
        } else {
            "          "
        };
        let _ = writeln!(text, "{word}{}", printable(command));
    }
    text
}
