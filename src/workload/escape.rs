//! Bytes as text, and back.

use std::fmt::Write as _;

/// Two hexadecimal digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What `hex` wrote.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| match *pair {
        [high, low] => u8::try_from(16 * digit(high)? + digit(low)?).ok(),
        _ => None,
    };
    pairs.map(byte).collect()
}

/// What `escape_ascii` wrote.
pub(super) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (byte, behind) = match rest {
            [b'x', high, low, behind @ ..] => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                (*from_hex(digits)?.first()?, behind)
            }
            [b'n', behind @ ..] => (b'\n', behind),
            [b'r', behind @ ..] => (b'\r', behind),
            [b't', behind @ ..] => (b'\t', behind),
            [byte @ (b'\\' | b'"' | b'\''), behind @ ..] => (*byte, behind),
            _ => return None,
        };
        bytes.push(byte);
        rest = behind;
    }
    Some(bytes)
}

/// What an error quotes of a text.
pub(super) fn short(text: &str) -> String {
    let plain = text.escape_debug().to_string();
    match plain.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &plain[..end]),
        None => plain,
    }
}
