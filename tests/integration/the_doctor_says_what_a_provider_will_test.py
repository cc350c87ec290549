#!/usr/bin/python3
# Promise: what `hikeshi doctor mail` says of a zone is what a provider then makes of a notice of ours, for each fault that it can have; and what it says to publish mends it.
import re
import smtplib
import ssl

from mail_servers import SHOP_ADDRESS, MailServers, provider_says
from serving import *
from shop import BOUNCES, Shop, night

OWNER = "owner@mailbox.example"
RSA, ED25519, DMARC = "hikeshi-rsa._domainkey.shop.example", "hikeshi-ed25519._domainkey.shop.example", "_dmarc.shop.example"


def doctor():
    """(exit status, {name of check: check}); asks as this machine does, which is the resolver of the mail servers."""
    ran = subprocess.run([HIKESHI, "doctor", "mail", "--json", "--domain", "shop.example", "--return-path-domain", BOUNCES, "--rsa-selector", "hikeshi-rsa",
                          "--ed25519-selector", "hikeshi-ed25519", "--sender-ip", SHOP_ADDRESS], stdout=subprocess.PIPE, timeout=100)
    return ran.returncode, {c["name"]: c for c in json.loads(ran.stdout)["checks"]}


with MailServers() as servers:
    d = Directory()
    shop = Shop(d, servers)
    keys = {name: "".join(re.findall(r'"([^"]*)"', strings)) for name, strings in re.findall(r"^(\S+)\. IN TXT \((.*?) \)$", shop.keys.records, re.M | re.S)}
    sound = {RSA: keys[RSA], ED25519: keys[ED25519], BOUNCES: "v=spf1 ip4:%s -all" % SHOP_ADDRESS, DMARC: "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@shop.example"}
    shop.people.has("a1", OWNER)
    server = Server(d, "--counterparts", shop.file)
    night(server, "a1")
    box = servers.wait_for_mail(OWNER)
    expect(len(box) == 1, "there is a notice to try: %s" % server.said())
    sender = re.search(rb"^Return-Path: <(.*?)>", box[0], re.M)[1].decode()
    notice = box[0][box[0].index(b"DKIM-Signature: "):]  # as it was sent: the provider has written above it

    def deliver(strict_spf=False):
        """What the provider holds of the notice as the zone stands. The other verifier agrees, but for `strict_spf`: mailauth 4.8.6 counts a strict alignment as relaxed."""
        count = len(servers.mailbox(OWNER))
        with smtplib.SMTP(servers.submit_host, servers.submit_port, timeout=30) as client:
            client.starttls(context=ssl.create_default_context(cafile=servers.ca_file))
            client.sendmail(sender, [OWNER], notice)
        message = servers.wait_for_mail(OWNER, count + 1)[-1]
        told, second = provider_says(message), servers.second_opinion(message)
        words = lambda dkim, spf, dmarc: {"dkim": ["pass" if r == "pass" else "fail" for r in dkim], "spf": "pass" if spf == "pass" else "fail", "dmarc": dmarc}
        first = words(told["dkim"], told["spf"][0], told["dmarc"][0])
        expect(strict_spf or first == words([r["result"] for r in second["dkim"]], second["spf"]["result"], second["dmarc"]["result"]), "both verifiers agree: %s %s" % (told, second))
        return first

    GOOD = {"dkim": ["pass", "pass"], "spf": "pass", "dmarc": "pass"}
    for what, change, bad, makes in [
        ("a sound zone", {}, {}, {}),
        ("no RSA key", {RSA: None}, {"dkim_rsa": "missing"}, {"dkim": ["fail", "pass"]}),
        ("a revoked RSA key", {RSA: "v=DKIM1; k=rsa; p="}, {"dkim_rsa": "wrong"}, {"dkim": ["fail", "pass"]}),
        ("no Ed25519 key", {ED25519: None}, {"dkim_ed25519": "missing"}, {"dkim": ["pass", "fail"]}),
        ("half an Ed25519 key", {ED25519: "v=DKIM1; k=ed25519; p=AAAA"}, {"dkim_ed25519": "wrong"}, {"dkim": ["pass", "fail"]}),
        ("no SPF", {BOUNCES: None}, {"spf": "missing"}, {"spf": "fail"}),
        ("an SPF that permits another", {BOUNCES: "v=spf1 ip4:192.0.2.99 -all"}, {"spf": "wrong"}, {"spf": "fail"}),
        ("two SPFs", {BOUNCES: [sound[BOUNCES], "v=spf1 mx -all"]}, {"spf": "wrong"}, {"spf": "fail"}),
        ("no keys, only an SPF", {RSA: None, ED25519: None}, {"dkim_rsa": "missing", "dkim_ed25519": "missing"}, {"dkim": ["fail", "fail"]}),
        ("no keys, and an SPF that must be of the very same domain", {RSA: None, ED25519: None, DMARC: sound[DMARC].replace("adkim=s", "aspf=s")},
         {"dkim_rsa": "missing", "dkim_ed25519": "missing", "alignment": "wrong"}, {"dkim": ["fail", "fail"], "dmarc": "fail"}),
        ("neither keys nor SPF", {RSA: None, ED25519: None, BOUNCES: None}, {"dkim_rsa": "missing", "dkim_ed25519": "missing", "spf": "missing"},
         {"dkim": ["fail", "fail"], "spf": "fail", "dmarc": "fail"}),
        ("no DMARC", {DMARC: None}, {"dmarc": "missing"}, {"dmarc": "none"}),
    ]:
        for name, value in {**sound, **change}.items(): servers.publish(name, "TXT", value)
        got = deliver(strict_spf="alignment" in bad)
        status, checks = doctor()
        verdicts = {name: check["verdict"] for name, check in checks.items() if check["verdict"] != "good"}
        expect(got == {**GOOD, **makes}, "with %s the provider holds %s" % (what, got))
        expect(verdicts == bad and status == (1 if bad else 0), "with %s the doctor says %s" % (what, {n: (checks[n]["verdict"], checks[n]["found"]) for n in verdicts}))
        # What is to be published: keys as `hikeshi dkim show` prints them, the rest as the doctor does.
        for name in bad:
            record = checks[name].get("publish", "")
            if name.startswith("dkim_"): owner, record = (RSA, shop.keys.records.split("\n" + ED25519)[0]) if name == "dkim_rsa" else (ED25519, ED25519 + shop.keys.records.split(ED25519)[1])
            elif record: owner = record.split(". IN ")[0]
            else: owner, record = DMARC, '%s. IN TXT "%s"' % (DMARC, sound[DMARC])  # an alignment is a matter of choice
            servers.publish(owner, "TXT", None)
            servers.publish_zone(record)
        if bad:
            got = deliver()
            expect(got == GOOD, "what is said to be published against %s makes it %s" % (what, got))
    expect(server.stop() == 0, "the server ends well")
end("the doctor says what a provider will")
