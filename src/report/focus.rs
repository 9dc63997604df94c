//! What matters in the timelines of a violation: the operations that were lost, that before which they should have been
//! durable, and the acknowledgements of what recovery does not show.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    oracle::RECOVERY,
    run::{Before, Evidence, Fate, MissingOrdering, Row, Timeline},
};

/// Entries before a crash that are shown in any case.
const NEAR: usize = 4;
/// Entries before a crash that are shown at most.
const SHOWN_MAX: usize = 26;
/// Entries that lost something, and that nothing is said of, are shown at most.
const HURT_MAX: usize = 8;
/// The rank of such an entry.
const HURT: u8 = 2;
/// Operations of the workload that are pointed at; of more, the first ones.
const OPERATIONS_MAX: usize = 3;

/// What is pointed at in one timeline.
#[derive(Debug, Default)]
pub(super) struct Focus {
    /// What is said of an entry, by its index.
    pub(super) labels: BTreeMap<u32, Vec<String>>,
    /// From what was lost to that before which it should have been durable.
    pub(super) bracket: Option<(u32, u32)>,
    /// The entries of operations that recovery does not show as it should.
    pub(super) concerned: BTreeSet<u32>,
}

impl Focus {
    /// The focus of each timeline.
    pub(super) fn of(evidence: &Evidence) -> Vec<Focus> {
        let timelines = &evidence.timelines;
        let mut all: Vec<Focus> = timelines.iter().map(|_| Focus::default()).collect();
        let missing = evidence.missing.as_ref();
        if let Some((missing, crash)) =
            missing.and_then(|found| Some((found, found.crash.as_ref()?)))
        {
            let found = timelines
                .iter()
                .position(|timeline| timeline.title == *crash);
            if let Some(place) = found {
                all[place].orderings(&timelines[place], &missing.orderings);
            }
        }
        let wrong = evidence.comparison.iter().filter(|row| !row.agrees);
        let numbered = wrong.filter_map(|row| {
            let (id, _) = row.operation.split_once(": ")?;
            id.starts_with('#').then_some((id, row.shown.as_str()))
        });
        // Where recovery failed nothing is there, and no operation says more than another.
        let has_failed = evidence
            .comparison
            .iter()
            .any(|row| row.operation == RECOVERY);
        let pointed_at = if has_failed { 0 } else { OPERATIONS_MAX };
        for (number, (id, shown)) in numbered.take(pointed_at).enumerate() {
            point_at(&mut all, timelines, id, shown, number == 0);
        }
        all
    }

    fn orderings(&mut self, timeline: &Timeline, orderings: &[MissingOrdering]) {
        let mut said: BTreeMap<(u32, String), Vec<String>> = BTreeMap::new();
        for (number, missing) in (1..).zip(orderings) {
            let mut say = |index: u32, text: String| {
                let numbers = said.entry((index, text)).or_default();
                numbers.push(format!("{number}"));
                numbers.dedup();
            };
            for ordering in missing.told() {
                let lost = ordering.lost.index;
                let row = timeline.rows.get(lost as usize);
                let how = match row.map(|row| &row.fate) {
                    Some(Fate::Torn) => "torn",
                    _ => "lost",
                };
                let Before::Later(later) = &ordering.before else {
                    say(lost, format!("{how}, and recovery does not cope"));
                    continue;
                };
                say(lost, how.to_owned());
                say(
                    later.index,
                    "should have been durable before this".to_owned(),
                );
                let (start, end) = self.bracket.unwrap_or((lost, later.index));
                self.bracket = Some((start.min(lost), end.max(later.index)));
            }
        }
        for ((index, text), numbers) in said {
            let which = match orderings.len() {
                1 => String::new(),
                _ => format!(" ({})", numbers.join(", ")),
            };
            self.say(index, text + &which);
        }
    }

    fn say(&mut self, index: u32, label: String) {
        let labels = self.labels.entry(index).or_default();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }

    /// Whether nothing in a timeline is worth its place.
    pub(super) fn is_idle(&self, timeline: &Timeline) -> bool {
        let is_hurt = |row: &Row| matches!(row.fate, Fate::Lost | Fate::Torn | Fate::Failed);
        self.labels.is_empty() && !timeline.rows.iter().any(is_hurt)
    }

