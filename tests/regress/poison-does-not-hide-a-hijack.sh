#!/bin/sh
# Promise: whoever feeds the detector, through accounts of his own, one account's slow drift, or words in a stolen session, lowers the score of a hijack of somebody else's account by 120 of 1000 at most, and makes owners no stranger.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import datetime
import random
from serving import *

d = Directory()
START, DAYS = datetime.datetime(2026, 1, 1), 60
AGENTS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"]
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

def happens(type, id, account, day, minute=0, **data):
    when = START + datetime.timedelta(days=day, minutes=minute)
    return {"specversion": "1.0", "id": id, "source": "shop", "type": type, "subject": account, "time": when.isoformat(timespec="milliseconds") + "Z", "data": data}

def login(id, account, day, minute, **path):
    return happens("login", id, account, day, minute, outcome="success", method="password", session="s-" + id, **path)

def own(account):
    r = random.Random(account)
    return {"ip": "198.51.%d.%d" % (r.randrange(100), r.randrange(1, 255)), "device": "d-" + account, "user_agent": AGENTS[r.randrange(2)],
            "language": "ja-JP", "timezone": "Asia/Tokyo", "geo": {"country": "JP", "asn": (2516, 9605, 17676)[r.randrange(3)], "net": "residential"}}

def bad(device, host=9):
    return {"ip": "203.0.113.%d" % host, "device": device, "user_agent": LINUX, "language": "en-US", "timezone": "Europe/Amsterdam",
            "geo": {"country": "NL", "asn": 64500, "net": "hosting"}}

def near(device, host):
    """A hijacker who takes care: the owners' country, language, clock and commonest client, over a network that few of them use."""
    return {**own("u0"), "ip": "203.0.113.%d" % host, "device": device, "user_agent": AGENTS[0], "geo": {"country": "JP", "asn": 64905, "net": "residential"}}

def odd(name, r):
    return {"ip": "203.0.113.%d" % r.randrange(1, 255), "device": "d-" + name, "user_agent": LINUX, "language": r.choice(["en-US", "pt-BR", "de-DE"]),
            "timezone": "Europe/Amsterdam", "geo": {"country": r.choice(["NL", "BR", "RO", "DE"]), "asn": 64510 + r.randrange(80), "net": "hosting"}}

def fleet():
    """900 owners who log in every fourth day, now and then from elsewhere."""
    r = random.Random(1)
    for account in range(900):
        for day in range(DAYS):
            if r.random() > 0.25: continue
            path = own("u%d" % account)
            if r.random() < 0.08: path.update(ip="192.0.2.%d" % r.randrange(1, 255), geo={"country": "JP", "asn": 64900 + r.randrange(40), "net": "mobile"})
            if r.random() < 0.03: path.update(device="other%d" % r.randrange(10**9), ip="192.0.2.%d" % r.randrange(1, 255), geo={"country": "JP", "asn": 64900 + r.randrange(40), "net": "residential"})
            yield login("f%d-%d" % (account, day), "u%d" % account, day, r.randrange(1400), **path)

def own_accounts_on_the_attackers_network():
    """Twenty accounts of his own, fifty logins a day each, from where he will strike: to make that network and client common."""
    for account in range(20):
        for day in range(20, DAYS):
            for n in range(50): yield login("p%d-%d-%d" % (account, day, n), "mule%d" % account, day, n * 20 + account, **(near if account % 2 else bad)("mule%d" % account, 9))

def own_accounts_over_odd_paths():
    """Twenty accounts of his own, always somewhere else: to make odd paths usual."""
    r = random.Random(2)
    for account in range(20):
        for day in range(20, DAYS):
            for n in range(10): yield login("o%d-%d-%d" % (account, day, n), "mule%d" % account, day, n * 100 + account, **odd("o%d-%d-%d" % (account, day, n), r))

def a_path_that_drifts():
    """Three accounts that become the hijacker step by step: the network first, then language, client, device."""
    for account in range(3):
        for day in range(DAYS):
            path, strange = own("drift%d" % account), bad("drifted%d" % account)
            for step, name in ((20, "ip"), (20, "geo"), (28, "language"), (28, "timezone"), (36, "user_agent"), (44, "device")):
                if day >= step: path[name] = strange[name]
            for n in range(6): yield login("d%d-%d-%d" % (account, day, n), "drift%d" % account, day, n * 200 + account, **path)

def words_in_a_stolen_session():
    """Ten accounts taken over; in each session the hijacker says "mine" of all that he does, again and again, for a week."""
    for account in range(10):
        name, path = "u%d" % account, bad("thief%d" % account, 20 + account)
        for day in range(50, DAYS):
            id = "t%d-%d" % (account, day)
            yield login(id, name, day, 100 + account, **path)
            yield happens("email_changed", id + "-mail", name, day, 101 + account, session="s-" + id, before="h1", after="h%d" % day, **path)
            for n in range(10):
                yield happens("owner_statement", "%s-w%d" % (id, n), name, day, 110 + n, about=(id, id + "-mail")[n % 2], says="mine", via="console", session="s-" + id, **path)

VICTIMS = 12

def scores(poison):
    """Of hijacks of twelve accounts that had nothing to do with it, every second of them by one who takes care."""
    events = list(fleet()) + list(poison())
    for i in range(VICTIMS):
        events.append(login("v%d" % i, "u%d" % (200 + i), DAYS + 1 + i * 2, 600, **(near if i % 2 else bad)("strike%d" % i, 100 + i)))
    events.sort(key=lambda e: e["time"])
    d.write("events", "\n".join(map(json.dumps, events)) + "\n")
    subprocess.run([HIKESHI, "replay", "--events", d.at("events"), "--out", d.at("out")], timeout=120, check=True)
    said = {line["id"]: line["score"] for line in map(json.loads, open(d.at("out"))) if "score" in line}
    asked = sum(said[e["id"]] >= 500 for e in events if e["id"].startswith("f") and e["time"] >= "2026-02-01")
    return [said["v%d" % i] for i in range(VICTIMS)], asked, said

BOUND = 120
clean, usual, _ = scores(lambda: [])
print("without poison: %s; owners asked %d times" % (clean, usual))
expect(min(clean) >= 650, "hijacks score high: %s" % clean)
for poison in (own_accounts_on_the_attackers_network, own_accounts_over_odd_paths, a_path_that_drifts, words_in_a_stolen_session):
    now, asked, said = scores(poison)
    print("%s: %s; owners asked %d times" % (poison.__name__, now, asked))
    expect(0.7 * usual <= asked <= usual * 1.5, "%s has owners asked %d times instead of %d" % (poison.__name__, asked, usual))
    expect(all(n >= c - BOUND for n, c in zip(now, clean)), "%s lowers hijacks of others from %s to %s" % (poison.__name__, clean, now))
    if poison is words_in_a_stolen_session:
        last = [said["t%d-%d" % (account, DAYS - 1)] for account in range(10)]
        expect(min(last) >= 700, "nor is the thief taken for the owner where he said so: %s" % last)
end("poison does not hide a hijack")
PYTHON
