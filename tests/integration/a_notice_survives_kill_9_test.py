#!/usr/bin/python3
# Promise: the server is killed while it tells owners, at whatever moment, and started again: each owner is told, and whatever comes a second time is the very same message.
import collections
import random

from authority import Authority
from serving import *
from shop import FIRST_S, Clock, Shop, first_state, night
from smtp_faults import SmtpFaults

random.seed(20261129)
ACCOUNTS = ["a%d" % number for number in range(12)]
d = Directory()
authority = Authority(d.path)
mails = SmtpFaults(authority=authority, slow_s=0.01, silent_s=0.4)
shop = Shop(d, mail=("127.0.0.1", mails.port, authority.ca_file), timeout_ms=3000)
clock = Clock(d)
server = Server(d, "--counterparts", shop.file, "--clock", clock.file)
incidents = {}
for number, account in enumerate(ACCOUNTS):
    shop.people.has(account, account + "@mailbox.example")
    mails.play("slow" if number % 2 else "silent_after_dot")  # so that it dies in the middle of a conversation, or where the mail is taken and nobody has said so
    incidents[account] = night(server, account)
    clock.advance(FIRST_S)
    time.sleep(random.random() * 0.5)
    server.kill()
    server = Server(d, "--counterparts", shop.file, "--clock", clock.file)

for account, incident in incidents.items():
    expect(wait_until(lambda: first_state(d, incident) == "accepted", 120), "the notice to %s is taken at last: %s" % (account, first_state(d, incident)))
firsts = collections.defaultdict(list)
for mail in mails.mails(): firsts[mail.recipients].append(mail)
for account in ACCOUNTS:
    got = firsts[(account + "@mailbox.example",)]
    expect(len(got) >= 1, "%s is told" % account)
    expect(len({(mail.sender, mail.data) for mail in got}) == 1, "%s is told one thing, however often: %d times" % (account, len(got)))
expect(len(firsts) == len(ACCOUNTS), "nobody else is told: %s" % list(firsts))
expect(len(mails.mails()) > len(ACCOUNTS), "some of them twice, or nothing was tried here")
print("%d owners, %d mails, %d conversations" % (len(ACCOUNTS), len(mails.mails()), mails.connections))
expect(server.stop() == 0, "the server ends well: " + server.said())
end("a notice survives kill -9")
