#!/bin/sh
# Promise: over HTTP a report comes as PDF, too: the very file that `hikeshi report` prints, with the same words as on the page, to whoever may read the page and nobody else; an issuer pack too. While
# it is printed decisions are answered, whoever goes away leaves nothing behind, what has not changed is neither printed nor sent again, and a server that is told to stop sends what was asked for.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import re, shutil, struct
from serving import *

SHOP = "a-shops-key-of-its-own"
d = Directory()
d.write("ahead", "\0" * 8)
def ahead(hours):
    with open(d.at("ahead"), "r+b") as f: f.write(struct.pack("<q", hours * 3600000))
made = subprocess.run([HIKESHI, "key", "new", "shop", "--scopes", "events:write", "--file", d.at("keys")], capture_output=True, text=True, timeout=30)
shop_key = re.search(r"hik_\w+|[0-9A-Za-z_-]{32,}", made.stdout)[0]
shutil.copytree("rules", d.at("policy"))
with open(d.at("policy/policy.toml"), "a") as f: f.write('\n[notify.issuer_pack]\nmerchant = "By the policy"\ndescriptor = "POLICY*SHOP"\n')
server = Server(d, "--clock", d.at("ahead"), "--policy", d.at("policy"))
night = Night(server)
ORDERS = 60
night.tell(1, "login", 90000, False)
night.tell(2, "login", 3000, True)
for i in range(ORDERS):
    night.tell(100 + i, "order_placed", 2900 - i, True, order={"id": "o<%d>" % i, "amount_minor": 500 + i, "currency": "JPY", "charge": "c%d" % i, "kind": "physical"})
incident = night.tell(3, "owner_statement", 5, False, about="e2", says="not_mine", via="app")["incident"]
path = "/v1/reports/" + incident
expect(ask(server, "GET", path + "?format=pdf")[0] == 404, "there is none before it is written")
ahead(25)
expect(wait_until(lambda: ask(server, "GET", path)[0] == 200, 120), "it is written after a day")
told = ask(server, "GET", path)[1]
expect(told["version"] == 1, "the first version: %s" % str(told)[:100])

def get(query, **options):
    talk = server.connect().send(request("GET", path + query, **options))
    answer = talk.answer()
    talk.close()
    return answer

# The same file as from the command, and the same words as on the page.
status, headers, pdf = get("?format=pdf")
expect(status == 200 and headers["content-type"] == "application/pdf" and pdf.startswith(b"%PDF-1.5") and pdf.endswith(b"%%EOF\n"), "a PDF: %d %s" % (status, headers))
expect(headers["cache-control"] == "no-store" and 'filename="report-%s-1.pdf"' % incident in headers["content-disposition"], "its head: %s" % headers)
ran = subprocess.run([HIKESHI, "report", incident, "--data", d.at("data"), "--version", "1", "--pdf", d.at("command.pdf")], capture_output=True, text=True, timeout=60)
expect(ran.returncode == 0, "the command: %s" % ran.stderr)
with open(d.at("command.pdf"), "rb") as f: expect(f.read() == pdf, "the same file")
with open(d.at("http.pdf"), "wb") as f: f.write(pdf)
ran = subprocess.run(["pdftotext", "-raw", d.at("http.pdf"), "-"], capture_output=True, text=True, timeout=60)
text = re.sub(r"\s+", "", ran.stdout)
expect(ran.returncode == 0 and not ran.stderr, "pdftotext: %s" % ran.stderr)
seen = 0
for block in told["report"]["blocks"]:
    for row in [[block.get("heading") or block.get("paragraph") or ""], *block.get("rows", [])]:
        for cell in row:
            for word in cell.split(): expect(re.sub(r"\s+", "", word) in text, "on paper: %s" % word)
            seen += 1
expect(seen > ORDERS, "cells: %d" % seen)

# Who may not read the page may not have the paper.
for key, wanted in ((None, 401), ("wrong", 401), (shop_key, 403)):
    for form in ("html", "pdf"): expect(get("?format=" + form, key=key)[0] == wanted, "%s with %s: %d" % (form, key and "a key", wanted))

# What has not changed is not sent again.
status, again, body = get("?format=pdf", extra="if-none-match: %s\r\n" % headers["etag"])
expect(status == 304 and again["etag"] == headers["etag"] and not body and "content-length" not in again, "not sent again: %d %s" % (status, again))
def figures():
    return {m[1]: float(m[2]) for m in re.finditer(r"^(hikeshi_print\w+) (\S+)$", ask(server, "GET", "/metrics")[1], re.M)}
before = figures()
expect(before["hikeshi_printed_total"] == 1, "printed once: %s" % before)
expect(get("?format=pdf")[2] == pdf, "kept")
now = figures()
expect(now["hikeshi_printed_total"] == 1 and now["hikeshi_printed_kept_total"] == before["hikeshi_printed_kept_total"] + 1, "and not printed again: %s" % now)

