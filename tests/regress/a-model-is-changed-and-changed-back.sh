#!/bin/sh
# Promise: a learned model is put in force on a running server, taken back, and priced before; the journal tells who did it; and one that is damaged or of another version changes nothing.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import datetime
import hashlib
from serving import *

d = Directory()
KEYS = {name: name + "-key-of-the-test" for name in ("kimura", "sato", "shop")}
d.write("keys", "".join("%s %s sha256:%s\n" % (name, "events:write" if name == "shop" else "all", hashlib.sha256(key.encode()).hexdigest()) for name, key in KEYS.items()))

def run(*arguments):
    return subprocess.run([HIKESHI, *arguments], capture_output=True, text=True, timeout=120)

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8): crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff

def model(name, column, low, high, version=1, cut=1):
    """Five trees of one cut, in nano-nats below and above it."""
    text = "hikeshi model %d\nname %s\nabout five trees\ncolumn %s\nboosted 5 1 0\n" % (version, name, column) + 5 * ("tree 0<%dl =%d =%d\n" % (cut, low, high))
    return d.write(name, text + "crc32c %08x\n" % crc32c(text.encode()))

one, two = model("one", "hosting", -2000000000, 2000000000), model("two", "hosting", 0, 2000000000)

# -- on a running server
server = Server(d)
def change(*arguments, key="kimura"):
    return run("model", *arguments, "--url", "http://127.0.0.1:%d" % server.port, "--api-key-file", d.write("key", KEYS[key] + "\n"))
def in_force():
    return ask(server, "GET", "/v1/model", key=KEYS["kimura"])[1]
def listed():
    told = run("model", "list", "--data", d.at("data"), "--json")
    expect(told.returncode == 0, "models are listed: %s" % told.stderr)
    return [json.loads(line) for line in told.stdout.splitlines()]

shipped = in_force()
expect(shipped["position"] == 0 and shipped["boosted_trees"] > 0, "the one that ships is in force: %s" % shipped)
expect("409" in change("rollback").stderr, "there is none before it")
for file, key in ((one, "kimura"), (two, "sato"), (two, "sato")):
    told = change("promote", file, key=key)
    expect(told.returncode == 0 and "in force: " in told.stdout, "%s is put in force: %s" % (file, told.stderr))
models = listed()
expect([(m["name"], m["by"], m["in_force"]) for m in models] == [(shipped["name"], "", False), ("one", "kimura", False), ("two", "sato", True)],
       "who put what in force, and the same once only: %s" % models)
expect('hikeshi_model_info{model="two",crc32c="%s"} 1' % models[2]["crc32c"] in ask(server, "GET", "/metrics", key=KEYS["kimura"])[1], "metrics name it")

# -- what is no model changes nothing
text = open(one).read()
refusals = (("no model of hikeshi", "nonsense\n"), ("damaged or cut off", text[:-40]), ("damaged or cut off", text.replace("=2000000000", "=2000000001")),
            ("another version of the format", open(model("later", "hosting", 0, 1, version=2)).read()),
            ("no_such_column", open(model("column", "no_such_column", 0, 1)).read()), ("no model", ""))
for words, wrong in refusals:
    file = d.write("wrong", wrong)
    told = change("promote", file)
    expect(told.returncode != 0 and file in told.stderr and not told.stdout, "before it is sent: %s" % told)
    status, problem = ask(server, "POST", "/v1/model", wrong, type="text/plain", key=KEYS["kimura"])
    expect(status == 400 and words in problem["detail"] + problem.get("hint", "") + problem.get("field", ""), "'%s' is said of it: %s %s" % (words, status, problem))
told = change("promote", one, key="shop")
expect(told.returncode == 1 and "lacks the scope 'admin'" in told.stderr, "a shop's key does not: %s" % told)
expect("give --api-key-file" in run("model", "promote", one, "--url", "http://127.0.0.1:%d" % server.port).stderr, "nor does none")
expect(in_force()["name"] == "two" and listed() == models, "the one before stays: %s" % in_force())

# -- back, and back again; across a crash
expect("in force: one" in change("rollback", key="sato").stdout, "back to the one before")
server.kill()
server = Server(d)
expect(in_force()["name"] == "one", "the journal tells what is in force: %s" % in_force())
expect("in force: %s" % shipped["name"] in change("rollback").stdout and "409" in change("rollback").stderr, "once more goes to the first one, and no further")
models = listed()
expect([(m["name"], m["back_from"]) for m in models[3:]] == [("one", models[2]["position"]), (shipped["name"], models[3]["position"])], "a rollback is told as one: %s" % models)
expect("by sato" in run("model", "show", str(models[2]["position"]), "--data", d.at("data")).stdout, "one that was is shown")
again = run("model", "show", str(models[1]["position"]), "--data", d.at("data"), "--text").stdout
expect(again == text, "byte for byte, so that it can be promoted again")
expect("in use" in run("model", "promote", one, "--data", d.at("data")).stderr, "not beside the server")
expect(server.stop() == 0, "the server ends well")
told = run("model", "promote", one, "--data", d.at("data"), "--by", "night shift")
expect("in force: one" in told.stdout and listed()[-1]["by"] == "night shift", "nor without one: %s" % told.stderr)
expect("in force: %s" % shipped["name"] in run("model", "rollback", "--data", d.at("data")).stdout, "and back")

