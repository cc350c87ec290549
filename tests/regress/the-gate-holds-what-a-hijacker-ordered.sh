#!/bin/sh
# Promise: an order of a hijacker is held at the gate from the moment it is found, before every step; nobody else's is. Webhooks count once, and only with their
# counterpart's signature. A task is answered in the name of a key, and two people are two keys.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import base64, hashlib, hmac, time
from serving import *
from counterpart import Counterpart, SECRET

d = Directory()
d.write("keys", KEY + "\nsecond-persons-key\n")
line = lambda name, scopes, key: "%s %s sha256:%s\n" % (name, scopes, hashlib.sha256(key.encode()).hexdigest())
d.write("keys", line("anna", "all", KEY) + line("ben", "all", "bens-key") + line("shop", "events:write", "shops-key") + line("depot", "gate", "depots-key"))
other = Counterpart(d)
server = Server(d, "--counterparts", other.file)

def call(method, path, body=None, key=KEY, headers=""):
    talk = server.connect()
    text = json.dumps(body) if isinstance(body, dict) else body or ""
    head = "%s %s HTTP/1.1\r\nhost: x\r\n%s" % (method, path, headers)
    if key: head += "authorization: Bearer %s\r\n" % key
    if text: head += "content-type: application/json\r\ncontent-length: %d\r\n" % len(text.encode())
    status, _, answer = talk.send(head + "\r\n" + text).answer()
    talk.close()
    return status, json.loads(answer) if answer[:1] == b"{" else answer

night = Night(server)
tell, stamp = night.tell, night.stamp

def gate(order, step="label", key="depots-key", **more):
    status, body = call("POST", "/v1/gate", {"order": order, "step": step, **more}, key)
    return body["answer"] if status == 200 else status

order = lambda id, charge: {"id": id, "amount_minor": 500, "currency": "JPY", "charge": charge, "kind": "physical"}
tell(1, "login", 90000, False)
tell(2, "order_placed", 89000, False, order=order("mine", "c0"))
tell(3, "login", 300, True)
expect(gate("o1") == "allow", "an order that nobody has told of goes on")
tell(4, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c1")
tell(5, "order_placed", 260, True, order=order("o1", "c2"))
incident = tell(6, "owner_statement", 5, False, about="e3", says="not_mine", via="app")["incident"]
for step in ["capture", "pick", "pack", "label", "manifest", "hand_over", "deliver_code"]:
    expect(gate("o1", step) == "hold", "the hijacker's order is held before %s" % step)
expect(gate("mine") == "allow", "the owner's order goes on")
expect(gate("later", account="a1", placed=stamp(10)) == "hold", "an order of the account that no event has told of, placed in the attack, waits")
expect(gate("earlier", account="a1", placed=stamp(80000)) == "allow", "one from before goes on")
expect(gate("later", account="a2", placed=stamp(10)) == "allow", "another account's goes on")
for body, what in [({"step": "label"}, "no order"), ({"order": "o1"}, "no step"), ({"order": "o1", "step": "ship"}, "an unknown step"),
                   ({"order": "o1", "step": "label", "placed": "yesterday"}, "a placed that is no time"), ("{", "no JSON")]:
    expect(call("POST", "/v1/gate", body, "depots-key")[0] == 400, "%s is refused" % what)
expect(gate("o1", key="shops-key") == 403 and gate("o1", key="nobodys") == 401, "the gate asks for a key of its scope")

def webhook(id, body, name="shop", secret=SECRET, ago_s=0):
    text, at = json.dumps(body), "%d" % (time.time() - ago_s)
    sum = base64.b64encode(hmac.new(base64.b64decode(secret), ("%s.%s.%s" % (id, at, text)).encode(), hashlib.sha256).digest()).decode()
    return call("POST", "/v1/webhooks/" + name, text, None, "webhook-id: %s\r\nwebhook-timestamp: %s\r\nwebhook-signature: v1,%s\r\n" % (id, at, sum))

said = {"specversion": "1.0", "id": "w1", "source": "psp", "type": "payment_state", "time": stamp(0), "data": {"charge": "c1", "state": "refunded", "reference": "r1"}}
status, first = webhook("w1", said)
expect(status == 200, "a signed webhook is taken: %s %s" % (status, first))
status, again = webhook("w1", said)
expect(status == 200 and again["position"] == first["position"] and again["repeated"], "the same once more counts once")
expect(webhook("w2", said, secret=base64.b64encode(b"x" * 32).decode())[0] == 401, "a forged signature is 401")
expect(webhook("w3", said, ago_s=900)[0] == 401, "an old signature is 401")
expect(webhook("w4", said, name="nobody")[0] == 404, "an unknown counterpart is 404")
expect(webhook("w5", {**said, "type": "moon_phase"})[0] == 200, "an unknown kind is kept")
expect(webhook("w6", {**said, "type": "analyst_verdict", "subject": "a1", "data": {"incident": incident, "verdict": "false_alarm"}})[0] == 403,
       "a counterpart does not speak for people")
expect(webhook("w7", {**said, "type": "action_result", "data": {"step": incident + "/e1/undo.refund/1", "result": "done"}})[0] == 403, "nor for Hikeshi")

status, told = call("GET", "/v1/responses/%s?full=1" % incident)
expect(status == 200 and told["response"]["incident"] == incident and len(told["effects"]) > 5 and told["audit"], "the response is told")
expect(told["money"].get("JPY", {}).get("loss") == 50500, "with the money: %s" % told["money"])
status, plan = call("GET", "/v1/plans/" + incident)
expect(status == 200 and any(line.get("operation") for e in plan["effects"] for line in e["plan"]), "and what is still to be done")
expect(call("GET", "/v1/responses/inc_999999")[0] == 404 and call("GET", "/v1/plans/inc_999999")[0] == 404, "of nothing there is nothing")

# The owner never comes back: two reminders, then a person's task would come after days; take one that is there at once where there is any.
status, list = call("GET", "/v1/tasks")
expect(status == 200 and list["open"] == len(list["tasks"]), "tasks are listed")
for task in list["tasks"]:
    path = "/v1/tasks/" + task["id"].replace("/", "%2F")
    expect(call("POST", path, {"decision": "perhaps"})[0] == 400, "an answer that is none is refused")
    expect(call("POST", path, {"decision": task["options"][0]}, "shops-key")[0] == 403, "a shop's key answers no task")
expect(call("POST", "/v1/tasks/inc_1%2Ft99", {"decision": "done"})[0] == 404, "an unknown task is 404")
status, body = call("GET", "/metrics")
expect(b'hikeshi_gate_answers_total{answer="hold"}' in body and b"hikeshi_webhooks_refused_total" in body, "metrics tell of gate and webhooks")
expect(server.stop() == 0, "the server ends well")
end("the gate holds what a hijacker ordered")
PYTHON
