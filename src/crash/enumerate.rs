//! Every crash state at one point, counted before any is built.
//!
//! Given the cut of the log, what remains falls apart into independent choices: each file, and where names are on their own,
//! each name. So the number of states is a sum over cuts of a product of counts: exact and cheap.

use super::{
    choices::FileChoices,
    parts::Part,
    state::{Kept, Selection},
    window::Window,
};

impl Window<'_> {
    /// The number of crash states at this point (or `u64::MAX` where that is too small).
    ///
    /// It counts choices that can be told apart on disk: blocks behind a length count once. Two choices may still show the
    /// same bytes.
    pub fn count(&self) -> u64 {
        (0..=self.log.len()).fold(0, |sum: u64, cut| sum.saturating_add(self.count_at(cut)))
    }

    fn count_at(&self, cut: usize) -> u64 {
        let names = self.names.iter().map(|slots| slots.len() as u64 + 1);
        let files = self
            .files
            .iter()
            .map(|file| self.count_file(&self.choices(file, cut)));
        let reuses = self.reuses_behind(cut).map(|(_, ways)| ways);
        let counts = names.chain(files).chain(reuses);
        counts.fold(1, u64::saturating_mul)
    }

    fn count_file(&self, choices: &FileChoices) -> u64 {
        let lengths = choices.sizes_needed..=choices.sizes.len();
        let states = lengths.map(|length| self.count_at_length(choices, length));
        states.fold(0, u64::saturating_add)
    }

    fn count_at_length(&self, choices: &FileChoices, length: usize) -> u64 {
        let cuts = choices.cuts_at(length).count();
        let cuts = 2_u64.saturating_pow(u32::try_from(cuts).unwrap_or(u32::MAX));
        self.count_contents(choices, length).saturating_mul(cuts)
    }

    fn count_contents(&self, choices: &FileChoices, length: usize) -> u64 {
        let counts = self.parts(choices, length);
        let counts = counts.iter().map(Part::count);
        counts.fold(1, u64::saturating_mul)
    }

    /// The crash state with this number, below the count.
    ///
    /// # Panics
    ///
    /// If there is no such state.
    pub fn select(&self, mut number: u64) -> Selection {
        let mut selection = self.nothing();
        for cut in 0..=self.log.len() {
            let here = self.count_at(cut);
            if number < here {
                self.select_at(cut, number, &mut selection);
                return selection;
            }
            number -= here;
        }
        panic!("there is no crash state with that number at {}", self.point);
    }

    fn select_at(&self, cut: usize, mut number: u64, selection: &mut Selection) {
        self.cut_log(cut, selection);
        for (slot, ways) in self.reuses_behind(cut) {
            let way = u16::try_from(number % ways).unwrap_or(0);
            selection[slot] = Kept::from_parts(0, way);
            number /= ways;
        }
        for slots in &self.names {
            let versions = slots.len() as u64 + 1;
            let survive = usize::try_from(number % versions).unwrap_or(0);
            slots
                .iter()
                .take(survive)
                .for_each(|&slot| selection[slot] = Kept::WHOLE);
            number /= versions;
        }
        for file in &self.files {
            let choices = self.choices(file, cut);
            let here = self.count_file(&choices);
            self.select_file(&choices, number % here, selection);
            number /= here;
        }
    }

    fn select_file(&self, choices: &FileChoices, mut number: u64, selection: &mut Selection) {
        for length in choices.sizes_needed..=choices.sizes.len() {
            let here = self.count_at_length(choices, length);
            if number >= here {
                number -= here;
                continue;
            }
            let survive = choices.sizes[..length].iter();
            survive.for_each(|&slot| selection[slot] = Kept::WHOLE);
            for slot in choices.cuts_at(length) {
                let kept = number % 2 == 1;
                selection[slot] = if kept { Kept::WHOLE } else { Kept::NOTHING };
                number /= 2;
            }
            return self.select_contents(choices, length, number, selection);
        }
    }

    fn select_contents(
        &self,
        choices: &FileChoices,
        length: usize,
        mut number: u64,
        selection: &mut Selection,
    ) {
        for part in self.parts(choices, length) {
            let here = part.count();
            part.select(number % here, selection);
            number /= here;
        }
    }

    /// Lets the first `cut` groups of the pending log survive.
    pub(super) fn cut_log(&self, cut: usize, selection: &mut Selection) {
        for slots in &self.log[..cut] {
            for slot in slots.clone() {
                selection[slot] = Kept::sectors(self.effect(slot).whole());
            }
        }
    }
}
