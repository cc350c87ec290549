#!/bin/sh
# Promise: a causal replay of the sample shop, from an empty state, tells hijackers' logins from owners' far better than chance.
# The sample is a smoke test beside the checkout; where it is not there, this says so and passes.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
sample=../shared/samples/small
[ -e "$sample.ndjson" ] || { echo "skipped: $sample.ndjson is not here"; exit 0; }
scores=$(mktemp)
trap 'rm -f "$scores"' EXIT
"$hikeshi" replay --events "$sample.ndjson" --out "$scores"
tools/evaluate --labels "$sample.labels.ndjson" --scores "$scores"
tools/evaluate --labels "$sample.labels.ndjson" --scores "$scores" --json | python3 -c '
import json, sys
figures = json.load(sys.stdin)
auc = figures["logins"]["auc"]
print("AUC of logins: %.3f" % auc)
sys.exit(auc < 0.9)
'
