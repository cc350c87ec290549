#!/bin/sh
# Promise: played through the front door of a real server, the story's night ends with one open incident that holds every act of the hijacker,
# what became of his orders, and nothing of the owner's.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
"$hikeshi" demo --exit --json | tail -n 1 | python3 -c '
import json, sys
told = json.loads(sys.stdin.readline())
# In src/cli/story.c the night begins at 90001; the customer himself acts in the tenth and eleventh event.
hijacker = {"story-900%02d" % n for n in range(1, 13)} - {"story-90010", "story-90011"}
found, owner = set(told["attributed"]["hijacker"]), set(told["attributed"]["owner"])
problems = []
if told["decision"] not in ("hold", "deny"): problems.append("decision is %s" % told["decision"])
if not told["incident"]: problems.append("no incident")
if found != hijacker: problems.append("attributed to the hijacker wrongly: %s; missing: %s" % (sorted(found - hijacker), sorted(hijacker - found)))
if owner & hijacker: problems.append("the hijacker'"'"'s acts given to the owner: %s" % sorted(owner & hijacker))
if not {"story-90010", "story-90011"} <= owner: problems.append("the owner'"'"'s own acts of the night are not his")
if told["decision_ms"] > 5000: problems.append("decision took %s ms" % told["decision_ms"])
print("\n".join(problems) or "the story is told in full")
sys.exit(bool(problems))
'
