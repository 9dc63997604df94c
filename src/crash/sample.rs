//! Seeded crash states, biased to where bugs live.
//!
//! Each draw first picks a [`Kind`] of choice, then a state of that kind. Every state drawn is legal by construction: it is
//! put together from the same choices that enumeration goes through.

use serde::{Deserialize, Serialize};

use super::{
    choices::FileChoices,
    effect::{ALL_SECTORS, Sectors},
    state::{Kept, Selection},
    window::{FileSlots, Window},
};
use crate::{base::Rng, profile::Fill};

/// The kinds of choice that sampling is biased towards; each has a counter of its own in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Nothing pending survives.
    Nothing,
    /// Everything survives.
    Everything,
    /// The log is cut somewhere, and nothing or all survives of what it does not order.
    LogCut,
    /// Of each file none, some or all survives.
    PerFile,
    /// Everything survives but something in one file or one name.
    AllButOne,
    /// Nothing survives but something in one file or one name.
    OnlyOne,
    /// Of the last change alone something survives, with what it needs.
    OnlyLast,
    /// Names and lengths survive, bytes do not.
    MetadataOnly,
    /// Everything survives but sectors of one block: a prefix, a suffix, or all but one in the middle.
    Torn,
    /// Any state.
    Any,
}

/// All kinds, in the order in which they are drawn.
pub const KINDS: [Kind; 10] = [
    Kind::Nothing,
    Kind::Everything,
    Kind::LogCut,
    Kind::PerFile,
    Kind::AllButOne,
    Kind::OnlyOne,
    Kind::OnlyLast,
    Kind::MetadataOnly,
    Kind::Torn,
    Kind::Any,
];

impl Kind {
    /// Its name, as reports and results spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Nothing => "nothing",
            Kind::Everything => "everything",
            Kind::LogCut => "log-cut",
            Kind::PerFile => "per-file",
            Kind::AllButOne => "all-but-one",
            Kind::OnlyOne => "only-one",
            Kind::OnlyLast => "only-last",
            Kind::MetadataOnly => "metadata-only",
            Kind::Torn => "torn",
            Kind::Any => "any",
        }
    }
}

/// What survives of one file, or of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    None,
    All,
    /// A length, and all bytes below it: what write-back from front to back leaves.
    Prefix,
    Any,
    /// One of those above, drawn for each.
    Each,
    MetadataOnly,
    Torn,
}

/// What survives at one point, before it is drawn in detail.
struct Plan {
    cut: usize,
    names: Share,
    files: Share,
    /// The file (by place), or name behind the files, that goes its own way.
    exception: Option<(usize, Share)>,
}

