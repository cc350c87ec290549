# A counterpart in Python for the scripts beside this file: the HTTP adapter of docs/reference/adapter.md over a shop that does each act once a key.
import base64
import collections
import hashlib
import hmac
import http.server
import json
import os
import random
import re
import threading
import time

SECRET = base64.b64encode(bytes(range(32))).decode()
SYSTEMS = ["identity", "shop", "payment", "warehouse", "carrier"]
# The state that an order or a charge is in when this was done to it.
STATES = {"hold_order": "allocated", "cancel_order": "cancelled", "pull_order": "cancelled", "void_label": "cancelled", "block_capture": "captured",
          "cancel_authorisation": "voided", "refund": "refunded", "close_order": "cancelled"}


def operations(system):
    text = open("src/respond/operations.def").read()
    return ["%s.%s" % (verb, how) for s, verb, how in re.findall(r"^OPERATION\((\w+), (\w+), (\w+),", text, re.M) if s == system]


class Counterpart:
    """Answers for all systems. `acts` counts what was really done, by account, object, verb and how: more than once is a double action."""

    def __init__(self, directory, seed=1, slow=0.0, drops=0.0):
        self.acts, self.answers, self.forged = collections.Counter(), {}, 0
        self.lock, self.random, self.slow, self.drops = threading.Lock(), random.Random(seed), slow, drops
        counterpart = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                counterpart.handle(self, self.path.rsplit("/", 1)[1], body)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # who asked was killed

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        directory.write("secret", "whsec_" + SECRET + "\n")
        self.file = directory.write("counterparts.toml", '[shop]\nurl = "http://127.0.0.1:%d/hikeshi"\nsecret_file = "%s"\nsystems = [%s]\nconcurrency = 16\n'
                                    "timeout_ms = 5000\n" % (self.http.server_port, directory.at("secret"), ", ".join('"%s"' % s for s in SYSTEMS)))

    def is_signed(self, headers, body):
        signed = "%s.%s." % (headers["webhook-id"], headers["webhook-timestamp"])
        digest = hmac.new(base64.b64decode(SECRET), signed.encode() + body, hashlib.sha256).digest()
        return ("v1," + base64.b64encode(digest).decode()) in headers["webhook-signature"].split(" ")

    def handle(self, handler, verb, body):
        answer = {"outcome": "done", "found": [], "nothing_in": []} if verb == "find_effects" else {"outcome": "done"}
        with self.lock:
            if not self.is_signed(handler.headers, body):
                self.forged += 1
            asked = json.loads(body)
            drop = verb != "describe" and self.random.random() < self.drops
            wait = self.random.random() * self.slow
        time.sleep(wait / 2)  # so that whoever asks can die before it is done, and after
        with self.lock:
            if verb == "describe":
                answer = {"protocol": 1, "name": "regress", "systems": {s: {"idempotency": "stored_2xx", "ttl_s": 86400, "webhooks": False,
                                                                           "operations": operations(s)} for s in SYSTEMS}}
            elif verb in ("contain", "undo", "release"):
                answer = self.act(handler.headers["webhook-id"], verb, asked)
            elif verb == "read_state":
                answer = self.answers.get(asked["key"], {"outcome": "not_done"})
        time.sleep(wait / 2)
        if drop:
            handler.connection.close()
            handler.close_connection = True
            return
        text = json.dumps(answer).encode()
        try:
            handler.send_response(200)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)
        except OSError:
            pass  # who asked is gone

    def act(self, key, verb, asked):
        if key not in self.answers:
            effect = asked["effect"]
            self.acts[(asked["account"], effect["kind"], effect["object"], verb, asked["how"])] += 1
            self.answers[key] = {"outcome": "done", "state": STATES.get(asked["how"], ""), "reference": "ref-" + hashlib.sha256(key.encode()).hexdigest()[:12]}
        return self.answers[key]
