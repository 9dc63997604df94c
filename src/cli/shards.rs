//! Which shard this is, as the engine that started it says.

use crate::campaign::Shard;

use super::exit::Failure;

/// What an engine tells its jobs: which one they are, and how many there are.
struct Engine {
    name: &'static str,
    index: &'static str,
    count: &'static str,
    /// The number of the first job, or the variable that says it.
    first: First,
}

enum First {
    Number(u64),
    Variable(&'static str),
}

const ENGINES: [Engine; 5] = [
    Engine {
        name: "Kubernetes Indexed Job",
        index: "JOB_COMPLETION_INDEX",
        count: "JOB_COMPLETIONS",
        first: First::Number(0),
    },
    Engine {
        name: "Slurm array",
        index: "SLURM_ARRAY_TASK_ID",
        count: "SLURM_ARRAY_TASK_COUNT",
        first: First::Variable("SLURM_ARRAY_TASK_MIN"),
    },
    Engine {
        name: "GitLab",
        index: "CI_NODE_INDEX",
        count: "CI_NODE_TOTAL",
        first: First::Number(1),
    },
    Engine {
        name: "CircleCI",
        index: "CIRCLE_NODE_INDEX",
        count: "CIRCLE_NODE_TOTAL",
        first: First::Number(0),
    },
    Engine {
        name: "Buildkite",
        index: "BUILDKITE_PARALLEL_JOB",
        count: "BUILDKITE_PARALLEL_JOB_COUNT",
        first: First::Number(0),
    },
];

/// The shard that an option asks for: `K/N`, or `auto` for what the engine says.
pub(super) fn shard(asked: &str) -> Result<Shard, Failure> {
    shard_in(asked, &|name| {
        #[expect(
            clippy::disallowed_methods,
            reason = "the engine says it in the environment"
        )]
        let value = std::env::var(name);
        value.ok().filter(|value| !value.is_empty())
    })
}

fn shard_in(asked: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Shard, Failure> {
    if asked != "auto" {
        let wrong = |error: crate::campaign::ShardError| {
            Failure::Usage(format!("--shard: {error}, or auto"))
        };
        return asked.parse().map_err(wrong);
    }
    for engine in &ENGINES {
        if let Some(index) = variable(engine.index) {
            return engine.shard(&index, variable);
        }
    }
    let known: Vec<String> = ENGINES
        .iter()
        .map(|engine| format!("{} ({})", engine.name, engine.index))
        .collect();
    Err(Failure::Usage(format!(
        "--shard auto: no engine that numbers its jobs is known from the environment: expected {}; \
         or say --shard K/N",
        known.join(", ")
    )))
}

impl Engine {
    fn shard(
        &self,
        index: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Shard, Failure> {
        let wrong = |what: String| Failure::Usage(format!("--shard auto on {}: {what}", self.name));
        let number = |name: &str| {
            let value = variable(name).ok_or_else(|| {
                wrong(format!(
                    "{} is set and {name} is not: set it to the number",
                    self.index
                ))
            })?;
            let parsed = value.parse::<u64>();
            parsed.map_err(|_| wrong(format!("{name}={value}: expected a number")))
        };
        let count = number(self.count)?;
        let first = match self.first {
            First::Number(first) => first,
            First::Variable(name) => number(name)?,
        };
        let given = number(self.index)?;
        let shard = given.checked_sub(first);
        let shard = shard.and_then(|index| Shard::new(index, count).ok());
        shard.ok_or_else(|| {
            let last = first.saturating_add(count).saturating_sub(1);
            wrong(format!(
                "{}={index} of {count}: expected {first} to {last}",
                self.index
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn auto(variables: &[(&str, &str)]) -> Result<String, String> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let read = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        let shard = shard_in("auto", &read);
        shard
            .map(|shard| shard.to_string())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn every_engine_says_which_shard_it_is() {
        let kubernetes = [("JOB_COMPLETION_INDEX", "3"), ("JOB_COMPLETIONS", "7")];
        assert_eq!(auto(&kubernetes), Ok("3/7".to_owned()));
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "12"),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(auto(&slurm), Ok("2/4".to_owned()));
        let gitlab = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")];
        assert_eq!(auto(&gitlab), Ok("0/2".to_owned()));
        let circle = [("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "2")];
        assert_eq!(auto(&circle), Ok("1/2".to_owned()));
        let buildkite = [
            ("BUILDKITE_PARALLEL_JOB", "0"),
            ("BUILDKITE_PARALLEL_JOB_COUNT", "5"),
        ];
        assert_eq!(auto(&buildkite), Ok("0/5".to_owned()));
    }

    #[test]
    fn what_an_engine_leaves_out_is_named() {
        let error = auto(&[("JOB_COMPLETION_INDEX", "3")]).unwrap_err();
        assert!(error.contains("JOB_COMPLETIONS is not"), "{error}");
        let error = auto(&[("CI_NODE_INDEX", "3"), ("CI_NODE_TOTAL", "2")]).unwrap_err();
        assert!(error.contains("expected 1 to 2"), "{error}");
        let error = auto(&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")]).unwrap_err();
        assert!(error.contains("expected 1 to 2"), "{error}");
        assert!(auto(&[]).unwrap_err().contains("--shard K/N"));
    }
}
