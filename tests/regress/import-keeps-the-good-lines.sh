#!/bin/sh
# Promise: a bad line of an import is named, kept apart and costs itself only; labels are kept beside; the same file twice changes nothing.
set -u
cd "$(dirname "$0")/../.."
binary=${HIKESHI:-build/hikeshi}
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
passed=0 failed=0
expect() { # SENTENCE COMMAND...
    sentence=$1 && shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "not so: $sentence"; fi
}
count() { # FILE JSON-MEMBER: its number in the last line of FILE
    tail -n 1 "$1" | sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p"
}

"$binary" import --format rba --data "$folder/data" --json tests/data/rba.csv >"$folder/first" 2>"$folder/said"
expect "an import with bad lines ends with 0" [ $? -eq 0 ]
expect "10 rows are read" [ "$(count "$folder/first" read)" = 10 ]
expect "5 rows are imported" [ "$(count "$folder/first" imported)" = 5 ]
expect "5 rows are refused" [ "$(count "$folder/first" rejected)" = 5 ]
expect "a refused field is named by its column" grep -q 'rba.csv:7: IP Address: ' "$folder/said"
expect "each refused row stands in the reject file" [ "$(grep -c '"raw":' "$folder/data/rejects.ndjson")" = 5 ]
expect "each good row has its label" [ "$(wc -l <"$folder/data/labels.ndjson")" = 5 ]
expect "the takeover is labelled" grep -q '"rba-3","label":"hijacker"' "$folder/data/labels.ndjson"

"$binary" import --format rba --data "$folder/data" --json tests/data/rba.csv >"$folder/second" 2>/dev/null
expect "the second time nothing is imported" [ "$(count "$folder/second" imported)" = 0 ]
expect "the second time all is known" [ "$(count "$folder/second" repeated)" = 5 ]

"$binary" import --format afd --dry-run --json - <tests/data/afd.csv >"$folder/dry" 2>/dev/null
expect "a dry run checks standard input" [ "$(count "$folder/dry" imported)/$(count "$folder/dry" rejected)" = 4/2 ]

"$binary" import --format rba --strict --data "$folder/strict" --json tests/data/rba.csv >"$folder/strict.out" 2>/dev/null
expect "--strict ends with 2" [ $? -eq 2 ]
expect "--strict keeps what came before" [ "$(count "$folder/strict.out" imported)" = 4 ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
