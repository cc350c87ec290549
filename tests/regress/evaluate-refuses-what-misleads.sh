#!/bin/sh
# Promise: `hikeshi evaluate` says of a wrong line in which file and on which line it is, never measures it in silence, and gives the same figures again.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
HIKESHI="$hikeshi" python3 - "$folder" <<'END'
import json, os, subprocess, sys

folder, hikeshi, failed = sys.argv[1], os.environ["HIKESHI"], 0


def at(name):
    return os.path.join(folder, name)


def write(name, lines):
    with open(at(name), "w") as f:
        f.writelines((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


def run(*more, labels="labels", scores=("a=scores",), events="events"):
    files = [w for s in scores for w in ("--scores", s.replace("=", "=" + folder + "/") if "=" in s else at(s))]
    return subprocess.run([hikeshi, "evaluate", "--events", at(events), "--labels", at(labels), *files, *more], capture_output=True, text=True)


def expect(what, result, status, *texts):
    global failed
    said = result.stdout + result.stderr
    missing = [t for t in texts if t not in said]
    if result.returncode != status or missing:
        failed += 1
        print(f"FAIL {what}: status {result.returncode}, not {status}; without {missing}:\n{said}")


# Every third account is hijacked, and scores a little higher then.
events, labels, scores, other = [], [], [], []
for i in range(3000):
    account, thief = i % 90, i > 2200 and i % 90 < 30 and i % 7 == 0
    events.append({"id": f"e{i}", "type": "login", "subject": f"a{account}", "time": f"2026-01-{1 + i // 150:02}T{i // 10 % 15:02}:{i % 10:02}:00Z", "data": {"outcome": "success"}})
    labels.append({"id": f"e{i}", "label": "hijacker" if thief else "owner", "family": ["slow", "fast"][account % 2] if thief else None, "incident": "i" if thief else None, "effect": False})
    scores.append({"id": f"e{i}", "score": i * 7919 % 1000 + (400 if thief else 0)})
    other.append({"id": f"e{i}", "score": i * 104729 % 1000 + (200 if thief else 0)})
write("events", events), write("labels", labels), write("scores", scores), write("other", other)

good = run("--json", at("1.json"), "--html", at("1.html"), scores=("a=scores", "b=other"))
expect("a good sample", good, 0, "Differences from the first file", "not computed, because no incident of the test part has a value-bearing act")
again = run("--json", at("2.json"), "--html", at("2.html"), scores=("a=scores", "b=other"))
expect("the same again", again, 0)
for name in ("json", "html"):
    if open(at("1." + name)).read() != open(at("2." + name)).read():
        failed += 1
        print(f"FAIL the same files and seed give another {name}")
figures = json.load(open(at("1.json")))
logins = next(g for g in figures["views"][0]["groups"] if g["group"] == "all")
first, second = logins["files"]
if not (first["auc"]["low"] < first["auc"]["value"] < first["auc"]["high"] and second["less_first"]["auc"]["high"] < 0):
    failed += 1
    print("FAIL the figures of the good sample:", first["auc"], second["less_first"]["auc"])
expect("held out", run("--hold-out-families", "slow"), 0, "of what was held out")
expect("held out, misspelt", run("--hold-out-families", "slwo"), 2, "no family is called 'slwo'")

mistakes = [
    ("a line that is no JSON", "labels", labels[:6] + ["{\"id\":"] + labels[6:], "labels-bad:7:"),
    ("an unknown id", "labels", labels + [{"id": "zz", "label": "owner"}], "no event has the id 'zz' (labels-bad:3001, id)"),
    ("two labels", "labels", labels + [{"id": "e1", "label": "noise"}], "a line above says something else of 'e1' (labels-bad:3001, id)"),
    ("one class", "labels", [l for l in labels if l["label"] == "owner"], "0 hijacker's events"),
    ("an unknown label", "labels", [{"id": "e1", "label": "thief"}], "unknown label 'thief' (labels-bad:1, label)"),
    ("two scores", "scores", scores + [{"id": "e1", "score": -1}], "a line above scores 'e1' otherwise (scores-bad:3001, id)"),
    ("not a number", "scores", ["{\"id\":\"e1\",\"score\":NaN}"], "scores-bad:1:"),
    ("a score for nothing", "scores", [{"id": "zz", "score": 1}], "no event has the id 'zz' (scores-bad:1, id)"),
    ("no scores", "scores", [], "scores no event"),
    ("no events", "events", [], "no event has the id 'e0'"),
    ("an event without time", "events", [{"id": "e0", "type": "login"}], "no time (events-bad:1, time)"),
    ("a very long line", "events", events[:2] + ["{\"id\":\"" + "x" * 70000 + "\"}"], "events-bad:3"),
]
for what, file, lines, text in mistakes:
    write(file + "-bad", lines)
    expect(what, run(**{file: ("a=scores-bad",) if file == "scores" else file + "-bad"}), 2, text)
expect("a file that is not there", run(labels="nowhere"), 2, "cannot open")
expect("two files of one name", run(scores=("a=scores", "a=other")), 2, "two files of scores are called 'a'")
expect("a report over its own input", run("--json", at("labels")), 2, "is read by --labels")
expect("a split that is none", run("--split", "50,50,50"), 2, "is no split")
expect("levels that are none", run("--levels", "500,x"), 2, "are not up to 7 numbers")
expect("levels", run("--levels", "0,500"), 0, "All owners' events that score at least so much")
expect("an impossible share", run("--prevalence", "2"), 2, "is not between 0 and 1")
write("few-events", events[:3] + [events[2254]]), write("few-labels", labels[:3] + [labels[2254]]), write("few", scores[:3] + [scores[2254]])
if labels[2254]["label"] != "hijacker":
    sys.exit("the test is wrong")
expect("four events", run(events="few-events", labels="few-labels", scores=("a=few",)), 0, "not computed, because a threshold of 1 % needs 100 owners' events in the validation part")
# A second shop, whose scores are of another scale: the same figures, of twice as many.
write("louder", [{**s, "score": s["score"] * 10 + 5} for s in scores])
shop = ("--events", at("events"), "--labels", at("labels"), "--scores", "a=" + at("louder"))
expect("two shops", run(*shop, "--json", at("3.json")), 0, "2 shops: each is cut by itself")
both = json.load(open(at("3.json")))
group = next(g for g in both["views"][0]["groups"] if g["group"] == "all")
same = all(abs(group["files"][0][m]["value"] - first[m]["value"]) < 1e-6 for m in ("auc", "recall_at_1_percent", "challenged_to_catch_90"))
if not same or group["incidents"] != 2 * logins["incidents"] or len(both["shops"]) != 2:
    failed += 1
    print("FAIL two shops:", group["files"][0]["auc"], "and one:", first["auc"])
expect("a shop without labels", run("--events", at("events")), 2, "has no labels")
expect("a shop without scores", run(*shop[:4]), 2, "'a' has no scores of shop 2")
expect("a shop with other scores", run(*shop[:5], "b=" + at("other")), 2, "'a' has no scores of shop 2")
expect("two files of labels", run("--labels", at("labels")), 2, "two files of labels of one shop")
sys.exit(failed)
END
