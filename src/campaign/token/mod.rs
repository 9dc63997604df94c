//! A reproducer as one line of text, for an issue or a shell: `tw1.` and letters, digits, `-` and `_`.
//!
//! ```text
//! tw1. base64url( check, content bytes, packed bytes, deflate( the reproducer as compact JSON with sorted keys ) )
//! ```
//!
//! The check is a CRC-32 of all that follows, most significant byte first; the two counts are LEB128. Deflate begins with
//! `dictionary.txt` as what was said already: most of a reproducer is the same in all of them.
//!
//! Guarantees:
//! - a token holds what `reproducer.json` holds, field by field, and the same reproducer gives the same token;
//! - a token with any one character changed is refused, and so is one that is cut off;
//! - no token unpacks to more than [`CONTENT_BYTES_MAX`].
//!
//! Deliberately absent: whether what it holds makes sense, which is for those who read files too. The dictionary is part of
//! the format: another one is `tw2.`.

#[cfg(test)]
mod tests;

use data_encoding::BASE64URL_NOPAD;
use miniz_oxide::{
    DataFormat,
    deflate::{
        CompressionLevel,
        core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output},
    },
    inflate::{
        TINFLStatus,
        core::{
            DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        },
    },
};
use serde::{Serialize, de::DeserializeOwned};

use super::Reproducer;

/// How a token begins.
pub const TOKEN_PREFIX: &str = "tw1.";

/// What a token unpacks to is at most this large.
pub const CONTENT_BYTES_MAX: usize = 1 << 20;

/// A token with more characters than this is no good in an issue or a shell: name the file instead.
pub const TOKEN_CHARACTERS_MAX: usize = 2000;

/// What is said already before the first byte of every token.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");

/// Bytes of the check.
const CHECK_BYTES: usize = 4;

/// Why a text is no token, or a reproducer has none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It begins in another way.
    #[error(
        "it begins with `{0}`: expected `{TOKEN_PREFIX}`, the only version of tokens that this version knows"
    )]
    Foreign(String),
    /// It holds a character that no token holds.
    #[error(
        "character {at} is `{found}`: expected letters, digits, `-` and `_` behind `{TOKEN_PREFIX}`"
    )]
    Character {
        /// Which one, counted from 1.
        at: usize,
        /// What it is.
        found: String,
    },
    /// It is shorter or longer than it says.
    #[error("it is damaged or cut off: expected {expected} characters, and there are {found}")]
    Length {
        /// How many it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// Its last character is one that no token of its length ends with.
    #[error(
        "it is damaged: character {0}, its last, is not one that a token of this length ends with"
    )]
    Ending(usize),
    /// Something in it was changed.
    #[error(
        "it is damaged: expected the check {expected:08x}, and its {characters} characters give {found:08x}"
    )]
    Damaged {
        /// The check that it carries.
        expected: u32,
        /// The check of what it carries.
        found: u32,
        /// How many characters it has.
        characters: usize,
    },
    /// It holds too much.
    #[error("it holds {0} bytes: expected at most {CONTENT_BYTES_MAX}")]
    TooLarge(usize),
    /// Its check fits, and it cannot be unpacked.
    #[error("its check fits, but what it holds is no reproducer: {0}")]
    Content(String),
}

/// The token of a reproducer; the only error is that it holds too much.
///
/// # Errors
///
/// [`TokenError::TooLarge`].
pub fn encode<S: Serialize>(reproducer: &Reproducer<S>) -> Result<String, TokenError> {
    // A value sorts its keys, so that it does not matter in which form the scenario is at hand.
    let value = serde_json::to_value(reproducer).map_err(|error| content(&error))?;
    let json = serde_json::to_vec(&value).map_err(|error| content(&error))?;
    if json.len() > CONTENT_BYTES_MAX {
        return Err(TokenError::TooLarge(json.len()));
    }
    let packed = pack(&json);
    let mut checked = Vec::with_capacity(packed.len() + 8);
    push_count(&mut checked, json.len());
    push_count(&mut checked, packed.len());
    checked.extend_from_slice(&packed);
    let mut bytes = crc32fast::hash(&checked).to_be_bytes().to_vec();
    bytes.extend_from_slice(&checked);
    Ok(format!("{TOKEN_PREFIX}{}", BASE64URL_NOPAD.encode(&bytes)))
}

/// The reproducer that a token holds.
pub fn decode<S: DeserializeOwned>(token: &str) -> Result<Reproducer<S>, TokenError> {
    serde_json::from_str(&text(token)?).map_err(|error| content(&error))
}

