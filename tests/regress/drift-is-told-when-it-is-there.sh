#!/bin/sh
# Promise: hikeshi drift calls a shop that goes on as before stable, names what moved where something did, and says how far the scale of scores is off.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import datetime
import random
from serving import *

d = Directory()
START, DAYS = datetime.datetime(2026, 1, 1), 70
AGENTS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"]

def run(*arguments):
    return subprocess.run([HIKESHI, *arguments], capture_output=True, text=True, timeout=120)

def world(name, change):
    """400 accounts that log in twice a week; in the last week `change` is made to what comes with a login."""
    r = random.Random(7)
    events = []
    for account in range(400):
        own = random.Random(account)
        home = {"ip": "198.51.%d.%d" % (own.randrange(100), own.randrange(1, 255)), "device": "d%d" % account, "user_agent": AGENTS[own.randrange(2)],
                "language": own.choice(["ja-JP", "ja-JP", "en-US"]), "timezone": "Asia/Tokyo",
                "geo": {"country": "JP", "asn": own.choice([2516, 9605, 17676]), "net": own.choice(["residential", "mobile"])}}
        for day in range(DAYS):
            if r.random() > 0.3: continue
            when = START + datetime.timedelta(days=day, minutes=r.randrange(1440))
            data = {"outcome": "success", "method": r.choice(["password", "password", "passkey"]), "session": "s%d-%d" % (account, day), **home}
            if r.random() < 0.12:
                data.update(ip="192.0.2.%d" % r.randrange(1, 255), geo={"country": r.choice(["JP"] * 9 + ["KR"]), "asn": 64500 + r.randrange(60), "net": r.choice(["mobile", "residential"])})
                if r.random() < 0.4: data["device"] = "new%d" % r.randrange(10**9)
            if day >= DAYS - 7: data = change(account, day, dict(data)) or data
            events.append({"specversion": "1.0", "id": "e%d-%d" % (account, day), "source": "shop", "type": "login", "subject": "u%d" % account,
                           "time": when.isoformat() + "Z", "data": data})
    events.sort(key=lambda e: e["time"])
    d.write(name + ".ndjson", "".join(json.dumps(e) + "\n" for e in events))
    told = run("import", "--data", d.at(name), d.at(name + ".ndjson"))
    expect(told.returncode == 0, "import: " + told.stderr)

def drift(name, *arguments):
    told = run("drift", "--data", d.at(name), "--json", *arguments)
    expect(told.returncode == 0, "drift of %s: %s" % (name, told.stderr))
    report = json.loads(told.stdout)
    return report, {a["attribute"]: a for a in report["attributes"]}, {(s["depth"], s["score"]): s for s in report["scale"]}

world("calm", lambda account, day, data: None)
report, of, scale = drift("calm")
expect(report["state"] == "stable" and report["now"]["accounts"] > 300, "a calm shop is stable: %s" % report)
expect(not any(s["off"] for s in scale.values() if s["score"] < 900 and s["share"] > s["promised"]), "and it asks no more owners than its scale promises: %s" % [scale[('all', l)] for l in (500, 700, 900)])
expect(run("drift", "--data", d.at("calm"), "--alarm").returncode == 0, "no alarm")
expect("drifted:" not in run("drift", "--data", d.at("calm")).stdout, "no attribute is to be looked at")

def moves(account, day, data):
    if account % 3 == 0:
        data.pop("device")
        data.update(ip="203.0.113.%d" % (account % 250), geo={"country": "BR", "asn": 28573, "net": "residential"})
    return data
world("moved", moves)
report, of, scale = drift("moved")
expect(report["state"] == "drifted", "planted drift is found")
expect({a for a in of if of[a]["state"] == "drifted"} >= {"country", "asn", "device"}, "by name: %s" % {a: of[a]["psi"] for a in of})
expect(all(of[a]["state"] == "stable" for a in ("browser", "os", "language", "timezone", "method", "hour")), "and nothing else: %s" % {a: of[a]["state"] for a in of})
expect("BR" in [m["value"] for m in of["country"]["moved"]] and 0.28 < next(m for m in of["country"]["moved"] if m["value"] == "BR")["now"] < 0.39, "what moved: %s" % of["country"]["moved"])
expect("(missing)" in [m["value"] for m in of["device"]["moved"]], "what is not sent any more: %s" % of["device"])
expect(scale[("all", 500)]["off"] and scale[("all", 500)]["share"] > 0.1, "the scale is off: %s" % scale[("all", 500)])
told = run("drift", "--data", d.at("moved"), "--alarm")
expect(told.returncode == 1, "an alarm")
for words in ("country drifted", "does the shop still send it? without it detectors are blind", "the scale is off: score 500 came", "hikeshi evaluate"):
    expect(words in told.stdout, "people are told '%s': %s" % (words, told.stdout))
# Before it moved, it was calm; against itself afterwards too.
earlier = drift("moved", "--to", "2026-03-05T00:00:00Z")[0]
expect(earlier["state"] == "stable", "before it was calm: %s" % earlier)

def refused(words, *arguments):
    told = run("drift", "--data", d.at("calm"), *arguments)
    expect(told.returncode == 2 and words in told.stderr, "%s is told '%s': %s" % (arguments, words, told.stderr))
refused("is no moment", "--from", "now")
refused("ends before it begins", "--from", "2026-03-05T00:00:00Z", "--to", "2026-03-04T00:00:00Z")
refused("holds no login", "--from", "2027-01-01T00:00:00Z", "--to", "2027-02-01T00:00:00Z")
refused("compare with holds no login", "--from", "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z")
end("drift is told when it is there")
PYTHON
