#!/bin/sh
# Promise: a key that may send events sends what a shop sees; it closes no incident, and what it says of its own knowledge is the same after kill -9.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *

d = Directory()
keys = {}
for name, scopes in (("shop", "events:write"), ("console", "events:write,verdicts:write"), ("all", "all")):
    made = subprocess.run([HIKESHI, "key", "new", name, "--scopes", scopes, "--file", d.at("keys")], capture_output=True, text=True, check=True)
    keys[name] = made.stdout.strip()
server = Server(d)

def send(key, id, kind, **data):
    body = json.loads(event(id))
    body["type"], body["data"] = kind, data
    return ask(server, "POST", "/v1/decisions", json.dumps(body), key=keys[key])

def status_of(incident):
    return ask(server, "GET", "/v1/incidents/" + incident, key=keys["all"])[1]["status"]

expect(send("shop", "login", "login", outcome="success", session="s1", ip="203.0.113.7")[0] == 200, "a shop tells of a login")
status, answer = send("shop", "word", "owner_statement", about="login", says="not_mine", via="telephone")
expect(status == 200 and answer["incident"], "a shop passes the owner's word on, and an incident opens: %s" % answer)
incident = answer["incident"]
for kind in ("analyst_verdict", "operator_note", "approval"):
    status, problem = send("shop", "forged-" + kind, kind, incident=incident, verdict="false_alarm")
    expect(status == 403 and problem["field"] == "type" and "verdicts:write" in problem["detail"], "%s takes more than a shop's key: %s" % (kind, problem))
for kind in ("policy_changed", "model_changed", "action_result", "timer_fired", "notice_result", "call_result"):
    expect(send("shop", "forged-" + kind, kind)[0] == 403 and send("console", "forged-" + kind, kind)[0] == 403, "%s is ours to say" % kind)
    expect(send("all", "sent-" + kind, kind)[0] == 200, "%s comes with an admin's key" % kind)
batch = json.loads(event("in-a-batch"))
batch["type"], batch["data"] = "analyst_verdict", {"incident": incident, "verdict": "false_alarm"}
lines = ask(server, "POST", "/v1/events", json.dumps(batch) + "\n" + event("behind-it"), type="application/x-ndjson", key=keys["shop"])[1].splitlines()
expect(json.loads(lines[0])["problem"]["status"] == 403 and json.loads(lines[1])["decision"], "nor in a batch, where the next event is still taken: %s" % lines)
expect(status_of(incident) == "open", "the incident is still open")
expect(send("console", "verdict", "analyst_verdict", incident=incident, verdict="false_alarm")[0] == 200 and status_of(incident) == "closed", "an analyst closes it")

# Who knew the network's facts is ours to say: a retry after a crash is the same event still.
def forged(): return send("shop", "geo", "login", outcome="success", ip="203.0.113.8", geo={"country": "JP", "asn": 2516, "source": "mmdb"})
status, answer = forged()
page = ask(server, "GET", "/v1/events/%d" % answer["position"], key=keys["all"])[1]
expect(page["event"]["data"]["geo"]["source"] == "caller", "what the caller knew is the caller's")
server.kill()
server = Server(d)
expect(forged() == (status, answer), "a retry after kill -9 is answered the same: %s" % (forged(),))
server.stop()
end("a shop's key speaks for the shop only")
PYTHON
