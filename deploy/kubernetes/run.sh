#!/bin/sh
# Runs a campaign in shards, joins them, prints the results, and ends with the verdict of the whole (docs/exit-codes.md).
#
#   IMAGE=yours CAMPAIGN=name deploy/kubernetes/run.sh
#
# A campaign of the same name goes on where it was cut off.
set -eu
: "${IMAGE:?set it to an image with a shell, tornwrite and /scenarios}"
: "${CAMPAIGN:?set it to a name for the folder of results}"
cd "$(dirname "$0")"

# Starts a job in place of an earlier one, and waits until it has ended, in whichever way: one shard that found something
# makes the job of the shards fail, and what it found is to be joined all the same.
run() {
  kubectl delete job --ignore-not-found "tornwrite-$1"
  sed -e "s|IMAGE|$IMAGE|" -e "s|CAMPAIGN|$CAMPAIGN|" "$1.yaml" | kubectl create -f -
  while :; do
    conditions=$(kubectl get job "tornwrite-$1" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case " $conditions " in *" Complete "* | *" Failed "*) return ;; esac
    sleep "${POLL_SECONDS:-5}"
  done
}

kubectl apply -f results.yaml
run shards
run merge
kubectl logs job/tornwrite-merge
code=$(kubectl get pods --selector batch.kubernetes.io/job-name=tornwrite-merge --sort-by .metadata.creationTimestamp \
  -o 'jsonpath={.items[-1:].status.containerStatuses[0].state.terminated.exitCode}')
exit "${code:-1}"
