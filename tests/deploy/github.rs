//! `action.yml` and the workflows: the steps that are ours, with what GitHub fills in.
//!
//! Not executed: the actions of others, and the step that builds tornwrite.

use std::{collections::BTreeMap, process::Output};

use serde_json::Value;

use super::ground::{
    BOTH, Ground, Scenarios, at, expect_exit, list, shipped, shipped_path, text, yaml,
};

const WORKFLOWS: [&str; 4] = ["ci", "gate", "nightly", "release"];

fn workflow(name: &str) -> Value {
    yaml(&shipped(&format!(".github/workflows/{name}.yml")))
}

/// Fills in what GitHub would; an expression that nobody knows fails.
fn filled(template: &str, context: &BTreeMap<String, String>) -> String {
    let mut filled = template.to_owned();
    for (name, value) in context {
        filled = filled.replace(&format!("${{{{ {name} }}}}"), value);
    }
    assert!(!filled.contains("${{"), "{filled}");
    filled
}

fn matrix(shard: u64) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("matrix.shard".to_owned(), shard.to_string()),
        ("github.run_number".to_owned(), "12".to_owned()),
    ])
}

/// Runs the action in a folder; its inputs are known to it.
fn action(ground: &Ground, folder: &str, with: &BTreeMap<String, String>) -> Output {
    let action = yaml(&shipped("action.yml"));
    let known = at(&action, "/inputs").as_object().unwrap();
    assert!(with.keys().all(|name| known.contains_key(name)), "{with:?}");
    let mut context = BTreeMap::new();
    for (name, input) in known {
        let value = with
            .get(name)
            .map_or_else(|| text(at(input, "/default")), String::as_str);
        context.insert(format!("inputs.{name}"), value.to_owned());
    }
    let steps = list(at(&action, "/runs/steps"));
    let step = steps.iter().find(|step| step["id"] == "tornwrite").unwrap();
    let mut variables = BTreeMap::new();
    for (name, value) in at(step, "/env").as_object().unwrap() {
        let value = match name.as_str() {
            "PROGRAM" => {
                assert!(text(value).starts_with("${{ inputs.program || "));
                "tornwrite".to_owned()
            }
            _ => filled(text(value), &context),
        };
        variables.insert(name.as_str(), value);
    }
    for name in ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "RUNNER_TEMP"] {
        variables.insert(name, ground.text(name));
    }
    variables.insert("GITHUB_ACTION_PATH", shipped_path(""));
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let fresh = format!("mkdir -p {folder} RUNNER_TEMP && cp -r scenarios {folder}");
    expect_exit(&ground.shell("", &fresh, &[]), 0);
    assert_eq!(text(at(step, "/shell")), "bash");
    let script = text(at(step, "/run"));
    ground.execute(
        folder,
        &["bash", "-eo", "pipefail", "-c", script],
        &variables,
    )
}

/// The step of a job that uses this or that.
fn step<'w>(workflow: &'w Value, job: &str, uses: &str) -> &'w Value {
    let steps = list(at(workflow, &format!("/jobs/{job}/steps")));
    let found = steps.iter().find(|step| step["uses"] == uses);
    found.unwrap_or_else(|| panic!("no step of {job} uses {uses}"))
}

fn with(step: &Value, context: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let with = at(step, "/with").as_object().unwrap();
    let inputs = with.iter().map(|(name, value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), filled(&value, context))
    });
    inputs.collect()
}

#[test]
fn the_gate_tells_what_was_found_in_all_three_ways() {
    let gate = workflow("gate");
    for scenarios in BOTH {
        let ground = Ground::new(scenarios);
        let exit = scenarios.exit();
        let inputs = with(step(&gate, "gate", "./"), &BTreeMap::new());
        let output = action(&ground, "w", &inputs);
        expect_exit(&output, exit);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            said.contains("\n::error title=tornwrite"),
            scenarios == Scenarios::Surprising
        );
        let told = ground.read("GITHUB_STEP_SUMMARY");
        assert!(told.starts_with("# tornwrite: "), "{told}");
        assert_eq!(ground.read("GITHUB_OUTPUT"), format!("exit-code={exit}\n"));
        // What is kept is what there is, and the seeds are the same each time.
        let keep = with(
            step(&gate, "gate", "actions/upload-artifact@v4"),
            &BTreeMap::new(),
        );
        let paths: Vec<_> = keep["path"].lines().collect();
        assert_eq!(paths, ["tornwrite-results", "tornwrite-junit.xml"]);
        assert!(ground.read("w/tornwrite-junit.xml").contains("<testsuites"));
        let summary = ground.read("w/tornwrite-results/summary.json");
        assert_eq!(summary, ground.whole("", exit));
    }
}

#[test]
fn what_ends_before_there_are_results_is_told_by_its_exit_code() {
    let ground = Ground::new(Scenarios::Met);
    let inputs = BTreeMap::from([("scenarios".to_owned(), "nowhere".to_owned())]);
    let output = action(&ground, "w", &inputs);
    expect_exit(&output, 2);
    assert_eq!(ground.read("GITHUB_OUTPUT"), "exit-code=2\n");
    assert!(!ground.path("GITHUB_STEP_SUMMARY").exists());
}

