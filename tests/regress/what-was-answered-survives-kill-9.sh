#!/bin/sh
# Promise: once an event is answered, it survives: the server is killed at any moment, started again, and knows every answered event with its position.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import random, threading, time
from serving import *

d, answered, lock = Directory(), {}, threading.Lock()
random.seed(20260301)

def single(server, name):
    """Events one by one, each waiting for its answer, until the connection breaks."""
    try:
        talk = server.connect()
        for i in range(100000):
            id = "%s-%d" % (name, i)
            status, _, body = talk.send(request("POST", "/v1/decisions", event(id, subject="a%d" % (i % 50)))).answer()
            if status == 200:
                with lock: answered[id] = (json.loads(body)["position"], i % 50)
    except (Gone, OSError):
        pass

def batch(server, name):
    """Events in batches; lines of an answer count as they come."""
    try:
        for k in range(1000):
            talk = server.connect()
            ids = ["%s-%d-%d" % (name, k, i) for i in range(300)]
            talk.send(request("POST", "/v1/events", "\n".join(event(id, subject="a%d" % (i % 50)) for i, id in enumerate(ids)), type="application/x-ndjson"))
            talk.until(b"\r\n\r\n")
            while size := int(talk.until(b"\r\n"), 16):
                for line in talk.exactly(size).decode().splitlines():
                    answer = json.loads(line)
                    with lock: answered[answer["event"]] = (answer["position"], int(answer["event"].rsplit("-", 1)[1]) % 50)
                talk.exactly(2)
            talk.close()
    except (Gone, OSError):
        pass

for round in range(4):
    server = Server(d, "--snapshot-every", "400")
    threads = [threading.Thread(target=work, args=(server, "%s%d.%d" % (work.__name__, round, n))) for n in range(4) for work in (single, batch)]
    for t in threads: t.start()
    before = len(answered)
    expect(wait_until(lambda: len(answered) > before + 200), "events are answered")
    time.sleep(random.random() * 0.3)
    server.kill()
    for t in threads: t.join()

server = Server(d)
print("%d events were answered in 4 lives" % len(answered))
talk = server.connect()
wrong = 0
for id, (position, subject) in answered.items():
    talk.send(request("POST", "/v1/decisions", event(id, subject="a%d" % subject)))
    wrong += json.loads(talk.answer()[2]).get("position") != position  # an event that was lost would get a new one
expect(wrong == 0, "%d of %d answered events are not where they were" % (wrong, len(answered)))
expect(server.stop() == 0, "the server ends well")
end("what was answered survives kill -9")
PYTHON
