//! Strips: over the crash points of a trace, the share of legal crash states that fail.

use std::fmt::Write as _;

use super::{
    markup::Markup,
    page::fold,
    scenarios::share,
    svg::{self, Area, Pixels, drawing, label, line, path, rectangle, told},
};
use crate::{
    campaign::{ScenarioSummary, Strips, Summary},
    report::{grouped, numbers::counted, table::on},
    run::{Strip, StripPoint, Tick},
};

/// Strips that are drawn.
const STRIPS_MAX: usize = 80;
/// The width that a strip takes if it can, and the least and the most of an entry.
const WIDTH: Pixels = 900;
const STEP_MIN: Pixels = 3;
const STEP_MAX: Pixels = 14;
const LEFT: Pixels = 40;
const TOP: Pixels = 8;
const HEIGHT: Pixels = 60;
const BASE: Pixels = TOP + HEIGHT;

/// All strips: those with something in them, then, folded, those without.
pub(super) fn strips(body: &mut Markup, summary: &Summary, strips: &Strips) {
    legend(body);
    let all = summary.scenarios.iter().enumerate();
    let drawn: Vec<_> = all
        .filter_map(|(place, scenario)| Some((scenario, strips.of(place)?)))
        .collect();
    let is_failing = |strip: &Strip| strip.points.iter().any(|point| point.failing > 0);
    let (failing, clean): (Vec<_>, Vec<_>) =
        drawn.into_iter().partition(|(_, strip)| is_failing(strip));
    for (scenario, strip) in failing.iter().take(STRIPS_MAX) {
        figure(body, scenario, strip);
    }
    let room = STRIPS_MAX.saturating_sub(failing.len());
    if !clean.is_empty() {
        let title = format!(
            "{} in which no crash point fails",
            counted(clean.len() as u64, "strip")
        );
        fold(body, &title, |body| {
            for (scenario, strip) in clean.iter().take(room) {
                figure(body, scenario, strip);
            }
        });
    }
    if let Some(more @ 1..) = (failing.len() + clean.len()).checked_sub(STRIPS_MAX) {
        let words = format_args!("{more} more strips are in strips.json.");
        body.leaf("p", &[("class", &"dim")], words);
    }
    let missing = summary.scenarios.len() - failing.len() - clean.len();
    if missing > 0 {
        let words = format_args!(
            "{} no strip.",
            if missing == 1 {
                "1 scenario has".to_owned()
            } else {
                format!("{missing} scenarios have")
            }
        );
        body.leaf("p", &[("class", &"dim")], words);
    }
}

fn legend(body: &mut Markup) {
    body.leaf(
        "p",
        &[],
        "One life of one run each: from left to right the operations of its trace, and above each place the share of the \
         crash states that are legal there and that recovery does not survive. Solid: every legal state was recovered, the \
         share is exact. Hatched: there are too many, states were drawn.",
    );
    body.element("div", &[("class", &"legend")], |legend| {
        item(legend, "share of failing states, exact", |svg| {
            rectangle(svg, "share", Area::new(4, 2, 14, 11));
        });
        item(legend, "the same, from drawn states", |svg| {
            rectangle(svg, "share drawn", Area::new(4, 2, 14, 11));
        });
        item(legend, "barrier", |svg| path(svg, "tick", "M11 2v11"));
        item(legend, "acknowledged as durable", |svg| {
            path(svg, "ack", "M6 10l5 -7l5 7");
        });
        item(legend, "made to fail", |svg| {
            path(svg, "errormark", "M6 3l9 9m0 -9l-9 9");
        });
    });
}

fn item(legend: &mut Markup, words: &str, fill: impl FnOnce(&mut Markup)) {
    legend.element("span", &[], |span| {
        let size: super::markup::Attributes<'_> =
            &[("width", &22), ("height", &15), ("aria-hidden", &"true")];
        span.element("svg", size, fill);
        span.text(words);
    });
}

fn figure(body: &mut Markup, scenario: &ScenarioSummary, strip: &Strip) {
    let words = words(scenario, strip);
    body.element("figure", &[], |figure| {
        figure.element("figcaption", &[], |caption| {
            caption.leaf("strong", &[], &scenario.name);
            caption.text(format_args!(" on {}: {words}", on(scenario)));
        });
        figure.element("div", &[("class", &"scroll"), ("tabindex", &0)], |scroll| {
            draw(scroll, strip, &words);
        });
    });
}

/// What the strip says, in words.
fn words(scenario: &ScenarioSummary, strip: &Strip) -> String {
    let exact = strip.points.iter().filter(|point| point.exact).count() as u64;
    let looked = strip.points.len() as u64;
    let words = match worst(strip) {
        None => format!("none of {} fails", counted(looked, "crash point")),
        Some(worst) => {
            let failing = strip
                .points
                .iter()
                .filter(|point| point.failing > 0)
                .count();
            format!(
                "{} of {} can be fatal, the worst after entry {}: {} of {}",
                grouped(failing as u64),
                counted(looked, "crash point"),
                worst.at,
                share(worst.failing, worst.tried),
                states(worst),
            )
        }
    };
    let exact = match exact {
        all if all == looked => "exact everywhere".to_owned(),
        0 => "drawn everywhere".to_owned(),
        some => format!("exact at {}", grouped(some)),
    };
    let left = match strip.points_all {
        all if looked < all => format!(
            " (of {} points, the others were not looked at)",
            grouped(all)
        ),
        _ => String::new(),
    };
    let life = if strip.life > 1 {
        format!(", life {}", strip.life)
    } else {
        String::new()
    };
    let by = if scenario.violating_runs > 0 {
        "the first failing seed"
    } else {
        "seed"
    };
    format!("{words}; {exact}{left}. By {by} {}{life}", strip.seed)
}

