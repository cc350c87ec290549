#!/bin/sh
# Promise: the shop of docs/how-to passes `hikeshi adapter test`, and a shop that breaks a promise of the adapter's page fails it, and is told which.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress:docs/how-to exec python3 - <<'PYTHON'
import base64, json, subprocess, threading
from serving import Directory, HIKESHI, expect, end
import example_shop
from example_shop import Counterpart, serve

SECRET = bytes(range(32))
d = Directory()
secret_file = d.write("secret", "whsec_" + base64.b64encode(SECRET).decode() + "\n")


def test(counterpart, *options):
    server = serve(counterpart)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = subprocess.run([HIKESHI, "adapter", "test", "http://127.0.0.1:%d/hikeshi" % server.server_port, "--secret-file", secret_file, *options],
                          capture_output=True, text=True, timeout=120)
    server.shutdown()
    server.server_close()
    return done.returncode, done.stdout


status, said = test(Counterpart(SECRET))
expect(status == 0 and said.rstrip().endswith(" 0 failed") and "skip" not in said, "the example passes all of it:\n" + said)
expect(len([line for line in said.splitlines() if line.startswith("ok ")]) >= 60, "it is sixty cases and more")

# ---- shops that break one promise each ----


def broken(what, must_fail, change):
    counterpart = Counterpart(SECRET)
    change(counterpart)
    status, said = test(counterpart, "--quiet")
    expect(status == 1, what + ": it fails")
    for promise in must_fail:
        expect("FAIL  " + promise in said, "%s: '%s' fails:\n%s" % (what, promise, said))


def believes_everybody(c):
    c.is_signed = lambda headers, body: True


def forgets_the_time(c):
    def is_signed(headers, body, right=c.is_signed, time=example_shop.time.time):
        at = headers.get("webhook-timestamp", "")
        example_shop.time.time = lambda: int(at) if at.isdecimal() else time()
        try:
            return right(headers, body)
        finally:
            example_shop.time.time = time
    c.is_signed = is_signed


def pays_each_time(c):
    act = c.shop.act
    def pay(thing, verb, how, effect):
        if how == "refund": thing["state"] = "captured"
        return act(thing, verb, how, effect)
    c.shop.act = pay
    c.once = lambda key, act: (200, act())


def clobbers_the_owner(c):
    act = c.shop.act
    c.shop.act = lambda thing, verb, how, effect: act(thing, verb, how, {**effect, "after": thing.get("value")})


def says_done_too_early(c):
    c.shop.is_done = lambda thing, verb, how: True


def mixes_release_with_contain(c):
    is_done = c.shop.is_done
    c.shop.is_done = lambda thing, verb, how: is_done(thing, "contain" if verb == "release" else verb, how)


def hangs_up_at_garbage(c):
    answer = c.answer
    def hang_up(verb, headers, body):
        if b"system=payment" in body: raise ConnectionAbortedError()
        return answer(verb, headers, body)
    c.answer = hang_up


def accuses_without_knowing(c):
    find = c.shop.find
    def accuse(account, kinds):
        told = find(account, kinds)
        for one in told["found"]: one["whose"] = "hijacker"
        return told
    c.shop.find = accuse


def describes_what_there_is_not(c):
    describe = c.describe
    def tell(asked):
        told = describe(asked)
        told["systems"]["shop"] = {**told["systems"]["shop"], "idempotency": "perhaps", "operations": ["contain.hold_order", "undo.everything"]}
        return told
    c.describe = tell


def mixes_accounts(c):
    class Mixed(dict):
        def get(self, key, otherwise=None):
            return next((thing for (_, name), thing in self.items() if name == key[1]), otherwise)
    make = c.shop.make_sandbox
    def make_mixed():
        box = make()
        c.shop.things = Mixed(c.shop.things)
        return box
    c.shop.make_sandbox = make_mixed


quiet = example_shop.http.server.ThreadingHTTPServer
quiet.handle_error = lambda *_: None
broken("a shop that believes everybody", ["signature: another secret: refused", "signature: a forged undo: refused"], believes_everybody)
broken("a shop without a clock", ["signature: six minutes old: refused", "signature: a day old: refused"], forgets_the_time)
broken("a shop that keeps no keys", ["undo: undo with the same key again: once", "undo: eight at once with one key: once"], pays_each_time)
broken("a shop that clobbers", ["undo: what has another value than the hijacker's: changed", "undo: and it is left alone"], clobbers_the_owner)
broken("a shop that says done too early", ["undo: before it, read_state says not_done"], says_done_too_early)
broken("a shop that mixes up release and contain", ["contain and release: read_state of a release is not that of the containment"], mixes_release_with_contain)
broken("a shop that hangs up", ["bad input: no JSON: refused"], hangs_up_at_garbage)
broken("a shop that accuses", ["find_effects: what is found can be read, and is nobody's without a path"], accuses_without_knowing)
broken("a shop that describes badly", ["describe: each system says how it keeps keys, and how long", "describe: its operations are known ones",
                                       "describe: what can be contained can be released"], describes_what_there_is_not)
broken("a shop that mixes up accounts", ["undo: the object of one account through another: absent"], mixes_accounts)

# ---- wrong starts, and the page for machines ----

no_one = subprocess.run([HIKESHI, "adapter", "test", "http://127.0.0.1:9/hikeshi", "--secret-file", secret_file], capture_output=True, text=True, timeout=60)
expect(no_one.returncode == 1 and "nobody answers" in no_one.stderr, "nobody there is said: " + no_one.stderr)
no_secret = subprocess.run([HIKESHI, "adapter", "test", "http://127.0.0.1:9/"], capture_output=True, text=True, timeout=60)
expect(no_secret.returncode == 2, "a missing secret is bad usage")
page = json.loads(subprocess.run([HIKESHI, "adapter", "openapi"], capture_output=True, text=True, check=True).stdout)
expect(page["openapi"] == "3.1.0" and sorted(page["paths"]) == sorted("/" + v for v in ("describe", "find_effects", "contain", "undo", "release", "read_state", "probe")),
       "the page for machines has every verb")


def references(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from [inner] if name == "$ref" else references(inner)
    elif isinstance(value, list):
        for inner in value: yield from references(inner)


for reference in references(page):
    at = page
    for part in reference.split("/")[1:]: at = at.get(part, {})
    expect(at, "%s leads somewhere" % reference)
end("the example shop passes the adapter's test")
PYTHON