#[test]
fn the_matrix_of_the_night_joined_is_one_run() {
    let nightly = workflow("nightly");
    for scenarios in BOTH {
        let ground = Ground::new(scenarios);
        let (shards, exit) = (
            list(at(&nightly, "/jobs/shards/strategy/matrix/shard")),
            scenarios.exit(),
        );
        let mut arguments = String::new();
        for shard in shards {
            let context = matrix(shard.as_u64().unwrap());
            let mut inputs = with(step(&nightly, "shards", "./"), &context);
            // As many as a night has would take one.
            arguments = inputs["arguments"].replace("--runs 2000", "--runs 10");
            inputs.insert("arguments".to_owned(), arguments.clone());
            expect_exit(&action(&ground, "w", &inputs), 0);
            let keep = with(
                step(&nightly, "shards", "actions/upload-artifact@v4"),
                &context,
            );
            assert_eq!(keep["path"], inputs["out"]);
            let take = with(
                step(&nightly, "merge", "actions/download-artifact@v4"),
                &context,
            );
            assert!(keep["name"].starts_with(take["pattern"].trim_end_matches('*')));
            let script = format!(
                "mkdir -p m/{0} && cp -r w/{1} m/{0}/{2}",
                take["path"], keep["path"], keep["name"]
            );
            expect_exit(&ground.shell("", &script, &[]), 0);
        }
        assert!(
            !ground.path("GITHUB_STEP_SUMMARY").exists(),
            "it is told once"
        );
        let inputs = with(step(&nightly, "merge", "./"), &BTreeMap::new());
        expect_exit(&action(&ground, "m", &inputs), exit);
        assert!(ground.path("GITHUB_STEP_SUMMARY").exists());
        let merged = ground.read("m/tornwrite-results/summary.json");
        assert!(arguments.starts_with("--seed 12000000 "), "{arguments}");
        assert_eq!(merged, ground.whole(&arguments, exit));
        assert_eq!(at(&nightly, "/jobs/merge/if"), "${{ !cancelled() }}");
    }
}

#[test]
fn what_is_to_be_copied_differs_in_where_the_action_is() {
    for name in ["gate", "nightly"] {
        let ours = shipped(&format!(".github/workflows/{name}.yml"));
        let copied = shipped(&format!("deploy/github/{name}.yml"));
        assert_eq!(
            copied,
            ours.replace("uses: ./", "uses: OWNER/tornwrite@v0.1.0")
        );
    }
}

#[test]
fn ci_is_the_script_that_everybody_runs() {
    let ci = workflow("ci");
    let steps = list(at(&ci, "/jobs/ci/steps"));
    assert!(steps.iter().any(|step| step["run"] == ".ci/run"));
    let systems = at(&workflow("release"), "/jobs/build/strategy/matrix/include").clone();
    let names: Vec<_> = list(&systems)
        .iter()
        .map(|one| text(at(one, "/target")).to_owned())
        .collect();
    for system in ["linux", "apple", "windows"] {
        assert!(
            names.iter().any(|name| name.contains(system)),
            "{system}: {names:?}"
        );
    }
}

#[test]
fn a_release_has_the_program_and_what_it_may_be_used_for() {
    let release = workflow("release");
    let steps = list(at(&release, "/jobs/build/steps"));
    let pack = steps.iter().find(|step| step["name"] == "Pack").unwrap();
    for system in list(at(&release, "/jobs/build/strategy/matrix/include")) {
        let ground = Ground::new(Scenarios::Met);
        let program = text(at(system, "/program"));
        for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            ground.write(file, "");
        }
        ground.write(&format!("target/dist/{program}"), "");
        let variables = [("NAME", "t-v1"), ("PROGRAM", program)];
        expect_exit(&ground.shell("", text(at(pack, "/run")), &variables), 0);
        let packed = ground.shell("", "tar -tzf dist/t-v1.tar.gz | LC_ALL=C sort", &[]);
        let packed = String::from_utf8(packed.stdout).unwrap();
        let expected =
            "t-v1/\nt-v1/CHANGELOG.md\nt-v1/LICENSE-APACHE\nt-v1/LICENSE-MIT\nt-v1/README.md\n";
        assert_eq!(packed, format!("{expected}t-v1/{program}\n"));
    }
}

#[test]
fn the_actions_of_others_are_pinned_and_jobs_end() {
    for name in WORKFLOWS {
        let workflow = workflow(name);
        assert!(
            workflow.get("permissions").is_some(),
            "{name} says what it may do"
        );
        for (job, content) in at(&workflow, "/jobs").as_object().unwrap() {
            assert!(content.get("timeout-minutes").is_some(), "{job} of {name}");
            for step in list(at(content, "/steps")) {
                let uses = step.get("uses").map_or("./", text);
                assert!(uses == "./" || uses.contains("@v"), "{uses} of {name}");
            }
        }
    }
}

#[test]
fn the_cached_program_is_that_of_these_sources() {
    let action = yaml(&shipped("action.yml"));
    let steps = list(at(&action, "/runs/steps"));
    let source = steps.iter().find(|step| step["id"] == "source").unwrap();
    let ground = Ground::new(Scenarios::Met);
    ground.write("a/src/lib.rs", "one");
    ground.write("a/Cargo.toml", "");
    ground.write("a/Cargo.lock", "");
    let digest = || {
        let variables = [
            ("GITHUB_ACTION_PATH", &*ground.text("a")),
            ("GITHUB_OUTPUT", &*ground.text("digest")),
        ];
        expect_exit(&ground.shell("", text(at(source, "/run")), &variables), 0);
        ground.read("digest").lines().last().unwrap().to_owned()
    };
    let (one, again) = (digest(), digest());
    assert_eq!(one.len(), "digest=".len() + 40, "{one}");
    assert_eq!(one, again);
    ground.write("a/src/lib.rs", "two");
    assert_ne!(one, digest());
}