/// The JSON that a token holds.
pub fn text(token: &str) -> Result<String, TokenError> {
    let Some(encoded) = token.strip_prefix(TOKEN_PREFIX) else {
        let start = token.find('.').map_or(token, |dot| &token[..=dot]);
        let start: String = start.chars().take(8).collect();
        return Err(TokenError::Foreign(start.escape_default().to_string()));
    };
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(at) = encoded.chars().position(|c| !is_of_token(c)) {
        let found = encoded.chars().nth(at).unwrap_or_default();
        return Err(TokenError::Character {
            at: TOKEN_PREFIX.len() + at + 1,
            found: found.escape_default().to_string(),
        });
    }
    let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes());
    let bytes = bytes.map_err(|_| misspelt(token, encoded))?;
    let parts = Parts::of(&bytes, token)?;
    let found = crc32fast::hash(parts.checked);
    if parts.check != found {
        return Err(TokenError::Damaged {
            expected: parts.check,
            found,
            characters: token.len(),
        });
    }
    let json = unpack(parts.packed, parts.content_bytes)?;
    String::from_utf8(json).map_err(|_| TokenError::Content("not UTF-8".to_owned()))
}

/// The bytes of a token, as many as it says.
struct Parts<'b> {
    check: u32,
    checked: &'b [u8],
    content_bytes: usize,
    packed: &'b [u8],
}

impl Parts<'_> {
    fn of<'b>(bytes: &'b [u8], token: &str) -> Result<Parts<'b>, TokenError> {
        let damaged = |expected: usize| TokenError::Length {
            expected,
            found: token.len(),
        };
        let too_short = || damaged(characters(CHECK_BYTES + 3));
        let (check, checked) = bytes.split_at_checked(CHECK_BYTES).ok_or_else(too_short)?;
        let mut packed = checked;
        let content_bytes = take_count(&mut packed).ok_or_else(too_short)?;
        let packed_bytes = take_count(&mut packed).ok_or_else(too_short)?;
        if packed_bytes != packed.len() {
            let before = bytes.len() - packed.len();
            return Err(damaged(characters(before.saturating_add(packed_bytes))));
        }
        Ok(Parts {
            check: check
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte)),
            checked,
            content_bytes,
            packed,
        })
    }
}

/// Whether a text is meant as a token, of this version or another.
pub fn looks_like_one(text: &str) -> bool {
    let version = text
        .strip_prefix("tw")
        .and_then(|rest| rest.split_once('.'));
    version.is_some_and(|(version, _)| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn content(error: &serde_json::Error) -> TokenError {
    TokenError::Content(error.to_string())
}

/// What is wrong with a token whose characters are no whole number of bytes.
fn misspelt(token: &str, encoded: &str) -> TokenError {
    // Four characters are three bytes: those that are whole tell how many there should be.
    let whole = &encoded.as_bytes()[..encoded.len() / 4 * 4];
    let bytes = BASE64URL_NOPAD.decode(whole).unwrap_or_default();
    match Parts::of(&bytes, token) {
        Err(TokenError::Length { expected, found }) if expected != found => {
            TokenError::Length { expected, found }
        }
        _ => TokenError::Ending(token.len()),
    }
}

/// The characters of a token of so many bytes.
fn characters(bytes: usize) -> usize {
    let encoded = bytes.saturating_mul(8).div_ceil(6);
    encoded.saturating_add(TOKEN_PREFIX.len())
}

fn push_count(bytes: &mut Vec<u8>, mut count: usize) {
    while count >= 0x80 {
        bytes.push(count.to_le_bytes()[0] | 0x80);
        count >>= 7;
    }
    bytes.push(count.to_le_bytes()[0]);
}

/// Takes a count of at most 28 bits.
fn take_count(bytes: &mut &[u8]) -> Option<usize> {
    let mut count = 0;
    for shift in [0, 7, 14, 21] {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        count |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(count);
        }
    }
    None
}

fn pack(json: &[u8]) -> Vec<u8> {
    let mut compressor =
        CompressorOxide::with_format_and_level(DataFormat::Raw, CompressionLevel::BestCompression);
    let mut packed = Vec::new();
    // What the dictionary itself packs to ends at a byte, and is left out.
    let said = compress_to_output(&mut compressor, DICTIONARY, TDEFLFlush::Sync, |_| true);
    assert_eq!(said, (TDEFLStatus::Okay, DICTIONARY.len()));
    let done = compress_to_output(&mut compressor, json, TDEFLFlush::Finish, |bytes| {
        packed.extend_from_slice(bytes);
        true
    });
    assert_eq!(done, (TDEFLStatus::Done, json.len()));
    packed
}

fn unpack(packed: &[u8], content_bytes: usize) -> Result<Vec<u8>, TokenError> {
    if content_bytes > CONTENT_BYTES_MAX {
        return Err(TokenError::TooLarge(content_bytes));
    }
    let mut bytes = DICTIONARY.to_vec();
    let start = bytes.len();
    bytes.resize(start + content_bytes, 0);
    let mut decompressor = DecompressorOxide::new();
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let unpacked = decompress(&mut decompressor, packed, &mut bytes, start, flags);
    if unpacked == (TINFLStatus::Done, packed.len(), content_bytes) {
        Ok(bytes.split_off(start))
    } else {
        let message = format!("expected {content_bytes} bytes, and it unpacks to something else");
        Err(TokenError::Content(message))
    }
}
