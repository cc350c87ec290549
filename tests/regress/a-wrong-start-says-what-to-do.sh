#!/bin/sh
# Promise: a server that cannot start says what is wrong and what to do, and does not start by half.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
from serving import *

d = Directory()
def refuses(what, status, words, *options, keys="keys", listen="127.0.0.1:0", data="other"):
    command = [HIKESHI, "serve", "--listen", listen, "--data", d.at(data)] + (["--api-key-file", d.at(keys)] if keys else []) + list(options)
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return expect(False, what + ": it started")
    for word in words: expect(word in run.stderr, "%s: '%s' is not in '%s'" % (what, word, run.stderr.strip()))
    expect(run.returncode == status, "%s: exit status %s, not %s" % (what, run.returncode, status))
    expect("listening" not in run.stdout, what + ": it listened")

server = Server(d)
refuses("port in use", 1, ["cannot listen on 127.0.0.1:%d" % server.port, "hint: another process listens there"], listen="127.0.0.1:%d" % server.port)
refuses("data directory in use", 1, ["data", "hint: "], data="data")
refuses("no keys", 2, ["no --api-key-file", "hikeshi key new"], keys=None)
refuses("no keys in the open", 2, ["loopback"], "--no-auth", keys=None, listen="0.0.0.0:0")
refuses("no key file", 2, ["cannot open the key file", "nowhere", "hikeshi key new"], keys="nowhere")
d.write("empty", "# nothing\n")
refuses("empty key file", 2, ["there is no key"], keys="empty")
d.write("bad", "\nshop events:wrote sha256:00\n")
refuses("bad scope", 2, ["bad:2", "unknown scope in 'events:wrote'", "hint: known are"], keys="bad")
refuses("bad address", 2, ["cannot read the address 'localhost'", "hint: write ADDRESS:PORT"], listen="localhost")
refuses("foreign address", 1, ["cannot listen on 192.0.2.1:80", "hint: this machine does not have that address"], listen="192.0.2.1:80")
refuses("half of TLS", 2, ["belong together"], "--tls-cert", d.at("keys"))
refuses("no certificate", 2, ["cannot use the TLS certificate", "hint: give a PEM file"], "--tls-cert", d.at("keys"), "--tls-key", d.at("keys"))
refuses("bad durability", 2, ["unknown mode 'maybe'"], "--durability", "maybe")
refuses("bad number", 2, ["'0' is no number from 1"], "--connections", "0")
refuses("unknown option", 2, ["unknown option '--portt'"], "--portt", "1")
expect(ask(server, "GET", "/readyz")[0] == 200, "the one that runs goes on")
expect(server.stop() == 0, "the server ends well")

# What init makes can be served; a second init changes nothing.
made = Directory()
def init(): return subprocess.run([HIKESHI, "init", "--data", made.at("data")], capture_output=True, text=True)
first, second = init(), init()
expect(first.returncode == 0 and second.returncode == 2 and "set up before" in second.stderr, "init works once")
os.replace(made.at("data/keys"), made.at("keys"))
other = Server(made)
key = first.stdout.split("\n    ")[1].split()[0]
expect(ask(other, "GET", "/v1/incidents", key=key)[0] == 200, "the first key opens the door")
expect(ask(other, "POST", "/v1/policy/reload", key=key)[0] == 200, "the policy it wrote compiles")
d.write("empty.toml", "")
os.replace(d.at("empty.toml"), made.at("data/policy/misnamed.txt"))
status, problem = ask(other, "POST", "/v1/policy/reload", key=key)
expect(status == 400 and "misnamed" in str(problem), "a stray file in it is told: %s" % problem)
expect(other.stop() == 0, "the server ends well")

# A drawn key works, and only its hash is on disk.
key = subprocess.run([HIKESHI, "key", "new", "shop", "--scopes", "read", "--file", d.at("drawn")], capture_output=True, text=True, check=True).stdout.strip()
expect(key not in open(d.at("drawn")).read() and len(key) > 40, "only the hash is kept")
os.replace(d.at("drawn"), d.at("keys"))
server = Server(d)
expect(ask(server, "GET", "/v1/incidents", key=key)[0] == 200 and ask(server, "POST", "/v1/decisions", event("e"), key=key)[0] == 403, "the drawn key opens what it may")
expect(server.stop() == 0, "the server ends well")
end("a wrong start says what to do")
PYTHON
