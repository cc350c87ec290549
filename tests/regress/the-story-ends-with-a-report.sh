#!/bin/sh
# Promise: the story's customer gets one report that balances to the yen, as paper and for programs, in his language and in English, and of each charge that was not his there is a
# pack for the issuer of his card; they say the same as the demo's own last line.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import os, re
from serving import *

d = Directory()
done = subprocess.run([HIKESHI, "demo", "--exit", "--json", "--report-dir", d.at("reports")], capture_output=True, text=True, timeout=300)
expect(done.returncode == 0, "the demo ends well: %s" % done.stderr[-2000:])
line = json.loads(done.stdout.splitlines()[-1])
incident = line["incident"]
charges = ["c-member", "c-parcel", "c-topup"]
wanted = ["report-%s.%s.%s" % (incident, l, e) for l in ("en", "ja") for e in ("json", "pdf")] + ["pack-%s.%s.pdf" % (c, l) for c in charges for l in ("en", "ja")]
wanted += ["pack-%s.json" % c for c in charges]
expect(sorted(os.listdir(d.at("reports"))) == sorted(wanted), "the files: %s" % os.listdir(d.at("reports")))

def load(name):
    with open(os.path.join(d.at("reports"), name)) as f: return json.load(f)
def paper(name): return subprocess.run(["pdftotext", "-layout", os.path.join(d.at("reports"), name), "-"], capture_output=True, text=True, timeout=60).stdout
def yen(text): return int(re.sub(r"\D", "", text))

for language, money, total in (("en", "Your money", "Total JPY"), ("ja", "お客様のお金", "合計 JPY")):
    name = "report-%s.%s" % (incident, language)
    told, text = load(name + ".json"), paper(name + ".pdf")
    expect(text.count("\f") == line["report_pages"] or language == "en", "%d pages: %d" % (line["report_pages"], text.count("\f")))
    table = next(b for b in told["document"]["blocks"] if b.get("totals"))
    for row in table["rows"] + table["totals"]: expect(yen(row[1]) - yen(row[2]) == yen(row[3]), "it balances: %s" % row)
    for column in (1, 2, 3): expect(sum(yen(r[column]) for r in table["rows"]) == yen(table["totals"][0][column]), "column %d adds up: %s" % (column, table))
    ledger = line["ledger"]["JPY"]
    expect([yen(c) for c in table["totals"][0][1:4]] == [ledger["loss"], ledger["returned"] + ledger["compensated"], ledger["open"]], "as the demo says: %s" % ledger)
    row = re.search(total + r" +([\d,]+)\D+([\d,]+)\D+([\d,]+)", text)
    expect(row and [yen(c) for c in row.groups()] == [51100, 51100, 0], "and on paper: %s" % (row and row[0]))
    effects = next(b for b in told["document"]["blocks"] if len(b.get("head", [])) == 6 and not b["totals"])
    expect(len(effects["rows"]) == line["effects"]["total"] - 5, "every effect, and no sweep: %d" % len(effects["rows"]))
    expect(all(row[2] and row[5] for row in effects["rows"]), "each was stopped, and stands somehow: %s" % effects["rows"])

for charge, amount, request in (("c-topup", 50000, "none_refunded"), ("c-member", 600, "none_refunded"), ("c-parcel", 500, "none_cancelled")):
    pack = load("pack-%s.json" % charge)
    expect((pack["charge"]["amount_minor"], pack["request"]) == (amount, request) and pack["charge"]["refund_reference"], "the pack: %s" % pack)
    expect(pack["charge"]["refund_reference"] in paper("pack-%s.ja.pdf" % charge), "its reference is on paper")
end("the story ends with a report")
PYTHON
