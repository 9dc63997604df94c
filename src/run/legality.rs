//! Why a replayed crash state is legal, in names and words: data for reports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MediaFault, naming::NamedOperation, schedule::Outline};
use crate::{
    base::{Digest, Position},
    crash::{Cover, Disorder, Frontier, Kept, PersistenceGraph, Reason, Selection, Window},
    profile::{PROFILES, Profile, Strength},
    simfs::Recording,
    workload::CrashKind,
};

/// Reasons that are told; of more, their number.
const REASONS_MAX: usize = 8;

/// A crash of a replay, with what it was chosen from.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) title: String,
    pub(super) kind: CrashKind,
    pub(super) profile: &'static Profile,
    /// How many completed barriers the device keeps to itself.
    pub(super) lies: u32,
    pub(super) recording: Recording,
    pub(super) point: Position,
    /// What became of the pending effects that did not survive as a whole, by their index in the graph.
    pub(super) lost: BTreeMap<u32, Kept>,
    /// Where in the recording the life or the recovery begins.
    pub(super) first: Position,
    /// Of a process crash: the pages of the write in flight that had landed.
    pub(super) pages_in_flight: u64,
    /// What the device did to the disk after the crash.
    pub(super) media: Option<MediaFault>,
    /// The digest of the disk that recovery met.
    pub(super) image: Digest,
    /// What the operations of the history are called, where they are listed.
    pub(super) tags: Vec<u32>,
}

/// Why one crash state is legal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legality {
    /// Which life or recovery.
    pub title: String,
    /// What the crash took.
    pub crash: CrashKind,
    /// The profile that it was chosen under.
    pub profile: String,
    /// The reasons, out of order first; no more than eight.
    pub reasons: Vec<LegalReason>,
    /// How many more there are.
    pub more: u32,
    /// The profiles under which the same choice is legal, of all that are shipped.
    pub under: Vec<String>,
    /// Whether one of them is as strong as what was observed.
    pub observed_too: bool,
}

/// One thing about a crash state that looks out of order, and why it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalReason {
    /// What is out of order.
    pub disorder: Disorder,
    /// The first operation that lost something.
    pub lost: NamedOperation,
    /// How many more did likewise.
    pub lost_more: u32,
    /// The first operation after it that something survived of.
    pub survived: Option<NamedOperation>,
    /// How many more did likewise.
    pub survived_more: u32,
    /// Whether both are about one file or directory.
    pub in_one_file: bool,
    /// Why no barrier helped what was lost.
    pub cover: Cover,
    /// The barrier that this is about, or the one that covers what survived.
    pub barrier: Option<NamedOperation>,
    /// The rule of the profile.
    pub rule: Option<QuotedRule>,
}

/// A rule of a profile, quoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedRule {
    /// The profile.
    pub profile: String,
    /// The switch.
    pub key: String,
    /// Its value.
    pub choice: String,
    /// What that means.
    pub meaning: String,
    /// Where it comes from.
    pub source: String,
}

impl Stage {
    pub(super) fn new(
        title: String,
        kind: CrashKind,
        profile: &'static Profile,
        window: &Window<'_>,
        selection: &[Kept],
    ) -> Stage {
        let slots = window.pending.iter().zip(selection).zip(0..);
        let lost = slots.filter_map(|((&index, &kept), slot)| {
            let whole = window.effect(slot).whole();
            (kept.sectors & whole != whole).then_some((index, kept))
        });
        Stage {
            title,
            kind,
            profile,
            lies: window.graph.lies(),
            recording: window.graph.recording.clone(),
            point: window.point,
            lost: lost.collect(),
            first: Position(0),
            pages_in_flight: 0,
            media: None,
            image: Digest::default(),
            tags: Vec::new(),
        }
    }

    /// The choice on a window at the stage's point.
    pub(super) fn selection(&self, window: &Window<'_>) -> Selection {
        let kept = window.pending.iter().zip(window.everything());
        kept.map(|(index, whole)| self.lost.get(index).copied().unwrap_or(whole))
            .collect()
    }

    pub(super) fn legality(&self) -> Legality {
        let graph = PersistenceGraph::with_lies(&self.recording, self.profile, self.lies);
        let window = Frontier::new(&graph).window(self.point);
        let selection = self.selection(&window);
        let outline = Outline::new(&self.recording, self.recording.trace.end());
        let reasons = window.explain(&selection);
        let told = reasons.iter().take(REASONS_MAX);
        let under = self.legal_under(&window, &selection);
        let observed = |profile: &&&Profile| profile.strength == Strength::Observed;
        Legality {
            title: self.title.clone(),
            crash: self.kind,
            profile: self.profile.name.to_owned(),
            reasons: told
                .map(|reason| self.named(reason, &graph, &outline))
                .collect(),
            more: count(reasons.len().saturating_sub(REASONS_MAX)),
            observed_too: under.iter().any(|profile| observed(&profile)),
            under: under
                .iter()
                .map(|profile| profile.name.to_owned())
                .collect(),
        }
    }

