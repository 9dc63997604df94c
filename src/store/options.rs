//! Options of stores: from the flat map of a scenario to a resolved struct.
//!
//! Guarantees that every key is known and every value is one that the store takes, so that a store
//! never checks again.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    StoreOptions,
    ndjson::{NdjsonOptions, Unparsable},
    wal::{Precaution, SyncMode, WalOptions},
    wal_note::WalNoteOptions,
};

/// The value of an option as a scenario writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// A whole number.
    Integer(u64),
    /// A word.
    Text(String),
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionValue::Integer(number) => number.fmt(f),
            OptionValue::Text(text) => write!(f, "\"{text}\""),
        }
    }
}

impl From<&str> for OptionValue {
    fn from(word: &str) -> OptionValue {
        OptionValue::Text(word.to_owned())
    }
}

impl Serialize for OptionValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OptionValue::Integer(number) => serializer.serialize_u64(*number),
            OptionValue::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for OptionValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OptionValue, D::Error> {
        deserializer.deserialize_any(NumberOrWord)
    }
}

struct NumberOrWord;

impl de::Visitor<'_> for NumberOrWord {
    type Value = OptionValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or a word")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<OptionValue, E> {
        Ok(OptionValue::Integer(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<OptionValue, E> {
        let negative = |_| E::invalid_value(de::Unexpected::Signed(number), &self);
        u64::try_from(number)
            .map(OptionValue::Integer)
            .map_err(negative)
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<OptionValue, E> {
        Ok(word.into())
    }
}

/// The options of a store as a scenario writes them.
pub type OptionMap = BTreeMap<String, OptionValue>;

/// An option that a store does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// The store has no option of this name.
    #[error("{store} has no option `{key}`; it has {}", known.join(", "))]
    UnknownKey {
        /// The store's name.
        store: &'static str,
        /// The name that it does not know.
        key: String,
        /// The names that it knows, the most similar first.
        known: Vec<&'static str>,
    },
    /// The option does not take this value.
    #[error("{store} takes no {key} = {found}: expected {expected}")]
    BadValue {
        /// The store's name.
        store: &'static str,
        /// The option.
        key: &'static str,
        /// What it was given.
        found: OptionValue,
        /// What it takes.
        expected: &'static str,
    },
}

impl NdjsonOptions {
    pub(super) fn resolve(map: &OptionMap) -> Result<NdjsonOptions, OptionError> {
        let given = Given::new("ndjson", map, &["unparsable"])?;
        Ok(NdjsonOptions {
            unparsable: given.word("unparsable", &UNPARSABLE, "\"strict\" or \"lenient\"")?,
        })
    }
}

impl WalNoteOptions {
    pub(super) fn resolve(map: &OptionMap) -> Result<WalNoteOptions, OptionError> {
        let given = Given::new("wal-note", map, &["segment_bytes"])?;
        let default = WalNoteOptions::default();
        Ok(WalNoteOptions {
            segment_bytes: given.size("segment_bytes", default.segment_bytes)?,
        })
    }
}

impl WalOptions {
    pub(super) fn resolve(map: &OptionMap) -> Result<WalOptions, OptionError> {
        let given = Given::new(
            "wal",
            map,
            &["checkpoint_batches", "segment_bytes", "sync", "without"],
        )?;
        let default = WalOptions::default();
        Ok(WalOptions {
            sync: given.word("sync", &SYNC, "\"always\", \"batch\" or \"none\"")?,
            segment_bytes: given.size("segment_bytes", default.segment_bytes)?,
            checkpoint_batches: given.count("checkpoint_batches", default.checkpoint_batches)?,
            without: given.precaution("without")?,
        })
    }
}

const UNPARSABLE: [(&str, Unparsable); 2] = [
    ("strict", Unparsable::Strict),
    ("lenient", Unparsable::Lenient),
];

const SYNC: [(&str, SyncMode); 3] = [
    ("always", SyncMode::Always),
    ("batch", SyncMode::Batch),
    ("none", SyncMode::None),
];

impl StoreOptions {
    /// The options as a scenario would write them, with nothing left to a default.
    pub fn to_map(&self) -> OptionMap {
        let integer = |key: &str, number| (key.to_owned(), OptionValue::Integer(number));
        match self {
            StoreOptions::Ndjson(options) => OptionMap::from([(
                "unparsable".to_owned(),
                spell(&UNPARSABLE, options.unparsable),
            )]),
            StoreOptions::WalNote(options) => {
                OptionMap::from([integer("segment_bytes", options.segment_bytes)])
            }
            StoreOptions::Wal(options) => {
                let mut map = OptionMap::from([
                    ("sync".to_owned(), spell(&SYNC, options.sync)),
                    integer("segment_bytes", options.segment_bytes),
                    integer("checkpoint_batches", options.checkpoint_batches),
                ]);
                let without = options.without.map(|left_out| left_out.name().into());
                map.extend(without.map(|name| ("without".to_owned(), name)));
                map
            }
        }
    }
}

fn spell<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> OptionValue {
    let found = words.iter().find(|(_, meaning)| *meaning == value);
    found.expect("every value has a word").0.into()
}

/// What a store was given, all of it under names that it knows.
struct Given<'a> {
    store: &'static str,
    map: &'a OptionMap,
}

impl Given<'_> {
    fn new<'a>(
        store: &'static str,
        map: &'a OptionMap,
        known: &[&'static str],
    ) -> Result<Given<'a>, OptionError> {
        if let Some(key) = map.keys().find(|key| !known.contains(&key.as_str())) {
            let mut known = known.to_vec();
            known.sort_by_key(|name| strsim::levenshtein(name, key));
            let key = key.clone();
            return Err(OptionError::UnknownKey { store, key, known });
        }
        Ok(Given { store, map })
    }

    /// One of `words`, of which the type's default is the one for nothing given.
    fn word<T: Copy + Default>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
        expected: &'static str,
    ) -> Result<T, OptionError> {
        let Some(found) = self.map.get(key) else {
            return Ok(T::default());
        };
        words
            .iter()
            .find(|(word, _)| matches!(found, OptionValue::Text(text) if text == word))
            .map(|&(_, value)| value)
            .ok_or_else(|| self.bad(key, found, expected))
    }

    fn precaution(&self, key: &'static str) -> Result<Option<Precaution>, OptionError> {
        let Some(found) = self.map.get(key) else {
            return Ok(None);
        };
        let known = match found {
            OptionValue::Text(name) => Precaution::from_name(name),
            OptionValue::Integer(_) => None,
        };
        let expected = "a precaution's name, as docs/wal-precautions.md lists them";
        known
            .map(Some)
            .ok_or_else(|| self.bad(key, found, expected))
    }

    fn size(&self, key: &'static str, default: u64) -> Result<u64, OptionError> {
        match self.map.get(key) {
            None => Ok(default),
            Some(&OptionValue::Integer(size)) if size > 0 => Ok(size),
            Some(found) => Err(self.bad(key, found, "a number of bytes above 0")),
        }
    }

    fn count(&self, key: &'static str, default: u64) -> Result<u64, OptionError> {
        match self.map.get(key) {
            None => Ok(default),
            Some(&OptionValue::Integer(count)) => Ok(count),
            Some(found) => Err(self.bad(key, found, "a whole number")),
        }
    }

    fn bad(&self, key: &'static str, found: &OptionValue, expected: &'static str) -> OptionError {
        OptionError::BadValue {
            store: self.store,
            key,
            found: found.clone(),
            expected,
        }
    }
}
