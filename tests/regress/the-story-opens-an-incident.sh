#!/bin/sh
# Promise: played through the front door of a real server, with a pretended world as its counterparts, the story's night ends with one
# incident that holds what the hijacker could still do and nothing of the owner's; all of it is undone, nothing twice, to the yen.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
"$hikeshi" demo --exit --json | tail -n 1 | python3 -c '
import json, sys
told = json.loads(sys.stdin.readline())
# In src/cli/story.c the night begins at 90001; the customer himself acts in the eighth and ninth event. What the world tells of itself is "world-N".
hijacker = {"story-9000%d" % n for n in range(1, 8)}
found, owner = set(told["attributed"]["hijacker"]), set(told["attributed"]["owner"])
problems = []
if told["decision"] not in ("hold", "deny"): problems.append("decision is %s" % told["decision"])
if not told["incident"]: problems.append("no incident")
if {id for id in found if not id.startswith("world-")} != hijacker: problems.append("attributed to the hijacker: %s" % sorted(found))
if told["effects"]["open"] or not told["effects"]["total"]: problems.append("effects are open: %s" % told["effects"])
if told["ledger"]["JPY"]["open"] or told["ledger"]["JPY"]["loss"] != 51100: problems.append("the ledger is %s" % told["ledger"])
if told["double_actions"] or told["owner_effects_touched"]: problems.append("something was done twice, or to the owner")
if not 0 <= told["contained_ms"] <= 5000: problems.append("contained in %s ms" % told["contained_ms"])
if owner & hijacker: problems.append("the hijacker'"'"'s acts given to the owner: %s" % sorted(owner & hijacker))
if not {"story-90008", "story-90009"} <= owner: problems.append("the owner'"'"'s own acts of the night are not his")
if told["decision_ms"] > 5000: problems.append("decision took %s ms" % told["decision_ms"])
print("\n".join(problems) or "the story is told in full")
sys.exit(bool(problems))
'
