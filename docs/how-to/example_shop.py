#!/usr/bin/env python3
"""A shop that answers Hikeshi (docs/reference/adapter.md): orders that can be held and cancelled, addresses, charges that can be refunded.

usage: example_shop.py SECRET_FILE [PORT]      then: hikeshi adapter test http://127.0.0.1:PORT/hikeshi --secret-file SECRET_FILE

All of it is in memory and only its sandbox has anything in it. What is yours to write is the class Shop; the rest can stay as it is.
"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

OPERATIONS = {
    "shop": ["contain.hold_order", "release.hold_order", "undo.cancel_order", "contain.block_address", "release.block_address", "undo.restore_address"],
    "payment": ["contain.block_capture", "release.block_capture", "undo.refund"],
}
LENGTH_MAX = 64 * 1024


class Shop:
    """Accounts with orders, addresses and charges. Each act is: look, change, look again, answer."""

    def __init__(self):
        self.things = {}  # (account, object) -> what it is
        self.references = 0

    def make_sandbox(self):
        """Things that the conformance suite may break; made anew each time it asks. A real shop does this for a test account."""
        self.things = {key: thing for key, thing in self.things.items() if key[0] != "sandbox"}
        self.things["sandbox", "order:s-1"] = {"state": "allocated"}
        self.things["sandbox", "address:s-2"] = {"value": "the hijacker's street", "before": ""}
        self.things["sandbox", "charge:s-3"] = {"state": "captured", "amount_minor": 500, "currency": "JPY"}
        return {"account": "sandbox", "objects": [
            {"system": "shop", "kind": "order", "object": "order:s-1", "operations": ["contain.hold_order", "undo.cancel_order"]},
            {"system": "shop", "kind": "address", "object": "address:s-2", "before": "", "after": "the hijacker's street",
             "operations": ["contain.block_address", "undo.restore_address"]},
            {"system": "payment", "kind": "captured_charge", "object": "charge:s-3", "operations": ["contain.block_capture", "undo.refund"]},
        ]}

    def find(self, account, kinds):
        """What is on the account. Here nobody knows in which session it was done; a shop that does answers "hijacker"."""
        found = [{"kind": kinds[name.split(":")[0]], "object": name, "state": thing.get("state", ""), "whose": "unknown"}
                 for (owner, name), thing in self.things.items() if owner == account and name.split(":")[0] in kinds]
        return {"outcome": "done", "found": found, "nothing_in": sorted(set(kinds.values()) - {f["kind"] for f in found})}

    def is_done(self, thing, verb, how):
        """The question of read_state and probe, answered from the thing itself and never from what was once said."""
        if verb in ("contain", "release"):
            return (how in thing.get("held", ())) == (verb == "contain")
        return {"cancel_order": thing.get("state") == "cancelled", "refund": thing.get("state") == "refunded",
                "restore_address": thing.get("value") == thing.get("before")}[how]

    def act(self, thing, verb, how, effect):
        held = thing.setdefault("held", set())
        if verb == "contain":
            held.add(how)
        elif verb == "release":
            held.discard(how)
        elif how == "restore_address":
            if not self.is_done(thing, verb, how) and thing["value"] != effect.get("after"):
                return {"outcome": "changed"}  # the owner's own by now: compare, and only then set
            thing["value"] = thing["before"]
        elif how == "cancel_order":
            if thing["state"] not in ("allocated", "picking", "cancelled"):
                return {"outcome": "refused", "reason": "the order is packed already", "state": thing["state"]}
            thing["state"] = "cancelled"
        elif how == "refund" and thing["state"] != "refunded":
            self.references += 1
            thing["state"], thing["reference"] = "refunded", "ref-%d" % self.references
        return self.tell(thing, "done" if self.is_done(thing, verb, how) else "refused")

    def tell(self, thing, outcome):
        return {"outcome": outcome, "state": thing.get("state", ""), "reference": thing.get("reference", "")}


class Counterpart:
    """The protocol: signatures, keys, verbs. One act at a time, so that a key that comes twice at once is still one act."""

    KINDS = {"shop": {"order": "order", "address": "address"}, "payment": {"charge": "captured_charge"}}

    def __init__(self, secret):
        self.secret, self.shop, self.lock, self.kept = secret, Shop(), threading.Lock(), {}

    def is_signed(self, headers, body):
        name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not name or not at.isdecimal() or abs(time.time() - int(at)) > 300:
            return False
        digest = hmac.new(self.secret, ("%s.%s." % (name, at)).encode() + body, hashlib.sha256).digest()
        ours = "v1," + base64.b64encode(digest).decode()
        return any(hmac.compare_digest(ours.encode(), theirs.encode()) for theirs in headers.get("webhook-signature", "").split(" "))

    def answer(self, verb, headers, body):
        if not self.is_signed(headers, body):
            return 401, {"error": "signature"}
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return 400, {"outcome": "refused", "reason": "no JSON"}
        if not isinstance(asked, dict):
            return 400, {"outcome": "refused", "reason": "no object"}
        with self.lock:
            if verb == "describe":
                return 200, self.describe(asked)
            return self.carry_out(verb, headers["webhook-id"], asked)

    def describe(self, asked):
        systems = {s: {"idempotency": "stored_2xx", "ttl_s": 86400, "operations": o, "webhooks": False} for s, o in OPERATIONS.items()}
        out = {"protocol": 1, "name": "example shop", "systems": systems}
        if asked.get("sandbox") is True:
            out["sandbox"] = self.shop.make_sandbox()
        return out

    def carry_out(self, verb, key, asked):
        system, how, account, effect = (asked.get(name) for name in ("system", "how", "account", "effect"))
        if not isinstance(system, str) or system not in OPERATIONS or not isinstance(account, str):
            return 422, {"outcome": "refused", "reason": "no such system, or no account"}
        if verb == "find_effects":
            return 200, self.shop.find(account, self.KINDS[system])
        act = verb if verb in ("contain", "undo", "release") else asked.get("of") or self.act_of(system, how)
        if verb not in ("contain", "undo", "release", "read_state", "probe") or "%s.%s" % (act, how) not in OPERATIONS[system]:
            return 422, {"outcome": "refused", "reason": "this is not offered"}
        object = effect.get("object") if isinstance(effect, dict) else None
        thing = self.shop.things.get((account, object)) if isinstance(object, str) else None
        if thing is None or object.split(":")[0] not in self.KINDS[system]:
            return 404, {"outcome": "absent"}
        if verb in ("read_state", "probe"):
            return 200, self.shop.tell(thing, "done" if self.shop.is_done(thing, act, how) else "not_done")
        return self.once(key, lambda: self.shop.act(thing, verb, how, effect))

    def act_of(self, system, how):
        return "undo" if "undo.%s" % how in OPERATIONS[system] else "contain"

    def once(self, key, act):
        """The same key is the same act. In earnest this is a row with a unique key, written in the transaction of the act."""
        now = time.time()
        self.kept = {k: v for k, v in self.kept.items() if now - v[0] < 86400}
        if key not in self.kept:
            self.kept[key] = (now, act())
        return 200, self.kept[key][1]


def serve(counterpart, port=0):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # an answer is one packet

        def do_POST(self):
            length = self.headers.get("content-length", "")
            if not length.isdecimal() or int(length) > LENGTH_MAX:
                self.close_connection = True
                return self.reply(413, {"outcome": "refused", "reason": "too long"})
            body = self.rfile.read(int(length))
            self.reply(*counterpart.answer(self.path.rsplit("/", 1)[1], self.headers, body))

        def reply(self, status, answer):
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[1]) as f:
        secret_text = f.readline().strip()
    server = serve(Counterpart(base64.b64decode(secret_text[len("whsec_"):])), int(sys.argv[2]) if len(sys.argv) == 3 else 0)
    print("listening on http://127.0.0.1:%d/hikeshi" % server.server_port, flush=True)
    server.serve_forever()
