#!/bin/sh
# Promise: a server that nobody is named to (no --counterparts) still responds: the incident has a response, its orders are held at once, and whatever counterparts
# would do is a person's task, with nothing left waiting for a machine. Two people, each with a key of his own, do all of it over HTTP; what takes two is not done by one.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import hashlib, sqlite3
from serving import *

d = Directory()
d.write("keys", "".join("%s all sha256:%s\n" % (name, hashlib.sha256(key.encode()).hexdigest()) for name, key in (("anna", KEY), ("ben", "bens-key"))))
server = Server(d)

night = Night(server)
tell = night.tell

def rows(sql):
    db = sqlite3.connect("file:%s?mode=ro" % d.at("data/incidents.db"), uri=True, timeout=30)
    try: return db.execute(sql).fetchall()
    finally: db.close()

tell(1, "login", 90000, False)
tell(2, "login", 300, True)
tell(3, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c1")
tell(4, "order_placed", 260, True, order={"id": "o1", "amount_minor": 500, "currency": "JPY", "charge": "c2", "kind": "physical"})
tell(5, "owner_statement", 5, False, about="e2", says="not_mine", via="app")
expect(len(rows("SELECT 1 FROM hold WHERE order_id = 'o1' AND released_ms = 0")) == 1, "the order is held by the time the owner is answered")
for order, answer in (("o1", "hold"), ("o2", "allow")):
    status, body = ask(server, "POST", "/v1/gate", json.dumps({"order": order, "step": "label"}))
    expect(status == 200 and body["answer"] == answer, "the gate says %s for %s: %s %s" % (answer, order, status, body))
expect(wait_until(lambda: not rows("SELECT 1 FROM step WHERE state IN ('ready', 'claimed', 'unknown', 'answered')")), "no step waits for a machine")
expect(len(rows("SELECT 1 FROM response WHERE account = 'a1'")) == 1, "there is a response")
asked = rows("SELECT t.kind, e.kind FROM task t JOIN effect e ON e.id = t.effect WHERE t.state = 'open'")
expect(len(asked) >= 3, "people have tasks: %s" % asked)
stuck = rows("SELECT e.id, e.state FROM effect e WHERE e.phase NOT IN ('kept', 'verified', 'compensated', 'acknowledged', 'restored') AND e.due_ms = 0 "
             "AND NOT EXISTS (SELECT 1 FROM task t WHERE t.effect = e.id AND t.state <> 'closed')")
waits = [e for e in stuck if e[1] == "human"]
expect(not waits, "who is with a person has a task: %s" % waits)
status, body = ask(server, "GET", "/metrics")
expect(status == 200 and "hikeshi_responses_opened_total 1" in body and "hikeshi_steps_exhausted_total" in body, "metrics tell of it")

# ---- anna and ben do it all ----

def answer(task, key):
    status, body = ask(server, "POST", "/v1/tasks/" + task["id"].replace("/", "%2F"), json.dumps({"decision": words[task["kind"]]}), key=key)
    expect(status in (200, 409), "%s is answered: %s %s" % (task["id"], status, body))

def is_open(task): return rows("SELECT 1 FROM task WHERE id = '%s' AND state <> 'closed'" % task["id"])

words = {"do": "done", "follow": "done", "call": "done", "approve": "approve", "decide": "hijacker", "tell": "done", "reach": "done"}
for _ in range(50):
    wait_until(lambda: not rows("SELECT 1 FROM step WHERE state IN ('ready', 'claimed', 'unknown', 'answered')"))
    tasks = ask(server, "GET", "/v1/tasks")[1]["tasks"]
    if not tasks: break
    for task in tasks:
        answer(task, KEY)
        if task["people"] < 2: continue
        answer(task, KEY)
        expect(is_open(task), "one person is not two, however often he says so: %s" % task)
        answer(task, "bens-key")
        expect(wait_until(lambda: not is_open(task)), "two people are: %s" % task)
closed = rows("SELECT people, proposed_by, approved_by FROM task WHERE state = 'closed' AND outcome <> 'overtaken'")
by_two = [t for t in closed if t[0] == 2]
expect(not rows("SELECT 1 FROM task WHERE state <> 'closed'") and len(by_two) >= 3, "all is done, some of it by two: %s" % closed)
expect(all(t[1:] == ("anna", "ben") for t in by_two) and all(t[2] in ("anna", "ben") for t in closed), "each in his own name: %s" % closed)
open_ = rows("SELECT kind, object, state, due_ms FROM effect WHERE phase NOT IN ('kept', 'verified', 'compensated', 'acknowledged', 'restored')")
expect(all(e[3] for e in open_), "what is not over waits for its time only: %s" % open_)

expect(server.stop() == 0, "the server ends well")
print("%d tasks at first, %d in all, %d by two, %d effects wait for their time" % (len(asked), len(closed), len(by_two), len(open_)))
end("without counterparts people have tasks")
PYTHON
