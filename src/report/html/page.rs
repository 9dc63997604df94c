//! What both pages have: the head, the legend's patterns, the foot.

use super::markup::Markup;

const STYLE: &str = include_str!("style.css");

/// Patterns that shapes are filled with: lost is a hatch, expected a stripe, so that both can be told without colour.
const PATTERNS: &str = "<svg class=\"defs\" aria-hidden=\"true\" focusable=\"false\"><defs>\
<pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<path class=\"hatchline\" d=\"M0 0v5\"/></pattern>\
<pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
<path class=\"stripeline\" d=\"M0 0v6\"/></pattern></defs></svg>";

/// A whole page. Scripts are neither used nor allowed, and nothing is fetched.
pub(super) fn page(title: &str, header: &Markup, body: &Markup) -> String {
    let mut page = Markup::new();
    page.raw(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n",
    );
    page.leaf("title", &[], title);
    page.raw("\n<style>\n");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n");
    page.raw(PATTERNS);
    page.raw("\n<header class=\"page\">\n");
    page.append(header);
    page.raw("</header>\n<main>\n");
    page.append(body);
    page.raw("</main>\n<footer>\n");
    page.leaf(
        "p",
        &[],
        format_args!(
            "tornwrite {}. This page is complete in itself: no script, nothing is fetched.",
            env!("CARGO_PKG_VERSION")
        ),
    );
    page.raw("</footer>\n</body>\n</html>\n");
    page.into_string()
}

/// A section with a heading.
pub(super) fn section(
    body: &mut Markup,
    id: &'static str,
    heading: &str,
    fill: impl FnOnce(&mut Markup),
) {
    body.element("section", &[("aria-labelledby", &id)], |section| {
        section.leaf("h2", &[("id", &id)], heading);
        fill(section);
    });
    body.raw("\n");
}

/// A fold.
pub(super) fn fold(body: &mut Markup, summary: &str, fill: impl FnOnce(&mut Markup)) {
    body.element("details", &[], |fold| {
        fold.leaf("summary", &[], summary);
        fill(fold);
    });
    body.raw("\n");
}

/// A table that scrolls inside its box; `heads` are column titles, with a class each.
pub(super) fn table(
    body: &mut Markup,
    caption: &str,
    heads: &[(&'static str, &str)],
    rows: impl FnOnce(&mut Markup),
) {
    let attributes: [(&'static str, &dyn std::fmt::Display); 4] = [
        ("class", &"scroll"),
        ("tabindex", &0),
        ("role", &"region"),
        ("aria-label", &caption),
    ];
    body.element("div", &attributes, |scroll| {
        scroll.element("table", &[], |table| {
            table.leaf("caption", &[], caption);
            table.element("thead", &[], |head| {
                head.element("tr", &[], |row| {
                    for (class, title) in heads {
                        row.leaf("th", &[("scope", &"col"), ("class", class)], title);
                    }
                });
            });
            table.element("tbody", &[], rows);
        });
    });
    body.raw("\n");
}

/// A command to copy.
pub(super) fn command(body: &mut Markup, text: &str) {
    body.element("pre", &[("tabindex", &0)], |pre| {
        pre.leaf("code", &[], text);
    });
}
