#!/bin/sh
# Promise: `hikeshi replay --without NAME` leaves one detector out and nothing else, and refuses a name that it does not know.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$hikeshi" sim export --seed 3 --accounts 300 --days 60 --out "$folder" >/dev/null
replay() { "$hikeshi" replay --events "$folder/events.ndjson" --out "$folder/$1" $2 2>"$folder/said"; }
replay whole ""
replay without "--without access_path_unlike_owner,rare_network"
if grep -Eq '"code":"(access_path_unlike_owner|rare_network)"' "$folder/without"; then echo "a detector that is left out gave a reason"; exit 1; fi
grep -q '"code":"access_path_unlike_owner"' "$folder/whole"
replay reference "--without freeman" # decides nothing: it is measured for people only
cmp "$folder/whole" "$folder/reference"
if replay mistyped "--without rare_netwrk"; then echo "an unknown detector was left out"; exit 1; fi
grep -q "did you mean 'rare_network'" "$folder/said"
