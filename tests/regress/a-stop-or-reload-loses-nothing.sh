#!/bin/sh
# Promise: a reload drops no event; a stop answers what was read, ends with 0, and whoever was not answered sees the connection close, not hang.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import threading
from serving import *

d = Directory()
os.makedirs(d.at("data"), exist_ok=True)
shutil.copytree("rules", d.at("data/policy"), ignore=shutil.ignore_patterns("*.md"))
server = Server(d)
answered, refused, lock = {}, [], threading.Lock()

def work(name):
    try:
        talk = server.connect()
        for i in range(1000000):
            status, _, body = talk.send(request("POST", "/v1/decisions", event("%s-%d" % (name, i)))).answer()
            with lock:
                if status == 200: answered["%s-%d" % (name, i)] = json.loads(body)["position"]
                else: refused.append(body)
    except (Gone, OSError):
        pass

threads = [threading.Thread(target=work, args=("t%d" % n,)) for n in range(6)]
for t in threads: t.start()
expect(wait_until(lambda: len(answered) > 100), "events are answered")

# Reloads under load; the last one forgets our key, which only new requests may notice.
for n in range(5):
    with open(d.at("data/policy/policy.toml")) as f: toml = f.read()
    d.write("data/policy/policy.toml", toml.replace("version = %d" % (n + 1), "version = %d" % (n + 2), 1))
    said = server.said().count("read again")
    server.process.send_signal(signal.SIGHUP)
    expect(wait_until(lambda: server.said().count("read again") > said), "the reload is told")
expect(not refused, "reloads refuse nobody: %s" % refused[:1])
expect("policy and geo files stay" not in server.said(), "a policy that compiles is put in force under load: " + server.said())
expect(ask(server, "GET", "/readyz")[1]["policy"] == "default@6", "and it is the one that decides")
d.write("keys", "another-key-altogether\n")
server.process.send_signal(signal.SIGHUP)
expect(wait_until(lambda: refused), "a key that was struck opens nothing any more")
expect(all(b"nobody has this key" in body for body in refused), "and says so")
d.write("keys", "short\n")
server.process.send_signal(signal.SIGHUP)
expect(wait_until(lambda: "keys stay as they were" in server.said()), "a broken key file changes nothing")
expect(ask(server, "GET", "/v1/incidents", key="another-key-altogether")[0] == 200, "the key before still opens")
d.write("keys", KEY + "\n")
server.process.send_signal(signal.SIGHUP)
before = len(answered)
expect(wait_until(lambda: len(answered) > before + 50), "the key is back")

# A request that is half sent, one that waits to be sent, and the stop.
half = server.connect().send(request("POST", "/v1/decisions", event("half"))[:-20])
idle = server.connect()
status = server.stop()
for t in threads: t.join(timeout=60)
expect(status == 0, "exit status is %s: %s" % (status, server.said()))
expect(not any(t.is_alive() for t in threads), "nobody hangs")
expect(half.is_closed() and idle.is_closed(), "connections are closed")

server = Server(d)
talk = server.connect()
wrong = [id for id, position in answered.items() if json.loads(talk.send(request("POST", "/v1/decisions", event(id))).answer()[2]).get("position") != position]
expect(not wrong, "%d of %d answered events are not as answered" % (len(wrong), len(answered)))
expect(server.stop() == 0, "the server ends well")
end("a stop or reload loses nothing")
PYTHON
