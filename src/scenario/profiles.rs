//! The profiles of a scenario: by name, or made from a shipped one by changing rules.
//!
//! Guarantees: what is written out is a possible mix; a rule that differs from its base's has the source "set by the
//! scenario". The resolved form names the base and *all* rules, so that a reproducer means the same after the base's own
//! rules were corrected.
//!
//! Deliberately absent: profiles made from nothing. Each has a base, whose sources it keeps.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

use crate::profile::{PROFILES, Profile, Switch};

const SOURCE: &str = "set by the scenario";

/// As `words::one_or_more` writes it, with tables for profiles that are made by the scenario.
pub(super) fn serialize<S: Serializer>(
    profiles: &[&'static Profile],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match profiles {
        [profile] => Written(profile).serialize(serializer),
        _ => serializer.collect_seq(profiles.iter().map(|profile| Written(profile))),
    }
}

struct Written(&'static Profile);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Written(profile) = *self;
        let Some(base) = profile.base else {
            return serializer.serialize_str(profile.name);
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", profile.name)?;
        map.serialize_entry("base", base)?;
        for rule in profile.rules() {
            map.serialize_entry(rule.key, rule.choice.word)?;
        }
        map.end()
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<&'static Profile>, D::Error> {
    deserializer.deserialize_any(OneOrMore)
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Vec<&'static Profile>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a profile, a table with a base, or a list of these")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        One.visit_str(name).map(|profile| vec![profile])
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        One.visit_map(map).map(|profile| vec![profile])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut profiles = Vec::new();
        while let Some(profile) = list.next_element_seed(One)? {
            profiles.push(profile);
        }
        Ok(profiles)
    }
}

struct One;

impl<'de> DeserializeSeed<'de> for One {
    type Value = &'static Profile;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One {
    type Value = &'static Profile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a profile, or a table with a base")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let names = PROFILES.iter().map(|profile| profile.name);
        Profile::find(name).ok_or_else(|| unknown("profile", name, names))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut base, mut name, mut rules) = (None, None, Vec::new());
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Base => base = Some(map.next_value_seed(One)?),
                Key::Name => name = Some(map.next_value::<Name>()?.0),
                Key::Rule(switch) => rules.push((switch, map.next_value_seed(Word(switch))?)),
            }
        }
        let base = base.ok_or_else(|| A::Error::missing_field("base"))?;
        make(base, name, &rules).map_err(A::Error::custom)
    }
}

/// The profile that differs from its base in these rules.
fn make(
    base: &'static Profile,
    name: Option<String>,
    rules: &[(&'static Switch, &'static str)],
) -> Result<&'static Profile, crate::profile::SwitchError> {
    let mut profile = *base;
    let mut changes = Vec::new();
    for switch in Profile::SWITCHES {
        let said = rules.iter().find(|(said, _)| said.key == switch.key);
        let kept = |word: &str| {
            let mut rules = base.rules().into_iter();
            rules.any(|rule| rule.key == switch.key && rule.choice.word == word)
        };
        if let Some((_, word)) = said.filter(|(_, word)| !kept(word)) {
            profile = profile.with(switch.key, word, SOURCE)?;
            changes.push(format!("{}={word}", switch.key));
        }
    }
    profile.check()?;
    if changes.is_empty() && name.is_none() {
        return Ok(base);
    }
    let difference = match changes.as_slice() {
        [] => "nothing changed".to_owned(),
        _ => changes.join(" and "),
    };
    let name = name.unwrap_or_else(|| format!("{}+{}", base.name, changes.join("+")));
    profile.base = Some(base.name);
    // A few words for each scenario file that is read; they live as long as what they are shown in.
    profile.name = Box::leak(name.into_boxed_str());
    let summary = format!("{} with {difference}", base.name);
    profile.summary = Box::leak(summary.into_boxed_str());
    Ok(Box::leak(Box::new(profile)))
}

enum Key {
    Base,
    Name,
    Rule(&'static Switch),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        let word = String::deserialize(deserializer)?;
        let switches = Profile::SWITCHES.iter();
        match word.as_str() {
            "base" => return Ok(Key::Base),
            "name" => return Ok(Key::Name),
            _ => {}
        }
        let found = switches.clone().find(|switch| switch.key == word);
        found.map(Key::Rule).ok_or_else(|| {
            let keys = ["base", "name"].into_iter();
            unknown("rule", &word, keys.chain(switches.map(|switch| switch.key)))
        })
    }
}

/// A value of a rule, by its word.
struct Word(&'static Switch);

impl<'de> DeserializeSeed<'de> for Word {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let word = String::deserialize(deserializer)?;
        let words = self.0.values.iter().map(|choice| choice.word);
        let found = words.clone().find(|known| *known == word);
        found.ok_or_else(|| unknown("value", &word, words))
    }
}

/// The name that a scenario gives to its own profile.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        let name = String::deserialize(deserializer)?;
        if Profile::find(&name).is_some() {
            return Err(D::Error::custom(format_args!(
                "`{name}` is a shipped profile: expected a name of its own"
            )));
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.+=".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(legal) {
            return Err(D::Error::custom(format_args!(
                "`{name}` is no name: expected letters, digits, - and _"
            )));
        }
        Ok(Name(name))
    }
}

fn unknown<E: Error>(what: &str, found: &str, known: impl Iterator<Item = &'static str>) -> E {
    let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    let known = known.join(", ");
    E::custom(format_args!(
        "unknown {what} `{found}`, expected one of {known}"
    ))
}
