#!/bin/sh
# Promise: `hikeshi bench --json` prints its figures, their goals and the machine's calibration as one JSON object in its last line; and the
# server that it kills under load has lost nothing that was acknowledged. No figure of speed is judged here.
set -u
cd "$(dirname "$0")/../.."
hikeshi=${HIKESHI:-build/hikeshi}
page=$(mktemp) && trap 'rm -f "$page"' EXIT
for section in replay recovery; do
    "$hikeshi" bench --quick --accounts 2000 --section "$section" --json --markdown "$page" 2>/dev/null | tail -n 1 || exit 1
done | python3 -c '
import json, sys
replay, recovery = (json.loads(line) for line in sys.stdin)
problems = []
def expect(sentence, truth):
    if not truth: problems.append(sentence)
expect("it says how many accounts", replay["accounts"] == 2000)
expect("the machine has cores and a file system", replay["machine"]["cores"] >= 1 and replay["machine"]["file_system"])
for name in "syscall_ns", "dependent_read_ns", "fdatasync_p50_us", "loopback_p50_us":
    expect("the calibration has " + name, replay["calibration"]["before"][name] > 0)
figure = replay["figures"]["replay_per_second"]
expect("a figure has what was reached, its goal and whether it holds", figure["reached"] > 0 and figure["goal"] == 700000 and "holds" in figure)
expect("only the section that was asked for", "recovery_seconds" not in replay["figures"])
expect("kill -9 under load loses nothing that was acknowledged", recovery["figures"]["recovery_lost"]["reached"] == 0)
print("\n".join(problems) or "figures, goals and machine are told")
sys.exit(bool(problems))
' && grep -q '^| acknowledged decisions lost by it | <= 0 | 0 | reached |' "$page"
