//! `docs/summary.schema.json` against real summaries: everything that is written is described as it is, and nothing is
//! described that is never written.
//!
//! The validator here knows the part of JSON Schema that the document uses, and refuses a keyword that it does not know.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod program;

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Map, Value, json};

use program::tornwrite;

const SCENARIO: &str = "version = 1\n[subject]\nstore = \"ndjson\"\n[workload]\nbatches = 6\n\
    [crash]\nlives = 1\nin_recovery = 0\nstates_per_run = 8\n[check]\ninvariants = [\"durable-ack\"]\n\
    expect = \"clean\"\n[budget]\nruns = 10\n";

/// Keywords that say nothing, that hold schemas, or whose rule is met where it comes to them.
const KEYWORDS: &[&str] = &[
    "$schema",
    "title",
    "description",
    "$defs",
    "$ref",
    "properties",
    "additionalProperties",
    "items",
    "anyOf",
    "const",
    "enum",
    "minimum",
    "minLength",
    "minItems",
    "maxLength",
    "maxItems",
];

struct Schema {
    document: Value,
    /// The properties that were met, by the schema that describes them.
    met: BTreeSet<String>,
}

impl Schema {
    fn read() -> Schema {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/summary.schema.json");
        Schema {
            document: serde_json::from_slice(&fs::read(path).unwrap()).unwrap(),
            met: BTreeSet::new(),
        }
    }

    /// What is wrong with a document.
    fn errors(&mut self, value: &Value) -> Vec<String> {
        let root = self.document.clone();
        self.check(&root, "#", value, "")
    }

    fn check(&mut self, schema: &Value, name: &str, value: &Value, at: &str) -> Vec<String> {
        let mut errors = Vec::new();
        let schema = schema.as_object().unwrap();
        let mut wrong = |text: String| errors.push(format!("{at}: {text}"));
        for (keyword, rule) in schema {
            let length = value
                .as_str()
                .map(str::len)
                .or(value.as_array().map(Vec::len));
            let bound = rule.as_u64().and_then(|rule| usize::try_from(rule).ok());
            match keyword.as_str() {
                "type" => {
                    let fits = match rule.as_str().unwrap() {
                        "object" => value.is_object(),
                        "array" => value.is_array(),
                        "string" => value.is_string(),
                        "boolean" => value.is_boolean(),
                        "integer" => value.is_u64(),
                        other => panic!("type {other}"),
                    };
                    if !fits {
                        wrong(format!("{value} is no {rule}"));
                    }
                }
                "const" if value != rule => wrong(format!("{value} is not {rule}")),
                "enum" if !rule.as_array().unwrap().contains(value) => {
                    wrong(format!("{value} is none of {rule}"));
                }
                "minimum" if value.is_u64() && value.as_u64() < rule.as_u64() => {
                    wrong(format!("{value} is too small"));
                }
                "minLength" | "minItems" if length < bound => {
                    wrong(format!("{value} is too short"));
                }
                "maxLength" | "maxItems" if length > bound => wrong(format!("{value} is too long")),
                "required" => {
                    for key in rule.as_array().unwrap() {
                        if value.get(key.as_str().unwrap()).is_none() {
                            wrong(format!("there is no {key}"));
                        }
                    }
                }
                other => assert!(
                    KEYWORDS.contains(&other),
                    "the keyword {other} is not known"
                ),
            }
        }
        errors.extend(self.check_parts(schema, name, value, at));
        errors
    }

    /// The keywords that hold schemas.
    fn check_parts(
        &mut self,
        schema: &Map<String, Value>,
        name: &str,
        value: &Value,
        at: &str,
    ) -> Vec<String> {
        let mut errors = Vec::new();
        if let Some(target) = schema.get("$ref") {
            let name = target.as_str().unwrap();
            let target = self.document.pointer(&name[1..]);
            let target = target
                .unwrap_or_else(|| panic!("{name} is nowhere"))
                .clone();
            errors.extend(self.check(&target, name, value, at));
        }
        if let Some(any) = schema.get("anyOf") {
            let any = any.as_array().unwrap().clone();
            let fits = any
                .iter()
                .any(|one| self.check(one, name, value, at).is_empty());
            if !fits {
                errors.push(format!("{at}: {value} fits none"));
            }
        }
        if let (Some(items), Some(all)) = (schema.get("items"), value.as_array()) {
            for (index, item) in all.iter().enumerate() {
                errors.extend(self.check(items, name, item, &format!("{at}/{index}")));
            }
        }
        for (key, value) in value.as_object().into_iter().flatten() {
            let at = format!("{at}/{key}");
            let described = schema.get("properties").and_then(|all| all.get(key));
            match (described, schema.get("additionalProperties")) {
                (Some(described), _) => {
                    self.met.insert(format!("{name}/{key}"));
                    errors.extend(self.check(described, name, value, &at));
                }
                (None, Some(Value::Bool(false))) => errors.push(format!("{at} is not described")),
                (None, Some(other)) => errors.extend(self.check(other, name, value, &at)),
                (None, None) => {}
            }
        }
        errors
    }

