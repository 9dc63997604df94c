//! The first bytes of a run, in hexadecimal and as text.

use super::markup::Markup;

/// Digits of a group.
const GROUP_DIGITS: usize = 8;

/// Shows the first bytes of a run of `length_bytes`; nothing of it is there where the file ends before.
pub(super) fn sample(cell: &mut Markup, hex: &str, length_bytes: u64) {
    let Some(bytes) = bytes(hex) else {
        // Not what we write: as it stands.
        return cell.leaf("code", &[], hex);
    };
    if bytes.is_empty() {
        return cell.leaf("span", &[("class", &"dim")], "the file ends before");
    }
    let shown = bytes.len() as u64;
    let more = if shown < length_bytes { "…" } else { "" };
    if bytes.iter().all(|byte| *byte == 0) {
        return cell.leaf("strong", &[], format_args!("zeros{more}"));
    }
    let mut groups: Vec<&str> = Vec::new();
    let mut rest = hex;
    while let Some((group, other)) = rest.split_at_checked(GROUP_DIGITS) {
        groups.push(group);
        rest = other;
    }
    groups.push(rest);
    cell.leaf(
        "code",
        &[("class", &"hex")],
        format_args!("{}{more}", groups.join(" ").trim_end()),
    );
    cell.raw("<br>");
    let text: String = bytes.iter().map(|byte| readable(*byte)).collect();
    cell.leaf(
        "code",
        &[("class", &"hex dim")],
        format_args!("{text}{more}"),
    );
}

fn readable(byte: u8) -> char {
    match byte {
        b' '..=b'~' => char::from(byte),
        _ => '·',
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let places = (0..hex.len()).step_by(2);
    places
        .map(|place| u8::from_str_radix(&hex[place..place + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hex: &str, length_bytes: u64) -> String {
        let mut cell = Markup::new();
        sample(&mut cell, hex, length_bytes);
        cell.into_string()
    }

    #[test]
    fn bytes_are_shown_as_digits_and_as_text() {
        let text = shown("7b226122ff3c", 900);
        assert!(text.contains(">7b226122 ff3c…<"), "{text}");
        assert!(text.contains(">{&quot;a&quot;·&lt;…<"), "{text}");
        assert!(shown("0000", 2).contains(">zeros<"));
        assert!(shown("", 7).contains("the file ends before"));
        assert!(shown("<b>", 7).contains("&lt;b&gt;"));
    }
}
