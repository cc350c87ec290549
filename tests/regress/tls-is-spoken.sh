#!/bin/sh
# Promise: with a certificate the server speaks TLS 1.2 and 1.3 and nothing older, offers http/1.1, and takes a renewed certificate without a stop.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import ssl, warnings
from serving import *
warnings.simplefilter("ignore")

d = Directory()
def draw_certificate():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", d.at("key.pem"), "-out", d.at("cert.pem")], check=True, capture_output=True)
draw_certificate()
server = Server(d, "--tls-cert", d.at("cert.pem"), "--tls-key", d.at("key.pem"))

def connect(version=None, alpn=("http/1.1",)):
    context = ssl.create_default_context(cafile=d.at("cert.pem"))
    if version: context.minimum_version = context.maximum_version = version
    if version and version < ssl.TLSVersion.TLSv1_2: context.set_ciphers("ALL:@SECLEVEL=0")
    if alpn: context.set_alpn_protocols(list(alpn))
    talk = server.connect()
    talk.socket = context.wrap_socket(talk.socket, server_hostname="127.0.0.1")
    return talk

for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    talk = connect(version)
    expect(talk.socket.selected_alpn_protocol() == "http/1.1", "http/1.1 is chosen")
    # Pipelined, so that records and requests do not fall together; a batch, so that answers fill many records.
    talk.send(b"".join(request("POST", "/v1/decisions", event("%s-%d" % (version.name, i))) for i in range(200)))
    expect([json.loads(talk.answer()[2])["event"] for i in range(200)] == ["%s-%d" % (version.name, i) for i in range(200)], "answers over %s" % version.name)
    talk.send(request("POST", "/v1/events?answers=full", "\n".join(event("%s-b%d" % (version.name, i)) for i in range(2000)), type="application/x-ndjson"))
    expect(talk.answer()[2].count(b"\n") == 2000, "a batch over %s" % version.name)
    talk.close()

def fails(what, **options):
    try:
        connect(**options)
        expect(False, what)
    except (ssl.SSLError, ConnectionError):
        pass
fails("TLS 1.1 is refused", version=ssl.TLSVersion.TLSv1_1)
fails("whoever offers only HTTP/2 is refused", alpn=("h2",))
expect(connect(alpn=None).send(request("GET", "/healthz")).answer()[0] == 200, "without ALPN")

plain = server.connect().send(request("GET", "/healthz"))
expect(plain.is_closed() or b"HTTP/1.1 200" not in plain.bytes, "nothing in the clear")

open_before = connect()
draw_certificate()
fails("the new certificate is not there yet")
server.process.send_signal(signal.SIGHUP)
expect(wait_until(lambda: "read again" in server.said()), "the reload is told")
expect(connect().send(request("GET", "/healthz")).answer()[0] == 200, "the renewed certificate is used")
expect(open_before.send(request("GET", "/healthz")).answer()[0] == 200, "open connections stay")
d.write("cert.pem", "no certificate\n")
server.process.send_signal(signal.SIGHUP)
expect(wait_until(lambda: "the certificate before stays in use" in server.said()), "a broken certificate is told: %s" % server.said())
expect(open_before.send(request("GET", "/healthz")).answer()[0] == 200, "and changes nothing")
expect(server.stop() == 0, "the server ends well")
end("TLS is spoken")
PYTHON
