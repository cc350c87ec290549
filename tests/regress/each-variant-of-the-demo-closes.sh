#!/bin/sh
# Promise: whichever way the night goes, the demo ends with all effects terminal, the ledger balanced, nothing done twice and nothing of the
# owner's touched.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
for variant in label-made handed-over recall-refused refund-timeout payment-down email-changed false-alarm; do
    "$hikeshi" demo --exit --json --variant "$variant" | tail -n 1 | python3 -c '
import json, sys
told = json.loads(sys.stdin.readline())
good = told["effects"]["total"] and not told["effects"]["open"] and not told["ledger"]["JPY"]["open"]
good = good and not told["double_actions"] and not told["owner_effects_touched"] and (0 <= told["contained_ms"] <= 5000 or told["variant"] == "payment-down")  # what is down for two hours cannot be stopped sooner
print(told["variant"], "closes" if good else "does not close: %s" % told)
sys.exit(not good)
'
done
