#!/bin/sh
# Promise: a causal replay of the sample shop, from an empty state, tells hijackers' logins from owners' far better than chance.
# The sample is a smoke test beside the checkout; where it is not there, this says so and passes.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
sample=../shared/samples/small
[ -e "$sample.ndjson" ] || { echo "skipped: $sample.ndjson is not here"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$hikeshi" replay --events "$sample.ndjson" --out "$folder/scores.ndjson"
"$hikeshi" evaluate --events "$sample.ndjson" --labels "$sample.labels.ndjson" --scores "$folder/scores.ndjson" --split 0,20,80 --json "$folder/figures.json"
python3 - "$folder/figures.json" <<'END'
import json, sys
with open(sys.argv[1]) as f:
    views = json.load(f)["views"]
auc = [group["files"][0]["auc"]["value"] for view in views for group in view["groups"] if group["group"] == "all"]
print("AUC of logins, all events and visits:", auc)
sys.exit(len(auc) != 3 or min(auc) < 0.9)
END
