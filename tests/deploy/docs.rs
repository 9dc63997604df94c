//! Every snippet of `docs/ci.md`: YAML is quoted from what is shipped, shell is executed from top to bottom.

use serde_json::Value;

use super::{
    gitlab,
    ground::{Ground, Scenarios, expect_exit, shipped, yaml},
    kubernetes, slurm,
};

struct Snippet {
    language: String,
    text: String,
    /// The last shipped file that was named before it.
    file: Option<String>,
}

fn snippets() -> Vec<Snippet> {
    let document = shipped("docs/ci.md");
    let mut snippets = Vec::new();
    let mut rest = document.as_str();
    while let Some((before, behind)) = rest.split_once("```") {
        let (language, behind) = behind.split_once('\n').unwrap();
        let (text, behind) = behind.split_once("```").unwrap();
        let named = before.split('`').skip(1).step_by(2);
        let file = named.filter(|name| [".yml", ".yaml"].iter().any(|end| name.ends_with(end)));
        snippets.push(Snippet {
            language: language.to_owned(),
            text: text.to_owned(),
            file: file.last().map(str::to_owned),
        });
        rest = behind;
    }
    assert_eq!(
        snippets.len(),
        12,
        "a snippet of another kind needs a test of its own"
    );
    snippets
}

#[test]
fn what_is_quoted_is_what_is_shipped() {
    let mut named = String::new();
    let mut quoted = 0;
    for snippet in snippets()
        .iter()
        .filter(|snippet| snippet.language == "yaml")
    {
        if let Some(file) = &snippet.file {
            named.clone_from(file);
        }
        if named == ".gitlab-ci.yml" {
            continue;
        }
        let file = shipped(&named);
        assert!(
            file.contains(&snippet.text),
            "{named} has no\n{}",
            snippet.text
        );
        quoted += 1;
    }
    assert_eq!(quoted, 5);
}

#[test]
fn what_includes_the_jobs_of_gitlab_works() {
    let mut all = yaml(&shipped("deploy/gitlab/tornwrite.yml"));
    let snippets = snippets();
    let snippet = snippets
        .iter()
        .find(|one| one.file.as_deref() == Some(".gitlab-ci.yml"));
    let mut says = yaml(&snippet.unwrap().text);
    let include = says.as_object_mut().unwrap().remove("include").unwrap();
    assert_eq!(include[0]["local"], "ci/tornwrite.yml");
    for (job, content) in says.as_object().unwrap() {
        for (key, value) in content.as_object().unwrap() {
            assert!(all[job].get(key).is_some(), "{job}.{key} changes nothing");
            all[job][key] = value.clone();
        }
    }
    assert_eq!(all["tornwrite-shards"]["parallel"], Value::from(3));
    let ground = Ground::new(Scenarios::Met);
    assert_eq!(gitlab::pipeline(&ground, &all, "", 0), ground.whole("", 0));
}

#[test]
fn the_shell_of_the_document_does_what_it_says() {
    let ground = Ground::new(Scenarios::Met);
    slurm::play(&ground);
    kubernetes::play(&ground);
    let link = format!("ln -s {} deploy", super::ground::shipped_path("deploy"));
    expect_exit(&ground.shell("", &link, &[]), 0);
    let mut executed = 0;
    for snippet in snippets().iter().filter(|snippet| snippet.language == "sh") {
        let script = snippet.text.replace("/shared/", &ground.text("shared/"));
        let variables = [
            ("GROUND", &*ground.text("")),
            ("CONDITIONS", "Complete"),
            ("EXIT", "0"),
            ("POLL_SECONDS", "0"),
            ("CIRCLE_NODE_INDEX", "0"),
            ("CIRCLE_NODE_TOTAL", "1"),
        ];
        expect_exit(&ground.shell("", &script, &variables), 0);
        executed += 1;
    }
    assert_eq!(executed, 6);
    let whole = ground.whole("", 0);
    assert!(ground.path("baseline.json").exists());
    for merged in ["shared/night-12/merged", "tornwrite-results"] {
        assert_eq!(
            ground.read(&format!("{merged}/summary.json")),
            whole,
            "{merged}"
        );
    }
}

#[test]
fn every_engine_of_the_document_is_known_to_shard_auto() {
    let ground = Ground::new(Scenarios::Met);
    let engines = [
        ["CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL"],
        ["BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"],
    ];
    let snippets = snippets();
    let mut lines = snippets
        .iter()
        .filter(|snippet| snippet.text.contains("CIRCLE_NODE_INDEX"));
    let run = &lines.next().unwrap().text;
    for [index, count] in engines {
        let folder = index.to_lowercase();
        expect_exit(
            &ground.shell(
                "",
                &format!("mkdir {folder} && cp -r scenarios {folder}"),
                &[],
            ),
            0,
        );
        for shard in ["0", "1"] {
            expect_exit(
                &ground.shell(&folder, run, &[(index, shard), (count, "2")]),
                0,
            );
        }
        let merge = &snippets.last().unwrap().text;
        expect_exit(&ground.shell(&folder, merge, &[]), 0);
        let merged = ground.read(&format!("{folder}/tornwrite-results/summary.json"));
        assert_eq!(merged, ground.whole("", 0));
    }
}
