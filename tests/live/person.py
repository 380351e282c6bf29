# SPDX-License-Identifier: MIT
"""A person with a plain IRC client: says things, and waits for what others say."""
import re
import socket
import time


class Person:
    def __init__(self, nick, port, channels=(), password=""):
        self.nick, self.pending, self.lines = nick, b"", []
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        if password:
            self.write(f"PASS :{password}")
        self.write(f"NICK {nick}")
        self.write(f"USER {nick} 0 * :{nick}")
        self.expect(rf":\S+ 001 {nick} ", 15)
        for channel in channels:
            self.write(f"JOIN {channel}")
            self.expect(rf"(?i):\S+ 366 {nick} {re.escape(channel)} ", 10)

    def write(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def say(self, target, text):
        self.write(f"PRIVMSG {target} :{text}")

    def close(self):
        self.socket.close()

    def _read(self, seconds):
        """One more line, or None when the time is over; answers PING by itself."""
        end = time.monotonic() + seconds
        while b"\n" not in self.pending:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                got = self.socket.recv(65536)
            except socket.timeout:
                return None
            if not got:
                raise ConnectionError(f"{self.nick}: the server closed the connection")
            self.pending += got
        raw, self.pending = self.pending.split(b"\n", 1)
        line = raw.decode("utf-8", "replace").rstrip("\r")
        if line.startswith("PING "):
            self.write("PONG " + line[5:])
        self.lines.append(line)
        return line

    def expect(self, pattern, seconds=15):
        """The first line from now on that matches; raises with what came instead."""
        end, seen = time.monotonic() + seconds, []
        while time.monotonic() < end:
            line = self._read(end - time.monotonic())
            if line is None:
                break
            seen.append(line)
            match = re.search(pattern, line)
            if match:
                return match
        came = "\n    ".join(seen[-15:]) or "nothing"
        raise AssertionError(f"{self.nick} waited {seconds} s for {pattern!r}; what came:\n    {came}")

    def quiet_after(self, seconds):
        """Reads until nothing has come for that long."""
        while self._read(seconds) is not None:
            pass

    def expect_from(self, speaker, target, pattern, seconds=15):
        """Something that SPEAKER says to TARGET (a channel, or this person)."""
        return self.expect(rf"(?i)^:{re.escape(speaker)}!\S+ (?:PRIVMSG|NOTICE) {re.escape(target)} :?.*(?:{pattern})", seconds)

    def nothing_from(self, speaker, target, seconds, but="$^"):
        """Fails when SPEAKER says anything to TARGET in that time, other than what matches `but`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line = self._read(end - time.monotonic())
            said = line and re.match(rf"(?i)^:{re.escape(speaker)}!\S+ (?:PRIVMSG|NOTICE) {re.escape(target)} (.*)", line)
            if said and not re.search(but, said.group(1)):
                raise AssertionError(f"{self.nick} should hear nothing in {target}, but: {line}")
