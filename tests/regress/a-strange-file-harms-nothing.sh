#!/bin/sh
# Promise: files as people have them are read (byte order mark, CR LF, no last newline), what cannot be is told, and nothing of theirs is destroyed or obeyed.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *

d = Directory()
EVENTS = [event("e%d" % i, "a%d" % (i % 3)) for i in range(1, 8)]

def run(*arguments, **options):
    return subprocess.run([HIKESHI, *arguments], capture_output=True, timeout=60, **options)

def lines_of(name):
    return [json.loads(line) for line in open(d.at(name))]

def replay(text, *more):
    with open(d.at("events"), "wb") as f: f.write(text)
    return run("replay", "--events", d.at("events"), "--out", d.at("out"), *more)

plain = ("\n".join(EVENTS) + "\n").encode()
replay(plain)
wanted = lines_of("out")
expect([line["id"] for line in wanted] == ["e%d" % i for i in range(1, 8)], "one line an event, in order")
for what, text in (("a byte order mark", b"\xef\xbb\xbf" + plain), ("CR LF", plain.replace(b"\n", b"\r\n")), ("no last newline", plain.rstrip())):
    expect(replay(text).returncode == 0 and lines_of("out") == wanted, "replay reads a file with " + what)
    counts = json.loads(run("import", "--dry-run", "--json", d.at("events")).stdout)
    expect(counts["imported"] == 7 and counts["rejected"] == 0, "import reads a file with " + what)
expect(replay(b"no event\n").returncode == 1, "a replay of nothing but bad lines has failed")
expect(replay(b"no event\n" + plain).returncode == 0 and len(lines_of("out")) == 8, "a bad line costs itself only")
expect(replay(plain + plain).returncode == 0 and lines_of("out") == wanted + wanted, "an event that comes twice is answered twice the same, whose act it was too")

replay(plain)
os.link(d.at("events"), d.at("another-name"))
same = run("replay", "--events", d.at("events"), "--out", d.at("another-name"))
expect(same.returncode == 2 and b"holds the events" in same.stderr, "the answers do not go into the events: %s" % same.stderr)
expect(open(d.at("events"), "rb").read() == plain, "the events are still there")
for what, arguments in (("replay", ["replay", "--events", d.at("events")]), ("version", ["version"]), ("help", ["--help"]), ("key", ["key", "new", "shop"])):
    with open("/dev/full", "w") as full:
        end_status = subprocess.run([HIKESHI, *arguments], stdout=full, stderr=subprocess.PIPE)
    expect(end_status.returncode == 1 and b"No space left" in end_status.stderr, "%s does not call it well when the disk is full: %s" % (what, end_status))

# Our own source stands in the way of one line, not of the file. A stranger's user agent is shown, not obeyed.
ours = json.dumps({**json.loads(EVENTS[0]), "id": "h1", "source": "hikeshi"})
hostile = event("hostile", "a\u202e1", user_agent="x\u001b[2J\nevent      forged\u009b31m", language="\u001b]0;owned\u0007")
with open(d.at("mixed"), "w") as f: f.write("\n".join([EVENTS[0], ours, EVENTS[1], hostile]) + "\n")
counts = json.loads(run("import", "--json", "--data", d.at("data"), d.at("mixed")).stdout)
expect((counts["imported"], counts["rejected"]) == (3, 1), "an import goes on behind an event in our own name: %s" % counts)
for measures in ([], ["--measures"]):
    told = run("explain", "hostile", "--data", d.at("data"), *measures)
    expect(told.returncode == 0 and b"x [2J event      forged  31m" in told.stdout, "the user agent is shown: %s" % told.stdout)
    expect(not any(bad in told.stdout for bad in (b"\x1b", b"\xc2\x9b", b"\xe2\x80\xae", b"\nevent      forged")), "it is not obeyed")
    whole = json.loads(run("explain", "hostile", "--json", "--data", d.at("data"), *measures).stdout)
    expect(("measures" in whole) == bool(measures) and whole["event"]["id"] == "hostile", "explain --json prints one object")
    expect(whole["flip"]["decision"] == "allow" and whole["flip"]["milder"] is None and len(whole["usual"]) > 5, "with what is usual: %s" % whole)
brief = run("explain", "hostile", "--json", "--brief", "--data", d.at("data"))
expect(set(json.loads(brief.stdout)).isdisjoint(("usual", "flip", "measures")), "a brief one does not replay: %s" % brief.stdout)
expect(run("explain", "hostile", "--brief", "--measures", "--data", d.at("data")).returncode == 2, "measures need a replay")
unknown = run("explain", "nobody-knows", "--data", d.at("data"))
expect(unknown.returncode == 2 and b"journal holds no event 'nobody-knows'" in unknown.stderr, "an unknown event is told: %s" % unknown.stderr)

beyond = run("replay", "--events", d.at("events"), "--data", d.at("data"), "--at", "4")
expect(beyond.returncode == 2 and b"the journal ends at 3" in beyond.stderr, "a position that is not there is told: %s" % beyond.stderr)
expect(run("replay", "--events", d.at("events"), "--data", d.at("data"), "--at", "3").returncode == 0, "the last one will do")
nowhere = run("explain", "x", "--data", d.at("nowhere"))
expect(nowhere.returncode == 2 and b"there is no data directory here" in nowhere.stderr and b"--data" in nowhere.stderr, "a missing directory is told: %s" % nowhere.stderr)
end("a strange file harms nothing")
PYTHON
