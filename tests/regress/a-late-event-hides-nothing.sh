#!/bin/sh
# Promise: an event that tells of years ago, come late, does not cut off what the account did before it came.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *

d = Directory()

def at(time, id, kind="login", **data):
    return json.dumps({**json.loads(event(id)), "type": kind, "time": time, "data": {"outcome": "success", **data}})

lines = [at("2026-03-%02dT09:00:00Z" % day, "own-%d" % day, ip="203.0.113.7", device="d-own", session="s-own-%d" % day) for day in range(1, 20)]
lines += [at("2026-03-20T00:41:00Z", "foreign", ip="198.51.100.9", device="d-foreign", session="s-foreign"),
          at("2026-03-20T00:44:00Z", "top-up", "balance_topped_up", ip="198.51.100.9", device="d-foreign", session="s-foreign", amount_minor=50000, currency="JPY")]
lines += [at("2020-01-01T00:00:00Z", "late-%d" % i, "order_state", order="o-%d" % i, state="delivered") for i in range(3)]
lines += [at("2026-03-20T00:52:00Z", "seen", "session_seen", ip="203.0.113.7", device="d-own", session="s-own-19"),
          at("2026-03-20T01:00:00Z", "word", "owner_statement", about="foreign", says="not_mine", via="telephone")]
run = subprocess.run([HIKESHI, "replay", "--events", d.write("events", "\n".join(lines) + "\n"), "--out", d.at("out")], timeout=60)
whose = {}
for line in open(d.at("out")):
    said = json.loads(line)
    whose[said["id"]] = said["attributed"]
expect(run.returncode == 0 and len(whose) == len(lines), "every event is answered")
expect(whose["foreign"] == "hijacker" and whose["top-up"] == "hijacker", "the acts before the late events are the hijacker's: %s" % {k: whose[k] for k in ("foreign", "top-up")})
expect(whose["own-19"] == "owner", "the owner's are the owner's")
end("a late event hides nothing")
PYTHON
