//! One violation as a page: what broke, the picture, and everything that it takes to believe it and to see it again.

use std::collections::BTreeSet;

use super::{
    bytes,
    columns::Room,
    fate,
    glance::{glance, place_of, places, sentence_of},
    head::{PageHead, lost},
    markup::Markup,
    page::{command, fold, page, section},
    picture::{Picture, crash_word, ended},
    trace_table,
};
use crate::{
    campaign::Sentences,
    oracle::catalogue,
    report::numbers::counted,
    run::{Evidence, Legality, Timeline},
};

/// Pictures that are not folded.
const PICTURES_MAX: usize = 4;

/// The page of one violation.
pub fn violation_page(head: &PageHead, evidence: &Evidence) -> String {
    let headline = head.headline();
    let mut body = Markup::new();
    section(&mut body, "picture", "What happened", |body| {
        pictures(body, evidence, &head.gone());
    });
    section(&mut body, "sentences", "Why it is wrong", |body| {
        sentences(body, head);
    });
    section(
        &mut body,
        "missing",
        "What would have prevented it",
        |body| {
            missing(body, evidence);
        },
    );
    section(
        &mut body,
        "legal",
        "Why a crash may leave this disk",
        |body| {
            legality(body, &evidence.legality);
        },
    );
    bytes::sections(&mut body, evidence);
    section(&mut body, "trace", "The whole trace", |body| {
        for timeline in &evidence.timelines {
            trace_table::whole(body, timeline);
        }
    });
    section(&mut body, "again", "See it again", |body| again(body, head));
    page(
        &format!("{headline} · {}", head.id),
        &header(head, &headline, evidence),
        &body,
    )
}

fn header(head: &PageHead, headline: &str, evidence: &Evidence) -> Markup {
    let mut header = Markup::new();
    header.raw("<nav aria-label=\"Campaign\"><a href=\"../../index.html\">← all results</a></nav>");
    header.leaf("h1", &[], headline);
    header.element("p", &[("class", &"dim wide")], |line| {
        line.leaf("strong", &[], &head.invariant);
        let device = match head.device.as_str() {
            "honest" | "?" => String::new(),
            other => format!(", device {other}"),
        };
        let kinds: BTreeSet<&str> = evidence
            .timelines
            .iter()
            .map(|timeline| crash_word(timeline.crash))
            .collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let lives = match head.lives {
            0 | 1 => String::new(),
            lives => format!(", {lives} lives"),
        };
        line.text(format_args!(
            " · {} · seed {} · {}{device}{lives} · {}",
            head.scenario,
            head.seed,
            head.profile,
            kinds.join(" and "),
        ));
    });
    if !evidence.left_out.is_empty() {
        let without = evidence.left_out.join(", ");
        let without = format!("left out of this run: {without}");
        header.leaf("p", &[("class", &"dim wide")], &without);
    }
    glance(&mut header, &head.witness, evidence);
    header
}

fn pictures(body: &mut Markup, evidence: &Evidence, gone: &BTreeSet<u32>) {
    let count = evidence.timelines.len();
    if count == 0 {
        body.leaf("p", &[], "Nothing was recorded before it failed.");
        return;
    }
    fate::legend(body);
    // Of many, the last ones and the one whose losses matter are drawn at once.
    let crash = evidence
        .missing
        .as_ref()
        .and_then(|missing| missing.crash.as_deref());
    let is_open = |place: usize, timeline: &Timeline| {
        place + PICTURES_MAX > count || crash == Some(timeline.title.as_str())
    };
    for (place, timeline) in evidence.timelines.iter().enumerate() {
        if is_open(place, timeline) {
            picture(body, timeline, evidence, gone);
        } else {
            fold(body, &caption(timeline, evidence), |body| {
                picture(body, timeline, evidence, gone);
            });
        }
    }
}

fn caption(timeline: &Timeline, evidence: &Evidence) -> String {
    let role = evidence.missing.as_ref().map_or("", |missing| {
        if missing.crash.as_ref() == Some(&timeline.title) {
            ": what was lost here is what broke it"
        } else if missing.idle.contains(&timeline.title) {
            ": all may survive here, and it still fails"
        } else {
            ""
        }
    });
    format!("{}{role}", ended(timeline))
}