    /// Whether each of the entries before the crash is shown.
    pub(super) fn shown(&self, rows: &[Row]) -> Vec<bool> {
        let is_within = |row: &Row| {
            let mut within = self.bracket.iter();
            within.any(|(start, end)| (*start..*end).contains(&row.index))
        };
        let near = rows.len().saturating_sub(NEAR);
        let mut ranked: Vec<(u8, usize, usize)> = rows
            .iter()
            .enumerate()
            .filter_map(|(place, row)| {
                let rank = match row.fate {
                    _ if self.labels.contains_key(&row.index) => 0,
                    _ if place >= near => 1,
                    Fate::Lost | Fate::Torn | Fate::Failed => HURT,
                    _ if self.concerned.contains(&row.index) => 3,
                    Fate::Barrier if is_within(row) => 4,
                    _ => return None,
                };
                Some((rank, rows.len() - place, place))
            })
            .collect();
        ranked.sort_unstable();
        let mut shown = vec![false; rows.len()];
        let mut hurt = 0;
        let is_told = |&&(rank, ..): &&(u8, usize, usize)| {
            hurt += usize::from(rank == HURT);
            rank != HURT || hurt <= HURT_MAX
        };
        for &(.., place) in ranked.iter().filter(is_told).take(SHOWN_MAX) {
            shown[place] = true;
        }
        show_single(&mut shown);
        shown
    }
}

/// A single entry takes no more room than to say that it is left out.
fn show_single(shown: &mut [bool]) {
    for place in 0..shown.len() {
        let before = place.checked_sub(1).is_none_or(|before| shown[before]);
        let behind = shown.get(place + 1).copied().unwrap_or(true);
        shown[place] |= before && behind;
    }
}

/// Points at where an operation was acknowledged, or issued if it never was; what was done for the first one is shown.
fn point_at(all: &mut [Focus], timelines: &[Timeline], id: &str, shown: &str, is_first: bool) {
    let starts = [
        format!("{id} is acknowledged as durable"),
        format!("{id} is acknowledged as buffered"),
        format!("operation {id} is issued"),
    ];
    let places = starts.iter().find_map(|text| {
        let mut numbered = timelines.iter().enumerate();
        numbered.find_map(|(number, timeline)| {
            let before = &timeline.rows[..timeline.point.index().min(timeline.rows.len())];
            let row = before.iter().find(|row| row.text == *text)?;
            let issued = before.iter().find(|row| row.text == starts[2]);
            Some((number, issued.map_or(row.index, |row| row.index), row.index))
        })
    });
    if let Some((number, issued, said)) = places {
        let focus = &mut all[number];
        focus.say(said, format!("{shown} after recovery"));
        if !is_first {
            return;
        }
        focus.concerned.extend(issued..=said);
        if issued == said {
            // It was in flight: what followed was part of it.
            let end = timelines[number].point.0;
            focus.concerned.extend(issued..end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(index: u32, fate: Fate) -> Row {
        Row {
            drawing: crate::run::Drawing::default(),
            index,
            text: format!("write log, 10 bytes at {index}"),
            path: "log".to_owned(),
            site: String::new(),
            fate,
            parts: Vec::new(),
        }
    }

    fn shown(focus: &Focus, rows: &[Row]) -> Vec<usize> {
        let shown = focus.shown(rows).into_iter().enumerate();
        shown
            .filter_map(|(place, shown)| shown.then_some(place))
            .collect()
    }

    #[test]
    fn what_is_pointed_at_is_shown_however_far_it_is() {
        let rows: Vec<Row> = (0..200).map(|index| row(index, Fate::Lost)).collect();
        let mut focus = Focus::default();
        focus.say(7, "lost".to_owned());
        let shown = shown(&focus, &rows);
        assert_eq!(shown[0], 7);
        assert_eq!(shown.len(), 1 + NEAR + HURT_MAX);
    }

    #[test]
    fn barriers_are_shown_between_what_was_lost_and_what_it_should_have_come_before() {
        let mut rows: Vec<Row> = (0..40).map(|index| row(index, Fate::Kept)).collect();
        for barrier in [5, 15, 25] {
            rows[barrier].fate = Fate::Barrier;
        }
        rows[10].fate = Fate::Lost;
        let focus = Focus {
            bracket: Some((10, 20)),
            ..Focus::default()
        };
        assert_eq!(shown(&focus, &rows), [10, 15, 36, 37, 38, 39]);
    }

    #[test]
    fn a_single_entry_between_two_is_not_folded() {
        let mut rows: Vec<Row> = (0..9).map(|index| row(index, Fate::Kept)).collect();
        rows[3].fate = Fate::Lost;
        assert_eq!(shown(&Focus::default(), &rows), [3, 4, 5, 6, 7, 8]);
    }
}
