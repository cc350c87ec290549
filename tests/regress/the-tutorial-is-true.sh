#!/bin/sh
# Promise: whoever types what docs/tutorial/first-event.md says, sees what it says: the decision, the status and whether an incident is open.
# It runs the page's own commands against the demo's server and compares each answer with the one that is printed below the command.
set -eu
cd "$(dirname "$0")/../.."
hikeshi=$(realpath "${HIKESHI:-build/hikeshi}")
page=$(realpath docs/tutorial/first-event.md)
scratch=$(mktemp -d)
cd "$scratch"
"$hikeshi" demo >demo.log 2>&1 </dev/null &
demo=$!
trap 'kill "$demo" 2>/dev/null; wait "$demo" 2>/dev/null || :; rm -rf "$scratch"' EXIT
for _ in $(seq 300); do grep -q 'stays up' demo.log && break; kill -0 "$demo" || break; sleep 0.1; done
SERVER=$(grep -o 'http://127.0.0.1:[0-9]*' demo.log | head -n 1) KEY=$(grep -o 'demo-[0-9a-f]*' demo.log | head -n 1)
[ -n "$SERVER" ] && [ -n "$KEY" ] || { cat demo.log; echo "the demo's server did not stay up"; exit 1; }
export SERVER KEY
python3 - "$page" <<'END'
import re
import subprocess
import sys

blocks = re.findall(r"```(\w+)\n(.*?)```", open(sys.argv[1], encoding="utf-8").read(), re.S)
told = re.compile(r'"(decision|status|incident|event)":("[a-z]+"|\d+|null|"my-\d+"|"inc_)')
commands, compared, wrong = "", 0, []
for i, (language, text) in enumerate(blocks):
    if language != "sh":
        continue
    commands += text  # a command may need what an earlier one defined or wrote
    mark = f"echo mark-{i}\n"
    commands += mark
run = subprocess.run(["sh", "-eu"], input=commands, capture_output=True, text=True)
answers = re.split(r"mark-(\d+)\n", run.stdout)
answers = {int(number): text for text, number in zip(answers[0::2], answers[1::2])}
for i, (language, text) in enumerate(blocks):
    if language != "json":
        continue
    compared += 1
    wanted, got = told.findall(text), told.findall(answers.get(i - 1, ""))
    if wanted != got:
        wrong.append(f"the page says {wanted}\n       it was {got}\n{blocks[i - 1][1]}{answers.get(i - 1, run.stderr)}")
print("\n".join(wrong) or f"{compared} answers are as printed")
sys.exit(bool(wrong) or compared < 5 or run.returncode)
END
