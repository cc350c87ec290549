# A shop for the tests beside this file: its mail keys, a directory that knows who can be reached where, and the table of counterparts that has Hikeshi use them.
import base64
import http.server
import json
import subprocess
import threading
import time

from counterpart import Counterpart

FROM, BOUNCES = "service@shop.example", "bounces.shop.example"


class MailKeys:
    """Both DKIM keys of shop.example, their public halves in DNS."""

    def __init__(self, directory, servers):
        self.rsa, self.ed25519 = directory.at("dkim-rsa.pem"), directory.at("dkim-ed25519.pem")
        for path, words in ((self.rsa, ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")), (self.ed25519, ("ED25519",))):
            subprocess.run(["openssl", "genpkey", "-out", path, "-algorithm", *words], check=True, capture_output=True)
        servers.publish("r1._domainkey.shop.example", "TXT", "v=DKIM1; k=rsa; p=" + self.public(self.rsa))
        # RFC 8463 section 4: the 32 bytes of the key alone, which are the last of the others.
        servers.publish("e1._domainkey.shop.example", "TXT", "v=DKIM1; k=ed25519; p=" + base64.b64encode(base64.b64decode(self.public(self.ed25519))[-32:]).decode())

    @staticmethod
    def public(path):
        der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        return base64.b64encode(der).decode()


class People:
    """The counterpart `directory`: where an account could be reached at a moment. `asked` keeps what it was asked, signed by `counterpart`'s secret."""

    def __init__(self, counterpart):
        self.addresses, self.asked, self.forged = {}, [], 0
        people = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                if not counterpart.is_signed(self.headers, body): people.forged += 1
                text = json.dumps(people.answer(self.path.rsplit("/", 1)[1], json.loads(body))).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def has(self, account, address, since=0):
        """From `since`, in seconds since 1970, the account's mail goes there."""
        self.addresses.setdefault(account, []).append((since, address))

    def answer(self, verb, asked):
        if verb == "describe": return {"protocol": 1, "name": "people", "systems": {"directory": {"idempotency": "stored_2xx", "ttl_s": 86400, "operations": []}}}
        self.asked.append(asked)
        at = stamp_s(asked["as_of"])
        known = [address for since, address in self.addresses.get(asked["account"], []) if since <= at]
        return {"outcome": "done", "contact": known[-1]} if known else {"outcome": "absent"}


def stamp_s(text):
    """Seconds since 1970 of "2026-03-01T15:41:07.000Z"."""
    import calendar
    return calendar.timegm(time.strptime(text.split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S"))


class Shop:
    """Counterparts for all of it: `file` is what `hikeshi serve --counterparts` reads."""

    def __init__(self, directory, servers, mail_host=None, mail_port=None, ca_file=None):
        self.keys = MailKeys(directory, servers)
        self.counterpart = Counterpart(directory)
        self.people = People(self.counterpart)
        with open(self.counterpart.file) as f:
            others = f.read()
        self.file = directory.write("counterparts.toml", others + f"""
[people]
url = "http://127.0.0.1:{self.people.http.server_port}/hikeshi"
secret_file = "{directory.at("secret")}"
systems = ["directory"]

[mail]
adapter = "smtp"
url = "smtp://{mail_host or servers.submit_host}:{mail_port or servers.submit_port}"
ca_file = "{ca_file or servers.ca_file}"
systems = ["email"]
from_name = "はなや"
from_address = "{FROM}"
bounce_domain = "{BOUNCES}"
dkim_rsa_selector = "r1"
dkim_rsa_key_file = "{self.keys.rsa}"
dkim_ed25519_selector = "e1"
dkim_ed25519_key_file = "{self.keys.ed25519}"
""")
