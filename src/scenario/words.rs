//! How single values are spelled, in scenarios and in their resolved form alike.
//!
//! A wrong name is answered as serde answers one ("unknown … `x`, expected one of `a`, `b`"), which
//! is where the nearest name comes from; the parser of the file adds the position.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, IgnoredAny, SeqAccess, Visitor},
};

use crate::{
    oracle::catalogue::{self, Invariant},
    profile::{DEVICES, Device, FsyncFailure},
    store::StoreKind,
};

/// Something that is one of a known set, each with a name.
pub(super) trait Named: Copy + 'static {
    /// What the set is of.
    const WHAT: &'static str;
    fn all() -> Vec<Self>;
    fn name(self) -> &'static str;
}

impl Named for StoreKind {
    const WHAT: &'static str = "store";

    fn all() -> Vec<StoreKind> {
        StoreKind::ALL.to_vec()
    }

    fn name(self) -> &'static str {
        StoreKind::name(self)
    }
}

impl Named for &'static Device {
    const WHAT: &'static str = "device";

    fn all() -> Vec<&'static Device> {
        DEVICES.iter().collect()
    }

    fn name(self) -> &'static str {
        self.name
    }
}

impl Named for &'static Invariant {
    const WHAT: &'static str = "invariant";

    fn all() -> Vec<&'static Invariant> {
        catalogue::INVARIANTS.iter().collect()
    }

    fn name(self) -> &'static str {
        self.id
    }
}

/// Something known, by its name.
#[derive(Clone, Copy)]
struct Known<T>(T);

impl<'de, T: Named> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Known<T>, D::Error> {
        deserializer.deserialize_str(Name(PhantomData)).map(Known)
    }
}

// The name is looked up where it is visited, so that an error gets the place of the name.
struct Name<T>(PhantomData<T>);

impl<T: Named> Visitor<'_> for Name<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of a {}", T::WHAT)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        find(word)
    }
}

fn find<T: Named, E: Error>(word: &str) -> Result<T, E> {
    let known = T::all();
    let found = known.iter().find(|item| item.name() == word);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = known
            .iter()
            .map(|item| format!("`{}`", item.name()))
            .collect();
        let expected = names.join(", ");
        E::custom(format_args!(
            "unknown {} `{word}`, expected one of {expected}",
            T::WHAT
        ))
    })
}

/// A known thing by its name.
pub(super) mod named {
    use super::{Deserialize, Deserializer, Known, Named, Serializer};

    pub(in crate::scenario) fn serialize<T: Named, S: Serializer>(
        item: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(item.name())
    }

    pub(in crate::scenario) fn deserialize<'de, T: Named, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        Known::deserialize(deserializer).map(|Known(item)| item)
    }
}

/// One known thing, or a list of them.
pub(super) mod one_or_more {
    use super::{Deserializer, Named, OneOrMore, PhantomData, Serialize, Serializer};

    pub(in crate::scenario) fn serialize<T: Named, S: Serializer>(
        items: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match items {
            [item] => serializer.serialize_str(item.name()),
            _ => items
                .iter()
                .map(|item| item.name())
                .collect::<Vec<_>>()
                .serialize(serializer),
        }
    }

    pub(in crate::scenario) fn deserialize<'de, T: Named, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_any(OneOrMore(PhantomData))
    }
}

struct OneOrMore<T>(PhantomData<T>);

impl<'de, T: Named> Visitor<'de> for OneOrMore<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of a {} or a list of such names", T::WHAT)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Vec<T>, E> {
        find(word).map(|item| vec![item])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(Known(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

/// Something that is written as a text, or as a whole number where it is one.
pub(super) mod text {
    use super::{Deserializer, FromStr, PhantomData, Serializer, Text, fmt};

    pub(in crate::scenario) fn serialize<T: fmt::Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(in crate::scenario) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: fmt::Display>,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_any(Text(PhantomData))
    }
}

struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

/// What a failed fsync leaves: `profile` for what the profile says, or a behaviour by name.
pub(super) mod fsync_failure {
    use super::{Deserialize, Deserializer, Error, FsyncFailure, Serializer};

    const BY_PROFILE: &str = "profile";

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference to the field"
    )]
    pub(in crate::scenario) fn serialize<S: Serializer>(
        left: &Option<FsyncFailure>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(left.map_or(BY_PROFILE, |left| left.choice().word))
    }

    pub(in crate::scenario) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<FsyncFailure>, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = FsyncFailure::find(&word);
        if found.is_some() || word == BY_PROFILE {
            return Ok(found);
        }
        let words = FsyncFailure::ALL.iter().map(|left| left.choice().word);
        let words: Vec<_> = words.map(|word| format!("`{word}`")).collect();
        let words = words.join(", ");
        Err(D::Error::custom(format_args!(
            "unknown behaviour `{word}`, expected one of `{BY_PROFILE}`, {words}"
        )))
    }
}

/// The place of a subject that is a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NoProgram;

impl<'de> Deserialize<'de> for NoProgram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NoProgram, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Err(D::Error::custom(
            "a subject that is a program is not supported by this version: expected a `store`",
        ))
    }
}
