# A mail server that fails as it is told, for the scripts beside this file and for tests/integration: it keeps each message that it took, or may have taken.
import asyncio
import base64
import collections
import logging
import socket
import ssl
import struct
import threading
import time

# What may go wrong with one message, each a word of the script. "accept" is what happens when the script is at its end.
FAULTS = {
    "accept": "takes the message",
    # When a client connects, or asks for TLS:
    "cut_at_once": "resets the connection before a word is said",
    "busy": "421 instead of a greeting",
    "no_starttls": "does not offer STARTTLS, as a man in the middle would have it",
    "refuse_starttls": "offers STARTTLS and answers 454 to it",
    "garbage_starttls": "says 220 to STARTTLS, then something that is not TLS",
    "wrong_certificate": "speaks TLS with a certificate of somebody else",
    "slow": "takes `slow_s` seconds before each answer",
    "dribble": "sends its answers byte by byte",
    "nonsense": "greets with what is not SMTP",
    # While the message is handed over:
    "refuse_sender": "550 5.7.1 to MAIL",
    "greylist": "451 4.7.1 to each RCPT",
    "unknown_recipient": "550 5.1.1 to each RCPT",
    "refuse_data": "354 is not said to DATA, but 554 5.7.1",
    "cut_in_data": "resets the connection in the middle of the message",
    # After the final dot, when nobody but the server knows whether the message was taken:
    "defer_after_dot": "451 4.3.0: not taken",
    "refuse_after_dot": "554 5.7.1: not taken",
    "cut_after_dot": "closes the connection without an answer: MAY be taken, and is kept",
    "silent_after_dot": "keeps the connection and says nothing for `silent_s` seconds: MAY be taken, and is kept",
}
logging.getLogger("asyncio").setLevel(logging.ERROR)  # of clients that go away in the middle of TLS it would warn
ON_CONNECT = ("cut_at_once", "busy", "no_starttls", "refuse_starttls", "garbage_starttls", "wrong_certificate", "slow", "dribble", "nonsense")
LINE_SIZE_MAX = 1 << 20
Mail = collections.namedtuple("Mail", "sender recipients data answer tls user at")
Mail.__doc__ = """A message that was taken (answer 250), or may have been (answer None). `data` are its bytes without dot-stuffing, `user` who logged in with
which password, or None; `at` is the time in seconds since 1970."""


class SmtpFaults:
    """Listens on a free port of 127.0.0.1. Each message takes the next word of `script`; a connection that carries several takes one for each.
    `authority` (authority.py) makes its certificate, for `names`; without one it has no STARTTLS. `attempts` counts the words that were played."""

    def __init__(self, *script, authority=None, names=("localhost", "127.0.0.1"), slow_s=2.0, silent_s=30.0):
        self.lock, self.script, self.kept = threading.Lock(), collections.deque(), []
        self.attempts, self.connections, self.slow_s, self.silent_s = collections.Counter(), 0, slow_s, silent_s
        self.play(*script)
        self.tls = self.wrong_tls = None
        if authority:
            self.tls, self.wrong_tls = self.context(authority.certify(*names)), self.context(authority.certify("somebody-else.example"))
        self.loop, self.server, self.port, self.tasks = asyncio.new_event_loop(), None, 0, set()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.open()

    @staticmethod
    def context(files):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        return context

    def play(self, *words):
        """Adds to the script."""
        for word in words:
            if word not in FAULTS: raise ValueError("no such fault: " + word)
        with self.lock:
            self.script.extend(words)

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def open(self):
        """Listens, on the same port as before."""
        async def listen():
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=LINE_SIZE_MAX)
            self.port = self.server.sockets[0].getsockname()[1]
        self.do(listen())

    def close(self):
        """Refuses connections from now on, and ends those that are open; `open` takes it back."""
        async def deaf():
            self.server.close()
            for task in list(self.tasks):
                task.cancel()
        self.do(deaf())

    def mails(self):
        """Every message that was taken or may have been, in this order."""
        with self.lock:
            return list(self.kept)

    def wait_for(self, count, seconds=30):
        """Whether as many came in time; generous, for a machine that may be busy."""
        until = time.time() + seconds
        while len(self.mails()) < count and time.time() < until:
            time.sleep(0.02)
        return len(self.mails()) >= count

    def draw(self, on_connect):
        """The next word; in the middle of a connection None where it is one that only a new connection can play."""
        with self.lock:
            word = self.script[0] if self.script else "accept"
            if not on_connect and word in ON_CONNECT: return None
            if self.script: self.script.popleft()
            self.attempts[word] += 1
            return word

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        self.connections += 1
        try:
            await Conversation(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError, TimeoutError, ValueError):
            pass  # the client went away, or was sent away
        finally:
            self.tasks.discard(task)
            writer.close()


class Cut(ConnectionError):
    """The script ends this connection."""


