#!/bin/sh
# Promise: what a counterpart says by itself is taken with its signature only, once however often it comes, and never for what only people may say.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import base64, hashlib, hmac, time
from serving import *
from counterpart import Counterpart, SECRET

d = Directory()
file = Counterpart(d).file
with open(file) as f: shop = f.read().replace(', "carrier"', "")
d.write("counterparts.toml", shop + shop.replace("[shop]", "[carrier]").replace(shop[shop.index("systems"):shop.index("]\nconcurrency")], 'systems = ["carrier"'))
server = Server(d, "--counterparts", file)

def send(id, type, data, name="shop", age_s=0, secret=SECRET):
    at, body = str(int(time.time()) - age_s), json.dumps({"specversion": "1.0", "id": "x", "source": "y", "type": type, "subject": "a1", "data": data,
                                                         "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
    digest = hmac.new(base64.b64decode(secret), ("%s.%s.%s" % (id, at, body)).encode(), hashlib.sha256).digest()
    signed = "webhook-id: %s\r\nwebhook-timestamp: %s\r\nwebhook-signature: v1,%s\r\n" % (id, at, base64.b64encode(digest).decode())
    return ask(server, "POST", "/v1/webhooks/" + name, body, key=None, extra=signed)[0]

def events():
    return sum(int(line.rsplit(" ", 1)[1]) for line in ask(server, "GET", "/metrics")[1].splitlines() if line.startswith('hikeshi_events_total{kind="payment_state"'))

fate = {"charge": "c1", "state": "refunded"}
expect(send("m1", "payment_state", fate) == 200, "a signed one is taken")
expect(send("m1", "payment_state", fate) == 200, "and again")
expect(events() == 1, "it is one event: %d" % events())
expect(send("m2", "payment_state", fate, secret=base64.b64encode(bytes(32)).decode()) == 401, "another's signature is refused")
expect(send("m3", "payment_state", fate, age_s=400) == 401, "an old one is refused")
expect(send("m4", "payment_state", fate, name="nobody") == 404, "an unknown counterpart is refused")
expect(send("m5", "analyst_verdict", {"incident": "inc_1", "verdict": "false_alarm"}) == 403, "a counterpart does not speak for analysts")
expect(send("m6", "challenge", {"outcome": "success", "factor": "totp"}, name="carrier") == 403, "a carrier does not say who was at the door of an account")
expect(send("m7", "challenge", {"outcome": "success", "factor": "totp"}) == 200, "who holds the logins does")
expect(send("m8", "order_state", {"order": "o1", "state": "handed_over"}, name="carrier") == 200, "a carrier says what became of a parcel")
expect(send("m9", "of_no_kind", {}, name="carrier") == 200, "what is not known is kept")
expect(events() == 1, "nothing of those came in")
expect(server.stop() == 0, "the server ends well")
end("a webhook is believed by its signature")
PYTHON
