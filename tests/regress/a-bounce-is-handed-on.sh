#!/bin/sh
# Promise: what an MTA pipes into `hikeshi bounce` reaches the server once, stays in the MTA's queue while the server is away, and never bounces again.
cd "$(dirname "$0")/../.." && PYTHONPATH=tests/regress exec python3 - <<'PYTHON'
import http.server, threading
from serving import *

BOUNCE = open("tests/fuzz/corpus/dsn/failed").read()
DELAY = open("tests/fuzz/corpus/dsn/encoded").read()
VACATION = open("tests/fuzz/corpus/dsn/vacation").read()
EX_TEMPFAIL = 75
asked, answers = [], []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        asked.append((self.path, self.headers["authorization"], self.headers["content-type"], json.loads(body)))
        status, text = answers.pop(0)
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=listener.serve_forever, daemon=True).start()
d = Directory()
url = "http://127.0.0.1:%d" % listener.server_port


def bounce(mail, *options, answer=None, server=url):
    """(exit status, what it said) of one mail."""
    asked.clear(), answers.clear()
    if answer: answers.append(answer)
    key = [] if "--key-file" in options else ["--key-file", d.at("keys")]
    ran = subprocess.run([HIKESHI, "bounce", "--server", server, *key, *options], input=mail.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    expect(ran.stdout == b"", "nothing is printed on standard output")
    return ran.returncode, ran.stderr.decode()


status, said = bounce(BOUNCE, answer=(200, b"{}"))
expect((status, said) == (0, ""), "a bounce is taken without a word: %s %s" % (status, said))
expect(asked == [("/v1/notices/bounce", "Bearer " + KEY, "application/json", {"token": "r1", "action": "failed", "status": "5.1.1",
                                                                           "diagnostic": "550-5.1.1 <...>: 550 5.1.1 unknown"})], "it is told whole: %s" % asked)
status, said = bounce(DELAY, answer=(202, b""))
expect(status == 0 and asked[0][3] == {"token": "r1", "action": "delayed", "status": "4.0.0", "diagnostic": ""}, "a delay is told: %s %s" % (status, asked))
bounce(BOUNCE, "--recipient", "bounce+other@notice.shop.example", answer=(200, b""), server=url + "/")
expect(asked[0][0] == "/v1/notices/bounce" and asked[0][3]["token"] == "other", "the MTA's word goes before the head's: %s" % asked)
bounce(BOUNCE.replace("\n", "\r\n") + "x" * (3 << 20), answer=(200, b""))
expect(len(asked) == 1, "a huge mail is read as far as need be")

for answer in [(500, b"broken"), (503, b""), (401, b"no such key"), (429, b""), (301, b""), (400, b""), (404, b'{"title":"there is no such route"}')]:
    status, said = bounce(BOUNCE, answer=answer)
    expect(status == EX_TEMPFAIL and str(answer[0]) in said, "after %d it stays in the queue: %s %s" % (answer[0], status, said))
status, said = bounce(BOUNCE, answer=(404, b'{"title":"nobody has it"}'))
expect(status == 0 and "nobody has its token" in said, "a token that nobody has is dropped: %s %s" % (status, said))

status, said = bounce(VACATION)
expect(status == 0 and "automatic reply" in said and not asked, "a vacation reply is dropped with a word: %s %s" % (status, said))
status, said = bounce("")
expect(status == 0 and said.count("\n") == 1 and not asked, "nothing is dropped with a word: %s %s" % (status, said))
status, said = bounce(BOUNCE.replace("bounce+r1", "sales"))
expect(status == 0 and "not a bounce of ours" in said and not asked, "another's bounce is dropped with a word: %s %s" % (status, said))

server = Server(d)
status, said = bounce(BOUNCE, server="http://127.0.0.1:%d" % server.port)
expect(status == 0 and "nobody has its token" in said, "a server of ours knows the route, and that nobody has this token: %s %s" % (status, said))
status, said = bounce(BOUNCE, "--key-file", d.write("other", "another key\n"), server="http://127.0.0.1:%d" % server.port)
expect(status == EX_TEMPFAIL and "401" in said, "with a key that it does not know it stays in the queue: %s %s" % (status, said))
server.stop()
listener.shutdown(), listener.server_close()
status, said = bounce(BOUNCE)
expect(status == EX_TEMPFAIL and "cannot reach" in said, "without a server it stays in the queue: %s %s" % (status, said))
status, said = bounce(BOUNCE, server="http://shop.example")
expect(status == EX_TEMPFAIL and "for all to read" in said, "a key is not sent in the clear: %s %s" % (status, said))
for server in ["http://127.0.0.1.shop.example", "http://127.0.0.1:80@shop.example"]:
    status, said = bounce(BOUNCE, server=server)
    expect(status == EX_TEMPFAIL and "for all to read" in said, "nor to who looks like this machine: %s %s" % (status, said))
status, said = bounce(BOUNCE, "--key-file", d.at("nowhere"))
expect(status == EX_TEMPFAIL and "cannot read the key" in said, "without a key it stays in the queue: %s %s" % (status, said))
end("a bounce is handed on")
PYTHON
