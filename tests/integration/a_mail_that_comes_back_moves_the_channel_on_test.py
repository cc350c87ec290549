#!/usr/bin/python3
# Promise: a notice that the mailbox provider took and could not deliver comes back through the MTA and `hikeshi bounce`, and within a minute the owner is told by the next
# channel, or by a person where there is none; also where the server was away when it came. Whatever else comes to such an address moves nothing, and bounces to nobody.
import shutil
import smtplib

from mail_servers import MailServers
from serving import *
from shop import BOUNCES, Shop, first_state, night, notices, tasks_to_tell

FULL, OWNER, PHONE = "full@mailbox.example", "owner@mailbox.example", "+81-90-0000-0000"

d = Directory()
hook = d.at("bounced")  # run by Postfix as nobody, who must reach what it needs
with MailServers(mailboxes=[OWNER], bounce_command=[hook]) as servers:
    os.chmod(d.path, 0o755)
    program = shutil.copy(HIKESHI, servers.at("hikeshi"))
    shutil.copytree("rules", d.at("policy"))
    with open(d.at("policy/policy.toml"), "a") as f: f.write('\n[notify]\nchannels = ["email", "sms"]\nat_once = 1\n')
    made = subprocess.run([HIKESHI, "key", "new", "bounce", "--scopes", "events:write", "--file", d.at("keys")], check=True, capture_output=True, text=True)
    os.chmod(d.write("bounce.key", made.stdout), 0o644)  # on a real host that user's alone
    shop = Shop(d, servers)

    def lead_to(port):
        """What the MTA runs from now on: the line of docs/how-to/mail.md."""
        d.write("bounced.new", '#!/bin/sh\nexec "%s" bounce --server http://127.0.0.1:%d --key-file "%s" --recipient "$1" 2>>"%s"\n'
                % (program, port, d.at("bounce.key"), d.at("bounced.said")))
        os.chmod(d.at("bounced.new"), 0o755)
        os.rename(d.at("bounced.new"), hook)

    def start():
        server = Server(d, "--counterparts", shop.file, "--policy", d.at("policy"))
        lead_to(server.port)
        return server

    def said():
        with open(d.at("bounced.said")) as f: return f.read()

    os.chmod(d.write("bounced.said", ""), 0o666)
    server = start()

    # The provider takes it, and a moment later the mailbox is found to be full.
    shop.people.has("a1", FULL), shop.people.has("a1", PHONE, channel="sms")
    incident = night(server, "a1")
    began = time.time()
    expect(wait_until(lambda: shop.people.texted, 60), "the next channel tells him: %s %s" % (notices(d, incident)[0], said()))
    print("the next channel had it %.1f s after the decision" % (time.time() - began))
    texted = [t for t in shop.people.texted if t["incident"] == incident]
    expect(len(texted) == 1 and texted[0]["to"] == PHONE and incident in texted[0]["text"], "once, at the number from before: %s" % texted)
    first = lambda: [n for n in notices(d, incident) if n["subject"] == "first"][0]
    expect(wait_until(lambda: first()["channels"] == "email=failed sms=accepted"), "both are known: %s" % first()["channels"])
    expect(first()["state"] == "accepted" and first()["accepted_by"] == "sms", "it counts as told by the one that took it: %s" % first())
    expect(tasks_to_tell(server, incident) == [], "nobody need do it: %s" % tasks_to_tell(server, incident))

    # Nobody else is left to tell him: a person does. The server can't be reached when the mail comes back, and the MTA keeps it.
    lead_to(1)  # where nobody listens
    shop.people.has("a2", FULL)
    incident = night(server, "a2")
    expect(wait_until(lambda: "cannot reach" in said(), 60), "the command says why it took nothing: %s" % said())
    expect(wait_until(lambda: first_state(d, incident) == "accepted"), "the mail was taken: %s" % first_state(d, incident))
    server.kill()
    server = start()
    expect(wait_until(lambda: first_state(d, incident) == "failed", 60), "a bounce that came while the server was away is not lost: %s %s" % (first_state(d, incident), said()))
    expect(wait_until(lambda: len(tasks_to_tell(server, incident)) == 1), "and a person tells him: %s" % tasks_to_tell(server, incident))

    # Mail to a bounce address that is none, or whose token is made up.
    shop.people.has("a3", OWNER)
    incident = night(server, "a3")
    box = servers.wait_for_mail(OWNER)
    expect(len(box) == 1 and wait_until(lambda: first_state(d, incident) == "accepted"), "a third one is told: %d" % len(box))
    token = box[0].split(b"<bounce+", 1)[1].split(b"@", 1)[0].decode()
    notice, code = token.rsplit(".", 1)
    report = ("From: MAILER-DAEMON@elsewhere.example\r\nSubject: failure\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=b\r\n\r\n"
              "--b\r\nContent-Type: text/plain\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; elsewhere.example\r\n\r\n"
              "Final-Recipient: rfc822; owner@mailbox.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n")
    with smtplib.SMTP(servers.submit_host, servers.submit_port, timeout=30) as client:
        for _, to, text in [("a vacation reply", token, "From: owner@mailbox.example\r\nAuto-Submitted: auto-replied\r\nSubject: away\r\n\r\nI am away.\r\n"),
                               ("a made-up token", notice + "." + ("00000000" if code != "00000000" else "11111111"), report),
                               ("somebody else's token", "inc_999999.n1." + code, report), ("no token at all", "spam", report)]:
            client.sendmail("", ["bounce+%s@%s" % (to, BOUNCES)], text)
    expect(wait_until(lambda: said().count("nobody has its token") == 3 and "automatic reply" in said(), 60), "each is said to be none: %s" % said())
    expect(first_state(d, incident) == "accepted" and len(servers.mailbox(OWNER)) == 1, "and moves nothing: %s" % first_state(d, incident))
    time.sleep(1)
    with open(servers.at("logs", "syslog"), errors="replace") as f: log = f.read()
    expect("status=bounced" not in "".join(line for line in log.splitlines() if BOUNCES in line.split("to=<")[-1]), "no bounce bounces:\n%s" % log)
    expect(server.stop() == 0, "the server ends well: " + server.said())
end("a mail that comes back moves the channel on")
