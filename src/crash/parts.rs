//! The parts of a file's content that survive or not, each on its own: single blocks, or blocks that a profile ties together.

use super::{
    chain::ChainOptions,
    choices::{Chain, FileChoices},
    effect::Sectors,
    state::Selection,
    ties::Ties,
    window::Window,
};
use crate::profile::{DataPath, Fill, FreshTear, OverwriteTear};

/// A part of the content of one file whose state does not depend on that of the other parts.
#[derive(Debug)]
pub(super) enum Part<'w> {
    /// One block.
    Block(ChainOptions<'w>),
    /// The new blocks of one write, which are all there or all missing.
    Bundle(Vec<ChainOptions<'w>>),
    /// Blocks that are copied on write, tied by the writes that they have in common.
    Tied(Ties<'w>),
}

impl Window<'_> {
    /// The parts of a file that can be seen if the first `length` of the lengths survive.
    pub(super) fn parts<'w>(&'w self, choices: &'w FileChoices, length: usize) -> Vec<Part<'w>> {
        let profile = self.graph.profile;
        let fresh_tied = profile.fresh_tear.value == FreshTear::Write;
        let all_tied = profile.overwrite_tear.value == OverwriteTear::Write;
        if profile.data.value == DataPath::CopyOnWrite && (fresh_tied || all_tied) {
            let ties = Ties::of(self, choices, length);
            return ties.into_iter().map(Part::Tied).collect();
        }
        let size = self.size(choices, length);
        let mut parts: Vec<Part<'w>> = Vec::with_capacity(choices.chains.len());
        let mut bundles: Vec<(u32, usize)> = Vec::new();
        for chain in &choices.chains {
            let visible = self.visible(chain, size);
            let write = self.effect(chain.slots[0]).entry;
            let is_bundled = fresh_tied && chain.fresh;
            if visible == 0 && !is_bundled {
                // What must be there and cannot be seen makes no difference.
                continue;
            }
            let options = ChainOptions::new(self, choices, length, chain, visible);
            if !is_bundled {
                parts.push(Part::Block(options));
                continue;
            }
            let found = bundles.iter().find(|(entry, _)| *entry == write);
            let place = found.map_or(parts.len(), |(_, place)| *place);
            if let Some(Part::Bundle(bundle)) = parts.get_mut(place) {
                bundle.push(options);
            } else {
                bundles.push((write, place));
                parts.push(Part::Bundle(vec![options]));
            }
        }
        parts.retain(|part| part.is_visible(self, size));
        parts
    }
}

impl Part<'_> {
    fn is_visible(&self, window: &Window<'_>, size: u64) -> bool {
        let visible = |chain: &Chain| window.visible(chain, size) != 0;
        match self {
            Part::Bundle(bundle) => bundle.iter().any(|options| visible(options.chain)),
            Part::Block(_) | Part::Tied(_) => true,
        }
    }

    /// The number of states, exactly (or `u64::MAX` where that is too small).
    pub(super) fn count(&self) -> u64 {
        match self {
            Part::Block(options) => options.count(),
            Part::Bundle(bundle) => {
                let missing = if is_forced(bundle) {
                    0
                } else {
                    missing(bundle)
                };
                present(bundle).saturating_add(missing)
            }
            Part::Tied(ties) => ties.count(),
        }
    }

    /// Puts the state with this number, below the count, into a selection.
    pub(super) fn select(&self, mut number: u64, selection: &mut Selection) {
        match self {
            Part::Block(options) => options.select(number, selection),
            Part::Bundle(bundle) => {
                let missing = if is_forced(bundle) {
                    0
                } else {
                    missing(bundle)
                };
                let is_missing = number < missing;
                if !is_missing {
                    number -= missing;
                }
                for options in bundle {
                    if is_missing {
                        options.select_missing(number % options.count_missing(), selection);
                        number /= options.count_missing();
                    } else {
                        options.select_present(number % options.count_present(), selection);
                        number /= options.count_present();
                    }
                }
            }
            Part::Tied(ties) => ties.select(number, selection),
        }
    }

    /// Puts the state into a selection in which nothing survives that may be lost.
    pub(super) fn select_none(&self, fill: Fill, selection: &mut Selection) {
        match self {
            Part::Block(options) => options.select_none(fill, selection),
            Part::Bundle(bundle) if is_forced(bundle) => {
                for options in bundle {
                    options.select_present(0, selection);
                }
            }
            Part::Bundle(bundle) => bundle
                .iter()
                .for_each(|options| options.select_none(fill, selection)),
            Part::Tied(ties) => ties.select_none(selection),
        }
    }

    /// Puts the state into a selection in which everything survives.
    pub(super) fn select_all(&self, selection: &mut Selection) {
        match self {
            Part::Block(options) => options.select_all(selection),
            Part::Bundle(bundle) => bundle
                .iter()
                .for_each(|options| options.select_all(selection)),
            Part::Tied(ties) => ties.select_all(selection),
        }
    }

    /// Puts a state into a selection in which the last thing that was written is torn, or lost where it comes as a whole.
    pub(super) fn select_torn(&self, sectors: Sectors, fill: Fill, selection: &mut Selection) {
        match self {
            Part::Block(options) => {
                options.select_torn(sectors, selection);
                options.show(fill, selection);
            }
            Part::Bundle(bundle) => {
                self.select_all(selection);
                match bundle.iter().rev().find(|options| !options.tears_whole()) {
                    Some(options) => options.select_torn(sectors, selection),
                    None => self.select_none(fill, selection),
                }
            }
            Part::Tied(ties) => ties.select_torn(selection),
        }
    }
}

fn is_forced(bundle: &[ChainOptions<'_>]) -> bool {
    bundle.iter().any(ChainOptions::is_forced)
}

fn missing(bundle: &[ChainOptions<'_>]) -> u64 {
    let counts = bundle.iter().map(ChainOptions::count_missing);
    counts.fold(1, u64::saturating_mul)
}

fn present(bundle: &[ChainOptions<'_>]) -> u64 {
    let counts = bundle.iter().map(ChainOptions::count_present);
    counts.fold(1, u64::saturating_mul)
}
