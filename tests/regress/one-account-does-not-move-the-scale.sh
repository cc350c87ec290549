#!/bin/sh
# Promise: who logs in to one account again and again over an odd path does not make odd paths score low, neither there nor on other accounts.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *
import datetime
import random

d = Directory()
START, DAYS = datetime.datetime(2026, 1, 1), 60
AGENTS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"]

def login(id, account, when, **path):
    return {"specversion": "1.0", "id": id, "source": "shop", "type": "login", "subject": account, "time": when.isoformat() + "Z",
            "data": {"outcome": "success", "method": "password", "session": id, **path}}

def own(account):
    r = random.Random(account)
    return {"ip": "198.51.%d.%d" % (r.randrange(100), r.randrange(1, 255)), "device": "d-" + account, "user_agent": AGENTS[r.randrange(2)],
            "language": "ja-JP", "timezone": "Asia/Tokyo", "geo": {"country": "JP", "asn": (2516, 9605, 17676)[r.randrange(3)], "net": "residential"}}

def odd(name, country, asn, language):
    return {"ip": "203.0.113.%d" % (asn % 250), "device": "d-" + name, "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "language": language, "timezone": "Europe/Amsterdam", "geo": {"country": country, "asn": asn, "net": "hosting"}}

def fleet():
    r = random.Random(1)
    for account in range(200):
        for day in range(DAYS):
            if r.random() < 0.25:
                yield login("f%d-%d" % (account, day), "u%d" % account, START + datetime.timedelta(days=day, hours=r.randrange(14)), **own("u%d" % account))
    for day in range(0, DAYS, 3):
        for account in ("first", "second"): yield login("%s-%d" % (account, day), account, START + datetime.timedelta(days=day, hours=10), **own(account))

def scores(repeats):
    """Of an odd login to the first account after so many like it, and of another odd one to the second."""
    end_ = START + datetime.timedelta(days=DAYS, hours=15)
    events = sorted(fleet(), key=lambda e: e["time"])
    events += [login("again-%d" % i, "first", end_ - datetime.timedelta(minutes=repeats - i), **odd("a", "NL", 64500, "en-US")) for i in range(repeats)]
    events += [login("one", "first", end_, **odd("a", "NL", 64500, "en-US")), login("two", "second", end_, **odd("b", "BR", 64510, "pt-BR"))]
    d.write("events", "\n".join(map(json.dumps, events)) + "\n")
    subprocess.run([HIKESHI, "replay", "--events", d.at("events"), "--out", d.at("out")], timeout=60, check=True)
    said = {line["id"]: line for line in map(json.loads, open(d.at("out"))) if "score" in line}
    return said["one"]["score"], said["two"]["score"]

fresh = scores(0)
expect(min(fresh) >= 900, "odd logins score high: %s" % (fresh,))
worn = scores(200)
expect(min(worn) >= min(fresh) - 50, "they still do after 200 like them in an afternoon: %s, before %s" % (worn, fresh))
end("one account does not move the scale")
PYTHON
