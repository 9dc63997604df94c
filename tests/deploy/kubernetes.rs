//! `deploy/kubernetes`, with a `kubectl` that is played.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ground::{
    BOTH, Ground, Scenarios, at, expect_exit, list, shipped, shipped_path, text, yaml,
};

/// Writes down what it is asked; a job ends when it is looked at for the second time.
const KUBECTL: &str = r#"#!/bin/sh
echo "$@" >>"$GROUND/kubectl.log"
case "$1 $2" in
  "create -f") cat >"$GROUND/created-$(grep -c ^create "$GROUND/kubectl.log").yaml" ;;
  "get job")
    if [ "$(tail -2 "$GROUND/kubectl.log" | grep -c '^get job')" = 2 ]; then echo "$CONDITIONS"; else echo FailureTarget; fi ;;
  "get pods") echo "$EXIT" ;;
  "logs job/tornwrite-merge") echo told ;;
esac
"#;

/// Puts a Kubernetes on the path.
pub(crate) fn play(ground: &Ground) {
    ground.command("kubectl", KUBECTL);
}

/// Runs `run.sh`; the manifests it created.
fn created(ground: &Ground, conditions: &str, exit: i32) -> [Value; 2] {
    play(ground);
    let output = ground.execute(
        "",
        &[&shipped_path("deploy/kubernetes/run.sh")],
        &[
            ("GROUND", &ground.text("")),
            ("CONDITIONS", conditions),
            ("EXIT", &exit.to_string()),
            ("IMAGE", "image:1"),
            ("CAMPAIGN", "night-12"),
            ("POLL_SECONDS", "0"),
        ],
    );
    expect_exit(&output, exit);
    assert!(String::from_utf8_lossy(&output.stdout).contains("told"));
    ["created-1.yaml", "created-2.yaml"].map(|name| yaml(&ground.read(name)))
}

/// Runs the container of a job, with its volume and its image's files at places of the ground.
fn pod(ground: &Ground, job: &Value, index: Option<u64>) -> i32 {
    let container = at(job, "/spec/template/spec/containers/0");
    assert_eq!(text(at(container, "/image")), "image:1");
    let command: Vec<&str> = list(at(container, "/command")).iter().map(text).collect();
    let mut variables = BTreeMap::new();
    for variable in list(at(container, "/env")) {
        let value = text(at(variable, "/value"));
        let value = value
            .replace("/results", &ground.text("results"))
            .replace("/scenarios", &ground.text("scenarios"));
        variables.insert(text(at(variable, "/name")), value);
    }
    let index = index.map(|index| index.to_string());
    let mut all: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend(
        index
            .as_deref()
            .map(|index| ("JOB_COMPLETION_INDEX", index)),
    );
    let output = ground.execute("", &command, &all);
    output.status.code().unwrap()
}

/// What the policy of a job does about an exit code.
fn action(job: &Value, code: i64) -> Vec<&str> {
    let rules = list(at(job, "/spec/podFailurePolicy/rules"));
    let has = |rule: &&Value| {
        let values = rule.pointer("/onExitCodes/values");
        values.is_some_and(|values| list(values).contains(&code.into()))
    };
    rules
        .iter()
        .filter(has)
        .map(|rule| text(at(rule, "/action")))
        .collect()
}

#[test]
fn the_pods_of_an_indexed_job_joined_are_one_run() {
    for scenarios in BOTH {
        let ground = Ground::new(scenarios);
        let conditions = match scenarios {
            Scenarios::Met => "SuccessCriteriaMet Complete",
            Scenarios::Surprising => "FailureTarget Failed",
        };
        let [shards, merge] = created(&ground, conditions, scenarios.exit());
        let count = at(&shards, "/spec/completions").as_u64().unwrap();
        for index in 0..count {
            assert_eq!(pod(&ground, &shards, Some(index)), scenarios.exit());
        }
        assert_eq!(pod(&ground, &merge, None), scenarios.exit());
        let merged = ground.read("results/night-12/merged/summary.json");
        assert_eq!(merged, ground.whole("", scenarios.exit()));
        assert!(
            ground
                .read("results/night-12/junit.xml")
                .contains("<testsuites")
        );
    }
}

