#!/bin/sh
# Promise: whatever comes to the port is answered with what is wrong and what to do, or cut off in time; and the server goes on serving others.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import threading, time
from serving import *

d = Directory()
d.write("keys", KEY + "\nshop events:write sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\n")  # of "foo"
server = Server(d)

# What takes long begins first: a head that trickles, a body that never comes, and a connection that only sits there.
slow_ends = {}
def trickle(name, first, drip):
    talk, began = server.connect().send(first), time.time()
    talk.socket.settimeout(0.5)
    while time.time() - began < 40:
        try:
            talk.more()
            break
        except socket.timeout:
            try:
                talk.send(drip)
            except ConnectionError:
                break
    slow_ends[name] = talk.bytes
slow = [threading.Thread(target=trickle, args=a) for a in [("head", b"GET / HTTP/1.1\r\nhost: a\r\nx: ", b"y"),
        ("body", b"POST /v1/decisions HTTP/1.1\r\nhost: a\r\nx-api-key: " + KEY.encode() + b"\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n", b" ")]]
for t in slow: t.start()
idle = server.connect()

def refused(what, status, bytes, closes, field=None):
    talk = server.connect().send(bytes)
    got, headers, body = talk.answer()
    problem = json.loads(body)
    expect(got == status, "%s: status %s, not %s: %s" % (what, got, status, body))
    expect(headers["content-type"] == "application/problem+json", what + ": no problem details")
    expect(problem["status"] == got and problem["title"] and problem["detail"] and problem["type"].startswith("urn:hikeshi:problem:"), what + ": problem is incomplete")
    if field: expect(problem.get("field") == field, "%s: field is %s" % (what, problem.get("field")))
    expect((headers.get("connection") == "close") == closes, what + ": closes or not")
    if closes: expect(talk.is_closed(), what + ": stays open")
    else: expect(talk.send(request("GET", "/healthz")).answer()[0] == 200, what + ": cannot be used again")
    talk.close()

