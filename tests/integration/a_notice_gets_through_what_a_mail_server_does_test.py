#!/usr/bin/python3
# Promise: whatever a mail server does for once (greylists, breaks off, speaks broken TLS, says nothing), the owner's first notice gets through; where nobody knows whether it
# was taken it comes again as the very same message; where it is refused for good a person tells him. Nothing of it is ever sent in the clear, or to a server of another name.
import email
import email.policy

from authority import Authority
from serving import *
from shop import FIRST_S, Clock, Shop, first_state, night, tasks_to_tell
from smtp_faults import FAULTS, SmtpFaults

FAILED = ("refuse_sender", "unknown_recipient", "refuse_data", "refuse_after_dot")  # an answer that is one for good (RFC 5321 section 4.2.1)
TWICE = ("cut_after_dot", "silent_after_dot")

d = Directory()
authority = Authority(d.path)
mails = SmtpFaults(authority=authority, slow_s=0.1, silent_s=5)
shop = Shop(d, mail=("127.0.0.1", mails.port, authority.ca_file), timeout_ms=3000)
clock = Clock(d)
server = Server(d, "--counterparts", shop.file, "--clock", clock.file)
shop.people.has("a0", "a0@mailbox.example")


def message_id(mail):
    return email.message_from_bytes(mail.data, policy=email.policy.default)["Message-ID"]


def mails_to(account):
    return [mail for mail in mails.mails() if mail.recipients == (account + "@mailbox.example",)]


for fault in FAULTS:
    account, began = "a-" + fault, time.time()
    shop.people.has(account, account + "@mailbox.example")
    mails.play(fault)
    incident = night(server, account)
    clock.advance(FIRST_S)
    wanted = "failed" if fault in FAILED else "accepted"
    expect(wait_until(lambda: first_state(d, incident) == wanted, 60), "after %s the notice is %s: %s" % (fault, wanted, first_state(d, incident)))
    got = mails_to(account)
    expect(len(got) == (0 if fault in FAILED else 2 if fault in TWICE else 1), "after %s it came %d times" % (fault, len(got)))
    expect(len({mail.data for mail in got}) <= 1 and len({mail.sender for mail in got}) <= 1, "each time the very same message, with one Message-ID: %s" % [message_id(m) for m in got])
    expect(all(mail.tls for mail in got), "after %s it went over TLS" % fault)
    expect(len(tasks_to_tell(server, incident)) == (1 if fault in FAILED else 0), "after %s a person has to tell him only where no mail server would" % fault)
    print("%-18s %-8s %d times, %.1f s" % (fault, first_state(d, incident), len(got), time.time() - began))
expect(mails.attempts == {**{fault: 1 for fault in FAULTS}, "accept": mails.attempts["accept"]}, "each fault was met once: %s" % mails.attempts)

# Nobody listens for a while.
mails.close()
shop.people.has("a-closed", "a-closed@mailbox.example")
incident = night(server, "a-closed")
clock.advance(FIRST_S)
expect(wait_until(lambda: first_state(d, incident) == "out"), "it is to be told: %s" % first_state(d, incident))
time.sleep(1)
expect(first_state(d, incident) == "out", "and taken by nobody: %s" % first_state(d, incident))
mails.open()
expect(wait_until(lambda: first_state(d, incident) == "accepted", 60), "a server that was away gets it when it is back: %s" % first_state(d, incident))
expect(len(mails_to("a-closed")) == 1, "once: %d" % len(mails_to("a-closed")))
expect(server.stop() == 0, "the server ends well: " + server.said())
end("a notice gets through what a mail server does")
