#!/bin/sh
# Promise: of an incident anybody can read which legal clocks run and until when, and a draft of what each asks for: marked as a draft in its first and last line, with facts from
# the records only, in Japanese for Japan; what the records do not tell is to be filled in. A policy that names a clock which there is not is refused by `hikeshi check`.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import datetime, re, shutil, time, urllib.parse
from serving import *

d = Directory()
server = Server(d)
night = Night(server)
tell = night.tell
tell(1, "login", 90000, False)
tell(2, "login", 300, True)
tell(3, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c1")
tell(4, "order_placed", 260, True, order={"id": "o1", "amount_minor": 500, "currency": "JPY", "charge": "c2", "kind": "physical"})
incident = tell(5, "owner_statement", 5, False, about="e2", says="not_mine", via="app")["incident"]

def clock(*words):
    done = subprocess.run([HIKESHI, "clock", *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr

status, listed, err = clock("list")
names = re.findall(r"^([a-z]\w+) +\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d ", listed, re.M)
expect(status == 0 and len(names) >= 14 and "gdpr_33" in names, "the list has every clock with its due: %s %s" % (names, err))
expect(listed.count("    note: ") >= len(names), "and what is not sure")
status, listed, err = clock("list", incident, "--data", d.at("data"))
expect(status == 0 and re.search(r"gdpr_33 .*\n.*\n.*\n    runs: somebody else was inside", listed), "of an incident, which run: %s %s" % (listed[:900], err))
expect(re.search(r"us_tx_ag .*\n.*\n.*\n    does not run: ", listed) and re.search(r"gdpr_34 .*\n.*\n.*\n    counsel decides: ", listed), "which do not, and which counsel decides:\n" + listed)

for name in names:
    for language, mark, fill in (("en", "*** DRAFT FOR COUNSEL", "[to be filled in: "), ("ja", "*** 弁護士確認用の案", "［要記入：")):
        status, draft, err = clock("draft", incident, name, "--language", language, "--data", d.at("data"))
        lines = draft.strip().split("\n")
        if language == "ja" and not name.startswith("appi"): mark, fill = "*** DRAFT FOR COUNSEL", "[to be filled in: "
        expect(status == 0 and lines[0].startswith(mark) and lines[-1] == lines[0], "%s is marked as a draft in %s: %s %s" % (name, language, draft[:200], err))
        expect(incident in draft and fill in draft and "{" not in draft, "%s in %s has its case and leaves what is not known to be filled in:\n%s" % (name, language, draft))

tokyo = lambda ago: time.strftime("%Y-%m-%d %H:%M +09:00", time.gmtime(int(night.now - ago) + 9 * 3600))
status, draft, err = clock("draft", incident, "appi_final", "--language", "ja-JP", "--data", d.at("data"))
for what in (tokyo(260) + "  注文", "500 JPY", "50,000 JPY", "最初の確認：" + tokyo(300), "50,500 JPY"): expect(what in draft, "the draft has %s:\n%s" % (what, draft))
expect("198.51.100.9" not in draft and tokyo(90000) not in draft, "and nothing of the owner's own:\n" + draft)
status, draft, err = clock("draft", incident, "ca_sb446_ag", "--told", "2026-03-01T17:00:00Z", "--data", d.at("data"))
expect(status == 0 and "Due: 2026-03-16 10:00 -07:00" in draft, "counted from when the persons were told: %s %s" % (draft[:900], err))

for words, what in ((("draft", incident, "gpdr_33"), "there is no clock 'gpdr_33'"), (("draft", "inc_999999", "gdpr_33"), "inc_999999"), (("draft", incident), "say `clock list`"),
                    (("draft", incident, "gdpr_33", "--told", "today"), "is no time"), ((), "say `clock list`")):
    status, out, err = clock(*words, "--data", d.at("data"))
    expect(status == 2 and what in err and not out, "%s is refused: %d %s" % (words, status, err))

shutil.copytree("rules", d.at("policy"))
def check(clocks):
    text = open("rules/policy.toml").read()
    text = re.sub(r"^clocks = .*$", "clocks = [%s]" % clocks, text, flags=re.M) if re.search("^clocks = ", text, re.M) else text + "\n[notify]\nclocks = [%s]\n" % clocks
    with open(d.at("policy/policy.toml"), "w") as f: f.write(text)
    done = subprocess.run([HIKESHI, "check", "--policy", d.at("policy")], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr
expect(check('"gdpr_33", "appi_final"')[0] == 0, "a policy may name clocks: %s" % check('"gdpr_33"')[1])
status, err = check('"gdpr_33", "gdpr_35"')
expect(status == 2 and "there is no clock 'gdpr_35'" in err, "one that there is not is refused: %d %s" % (status, err))
expect(server.stop() == 0, "the server ends well")

# The clocks that a policy names are tasks of a person from the first minute, each with its due; a false alarm takes them back.
d = Directory()
shutil.copytree("rules", d.at("policy"))
with open(d.at("policy/policy.toml"), "a") as f: f.write('\n[notify]\nclocks = ["gdpr_33", "appi_preliminary", "us_tx_ag"]\n')
server = Server(d, "--policy", d.at("policy"))
night = Night(server)
night.tell(1, "login", 90000, False)
night.tell(2, "login", 300, True)
night.tell(3, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c1")
incident = night.tell(4, "owner_statement", 5, False, about="e2", says="not_mine", via="app")["incident"]
filings = lambda: [t for t in ask(server, "GET", "/v1/responses/%s" % incident)[1]["tasks"] if t["kind"] == "file"]
expect(wait_until(lambda: len(filings()) == 2), "each that runs is a task: %s" % filings())
by_name = {t["id"].rsplit("-", 1)[1]: t for t in filings()}
expect(set(by_name) == {"gdpr_33", "appi_preliminary"}, "and no other: %s" % by_name)
opened, due = (datetime.datetime.fromisoformat(by_name["gdpr_33"][k].replace("Z", "+00:00")) for k in ("opened", "due"))
expect(abs((due - opened).total_seconds() - 72 * 3600) < 60, "within 72 hours: %s" % by_name["gdpr_33"])
expect("hikeshi clock draft %s gdpr_33" % incident in by_name["gdpr_33"]["asks"], "it says where the draft is")
task = urllib.parse.quote(by_name["gdpr_33"]["id"], safe="")
status, body = ask(server, "POST", "/v1/tasks/%s" % task, json.dumps({"decision": "filed"}))
expect(status == 200, "counsel answers: %s %s" % (status, body))
expect(wait_until(lambda: [t["state"] for t in filings() if t["id"] == by_name["gdpr_33"]["id"]] == ["closed"]), "and it is closed: %s" % filings())
status, body = ask(server, "POST", "/v1/decisions", json.dumps({"specversion": "1.0", "id": "v1", "source": "desk", "type": "analyst_verdict", "subject": "a1",
    "time": night.stamp(1), "data": {"incident": incident, "verdict": "false_alarm", "reason": "it was he"}}))
expect(status == 200, "an analyst judges: %s %s" % (status, body))
expect(wait_until(lambda: {t.get("outcome") for t in filings()} == {"filed", "withdrawn"}), "a false alarm leaves nothing to be filed: %s" % filings())
expect(server.stop() == 0, "the server ends well")
end("a clock is drafted for counsel")
PYTHON