    /// What is described and was never met.
    fn unmet(&self) -> Vec<String> {
        let definitions = self.document["$defs"].as_object().unwrap();
        let described = definitions.iter().flat_map(|(name, schema)| {
            let properties = schema.get("properties").and_then(Value::as_object);
            let keys = properties.into_iter().flat_map(Map::keys);
            keys.map(move |key| format!("#/$defs/{name}/{key}"))
        });
        described.filter(|key| !self.met.contains(key)).collect()
    }
}

fn run(directory: &Path, arguments: &[&str]) -> Value {
    let run = ["run", "s.toml", "-q", "--out", "o"];
    tornwrite(directory, &[&run, arguments].concat());
    serde_json::from_slice(&fs::read(directory.join("o/summary.json")).unwrap()).unwrap()
}

/// Keeps a finding of the last campaign; the file.
fn keep(directory: &Path) -> String {
    let mut found = fs::read_dir(directory.join("o/violations")).unwrap();
    let finding = found.next().unwrap().unwrap().path();
    let reproducer = finding.join("reproducer.json").display().to_string();
    tornwrite(directory, &["replay", &reproducer, "--keep=kept"]);
    let mut kept = fs::read_dir(directory.join("kept")).unwrap();
    kept.next().unwrap().unwrap().path().display().to_string()
}

#[test]
fn real_summaries_are_as_described_and_nothing_else_is_described() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    fs::write(directory.join("s.toml"), SCENARIO).unwrap();
    let plain = run(directory, &["--record-baseline", "known.json"]);
    // One more finding in a scenario that did not run: it is not covered.
    let known = fs::read_to_string(directory.join("known.json")).unwrap();
    let mut known: Value = serde_json::from_str(&known).unwrap();
    let mut other = known["scenarios"][0].clone();
    other["name"] = json!("other");
    other["findings"][0]["id"] = json!("V-000000000000");
    known["scenarios"].as_array_mut().unwrap().push(other);
    fs::write(directory.join("known.json"), known.to_string()).unwrap();
    let marked = run(directory, &["--baseline", "known.json"]);
    let listed = run(
        directory,
        &[
            "--mode",
            "exhaustive",
            "--runs",
            "1",
            "--expect",
            "violations",
        ],
    );
    let part = run(directory, &["--shard", "0/2"]);
    let kept = run(directory, &[&*keep(directory)]);
    let swarm = SCENARIO.replace("[crash]\n", "[crash]\nswarm = true\n");
    fs::write(directory.join("s.toml"), swarm).unwrap();
    let swarm = run(directory, &["--runs", "20"]);
    // No subject of ours does something else when it is run again.
    let mut fickle = plain.clone();
    fickle["scenarios"][0]["nondeterministic_runs"] = json!(1);
    let mut schema = Schema::read();
    for summary in [&plain, &marked, &listed, &part, &kept, &swarm, &fickle] {
        assert_eq!(schema.errors(summary), [] as [String; 0]);
    }
    assert_eq!(schema.unmet(), [] as [String; 0]);

    // The test is one that can fail.
    let mut wrong = marked.clone();
    wrong["scenarios"][0]["runs"] = json!("ten");
    wrong["scenarios"][0]["more"] = json!(1);
    wrong["scenarios"][0]["findings"][0]["mark"] = json!("old");
    wrong["baseline"].as_object_mut().unwrap().remove("known");
    wrong["seeds"] = json!([1]);
    assert_eq!(Schema::read().errors(&wrong).len(), 5);
}
