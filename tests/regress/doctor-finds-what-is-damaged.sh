#!/bin/sh
# Promise: `hikeshi doctor` finds a sound directory sound, names each damaged part of a damaged one, ends with 1, and changes nothing.
set -u
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
passed=0 failed=0
expect() { # SENTENCE COMMAND...
    sentence=$1 && shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "not so: $sentence"; fi
}
doctor() { "$hikeshi" doctor --data "$1" >"$folder/said"; }
says() { grep -Eq "^$1 +$2 " "$folder/said"; }
damaged() { # NAME: a copy of the sound directory, to be damaged
    rm -rf "$folder/$1" && cp -a "$folder/sound" "$folder/$1"
}
spoil() { # FILE: writes over it in three places: one of them may be a gap that nobody reads
    size=$(wc -c <"$1")
    for quarter in 1 2 3; do printf 'spoilt by a test' | dd of="$1" bs=1 seek=$((size * quarter / 4)) conv=notrunc status=none; done
}

"$hikeshi" import --format rba --data "$folder/sound" tests/data/rba.csv >/dev/null 2>&1
before=$(cd "$folder/sound" && find . -type f ! -name 'incidents.db-*' -exec cksum {} + | sort)
doctor "$folder/sound"
expect "a sound directory has no failure" [ $? -eq 0 ]
expect "its journal is looked at" says ok journal
expect "its snapshot is looked at" says ok snapshots
expect "its incidents are looked at" says ok incidents
expect "looking changes nothing" [ "$before" = "$(cd "$folder/sound" && find . -type f ! -name 'incidents.db-*' -exec cksum {} + | sort)" ]

damaged journal && spoil "$folder"/journal/journal/*.journal && doctor "$folder/journal"
expect "a damaged journal is a failure" [ $? -eq 1 ]
expect "and named" says fail journal

damaged snapshot && spoil "$folder"/snapshot/snapshots/*.image && doctor "$folder/snapshot"
expect "a damaged snapshot is a warning, for the journal replaces it" says warn snapshots

damaged incidents && printf 'not a database, but long enough to look like the head of one of these files' >"$folder/incidents/incidents.db" &&
    rm -f "$folder"/incidents/incidents.db-* && doctor "$folder/incidents"
expect "a damaged incident store is a failure" [ $? -eq 1 ]
expect "and named" says fail incidents

damaged meta && echo nonsense >"$folder/meta/meta" && doctor "$folder/meta"
expect "a damaged meta file is a failure" [ $? -eq 1 ]

doctor "$folder/nowhere"
expect "a directory that is not there yet is a warning" says warn 'data folder'
expect "programs read it too" sh -c "'$hikeshi' doctor --data '$folder/sound' --json | python3 -m json.tool >/dev/null"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