    fn legal_under(&self, window: &Window<'_>, selection: &[Kept]) -> Vec<&'static Profile> {
        let disk = window.image(selection).digest();
        let allows = |profile: &&'static Profile| {
            let graph = PersistenceGraph::with_lies(&self.recording, profile, self.lies);
            let other = Frontier::new(&graph).window(self.point);
            other.allows(window, selection, disk)
        };
        PROFILES.iter().filter(allows).collect()
    }

    fn named(
        &self,
        reason: &Reason,
        graph: &PersistenceGraph<'_>,
        outline: &Outline,
    ) -> LegalReason {
        let name = |index: u32| NamedOperation::new(&self.recording, outline, index);
        let barrier = match (reason.cover, reason.disorder, reason.pair.1) {
            (Cover::Unfinished(at) | Cover::Failed(at) | Cover::Untrue(at), ..) => Some(at),
            (Cover::Nothing, Disorder::OutOfReach, Some(survived)) => {
                let of_it = graph
                    .effects
                    .iter()
                    .filter(|effect| effect.entry == survived);
                let at = of_it.map(|effect| effect.certain_at).min();
                at.filter(|at| *at <= self.point).map(|at| at.0 - 1)
            }
            _ => None,
        };
        LegalReason {
            disorder: reason.disorder,
            lost: name(reason.pair.0),
            lost_more: count(reason.lost.len().saturating_sub(1)),
            survived: reason.pair.1.map(name),
            survived_more: count(reason.survived.len().saturating_sub(1)),
            in_one_file: reason.in_one_file,
            cover: reason.cover,
            barrier: barrier.map(name),
            rule: reason.rule.map(|rule| QuotedRule {
                profile: self.profile.name.to_owned(),
                key: rule.key.to_owned(),
                choice: rule.choice.word.to_owned(),
                meaning: rule.choice.meaning.to_owned(),
                source: rule.source.to_owned(),
            }),
        }
    }
}

impl LegalReason {
    /// The sentence that makes it legal, without the source.
    pub fn sentence(&self) -> String {
        let lost = with_more(&self.lost, self.lost_more);
        let what = match &self.survived {
            None => format!("{lost} did not survive"),
            Some(survived) if *survived == self.lost => match self.disorder {
                Disorder::SizeWithoutBytes => format!("{lost} survived without all of its bytes"),
                Disorder::BytesWithoutSize => format!("{lost} survived without all of its length"),
                _ => format!("{lost} survived in part"),
            },
            Some(survived) => {
                let survived = with_more(survived, self.survived_more);
                format!("{survived} survived without {lost}")
            }
        };
        let why = self.why();
        match &self.rule {
            None => format!("{what}: {why}"),
            Some(QuotedRule {
                profile, meaning, ..
            }) => {
                format!("{what}: {why}, and on {profile} {meaning}")
            }
        }
    }

    /// What the barriers did.
    fn why(&self) -> String {
        let barrier = self
            .barrier
            .as_ref()
            .map_or("a barrier", |at| at.text.as_str());
        match (self.cover, self.disorder) {
            (Cover::Failed(_), _) => format!("{barrier} failed and left it behind"),
            (Cover::Untrue(_), _) => {
                format!("{barrier} said that it was complete, and the device had not written it")
            }
            (_, Disorder::Superseded) => "what survived took away what it had done".to_owned(),
            (Cover::Unfinished(_), _) => {
                format!("{barrier} had begun, and was not complete at the crash")
            }
            (Cover::Nothing, Disorder::OutOfReach) => {
                format!("{barrier} covers what survived and not what was lost")
            }
            (Cover::Nothing, Disorder::Torn) => "no barrier covers it before the crash".to_owned(),
            (Cover::Nothing, Disorder::Tail) => {
                "nothing after it survived, and no barrier covers it before the crash".to_owned()
            }
            (Cover::Nothing, _) if self.survived.as_ref() == Some(&self.lost) => {
                "no barrier covers it before the crash".to_owned()
            }
            (Cover::Nothing, _) => "no barrier between them".to_owned(),
        }
    }
}

fn with_more(operation: &NamedOperation, more: u32) -> String {
    match more {
        0 => operation.text.clone(),
        more => format!("{} (and {more} more)", operation.text),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
