#!/bin/sh
# Promise: tools/make-model has the recipe of models/default.model, its two rounds run on what is exported, and it tells the same model from another one.
# The whole recipe takes some ten minutes and is not run here: `make model` does.
set -eu
cd "$(dirname "$0")/../.."
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
fail() { echo "$1"; cat "$at/told" "$at/err"; exit 1; }

# The recipe and the model that ships are of the same size: whoever changes one without the other is told.
tools/make-model --plan >"$at/plan"
about=$(sed -n 's/^about //p' models/default.model)
shops=$(grep -c '^hikeshi sim export ' "$at/plan")
[ "$(grep -c '^hikeshi train ' "$at/plan")" = 2 ]
trees=$(sed -n '$s/.* --trees \([0-9]*\) .*/\1/p' "$at/plan") isolation=$(sed -n '$s/.* --isolation-trees \([0-9]*\) .*/\1/p' "$at/plan")
case $about in
"$trees trees of depth 5, rate 100, and $isolation isolation trees; $shops worlds, "*) ;;
*) echo "models/default.model was made of: $about"; cat "$at/plan"; exit 1 ;;
esac
[ "$(tail -n 1 "$at/plan" | grep -o -- '--labels' | wc -l)" = "$shops" ]

# No shop of the report, and none that models are compared on, is learned from.
for seed in $(sed -n 's/^hikeshi sim export .* --seed \([0-9]*\) .*/\1/p' "$at/plan"); do
    if grep -E '^(REPORT|DEVELOP) = ' tools/evaluate | grep -w "$seed"; then echo "seed $seed is learned from, and judges"; exit 1; fi
done

# make_model STATUS OPTION...: ends with this status.
make_model() {
    wanted=$1 status=0
    shift
    tools/make-model "$@" >"$at/told" 2>"$at/err" || status=$?
    [ "$status" = "$wanted" ] || fail "make-model $*: ended with $status, not $wanted"
}
make_model 1 --quick --out "$at/one"
grep -q "one/default.model is not .*/models/default.model$" "$at/told" || fail "another model is told apart"
grep -q "; no model was in force$" "$at/one/first.log" && grep -q "; another model was in force$" "$at/one/default.log" || fail "two rounds"
[ "$(ls "$at/one")" = "default.log
default.model
first.log
first.model" ] || fail "the shops are taken away: $(ls "$at/one")"
make_model 0 --quick --out "$at/two" --keep --against "$at/one/default.model"
grep -q "two/default.model is the same as .*/one/default.model$" "$at/told" || fail "the same model is known again"
[ -s "$at/two/7201/events.ndjson" ] && [ -s "$at/two/7301/labels.ndjson" ] || fail "--keep"

# What goes wrong is told, and leaves no model that was not made now.
real=${HIKESHI:-build/hikeshi}
export HIKESHI=/bin/false
make_model 2 --quick --out "$at/two" --against "$at/one/default.model"
grep -q "^make-model: shop 7[23]01 was not made$" "$at/err" || fail "an export that fails"
[ ! -e "$at/two/default.model" ]
export HIKESHI="$real"
make_model 2 --quick --out "$at/three" --against "$at/nothing"
[ ! -e "$at/three" ]
make_model 2 --fast
grep -q "^usage: tools/make-model" "$at/err" || fail "an unknown option"