# A second version; many ask at once, some go away, and decisions are answered all the while.
night.tell(4, "order_placed", 1, True, order={"id": "late", "amount_minor": 900, "currency": "JPY", "charge": "late", "kind": "physical"})
ahead(51)
expect(wait_until(lambda: ask(server, "GET", path)[1]["version"] == 2, 120), "another version")
talks = [server.connect().send(request("GET", path + "?format=pdf")) for _ in range(30)]
for talk in talks[::3]: talk.close()
for i in range(20): night.tell(1000 + i, "login", 0, False)
files = {talk.answer()[2] for i, talk in enumerate(talks) if i % 3}
expect(len(files) == 1 and files != {pdf} and files.pop().startswith(b"%PDF"), "all have the same, and another than before")
expect(get("?format=pdf&version=1")[2] == pdf, "the one before stays as it was")
now = figures()
expect(now["hikeshi_printed_total"] <= 3 and now["hikeshi_printing"] == 0, "each printed once: %s" % now)

# Of a charge there is a pack for its issuer, in the same forms as from the command, with what only the merchant knows.
def pack(key=KEY, **asked):
    talk = server.connect().send(request("POST", "/v1/issuer-packs/" + incident, json.dumps(asked), key=key))
    answer = talk.answer()
    talk.close()
    return answer
known = {"merchant": "Example Shop", "merchant_id": "M-1", "descriptor": "EXAMPLE", "card_last4": "4242"}
d.write("known.toml", "".join('%s = "%s"\n' % one for one in known.items()))
ran = subprocess.run([HIKESHI, "report", incident, "--data", d.at("data"), "--issuer-pack", "c7", "--known", d.at("known.toml"), "--json"], capture_output=True, text=True, timeout=60)
status, headers, body = pack(charge="c7", **known)
mine, theirs = json.loads(body), json.loads(ran.stdout)
expect(status == 200 and mine.pop("made") and theirs.pop("made") and mine == theirs, "the same as from the command: %s %s" % (body, ran.stderr))
expect(json.loads(pack(charge="c7", merchant_id="M-2")[2])["merchant"] == {"name": "By the policy", "id": "M-2", "descriptor": "POLICY*SHOP"}, "the policy names the merchant")
status, headers, body = pack(charge="c7", language="ja", format="pdf", **known)
expect(status == 200 and headers["content-type"] == "application/pdf" and headers["cache-control"] == "no-store", "a pack on paper: %s" % headers)
with open(d.at("pack.pdf"), "wb") as f: f.write(body)
text = re.sub(r"\s+", "", subprocess.run(["pdftotext", "-raw", d.at("pack.pdf"), "-"], capture_output=True, text=True, timeout=60).stdout)
for what in ("ExampleShopは次のとおり申し述べます", "4242", "507円"): expect(what in text, "the pack says %s: %s" % (what, text))
status, headers, body = pack(charge="c7", format="html", language="en")
expect(status == 200 and b'<html lang="en">' in body and "default-src 'none'" in headers["content-security-policy"], "as a page")
for wanted, says, asked in ((404, "has no charge 'c9999'", {"charge": "c9999"}), (400, "nothing of a pack is called 'pan'", {"charge": "c7", "pan": "4242424242424242"}),
                            (400, "more than four digits", {"charge": "c7", "card_last4": "4242424242424242"}), (400, "no charge was named", {}),
                            (400, "this is no format", {"charge": "c7", "format": "doc"}), (400, "must be a text", {"charge": 7})):
    status, headers, body = pack(**asked)
    expect(status == wanted and says in body.decode() and b"42424242" not in body, "%s: %d %s" % (asked, status, body))
expect(pack(key=shop_key, charge="c7")[0] == 403 and pack(key=None, charge="c7")[0] == 401, "not for everybody")

# HEAD counts and sends nothing; the connection goes on.
talk = server.connect().send(request("HEAD", path + "?format=pdf"))
head = talk.until(b"\r\n\r\n").decode().lower()
expect("content-length:" in head and "200 ok" in head, "HEAD: %s" % head)
expect(talk.send(request("GET", "/healthz")).answer()[0] == 200, "and goes on")
talk.close()

expect(server.stop() == 0, "the server ends well: %s" % server.said())

# After a start the same file again: nothing of it depends on the process. And a server that is told to stop sends what it was asked for.
server = Server(d, "--clock", d.at("ahead"))
expect(get("?format=pdf&version=1")[2] == pdf, "the same after a start")
talk = server.connect().send(request("GET", path + "?format=pdf"))
expect(wait_until(lambda: figures()["hikeshi_printing"] == 1 or figures()["hikeshi_printed_total"] == 2), "it is asked for")
server.process.send_signal(signal.SIGTERM)
expect(talk.answer()[0] == 200, "what was asked for is sent before the end")
expect(server.process.wait(timeout=60) == 0, "the server ends well: %s" % server.said())
end("a report is printed and nobody waits")
PYTHON
