#!/bin/sh
# Promise: what the owner would be told of an incident can be read beforehand: what was seen, done and paid, from the rows of the response, in each language with the same
# figures, with no link and no telephone number; a language of one's own is a file, which is refused with its place where it is not whole.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import re, time
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

def notice(*words):
    done = subprocess.run([HIKESHI, "notice", *words], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr

def preview(*options): return notice("preview", incident, "--data", d.at("data"), *options)

seen = time.gmtime(night.now - 300 + 9 * 3600)
told = {}
for language, wanted in (("en", ["50,000 yen", "500 yen", "those messages are genuine", time.strftime("%Y-%m-%d %H:%M", seen)]),
                         ("ja", ["50,000円", "500円", "そのメールは本物", time.strftime("%Y年%m月%d日 %H:%M", seen)])):
    status, told[language], err = preview("--language", language, "--offset", "+09:00")
    expect(status == 0, "%s: %s" % (language, err))
    for what in wanted + [incident, "0000-0000"]: expect(what in told[language], "%s says %s:\n%s" % (language, what, told[language]))
    expect(not re.search(r"https?:|://|www\.|\w@\w|\w\.(com|jp|net|org|example)\b|mailto|tel:", told[language]), "no link in\n" + told[language])
    expect(not re.search(r"(\d[-() ]?){9,}", re.sub(r"\d{4}(-|年)\d\d(-|月)\d\d日? \d\d:\d\d", "", told[language])), "no telephone number in\n" + told[language])
figures = lambda text: sorted(re.findall(r"\d+,\d{3}|\b500\b|500(?=円)", text))
expect(figures(told["en"]) == figures(told["ja"]), "the same figures: %s %s" % (figures(told["en"]), figures(told["ja"])))

status, out, err = preview("--subject", "parcel_coming", "--language", "pt")
expect(status == 0 and "refuse it at the door" in out, "English where there is no such language: %s" % err)
for options, what in ((("--subject", "exhausted"), "the owner is told nothing by that name"), (("--offset", "nine"), "is no offset"),
                      (("--phrases", d.at("nothing.txt")), "cannot read the phrases")):
    status, out, err = preview(*options)
    expect(status == 2 and what in err and not out, "%s: %d %s" % (what, status, err))
status, out, err = notice("preview", "inc_999999", "--data", d.at("data"))
expect(status == 2 and "inc_999999" in err, "an unknown incident is said to be none: %s" % err)

status, listed, _ = notice("phrases")
own = "language = xx\n" + "".join("[%s]\nX-%s %s\n" % (n, n, " ".join("{%s}" % p for p in rest)) for n, *rest in (line.split() for line in listed.splitlines()))
status, out, err = preview("--phrases", d.write("xx.txt", own))
expect(status == 0 and "X-first.text" in out and "X-what.order" in out and "50,000" in out, "a language of one's own: %d %s %s" % (status, err, out))
status, out, err = preview("--phrases", d.write("xx.txt", own.replace("[what.order]", "[what.odour]")))
expect(status == 2 and re.search(r"xx.txt:\d+:\d+", err) and "there is no such phrase" in err, "refused with its place: %d %s" % (status, err))
expect(server.stop() == 0, "the server ends well")
end("an owner is told in his language")
PYTHON
