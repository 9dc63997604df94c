//! HTML that is put together safely.
//!
//! Guarantees: the only way to get text that is not part of this crate into a page is through [`Markup::text`] or as the
//! value of an attribute, and both escape it. Tags, names of attributes and ready-made markup are `&'static str`: what a
//! subject wrote cannot have that type. Characters that a browser does not show or that turn the direction of the text are
//! spelled out, so that no two different texts look the same.
//!
//! Deliberately absent: checks that elements are closed in order, beyond what [`Markup::element`] does.

use std::fmt::{self, Display, Write};

/// A piece of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Markup(String);

/// The attributes of an element: names are ours, values are escaped.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a dyn Display)];

/// Writes text so that it is text in HTML, in elements and in quoted attributes.
struct Escaper<'a>(&'a mut String);

impl Write for Escaper<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' => self.0.push('\n'),
                hidden if is_hidden(hidden) => self.0.extend(hidden.escape_unicode()),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

/// Whether a character shows as nothing, or changes how others show.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

impl Markup {
    pub(super) fn new() -> Markup {
        Markup::default()
    }

    /// Markup of our own, as it stands.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Text of any origin.
    pub(super) fn text(&mut self, text: impl Display) {
        // Writing to a string cannot fail; should a `Display` of its own, its text ends there.
        let _ = write!(Escaper(&mut self.0), "{text}");
    }

    /// The beginning of an element.
    pub(super) fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.begin(tag, attributes);
        self.0.push('>');
    }

    /// The end of an element.
    pub(super) fn close(&mut self, tag: &'static str) {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// An element with what `fill` puts into it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        fill: impl FnOnce(&mut Markup),
    ) {
        self.open(tag, attributes);
        fill(self);
        self.close(tag);
    }

    /// An element with text in it.
    pub(super) fn leaf(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        text: impl Display,
    ) {
        self.open(tag, attributes);
        self.text(text);
        self.close(tag);
    }

    /// An element of a drawing that holds nothing.
    pub(super) fn shape(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.begin(tag, attributes);
        self.0.push_str("/>");
    }

    /// Another piece behind this one.
    pub(super) fn append(&mut self, other: &Markup) {
        self.0.push_str(&other.0);
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    fn begin(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut markup = Markup::new();
        let hostile = "\"><script>alert('&')</script>";
        markup.leaf("p", &[("title", &hostile)], hostile);
        assert_eq!(
            markup.into_string(),
            "<p title=\"&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\">\
             &quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</p>"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        let mut markup = Markup::new();
        markup.text("a\0b\u{202e}txt\u{200b}\r\n\u{feff}");
        assert_eq!(
            markup.into_string(),
            "a\\u{0}b\\u{202e}txt\\u{200b}\\u{d}\n\\u{feff}"
        );
    }
}