fn worst(strip: &Strip) -> Option<&StripPoint> {
    let failing = strip.points.iter().filter(|point| point.failing > 0);
    // The first of the largest: a cross product compares shares exactly.
    failing.reduce(|best, point| {
        let more = u128::from(point.failing) * u128::from(best.tried)
            > u128::from(best.failing) * u128::from(point.tried);
        if more { point } else { best }
    })
}

fn states(point: &StripPoint) -> String {
    match (point.exact, point.legal) {
        (true, _) => counted(point.tried, "legal state"),
        (false, Some(legal)) => format!(
            "{} of {} legal ones",
            counted(point.tried, "drawn state"),
            grouped(legal)
        ),
        (false, None) => counted(point.tried, "drawn state"),
    }
}

fn draw(into: &mut Markup, strip: &Strip, words: &str) {
    let end = Pixels::from(strip.end).max(1);
    let step = (WIDTH / end).clamp(STEP_MIN, STEP_MAX);
    let size = (LEFT + end * step + 16, BASE + 34);
    let x = |at: u32| LEFT + Pixels::from(at) * step;
    drawing(into, size, (words, ""), |svg| {
        for (y, text) in [(TOP, "100 %"), (TOP + HEIGHT / 2, "50 %"), (BASE, "0")] {
            line(svg, "axis", (LEFT, y), (LEFT + end * step, y));
            label(svg, "dim small end", (LEFT - 4, y + 3), text);
        }
        bars(svg, strip, x, step);
        ticks(svg, strip, x);
        label(
            svg,
            "dim small",
            (LEFT, BASE + 30),
            "operations of the trace →",
        );
        let at = (LEFT + end * step, BASE + 30);
        label(svg, "dim small end", at, strip.end);
    });
}

/// Neighbours with the same numbers are one bar: what they say is one sentence.
fn bars(svg: &mut Markup, strip: &Strip, x: impl Fn(u32) -> Pixels, step: Pixels) {
    let same = |a: &StripPoint, b: &StripPoint| {
        (a.failing, a.tried, a.legal, a.exact) == (b.failing, b.tried, b.legal, b.exact)
    };
    for group in strip.points.chunk_by(same) {
        let [first, ..] = group else { continue };
        let last = group[group.len() - 1];
        let height = u128::from(first.failing) * u128::from(HEIGHT.unsigned_abs());
        let height = Pixels::try_from(height / u128::from(first.tried.max(1))).unwrap_or(HEIGHT);
        let height = if first.failing > 0 { height.max(2) } else { 0 };
        // A point owns the place up to the next one.
        let next = strip.points.iter().find(|point| point.at > last.at);
        let right = next.map_or(x(last.at) + step, |next| x(next.at));
        let width = (right - x(first.at) - 1).max(1);
        let class = if first.exact { "share" } else { "share drawn" };
        let place = if first.at == last.at {
            format!("after entry {}", first.at)
        } else {
            format!("after entries {} to {}", first.at, last.at)
        };
        let words = format!(
            "{place}: {} of {} fail",
            grouped(first.failing),
            states(first)
        );
        if height == 0 {
            // Nothing to see, and still something to say: a thin line where states were only drawn.
            if !first.exact {
                told(svg, words, |svg| {
                    rectangle(
                        svg,
                        "share drawn",
                        Area::new(x(first.at), BASE - 1, width, 1),
                    );
                });
            }
            continue;
        }
        told(svg, words, |svg| {
            rectangle(
                svg,
                class,
                Area::new(x(first.at), BASE - height, width, height),
            );
        });
    }
}

fn ticks(svg: &mut Markup, strip: &Strip, x: impl Fn(u32) -> Pixels) {
    for (tick, class) in [
        (Tick::Barrier, "tick"),
        (Tick::Acknowledgement, "ack"),
        (Tick::Error, "errormark"),
        (Tick::Opened, "tick"),
    ] {
        let mut marks = String::new();
        for one in strip.ticks.iter().filter(|one| one.is == tick) {
            // Behind the entry, as a crash point is.
            let at = x(one.at + 1);
            // Writing to a string cannot fail.
            let _ = match tick {
                Tick::Barrier => write!(marks, "M{at} {}v7", BASE + 2),
                Tick::Acknowledgement => write!(marks, "M{} {}l3 -5l3 5", at - 3, BASE + 17),
                Tick::Error => write!(marks, "M{} {}l6 6m0 -6l-6 6", at - 3, BASE + 10),
                Tick::Opened => write!(marks, "M{at} {}v12", TOP - 4),
            };
        }
        if !marks.is_empty() {
            svg::path(svg, class, marks);
        }
    }
    if let Some(opened) = strip.ticks.iter().find(|one| one.is == Tick::Opened) {
        told(svg, &opened.text, |svg| {
            label(svg, "dim small", (x(opened.at + 1) + 3, TOP + 1), "opened");
        });
    }
}
