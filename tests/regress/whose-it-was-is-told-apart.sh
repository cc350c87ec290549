#!/bin/sh
# Promise: where a hijack is reported, its acts are told from the owner's; a hijacker's act is rather asked about than an owner's called a hijacker's.
# The bounds have slack: what is measured over many worlds is in docs/explanation/attribution.md.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$hikeshi" sim export --seed 3 --accounts 1500 --days 60 --campaigns 2 --hijacks 4 --out "$folder" >"$folder/counts"
"$hikeshi" replay --events "$folder/events.ndjson" --labels "$folder/labels.ndjson" --attribution "$folder/called.ndjson" --out "$folder/scores.ndjson"
"$hikeshi" evaluate --events "$folder/events.ndjson" --labels "$folder/labels.ndjson" --attribution "$folder/called.ndjson" --json "$folder/figures.json" >"$folder/report"
HIKESHI="$hikeshi" python3 - "$folder" <<'END'
import json, os, subprocess, sys

folder = sys.argv[1]
with open(folder + "/figures.json") as f:
    figures = json.load(f)
all_of = figures["groups"][0]
print({name: all_of[name]["value"] for name in ("recall", "precision", "unnamed_recall", "value_recall", "value_precision", "all_right")})
failed = 0


def expect(what, good):
    global failed
    failed += not good
    if not good:
        print("FAIL", what)


expect("every incident is opened", all_of["opened"] == all_of["incidents"] > 50)
expect("recall", all_of["recall"]["value"] >= 0.93)
expect("precision", all_of["precision"]["value"] >= 0.96)
expect("precision of value", all_of["value_precision"]["value"] >= 0.96)
expect("intervals", 0 <= all_of["recall"]["low"] <= all_of["recall"]["value"] <= all_of["recall"]["high"] <= 1)

# What people say is played: it is no line of the scores, and the owners' words are about one act of each hijack.
with open(folder + "/scores.ndjson") as f:
    scored = sum('"score"' in line for line in f)
with open(folder + "/labels.ndjson") as f:
    labelled = sum(1 for line in f)
expect("a score for each event of the file and no other", scored == labelled)


def evaluate(*more):
    files = ["--events", folder + "/events.ndjson", "--labels", folder + "/labels.ndjson", "--attribution", folder + "/called.ndjson"]
    return subprocess.run([os.environ["HIKESHI"], "evaluate", *files, *more], capture_output=True, text=True)


refused = evaluate("--html", folder + "/page.html")
expect("no plots of an attribution", refused.returncode != 0 and "--html says nothing about an attribution" in refused.stderr)
refused = evaluate("--json", folder + "/called.ndjson")
expect("the attribution is not written over", refused.returncode != 0 and "is read by --attribution" in refused.stderr)
with open(folder + "/called.ndjson", "a") as f:
    f.write('{"id":"e999","incident":"inc_1","whose":"owner"}\n')
refused = evaluate()
expect("an event that is not there", refused.returncode != 0 and "no event has the id 'e999'" in refused.stderr)
sys.exit(failed != 0)
END
