#!/bin/sh
# Promise: the detailed report of an incident says the same on a page, on paper and to programs, in each language: as PDF every font is in it, every word can be copied out, its
# structure and language are marked; as HTML nothing in it runs; its digest stays as long as nothing has changed, and does not when something has. Of each charge the issuer of the card gets what is known, and nothing that is not.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import html.parser, re, shutil, time
from serving import *

d = Directory()
server = Server(d)
night = Night(server)
tell = night.tell

tell(1, "login", 90000, False)
tell(2, "login", 300, True)
tell(3, "balance_topped_up", 280, True, amount_minor=50000, currency="JPY", charge="c1")
tell(4, "order_placed", 260, True, order={"id": "o<1>", "amount_minor": 500, "currency": "JPY", "charge": "c2", "kind": "physical"})
incident = tell(5, "owner_statement", 5, False, about="e2", says="not_mine", via="app")["incident"]

def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr

def report(*options): return run(HIKESHI, "report", incident, "--data", d.at("data"), "--offset", "+09:00", *options)

class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text, self.language = [], [], [], None
        self.feed(text)
    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "html": self.language = dict(attributes)["lang"]
        if tag != "meta": self.open.append(tag)
    def handle_endtag(self, tag): expect(self.open and self.open.pop() == tag, "</%s> ends what was begun" % tag)
    def handle_data(self, data): self.text.append(data)

def words(text): return re.sub(r"\s+", "", text)
def cells(document):
    for block in document["blocks"][1:]: # the first is case, version and date: that moves on
        for name in ("heading", "paragraph", "table"):
            if name in block: yield block[name]
        yield from block.get("list", [])
        for row in [block.get("head", [])] + block.get("rows", []) + block.get("totals", []): yield from row

def digest(): return json.loads(report("--language", "en", "--json")[1])["digest"]
def settle():
    for _ in range(60):
        before = digest()
        time.sleep(0.5)
        if digest() == before: return before
    expect(False, "the report comes to rest")

settle() # nobody answers for the shop's systems, so that people have it all within a second
seen = time.strftime("%Y-%m-%d %H:%M", time.gmtime(night.now - 300 + 9 * 3600))
for language, wanted in (("en", ["50,000 yen", "right password", "An order of goods"]), ("ja", ["50,000円", "正しいパスワード", "商品の注文", "どのように入られたか"])):
    status, out, err = report("--language", language, "--json")
    expect(status == 0, "%s: %s" % (language, err))
    told = json.loads(out)
    expect(told["incident"] == incident and told["version"] == 1 and re.fullmatch("[0-9a-f]{32}", told["digest"]), "named: %s" % out[:200])
    everything = list(cells(told["document"]))
    for what in wanted + [seen]: expect(any(what in c for c in everything), "%s says %s" % (language, what))

    status, page, err = report("--language", language, "--html")
    page = Page(page)
    expect(status == 0 and not page.open and page.language == language, "the page is whole: %s %s" % (page.open, err))
    expect(not {"script", "img", "link", "iframe", "form", "a"} & set(page.tags), "nothing runs, nothing is fetched: %s" % set(page.tags))
    expect({"h1", "h2", "table", "caption", "th", "td", "ul", "li"} <= set(page.tags), "it has a structure: %s" % set(page.tags))

    at = d.at("%s.pdf" % language)
    status, out, err = report("--language", language, "--pdf", at)
    pages = re.search(r"(\d+) pages", out)
    expect(status == 0 and pages, "printed: %s%s" % (out, err))
    status, facts, err = run("pdfinfo", at)
    expect(re.search(r"Pages: +%s\n" % pages[1], facts) and re.search(r"Tagged: +yes", facts) and "A4" in facts, "the pages: %s%s" % (facts, err))
    expect(re.search(r"Title: +" + told["document"]["title"], facts), "its title: %s" % facts)
    status, structure, err = run("pdfinfo", "-struct", at)
    for tag in ("H1", "H2", "P", "Table", "TR", "TH", "TD", "L", "LI"): expect(re.search(r"^ *%s\b" % tag, structure, re.M), "tagged as %s" % tag)
    with open(at, "rb") as f: expect(b"/Lang (%s)" % language.encode() in f.read(), "its language is named")
    status, fonts, err = run("pdffonts", at)
    lines = [line.split() for line in fonts.splitlines()[2:]]
    expect(lines and all(line[-5:-2] == ["yes"] * 3 for line in lines), "every font is in it:\n" + fonts)
    status, text, err = run("pdftotext", "-raw", at, "-")
    expect(status == 0 and not err, "pdftotext: %s" % err)
    for page_number in range(1, int(pages[1]) + 1): expect(re.search(r" %d$" % page_number, text, re.M), "page %d has its number" % page_number)
    text = words(text)
    for cell in everything:
        pieces = words(cell) in text or all(words(p) in text for p in cell.split()) # a cell that goes on over the page
        expect(pieces, "the paper has: %s" % cell)
    on_page = words("".join(page.text))
    for cell in everything: expect(words(cell) in on_page, "the page has: %s" % cell)

