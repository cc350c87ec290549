#!/bin/sh
# Promise: the server is killed again and again while it responds, and started again: what was to be stopped and undone is, nothing is done twice, and the end is
# the one that an undisturbed server comes to.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import random, sqlite3, struct, time
from serving import *
from counterpart import Counterpart

random.seed(20260302)
HOUR_MS, NOW, ACCOUNTS = 3600 * 1000, int(time.time() * 1000), ["a1", "a2", "a3", "a4"]

def at(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + ".%03dZ" % (ms % 1000)

def line(account, number, type, ago_s, hijacker, **data):
    way = {"ip": "203.0.113.66", "device": "d-66", "session": "night-" + account} if hijacker else {"ip": "198.51.100.9", "device": "d-" + account, "session": "day-" + account}
    if type == "login": data = {"outcome": "success", "method": "password", **data}
    return json.dumps({"specversion": "1.0", "id": "%s-%d" % (account, number), "source": "shop", "type": type, "subject": account, "time": at(NOW - ago_s * 1000),
                       "data": {**way, **data}})

def night(account):
    """What the hijacker does with one account, and what its owner says of it."""
    return [line(account, 1, "login", 90000, False),
            line(account, 2, "login", 300, True),
            line(account, 3, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c-top-" + account),
            line(account, 4, "membership_started", 270, True, membership={"id": "m-" + account, "amount_minor": 980, "currency": "JPY", "charge": "c-mem-" + account}),
            line(account, 5, "order_placed", 260, True, order={"id": "o-" + account, "amount_minor": 500, "currency": "JPY", "charge": "c-ord-" + account, "kind": "physical"}),
            line(account, 6, "address_changed", 250, True, address="addr-" + account, change="added", after="sealed-x"),
            line(account, 7, "owner_statement", 5, False, about=account + "-2", says="not_mine", via="app")]

class Clock:
    def __init__(self, directory):
        self.path, self.ahead = directory.at("clock"), 0
        self.set(0)

    def set(self, ahead):
        self.ahead = ahead
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as f: f.write(struct.pack("=q", ahead))

def rows(directory, sql):
    db = sqlite3.connect("file:%s?mode=ro" % directory.at("data/incidents.db"), uri=True, timeout=30)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()

def is_quiet(directory):
    return not rows(directory, "SELECT 1 FROM step WHERE state NOT IN ('done', 'human', 'canceled') LIMIT 1")

def live(kills, slow):
    """One life of a shop: the night, then days until everything has ended. `kills`: how often the server dies meanwhile."""
    d = Directory()
    c, clock = Counterpart(d, slow=slow), Clock(d)
    options = ["--counterparts", c.file, "--clock", clock.path, "--snapshot-every", "40"]
    server = Server(d, *options)
    talk = server.connect()
    for account in ACCOUNTS:
        for event in night(account):
            status, _, body = talk.send(request("POST", "/v1/decisions", event)).answer()
            expect(status == 200, "an event is answered: %d %s" % (status, body[:200]))
    for day in range(12):
        until = time.time() + 60
        while time.time() < until:
            if kills:
                time.sleep(random.random() * 0.25)
                server.kill()
                server, kills = Server(d, *options), kills - 1
            time.sleep(0.1)
            if is_quiet(d) and not kills % 2: break
        clock.set(clock.ahead + 25 * HOUR_MS)
        time.sleep(0.3)
    wait_until(lambda: is_quiet(d))
    expect(server.stop() == 0, "the server ends well")
    expect(c.forged == 0, "every request was signed")
    twice = [act for act, times in c.acts.items() if times > 1]
    expect(not twice, "done twice: %s" % twice[:3])
    effects = sorted(rows(d, "SELECT account, kind, object, state FROM effect"))
    money = sorted(rows(d, "SELECT e.account, e.kind, l.kind, l.amount_minor FROM ledger l JOIN effect e ON e.id = l.effect"))
    responses = sorted(rows(d, "SELECT account, state FROM response"))
    return effects, money, responses, set(c.acts)

kept = live(kills=0, slow=0.0)
expect(len(kept[2]) == len(ACCOUNTS) and len(kept[0]) > 4 * len(ACCOUNTS), "every account has a response: %s" % (kept[2],))
expect(len(kept[3]) > 8 * len(ACCOUNTS), "counterparts were asked: %d acts" % len(kept[3]))
killed = live(kills=9, slow=0.2)
for name, one, other in zip(("effects", "money", "responses", "acts"), kept, killed):
    expect(one == other, "%s differ: only undisturbed %s, only killed %s" % (name, sorted(set(one) - set(other))[:4], sorted(set(other) - set(one))[:4]))
print("%d effects, %d acts of counterparts, %s" % (len(kept[0]), len(kept[3]), sorted(set(state for _, state in kept[2]))))
end("a response survives kill -9")
PYTHON