impl Window<'_> {
    /// Draws a crash state.
    pub fn sample(&self, rng: &mut Rng) -> (Kind, Selection) {
        self.sample_of(&KINDS, rng)
    }

    /// Draws a crash state of one of these kinds.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn sample_of(&self, kinds: &[Kind], rng: &mut Rng) -> (Kind, Selection) {
        let kind = *rng.choose(kinds);
        let plan = self.plan(kind, rng);
        let mut selection = self.nothing();
        self.cut_log(plan.cut, &mut selection);
        for (slot, ways) in self.reuses_behind(plan.cut) {
            // Most often the old bytes are there still.
            let way = if rng.below(4) == 0 {
                rng.below(ways)
            } else {
                0
            };
            selection[slot] = Kept::from_parts(0, u16::try_from(way).unwrap_or(0));
        }
        let share_of = |place, usual| match plan.exception {
            Some((exception, share)) if exception == place => share,
            _ => usual,
        };
        for (place, file) in self.files.iter().enumerate() {
            self.sample_file(
                file,
                plan.cut,
                share_of(place, plan.files),
                rng,
                &mut selection,
            );
        }
        for (place, slots) in self.names.iter().enumerate() {
            let share = share_of(self.files.len() + place, plan.names);
            let survive = survivors(share, 0, slots.len(), rng);
            slots[..survive]
                .iter()
                .for_each(|&slot| selection[slot] = Kept::WHOLE);
        }
        (kind, selection)
    }

    fn plan(&self, kind: Kind, rng: &mut Rng) -> Plan {
        let whole_log = self.log.len();
        let plan = |cut, share| Plan {
            cut,
            names: share,
            files: share,
            exception: None,
        };
        match kind {
            Kind::Nothing => plan(0, Share::None),
            Kind::Everything => plan(whole_log, Share::All),
            Kind::LogCut => plan(self.any_cut(rng), *rng.choose(&[Share::None, Share::All])),
            Kind::PerFile => plan(self.any_cut(rng), Share::Each),
            Kind::Any => plan(self.any_cut(rng), Share::Any),
            Kind::MetadataOnly => Plan {
                names: Share::All,
                ..plan(whole_log, Share::MetadataOnly)
            },
            Kind::AllButOne => {
                let share = *rng.choose(&[Share::None, Share::Prefix, Share::Any]);
                let exception = self.any_place(rng).map(|place| (place, share));
                // Where the log holds everything, what is missing is its end.
                let cut = if self.files.is_empty() {
                    self.any_cut(rng)
                } else {
                    whole_log
                };
                Plan {
                    exception,
                    ..plan(cut, Share::All)
                }
            }
            Kind::OnlyOne => {
                let share = *rng.choose(&[Share::All, Share::Prefix, Share::Any]);
                let exception = self.any_place(rng).map(|place| (place, share));
                Plan {
                    exception,
                    ..plan(self.any_cut(rng), Share::None)
                }
            }
            Kind::OnlyLast => {
                let exception = self.last_place().map(|place| (place, Share::All));
                Plan {
                    exception,
                    ..plan(whole_log, Share::None)
                }
            }
            Kind::Torn => {
                let place = (!self.files.is_empty()).then(|| rng.index(self.files.len()));
                let exception = place.map(|place| (place, Share::Torn));
                Plan {
                    exception,
                    ..plan(whole_log, Share::All)
                }
            }
        }
    }

    fn any_cut(&self, rng: &mut Rng) -> usize {
        rng.index(self.log.len() + 1)
    }

    /// A file, or a name behind the files.
    fn any_place(&self, rng: &mut Rng) -> Option<usize> {
        let places = self.files.len() + self.names.len();
        (places > 0).then(|| rng.index(places))
    }

    /// The file that the last pending effect is about.
    fn last_place(&self) -> Option<usize> {
        let last = self.pending.len().checked_sub(1)?;
        let file = self.effect(last).file()?;
        self.files.iter().position(|slots| slots.inode == file)
    }

    fn sample_file(
        &self,
        file: &FileSlots,
        cut: usize,
        share: Share,
        rng: &mut Rng,
        selection: &mut Selection,
    ) {
        let choices = self.choices(file, cut);
        let share = match share {
            Share::Each => *rng.choose(&[Share::None, Share::All, Share::Prefix, Share::Any]),
            share => share,
        };
        let length = survivors(share, choices.sizes_needed, choices.sizes.len(), rng);
        choices.sizes[..length]
            .iter()
            .for_each(|&slot| selection[slot] = Kept::WHOLE);
        for slot in choices.cuts_at(length) {
            if survivors(share, 0, 1, rng) == 1 {
                selection[slot] = Kept::WHOLE;
            }
        }
        self.sample_contents(&choices, length, share, rng, selection);
    }

    fn sample_contents(
        &self,
        choices: &FileChoices,
        length: usize,
        share: Share,
        rng: &mut Rng,
        selection: &mut Selection,
    ) {
        let parts = self.parts(choices, length);
        let torn = match (share, parts.len()) {
            (Share::Torn, 1..) => Some(rng.index(parts.len())),
            _ => None,
        };
        let fill = self.sample_fill(rng);
        for (place, part) in parts.iter().enumerate() {
            match share {
                Share::Torn if torn == Some(place) => {
                    part.select_torn(sample_tear(rng), fill, selection);
                }
                Share::All | Share::Prefix | Share::Torn => part.select_all(selection),
                Share::None | Share::MetadataOnly => part.select_none(fill, selection),
                Share::Any | Share::Each => part.select(rng.below(part.count()), selection),
            }
        }
    }

    /// One fill for all units of a state; that they differ from each other is left to [`Share::Any`].
    fn sample_fill(&self, rng: &mut Rng) -> Fill {
        let fills: Vec<Fill> = self.fills().collect();
        if fills.len() == 1 {
            Fill::Zero
        } else {
            *rng.choose(&fills)
        }
    }
}

fn survivors(share: Share, low: usize, high: usize, rng: &mut Rng) -> usize {
    match share {
        Share::None => low,
        Share::All | Share::MetadataOnly | Share::Torn => high,
        Share::Prefix | Share::Any | Share::Each => low + rng.index(high - low + 1),
    }
}

/// The sectors that survive of a torn block: a prefix, a suffix, or all but one in the middle.
fn sample_tear(rng: &mut Rng) -> Sectors {
    let at = rng.below(u64::from(Sectors::BITS) + 1);
    let at = u32::try_from(at).expect("a sector of a block");
    let prefix = ALL_SECTORS.checked_shr(Sectors::BITS - at).unwrap_or(0);
    match rng.below(3) {
        0 => prefix,
        1 => !prefix,
        _ => !(1_u8.checked_shl(at).unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_as_results_spell_it() {
        for kind in KINDS {
            let written = serde_json::to_value(kind).unwrap();
            assert_eq!(written, kind.name());
        }
    }
}