fn picture(body: &mut Markup, timeline: &Timeline, evidence: &Evidence, gone: &BTreeSet<u32>) {
    let missing = evidence.missing.as_ref();
    let missing = missing.filter(|missing| missing.crash.as_ref() == Some(&timeline.title));
    let picture = Picture::new(timeline, missing, gone, Room::WHOLE);
    body.element("figure", &[], |figure| {
        figure.element("figcaption", &[], |words| {
            words.leaf("strong", &[], caption(timeline, evidence));
        });
        picture.draw(figure);
        if picture.lanes_more() > 0 {
            figure.leaf(
                "p",
                &[("class", &"dim small")],
                format_args!(
                    "{} more files and directories are not drawn; the whole trace below has them.",
                    picture.lanes_more()
                ),
            );
        }
    });
}

fn sentences(body: &mut Markup, head: &PageHead) {
    body.element("dl", &[("class", &"sentences")], |list| {
        let Sentences {
            given,
            shown,
            however,
        } = &head.witness;
        for (word, sentence) in [("Let", given), ("Then", shown), ("However", however)] {
            list.leaf("dt", &[], word);
            list.leaf("dd", &[], sentence_of(sentence));
        }
    });
    if let Ok(invariant) = catalogue::find(&head.invariant) {
        body.leaf(
            "p",
            &[("class", &"dim small")],
            format_args!(
                "{} says: {}.",
                head.invariant,
                invariant.summary.trim_end_matches('.')
            ),
        );
    }
}

fn missing(body: &mut Markup, evidence: &Evidence) {
    let Some(missing) = &evidence.missing else {
        body.leaf("p", &[], "It did not fail when it was looked at again.");
        return;
    };
    body.element("ul", &[("class", &"plain")], |list| {
        for sentence in missing.sentences() {
            list.leaf("li", &[], sentence_of(&sentence));
        }
    });
    let places = places(missing);
    if !places.is_empty() {
        body.leaf("h3", &[], "Where in the code");
        body.element("ul", &[("class", &"plain")], |list| {
            for (place, operations) in &places {
                list.element("li", &[], |item| place_of(item, place, operations));
            }
        });
    }
    let ended = if missing.complete {
        ""
    } else {
        " The search ended before it was through: there may be a smaller answer."
    };
    if missing.reruns > 0 {
        let times = counted(u64::from(missing.reruns), "time");
        let words = format_args!("Found by executing the violation {times} with less lost.{ended}");
        body.leaf("p", &[("class", &"dim small")], words);
    }
}

fn legality(body: &mut Markup, all: &[Legality]) {
    let mut told = false;
    for legality in all.iter().filter(|legality| !legality.reasons.is_empty()) {
        told = true;
        if all.len() > 1 {
            body.leaf("h3", &[], &legality.title);
        }
        body.element("ul", &[("class", &"plain")], |list| {
            for reason in &legality.reasons {
                list.element("li", &[], |item| {
                    item.text(reason.sentence());
                    if let Some(rule) = &reason.rule {
                        item.leaf(
                            "span",
                            &[("class", &"source")],
                            format_args!(
                                "{}: {} = {}. Source: {}",
                                rule.profile, rule.key, rule.choice, rule.source
                            ),
                        );
                    }
                });
            }
        });
        if legality.more > 0 {
            body.leaf(
                "p",
                &[("class", &"dim")],
                format_args!("And {} more, for the like reasons.", legality.more),
            );
        }
        let observed = if legality.observed_too {
            "an observed strength too"
        } else {
            "no observed strength"
        };
        body.leaf(
            "p",
            &[("class", &"dim small")],
            format_args!("Legal under {}; {observed}.", legality.under.join(", ")),
        );
    }
    if !told {
        body.leaf(
            "p",
            &[],
            "Nothing was lost that had been done before the crash.",
        );
    }
}

fn again(body: &mut Markup, head: &PageHead) {
    for (what, verb) in [
        (
            "The same crash, recovery and judgement, once more; exit code 0 once it is fixed:",
            "replay",
        ),
        ("The smallest violation that is still this one:", "shrink"),
    ] {
        body.leaf("p", &[("class", &"small")], what);
        command(body, &format!("tornwrite {verb} {}", head.reproducer));
    }
    body.leaf(
        "p",
        &[("class", &"dim small")],
        format_args!(
            "{}, seed {} (seed version {}), found by tornwrite {}; disk {}; {}.",
            head.id,
            head.seed,
            head.seed_version,
            head.tornwrite,
            head.image,
            lost(&head.signature)
        ),
    );
}
