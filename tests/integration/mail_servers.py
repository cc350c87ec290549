# Real mail servers for the tests beside this file: a resolver with a zone of its own, a mailbox provider that verifies and tells what it found, and another verifier.
#
#   mail.shop.example 192.0.2.10 (whoever connects to the provider comes from there)
#        |  SMTP, STARTTLS
#   mx.mailbox.example 192.0.2.25: Postfix, with OpenDKIM (verifies) and OpenDMARC (SPF and DMARC) as milters; refuses nothing on their word, but writes it down
#        |                                |
#   maildirs of *@mailbox.example     bounces to bounce+*@bounces.shop.example: a command
#
# All of it lives in a network and a mount namespace that this process enters for the rest of its life: its own loopback, ports, addresses (192.0.2.0/24, RFC 5737),
# resolver and /dev/log. Nothing of the machine is seen from there, and nothing on the machine sees it. Whatever the process starts later (Hikeshi) is in there, too.
import atexit
import ctypes
import email
import email.policy
import glob
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from authority import Authority
from serving import problems

MX, MX_ADDRESS = "mx.mailbox.example", "192.0.2.25"
SHOP, SHOP_ADDRESS = "mail.shop.example", "192.0.2.10"
FOREIGN_ADDRESS = "192.0.2.66"  # of somebody who is not the shop: an address to send from
SUBMIT_PORT, DKIM_PORT, DMARC_PORT = 25, 8891, 8893
CLONE_NEWNS, CLONE_NEWNET, PR_SET_PDEATHSIG = 0x00020000, 0x40000000, 1
HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {"unbound": "/usr/sbin/unbound", "unbound-control": "/usr/sbin/unbound-control", "postfix": "/usr/sbin/postfix", "opendkim": "/usr/sbin/opendkim",
            "opendmarc": "/usr/sbin/opendmarc", "ip": "/usr/sbin/ip", "mount": "/usr/bin/mount", "openssl": "/usr/bin/openssl"}


class CannotRun(Exception):
    """The servers can't be had here; says what is missing."""