good = event("e1")
refused("no key", 401, request("POST", "/v1/decisions", good, key=None), False, "authorization")
refused("wrong key", 401, request("POST", "/v1/decisions", good, key="wrong"), False, "authorization")
refused("narrow key", 403, request("GET", "/v1/accounts/a", key="foo"), False, "authorization")
refused("no route", 404, request("GET", "/v2"), False)
refused("method", 405, request("PUT", "/v1/decisions", good), False)
refused("media type", 415, request("POST", "/v1/decisions", good, type="text/plain"), False, "content-type")
refused("compressed", 415, request("POST", "/v1/decisions", good, extra="content-encoding: gzip\r\n"), False, "content-encoding")
refused("broken JSON", 400, request("POST", "/v1/decisions", good[:-3]), False)
refused("deep JSON", 400, request("POST", "/v1/decisions", '{"a":' * 2000 + "1" + "}" * 2000), False)
refused("NUL", 400, request("POST", "/v1/decisions", good.replace("a1", "a\\u0000")), False, "subject")
refused("no UTF-8", 400, request("POST", "/v1/decisions", good.encode().replace(b"a1", b"\xff\xfe")), False)
refused("address", 400, request("POST", "/v1/decisions", event("e2", ip="999.1.1.1")), False, "data.ip")
refused("future", 400, request("POST", "/v1/decisions", good.replace("2026-01", "9026-01")), False, "time")
refused("body", 413, request("POST", "/v1/decisions", b" " * 65537), True)
refused("length", 413, request("POST", "/v1/decisions", b"", extra="content-length: 99999999999\r\n").replace(b"content-length: 0\r\n", b""), True)
refused("target", 414, request("GET", "/" + "p" * 3000), True)
refused("headers", 431, request("GET", "/", extra="x: y\r\n" * 70), True)
refused("head", 431, request("GET", "/", extra="x: %s\r\n" % ("y" * 20000)), True)
refused("two lengths", 400, request("POST", "/v1/decisions", good, extra="content-length: 3\r\n"), True)
refused("length and chunks", 400, request("POST", "/v1/decisions", good, extra="transfer-encoding: chunked\r\n"), True)
refused("bare LF", 400, b"GET / HTTP/1.1\nhost: a\n\n", True)
refused("TLS on the plain port", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50, True)
refused("HTTP/2", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", True)

expect(ask(server, "POST", "/v1/decisions", good)[0] == 200, "a good event is taken after all that")
status, problem = ask(server, "POST", "/v1/decisions", event("e1", subject="somebody else"))
expect(status == 409 and problem["type"] == "urn:hikeshi:problem:conflict", "an id with other content is a conflict: %s" % problem)

# Pipelined: 500 requests in one breath, answered in order.
talk = server.connect()
sender = threading.Thread(target=lambda: talk.send(b"".join(request("POST", "/v1/decisions", event("p%d" % i)) for i in range(500))))
sender.start()
order = [json.loads(talk.answer()[2])["event"] for i in range(500)]
sender.join()
expect(order == ["p%d" % i for i in range(500)], "pipelined answers are in order")

# A bad event takes nobody down; a batch that breaks off ends with a line that says so.
lines = [event("b%d" % i) for i in range(100)]
lines[50] = "nonsense"
talk = server.connect().send(request("POST", "/v1/events", "\n".join(lines), type="application/x-ndjson"))
answers = [json.loads(line) for line in talk.answer()[2].decode().splitlines()]
expect(len(answers) == 100 and answers[50]["line"] == 51 and answers[50]["problem"]["status"] == 400, "line 51 is refused by number")
expect([a.get("event") for a in answers] == ["b%d" % i if i != 50 else None for i in range(100)], "the other lines are answered in order")

# More connections than there is room for: they wait, and those that only sit there make room.
crowded = Server(Directory(), "--connections", "4")
sitting = [crowded.connect() for i in range(4)]
for talk in sitting: expect(talk.send(request("GET", "/healthz")).answer()[0] == 200, "four connections are served")
expect(crowded.connect().send(request("GET", "/healthz")).answer()[0] == 200, "a fifth one is served when one of them went")
expect(any(talk.is_closed() for talk in sitting), "which was closed for it")
expect(crowded.stop() == 0, "the crowded server ends well")

# A client that asks and never reads is cut, and holds no more than its place.
deaf = server.connect()
deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
deaf.socket.settimeout(1)
sent = 0
try:
    for i in range(400000):
        sent += deaf.socket.send(request("GET", "/openapi.json"))
except (socket.timeout, ConnectionError):
    pass
expect(0 < sent < 16 << 20, "what a deaf client may ask is bounded: %d bytes" % sent)

for t in slow: t.join()
for name, said in slow_ends.items(): expect(b"408 Request Timeout" in said, "a slow %s is told so: %s" % (name, said[:40]))
expect(idle.send(request("GET", "/healthz")).answer()[0] == 200, "an idle connection is not cut that early")
expect(server.stop() == 0, "the server ends well")
# Made-up accounts do not take more memory than was granted, and shut nobody out who is known.
crowded = Directory()
small = Server(crowded, "--accounts", "3")
for i in (1, 2, 3): expect(ask(small, "POST", "/v1/decisions", event("known-%d" % i, "a%d" % i))[0] == 200, "there is room for three accounts")
status, problem = ask(small, "POST", "/v1/decisions", event("made-up", "a4"))
expect(status == 503 and "cannot remember another account" in problem["detail"], "not for a fourth: %s" % problem)
expect(ask(small, "POST", "/v1/decisions", event("again", "a2"))[0] == 200, "those that are known go on")
small.kill()
small = Server(crowded, "--accounts", "3")
expect(ask(small, "POST", "/v1/decisions", event("once-more", "a3"))[0] == 200, "after kill -9 too")
expect(ask(small, "POST", "/v1/decisions", event("made-up", "a4"))[0] == 503, "and the fourth is still refused")
expect(small.stop() == 0, "the small server ends well")
end("the door keeps its bounds")
PYTHON
