#!/bin/sh
# Promise: within a minute the owner has one mail, in his language, at the address from before the attack, and the hijacker's address learns nothing of the account. Whatever the mail
# server does (down, greylisting, slow, cut off behind the final dot) and whenever we are killed, the mail comes, and what comes twice is the very same. A mailbox that there
# is not, or a bounce, is known at once: the next channel tells him, and where there is none a person. A store that is lost tells nobody again.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress:tests/integration exec python3 - <<'PYTHON'
import email, email.policy, re, sqlite3, time
from authority import Authority
from serving import *
from shop import *
from smtp_faults import SmtpFaults

OWNER, THIEF = "owner@mailbox.example", "thief@mailbox.example"


class Gateway(People):
    """Directory and SMS gateway in one: what it was asked to send."""

    def __init__(self, counterpart):
        self.sent, self.refuses = [], False
        super().__init__(counterpart)

    def answer(self, verb, asked):
        if verb == "describe":
            return {"protocol": 1, "name": "people", "systems": {s: {"idempotency": "stored_2xx", "ttl_s": 86400, "operations": []} for s in ("directory", "sms")}}
        if verb == "find_contact" and asked["channel"] == "sms": return {"outcome": "done", "contact": "+99 sms of " + asked["account"]}
        if verb == "find_contact" and asked["contact"]:
            self.asked.append(asked)
            return {"outcome": "done", "contact": {"sealed-owner-": OWNER, "sealed-thief-": THIEF}[asked["contact"][:-2]]}
        if verb != "tell": return super().answer(verb, asked)
        if self.refuses: return {"outcome": "refused"}
        self.sent.append(asked)
        return {"outcome": "done"}


class World:
    """A shop with a mail server that fails as it is told, and a server of ours beside it."""

    def __init__(self, notify, tls="never", timeout_ms=None, **options):
        self.d = Directory()
        self.authority = Authority(self.d.path)
        self.mails = SmtpFaults(authority=None if tls == "never" else self.authority, **options)
        self.counterpart = Counterpart(self.d)
        self.people, keys = Gateway(self.counterpart), MailKeys(self.d)
        with open(self.counterpart.file) as f: others = f.read()
        self.d.write("counterparts.toml", others + f"""
[people]
url = "http://127.0.0.1:{self.people.http.server_port}/hikeshi"
secret_file = "{self.d.at("secret")}"
systems = ["directory", "sms"]

[mail]
adapter = "smtp"
url = "smtp://127.0.0.1:{self.mails.port}"
tls = "{tls}"
ca_file = "{self.authority.ca_file}"
systems = ["email"]
{"timeout_ms = %d" % timeout_ms if timeout_ms else ""}
from_name = "はなや"
from_address = "{FROM}"
bounce_domain = "{BOUNCES}"
dkim_rsa_selector = "hikeshi-rsa"
dkim_rsa_key_file = "{keys.rsa}"
dkim_ed25519_selector = "hikeshi-ed25519"
dkim_ed25519_key_file = "{keys.ed25519}"
""")
        os.mkdir(self.d.at("policy"))
        self.d.write("policy/policy.toml", 'name = "shop"\nversion = 1\n[notify]\n' + notify)
        self.start()

    def start(self):
        self.server = Server(self.d, "--counterparts", self.d.at("counterparts.toml"), "--policy", self.d.at("policy"))

    def night(self, account, **options):
        return night(self.server, account, **options)

    def all_notices(self):
        db = sqlite3.connect("file:%s?mode=ro" % self.d.at("data/incidents.db"), uri=True, timeout=30)
        db.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in db.execute("SELECT * FROM notice ORDER BY id")]
        finally:
            db.close()

    def to(self, address):
        return [m for m in self.mails.mails() if m.recipients == (address,)]

    def first_is(self, incident, state, seconds=60):
        return wait_until(lambda: first_state(self.d, incident) == state, seconds)

    def end(self):
        expect(self.server.stop() == 0, "the server ends well: " + self.server.said())
        for folder, _, files in os.walk(self.d.at("data")):
            for name in files:
                with open(os.path.join(folder, name), "rb") as f:
                    found = re.search(rb"[ -~]{0,60}(@mailbox\.example|sms of)[ -~]{0,20}", f.read())
                expect(not found, "where messages went stands in no file: %s %s" % (name, found))
        expect(self.people.forged == 0 and self.counterpart.forged == 0, "each request was signed")
        self.mails.close()


