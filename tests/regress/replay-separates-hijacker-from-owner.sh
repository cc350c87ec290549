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
tools/evaluate "$sample.labels.ndjson" "$scores" --events "$sample.ndjson"
tools/evaluate "$sample.labels.ndjson" "$scores" --events "$sample.ndjson" --json | python3 -c '
import json, sys
figures = json.load(sys.stdin)
sys.exit(figures["logins"]["auc"] < 0.9 or figures["all events"]["auc"] < 0.9)
'
