#!/bin/sh
# Promise: however many events a hijacker sends into an open incident, it can be read whole, over HTTP page by page, by replay and at the terminal.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *

d = Directory()
COUNT = 4000

def act(id, kind, **data):
    return json.dumps({**json.loads(event(id)), "type": kind, "data": data})

lines = [event("login", session="s"), act("word", "owner_statement", about="login", says="not_mine")]
lines += [act("flood-%d" % i, "session_seen", session="q%d" % i, ip="198.51.100.%d" % (i % 250), page="\u0001" if i % 7 == 0 else "/") for i in range(COUNT)]
text = "\n".join(lines) + "\n"
server = Server(d)
status, answers = ask(server, "POST", "/v1/events", text, type="application/x-ndjson")
expect(status == 200 and answers.count('"position"') == len(lines), "all are answered")
incident = ask(server, "GET", "/v1/incidents")[1]["incidents"][0]["id"]
seen, after, pages = [], 0, 0
while after is not None and pages < 1000:
    status, page = ask(server, "GET", "/v1/incidents/%s?after=%d" % (incident, after))
    if status != 200: break
    seen += [e["event"] for e in page["events"]]
    after, pages = page["next"], pages + 1
expect(status == 200 and seen == [json.loads(line)["id"] for line in lines], "page by page, each event is there once, in order: status %s, %d events on %d pages" % (status, len(seen), pages))
for wrong in ("x", "-1", "99999999999999999999"):
    status, problem = ask(server, "GET", "/v1/incidents/%s?after=%s" % (incident, wrong))
    expect(status == 400 and problem["field"] == "after", "a wrong page is told")
shown = subprocess.run([HIKESHI, "incident", "show", incident, "--data", d.at("data")], capture_output=True, text=True, timeout=60)
expect(shown.returncode == 0 and shown.stdout.count("session seen") == COUNT, "it is shown whole at a terminal")
expect(server.stop() == 0, "the server ends well")
run = subprocess.run([HIKESHI, "replay", "--events", d.write("events", text), "--out", d.at("out")], capture_output=True, text=True, timeout=60)
out = [json.loads(line) for line in open(d.at("out"))]
expect(run.returncode == 0 and len([line for line in out if "score" in line]) == len(lines), "a replay ends well: %s" % run.stderr)
end("no flood hides an incident")
PYTHON
