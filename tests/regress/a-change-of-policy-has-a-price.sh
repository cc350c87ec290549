#!/bin/sh
# Promise: a change of a policy can be read, and priced by what happened, before it is made; and a wrong question gets a clear answer.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import shutil
from serving import *

d = Directory()

def run(*arguments, **options):
    return subprocess.run([HIKESHI, *arguments], capture_output=True, text=True, timeout=120, **options)

def edit(name, old, new):
    with open(d.at("new/" + name)) as f: text = f.read()
    expect(old in text, "%s has %s" % (name, old))
    with open(d.at("new/" + name), "w") as f: f.write(text.replace(old, new, 1))

shutil.copytree("rules", d.at("old"))
shutil.copytree("rules", d.at("new"))
edit("policy.toml", "cancel_score = 920", "cancel_score = 900")
edit("policy.toml", "challenge = 600", "challenge = 1")
edit("stuffing_hit.rule", "ip_accounts_24h >= 30", "ip_accounts_24h >= 20")
edit("policy.toml", "version = 1", "version = 2")
os.remove(d.at("new/tor_never_used.rule"))
with open(d.at("new/lists/office_networks.txt"), "a") as f: f.write("203.0.113.0/24\n")

# -- diff and test
told = run("rules", "diff", d.at("old"), d.at("new"))
for what in ("default@1 -> default@2", "login                            all     challenge  600 -> 1", "response.cancel_score", "stuffing_hit: changed",
             "tor_never_used: removed", "+ 203.0.113.0/24"):
    expect(what in told.stdout, "the difference is told: %s: %s" % (what, told.stdout))
whole = json.loads(run("rules", "diff", d.at("old"), d.at("new"), "--json").stdout)
expect({r["name"]: r["change"] for r in whole["rules"]} == {"stuffing_hit": "changed", "tor_never_used": "removed"}, "rules: %s" % whole["rules"])
expect(whole["lists"] == [{"name": "lists/office_networks.txt", "removed": [], "added": ["203.0.113.0/24"]}], "lists: %s" % whole["lists"])
back = json.loads(run("rules", "diff", d.at("new"), d.at("old"), "--json").stdout)
expect(back["differences"] == whole["differences"] and back["lists"][0]["removed"] == ["203.0.113.0/24"], "the way back is the mirror")
expect("say the same" in run("rules", "diff", d.at("old"), d.at("old")).stdout, "a policy is like itself")
expect("examples hold" in run("rules", "test", d.at("new")).stdout, "the examples are run")
edit("stuffing_hit.rule", "ip_accounts_24h >= 20", "ip_accounts_24h >= 2000")
broken = run("rules", "test", d.at("new"))
expect(broken.returncode == 2 and "stuffing_hit.rule:" in broken.stderr, "an example that does not hold is named: %s" % broken.stderr)
edit("stuffing_hit.rule", "ip_accounts_24h >= 2000", "ip_accounts_24h >= 20")
for wrong in (["rules"], ["rules", "price"], ["rules", "diff", d.at("old")], ["rules", "test"], ["rules", "test", d.at("nowhere")]):
    expect(run(*wrong).returncode == 2, "%s is refused" % wrong)

