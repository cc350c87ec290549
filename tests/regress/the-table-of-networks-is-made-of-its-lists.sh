#!/bin/sh
# Promise: src/sys/asn_table.def is what tools/networks makes of the lists in third_party/asn_lists, and a replay decides by it.
set -eu
cd "$(dirname "$0")/../.."
tools/networks --check
binary=${HIKESHI:-build/hikeshi}
tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
event() { printf '{"specversion":"1.0","id":"%s","source":"shop","type":"login","subject":"%s","time":"2026-03-01T01:02:03Z","data":{"ip":"192.0.2.7","outcome":"success","geo":{"country":"JP","asn":%s%s}}}\n' "$@"; }
{ event e1 a1 14061 ''; event e2 a2 2516 ''; event e3 a3 14061 ',"net":"residential"'; event e4 a4 64500 ''; } > "$tmp/events"
echo 'AS64500 vpn' > "$tmp/kinds"
"$binary" import --data "$tmp/data" --geo "$tmp/kinds" "$tmp/events" > /dev/null
"$binary" journal --data "$tmp/data" cat > "$tmp/journal"
grep -q '"id":"e1".*"net":"hosting".*"source":"caller_asn"' "$tmp/journal"
if grep '"id":"e2".*"net"' "$tmp/journal"; then echo "e2 comes from a carrier"; exit 1; fi
grep -q '"id":"e3".*"net":"residential".*"source":"caller"' "$tmp/journal"
grep -q '"id":"e4".*"net":"vpn".*"source":"caller_asn"' "$tmp/journal"
# The same events again are the same events, whatever the table says now.
"$binary" import --data "$tmp/data" "$tmp/events" | grep -q '4 already there, 0 refused'
