//! A file as two bars, one over the other: where the crashed disk differs from what the running program saw.

use std::fmt::Display;

use super::markup::Markup;
use crate::run::DiskFile;

/// Places that are marked below the bars.
const MARKS_MAX: usize = 12;

/// Draws both bars, to the same scale; nothing if the file was empty in both.
pub(super) fn file_map(body: &mut Markup, file: &DiskFile) {
    let sizes = [file.size_bytes, file.live_size_bytes];
    let longest = sizes.into_iter().flatten().max().unwrap_or(0);
    if longest == 0 {
        return;
    }
    let scale = Scale(longest);
    let words = format!(
        "{}: {} differ between the crashed disk and what the running program saw",
        file.path,
        crate::report::numbers::counted(file.differences.len() as u64, "run of bytes")
    );
    body.element(
        "div",
        &[("class", &"map"), ("role", &"img"), ("aria-label", &words)],
        |map| {
            for (name, size, class) in [
                ("running program", file.live_size_bytes, "live"),
                ("crashed disk", file.size_bytes, "disk"),
            ] {
                map.leaf("span", &[("class", &"mapname")], name);
                map.element("div", &[("class", &"mapbar")], |bar| {
                    match size {
                        None => bar.leaf("span", &[("class", &"gone")], "not there"),
                        Some(size) => part(bar, class, &scale.style(0, size), ""),
                    }
                    if class == "disk" {
                        differing(bar, file, scale);
                    }
                });
            }
            marks(map, file, scale);
        },
    );
}

fn differing(bar: &mut Markup, file: &DiskFile, scale: Scale) {
    for difference in &file.differences {
        let length = difference.length_bytes;
        let words = format!("{length} bytes at {} differ", difference.offset);
        part(
            bar,
            "differing",
            &scale.style(difference.offset, length),
            &words,
        );
    }
}

/// Where the subject says that something is wrong with its bytes.
fn marks(map: &mut Markup, file: &DiskFile, scale: Scale) {
    let wrong = file.records.iter().filter_map(|line| {
        let (offset, text) = super::records::parted(line);
        offset.filter(|_| text.starts_with('!'))
    });
    let wrong: Vec<u64> = wrong.take(MARKS_MAX).collect();
    if wrong.is_empty() {
        return;
    }
    map.raw("<span class=\"mapname\">cannot be read</span>");
    map.element("div", &[("class", &"mapmarks")], |row| {
        for offset in wrong {
            let style = scale.style(offset, 0);
            let attributes: [(&'static str, &dyn Display); 2] =
                [("class", &"mark"), ("style", &style)];
            row.leaf("span", &attributes, format_args!("▲ {offset}"));
        }
    });
}

fn part(bar: &mut Markup, class: &str, style: &str, words: &str) {
    let attributes: [(&'static str, &dyn Display); 3] =
        [("class", &class), ("style", &style), ("title", &words)];
    bar.leaf("span", &attributes, "");
}

/// How many bytes the whole width is.
#[derive(Clone, Copy)]
struct Scale(u64);

impl Scale {
    /// The place of a run of bytes; numbers only.
    fn style(self, offset: u64, length: u64) -> String {
        let start = self.share(offset);
        let end = self.share(offset.saturating_add(length));
        format!("left:{};width:{}", percent(start), percent(end - start))
    }

    /// In hundredths of a percent.
    fn share(self, bytes: u64) -> u128 {
        u128::from(bytes.min(self.0)) * 10_000 / u128::from(self.0)
    }
}

fn percent(hundredths: u128) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_bytes_has_its_place_and_its_length() {
        let scale = Scale(52_059);
        assert_eq!(scale.style(0, 52_059), "left:0.00%;width:100.00%");
        assert_eq!(scale.style(39_936, 332), "left:76.71%;width:0.64%");
        assert_eq!(scale.style(u64::MAX, u64::MAX), "left:100.00%;width:0.00%");
    }
}
