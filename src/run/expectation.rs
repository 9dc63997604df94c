//! What is expected of a campaign: configuration, judged by those who count.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

/// Which invariants a campaign is expected to find violated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expectation {
    /// None.
    #[default]
    Clean,
    /// At least one, whichever.
    Violations,
    /// All of these, and no other.
    Exactly(BTreeSet<String>),
}

impl Expectation {
    /// Whether a violation of this invariant is expected, or at least no surprise.
    pub fn allows(&self, invariant: &str) -> bool {
        match self {
            Expectation::Clean => false,
            Expectation::Violations => true,
            Expectation::Exactly(expected) => expected.contains(invariant),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expectation::Clean => f.write_str("clean"),
            Expectation::Violations => f.write_str("violations"),
            Expectation::Exactly(expected) => {
                let names: Vec<&str> = expected.iter().map(String::as_str).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

impl Serialize for Expectation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Expectation::Exactly(expected) => expected.serialize(serializer),
            word => serializer.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expectation, D::Error> {
        deserializer.deserialize_any(WordOrList)
    }
}

struct WordOrList;

impl<'de> Visitor<'de> for WordOrList {
    type Value = Expectation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"clean\", \"violations\" or a list of invariants")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Expectation, E> {
        match word {
            "clean" => Ok(Expectation::Clean),
            "violations" => Ok(Expectation::Violations),
            _ => Err(E::unknown_variant(word, &["clean", "violations"])),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Expectation, A::Error> {
        let mut expected = BTreeSet::new();
        while let Some(name) = list.next_element()? {
            expected.insert(name);
        }
        Ok(Expectation::Exactly(expected))
    }
}
