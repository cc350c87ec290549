#!/usr/bin/python3
# Promise: the mail server that fails as told does each of its faults, and keeps exactly the messages that it took or may have taken.
import smtplib
import socket
import ssl
import sys

from authority import Authority
from serving import Directory, end, expect
from smtp_faults import FAULTS, SmtpFaults

directory = Directory()
authority = Authority(directory.path)
trusting = ssl.create_default_context(cafile=authority.ca_file)


def send(server, tls=True, subject="one"):
    """How it ended: the code of an answer that refused, the exception's name where there was no answer, or "taken"."""
    try:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=2) as client:
            if tls: client.starttls(context=trusting)
            client.login("hikeshi", "a pass word")
            client.sendmail("bounce+1@bounces.shop.example", ["owner@mailbox.example"], "Subject: %s\r\n\r\n.one\r\n..two\r\n" % subject)
            return "taken"
    except smtplib.SMTPRecipientsRefused as refused:
        return list(refused.recipients.values())[0][0]
    except smtplib.SMTPResponseException as refused:
        return refused.smtp_code
    except Exception as failed:
        return type(failed).__name__


# What a client meets, and how many messages the server then has: by answer 250, and by none.
MEETS = {
    "accept": ("taken", 1, 0), "cut_at_once": ("ConnectionResetError", 0, 0), "busy": (421, 0, 0), "no_starttls": ("SMTPNotSupportedError", 0, 0),
    "refuse_starttls": (454, 0, 0), "garbage_starttls": ("SSLError", 0, 0), "wrong_certificate": ("SSLCertVerificationError", 0, 0), "slow": ("taken", 1, 0),
    "dribble": ("taken", 1, 0), "nonsense": (-1, 0, 0), "refuse_sender": (550, 0, 0), "greylist": (451, 0, 0), "unknown_recipient": (550, 0, 0),
    "refuse_data": (554, 0, 0), "cut_in_data": ("SMTPServerDisconnected", 0, 0), "defer_after_dot": (451, 0, 0), "refuse_after_dot": (554, 0, 0),
    "cut_after_dot": ("SMTPServerDisconnected", 0, 1), "silent_after_dot": ("SMTPServerDisconnected", 0, 1),
}
expect(list(MEETS) == list(FAULTS), "each fault is tried")
for fault, (met, taken, unsure) in MEETS.items():
    server = SmtpFaults(fault, authority=authority, slow_s=0.1, silent_s=4)
    got = send(server)
    lost = ("SMTPServerDisconnected", "ConnectionResetError", "BrokenPipeError")  # which of these is a matter of moments
    expect(got == met or (got in lost and met in lost), "%s is met as %s: %s" % (fault, met, got))
    answers = [mail.answer for mail in server.mails()]
    expect((answers.count(250), answers.count(None)) == (taken, unsure), "%s leaves %s" % (fault, answers))
    expect(send(server) == "taken", "after %s the script is at its end" % fault)
    mail = server.mails()[-1]
    expect(mail[:4] == ("bounce+1@bounces.shop.example", ("owner@mailbox.example",), b"Subject: one\r\n\r\n.one\r\n..two\r\n", 250), "the message is kept: %s" % (mail,))
    expect(mail.tls and mail.user == ("hikeshi", "a pass word"), "and how it came")
    server.close()

server = SmtpFaults("greylist", "greylist")
expect([send(server, tls=False) for _ in range(3)] == [451, 451, "taken"], "twice greylisted, then taken")
server.close()
expect(send(server, tls=False) == "ConnectionRefusedError", "a closed door refuses")
server.open()
expect(send(server, tls=False, subject="two") == "taken" and server.wait_for(2, 1), "an opened door is the same one")

server.play("accept", "unknown_recipient", "busy")
with smtplib.SMTP("127.0.0.1", server.port, timeout=5) as client:
    client.sendmail("a@shop.example", ["b@mailbox.example"], "Subject: three\r\n\r\n")
    for code, again in ((550, "the second message of a connection has its own word"), (421, "and so has the third")):
        try:
            client.sendmail("a@shop.example", ["b@mailbox.example"], "Subject: four\r\n\r\n")
            expect(False, again)
        except smtplib.SMTPRecipientsRefused as refused:
            expect(list(refused.recipients.values())[0][0] == code, again)
        except smtplib.SMTPResponseException as refused:
            expect(refused.smtp_code == code, again)
expect(server.attempts["unknown_recipient"] == 1 and server.attempts["busy"] == 0, "the fault of a connection waits for the next one: %s" % server.attempts)
end("each fault of SMTP is played")
