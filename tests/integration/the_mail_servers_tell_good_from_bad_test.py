#!/usr/bin/python3
# Promise: the real servers in which the owner's mail is proven tell a message of the shop from one that only says so, and two verifiers agree each time.
import smtplib
import ssl
import subprocess

import dkim
import nacl.encoding
import nacl.signing
from mail_servers import FOREIGN_ADDRESS, MX, MailServers, provider_says
from serving import Directory, end, expect

d = Directory()
OWNER, ENVELOPE = "owner@mailbox.example", "bounce+1@bounces.shop.example"
SIGNED = [b"From", b"To", b"Subject", b"Date", b"Message-ID"]


def make_keys(servers):
    """(selector, algorithm, key) of both signatures; their public halves are published."""
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", d.at("rsa.pem"), "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", d.at("rsa.pem"), "-pubout"], check=True, capture_output=True, text=True).stdout
    servers.publish("r1._domainkey.shop.example", "TXT", "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1]))
    ed = nacl.signing.SigningKey.generate()
    servers.publish("e1._domainkey.shop.example", "TXT", "v=DKIM1; k=ed25519; p=" + ed.verify_key.encode(nacl.encoding.Base64Encoder).decode())
    with open(d.at("rsa.pem"), "rb") as f:
        return [(b"r1", b"rsa-sha256", f.read()), (b"e1", b"ed25519-sha256", ed.encode(nacl.encoding.Base64Encoder))]


def compose(number, keys, domain=b"shop.example"):
    message = ("From: =?utf-8?B?44OG44K544OI5bqX?= <notice@shop.example>\r\nTo: %s\r\nSubject: no. %s\r\nDate: Sun, 29 Nov 2026 00:41:00 +0900\r\nMessage-ID: <%s@shop.example>\r\n"
               "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nご注文を止めました\r\n"
               % (OWNER, number, number)).encode()
    signatures = b""
    for selector, algorithm, key in keys:
        signatures += dkim.sign(message, selector, domain, key, signature_algorithm=algorithm, canonicalize=(b"relaxed", b"relaxed"), include_headers=SIGNED)
    return signatures + message


def submit(servers, message, sender=ENVELOPE, source=None, recipient=OWNER):
    with smtplib.SMTP(servers.submit_host, servers.submit_port, local_hostname="mail.shop.example", timeout=30, source_address=(source, 0) if source else None) as client:
        client.starttls(context=ssl.create_default_context(cafile=servers.ca_file))
        client.sendmail(sender, [recipient], message, mail_options=["BODY=8BITMIME"])


def both_say(servers, what, dkim_results, spf, dmarc):
    """The last message in the mailbox, which each of the two verifiers is expected to hold this of."""
    both_say.count += 1
    box = servers.wait_for_mail(OWNER, both_say.count)
    expect(len(box) == both_say.count, "%s: arrived: %d" % (what, len(box)))
    told, second = provider_says(box[-1]), servers.second_opinion(box[-1])
    expect(told == {"dkim": dkim_results, "spf": [spf], "dmarc": [dmarc]}, "%s: the provider says %s\n%s" % (what, told, box[-1].decode(errors="replace")))
    # RFC 8601 has several words for a signature that does not hold, and mailauth takes another one where it is the body or the key that fails.
    words = [{"neutral": "fail"}.get(r["result"], r["result"]) for r in second["dkim"]]
    expect(words == dkim_results, "%s: mailauth says dkim %s" % (what, second["dkim"]))
    expect((second["spf"]["result"], second["dmarc"]["result"]) == (spf, dmarc), "%s: mailauth says spf %s, dmarc %s" % (what, second["spf"], second["dmarc"]))
    return box[-1].decode(errors="replace")


both_say.count = 0
with MailServers() as servers:
    keys = make_keys(servers)
    good = compose("1", keys)
    submit(servers, good)
    arrived = both_say(servers, "a message of the shop", ["pass", "pass"], "pass", "pass")
    expect("from mail.shop.example (mail.shop.example [192.0.2.10])" in arrived and "TLSv1.3" in arrived, "came from the shop's address, over TLS:\n" + arrived)
    expect(arrived.replace("\r\n", "\n").endswith(good.decode().replace("\r\n", "\n")), "nothing of it was changed")

    submit(servers, compose("2", keys).replace("止めました".encode(), "送りました".encode()), sender="x@elsewhere.example", source=FOREIGN_ADDRESS)
    both_say(servers, "a changed one, over a foreign envelope", ["fail", "fail"], "pass", "fail")

    submit(servers, compose("2a", keys).replace(b"Subject: no. 2a", b"Subject: No. 2a"), sender="x@elsewhere.example", source=FOREIGN_ADDRESS)
    both_say(servers, "one with another subject", ["fail", "fail"], "pass", "fail")

    submit(servers, compose("3", []), source=FOREIGN_ADDRESS)
    both_say(servers, "one that has the shop's envelope, and comes from elsewhere", ["none"], "fail", "fail")

    submit(servers, compose("4", keys), sender="x@elsewhere.example", source=FOREIGN_ADDRESS)
    both_say(servers, "a genuine one that was forwarded", ["pass", "pass"], "pass", "pass")

    submit(servers, compose("5", keys, b"news.shop.example"), sender="x@elsewhere.example", source=FOREIGN_ADDRESS)
    both_say(servers, "one signed for a domain of which no key is published", ["fail", "fail"], "pass", "fail")

    forged = ("Authentication-Results: %s; dkim=pass header.d=shop.example; spf=pass; dmarc=pass\r\n" % MX).encode()
    submit(servers, forged + compose("6", []), source=FOREIGN_ADDRESS)
    both_say(servers, "one that brings its own verdict", ["none"], "fail", "fail")

    try:
        submit(servers, good, recipient="nobody@mailbox.example")
        expect(False, "an unknown mailbox is refused")
    except smtplib.SMTPRecipientsRefused as refused:
        expect(refused.recipients["nobody@mailbox.example"][0] == 550, "and how: %s" % refused)
    submit(servers, good, recipient="full@mailbox.example")
    bounces = servers.wait_for_bounces()
    expect([address for address, _ in bounces] == [ENVELOPE], "a full mailbox has it come back: %s" % bounces)
    expect(bounces and b"Status: 5.2.2" in bounces[0][1] and b"Final-Recipient: rfc822; full@mailbox.example" in bounces[0][1], "as RFC 3464 says: %s" % bounces)
    expect(len(servers.mailbox(OWNER)) == both_say.count, "and nothing else came")
end("the mail servers tell good from bad")