# The owner's own language and zone are known where his clients told them; nobody has here, so English.
status, out, err = run(HIKESHI, "report", incident, "--data", d.at("data"))
expect(status == 0 and "What happened in your account" in out and "UTC+00:00" in out, "as text: %s" % err)

# What an issuer needs of a charge, so that the owner need not carry it.
known = d.write("known.toml", 'merchant = "Example Shop"\nmerchant_id = "M-1"\ncard_last4 = "4242"\n')
status, out, err = report("--issuer-pack", "c1", "--known", known, "--json")
expect(status == 0, "a pack: %s" % err)
pack = json.loads(out)
expect(pack["statement"] == "unauthorised_by_account_holder" and pack["request"] == "release" and pack["merchant"] == {"name": "Example Shop", "id": "M-1"} and
       pack["card"] == {"last4": "4242"} and pack["charge"]["id"] == "c1" and pack["charge"]["amount_minor"] == 50000 and
       [a["kind"] for a in pack["acts"]] == ["balance_topped_up"] and "check_code" not in pack, "what is known, and no more: %s" % out)
status, out, err = report("--issuer-pack", "c1", "--known", known, "--language", "ja", "--pdf", d.at("pack.pdf"))
text = words(run("pdftotext", "-raw", d.at("pack.pdf"), "-")[1])
for what in ("Example Shopは次のとおり申し述べます", "4242", "50,000円", "確保の解除をお願いいたします"): expect(words(what) in text, "the pack says %s: %s" % (what, text))
for options, what in ((("--issuer-pack", "c9"), "has no charge 'c9'"), (("--issuer-pack", "c1", "--known", d.at("nothing.toml")), "cannot read what is known"),
                      (("--issuer-pack", "c1", "--known", d.write("odd.toml", 'pan = "4242424242424242"\n')), "nothing of a charge is called 'pan'"),
                      (("--issuer-pack", "c1", "--known", d.write("long.toml", 'card_last4 = "4242424242424242"\n')), "more than four digits")):
    status, out, err = report(*options)
    expect(status == 2 and what in err and not out, "%s: %d %s" % (what, status, err))

# What is so of every charge a policy says once, for the packs that go out by themselves; what is of one charge it does not take.
shutil.copytree("rules", d.at("policy"))
def check(lines):
    shutil.copy("rules/policy.toml", d.at("policy/policy.toml"))
    with open(d.at("policy/policy.toml"), "a") as f: f.write("\n[notify]\nissuer = true\n" + lines)
    return run(HIKESHI, "check", "--policy", d.at("policy"))
merchant = 'merchant = "Example Shop"\nmerchant_id = "M-1"\n'
status, out, err = check("[notify.issuer_pack]\n" + merchant)
expect(status == 0 and "merchant_id" not in out, "a policy says who the merchant is: %s %s" % (out, err))
status, out, err = check("")
expect(status == 0 and "packs for issuers name no merchant_id" in out, "or is told that it does not: %s %s" % (out, err))
for line, what in (('card_last4 = "4242"', "'card_last4' is of one charge"), ('merchant_ib = "M-1"', "did you mean 'merchant_id'?"), ('descriptor = "%s"' % ("X" * 32), "write a text of 1 to 31 bytes")):
    status, out, err = check("[notify.issuer_pack]\n" + line)
    expect(status == 2 and what in err and re.search(r"policy.toml:\d+:\d+", err), "%s: %d %s" % (what, status, err))

# Nothing has changed, so there is no new version; then something does.
first = settle()
time.sleep(1.1)
expect(digest() == first, "the same as long as nothing changed")
tell(6, "order_placed", 2, True, order={"id": "o2", "amount_minor": 900, "currency": "JPY", "charge": "c3", "kind": "physical"})
for _ in range(50):
    if digest() != first: break
    time.sleep(0.1)
expect(digest() != first, "another when it has")

for options, what in ((("--offset", "nine"), "is no offset"), (("--version", "0"), "is no version"), (("--version", "9"), "no version 9 was told"), (("--pdf", d.at("nowhere/x.pdf")), "cannot write the file")):
    status, out, err = report(*options)
    expect(status in (1, 2) and what in err, "%s: %d %s" % (what, status, err))
status, out, err = run(HIKESHI, "report", "inc_999999", "--data", d.at("data"))
expect(status == 2 and "inc_999999" in err and not out, "an unknown incident is said to be none: %s" % err)
expect(server.stop() == 0, "the server ends well")
end("a report can be read by everybody")
PYTHON