# -- backtest: forty days of thirty owners; ten of them are visited from a rented server abroad in the last days
import datetime
HOME = dict(user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", language="ja", timezone="Asia/Tokyo")
AWAY = dict(user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", language="en", timezone="Europe/Amsterdam",
            ip="203.0.113.9", device="d-thief", geo={"country": "NL", "asn": 64500, "lat": 52.4, "lon": 4.9, "net": "hosting"})
happened, labels = [], []

def happens(day, minute, type, account, label="owner", incident=None, **data):
    at = datetime.datetime(2026, 1, 1) + datetime.timedelta(days=day, minutes=minute)
    id = "b%05d" % len(happened)
    happened.append((at, {"specversion": "1.0", "id": id, "source": "shop", "type": type, "subject": "a%d" % account, "time": at.isoformat() + "Z", "data": data}))
    labels.append({"id": id, "label": label, "family": None, "incident": incident, "effect": type == "order_placed"})
    return id

for day in range(40):
    for account in range(30):
        if (day + account) % 3: continue
        path = dict(HOME, ip="192.0.2.%d" % (account + 1), device="d%d" % account, session="s%d-%d" % (day, account),
                    geo={"country": "JP", "asn": 2516 + account % 4, "lat": 35.7, "lon": 139.7, "net": "residential"})
        if (day + account) % 5 == 0: path.update(ip="198.51.100.%d" % day, geo=dict(path["geo"], asn=9600 + account % 7, net="mobile"))
        happens(day, 600 + account, "login", account, outcome="success", method="password", **path)
for account in range(10):
    path, day = dict(AWAY, session="h%d" % account), 30 + account
    happens(day, 900, "login", account, "hijacker", "i%d" % account, outcome="success", method="password", **path)
    order = {"id": "o%d" % account, "amount_minor": 900, "currency": "JPY", "ship_to": "x", "payment_method": "p", "charge": "c%d" % account, "kind": "physical"}
    ordered = happens(day, 905, "order_placed", account, "hijacker", "i%d" % account, order=order, **path)
    if account % 2: happens(day, 1000, "chargeback", account, "noise", charge="c%d" % account)
    else: happens(day, 1000, "owner_statement", account, about=ordered, says="not_mine")
order = sorted(range(len(happened)), key=lambda i: happened[i][0])
d.write("events", "".join(json.dumps(happened[i][1]) + "\n" for i in order))
d.write("labels", "".join(json.dumps(labels[i]) + "\n" for i in order))

def backtest(*arguments):
    told = run("rules", "backtest", "--json", *arguments)
    expect(told.returncode == 0, "a backtest of %s: %s" % (arguments, told.stderr))
    return json.loads(told.stdout)

FILE = ("--events", d.at("events"), "--labels", d.at("labels"))
same = backtest(*FILE)
expect(same["changed"] == 0 and same["changes"] == [] and same["events"] == len(happened), "the policy in force is like itself: %s" % same["changed"])
replayed = [json.loads(line)["decision"] for line in run("replay", "--events", d.at("events")).stdout.splitlines() if '"decision"' in line]
for verdict in ("allow", "challenge", "hold", "deny"):
    expect(replayed.count(verdict) == sum(same["in_force"][verdict].values()), "it answers as a replay does: %s" % verdict)
expect(same["takeovers"] == 10 and same["in_force"]["takeovers_caught"] > 0, "takeovers: %s" % same["in_force"])

# Whoever is unlike himself at all is asked: none of the owners gains by it, and there are examples.
price = backtest(*FILE, "--policy", d.at("new"))
expect(price["proposed"]["owner_logins_challenged_per_1000"] > 100 and price["in_force"]["owner_logins_challenged_per_1000"] < 50, "the owners' price: %s" % price["proposed"])
expect({(c["from"], c["to"]) for c in price["changes"] if c["events"]["owner"]} == {("allow", "challenge")}, "changes: %s" % price["changes"])
examples = price["changes"][0]["examples"]["owner"]
expect(len(examples) == 3 and all(x.startswith("b") for x in examples), "with examples: %s" % examples)
expect(price["thresholds"]["to_stricter"]["owner"] == price["changes"][0]["events"]["owner"], "by the thresholds, not by a rule")
mirror = backtest(*FILE, "--policy", d.at("old"), "--base", d.at("new"))
expect(mirror["in_force"]["challenge"] == price["proposed"]["challenge"] and mirror["changed"] == price["changed"], "the way back is the mirror")

# A rule has its price by itself, and in shadow what it would cost.
NIGHT = 'rule from_abroad version 1 %s\nbecause "from a rented server"\nwhen kind = "login" and outcome = "success" and net = "hosting"\nthen deny\n' \
        'example fires { kind = "login", outcome = "success", net = "hosting" }\nexample quiet { kind = "login", net = "mobile" }\n'
for state in ("live", "shadow"):
    shutil.rmtree(d.at("new"))
    shutil.copytree("rules", d.at("new"))
    d.write("new/from_abroad.rule", NIGHT % state)
    price = backtest(*FILE, "--policy", d.at("new"))
    rule = next(r for r in price["rules"] if r["name"] == "from_abroad")
    expect(rule["state"] == "added" and rule["fired_proposed"]["hijacker"] == 10 and rule["fired_in_force"]["hijacker"] == 0, "%s: fired %s" % (state, rule))
    if state == "live":
        expect(rule["to_stricter"] == {"unknown": 0, "owner": 0, "hijacker": 10, "noise": 0} and len(rule["examples"]) == 3, "its price: %s" % rule)
        expect(price["proposed"]["takeovers_caught_in_time"] == 10 and price["proposed"]["deny"]["hijacker"] == 10, "all are caught: %s" % price["proposed"])
        told = run("rules", "backtest", *FILE, "--policy", d.at("new")).stdout
        expect("-> deny " in told and "from_abroad" in told and "owners challenged per 1,000 logins" in told, "for people: %s" % told)
    else: expect(price["changed"] == 0 and rule["stricter_if_live"]["hijacker"] == 10, "in shadow it changes nothing: %s" % rule)

# The journal, beside a server; whose acts is what was said and found since.
d.write("new/from_abroad.rule", NIGHT % "live")
expect(run("import", "--data", d.at("data"), d.at("events")).returncode == 0, "the events are imported")
server = Server(d)
whole = backtest("--data", d.at("data"), "--policy", d.at("new"))
answers = [json.loads(line) for line in run("journal", "cat", "--data", d.at("data")).stdout.splitlines()]
given = [a["answer"]["decision"] for a in answers if a["event"]["source"] == "shop" and a["event"]["time"] >= whole["from"]]
expect(len(given) == whole["events"] and whole["learned"] > 0, "the last thirty days: %d, %d" % (len(given), whole["events"]))
for verdict in ("allow", "challenge", "hold", "deny"):
    expect(given.count(verdict) == sum(whole["in_force"][verdict].values()), "as it was answered: %s" % verdict)
expect(whole["truth"]["by"] == "journal" and whole["truth"]["by_word"] == 5 and whole["truth"]["by_chargeback"] == 5, "what is known: %s" % whole["truth"])
expect(whole["takeovers"] >= 9 and whole["proposed"]["deny"]["hijacker"] + whole["proposed"]["deny"]["unknown"] + whole["proposed"]["deny"]["owner"] >= 9, "takeovers: %s" % whole["proposed"])
expect(backtest("--data", d.at("data"), "--days", "2")["events"] < 60, "two days are fewer")
expect(server.stop() == 0, "the server was not disturbed")

# What the backtest points to can be looked at: what an alert hung on is among what its reasons name.
alert = next(a for a in answers if a["event"]["type"] == "login" and a["answer"]["decision"] == "challenge")
flip = json.loads(run("explain", alert["event"]["id"], "--data", d.at("data"), "--json").stdout)["flip"]
expect(flip["decision"] == "challenge" and flip["score"] == alert["answer"]["score"], "it is judged as it was answered: %s" % flip)
expect(flip["milder"] and 1 <= len(flip["milder"]["factors"]) <= 3 and flip["milder"]["decision"] == "allow", "what would flip it: %s" % flip)
expect(flip["without_named"]["decision"] == "allow" and "network" in flip["named"], "its reasons name what decided: %s" % flip)
told = run("explain", alert["event"]["id"], "--data", d.at("data")).stdout
expect("usual for this account" in told and "as usual: allow" in told and "AS64500" in told, "for people: %s" % told)

# -- asking earlier changes no score: what the score alone asks, below 800, teaches as if it had not been asked
run("sim", "export", "--seed", "5", "--accounts", "500", "--days", "40", "--hijacks", "2", "--out", d.at("shop"))
shutil.copytree("rules", d.at("later"))
edit_of = open(d.at("later/policy.toml")).read()
with open(d.at("later/policy.toml"), "w") as f: f.write(edit_of.replace("[thresholds.access]\nchallenge = 600", "[thresholds.access]\nchallenge = 800", 1))
def decided(*policy):
    lines = [json.loads(line) for line in run("replay", "--events", d.at("shop/events.ndjson"), *policy).stdout.splitlines()]
    return {line["id"]: (line["score"], line["decision"]) for line in lines if "score" in line}
early, late = decided(), decided("--policy", d.at("later"))
asked = [id for id in early if early[id][1] != late[id][1]]
expect(len(asked) > 10, "more are asked: %d" % len(asked))
expect(all(early[id][0] == late[id][0] for id in early), "no score is another: %s" % [id for id in early if early[id][0] != late[id][0]][:5])

# -- wrong questions
def refused(words, *arguments):
    told = run("rules", "backtest", *arguments)
    expect(told.returncode == 2 and words in told.stderr and not told.stdout, "%s is told '%s': %s" % (arguments, words, told.stderr))
refused("there are events of 40 days only", "--data", d.at("data"), "--days", "300")
refused("'x' is no number of days", "--data", d.at("data"), "--days", "x")
refused("'0' is no number of days", "--data", d.at("data"), "--days", "0")
refused("there is no data directory here", "--data", d.at("nowhere"))
refused("cannot open", "--events", d.at("nowhere"))
refused("no event of a shop", "--events", d.write("empty", ""))
refused("not both", "--data", d.at("data"), "--events", d.at("events"))
d.write("new/from_abroad.rule", "rule from_abroad version 1 live\n")
refused("from_abroad.rule:", "--data", d.at("data"), "--policy", d.at("new"))
shutil.copytree("rules", d.at("fine"))
for words, text in (("'nobody' is no label", '{"id":"b00001","label":"nobody"}'), ("was 'owner' before", '{"id":"a","label":"owner"}\n{"id":"a","label":"hijacker"}'),
                    ("labels:2:", '{"id":"a","label":"owner"}\n{"id":'), ("holds no label", "\n"), ("names no event", '{"label":"owner"}'),
                    ("none of the 1 labels names an event", '{"id":"elsewhere","label":"owner"}')):
    refused(words, "--events", d.at("events"), "--labels", d.write("labels", text + "\n"))
strange = backtest("--events", d.at("events"), "--labels", d.write("labels", '{"id":"b00001","label":"owner"}\n{"id":"elsewhere","label":"hijacker"}\n'))
expect(strange["truth"]["labels"] == 2 and strange["truth"]["labels_without_event"] == 1, "a label without its event is told: %s" % strange["truth"])
end("a change of policy has a price")
PYTHON
