#!/bin/sh
# Promise: when the disk takes no more, the server says so, answers nothing that it cannot keep, ends with 1, and after a new start knows all it had answered.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import resource
from serving import *

d, answered = Directory(), {}
server = Server(d)
for i in range(20):
    status, answer = ask(server, "POST", "/v1/decisions", event("before-%d" % i))
    answered["before-%d" % i] = answer["position"]

# The limit of a file's size is reached as a full disk is: a write fails in the middle of the work.
used = max(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(d.at("data/journal")) for name in names)
resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (65536, 65536))
print("limit set at 64 KiB; the journal's file has %d bytes" % used)
try:
    talk = server.connect()
    for i in range(2000):
        status, _, body = talk.send(request("POST", "/v1/decisions", event("after-%d" % i))).answer()
        expect(status == 200, "answers are decisions: %s" % body)
        answered["after-%d" % i] = json.loads(body)["position"]
    expect(False, "the limit was never reached")
except Gone:
    pass
expect(server.process.wait(timeout=60) == 1, "exit status is 1")
expect("journal" in server.said(), "the journal is named: " + server.said())
print(server.said().strip())

server = Server(d)
talk = server.connect()
wrong = [id for id, position in answered.items() if json.loads(talk.send(request("POST", "/v1/decisions", event(id))).answer()[2]).get("position") != position]
expect(not wrong, "%d of %d answered events are not where they were" % (len(wrong), len(answered)))
expect(server.stop() == 0, "the server ends well")

# An import that the disk stops says that nothing was kept, and leaves no image of what was never committed.
import subprocess
lines = d.at("many.ndjson")
with open(lines, "w") as f:
    for i in range(5000):
        f.write(json.dumps(json.loads(event("import-%d" % i))) + "\n")
run = subprocess.run([HIKESHI, "import", "--json", "--data", d.at("imported"), lines], capture_output=True, text=True,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, 1 << 19)))  # an empty incident store needs half of it
expect(run.returncode == 1, "the import ends with 1, not %d" % run.returncode)
expect(json.loads(run.stdout)["imported"] == 0, "it claims nothing that was not kept: " + run.stdout)
expect(not os.listdir(d.at("imported/snapshots")), "no image of what was never committed")
end("a full disk loses nothing")
PYTHON