class Conversation:
    """One connection."""

    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer, self.over_tls, self.user = server, reader, writer, False, None
        self.fault, self.fresh = server.draw(True), True
        self.sender, self.recipients = None, []

    async def say(self, text):
        data = (text + "\r\n").encode()
        if self.fault == "slow": await asyncio.sleep(self.server.slow_s)
        pieces = [data[i:i + 1] for i in range(len(data))] if self.fault == "dribble" else [data]
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if len(pieces) > 1: await asyncio.sleep(0.001)

    def reset(self):
        """Ends the connection by RST: whatever was not read by the other side is lost."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Cut()

    async def run(self):
        if self.fault == "cut_at_once": self.reset()
        if self.fault == "busy": return await self.say("421 4.3.2 busy, come again")
        await self.say("SSH-2.0-not-a-mail-server" if self.fault == "nonsense" else "220 mail.test ESMTP")
        while True:
            line = (await self.reader.readuntil(b"\n")).decode("utf-8", "replace").strip()
            verb, _, rest = line.partition(" ")
            act = getattr(self, "on_" + verb.lower(), None)
            if not act: await self.say("502 5.5.1 no such command")
            elif await act(rest): return

    async def on_ehlo(self, _):
        words = ["mail.test", "SIZE 10485760", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"]
        if self.server.tls and not self.over_tls and self.fault != "no_starttls": words.append("STARTTLS")
        for word in words[:-1]: await self.say("250-" + word)
        await self.say("250 " + words[-1])

    async def on_helo(self, _): await self.say("250 mail.test")

    async def on_noop(self, _): await self.say("250 2.0.0 ok")

    async def on_rset(self, _):
        self.sender, self.recipients = None, []
        await self.say("250 2.0.0 ok")

    async def on_quit(self, _):
        await self.say("221 2.0.0 bye")
        return True

    async def on_starttls(self, _):
        if not self.server.tls or self.over_tls: return await self.say("503 5.5.1 no")
        if self.fault == "refuse_starttls": return await self.say("454 4.7.0 TLS not available")
        if self.fault != "garbage_starttls": self.writer.transport.pause_reading()  # what follows is TLS, not a line to wait for
        await self.say("220 2.0.0 go ahead")
        if self.fault == "garbage_starttls":
            await self.reader.read(1)
            await self.say("this is not TLS at all")
            return True
        await self.writer.start_tls(self.server.wrong_tls if self.fault == "wrong_certificate" else self.server.tls)
        self.over_tls, self.sender, self.recipients = True, None, []

    async def on_auth(self, rest):
        how, _, first = rest.partition(" ")
        answers = [first] if first else []
        asks = [""] if how.upper() == "PLAIN" else ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"]
        for ask in asks[len(answers):]:
            await self.say("334 " + ask)
            answers.append((await self.reader.readuntil(b"\n")).decode().strip())
        words = b"\0".join(base64.b64decode(answer) for answer in answers).decode().split("\0")
        self.user = tuple(words[-2:])
        await self.say("235 2.7.0 ok")

    async def on_mail(self, rest):
        if not self.fresh:
            self.fault = self.server.draw(False)
            if self.fault is None:
                await self.say("421 4.3.2 come again")
                return True
        self.fresh = False
        if self.fault == "refuse_sender": return await self.say("550 5.7.1 not from you")
        self.sender, self.recipients = address(rest), []
        await self.say("250 2.1.0 ok")

    async def on_rcpt(self, rest):
        if self.sender is None: return await self.say("503 5.5.1 MAIL first")
        if self.fault == "greylist": return await self.say("451 4.7.1 <%s>: greylisted, come again later" % address(rest))
        if self.fault == "unknown_recipient": return await self.say("550 5.1.1 <%s>: no such mailbox here" % address(rest))  # as Postfix says it
        self.recipients.append(address(rest))
        await self.say("250 2.1.5 ok")

    async def on_data(self, _):
        if not self.recipients: return await self.say("503 5.5.1 RCPT first")
        if self.fault == "refuse_data": return await self.say("554 5.7.1 no data, please")
        await self.say("354 end with a dot")
        if self.fault == "cut_in_data":
            await self.reader.readuntil(b"\n")
            self.reset()
        data = b""
        while (line := await self.reader.readuntil(b"\n")) != b".\r\n":
            data += line[1:] if line.startswith(b".") else line
        if self.fault == "defer_after_dot": return await self.say("451 4.3.0 out of paper")
        if self.fault == "refuse_after_dot": return await self.say("554 5.7.1 this message is not welcome")
        unsure = self.fault in ("cut_after_dot", "silent_after_dot")
        mail = Mail(self.sender, tuple(self.recipients), data, None if unsure else 250, self.over_tls, self.user, time.time())
        with self.server.lock:
            self.server.kept.append(mail)
        self.sender, self.recipients = None, []
        if self.fault == "cut_after_dot": return True
        if self.fault == "silent_after_dot":
            await asyncio.sleep(self.server.silent_s)
            return True
        await self.say("250 2.0.0 taken")


def address(rest):
    """The address of FROM:<...> or TO:<...>."""
    return rest.split("<", 1)[-1].split(">", 1)[0]
