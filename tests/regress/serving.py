# Starts `hikeshi serve` for the scripts beside this file, and talks to it over plain sockets: HTTP libraries would mend what we want to break.
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HIKESHI = os.environ.get("HIKESHI", "build/hikeshi")
KEY = "an-all-access-key"
problems = []


def expect(true, what):
    if not true:
        problems.append(what)
        print("not so: " + what)


def end(promise):
    print("%s: %s" % (promise, "broken" if problems else "kept"))
    sys.exit(1 if problems else 0)


class Directory:
    """A place for one test's files, gone with it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="hikeshi-")
        atexit.register(shutil.rmtree, self.path, ignore_errors=True)
        self.write("keys", KEY + "\n")

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self.at(name), "w") as f:
            f.write(text)
        os.chmod(self.at(name), 0o600)
        return self.at(name)


class Server:
    def __init__(self, directory, *options):
        self.directory = directory
        command = [HIKESHI, "serve", "--listen", "127.0.0.1:0", "--data", directory.at("data"), "--api-key-file", directory.at("keys"), *options]
        self.errors = open(directory.at("stderr"), "a+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        atexit.register(self.kill)
        first = self.process.stdout.readline()
        if "listening on" not in first:
            sys.exit("the server did not start: %s" % self.said())
        self.port = int(first.rsplit(":", 1)[1])

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self):
        """Asks it to end; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Talk(s)


class Gone(Exception):
    """The other side closed the connection."""


class Talk:
    """One connection: sends bytes, reads whole answers."""

    def __init__(self, s):
        self.socket, self.bytes = s, b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def more(self):
        try:
            got = self.socket.recv(1 << 16)
        except ConnectionError:
            got = b""
        if not got:
            raise Gone()
        self.bytes += got

    def until(self, mark):
        while mark not in self.bytes:
            self.more()
        found, self.bytes = self.bytes.split(mark, 1)
        return found

    def exactly(self, size):
        while len(self.bytes) < size:
            self.more()
        found, self.bytes = self.bytes[:size], self.bytes[size:]
        return found

    def answer(self):
        """(status, headers, body) of the next answer."""
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines[1:])}
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(self.until(b"\r\n"), 16):
                body += self.exactly(size)
                self.exactly(2)
            self.exactly(2)
        else:
            body = self.exactly(int(headers.get("content-length", "0")))
        return int(lines[0].split()[1]), headers, body

    def is_closed(self):
        try:
            self.more()
            return False
        except Gone:
            return True

    def close(self):
        self.socket.close()


def event(id, subject="a1", **data):
    return json.dumps({"specversion": "1.0", "id": id, "source": "shop", "type": "login", "subject": subject, "time": "2026-01-01T01:02:03Z",
                       "data": {"ip": "203.0.113.7", "outcome": "success", **data}})


def request(method, path, body=None, type="application/json", key=KEY, extra=""):
    head = "%s %s HTTP/1.1\r\nhost: test\r\n%s%s" % (method, path, "x-api-key: %s\r\n" % key if key else "", extra)
    if body is not None:
        body = body if isinstance(body, bytes) else body.encode()
        head += "content-type: %s\r\ncontent-length: %d\r\n" % (type, len(body))
    return head.encode() + b"\r\n" + (body or b"")


def ask(server, *arguments, **options):
    """One request on a connection of its own: (status, body as JSON or text)."""
    talk = server.connect().send(request(*arguments, **options))
    status, headers, body = talk.answer()
    talk.close()
    return status, json.loads(body) if "json" in headers.get("content-type", "") and "nd" not in headers["content-type"] else body.decode()


class Night:
    """An account of a shop that tells what happens on it: over the owner's way or a hijacker's, so many seconds before this began."""

    def __init__(self, server):
        self.server, self.now = server, time.time()

    def stamp(self, ago_s):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now - ago_s))

    def tell(self, number, type, ago_s, hijacker, **data):
        way = {"ip": "203.0.113.66", "device": "d-66", "session": "night"} if hijacker else {"ip": "198.51.100.9", "device": "d-1", "session": "day"}
        if type == "login": data = {"outcome": "success", "method": "password"}
        event = {"specversion": "1.0", "id": "e%d" % number, "source": "shop", "type": type, "subject": "a1", "time": self.stamp(ago_s), "data": {**way, **data}}
        status, body = ask(self.server, "POST", "/v1/decisions", json.dumps(event))
        expect(status == 200, "event %d is answered: %s %s" % (number, status, body))
        return body


def wait_until(true, seconds=30):
    """Generous: for things that happen soon, on a machine that may be busy."""
    until = time.time() + seconds
    while time.time() < until:
        if true():
            return True
        time.sleep(0.05)
    return False
