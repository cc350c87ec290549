#!/bin/sh
# Promise: the keys that mails are signed with are made once, for their owner's eyes only, and never over others; what is printed to be published is their public half.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import base64, re, stat
from serving import *

d = Directory()
def dkim(what, out, *options, domain="shop.example"):
    done = subprocess.run([HIKESHI, "dkim", what, "--out", d.at(out), "--domain", domain, *options], capture_output=True, text=True, timeout=60, umask=0)
    return done.returncode, done.stdout, done.stderr

def published(text):
    """What the DNS would say, by name: the strings of each record joined."""
    return {name: "".join(re.findall(r'"([^"]*)"', strings)) for name, strings in re.findall(r"^(\S+) IN TXT \((.*?) \)$", text, re.M | re.S)}

def public_half(name):
    der = subprocess.run(["openssl", "pkey", "-in", d.at("dkim/" + name), "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    return base64.b64encode(der if "rsa" in name else der[-32:]).decode()

status, out, err = dkim("keygen", "dkim", "--rsa-selector", "r2026")
expect(status == 0 and "dkim-rsa.pem" in err, "keys are made: %d %s" % (status, err))
expect(stat.S_IMODE(os.stat(d.at("dkim")).st_mode) == 0o700, "nobody else looks into the directory")
for name in ("dkim-rsa.pem", "dkim-ed25519.pem"): expect(stat.S_IMODE(os.stat(d.at("dkim/" + name)).st_mode) == 0o600, "nobody else reads " + name)
expect(published(out) == {"r2026._domainkey.shop.example.": "v=DKIM1; k=rsa; p=" + public_half("dkim-rsa.pem"),
                          "hikeshi-ed25519._domainkey.shop.example.": "v=DKIM1; k=ed25519; p=" + public_half("dkim-ed25519.pem")}, "both records are theirs:\n" + out)
expect(all(len(s) <= 255 for s in re.findall(r'"([^"]*)"', out)), "no string is longer than the DNS has them")
expect("PRIVATE" not in out + err, "no private key is shown")

def contents(): return [open(d.at("dkim/" + n)).read() if os.path.exists(d.at("dkim/" + n)) else None for n in ("dkim-rsa.pem", "dkim-ed25519.pem")]
before = contents()
status, again, err = dkim("keygen", "dkim")
expect(status == 1 and "there is a key already" in err and not again and contents() == before, "a second time nothing is changed: %d %s" % (status, err))
status, again, err = dkim("show", "dkim", "--rsa-selector", "r2026")
expect(status == 0 and again == out, "what is to be published can be asked for again: %d %s" % (status, err))
os.unlink(d.at("dkim/dkim-rsa.pem"))
status, again, err = dkim("keygen", "dkim")
expect(status == 1 and contents() == [None, before[1]], "nor is one made beside the other's old half: %d %s" % (status, err))
status, again, err = dkim("show", "dkim")
expect(status == 2 and "cannot read" in err and "keygen" in err and not again, "a missing key is said to be missing: %d %s" % (status, err))
for options, domain in (((), "shop example"), ((), "shop.example."), (("--rsa-selector", "a;b"), "shop.example"), (("--ed25519-selector", ""), "shop.example")):
    status, again, err = dkim("keygen", "other", *options, domain=domain)
    expect(status == 2 and "no name for the DNS" in err and not os.path.exists(d.at("other")), "%s %s: %d %s" % (options, domain, status, err))
end("a mail key is never overwritten")
PYTHON