def expect_one_thing(got, what):
    expect(len({(m.sender, m.recipients, m.data) for m in got}) == 1, "%s: told one thing, however often: %d times" % (what, len(got)))


def text_of(mail):
    return mail.get_content().replace("\r\n", "\n")


# -- the mail ------------------------------------------------------------------------------------------------------------------------------

w = World("")  # as it is where nobody has written anything: by mail
w.people.has("a1", OWNER), w.people.has("a1", THIEF, since=NOW - 290)
incident = w.night("a1", email=True)
decided = time.time()
expect(wait_until(lambda: w.to(OWNER) and w.to(THIEF), 60), "a mail to each within a minute: %s" % w.server.said())
print("the mail was taken %.1f s after the decision" % (time.time() - decided))
expect(w.first_is(incident, "accepted"), "that it was taken is known: %s" % first_state(w.d, incident))
for got in w.to(OWNER):
    mail = email.message_from_bytes(got.data, policy=email.policy.default)
    text, subject = text_of(mail), str(mail["Subject"])
    expect(mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8" and not mail.is_multipart(), "plain text in UTF-8: %s" % mail["Content-Type"])
    expect(incident in subject and "第三者" in subject and "50,000円" in text, "in his language: %s\n%s" % (subject, text))
    expect(not re.search(r"https?:|://|www\.|\w@\w|\w\.(com|jp|net|org|example)\b|mailto|tel:", text + subject), "no link:\n" + text)
    expect(not re.search(r"(\d[-() ]?){9,}", re.sub(r"\d{4}年\d\d月\d\d日 \d\d:\d\d", "", text)), "no telephone number:\n" + text)
    signatures = mail.get_all("DKIM-Signature") or []
    expect([re.search(r"\ba=([\w-]+)", s).group(1) for s in signatures] == ["rsa-sha256", "ed25519-sha256"], "signed twice: %s" % signatures)
    expect(mail["Auto-Submitted"] == "auto-generated" and not mail["List-Unsubscribe"], "no answering machine answers: %s" % mail["Auto-Submitted"])
    expect(mail["Message-ID"] == "<n1.%s@shop.example>" % incident, "the notice's own id: %s" % mail["Message-ID"])
    expect([a.addr_spec for a in mail["To"].addresses] == [OWNER] and mail["From"].addresses[0].addr_spec == FROM, "from the shop to him alone")
    expect(re.fullmatch(r"bounce\+%s\.n1\.[0-9A-Z]{8}@%s" % (incident, re.escape(BOUNCES)), got.sender), "what comes back names the notice: %s" % got.sender)
for got in w.to(THIEF):
    mail = email.message_from_bytes(got.data, policy=email.policy.default)
    for secret in (incident, "a1", "50,000", "50000", "980", "500", OWNER, "owner", "sealed"):
        for where, said in (("headers", got.data.decode().split("\r\n\r\n")[0].split("\r\nFrom:")[1]), ("text", text_of(mail)), ("envelope", got.sender)):
            if where != "text" and len(secret) < 4: continue  # two letters of base64, or of a token, say nothing
            expect(secret not in said, "the hijacker is not told %r in the %s:\n%s" % (secret, where, said))
    expect(not mail["In-Reply-To"] and not mail["References"], "nor what it follows: %s" % mail["In-Reply-To"])
asked = [(a["audience"], a["contact"], stamp_s(a["as_of"]) < NOW - 290) for a in w.people.asked]
expect(("owner", "sealed-owner-a1", True) in asked and ("stranger", "sealed-thief-a1", False) in asked, "the directory is asked for each as he is sealed: %s" % asked)
expect(all("text" not in a and "title" not in a for a in w.people.asked), "and not told what is told")
w.server.kill()
w.start()
time.sleep(2)
expect(len(w.to(OWNER)) == 1 and len(w.to(THIEF)) == 1 and len(w.mails.mails()) == 2, "each is told once: %s" % [m.recipients for m in w.mails.mails()])
w.end()

# -- what may go wrong ---------------------------------------------------------------------------------------------------------------------

w = World("", timeout_ms=3000, silent_s=4)
for number, (what, script) in enumerate((("greylisting", ["greylist"] * 3), ("a server that is busy", ["busy", "cut_at_once"]), ("a cut in the message", ["cut_in_data"]),
                                         ("out of paper behind the dot", ["defer_after_dot"]), ("no answer behind the dot", ["cut_after_dot", "cut_after_dot"]))):
    account, mailbox = "b%d" % number, "b%d@mailbox.example" % number
    w.people.has(account, mailbox)
    w.mails.play(*script)
    incident = w.night(account)
    expect(w.first_is(incident, "accepted", 120), "%s: the mail is taken at last: %s, %s" % (what, first_state(w.d, incident), dict(w.mails.attempts)))
    expect_one_thing(w.to(mailbox), what)
    expect(("cut_after_dot" in script) == (len(w.to(mailbox)) > 1), "%s: as often as nobody knew: %d" % (what, len(w.to(mailbox))))
    with w.mails.lock: w.mails.script.clear()

# Nobody knows where he can be reached; or what the directory says is no address, but would be a second recipient.
w.people.has("b7", "b7@mailbox.example>\r\nRCPT TO:<%s" % THIEF)
before = len(w.mails.mails())
for account in ("b6", "b7"):
    incident = w.night(account)
    expect(w.first_is(incident, "failed"), "%s cannot be reached: %s" % (account, first_state(w.d, incident)))
    expect(len(tasks_to_tell(w.server, incident)) == 1, "a person tells %s: %s" % (account, tasks_to_tell(w.server, incident)))
expect(len(w.mails.mails()) == before, "and nobody is sent anything: %s" % [m.recipients for m in w.mails.mails()[before:]])

w.people.has("b8", "b8@mailbox.example")
w.mails.close()
incident = w.night("b8")
expect(w.first_is(incident, "out"), "it is written: %s" % first_state(w.d, incident))
time.sleep(3)
expect(first_state(w.d, incident) == "out" and not w.to("b8@mailbox.example"), "nothing is taken while it is down")
w.mails.open()
expect(w.first_is(incident, "accepted", 120), "it is told when the server is back: %s" % first_state(w.d, incident))
expect_one_thing(w.to("b8@mailbox.example"), "a server that was down")

w.people.has("b9", "b9@mailbox.example")
w.mails.play("silent_after_dot")
incident = w.night("b9")
expect(wait_until(lambda: w.to("b9@mailbox.example"), 60), "the mail is under way")
w.server.kill()  # nobody knows that it was taken
w.start()
expect(w.first_is(incident, "accepted", 180), "killed on the way: it is told: %s" % first_state(w.d, incident))
expect_one_thing(w.to("b9@mailbox.example"), "killed on the way")
expect(len(w.to("b9@mailbox.example")) == 2, "once more, for nobody knew: %d" % len(w.to("b9@mailbox.example")))
w.end()

w = World("", slow_s=0.7)  # with the time that a mail server is given where nobody has written anything
w.people.has("b7", "b7@mailbox.example")
w.mails.play(*["slow"] * 9)
incident = w.night("b7")
expect(w.first_is(incident, "accepted", 120), "a slow server: the mail is taken at last: %s, %s" % (first_state(w.d, incident), dict(w.mails.attempts)))
expect(len(w.to("b7@mailbox.example")) == 1 and w.mails.attempts["slow"] == 1, "and at the first time: %s" % dict(w.mails.attempts))
w.end()

# -- another channel -----------------------------------------------------------------------------------------------------------------------

w = World('channels = ["email", "sms"]\nat_once = 1\n', tls="required")
w.people.has("c1", "c1@mailbox.example"), w.people.has("c2", "c2@mailbox.example")
w.mails.play("unknown_recipient")
incident = w.night("c1")
decided = time.time()
expect(wait_until(lambda: w.people.sent, 60), "a mailbox that there is not: the gateway is told within a minute: %s" % w.server.said())
print("the gateway was told %.1f s after the decision" % (time.time() - decided))
expect(w.first_is(incident, "accepted"), "which takes it: %s" % first_state(w.d, incident))
sms = w.people.sent[0]
expect(sms["to"] == "+99 sms of c1" and sms["key"] == "%s/n1/tell.sms/1" % incident and sms["how"] == "sms", "to his number, under the notice's key: %s" % sms)
expect(sms["language"] == "ja" and re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", sms["text"]) and "://" not in sms["text"] and len(sms["text"]) < 300, "in a line or two: %s" % sms["text"])
first = [n for n in notices(w.d, incident) if n["subject"] == "first"][0]
expect(first["channels"] == "email=failed sms=accepted" and first["accepted_by"] == "sms", "who took it is known: %s" % first["channels"])
expect(not w.to("c1@mailbox.example") and len(w.people.sent) == 1, "and he is told once")

# It was taken, and comes back: the next channel, once.
w.people.has("c4", "c4@mailbox.example")
incident = w.night("c4")
expect(w.first_is(incident, "accepted") and len(w.people.sent) == 1, "the mail was taken, and the gateway has nothing to do: %s" % first_state(w.d, incident))
bounce = json.dumps({"token": w.to("c4@mailbox.example")[0].sender.split("+")[1].split("@")[0], "action": "failed", "status": "5.1.1", "diagnostic": "smtp; 550 5.1.1 <c4@mailbox.example>: no such mailbox"})
for _ in range(2):
    status, body = ask(w.server, "POST", "/v1/notices/bounce", bounce)
    expect(status in (200, 202), "a bounce is taken: %d %s" % (status, body))
expect(wait_until(lambda: len(w.people.sent) == 2, 60), "then the gateway is told: %s" % w.server.said())
expect(w.first_is(incident, "accepted"), "and takes it: %s" % first_state(w.d, incident))
status, body = ask(w.server, "POST", "/v1/notices/bounce", bounce.replace(incident, "inc_1"))
expect(status == 404, "a bounce of a mail that was not ours is none: %d %s" % (status, body))

# No way is left: a person tells him, and says so.
w.people.has("c3", "c3@mailbox.example")
w.people.refuses = True
w.mails.play("unknown_recipient")
incident = w.night("c3")
expect(w.first_is(incident, "failed"), "no channel has taken it: %s" % first_state(w.d, incident))
tasks = tasks_to_tell(w.server, incident)
expect(len(tasks) == 1 and tasks[0]["options"] == ["done", "unable"] and tasks[0]["effect"] == incident + "/n1", "a person is asked: %s" % tasks)
for task in tasks:
    status, body = ask(w.server, "POST", "/v1/tasks/" + task["id"].replace("/", "%2F"), json.dumps({"decision": "done"}))
    expect(status in (200, 202), "and answers: %d %s" % (status, body))
expect(w.first_is(incident, "read"), "who was told by a person was told: %s" % first_state(w.d, incident))
tasks = tasks_to_tell(w.server, incident)
expect([t["state"] for t in tasks] == ["closed"], "and nobody is asked again: %s" % tasks)
w.people.refuses = False

w.mails.play("no_starttls", "wrong_certificate", "refuse_starttls")
incident = w.night("c2")
expect(w.first_is(incident, "accepted", 120), "who would read along is sent nothing: %s" % first_state(w.d, incident))
expect(all(m.tls for m in w.mails.mails()), "every mail went over TLS")

# The store is lost, and made again from the journal: the same notices in the same words, and nobody is told again.
expect(w.server.stop() == 0, "it ends well")
kept, sent = w.all_notices(), (len(w.mails.mails()), len(w.people.sent))
for name in ("incidents.db", "incidents.db-wal", "incidents.db-shm"):
    if os.path.exists(w.d.at("data/" + name)): os.remove(w.d.at("data/" + name))
w.start()
expect(wait_until(lambda: len(w.all_notices()) == len(kept), 60), "all notices are there again: %d of %d" % (len(w.all_notices()), len(kept)))
time.sleep(3)
for one, other in zip(kept, w.all_notices()):
    expect(one == other, "made again as it was: %s" % {k: (one[k], other[k]) for k in one if one[k] != other[k]})
expect((len(w.mails.mails()), len(w.people.sent)) == sent and len(kept) > 4, "and nobody is told again: %s %s" % (sent, [m.recipients for m in w.mails.mails()]))
w.end()
end("an owner is told by mail whatever the server does")
PYTHON
