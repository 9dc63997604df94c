//! Shapes of a drawing.

use std::fmt::Display;

use super::markup::Markup;

/// A place or a length, in pixels.
pub(super) type Pixels = i64;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) x: Pixels,
    pub(super) y: Pixels,
    pub(super) width: Pixels,
    pub(super) height: Pixels,
}

impl Area {
    pub(super) fn new(x: Pixels, y: Pixels, width: Pixels, height: Pixels) -> Area {
        Area {
            x,
            y,
            width,
            height,
        }
    }
}

pub(super) fn rectangle(into: &mut Markup, class: &str, area: Area) {
    let Area {
        x,
        y,
        width,
        height,
    } = area;
    let attributes: [(&'static str, &dyn Display); 5] = [
        ("class", &class),
        ("x", &x),
        ("y", &y),
        ("width", &width),
        ("height", &height),
    ];
    into.shape("rect", &attributes);
}

pub(super) fn path(into: &mut Markup, class: &str, path: impl Display) {
    into.shape("path", &[("class", &class), ("d", &path)]);
}

pub(super) fn line(into: &mut Markup, class: &str, from: (Pixels, Pixels), to: (Pixels, Pixels)) {
    let ((x, y), (end_x, end_y)) = (from, to);
    path(into, class, format_args!("M{x} {y}L{end_x} {end_y}"));
}

pub(super) fn label(into: &mut Markup, class: &str, at: (Pixels, Pixels), text: impl Display) {
    let attributes: [(&'static str, &dyn Display); 3] =
        [("class", &class), ("x", &at.0), ("y", &at.1)];
    into.leaf("text", &attributes, text);
}

/// A group with words that a pointer shows and a screen reader says.
pub(super) fn told(into: &mut Markup, words: impl Display, fill: impl FnOnce(&mut Markup)) {
    into.element("g", &[], |group| {
        group.leaf("title", &[], words);
        fill(group);
    });
}

/// A drawing with a text in its place for those who do not see it.
pub(super) fn drawing(
    into: &mut Markup,
    (width, height): (Pixels, Pixels),
    words: (&str, &str),
    fill: impl FnOnce(&mut Markup),
) {
    let shown = format!("0 0 {width} {height}");
    let attributes: [(&'static str, &dyn Display); 5] = [
        ("role", &"img"),
        ("width", &width),
        ("height", &height),
        ("viewBox", &shown),
        ("aria-label", &words.0),
    ];
    into.element("svg", &attributes, |svg| {
        svg.leaf("desc", &[], words.1);
        fill(svg);
    });
}

/// A text of at most `characters`, the end of it if it is longer: what tells paths apart.
pub(super) fn tail(text: &str, characters: usize) -> String {
    let count = text.chars().count();
    if count <= characters {
        return text.to_owned();
    }
    let kept = text.chars().skip(count + 1 - characters);
    std::iter::once('…').chain(kept).collect()
}

/// The same, but its beginning.
pub(super) fn head(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept = text.chars().take(characters.saturating_sub(1));
    kept.chain(std::iter::once('…')).collect()
}
