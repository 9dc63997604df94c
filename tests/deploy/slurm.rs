//! `deploy/slurm`, with an `sbatch` that is played.

use std::process::Output;

use super::ground::{BOTH, Ground, Scenarios, expect_exit, shipped, shipped_path};

/// Runs what it is given at once, and writes down the exit code of each task.
const SBATCH: &str = r#"#!/bin/sh
for argument in "$@"; do
  case "$argument" in
    --array=*) array=${argument#--array=} ;;
    --dependency=*) dependency=${argument#--dependency=} ;;
    --parsable) ;;
    *) script=$argument ;;
  esac
done
export SLURM_CPUS_PER_TASK=2
if [ -n "${array:-}" ]; then
  export SLURM_ARRAY_TASK_MIN="${array%-*}" SLURM_ARRAY_TASK_COUNT="$((${array#*-} - ${array%-*} + 1))"
  for SLURM_ARRAY_TASK_ID in $(seq "${array%-*}" "${array#*-}"); do
    export SLURM_ARRAY_TASK_ID
    sh "$script" >"$GROUND/said" 2>&1; echo "task $?" >>"$GROUND/slurm.log"
  done
  echo "41;cluster"
else
  sh "$script" >"$GROUND/said" 2>&1; echo "$dependency $?" >>"$GROUND/slurm.log"
  echo 42
fi
"#;

/// Puts a Slurm on the path that runs everything at once.
pub(crate) fn play(ground: &Ground) {
    ground.command("sbatch", SBATCH);
}

/// Submits three shards.
fn submit(ground: &Ground) -> Output {
    play(ground);
    ground.execute(
        "",
        &[&shipped_path("deploy/slurm/submit.sh"), "3"],
        &[
            ("GROUND", &ground.text("")),
            ("RESULTS", &ground.text("results")),
        ],
    )
}

#[test]
fn the_tasks_of_an_array_joined_are_one_run() {
    for scenarios in BOTH {
        let ground = Ground::new(scenarios);
        let output = submit(&ground);
        expect_exit(&output, 0);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "shards 41 merge 42\n"
        );
        let exit = scenarios.exit();
        let expected = format!("task {exit}\ntask {exit}\ntask {exit}\nafterany:41 {exit}\n");
        assert_eq!(
            ground.read("slurm.log"),
            expected,
            "{}",
            ground.read("said")
        );
        assert_eq!(
            ground.read("results/merged/summary.json"),
            ground.whole("", exit)
        );
        assert!(ground.read("results/junit.xml").contains("<testsuites"));
    }
}

#[test]
fn an_array_that_is_submitted_again_goes_on() {
    let ground = Ground::new(Scenarios::Met);
    expect_exit(&submit(&ground), 0);
    ground.cut_off("results/shard-1");
    expect_exit(&submit(&ground), 0);
    assert!(
        !ground.path("results/shard-1.1").exists(),
        "it did not begin anew"
    );
    assert!(
        !ground.read("slurm.log").contains(" 2\n"),
        "{}",
        ground.read("said")
    );
    assert_eq!(
        ground.read("results/merged/summary.json"),
        ground.whole("", 0)
    );
}

#[test]
fn what_is_not_said_is_asked_for() {
    let ground = Ground::new(Scenarios::Met);
    let script = shipped_path("deploy/slurm/submit.sh");
    let output = ground.execute("", &[&script], &[("RESULTS", "r")]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected the number of shards"));
    let output = ground.execute("", &[&script, "3"], &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("set it to a folder"));
    assert!(shipped("deploy/slurm/shards.sbatch").contains("\n#SBATCH --requeue\n"));
}
