#!/usr/bin/python3
# Promise: within a minute after the decision the owner has one mail, at his address from before the attack, in his language, that his provider holds genuine; without a
# link or a telephone number, and word for word what lies in the message centre. The hijacker, who put in an address of his own, learns nothing of it.
import email
import email.policy
import re
import time

from mail_servers import MailServers, provider_says
from serving import *
from shop import BOUNCES, FROM, NOW, Shop, first_state, night, tasks_to_tell

OWNER, THIEF, LOST = "owner@mailbox.example", "thief@mailbox.example", "lost@mailbox.example"
CODE = r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b"


def text_of(message):
    return message.get_content().replace("\r\n", "\n")


def expect_bare(text, what):
    """No link and no telephone number; dates and the check code are not taken for one."""
    expect(not re.search(r"https?:|://|www\.|\w@\w|\w\.(com|jp|net|org|example)\b|mailto|tel:", text), "no link in %s:\n%s" % (what, text))
    plain = re.sub(r"\d{4}(-|年)\d\d(-|月)\d\d日? \d\d:\d\d", "", text)
    expect(not re.search(r"(\d[-() ]?){9,}", plain), "no telephone number in %s:\n%s" % (what, text))


with MailServers(mailboxes=[OWNER, THIEF]) as servers:
    d = Directory()
    shop = Shop(d, servers)
    shop.people.has("a1", OWNER), shop.people.has("a1", THIEF, since=NOW - 290)
    server = Server(d, "--counterparts", shop.file)
    incident = night(server, "a1", email=True)
    decided = time.time()
    box = servers.wait_for_mail(OWNER, 1, 60)
    print("the mail was in the mailbox %.1f s after the decision" % (time.time() - decided))
    expect(len(box) == 1, "one mail within a minute: %d; %s" % (len(box), server.said()))
    if box:
        told, second = provider_says(box[0]), servers.second_opinion(box[0])
        expect(told == {"dkim": ["pass", "pass"], "spf": ["pass"], "dmarc": ["pass"]}, "his provider holds it genuine: %s" % told)
        expect([(r["domain"], r["algorithm"], r["result"]) for r in second["dkim"]] == [("shop.example", "rsa-sha256", "pass"), ("shop.example", "ed25519-sha256", "pass")],
               "so does another verifier: %s" % second)
        expect((second["spf"]["result"], second["spf"]["domain"], second["dmarc"]["result"]) == ("pass", BOUNCES, "pass"), "the envelope, too: %s" % second)
        expect(all({"from", "to", "subject", "date", "message-id"} <= {h.strip().lower() for h in r["signed"].split(":")} for r in second["dkim"]), "what he sees is signed: %s" % second)

        mail = email.message_from_bytes(box[0], policy=email.policy.default)
        text, subject = text_of(mail), str(mail["Subject"])
        expect(mail["From"].addresses[0].addr_spec == FROM and mail["From"].addresses[0].display_name == "はなや", "from the shop: %s" % mail["From"])
        expect([a.addr_spec for a in mail["To"].addresses] == [OWNER], "to him alone: %s" % mail["To"])
        expect(re.fullmatch(r"<bounce\+[^@]+@%s>" % re.escape(BOUNCES), mail["Return-Path"]), "what comes back names the notice: %s" % mail["Return-Path"])
        expect(mail["Auto-Submitted"] == "auto-generated" and mail["Message-ID"].endswith("@shop.example>"), "no answering machine answers it: %s" % mail["Auto-Submitted"])
        expect(mail.get_content_type() == "text/plain" and not mail.is_multipart() and not mail["List-Unsubscribe"], "plain text and nothing else")
        expect("with ESMTPS" in str(mail.get_all("Received")[0]), "over TLS: %s" % mail.get_all("Received"))

        expect(incident in subject and "第三者" in subject, "in his language: %s" % subject)
        for what in ("50,000円", "980円", "500円", "そのメールは本物", incident, "次"):
            expect(what in text, "it says %s:\n%s" % (what, text))
        expect(re.search(CODE, text), "and a code to check it by:\n" + text)
        expect_bare(text, "the text"), expect_bare(subject, "the subject")

        expect(wait_until(lambda: first_state(d, incident) == "accepted", 30), "the notice is known to be taken")
        centre = ask(server, "GET", "/v1/messages/a1")[1]["messages"]
        first = [m for m in centre if m["subject"] == "first"]
        expect(len(first) == 1 and (first[0]["title"], first[0]["text"].rstrip("\n")) == (subject, text.rstrip("\n")), "the message centre has the same text: %s\n%s" % (centre, text))
        expect(all(m["language"] == "ja" for m in centre), "all of it in his language: %s" % centre)
        code = re.search(CODE, text)[0]
        status, checked = ask(server, "POST", "/v1/notices/check", json.dumps({"code": code.lower().replace("-", " "), "client": "192.0.2.7"}))
        expect((status, checked.get("ours"), checked.get("subject"), checked.get("case")) == (200, True, subject, incident), "the code is known as ours: %s %s" % (status, checked))
        expect(wait_until(lambda: first_state(d, incident) == "read"), "and who knows it has read the message: %s" % first_state(d, incident))
        other = ("0000-0000" if code != "0000-0000" else "1111-1111")
        expect(ask(server, "POST", "/v1/notices/check", json.dumps({"code": other, "client": "192.0.2.7"}))[1] == {"ours": False}, "another is not")

    # What the hijacker reads at the address that he put in is that something was stopped: nothing of whom, what and how much.
    for message in servers.mailbox(THIEF):
        mail = email.message_from_bytes(message, policy=email.policy.default)
        for secret in (incident, "50,000", "500", "980", OWNER, "0000-0000"):
            expect(secret not in text_of(mail) + str(mail["Subject"]), "the hijacker is not told %s:\n%s" % (secret, text_of(mail)))
        # Nor by its headers: whoever names a case number to an operator must be its owner.
        expect(incident.encode() not in message, "the hijacker is not told the case number:\n%s" % message.decode(errors="replace"))
        expect_bare(text_of(mail), "what the hijacker reads")
    expect(len(servers.mailbox(THIEF)) == 1, "the hijacker is told once that something was stopped: %d" % len(servers.mailbox(THIEF)))

    full = ask(server, "GET", "/v1/responses/%s?full=1" % incident)[1]
    expect([n["facts"] for n in full["notices"] if n["subject"] == "blocked"] == [{"effect": full["effects"][[e["kind"] for e in full["effects"]].index("email")]["id"]}],
           "what the stranger's notice is about is known: %s" % full["notices"])

    # Somebody whose address has gone meanwhile: nothing is lost without a word.
    shop.people.has("a2", LOST)
    incident = night(server, "a2", email=True)
    expect(wait_until(lambda: first_state(d, incident) == "failed", 60), "a mailbox that there is not is known: %s" % first_state(d, incident))
    expect(len(tasks_to_tell(server, incident)) == 1, "and a person tells him: %s" % tasks_to_tell(server, incident))

    expect(len(servers.mailbox(OWNER)) == 1, "he still has one mail: %d" % len(servers.mailbox(OWNER)))
    expect(shop.people.forged == 0 and shop.counterpart.forged == 0, "each request was signed")
    expect(server.stop() == 0, "the server ends well: " + server.said())
end("the owner is told at once by a mail that passes")
