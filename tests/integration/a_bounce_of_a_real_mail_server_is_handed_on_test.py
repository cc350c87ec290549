#!/usr/bin/python3
# Promise: what a real Postfix sends back of a notice is piped into `hikeshi bounce` and told to the server; while the server is away, the bounce waits in Postfix.
import http.server
import os
import shutil
import smtplib
import ssl
import threading

import mail_servers
from mail_servers import MailServers
from serving import *

TOKEN = "inc_1.n1.4F8K2M7Q"
d = Directory()
asked, answers = [], []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked.append((self.path, self.headers["authorization"], body))
        self.send_response(answers.pop(0) if answers else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def submit(servers, recipient, sender="bounce+%s@bounces.shop.example" % TOKEN):
    with smtplib.SMTP(servers.submit_host, servers.submit_port, local_hostname="mail.shop.example", timeout=30) as client:
        client.starttls(context=ssl.create_default_context(cafile=servers.ca_file))
        client.sendmail(sender, [recipient], "From: notice@shop.example\r\nTo: %s\r\nMessage-ID: <n1.inc_1@shop.example>\r\nSubject: x\r\n\r\ntext\r\n" % recipient)


# Whoever runs it is nobody: the program and the key are where he can read them.
os.chmod(d.path, 0o755)
program = shutil.copy(HIKESHI, d.at("hikeshi"))
os.chmod(program, 0o755)
key = d.write("bounce.key", KEY + "\n")
os.chmod(key, 0o644)
PORT = 8737
command = [program, "bounce", "--server", "http://127.0.0.1:%d" % PORT, "--key-file", key, "--recipient"]
mail_servers.MASTER = mail_servers.MASTER.replace("qmgr       unix  n - n 300 1 qmgr", "qmgr       unix  n - n 300 1 qmgr\n  -o minimal_backoff_time=2s -o queue_run_delay=2s")
with MailServers(bounce_command=command) as servers:
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    submit(servers, "full@mailbox.example")
    expect(wait_until(lambda: asked, 60), "the bounce is handed on")
    expect(len(asked) == 1 and asked[0][:2] == ("/v1/notices/bounce", "Bearer " + KEY), "it is told once, with the key: %s" % asked)
    told = asked[0][2] if asked else {}
    expect((told.get("token"), told.get("action"), told.get("status")) == (TOKEN, "failed", "5.2.2"), "it says of which notice, and what: %s" % told)
    expect("mailbox is full" in told.get("diagnostic", "") and "@" not in told.get("diagnostic", "@"), "the words, without the owner's address: %s" % told)

    asked.clear(), answers.append(503)
    submit(servers, "full@mailbox.example")
    expect(wait_until(lambda: len(asked) >= 2, 60), "after a 503 Postfix tries again: %s" % asked)
    expect(len(asked) == 2 and asked[0] == asked[1], "with the same: %s" % asked)

    asked.clear()
    submit(servers, "bounce+%s@bounces.shop.example" % TOKEN, sender="owner@mailbox.example")  # somebody writes to the address
    def said():  # of this mail: nothing before the log names its sender
        return open(servers.at("logs", "syslog")).read().partition("from=<owner@mailbox.example>")[2]

    expect(wait_until(lambda: "relay=bouncepipe" in said(), 60), "it is piped")
    expect("status=sent" in said() and "status=bounced" not in said() and not asked, "what is no bounce is taken, and goes no further: %s" % said())
end("a bounce of a real mail server is handed on")
