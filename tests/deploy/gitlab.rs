//! `deploy/gitlab/tornwrite.yml`, each job in a fresh folder with the artefacts of those it needs.

use std::{collections::BTreeMap, process::Output};

use serde_json::Value;

use super::ground::{BOTH, Ground, at, expect_exit, list, shipped, text, yaml};

const SHARDS: &str = "tornwrite-shards";
const GATE: &str = "tornwrite";

/// Runs the script of a job in a folder, with what the files say of variables, and what the engine does.
fn job(ground: &Ground, all: &Value, name: &str, folder: &str, engine: &[(&str, &str)]) -> Output {
    let mut variables = BTreeMap::new();
    for (name, value) in at(all, "/variables").as_object().unwrap() {
        variables.insert(name.as_str(), text(value));
    }
    variables.extend(engine.iter().copied());
    let variables: Vec<_> = variables.into_iter().collect();
    let lines = list(at(&all[name], "/script")).iter().map(text);
    let script = lines.collect::<Vec<_>>().join("\n");
    let fresh = format!("mkdir -p {folder} && cp -r scenarios {folder}");
    expect_exit(&ground.shell("", &fresh, &[]), 0);
    ground.shell(folder, &script, &variables)
}

/// Runs all jobs; `summary.json` of the gate.
pub(crate) fn pipeline(ground: &Ground, all: &Value, run: &str, exit: i32) -> String {
    let count = at(&all[SHARDS], "/parallel").as_u64().unwrap();
    let total = count.to_string();
    let allowed = list(at(&all[SHARDS], "/allow_failure/exit_codes"));
    assert_eq!(text(at(&all[GATE], "/needs/0")), SHARDS);
    assert_eq!(text(at(&all[GATE], "/when")), "always");
    assert_eq!(text(at(&all[SHARDS], "/artifacts/when")), "always");
    for index in 1..=count {
        let folder = format!("job-{index}");
        let index = index.to_string();
        let engine = [
            ("CI", "true"),
            ("CI_NODE_INDEX", &index),
            ("CI_NODE_TOTAL", &total),
            ("CRASH_RUN", run),
        ];
        let output = job(ground, all, SHARDS, &folder, &engine);
        expect_exit(&output, exit);
        assert!(
            exit == 0 || allowed.contains(&exit.into()),
            "the gate is to decide"
        );
        for path in list(at(&all[SHARDS], "/artifacts/paths")) {
            let keep = format!(
                "mkdir -p gate && cp -r {folder}/{} gate/",
                text(path).trim_end_matches('/')
            );
            expect_exit(&ground.shell("", &keep, &[]), 0);
        }
    }
    expect_exit(&job(ground, all, GATE, "gate", &[("CI", "true")]), exit);
    let junit = text(at(&all[GATE], "/artifacts/reports/junit"));
    assert!(
        ground
            .read(&format!("gate/{junit}"))
            .contains("<testsuites")
    );
    let results = text(at(&all[GATE], "/artifacts/paths/0"));
    ground.read(&format!("gate/{results}summary.json"))
}

#[test]
fn the_jobs_of_gitlab_joined_are_one_run() {
    let all = yaml(&shipped("deploy/gitlab/tornwrite.yml"));
    for scenarios in BOTH {
        let ground = Ground::new(scenarios);
        let exit = scenarios.exit();
        let run = "--seed 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567 --runs 9";
        assert_eq!(pipeline(&ground, &all, run, exit), ground.whole(run, exit));
    }
}
