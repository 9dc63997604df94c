#!/bin/sh
# Submits a campaign in shards and the job that joins them, and prints the numbers of both.
#
#   RESULTS=/shared/campaign deploy/slurm/submit.sh SHARDS
#
# SCENARIOS is the folder of scenarios (default: scenarios, below the current folder); tornwrite is on the path.
set -eu
: "${RESULTS:?set it to a folder that all nodes see}"
shards=${1:?expected the number of shards}
here=$(dirname "$0")

job=$(sbatch --parsable --array="0-$((shards - 1))" "$here/shards.sbatch")
job=${job%%;*} # without the name of the cluster
# afterany: a shard that found something ends with 100, and what it found is to be joined all the same.
merge=$(sbatch --parsable --dependency="afterany:$job" "$here/merge.sbatch")
echo "shards $job merge $merge"
