#!/bin/sh
# Promise: with --store, a takeover is answered through PostgreSQL from the first event to the last step: contained, held at the gate, undone once; a server that is
# stopped or killed and started again knows all of it, and does nothing twice. Commands that look from beside are told where to look, and look there. Without its
# database, or without --store, it does not start, and says why without the password.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *
from counterpart import Counterpart
from postgresql import PostgreSQL

database, d = PostgreSQL(), Directory()
c = Counterpart(d)
options = ["--store", database.url + "&password=hunter2", "--counterparts", c.file]
server = Server(d, *options)

night = Night(server)
tell = night.tell

def get(path):
    status, body = ask(server, "GET", path)
    expect(status == 200, "%s is answered: %s %s" % (path, status, body))
    return body

def gate(order):
    return ask(server, "POST", "/v1/gate", json.dumps({"order": order, "step": "label"}))[1].get("answer")

tell(1, "login", 90000, False)
tell(2, "login", 300, True)
tell(3, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c1")
tell(4, "membership_started", 270, True, membership={"id": "m1", "amount_minor": 980, "currency": "JPY", "charge": "c2"})
tell(5, "order_placed", 260, True, order={"id": "o1", "amount_minor": 500, "currency": "JPY", "charge": "c3", "kind": "physical"})
tell(6, "address_changed", 250, True, address="addr1", change="added", after="sealed-x")
tell(7, "owner_statement", 5, False, about="e2", says="not_mine", via="app")
expect(gate("o1") == "hold" and gate("o2") == "allow", "the hijacker's order is held by the time the owner is answered, another is not")
incident = database.ask("SELECT id FROM incident WHERE account = 'a1' AND status = 'open'")[0][0]

def is_contained():
    return database.ask("SELECT 1 FROM response WHERE uncontained_count = 0 AND contained_ms > 0") != []
def is_quiet():
    return database.ask("SELECT 1 FROM step WHERE state NOT IN ('done', 'human', 'canceled')") == []
expect(wait_until(is_contained, 60), "everything is contained: %s" % database.ask("SELECT id, state FROM effect"))
expect(wait_until(is_quiet, 60), "no step is left under way")
expect(len(c.acts) >= 8, "counterparts were asked: %s" % sorted(c.acts))

def seen():
    """What must be the same for ever: the incident, and of its response what was found, paid and sealed so far."""
    response = get("/v1/responses/%s?full=1" % incident)
    return get("/v1/incidents/" + incident), [(e["id"], e["kind"], e["object"]) for e in response["effects"]], response["ledger"], response["audit"]

before, acts = seen(), dict(c.acts)
expect(len(before[1]) >= 6 and before[2] and before[3], "there is something to see: %d effects, %d lines, %d links" % tuple(map(len, before[1:])))
for how in ("stopped", "killed"):
    if how == "stopped": expect(server.stop() == 0, "the server ends well")
    else: server.kill()
    server = Server(d, *options)
    after = seen()
    expect(after[0] == before[0], "%s: the incident is the same" % how)
    expect(after[1] == before[1], "%s: the effects are the same: %s" % (how, after[1]))
    for name, one, other in zip(("ledger", "audit chain"), before[2:], after[2:]):
        expect(other[:len(one)] == one, "%s: the %s begins as it was" % (how, name))
    expect(is_contained(), "%s: it is contained" % how)
    expect(gate("o1") == "hold" and gate("o2") == "allow", "%s: the order is still held" % how)
    expect(wait_until(is_quiet), "%s: no step is left under way" % how)
    expect(all(c.acts[act] == times for act, times in acts.items()), "%s: nothing that was done is done again" % how)
night.server = server
tell(8, "login", 1, False)
expect(max(c.acts.values()) == 1 and c.forged == 0, "nothing was done twice, and every request was signed")
expect(not os.path.exists(d.at("data/incidents.db")), "no second store lies in the data directory")

def run(*words):
    done = subprocess.run([HIKESHI, *words], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr

looks = {"check": (["check"], "agrees with itself"), "list": (["incident", "list"], incident), "show": (["incident", "show", incident], "order o1"),
         "audit": (["incident", "audit", incident], "unbroken"), "tasks": (["task", "list"], ""), "doctor": (["doctor"], "whole; absorbed up to position")}
for stale in (False, True):  # a file from before the database is not taken for it, either
    if stale: shutil.copy(d.write("incidents.db", "from before"), d.at("data/incidents.db"))
    for name, (words, _) in looks.items():
        status, out, err = run(*words, "--data", d.at("data"))
        said = out if name == "doctor" else err
        expect(name == "doctor" or status != 0, "%s without --store fails" % name)
        expect("kept in postgresql://" in said and "--store URL" in said, "%s says where to look: %s %s" % (name, out, err))
os.remove(d.at("data/incidents.db"))
expect("hunter2" not in open(d.at("data/incidents.elsewhere")).read(), "the note holds no password")
for running in (True, False):
    for name, (words, wanted) in looks.items():
        status, out, err = run(*words, "--data", d.at("data"), "--store", database.url)
        expect((status == 0 or name == "doctor") and wanted in out and "kept in" not in out + err, "%s looks there: %d %s %s" % (name, status, out, err))
    if running: expect(server.stop() == 0, "the server ends well")
database.ask("UPDATE audit SET actor = 'nobody' WHERE number = 2")
status, out, err = run("check", "--data", d.at("data"), "--store", database.url)
expect(status == 1 and "audit chain of " + incident in err, "tampering is found there: %d %s" % (status, err))
database.ask("CREATE DATABASE empty")
status, out, err = run("incident", "list", "--store", database.url.replace("/postgres?", "/empty?"))
expect(status == 2 and "there is no incident store here" in err, "a look makes no tables: %s" % err)
status, out, err = run("check", "--store", database.url)
expect(status == 2 and "--data" in err, "a store is checked with its journal: %d %s" % (status, err))
print("%d effects, %d acts of counterparts, %d links" % (len(before[1]), len(c.acts), len(before[3])))

status, out, err = run("serve", "--listen", "127.0.0.1:0", "--data", d.at("data"), "--api-key-file", d.at("keys"))
expect(status == 2 and "listening" not in out and "kept in postgresql://" in err and "remove incidents.elsewhere" in err, "no second store is begun beside it: %d %s" % (status, err))
expect(not os.path.exists(d.at("data/incidents.db")), "nor its file")

database.stop()
gone = subprocess.run([HIKESHI, "serve", "--listen", "127.0.0.1:0", "--data", d.at("data"), "--api-key-file", d.at("keys"), "--store", database.url + "&password=hunter2"],
                      capture_output=True, text=True, timeout=60)
expect(gone.returncode == 1 and "listening" not in gone.stdout, "without its database it does not start: %d" % gone.returncode)
expect("incident store" in gone.stderr and "hint: " in gone.stderr and "hunter2" not in gone.stderr, "it says why: " + gone.stderr)
end("PostgreSQL holds a response")
PYTHON
