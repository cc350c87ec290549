#!/bin/sh
# Promise: each baseline scores every event of a file once and in order, the same way each time, and says what is wrong with what it is given.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
python3 - >"$at/events" <<'END'
import json, random
chance = random.Random(3)
for i in range(600):
    user = chance.randrange(20)
    data = {"ip": f"192.0.2.{user}", "user_agent": f"shop-app/{user % 3}", "device": f"d{user}", "session": f"s{i // 2}", "outcome": "success",
            "geo": {"country": "JP", "asn": 64500 + user % 4}}
    kind = chance.choice(["login", "login", "session_seen", "order_state"])
    if kind == "login" and chance.random() < 0.1:
        data.update(outcome="failure", failure="bad_password")
    if kind == "order_state":
        data = {"order": f"o{i}", "state": "packed"}
    print(json.dumps({"specversion": "1.0", "id": f"e{i}", "source": "shop", "type": kind, "subject": f"u{user}",
                      "time": f"2026-03-{1 + i // 24:02}T{i % 24:02}:00:00Z", "data": data}))
END
# Every seventh event is a hijacker's; the last hundred have no label.
awk 'BEGIN { for (i = 0; i < 500; i++) printf "{\"id\":\"e%d\",\"label\":\"%s\",\"family\":null}\n", i, i % 7 ? "owner" : "hijacker" }' >"$at/labels"
"$hikeshi" baseline --list | while read -r name _; do
    set -- "$name" --seed 7
    [ "$name" != boosted ] || set -- "$@" --train-events "$at/events" --train-labels "$at/labels"
    "$hikeshi" baseline "$@" --events "$at/events" >"$at/one"
    "$hikeshi" baseline "$@" --events - <"$at/events" >"$at/two"
    cmp "$at/one" "$at/two"
    python3 - "$at/events" "$at/one" <<'END'
import json, math, sys
events, scores = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
assert [e["id"] for e in events] == [s["id"] for s in scores]
assert all(math.isfinite(s["score"]) for s in scores)
END
done

# expect WORDS ARGUMENTS...: refuses with status 2 or 1 and these words.
expect() {
    words=$1
    shift
    if "$hikeshi" baseline "$@" >"$at/out" 2>"$at/err"; then
        echo "not refused: $*"
        exit 1
    fi
    grep -q -- "$words" "$at/err" || { cat "$at/err"; echo "expected: $words"; exit 1; }
}
expect "there is no baseline 'freman'" freman --events "$at/events"
expect "no events are given" freeman
expect "name one baseline" --events "$at/events"
expect "is no seed" random --seed -1 --events "$at/events"
expect "cannot open" random --events "$at/none"
expect "must be trained" boosted --events "$at/events"
expect "is not trained" random --events "$at/events" --train-labels "$at/labels"
# refuses_labels WORDS LINE: so is a file of labels that ends with this line.
refuses_labels() {
    { cat "$at/labels"; echo "$2"; } >"$at/labels2"
    expect "$1" boosted --events "$at/events" --train-events "$at/events" --train-labels "$at/labels2"
}
refuses_labels "it labels an event that .*labels2:501" '{"id":"e9999","label":"owner"}'
refuses_labels "was labelled otherwise on line 1 .*labels2:501" '{"id":"e0","label":"owner"}'
refuses_labels "the label of 'e0' is 'thief'" '{"id":"e0","label":"thief"}'
refuses_labels "a label without" '{"label":"owner"}'
refuses_labels "no label: " 'owner'
grep -v hijacker "$at/labels" >"$at/owners"
expect "too few to learn from" boosted --events "$at/events" --train-events "$at/events" --train-labels "$at/owners"
# Worlds are learned together: one of owners alone may be among them, and each has ids of its own.
"$hikeshi" baseline boosted --events "$at/events" --train-events "$at/events" --train-labels "$at/owners" \
    --train-events "$at/events" --train-labels "$at/labels" >"$at/together"
! cmp -s "$at/one" "$at/together"
expect "are no pairs" boosted --events "$at/events" --train-events "$at/events" --train-labels "$at/labels" --train-events "$at/events"
expect "cannot open" boosted --events "$at/events" --train-events "$at/events" --train-labels "$at/none"
echo '{"no":"event"}' >"$at/bad"
expect "line 1: " random --events "$at/bad"
echo "nonsense" | cat - "$at/events" >"$at/mixed"
"$hikeshi" baseline random --events "$at/mixed" 2>"$at/err" | wc -l | grep -q '^600$'
grep -q "line 1: " "$at/err"
