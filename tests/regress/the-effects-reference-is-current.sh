#!/bin/sh
# Promise: docs/reference/effects.md says of every effect and its machine what the definitions do, and `hikeshi effects` tells the same. With
# --write it is mended.
cd "$(dirname "$0")/../.." && exec python3 - "$@" <<'PYTHON'
import json, os, subprocess, sys

PATH, BEGIN, END = "docs/reference/effects.md", "<!-- effects: tests/regress/the-effects-reference-is-current.sh --write -->\n", "<!-- end of effects -->"
HIKESHI = os.environ.get("HIKESHI", "build/hikeshi")
UNITS = (("d", 86400000), ("h", 3600000), ("min", 60000), ("s", 1000))
BOOKS = {"returned": "the money is back", "compensated": "the money is made good", "written_off": "the shop bears it", "freed": "the gate opens"}


def told(*arguments):
    return subprocess.run([HIKESHI, "effects", *arguments], check=True, capture_output=True, text=True).stdout


def span(ms):
    return next("%d %s" % (ms // size, name) for name, size in UNITS if ms % size == 0)


def operations(definition, *verbs):
    names = dict.fromkeys(s["step"] for s in definition["states"] if "step" in s)
    return ", ".join("`%s`" % n for n in names if n.split(".")[1] in verbs)


def does(state):
    """What entering the state sends, starts, opens, books and tells."""
    parts = ["`%s`" % state["step"]] if "step" in state else []
    if "waits_ms" in state:
        waits = "waits " + ", then ".join(span(ms) for ms in state["waits_ms"])
        parts.append(waits + ("; overdue after %d times" % state["repeats_max"] if "repeats_max" in state else ""))
    if "task" in state:
        parts.append("a person within %s (%s): %s" % (span(state["task_due_ms"]), state["task"], state["asks"]))
    parts += [words for name, words in BOOKS.items() if name in state]
    if "notice" in state: parts.append("notice `%s`" % state["notice"])
    if "becomes" in state: parts.append("becomes `%s`, there `%s`" % (state["becomes"], state["becomes_state"]))
    return "; ".join(parts)


def leads_on(moves):
    """In the order in which they are tried; what leads to the same state in a row stands together."""
    groups = []
    for move in moves:
        if not groups or groups[-1][0] != move["to"]: groups.append((move["to"], {}))
        groups[-1][1].setdefault(move["on"], []).append(move.get("seen", ""))
    return "; ".join("%s → `%s`" % (", ".join(trigger(on, seen) for on, seen in group.items()), to) for to, group in groups)


def trigger(on, seen):
    return on if seen == [""] else "%s (%s)" % (on, "/".join(s or "any" for s in seen))


def machine(definition):
    yield "| state | phase | on entering | leads on |\n|---|---|---|---|\n"
    for s in definition["states"]:
        yield "| `%s`: %s | %s | %s | %s |\n" % (s["name"], s["says"], s["phase"], does(s), leads_on(s["moves"]) or "**over**")
    for states, moves in (("any that says nothing else of it, from undoing on", "moves_while_undoing"), ("any that says nothing else of it and is not over", "moves")):
        if definition[moves]: yield "| *%s* | | | %s |\n" % (states, leads_on(definition[moves]))


def found(definition):
    events = ", ".join("`%s`" % e for e in definition["events"])
    return definition["found"] + (" (%s)" % events if events else "")


def facts(definition):
    yield "found", found(definition)
    yield "object", "`%s`" % definition["object"]
    yield "contained by", operations(definition, "contain")
    yield "undone by", operations(definition, "undo")
    yield "looked at by", operations(definition, "read_state", "probe", "find_effects")
    yield "taken back by", "`%s`%s" % (definition["release"], ", and with it what was undone" if "release_undoes" in definition else "") if "release" in definition else ""
    yield "verified means", definition["undone"]
    yield "too late", definition["too_late"]
    yield "confirmed by", definition["confirmers"]
    yield "undone only after", "`%s` of the same charge or event" % definition["waits_for"] if "waits_for" in definition else ""
    words = {"always": "looked after in every incident", "loses": "its amount is the owner's loss", "holds_order": "held at the gate from the moment it is found"}
    yield "besides", "; ".join(text for name, text in words.items() if name in definition)


def section(names, what, definition):
    yield "\n### %s %s\n%s.\n\n| | |\n|---|---|\n" % (definition["code"], " ".join(names), what[0].upper() + what[1:])
    for name, text in facts(definition):
        if text: yield "| %s | %s |\n" % (name, text)
    yield "\n"
    yield from machine(definition)


def page(definitions):
    effects, sweeps = [d for d in definitions if d["code"] != "S"], [d for d in definitions if d["code"] == "S"]
    yield "| code | effect | what it is | confirmed by |\n|---|---|---|---|\n"
    for d in effects: yield "| %s | [`%s`](#%s-%s) | %s | %s |\n" % (d["code"], d["kind"], d["code"].lower(), d["kind"], d["what"], d["confirmers"])
    for d in effects: yield from section([d["kind"]], d["what"], d)
    # The five are one machine, each for its own system.
    def common(d): return json.dumps(d).replace(d["kind"].removeprefix("sweep_"), "SYSTEM")
    if len({common(d) for d in sweeps}) != 1: sys.exit("the sweeps are not one machine any more: give each its own section")
    yield from section(["sweep_SYSTEM"], "what else happened in one of: " + ", ".join(d["kind"].removeprefix("sweep_") for d in sweeps), json.loads(common(sweeps[0])))


definitions = [json.loads(line) for line in told("--json").splitlines()]
listed = [line.split()[1] for line in told().splitlines()]
problems = []
if listed != [d["kind"] for d in definitions]: problems.append("the list and the JSON disagree")
for d in definitions:
    text = told(d["kind"])
    problems += ["`hikeshi effects %s` does not tell of %s" % (d["kind"], s["name"]) for s in d["states"] if "\n  %s: %s\n" % (s["name"], s["says"]) not in text]
unknown = subprocess.run([HIKESHI, "effects", "nothing"], capture_output=True)
if unknown.returncode != 2 or unknown.stdout: problems.append("an effect that does not exist is not refused")

text = open(PATH).read()
before, rest = text.split(BEGIN)
current = before + BEGIN + "".join(page(definitions)) + END + rest.split(END)[1]
if sys.argv[1:] == ["--write"]: open(PATH, "w").write(current)
elif text != current: problems.append(PATH + " is not current: run tests/regress/the-effects-reference-is-current.sh --write")
print("\n".join(problems) or "the effects reference is current")
sys.exit(bool(problems))
PYTHON
