//! What was exercised: marks and kinds of choice as bars, invariants as a table.

use std::collections::BTreeMap;

use super::{
    markup::Markup,
    page::table,
    svg::{Area, Pixels, rectangle},
};
use crate::{
    campaign::{InvariantSummary, Summary},
    report::grouped,
    run::{CoverageMark, Kind},
};

const BAR: Pixels = 220;

/// What crash states showed, and as what they were drawn.
pub(super) fn coverage(body: &mut Markup, summary: &Summary) {
    let mut marks: BTreeMap<CoverageMark, u64> = CoverageMark::ALL.map(|mark| (mark, 0)).into();
    let mut kinds: BTreeMap<Kind, u64> = crate::run::KINDS.map(|kind| (kind, 0)).into();
    for scenario in &summary.scenarios {
        for (mark, count) in &scenario.coverage {
            *marks.entry(*mark).or_default() += count;
        }
        for (kind, count) in &scenario.kinds {
            *kinds.entry(*kind).or_default() += count;
        }
    }
    let marks = marks.iter().map(|(mark, count)| (mark.to_string(), *count));
    bars(
        body,
        "Crash states by what they showed",
        &marks.collect::<Vec<_>>(),
    );
    let kinds = kinds.iter();
    let kinds = kinds.map(|(kind, count)| (kind.name().to_owned(), *count));
    bars(
        body,
        "Crash states by the kind of choice that they were drawn as",
        &kinds.collect::<Vec<_>>(),
    );
}

fn bars(body: &mut Markup, caption: &str, counts: &[(String, u64)]) {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let none = counts.iter().filter(|(_, count)| *count == 0).count();
    let caption = match none {
        0 => caption.to_owned(),
        none => format!("{caption}; {none} never"),
    };
    table(
        body,
        &caption,
        &[("", "kind"), ("n", "states"), ("", "")],
        |rows| {
            for (word, count) in counts {
                rows.element("tr", &[], |row| {
                    row.leaf("th", &[("scope", &"row"), ("class", &"nowrap")], word);
                    let class = if *count == 0 { "n zero" } else { "n" };
                    let number = if *count == 0 {
                        "never".to_owned()
                    } else {
                        grouped(*count)
                    };
                    row.leaf("td", &[("class", &class)], number);
                    row.element("td", &[], |cell| bar(cell, *count, most));
                });
            }
        },
    );
}

fn bar(cell: &mut Markup, count: u64, most: u64) {
    let size: super::markup::Attributes<'_> =
        &[("width", &BAR), ("height", &12), ("aria-hidden", &"true")];
    let length = u128::from(count) * u128::from(BAR.unsigned_abs()) / u128::from(most.max(1));
    let length = Pixels::try_from(length).unwrap_or(BAR);
    cell.element("svg", size, |svg| {
        if count == 0 {
            rectangle(svg, "bar none", Area::new(1, 1, 40, 10));
        } else {
            rectangle(svg, "bar", Area::new(0, 0, length.max(1), 12));
        }
    });
}

/// What each invariant said, over all scenarios that check it.
pub(super) fn invariants(body: &mut Markup, summary: &Summary) {
    let mut sums: BTreeMap<&str, (InvariantSummary, u64)> = BTreeMap::new();
    for scenario in &summary.scenarios {
        for (id, count) in &scenario.by_invariant {
            let (sum, scenarios) = sums.entry(id).or_default();
            sum.evaluated += count.evaluated;
            sum.exercised += count.exercised;
            sum.violated += count.violated;
            sum.violating_runs += count.violating_runs;
            *scenarios += 1;
        }
    }
    let heads = [
        ("", "invariant"),
        ("n", "scenarios"),
        ("n", "evaluated"),
        ("n", "could have failed"),
        ("n", "violated"),
        ("n", "in runs"),
    ];
    table(
        body,
        "Recoveries that each invariant judged",
        &heads,
        |rows| {
            for (id, (sum, scenarios)) in &sums {
                rows.element("tr", &[], |row| {
                    row.leaf("th", &[("scope", &"row"), ("class", &"nowrap")], id);
                    row.leaf("td", &[("class", &"n")], scenarios);
                    row.leaf("td", &[("class", &"n")], grouped(sum.evaluated));
                    let class = if sum.exercised == 0 { "n zero" } else { "n" };
                    let exercised = if sum.exercised == 0 {
                        "never".to_owned()
                    } else {
                        grouped(sum.exercised)
                    };
                    row.leaf("td", &[("class", &class)], exercised);
                    for count in [sum.violated, sum.violating_runs] {
                        let class = if count > 0 { "n" } else { "n dim" };
                        row.leaf("td", &[("class", &class)], grouped(count));
                    }
                });
            }
        },
    );
}