def lacks():
    """What this machine lacks for the servers, in words; None where it has everything."""
    if os.geteuid() != 0: return "the mail servers need root: each runs as a user of its own"
    missing = [name for name, path in PROGRAMS.items() if not os.path.exists(path)]
    if missing: return "%s not installed: see tools/setup-integration" % ", ".join(missing)
    needed = "ip link set lo up && mount --make-rprivate / && mount -t tmpfs tmpfs /mnt"
    tried = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", needed], capture_output=True, text=True)
    if tried.returncode != 0:
        return ("no network and mount namespace of one's own is permitted here (%s): a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN, and a seccomp and AppArmor "
                "profile that let it unshare and mount" % tried.stderr.strip())
    return None


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    if done.returncode != 0: raise CannotRun("%s: %s" % (" ".join(command), (done.stderr or done.stdout).strip()))
    return done.stdout


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class MailServers:
    """
    with MailServers() as servers: ...

    `mailboxes` are addresses at mailbox.example that take mail; "full@mailbox.example" takes it, too, and has it come back as a bounce (5.2.2) a moment later. Others
    are refused to RCPT (5.1.1). `bounce_command` is run for each message to bounce+*@bounces.shop.example, with the address as its last argument and the message on
    standard input, as the user nobody; without one they are kept, see `bounces`. Postfix believes what its exit status says (sysexits.h).

    Must be the first thing that a test starts: only this thread, and what it starts from now on, is in the namespaces. After an exception, or a broken expectation (serving.py),
    the end of each log is printed.
    """

    def __init__(self, mailboxes=("owner@mailbox.example",), bounce_command=None, starttls=True):
        missing = lacks()
        if missing: raise CannotRun(missing)
        self.path = tempfile.mkdtemp(prefix="hikeshi-mail-")
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)
        os.chmod(self.path, 0o755)  # each server comes here as its own user
        self.submit_host, self.submit_port, self.records, self.children = MX, SUBMIT_PORT, {}, []
        self.mailboxes, self.bounce_command, self.starttls = list(mailboxes), bounce_command, starttls
        for folder in ("logs", "mail", "bounced", "postfix", "queue", "state", "tls", "dev"): os.mkdir(self.at(folder))
        self.authority = Authority(self.at("tls"))
        os.chmod(self.at("tls"), 0o755)
        self.ca_file = self.authority.ca_file

    def at(self, *names):
        return os.path.join(self.path, *names)

    def write(self, name, text, mode=0o644):
        with open(self.at(name), "w") as f:
            f.write(text)
        os.chmod(self.at(name), mode)
        return self.at(name)

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that a test that takes too long shows its logs
        try:
            self.enter_namespaces()
            self.start_resolver()
            self.start_milters()
            self.start_postfix()
        except BaseException:
            self.stop()
            self.print_logs()
            raise
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind or problems: self.print_logs()

    # -- a world of one's own ----------------------------------------------------------------------------------------------------------

    def enter_namespaces(self):
        if threading.active_count() > 1: raise CannotRun("a thread runs already: it would stay in the world outside; start the mail servers first")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0: raise CannotRun("unshare: " + os.strerror(ctypes.get_errno()))
        run("mount", "--make-rprivate", "/")
        run("ip", "link", "set", "lo", "up")
        for address in (SHOP_ADDRESS, MX_ADDRESS, FOREIGN_ADDRESS): run("ip", "address", "add", address + "/32", "dev", "lo")
        # Whoever says nothing else comes from the shop's address, as its server would.
        run("ip", "route", "replace", "local", MX_ADDRESS, "dev", "lo", "table", "local", "src", SHOP_ADDRESS)
        for name, text in (("resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:2\n"), ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
                           ("hosts", "127.0.0.1 localhost\n")):
            # resolv.conf may be a link to somewhere else.
            run("mount", "--bind", self.write(name, text), os.path.realpath("/etc/" + name))
        self.take_syslog()

    def take_syslog(self):
        """OpenDKIM, OpenDMARC and Postfix tell what they do to /dev/log only: one of our own, in a /dev of our own."""
        dev = self.at("dev")
        run("mount", "-t", "tmpfs", "-o", "mode=755,size=16m", "tmpfs", dev)
        for name in ("null", "zero", "full", "random", "urandom", "tty"):
            open(os.path.join(dev, name), "w").close()
            run("mount", "--bind", "/dev/" + name, os.path.join(dev, name))
        for name, to in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")):
            os.symlink(to, os.path.join(dev, name))
        os.mkdir(os.path.join(dev, "shm"))
        os.chmod(os.path.join(dev, "shm"), 0o1777)
        run("mount", "--move", dev, "/dev")
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        into = open(self.at("logs", "syslog"), "ab", buffering=0)

        def listen():
            while True:
                into.write(re.sub(rb"^<\d+>", b"", heard.recv(1 << 16)).rstrip(b"\0\n") + b"\n")

        threading.Thread(target=listen, daemon=True).start()

    def start(self, name, *command, user=None, tied=False):
        """Ends with this process, however that ends. `tied` is for who puts off the kernel's word for it by changing users: a shell waits for our end of a pipe."""
        out = open(self.at("logs", name), "ab")
        if tied: command = ("sh", "-c", 'setsid -- "$@" </dev/null & read -r _; kill $!; wait $!', "sh", *command)
        options = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        child = subprocess.Popen(command, stdin=subprocess.PIPE if tied else subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                                 preexec_fn=None if tied else end_with_parent,
                                 start_new_session=tied, **options)  # the shell outlives whoever ends our group (timeout, Ctrl-C)
        child.name = name
        self.children.append(child)

    def await_port(self, name, address, port, seconds=30):
        until = time.time() + seconds
        while True:
            ended = [child.name for child in self.children if child.poll() is not None]
            if ended: raise CannotRun("%s ended by itself" % ", ".join(ended))
            try:
                return socket.create_connection((address, port), timeout=5).close()
            except OSError as why:
                if time.time() > until: raise CannotRun("%s does not listen: %s" % (name, why))
                time.sleep(0.02)

    def stop(self):
        """Ends what was started, the last one first."""
        for child in reversed(self.children):
            if child.stdin: child.stdin.close()
            elif child.poll() is None: child.terminate()
        for child in reversed(self.children):
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children = []

    def print_logs(self):
        for path in sorted(glob.glob(self.at("logs", "*"))):
            with open(path, errors="replace") as f:
                lines = f.read().splitlines()
            print("--- %s, the last of %d lines" % (os.path.basename(path), len(lines)))
            for line in lines[-80:]: print("    " + line)
        sys.stdout.flush()

    # -- names -------------------------------------------------------------------------------------------------------------------------

    def start_resolver(self):
        self.write("unbound.conf", f"""
server:
    interface: 127.0.0.1
    do-ip6: no
    access-control: 127.0.0.0/8 allow
    username: ""
    chroot: ""
    directory: "{self.path}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    module-config: "iterator"
    num-threads: 1
    # What is not here is nowhere: nothing is asked of a world that can't be reached.
    local-zone: "." static
    local-zone: "2.0.192.in-addr.arpa." static
    local-zone: "example." static
    local-data: "example. 0 IN SOA ns.example. hostmaster.example. 1 3600 600 86400 0"
remote-control:
    control-enable: yes
    control-interface: "{self.at('unbound.control')}"
    control-use-cert: no
""")
        self.start("unbound", PROGRAMS["unbound"], "-d", "-p", "-c", self.at("unbound.conf"))
        self.await_port("unbound", "127.0.0.1", 53)
        for name, address in ((MX, MX_ADDRESS), (SHOP, SHOP_ADDRESS), ("elsewhere.example", FOREIGN_ADDRESS)):
            self.publish(name, "A", address)
            self.publish(".".join(reversed(address.split("."))) + ".in-addr.arpa", "PTR", name + ".")
        self.publish("mailbox.example", "MX", "10 %s." % MX)
        self.publish("bounces.shop.example", "MX", "10 %s." % MX)
        self.publish("shop.example", "MX", "10 %s." % MX)
        self.publish("shop.example", "TXT", "v=spf1 -all")  # nothing has its envelope there
        self.publish("bounces.shop.example", "TXT", "v=spf1 ip4:%s -all" % SHOP_ADDRESS)
        self.publish(SHOP, "TXT", "v=spf1 a -all")
        self.publish("_dmarc.shop.example", "TXT", "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@shop.example")
        self.publish("elsewhere.example", "TXT", "v=spf1 ip4:%s -all" % FOREIGN_ADDRESS)

    def publish(self, name, type, value):
        """Makes `value` (a text, or several) the records of this type that the name has; None takes them away. Known to all at once: nothing is kept in a cache."""
        values = [value] if isinstance(value, str) else list(value or [])
        mine = self.records.setdefault(name.rstrip("."), {})
        mine[type] = values
        lines = ["%s. 0 IN %s %s" % (name.rstrip("."), t, character_strings(v) if t == "TXT" else v) for t, all in mine.items() for v in all]
        self.control("local_data_remove", name)
        for line in lines: self.control("local_data", line)

    def publish_zone(self, text):
        """Adds records as they are written for a zone file: NAME IN TYPE VALUE, of which a value in parentheses may go over several lines."""
        for record in re.sub(r"\(([^()]*)\)", lambda m: " ".join(m[1].split()), text).splitlines():
            self.control("local_data", record.replace(" IN ", " 0 IN ", 1))

    def control(self, *words):
        run(PROGRAMS["unbound-control"], "-c", self.at("unbound.conf"), *words)

    # -- the verifier that is asked while the message comes in -------------------------------------------------------------------------

    def start_milters(self):
        nobody = self.write("nobody", "192.0.2.255\n")  # an address that nobody has: no one is exempt from being verified
        self.write("opendkim.conf", f"""
Mode v
Socket inet:{DKIM_PORT}@127.0.0.1
AuthservID {MX}
AlwaysAddARHeader yes
InternalHosts {nobody}
Nameservers 127.0.0.1
Syslog yes
SyslogSuccess yes
LogWhy yes
""")
        self.write("opendmarc.conf", f"""
Socket inet:{DMARC_PORT}@127.0.0.1
AuthservID {MX}
TrustedAuthservIDs {MX}
IgnoreHosts {nobody}
SPFIgnoreResults true
SPFSelfValidate true
RejectFailures false
PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat
Syslog true
""")
        self.start("opendkim", PROGRAMS["opendkim"], "-f", "-x", self.at("opendkim.conf"), user="opendkim")
        self.start("opendmarc", PROGRAMS["opendmarc"], "-f", "-c", self.at("opendmarc.conf"), user="opendmarc")
        self.await_port("opendkim", "127.0.0.1", DKIM_PORT)
        self.await_port("opendmarc", "127.0.0.1", DMARC_PORT)

    # -- the mailbox provider ----------------------------------------------------------------------------------------------------------

    def start_postfix(self):
        certificate, key = self.authority.certify(MX, "mail.mailbox.example", "localhost", "127.0.0.1", MX_ADDRESS)
        nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        for folder in ("mail", "bounced"): os.chown(self.at(folder), nobody.pw_uid, nobody.pw_gid)
        os.chown(self.at("state"), postfix.pw_uid, postfix.pw_gid)
        keep = self.write("keep-bounce", "#!/bin/sh\nset -e\nfile=$(mktemp \"%s/.XXXXXXXX\")\ncat >\"$file\"\nmv \"$file\" \"%s/$(date +%%s.%%N)-$1\"\n"
                          % (self.at("bounced"), self.at("bounced")), 0o755)
        self.write("full", "#!/bin/sh\necho '5.2.2 the mailbox is full'\nexit 69\n", 0o755)
        self.write("mailboxes", "".join("%s %s/\n" % (box, box) for box in [*self.mailboxes, "full@mailbox.example"]))
        self.write("transports", "bounces.shop.example bouncepipe:\nfull@mailbox.example fullpipe:\n")
        self.write("relayed", "/^bounce\\+[^@]+@bounces\\.shop\\.example$/ OK\n")
        self.write("postfix/main.cf", f"""
compatibility_level = 3.6
config_directory = {self.at("postfix")}
queue_directory = {self.at("queue")}
data_directory = {self.at("state")}
myhostname = {MX}
mydomain = mailbox.example
myorigin = mailbox.example
mydestination =
inet_interfaces = 127.0.0.1, {MX_ADDRESS}
inet_protocols = ipv4
mynetworks = 192.0.2.255/32
alias_maps =
local_recipient_maps =
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = mailbox.example
virtual_mailbox_base = {self.at("mail")}
virtual_mailbox_maps = texthash:{self.at("mailboxes")}
virtual_uid_maps = static:{nobody.pw_uid}
virtual_gid_maps = static:{nobody.pw_gid}
relay_domains = bounces.shop.example
relay_recipient_maps = regexp:{self.at("relayed")}
transport_maps = texthash:{self.at("transports")}
smtpd_tls_security_level = {"may" if self.starttls else "none"}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtpd_milters = inet:127.0.0.1:{DKIM_PORT}, inet:127.0.0.1:{DMARC_PORT}
milter_default_action = tempfail
disable_vrfy_command = yes
# What a command could not take now is tried again soon.
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
""")
        self.write("postfix/master.cf", MASTER.format(bounce=" ".join(self.bounce_command or [keep]), full=self.at("full")))
        run(PROGRAMS["postfix"], "-c", self.at("postfix"), "check")  # makes the folders of the queue
        self.start("postfix", run("postconf", "-c", self.at("postfix"), "-h", "daemon_directory").strip() + "/master", "-c", self.at("postfix"), "-d", tied=True)
        self.await_port("postfix", MX_ADDRESS, SUBMIT_PORT)

    # -- what came ---------------------------------------------------------------------------------------------------------------------

    def mailbox(self, address):
        """The messages in this mailbox as bytes, with what the provider wrote on top, in the order in which they came."""
        return [read(path) for path in sorted(glob.glob(self.at("mail", glob.escape(address), "new", "*")), key=os.path.getmtime)]

    def bounces(self):
        """(address, message as bytes) of each that came to bounce+*@bounces.shop.example; only without a `bounce_command`."""
        return [(path.rsplit("/", 1)[1].split("-", 1)[1], read(path)) for path in sorted(glob.glob(self.at("bounced", "*")))]

    def wait_for_mail(self, address, count=1, seconds=60):
        """The messages in this mailbox once there are as many, or those there are at the deadline."""
        return wait_for(lambda: self.mailbox(address), count, seconds)

    def wait_for_bounces(self, count=1, seconds=60):
        return wait_for(self.bounces, count, seconds)

    def second_opinion(self, message):
        """What mailauth holds of a message of a mailbox: see verify.mjs."""
        done = subprocess.run(["node", os.path.join(HERE, "verify.mjs")], input=message, capture_output=True, timeout=60)
        if done.returncode != 0: raise CannotRun("verify.mjs: " + done.stderr.decode())
        return json.loads(done.stdout)


