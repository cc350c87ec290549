#!/bin/sh
# Promise: over https a counterpart is sent nothing before its certificate leads to who is trusted and has its name; ca_file trusts an authority of one's own, and only that.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress:docs/how-to exec python3 - <<'PYTHON'
import base64, ssl, subprocess, threading
from serving import Directory, HIKESHI, Server, expect, end
from example_shop import Counterpart, serve

SECRET = bytes(range(32))
d = Directory()
secret_file = d.write("secret", "whsec_" + base64.b64encode(SECRET).decode() + "\n")


def draw_certificate(name, address):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-addext", "subjectAltName=" + address, "-keyout", d.at(name + ".key"), "-out", d.at(name + ".pem")], check=True, capture_output=True)


def test(name, *options):
    """How many requests reached a shop with this certificate, and what the suite says of it."""
    counterpart, heard = Counterpart(SECRET), []
    server = serve(counterpart)
    right = counterpart.is_signed
    counterpart.is_signed = lambda headers, body: heard.append(body) or right(headers, body)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(d.at(name + ".pem"), d.at(name + ".key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # who hangs up in the handshake
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = subprocess.run([HIKESHI, "adapter", "test", "https://127.0.0.1:%d/hikeshi" % server.server_port, "--secret-file", secret_file, *options],
                          capture_output=True, text=True, timeout=120)
    server.shutdown()
    server.server_close()
    return len(heard), done.returncode, done.stdout + done.stderr


draw_certificate("shop", "IP:127.0.0.1")
draw_certificate("other", "DNS:other.example")
heard, status, said = test("shop")
expect(heard == 0 and status != 0, "who is vouched for by nobody is sent nothing: %d, %d\n%s" % (heard, status, said))
heard, status, said = test("shop", "--ca-file", d.at("shop.pem"))
expect(heard > 90 and status == 0, "one's own authority is trusted: %d, %d\n%s" % (heard, status, said))
heard, status, said = test("shop", "--ca-file", d.at("other.pem"))
expect(heard == 0 and status != 0, "and no other: %d, %d\n%s" % (heard, status, said))
heard, status, said = test("other", "--ca-file", d.at("other.pem"))
expect(heard == 0 and status != 0, "nor one that has another name: %d, %d\n%s" % (heard, status, said))
heard, status, said = test("shop", "--ca-file", d.at("shop.key"))
expect(heard == 0 and status == 2 and "there is no certificate in it" in said, "a file without one is said to be none: %d\n%s" % (status, said))

d.write("counterparts.toml", '[shop]\nurl = "https://127.0.0.1:1"\nsecret_file = "%s"\nsystems = ["shop"]\nca_file = "%s"\n' % (secret_file, d.at("nowhere.pem")))
done = subprocess.run([HIKESHI, "serve", "--listen", "127.0.0.1:0", "--data", d.at("data"), "--api-key-file", d.at("keys"), "--counterparts", d.at("counterparts.toml")], capture_output=True, text=True, timeout=60)
expect(done.returncode == 2 and "nowhere.pem" in done.stderr, "a server says so at its start: %d %s" % (done.returncode, done.stderr))
end("only who proves his name is sent anything")
PYTHON
