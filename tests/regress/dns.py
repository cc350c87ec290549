# A tiny DNS server for the scripts beside this file: answers on loopback over UDP and TCP from a dict, faults and truncation included.
import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "MX": 15, "TXT": 16, "AAAA": 28}
SERVFAIL, NXDOMAIN = 2, 3


def wire_name(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part) + b"\0"


def wire_data(type, value):
    if type == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if type == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if type == "CNAME":
        return wire_name(value)
    if type == "MX":
        preference, host = value.split(" ")
        return struct.pack(">H", int(preference)) + wire_name(host)
    texts = [value[i:i + 255] for i in range(0, len(value), 255)] if isinstance(value, str) else value  # a list is its strings as they are
    return b"".join(bytes([len(t)]) + t.encode() for t in texts)


class Dns:
    """`zone`: {(name, type): [value, ...]}, or "servfail", "silence" or "garbage" in place of the list. What does not fit into 512 bytes asks for TCP."""

    def __init__(self, zone):
        self.zone, self.over_tcp = zone, 0
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:  # the same port twice
            self.udp.bind(("127.0.0.1", 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                self.tcp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.udp.close(), self.tcp.close()
                self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp.listen(16)
        for serve in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def serve_udp(self):
        while True:
            question, sender = self.udp.recvfrom(4096)
            answer = self.answer(question, 512)
            if answer:
                self.udp.sendto(answer, sender)

    def serve_tcp(self):
        while True:
            connection, _ = self.tcp.accept()
            with connection:
                connection.settimeout(5)
                try:
                    size = struct.unpack(">H", connection.recv(2))[0]
                    answer = self.answer(connection.recv(size), 65535)
                    self.over_tcp += 1
                    if answer:
                        connection.sendall(struct.pack(">H", len(answer)) + answer)
                except (OSError, struct.error):
                    pass

    def answer(self, question, size_max):
        parts, at = [], 12
        while question[at]:
            parts.append(question[at + 1:at + 1 + question[at]].decode().lower())
            at += 1 + question[at]
        name, type = ".".join(parts), struct.unpack(">H", question[at + 1:at + 3])[0]
        asked = question[12:at + 5]
        word = {number: word for word, number in TYPES.items()}.get(type, "?")
        rows, code = [], 0
        for _ in range(8):  # along aliases
            found = self.zone.get((name, word), [])
            if found == "silence":
                return None
            if found == "garbage":
                return question[:2] + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0) + asked + b"\xc0\x0c" + struct.pack(">HHIH", type, 1, 60, 4) + b"\xff" * 4
            if found == "servfail":
                code = SERVFAIL
                break
            rows += [(name, word, value) for value in found]
            alias = self.zone.get((name, "CNAME"))
            if found or not alias:
                if not found and not any(n == name or n.endswith("." + name) for n, _ in self.zone):
                    code = NXDOMAIN
                break
            rows.append((name, "CNAME", alias[0]))
            name = alias[0]
        body = b""
        for owner, kind, value in rows:
            data = wire_data(kind, value)
            body += wire_name(owner) + struct.pack(">HHIH", TYPES[kind], 1, 60, len(data)) + data
        truncated = 12 + len(asked) + len(body) > size_max
        flags = 0x8580 | (0x0200 if truncated else 0) | code
        head = question[:2] + struct.pack(">HHHHH", flags, 1, 0 if truncated else len(rows), 0, 0)
        return head + asked + (b"" if truncated else body)
