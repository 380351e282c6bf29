# SPDX-License-Identifier: MIT
"""A small IRC server on loopback, inside a test: the bot connects to it, the test speaks as anybody and reads what the bot
says.  It echoes messages, so that the bot knows that they arrived, and gives each a msgid."""
import re
import socket
import threading
import time


class Sea:
    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.lock, self.said, self.joined = threading.Condition(), [], set()
        self.connection, self.nick, self.count, self.logins = None, "", 0, 0
        threading.Thread(target=self._accept, daemon=True).start()

    # ---- the bot's side
    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _send(self, connection, line):
        try:
            connection.sendall(line.encode() + b"\r\n")
        except OSError:
            pass

    def _serve(self, connection):
        pending = b""
        while True:
            try:
                got = connection.recv(65536)
            except OSError:
                got = b""
            if not got:
                with self.lock:
                    if self.connection is connection:
                        self.connection = None
                        self.joined.clear()
                return
            pending += got
            while b"\n" in pending:
                raw, pending = pending.split(b"\n", 1)
                self._line(connection, raw.decode("utf-8", "replace").rstrip("\r"))

    def _line(self, connection, line):
        tags = ""
        if line.startswith("@"):
            tags, line = line.split(" ", 1)
        words = line.split(" ")
        verb, nick = words[0].upper(), self.nick or "*"
        if verb == "CAP" and words[1] == "LS":
            self._send(connection, ":sea CAP * LS :echo-message message-tags server-time labeled-response batch")
        elif verb == "CAP" and words[1] == "REQ":
            self._send(connection, f":sea CAP {nick} ACK {line.split(' ', 2)[2]}")
        elif verb == "NICK":
            self.nick = words[1].lstrip(":")
        elif verb == "USER":
            self.greet = True
        elif verb == "PING":
            self._send(connection, f":sea PONG sea {line.split(' ', 1)[1]}")
        elif verb == "JOIN":
            for room in words[1].lstrip(":").split(","):
                self._send(connection, f":{self.nick}!bot@sea JOIN {room}")
                self._send(connection, f":sea 353 {self.nick} = {room} :{self.nick} ana ben kim mara")
                self._send(connection, f":sea 366 {self.nick} {room} :End")
                with self.lock:
                    self.joined.add(room.lower())
                    self.lock.notify_all()
        elif verb == "WHO":
            self._send(connection, f":sea 315 {self.nick} {words[1]} :End")
        elif verb in ("PRIVMSG", "NOTICE"):
            target, text = words[1], line.split(" ", 2)[2].lstrip(":")
            label = re.search(r"label=([^; ]+)", tags)
            reply = f"@label={label.group(1)} " if label else ""
            self._send(connection, f"{reply}:{self.nick}!bot@sea {verb} {target} :{text}")
            with self.lock:
                self.said.append((time.monotonic(), target.lower(), text))
                self.lock.notify_all()
        elif verb == "QUIT":
            connection.close()
        if verb in ("USER", "CAP") and getattr(self, "greet", False) and (verb == "CAP" and words[1] == "END"):
            self._welcome(connection)

    def _welcome(self, connection):
        self.greet = False
        for number, rest in (("001", ":welcome"), ("002", ":sea"), ("003", ":today"), ("004", "sea 1 o o"),
                             ("005", "CASEMAPPING=ascii NETWORK=sea :are supported"), ("422", ":no motd")):
            self._send(connection, f":sea {number} {self.nick} {rest}")
        with self.lock:
            self.connection = connection
            self.logins += 1

    # ---- the test's side
    def wait_joined(self, *rooms, seconds=20):
        with self.lock:
            if not self.lock.wait_for(lambda: set(rooms) <= self.joined, seconds):
                raise AssertionError(f"the bot joined {self.joined} and not {rooms}")

    def say(self, who, target, text):
        self.count += 1
        target = self.nick if target == "bot" else target
        self._send(self.connection, f"@msgid=m{self.count};account={who} :{who}!{who}@sea PRIVMSG {target} :{text}")

    def heard(self, target, pattern):
        with self.lock:
            return [at for at, where, text in self.said if where == target and re.search(pattern, text)]

    def expect(self, target, pattern, seconds=15, times=1):
        with self.lock:
            def there():
                return sum(where == target and bool(re.search(pattern, text)) for _, where, text in self.said) >= times
            if self.lock.wait_for(there, seconds):
                return
            came = "\n    ".join(f"{where}: {text}" for _, where, text in self.said[-25:]) or "nothing"
        raise AssertionError(f"{target} waited {seconds} s for {pattern!r}; what came:\n    {came}")

    def forget(self):
        with self.lock:
            self.said.clear()

    def close(self):
        self.listener.close()
        if self.connection:
            self.connection.close()
