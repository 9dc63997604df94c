#!/bin/sh
# What the action does once it has a tornwrite: runs, or joins, and hands GitHub what was found. Its inputs are variables.
set -eu
told=$(mktemp -d "$RUNNER_TEMP/told.XXXXXX")

# Inputs with several words are split at blanks, as in a command line.
# shellcheck disable=SC2086
if [ -n "$MERGE" ]; then
  set -- merge $MERGE --out "$OUT" $ARGUMENTS
elif [ -n "$SHARD" ]; then
  set -- run $SCENARIOS --out "$OUT" --shard "$SHARD" $ARGUMENTS
else
  set -- run $SCENARIOS --out "$OUT" $ARGUMENTS
fi
# What a shard finds is told once, by the step that joins them.
if [ -z "$SHARD" ]; then
  set -- "$@" --export "junit=$JUNIT" --export "markdown=$told/summary.md" --export "github=$told/annotations.txt"
fi

code=0
"$PROGRAM" "$@" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
# They are not there if it ended before it had results.
if [ -e "$told/summary.md" ]; then cat "$told/summary.md" >>"$GITHUB_STEP_SUMMARY"; fi
if [ -e "$told/annotations.txt" ]; then cat "$told/annotations.txt"; fi
# Neither is it judged before: a shard that found something has done its part.
if [ -n "$SHARD" ] && [ "$code" = 100 ]; then code=0; fi
exit "$code"
