#!/bin/sh
# Promise: `hikeshi doctor mail` finds a sound zone sound, names each fault of a broken one with the record to publish, and never takes silence for absence.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import base64
from dns import Dns
from serving import *

d = Directory()


def rsa_key(bits):
    subprocess.run(["openssl", "genrsa", "-out", d.at("key"), str(bits)], check=True, stderr=subprocess.DEVNULL)
    der = subprocess.run(["openssl", "rsa", "-in", d.at("key"), "-pubout", "-outform", "DER"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return base64.b64encode(der).decode()


RSA, SHORT, ED25519 = rsa_key(4096), rsa_key(1024), base64.b64encode(bytes(range(32))).decode()
SOUND = {
    ("shop.example", "MX"): ["10 mx1.shop.example", "20 mx2.shop.example"],
    ("mx1.shop.example", "A"): ["192.0.2.10"],
    ("mx2.shop.example", "AAAA"): ["2001:db8::10"],
    ("bounce.shop.example", "MX"): ["10 mx1.shop.example"],
    ("bounce.shop.example", "TXT"): ["unrelated", ["v=spf1 ip4:192.0.2.10 ", "include:spf.provider.example -all"]],
    ("spf.provider.example", "TXT"): ["v=spf1 ip6:2001:db8::/32 -all"],
    ("s1._domainkey.shop.example", "CNAME"): ["s1.keys.provider.example"],
    ("s1.keys.provider.example", "TXT"): ["v=DKIM1; k=rsa; p=" + RSA],  # 4096 bits: more than 512 bytes
    ("e1._domainkey.shop.example", "TXT"): ["v=DKIM1; k=ed25519; p=" + ED25519],
    ("_dmarc.shop.example", "TXT"): ["v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"],
}
OPTIONS = ["--domain", "shop.example", "--return-path-domain", "bounce.shop.example", "--rsa-selector", "s1", "--ed25519-selector", "e1",
           "--sender-ip", "192.0.2.10", "--sender-ip", "2001:db8::10"]


def doctor(zone, *options):
    """(exit status, {name of check: check}, how many questions came over TCP)."""
    server = Dns(zone)
    ran = subprocess.run([HIKESHI, "doctor", "mail", "--json", "--nameserver", "127.0.0.1:%d" % server.port, *(options or OPTIONS)], stdout=subprocess.PIPE,
                         timeout=200)
    said = json.loads(ran.stdout)
    return ran.returncode, {c["name"]: c for c in said["checks"]}, server.over_tcp


status, checks, over_tcp = doctor(SOUND)
expect(status == 0, "a sound zone is sound: %s" % {n: c["found"] for n, c in checks.items() if c["verdict"] != "good"})
expect(sorted(checks) == sorted("mx bounce_mx spf dkim_rsa dkim_ed25519 dmarc alignment wildcard".split()), "all is looked at: %s" % sorted(checks))
expect(over_tcp == 1, "what does not fit comes over TCP: %d" % over_tcp)
expect("1 of 10 look-ups" in checks["spf"]["found"], "strings are joined, includes followed: %s" % checks["spf"]["found"])
expect(all(c["why"] for c in checks.values()), "each says why")

T, B, K, E, D = "TXT", ("bounce.shop.example", "TXT"), ("s1.keys.provider.example", "TXT"), ("e1._domainkey.shop.example", "TXT"), ("_dmarc.shop.example", "TXT")
for name, verdict, found, change in [
    ("mx", "missing", "no MX and no address", {("shop.example", "MX"): []}),
    ("mx", "wrong", "null MX", {("shop.example", "MX"): ["0 "]}),
    ("mx", "wrong", "none of them has an address", {("shop.example", "MX"): ["10 gone.shop.example"]}),
    ("bounce_mx", "missing", "no MX", {("bounce.shop.example", "MX"): []}),
    ("bounce_mx", "wrong", "null MX", {("bounce.shop.example", "MX"): ["0 "]}),
    ("spf", "missing", "no SPF record", {B: []}),
    ("spf", "wrong", "2 SPF records", {B: ["v=spf1 -all", "v=spf1 mx -all"]}),
    ("spf", "wrong", "+all", {B: ["v=spf1 +all"]}),
    ("spf", "wrong", "must end in", {B: ["v=spf1 ip4:192.0.2.10 include:spf.provider.example"]}),
    ("spf", "wrong", "no mechanism", {B: ["v=spf1 ipv4:192.0.2.10 -all"]}),
    ("spf", "wrong", "does not permit 2001:db8::10", {B: ["v=spf1 mx:shop.example/32//0 ip4:192.0.2.10 -ip6:2001:db8::10 -all"], ("mx2.shop.example", "AAAA"): [],
                                                     ("shop.example", "MX"): ["10 mx1.shop.example"]}),
    ("spf", "wrong", "does not permit 192.0.2.10", {B: ["v=spf1 -ip4:192.0.2.0/24 include:spf.provider.example -all"]}),
    ("spf", "wrong", "takes 11 look-ups", {B: ["v=spf1 ip4:192.0.2.10 include:spf.provider.example " + "a:mx1.shop.example " * 10 + "-all"],
                                          ("mx1.shop.example", "AAAA"): ["2001:db8::11"]}),
    ("spf", "wrong", "of its names have no records", {B: ["v=spf1 ip4:192.0.2.10 a:x.example a:y.example a:z.example include:spf.provider.example -all"]}),
    ("spf", "wrong", "has no SPF record", {("spf.provider.example", "TXT"): ["moved"]}),
    ("dkim_rsa", "missing", "no record", {K: []}),
    ("dkim_rsa", "wrong", "1024 bits", {K: ["v=DKIM1; p=" + SHORT]}),
    ("dkim_rsa", "wrong", "revoked", {K: ["v=DKIM1; p="]}),
    ("dkim_rsa", "wrong", "in test", {K: ["v=DKIM1; t=y; p=" + RSA]}),
    ("dkim_rsa", "wrong", "2 records", {K: ["v=DKIM1; p=" + RSA, "x"]}),
    ("dkim_ed25519", "missing", "no record", {E: []}),
    ("dkim_ed25519", "wrong", "32", {E: ["v=DKIM1; k=ed25519; p=AAAA"]}),
    ("dkim_ed25519", "wrong", "type 'rsa'", {E: ["v=DKIM1; p=" + ED25519]}),
    ("dmarc", "missing", "no DMARC policy", {D: []}),
    ("dmarc", "wrong", "2 policies", {D: ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}),
    ("dmarc", "wrong", "none", {D: ["v=DMARC1; p=none; rua=mailto:dmarc@shop.example"]}),
    ("dmarc", "wrong", "reports", {D: ["v=DMARC1; p=reject"]}),
    ("alignment", "wrong", "aspf=s", {D: ["v=DMARC1; p=reject; aspf=s; rua=mailto:dmarc@shop.example"]}),
    ("wildcard", "wrong", "nobody set up", {("hikeshi-nobody-has-this._domainkey.shop.example", "TXT"): ["*"]}),
    ("mx", "unasked", "could not be asked", {("shop.example", "MX"): "servfail"}),
    ("spf", "unasked", "could not be asked", {("spf.provider.example", "TXT"): "servfail"}),
    ("dkim_rsa", "unasked", "could not be asked", {K: "servfail"}),
    ("dmarc", "unasked", "could not be asked", {D: "servfail"}),
    ("dmarc", "unasked", "cannot be read", {D: "garbage"}),
    ("bounce_mx", "unasked", "cannot be read", {("bounce.shop.example", "MX"): "garbage"}),
    ("wildcard", "unasked", "could not be asked", {("hikeshi-nobody-has-this.shop.example", "TXT"): "silence"}),
]:
    status, checks, _ = doctor({**SOUND, **change})
    check, bad = checks[name], sorted(n for n, c in checks.items() if c["verdict"] != "good")
    expect(status == 1 and check["verdict"] == verdict and found in check["found"], "%s is %s, '%s': %d %s" % (name, verdict, found, status, check))
    expect(bad == [name], "and nothing else is bad but %s: %s" % (name, bad))
    published = verdict in ("wrong", "missing") and name not in ("alignment", "wildcard")
    expect(("publish" in check) == published, "a record to publish is shown where one can be: %s" % check)
    if published and name != "mx" and name != "bounce_mx" and "PUBLIC_KEY" not in check["publish"]:
        owner, text = check["publish"].split(". IN TXT ")
        repaired, again, _ = doctor({**SOUND, (owner, "TXT"): [text.strip('"')]})
        expect(repaired == 0, "what is shown to publish is sound: %s: %s" % (check["publish"], again[name]["found"]))

status, checks, _ = doctor(SOUND, "--domain", "shop.example.", "--return-path-domain", "mail.other.example", "--rsa-selector", "s1")
expect(status == 1 and checks["alignment"]["verdict"] == "wrong" and "organisational" in checks["alignment"]["why"], "another's return path is not aligned")
ran = subprocess.run([HIKESHI, "doctor", "mail", "--nameserver", "127.0.0.1:%d" % Dns(SOUND).port, *OPTIONS], stdout=subprocess.PIPE, text=True)
expect(ran.returncode == 0 and ran.stdout.endswith("8 good, 0 wrong, 0 missing, 0 could not be asked\n"), "people read it too: %s" % ran.stdout)
for wrong in [[], ["--domain", "shop"], ["--domain", "shop.example", "--nameserver", "nowhere"], ["--domain", "shop.example", "--sender-ip", "192.0.2"]]:
    ran = subprocess.run([HIKESHI, "doctor", "mail", *wrong], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    expect(ran.returncode == 2 and ran.stderr.startswith("hikeshi: "), "it was called wrongly: %s %s" % (wrong, ran.stderr))
end("doctor mail finds each fault")
PYTHON
