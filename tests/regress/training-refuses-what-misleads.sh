#!/bin/sh
# Promise: hikeshi train makes the same model of the same worlds, byte for byte, takes no rows of what is held out, and refuses what would teach it wrongly.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
for seed in 3 4; do "$hikeshi" sim export --seed "$seed" --accounts 400 --days 60 --campaigns 2 --out "$at/$seed" >"$at/told"; done
train() { "$hikeshi" train --events "$at/3/events.ndjson" --labels "$at/3/labels.ndjson" --trees 12 --isolation-trees 8 "$@"; }

for i in 1 2; do train --events "$at/4/events.ndjson" --labels "$at/4/labels.ndjson" --seed 5 --out "$at/$i.model" >"$at/out" 2>"$at/err"; done
cmp "$at/1.model" "$at/2.model"
grep -q "^worlds     2, .* no model was in force" "$at/out"
grep -q "^check      our sum is the library's" "$at/out"
train --events "$at/4/events.ndjson" --labels "$at/4/labels.ndjson" --seed 6 --out "$at/other.model" >"$at/out" 2>"$at/err"
! cmp -s "$at/1.model" "$at/other.model"

# What is held out gives no rows, and the model says so; nor does what came later.
train --hold-out-families token_abuse --out "$at/held.model" >"$at/out" 2>"$at/err"
grep -q "token_abuse (held out) * 0$" "$at/out"
grep -q "^about .*without families token_abuse" "$at/held.model"
rows() { sed -n 's/^owners * \([0-9]*\) rows.*/\1/p' "$at/out"; }
all=$(rows)
half=$(sed -n '6000s/.*"time":"\([^"]*\)".*/\1/p' "$at/3/events.ndjson")
train --until "${half:-2026-01-20T00:00:00Z}" --trees 0 --out "$at/early.model" >"$at/out" 2>"$at/err"
[ "$(rows)" -lt "$all" ]

# expect WORDS ARGUMENTS...: refuses with these words, and leaves no model.
expect() {
    words=$1
    shift
    if "$hikeshi" train --trees 5 --out "$at/none.model" "$@" >"$at/out" 2>"$at/err"; then
        echo "not refused: $*"
        exit 1
    fi
    grep -q -- "$words" "$at/err" || { cat "$at/err"; echo "expected: $words"; exit 1; }
    [ ! -e "$at/none.model" ]
}
events=$at/3/events.ndjson labels=$at/3/labels.ndjson
expect "are no pairs" --events "$events"
expect "cannot open" --events "$at/nothing" --labels "$labels"
expect "cannot open" --events "$events" --labels "$at/nothing"
expect "is no number for it" --events "$events" --labels "$labels" --depth 9
expect "is no moment" --events "$events" --labels "$labels" --until yesterday
expect "is no name of a model" --events "$events" --labels "$labels" --name "A b"
expect "no label has 'token_abus'" --events "$events" --labels "$labels" --hold-out-families token_abus
expect "no label has 'AS1'" --events "$events" --labels "$labels" --hold-out-networks AS1
# refuses_labels WORDS LINE: so is a file of labels that ends with this line.
count=$(wc -l <"$labels")
refuses_labels() {
    { cat "$labels"; echo "$2"; } >"$at/labels2"
    expect "$1" --events "$events" --labels "$at/labels2"
}
refuses_labels "it labels an event that .*labels2:$((count + 1))" '{"id":"e9999999999","label":"owner"}'
refuses_labels "was labelled otherwise on line 1 .*labels2:$((count + 1))" "{\"id\":\"$(sed -n '1s/.*"id":"\([^"]*\)".*/\1/p' "$labels")\",\"label\":\"noise\"}"
refuses_labels "no label: .*labels2:$((count + 1))" 'owner'
grep -v '"hijacker"' "$labels" >"$at/owners"
expect "and 0 hijackers' events whose path is judged are too few" --events "$events" --labels "$at/owners"
grep '"hijacker"' "$labels" >"$at/hijackers"
expect "^hikeshi: 0 owners' and" --events "$events" --labels "$at/hijackers"
head -n 200 "$events" >"$at/few"
head -n 200 "$labels" >"$at/few.labels"
expect "are too few to learn from" --events "$at/few" --labels "$at/few.labels"
