#!/bin/sh
# Promise: a change of a policy can be read, and priced by what happened, before it is made; and a wrong question gets a clear answer.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import shutil
from serving import *

d = Directory()

def run(*arguments, **options):
    return subprocess.run([HIKESHI, *arguments], capture_output=True, text=True, timeout=120, **options)

def edit(name, old, new):
    with open(d.at("new/" + name)) as f: text = f.read()
    expect(old in text, "%s has %s" % (name, old))
    with open(d.at("new/" + name), "w") as f: f.write(text.replace(old, new, 1))

shutil.copytree("rules", d.at("old"))
shutil.copytree("rules", d.at("new"))
edit("policy.toml", "cancel_score = 950", "cancel_score = 900")
edit("policy.toml", "challenge = 800", "challenge = 1")
edit("stuffing_hit.rule", "ip_accounts_24h >= 30", "ip_accounts_24h >= 20")
edit("policy.toml", "version = 1", "version = 2")
os.remove(d.at("new/tor_never_used.rule"))
with open(d.at("new/lists/office_networks.txt"), "a") as f: f.write("203.0.113.0/24\n")

# -- diff and test
told = run("rules", "diff", d.at("old"), d.at("new"))
for what in ("default@1 -> default@2", "login                            all     challenge  800 -> 1", "response.cancel_score", "stuffing_hit: changed",
             "tor_never_used: removed", "+ 203.0.113.0/24"):
    expect(what in told.stdout, "the difference is told: %s: %s" % (what, told.stdout))
whole = json.loads(run("rules", "diff", d.at("old"), d.at("new"), "--json").stdout)
expect({r["name"]: r["change"] for r in whole["rules"]} == {"stuffing_hit": "changed", "tor_never_used": "removed"}, "rules: %s" % whole["rules"])
expect(whole["lists"] == [{"name": "lists/office_networks.txt", "removed": [], "added": ["203.0.113.0/24"]}], "lists: %s" % whole["lists"])
back = json.loads(run("rules", "diff", d.at("new"), d.at("old"), "--json").stdout)
expect(back["differences"] == whole["differences"] and back["lists"][0]["removed"] == ["203.0.113.0/24"], "the way back is the mirror")
expect("say the same" in run("rules", "diff", d.at("old"), d.at("old")).stdout, "a policy is like itself")
expect("examples hold" in run("rules", "test", d.at("new")).stdout, "the examples are run")
edit("stuffing_hit.rule", "ip_accounts_24h >= 20", "ip_accounts_24h >= 2000")
broken = run("rules", "test", d.at("new"))
expect(broken.returncode == 2 and "stuffing_hit.rule:" in broken.stderr, "an example that does not hold is named: %s" % broken.stderr)
edit("stuffing_hit.rule", "ip_accounts_24h >= 2000", "ip_accounts_24h >= 20")
for wrong in (["rules"], ["rules", "price"], ["rules", "diff", d.at("old")], ["rules", "test"], ["rules", "test", d.at("nowhere")]):
    expect(run(*wrong).returncode == 2, "%s is refused" % wrong)
end("a change of policy has a price")
PYTHON
