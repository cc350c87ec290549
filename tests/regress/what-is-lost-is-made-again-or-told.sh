#!/bin/sh
# Promise: a lost or older incident store is made again from the journal; a lost part of the journal is told, and nothing is thrown away for it.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *

d = Directory()

def run(*arguments):
    return subprocess.run([HIKESHI, *arguments], capture_output=True, text=True, timeout=120)

def incidents(data):
    return run("incident", "list", "--all", "--json", "--data", d.at(data)).stdout

def copy(data, to):
    shutil.copytree(d.at(data), d.at(to))
    return d.at(to)

def opens(data):
    """Opens and closes it, as any command that writes does."""
    return run("import", "--data", d.at(data), d.write("nothing", ""))

def take_in(data, lines):
    return run("import", "--data", d.at(data), d.write("events", "\n".join(lines) + "\n"))

# Two segments of the journal, for the first is nearly full; an incident in either.
def night(name):
    word = {**json.loads(event("word-" + name, name)), "type": "owner_statement", "data": {"about": "login-" + name, "says": "not_mine"}}
    return [event("login-" + name, name, session="s"), json.dumps(word)]
first = night("early") + [event("e%d" % i, "a%d" % (i % 9), note="x" * 60000) for i in range(1000)]
expect(take_in("first", first).returncode == 0, "the first part is taken in")
copy("first", "data")
expect(take_in("data", night("late")).returncode == 0, "the rest is taken in")
whole = incidents("data")
segments = sorted(os.listdir(d.at("data/journal")))
expect(whole.count('"open"') == 2 and len(segments) == 2, "there are two incidents and two segments: %s" % segments)

deleted = copy("data", "deleted")
os.remove(os.path.join(deleted, "incidents.db"))
expect(opens("deleted").returncode == 0 and incidents("deleted") == whole, "a deleted incident store is made again")
older = copy("data", "older")
shutil.copy(d.at("first/incidents.db"), os.path.join(older, "incidents.db"))
expect(opens("older").returncode == 0 and incidents("older") == whole, "an older incident store is brought up to the journal")
again = opens("older")
expect("not used" not in again.stderr and "recovered" not in again.stderr, "after that the image is used again: %s" % again.stderr)
bare = copy("data", "bare")
shutil.rmtree(os.path.join(bare, "snapshots"))
expect(opens("bare").returncode == 0 and incidents("bare") == whole and os.listdir(os.path.join(bare, "snapshots")), "images are a shortcut")

end_lost = copy("data", "end-lost")
os.remove(os.path.join(end_lost, "journal", segments[1]))
images = os.listdir(os.path.join(end_lost, "snapshots"))
for what, told in (("opening", opens("end-lost")), ("check", run("check", "--data", end_lost))):
    expect(told.returncode == 1 and "the journal ends at" in told.stderr and "backup" in told.stderr, "%s tells that the end is lost: %s" % (what, told.stderr))
expect(sorted(os.listdir(os.path.join(end_lost, "snapshots"))) == sorted(images), "the images are still there")
start_lost = copy("data", "start-lost")
os.remove(os.path.join(start_lost, "journal", segments[0]))
expect(opens("start-lost").returncode == 0, "what an image reaches may be archived")
told = run("replay", "--events", d.write("one", event("x") + "\n"), "--data", start_lost)
expect(told.returncode == 2 and "cannot be rebuilt" in told.stderr, "but a replay needs all: %s" % told.stderr)
for image in os.listdir(os.path.join(start_lost, "snapshots")): os.remove(os.path.join(start_lost, "snapshots", image))
for what, told in (("opening", opens("start-lost")), ("check", run("check", "--data", start_lost))):
    expect(told.returncode == 1 and "nothing tells what was before" in told.stderr, "%s tells that the start is lost: %s" % (what, told.stderr))
end("what is lost is made again or told")
PYTHON