# -- the price of another model, on forty days of thirty owners, ten of whom are visited from a rented server
HOME = dict(user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", language="ja", timezone="Asia/Tokyo")
happened, labels = [], []
def happens(day, minute, type, account, label="owner", incident=None, **data):
    at = datetime.datetime(2026, 1, 1) + datetime.timedelta(days=day, minutes=minute)
    id = "b%05d" % len(happened)
    happened.append((at, {"specversion": "1.0", "id": id, "source": "shop", "type": type, "subject": "a%d" % account, "time": at.isoformat() + "Z", "data": data}))
    labels.append({"id": id, "label": label, "family": None, "incident": incident, "effect": False})
for day in range(40):
    for account in range(30):
        if (day + account) % 3: continue
        path = dict(HOME, ip="192.0.2.%d" % (account + 1), device="d%d" % account, session="s%d-%d" % (day, account),
                    geo={"country": "JP", "asn": 2516 + account % 4, "lat": 35.7, "lon": 139.7, "net": "residential"})
        if (day + account) % 7 == 0: path.update(ip="198.51.100.%d" % day, geo=dict(path["geo"], asn=9600 + account % 5, net="mobile"))
        happens(day, 600 + account, "login", account, outcome="success", method="password", **path)
for account in range(10):
    path = dict(HOME, ip="198.51.100.%d" % (100 + account), device="d%d" % account, session="h%d" % account, geo={"country": "JP", "asn": 9600 + account % 5, "net": "hosting"})
    happens(25 + account, 900, "login", account, "hijacker", "i%d" % account, outcome="success", method="password", **path)
order = sorted(range(len(happened)), key=lambda i: happened[i][0])
d.write("events", "".join(json.dumps(happened[i][1]) + "\n" for i in order))
d.write("labels", "".join(json.dumps(labels[i]) + "\n" for i in order))

def shadow(file, *arguments):
    told = run("model", "shadow", file, "--json", *arguments)
    expect(told.returncode == 0, "the price of %s: %s" % (file, told.stderr))
    return json.loads(told.stdout)

FILE = ("--events", d.at("events"), "--labels", d.at("labels"))
same = shadow(one, *FILE, "--base", one)
expect(same["changed"] == 0 and same["in_force"]["model"] == same["proposed"]["model"] == "one", "a model is like itself: %s" % same)
blind = model("blind", "mobile", -2000000000, -2000000000)
price = shadow(one, *FILE, "--base", blind)
expect(price["in_force"]["model"] == "blind" and price["proposed"]["model"] == "one", "both are named: %s" % price["proposed"])
expect(price["proposed"]["takeovers_caught"] > price["in_force"]["takeovers_caught"] and price["score_up"]["hijacker"] > 0,
       "one that sees the rented server catches more: %s, %s" % (price["in_force"], price["proposed"]))
mirror = shadow(blind, *FILE, "--base", one)
expect(mirror["changed"] == price["changed"] and mirror["score_down"] == price["score_up"], "the way back is the mirror")
told = run("model", "shadow", one, *FILE, "--base", blind).stdout
expect("model blind (" in told and "scores higher by 100 and more" in told and "takeovers caught" in told, "for people: %s" % told)

# A journal, with a server on it: its model is the one to compare with, and nothing is written.
expect(run("import", "--data", d.at("data"), d.at("events")).returncode == 0, "the events are imported")
expect(run("model", "promote", one, "--data", d.at("data")).returncode == 0, "another is put in force")
server = Server(d)
position = in_force()["position"]
whole = shadow(one, "--data", d.at("data"), "--days", "20")
expect(whole["changed"] == 0 and whole["in_force"]["model"] == "one" and whole["events"] > 100, "the journal's own: %s" % whole)
other = shadow(two, "--data", d.at("data"))
expect(other["in_force"]["model"] == "one" and other["proposed"]["model"] == "two", "against another: %s" % other["proposed"])
expect(in_force()["position"] == position and server.stop() == 0, "a shadow decides nothing")
expect(run("model", "shadow", d.at("wrong"), *FILE).returncode != 0 and run("model").returncode == 2 and run("model", "promote").returncode == 2, "wrong questions are refused")
end("a model is changed and changed back")
PYTHON