#[test]
fn a_pod_goes_on_where_the_one_before_it_was_cut_off() {
    let ground = Ground::new(Scenarios::Met);
    let [shards, merge] = created(&ground, "Complete", 0);
    for index in 0..7 {
        assert_eq!(pod(&ground, &shards, Some(index)), 0);
    }
    assert_eq!(pod(&ground, &merge, None), 2, "a shard is missing");
    // Its first pod was killed before it had begun.
    ground.write("results/night-12/shard-7/campaign.json.tmp", "{");
    assert_eq!(pod(&ground, &shards, Some(7)), 0);
    ground.cut_off("results/night-12/shard-0");
    assert_eq!(pod(&ground, &merge, None), 2, "a shard is cut off");
    assert_eq!(pod(&ground, &shards, Some(0)), 0);
    assert!(
        !ground.path("results/night-12/shard-0.1").exists(),
        "it did not begin anew"
    );
    assert_eq!(pod(&ground, &merge, None), 0);
    let merged = ground.read("results/night-12/merged/summary.json");
    assert_eq!(merged, ground.whole("", 0));
}

#[test]
fn run_sh_starts_one_job_behind_the_other_and_waits_for_both() {
    let ground = Ground::new(Scenarios::Met);
    created(&ground, "Complete", 0);
    let log = ground.read("kubectl.log");
    let asked: Vec<String> = log
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    let job = ["delete job", "create -f", "get job", "get job"];
    let expected = [
        &["apply -f"][..],
        &job,
        &job,
        &["logs job/tornwrite-merge", "get pods"],
    ]
    .concat();
    assert_eq!(asked, expected, "{log}");
    let without = ground.execute("", &[&shipped_path("deploy/kubernetes/run.sh")], &[]);
    assert!(String::from_utf8_lossy(&without.stderr).contains("IMAGE: set it to"));
}

#[test]
fn every_exit_code_of_a_shard_has_one_rule() {
    let shards = yaml(&shipped("deploy/kubernetes/shards.yaml"));
    let documented = shipped("docs/exit-codes.md");
    let codes = documented.lines().filter_map(|line| {
        let cell = line.strip_prefix("| ")?.split(' ').next()?;
        cell.parse::<i64>().ok()
    });
    let mut seen = 0;
    for code in codes {
        let expected: &[&str] = match code {
            // 0 is no failure, and 103 is of `replay`.
            0 | 103 => &[],
            2 | 4 | 102 => &["FailJob"],
            100 => &["FailIndex"],
            1 | 104 | 130 => &["Count"],
            other => panic!("nobody decided what becomes of a shard that exits {other}"),
        };
        assert_eq!(action(&shards, code), expected, "{code}");
        seen += 1;
    }
    assert_eq!(seen, 9, "the table was read");
    let first = at(&shards, "/spec/podFailurePolicy/rules/0");
    assert_eq!(text(at(first, "/action")), "Ignore");
    assert_eq!(
        text(at(first, "/onPodConditions/0/type")),
        "DisruptionTarget"
    );
}

#[test]
fn the_manifests_say_what_the_rules_need() {
    let shards = yaml(&shipped("deploy/kubernetes/shards.yaml"));
    let merge = yaml(&shipped("deploy/kubernetes/merge.yaml"));
    let results = yaml(&shipped("deploy/kubernetes/results.yaml"));
    assert_eq!(text(at(&shards, "/spec/completionMode")), "Indexed");
    // FailIndex is refused without it.
    assert!(at(&shards, "/spec/backoffLimitPerIndex").is_u64());
    let count = at(&shards, "/spec/completions").to_string();
    let told = list(at(&shards, "/spec/template/spec/containers/0/env"));
    let told = told
        .iter()
        .find(|variable| text(at(variable, "/name")) == "JOB_COMPLETIONS");
    assert_eq!(text(at(told.unwrap(), "/value")), count);
    assert_eq!(at(&merge, "/spec/backoffLimit"), 0);
    assert_eq!(text(at(&results, "/spec/accessModes/0")), "ReadWriteMany");
    for job in [&shards, &merge] {
        assert_eq!(text(at(job, "/apiVersion")), "batch/v1");
        // A podFailurePolicy is refused without it.
        assert_eq!(text(at(job, "/spec/template/spec/restartPolicy")), "Never");
        let container = at(job, "/spec/template/spec/containers/0");
        assert_eq!(
            text(at(container, "/name")),
            "tornwrite",
            "the rules name it"
        );
        assert_eq!(text(at(container, "/volumeMounts/0/mountPath")), "/results");
        let volume = at(job, "/spec/template/spec/volumes/0");
        assert_eq!(at(volume, "/name"), at(container, "/volumeMounts/0/name"));
        assert_eq!(
            at(volume, "/persistentVolumeClaim/claimName"),
            at(&results, "/metadata/name")
        );
    }
}