def wait_for(ask, count, seconds):
    until = time.time() + seconds
    while len(ask()) < count and time.time() < until: time.sleep(0.05)
    return ask()


def read(path):
    with open(path, "rb") as f:
        return f.read()


def character_strings(text):
    """A TXT record as DNS has it: strings of at most 255 bytes."""
    return " ".join('"%s"' % text[i:i + 255].replace("\\", "\\\\").replace('"', '\\"') for i in range(0, len(text), 255)) or '""'


def provider_says(message):
    """{"dkim": [...], "spf": [...], "dmarc": [...]}: the results that the provider wrote on a message of a mailbox, each a word such as "pass" (RFC 8601)."""
    found = {"dkim": [], "spf": [], "dmarc": []}
    for header in email.message_from_bytes(message, policy=email.policy.compat32).get_all("Authentication-Results", []):
        authserv, _, results = " ".join(header.split()).partition(";")
        if authserv.strip() != MX: continue  # anybody can write such a line
        for method, result in re.findall(r"\b(dkim|spf|dmarc)=(\w+)", re.sub(r"\([^()]*\)", "", results)): found[method].append(result)
    return found


# Services of Postfix, none of them in a chroot.
MASTER = """
smtp       inet  n - n - - smtpd
pickup     unix  n - n 60 1 pickup
cleanup    unix  n - n - 0 cleanup
qmgr       unix  n - n 300 1 qmgr
tlsmgr     unix  - - n 1000? 1 tlsmgr
rewrite    unix  - - n - - trivial-rewrite
bounce     unix  - - n - 0 bounce
defer      unix  - - n - 0 bounce
trace      unix  - - n - 0 bounce
verify     unix  - - n - 1 verify
flush      unix  n - n 1000? 0 flush
proxymap   unix  - - n - - proxymap
proxywrite unix  - - n - 1 proxymap
smtp       unix  - - n - - smtp
relay      unix  - - n - - smtp
showq      unix  n - n - - showq
error      unix  - - n - - error
retry      unix  - - n - - error
discard    unix  - - n - - discard
virtual    unix  - n n - - virtual
anvil      unix  - - n - 1 anvil
scache     unix  - - n - 1 scache
fullpipe   unix  - n n - - pipe user=nobody argv={full}
bouncepipe unix  - n n - - pipe flags=q user=nobody argv={bounce} ${{recipient}}
"""

if __name__ == "__main__":
    sys.exit(lacks())  # the words, and 1, where something is missing
