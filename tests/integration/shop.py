# A shop for the tests beside this file: its mail keys, a directory that knows who can be reached where, and the table of counterparts that has Hikeshi use them.
import calendar
import http.server
import json
import os
import sqlite3
import struct
import subprocess
import threading
import time

from counterpart import Counterpart
from serving import HIKESHI, ask, expect

FROM, BOUNCES = "service@shop.example", "bounces.shop.example"


class MailKeys:
    """Both DKIM keys of shop.example as `hikeshi dkim keygen` makes them; what it prints is in DNS where there is one."""

    def __init__(self, directory, servers=None):
        self.records = subprocess.run([HIKESHI, "dkim", "keygen", "--out", directory.at("dkim"), "--domain", "shop.example"], check=True, capture_output=True, text=True).stdout
        self.rsa, self.ed25519 = directory.at("dkim/dkim-rsa.pem"), directory.at("dkim/dkim-ed25519.pem")
        if servers: servers.publish_zone(self.records)


class People:
    """The counterpart for `directory`, where an account could be reached at a moment, and for `sms`, a gateway whose messages are in `texted`. Requests are to be signed with
    `counterpart`'s secret; `asked` keeps those to the directory."""

    def __init__(self, counterpart):
        self.addresses, self.asked, self.texted, self.forged = {}, [], [], 0
        people = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                if not counterpart.is_signed(self.headers, body): people.forged += 1
                text = json.dumps(people.answer(self.path.rsplit("/", 1)[1], json.loads(body))).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # who asked was killed

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def has(self, account, address, since=0, channel="email"):
        """From `since`, in seconds since 1970, the account's mail goes there."""
        self.addresses.setdefault((account, channel), []).append((since, address))

    def answer(self, verb, asked):
        if verb == "describe": return {"protocol": 1, "name": "people", "systems": {s: {"idempotency": "stored_2xx", "ttl_s": 86400, "operations": []} for s in ("directory", "sms")}}
        if verb == "tell":
            self.texted.append(asked)
            return {"outcome": "done"}
        self.asked.append(asked)
        at = stamp_s(asked["as_of"])
        known = [address for since, address in self.addresses.get((asked["account"], asked["channel"]), []) if since <= at]
        return {"outcome": "done", "contact": known[-1]} if known else {"outcome": "absent"}


def stamp_s(text):
    """Seconds since 1970 of "2026-03-01T15:41:07.000Z"."""
    return calendar.timegm(time.strptime(text.split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S"))


class Shop:
    """Counterparts for all of it: `file` is what `hikeshi serve --counterparts` reads. Mail goes to `mail`, (host, port, ca_file); else to the mail servers' MX."""

    def __init__(self, directory, servers=None, mail=None, timeout_ms=5000):
        host, port, ca_file = mail or (servers.submit_host, servers.submit_port, servers.ca_file)
        self.keys = MailKeys(directory, servers)
        self.counterpart = Counterpart(directory)
        self.people = People(self.counterpart)
        with open(self.counterpart.file) as f:
            others = f.read()
        self.file = directory.write("counterparts.toml", others + f"""
[people]
url = "http://127.0.0.1:{self.people.http.server_port}/hikeshi"
secret_file = "{directory.at("secret")}"
systems = ["directory", "sms"]

[mail]
adapter = "smtp"
url = "smtp://{host}:{port}"
ca_file = "{ca_file}"
timeout_ms = {timeout_ms}
systems = ["email"]
from_name = "はなや"
from_address = "{FROM}"
bounce_domain = "{BOUNCES}"
dkim_rsa_selector = "hikeshi-rsa"
dkim_rsa_key_file = "{self.keys.rsa}"
dkim_ed25519_selector = "hikeshi-ed25519"
dkim_ed25519_key_file = "{self.keys.ed25519}"
""")


# -- the drill's night -----------------------------------------------------------------------------------------------------------------

NOW = time.time()


def tell(server, account, number, type, ago_s, hijacker, **data):
    """Something happened on an account, so many seconds before this began."""
    way = {"ip": "203.0.113.66", "device": "d-66", "session": "night-" + account} if hijacker else {"ip": "198.51.100.9", "device": "d-" + account, "session": "day-" + account}
    # The owner's clients say in which language he reads; the hijacker's say another one.
    if type == "login": data = {"outcome": "success", "method": "password", "language": "en" if hijacker else "ja", "timezone": "Europe/London" if hijacker else "Asia/Tokyo"}
    text = json.dumps({"specversion": "1.0", "id": "%s-%d" % (account, number), "source": "shop", "type": type, "subject": account,
                       "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - ago_s)), "data": {**way, **data}})
    status, body = ask(server, "POST", "/v1/decisions", text)
    expect(status == 200, "event %d is answered: %s %s" % (number, status, body))
    return body


def night(server, account, email=False):
    """The incident that follows from what the hijacker does, and what its owner says of it. `email`: the hijacker puts in an address of his own, too."""
    tell(server, account, 1, "login", 90000, False)
    tell(server, account, 2, "login", 300, True)
    if email: tell(server, account, 3, "email_changed", 290, True, before="sealed-owner-" + account, after="sealed-thief-" + account)
    tell(server, account, 4, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c-top-" + account)
    tell(server, account, 5, "membership_started", 270, True, membership={"id": "m-" + account, "amount_minor": 980, "currency": "JPY", "charge": "c-mem-" + account})
    tell(server, account, 6, "order_placed", 260, True,
         order={"id": "o-" + account, "amount_minor": 500, "currency": "JPY", "charge": "c-ord-" + account, "kind": "physical"})
    tell(server, account, 7, "address_changed", 250, True, address="addr-" + account, change="added", after="sealed-x")
    return tell(server, account, 8, "owner_statement", 5, False, about=account + "-2", says="not_mine", via="app")["incident"]


class Clock:
    """For `hikeshi serve --clock FILE`: nobody waits here for what is told some seconds later."""

    def __init__(self, directory):
        self.file, self.ahead_ms = directory.at("clock"), 0
        self.advance(0)

    def advance(self, seconds):
        self.ahead_ms += seconds * 1000
        with open(self.file, "r+b" if os.path.exists(self.file) else "wb") as f: f.write(struct.pack("=q", self.ahead_ms))


FIRST_S = 5  # after it has opened, the owner is told what was done by then


def notices(directory, incident):
    """What lies in the message centre, as it is kept: [{id, audience, subject, state, title, text}]."""
    db = sqlite3.connect("file:%s?mode=ro" % directory.at("data/incidents.db"), uri=True, timeout=30)
    db.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in db.execute("SELECT * FROM notice WHERE incident = ? ORDER BY position", (incident,))]
    finally:
        db.close()


def first_state(directory, incident):
    """How the incident's first notice stands: "out", "accepted", ...; None where there is none yet."""
    return ([n["state"] for n in notices(directory, incident) if n["subject"] == "first"] or [None])[0]


def tasks_to_tell(server, incident):
    """The open tasks of a response in which a person tells the owner."""
    return [t for t in ask(server, "GET", "/v1/responses/%s" % incident)[1]["tasks"] if t["kind"] == "tell"]
