//! A token is as good as the file, or is refused.

use proptest::{collection::vec, prelude::*};
use serde_json::Value;

use super::*;
use crate::base::Digest;

const SAMPLE: &str = include_str!("sample.json");

fn sample() -> Reproducer<Value> {
    serde_json::from_str(SAMPLE).unwrap()
}

/// A token around these bytes, its check and its counts right.
fn sealed(content_bytes: usize, packed: &[u8]) -> String {
    let mut checked = Vec::new();
    push_count(&mut checked, content_bytes);
    push_count(&mut checked, packed.len());
    checked.extend_from_slice(packed);
    let mut bytes = crc32fast::hash(&checked).to_be_bytes().to_vec();
    bytes.extend_from_slice(&checked);
    format!("{TOKEN_PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
}

#[test]
fn a_token_holds_what_the_file_holds() {
    let token = encode(&sample()).unwrap();
    assert_eq!(decode::<Value>(&token), Ok(sample()));
    assert_eq!(encode(&decode::<Value>(&token).unwrap()), Ok(token.clone()));
    assert!(token.len() < 600, "{} characters", token.len());
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    assert!(token.chars().all(plain), "{token}");
}

/// The dictionary is part of the format: whoever changes it makes every token unreadable that somebody pasted somewhere.
#[test]
fn the_dictionary_is_the_one_of_this_version() {
    let digest = Digest::of(DICTIONARY).to_string();
    assert_eq!(digest, "8a94a49b72d8083bda0562daf72adfa8");
}

/// A token that was written down stays readable, whoever packs it better later.
#[test]
fn a_token_of_an_earlier_day_is_read() {
    let token = concat!(
        "tw1.9aLDx48Q_gHlmk0OwiAQha_SnSuTKaXtsPQoUIbExJ9EYlx5d6Fo1Uq0bUJjdAcsBgIDHy_zOm6J",
        "ss5JGCxZgw8MY0IKrbFgVcUVB9dgiqRy3VqTUU2PcTEnVWLQvU7ZF8yxRf0cqlaZd235g21tQC6jrCUb",
        "Plh-0-xxG_KvSwxfrHWZsAv_qCvnbtp56aMEI9jsKvx_0QdjRR3G2Dfgzo5hIyYQfRNiYoKYYpbi6tcP",
        "v4c153da66rUCohRbRoDpCUYLvKiRMkrkJSPE5r5lELsVEyn97rFS6o4UIrCJ5BH_H_P5xh3-RWACN4d",
        "t88MnbL22cuc-Har9qEPeuG6a9o4LJ7PFw",
    );
    assert_eq!(
        decode::<Value>(token),
        Ok(sample()),
        "{}",
        encode(&sample()).unwrap()
    );
}

#[test]
fn every_change_of_one_character_is_refused() {
    let token = encode(&sample()).unwrap();
    let others: Vec<char> = "ABCxyz019-_.=!\u{e9} ".chars().collect();
    for (at, original) in token.char_indices() {
        for &other in others.iter().filter(|&&other| other != original) {
            let damaged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert!(text(&damaged).is_err(), "{damaged}");
        }
        let shorter = format!("{}{}", &token[..at], &token[at + 1..]);
        let is_same = shorter == token;
        assert!(is_same || text(&shorter).is_err(), "{shorter}");
        assert!(text(&token[..at]).is_err(), "cut off at {at}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let token = encode(&sample()).unwrap();
    let told = |token: &str| text(token).unwrap_err().to_string();
    assert_eq!(
        told(&token.replace("tw1.", "tw2.")),
        "it begins with `tw2.`: expected `tw1.`, the only version of tokens that this version knows"
    );
    let spaced = format!("{} {}", &token[..20], &token[20..]);
    assert!(told(&spaced).starts_with("character 21 is ` `: expected letters"));
    for cut in 1..9 {
        let shorter = token.len() - cut;
        let expected = format!(
            "it is damaged or cut off: expected {} characters, and there are {shorter}",
            token.len()
        );
        assert_eq!(told(&token[..shorter]), expected);
    }
    let whole = &token[..token.len() - 1];
    let ends = ["A", "z", "_"].map(|end| told(&format!("{whole}{end}")));
    assert!(
        ends.iter()
            .any(|told| told.contains("its last, is not one")),
        "{ends:?}"
    );
    assert!(told("tw1.").starts_with("it is damaged or cut off"));
    let middle = if &token[50..51] == "A" { "B" } else { "A" };
    let damaged = format!("{}{middle}{}", &token[..50], &token[51..]);
    assert!(told(&damaged).starts_with("it is damaged: expected the check "));
}

#[test]
fn what_unpacks_to_more_than_it_says_or_than_there_may_be_is_refused() {
    let zeros = pack(&vec![b' '; CONTENT_BYTES_MAX]);
    assert!(zeros.len() < 2000, "{} bytes", zeros.len());
    let error = text(&sealed(CONTENT_BYTES_MAX + 1, &zeros)).unwrap_err();
    assert_eq!(error, TokenError::TooLarge(CONTENT_BYTES_MAX + 1));
    for claim in [0, 10, CONTENT_BYTES_MAX - 1] {
        let error = text(&sealed(claim, &zeros)).unwrap_err();
        assert!(matches!(error, TokenError::Content(_)), "{error}");
    }
    let mut large = sample();
    large.signature = "x".repeat(CONTENT_BYTES_MAX);
    assert!(matches!(encode(&large), Err(TokenError::TooLarge(_))));
    let no_json = text(&sealed(5, &pack(b"torn!"))).unwrap();
    assert_eq!(no_json, "torn!");
    assert!(decode::<Value>(&sealed(5, &pack(b"torn!"))).is_err());
    assert!(text(&sealed(4, &pack(b"\xff\xfe\xfd\xfc"))).is_err());
}

#[test]
fn a_token_is_told_from_a_path() {
    for token in ["tw1.abc", "tw2.", "tw17.x"] {
        assert!(looks_like_one(token), "{token}");
    }
    for path in [
        "",
        "tw",
        "tw.json",
        "twx1.json",
        "a/tw1.json",
        "reports/V-1",
        "tw1",
    ] {
        assert!(!looks_like_one(path), "{path}");
    }
}

proptest! {
    #[test]
    fn any_reproducer_comes_back(
        texts in vec(any::<String>(), 4),
        numbers in vec(any::<u64>(), 0..40),
        seed in any::<u64>(),
    ) {
        let mut reproducer = sample();
        reproducer.seed = crate::base::Seed(seed);
        reproducer.signature.clone_from(&texts[0]);
        reproducer.witness.shown.clone_from(&texts[1]);
        reproducer.schedule.crashes[0].operations = texts.clone();
        reproducer.scenario = serde_json::json!({ &*texts[2]: numbers, "b": &texts[3] });
        let token = encode(&reproducer).unwrap();
        prop_assert_eq!(decode::<Value>(&token), Ok(reproducer));
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..200), count in 0..4000_usize) {
        let _ = text(&format!("{TOKEN_PREFIX}{}", BASE64URL_NOPAD.encode(&bytes)));
        let _ = text(&sealed(count, &bytes));
        let _ = text(&String::from_utf8_lossy(&bytes));
    }
}
