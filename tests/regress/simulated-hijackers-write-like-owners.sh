#!/bin/sh
# Promise: sim export writes the same labelled stream from the same seed, with every family of hijackers; each event is accepted; and a small
# model cannot tell hijackers' events from owners' by anything that hijackers do not change. Where a leak is planted, it is found. Hijackers
# have device ids and time zones like others, campaigns share some, and some come again another day over another network.
set -u
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
passed=0 failed=0
expect() { # SENTENCE COMMAND...
    sentence=$1 && shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "not so: $sentence"; fi
}
export_to() { # DIR SEED BINARY
    "$3" sim export --seed "$2" --accounts 8000 --days 60 --hijacks 30 --out "$folder/$1" >"$folder/$1.counts"
}

expect "a stream is written" export_to first 3 "$hikeshi"
expect "another run writes a stream" export_to second 3 "$hikeshi"
expect "the same seed gives the same events" cmp -s "$folder/first/events.ndjson" "$folder/second/events.ndjson"
expect "the same seed gives the same labels" cmp -s "$folder/first/labels.ndjson" "$folder/second/labels.ndjson"
if [ -x build-clang/hikeshi ]; then
    expect "another compiler's binary writes a stream" export_to clang 3 build-clang/hikeshi
    expect "another compiler gives the same events" cmp -s "$folder/first/events.ndjson" "$folder/clang/events.ndjson"
fi
rm -rf "$folder/second" "$folder/clang"
"$hikeshi" sim export --world plain --seed 3 --accounts 8000 --days 60 --hijacks 30 --out "$folder/plain" >"$folder/plain.counts"
"$hikeshi" sim export --seed 4 --accounts 500 --days 30 --campaigns 1 --out "$folder/other" >"$folder/other.counts"
"$hikeshi" sim export --seed 5 --accounts 500 --days 30 --campaigns 1 --out "$folder/another" >"$folder/another.counts"
expect "another seed gives other events" sh -c '! cmp -s "$1/other/events.ndjson" "$1/another/events.ndjson"' sh "$folder"
"$hikeshi" import --format ndjson --dry-run --json "$folder/other/events.ndjson" >"$folder/import" 2>"$folder/said"
expect "an import accepts every event" grep -q '"rejected":0' "$folder/import"

cat >"$folder/check.py" <<'PYTHON'
import collections, json, sys
folder, reference = sys.argv[1:]
bad, families, before, events, labels = [], collections.defaultdict(set), "", 0, open(folder + "/labels.ndjson")
effects, told, seen = collections.Counter(), collections.Counter(), 0
victims, days, networks = collections.defaultdict(set), collections.defaultdict(set), collections.defaultdict(set)
for line in open(folder + "/events.ndjson"):
    e, l = json.loads(line), json.loads(labels.readline())
    events += 1
    if e["id"] != l["id"]: bad.append("a label of another event: " + l["id"])
    if e["time"] < before: bad.append("not in order of time: " + e["id"])
    if l["account"] != e["subject"]: bad.append("a label of another account: " + l["id"])
    if (l["label"] == "hijacker") != (l["family"] is not None) or (l["label"] == "hijacker") != (l["incident"] is not None):
        bad.append("family and incident belong to hijackers: " + l["id"])
    if l["effect"] and l["label"] != "hijacker": bad.append("an effect of nobody's: " + l["id"])
    if l["family"]: families[l["family"]].add(l["campaign"]); effects[l["family"]] += l["effect"]
    before = e["time"]
    if l["family"] and "ip" in e["data"]:
        seen += 1
        told.update({"device", "timezone"} & e["data"].keys())
        if "device" in e["data"]: victims[l["campaign"], e["data"]["device"]].add(e["subject"])
        days[l["incident"]].add(e["time"][:10]), networks[l["incident"]].add(l["network"])
if labels.readline(): bad.append("more labels than events")
plain = folder.endswith("/plain")  # others may send no device id, or few
for member in ("device", "timezone"):
    if plain and not 0.4 < told[member] / seen < 0.98: bad.append("of %d events of hijackers, %d have a %s" % (seen, told[member], member))
shared = len({campaign for (campaign, _), accounts in victims.items() if len(accounts) > 1})
if plain and not 0.15 < shared / sum(map(len, families.values())) < 0.8: bad.append("%d campaigns use a device for several victims" % shared)
again = sum(len(days[i]) > 1 and len(networks[i]) > 1 for i in days)
if not 0.05 < again / len(days) < 0.6: bad.append("%d of %d come again another day over another network" % (again, len(days)))
if not {"naive", "vpn", "story", "never_used"} <= families.keys(): bad.append("families: %s" % sorted(families))
if len(families) < 11: bad.append("%d families" % len(families))
for family, campaigns in families.items():
    if len(campaigns) < 3: bad.append("%s has %d campaigns" % (family, len(campaigns)))
    if not effects[family]: bad.append(family + " has no effect")
    if "| `%s` |" % family not in open(reference).read(): bad.append(family + " is not in " + reference)
reference_text = open(reference).read()
for habit in json.load(open(folder + "/world.json")):
    if "`%s`" % habit not in reference_text and habit not in ("world", "seed", "place"): bad.append("the habit %s is not in %s" % (habit, reference))
print("%d events, %d families; %d campaigns share a device; %d of %d come again elsewhere; told %s of %d" % (
    events, len(families), shared, again, len(days), dict(told), seen), *bad[:20], sep="\n")
sys.exit(bool(bad))
PYTHON
for world in first plain; do
    expect "labels are complete and agree with the events ($world)" python3 "$folder/check.py" "$folder/$world" docs/reference/sim.md
    expect "nothing that hijackers do not change tells who it was, and planted leaks are found ($world)" \
        python3 tests/regress/leaks.py "$folder/$world/events.ndjson" "$folder/$world/labels.ndjson"
done
expect "a world that nobody knows is refused" sh -c '! "$1" sim export --world nowhere --out "$2/none" 2>"$2/said"' sh "$hikeshi" "$folder"
expect "and it is said which" grep -q "nowhere" "$folder/said"
expect "13 days are too few" sh -c '! "$1" sim export --days 13 --out "$2/none" 2>"$2/said"' sh "$hikeshi" "$folder"
expect "and it is said why" grep -q '13 days' "$folder/said"
expect "and nothing was written" [ ! -e "$folder/none" ]

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
