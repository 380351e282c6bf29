# SPDX-License-Identifier: MIT
"""One life of the bot on its stage (`mooring console --script -`), driven by a pipe in virtual time, with an IRC server of a
few lines played to its in-process network.

Each life is a process of its own on the same state folder; the stage keeps the virtual clock there, to the millisecond and
over a SIGKILL."""
import re
import select
import subprocess

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
LINE = re.compile(r"^(\w{3}) (\d\d):(\d\d):(\d\d)  (\(private: [^)]*\)|peer \S+|\S+)\s+(.*)$")
PATIENCE_S = 60


class Died(Exception):
    """The process is gone."""


class Server:
    """As much of an IRC server as the bot needs: registration, joins, WHOIS, PONG; and who is logged in as whom."""

    NICK = "harbor-bot"

    def __init__(self, people, rooms):
        self.people, self.rooms = people, rooms

    def answers(self, line):
        """What the server says to a line of the bot's."""
        word, _, rest = line.partition(" ")
        if line.startswith("CAP LS"):
            yield ":irc.test CAP * LS :account-tag server-time message-tags"
        elif line.startswith("CAP REQ"):
            yield ":irc.test CAP * ACK :" + rest.split(":", 1)[-1].removeprefix("REQ ")
        elif line.startswith("CAP END"):
            yield f":irc.test 001 {self.NICK} :Welcome"
            yield f":irc.test 005 {self.NICK} CASEMAPPING=ascii CHANTYPES=# NICKLEN=30 PREFIX=(ov)@+ :are supported"
            yield f":irc.test 376 {self.NICK} :End of /MOTD command."
        elif word == "JOIN":
            for room in rest.split(" ")[0].split(","):
                yield f":{self.NICK}!mooring@host JOIN {room}"
                yield f":irc.test 353 {self.NICK} = {room} :{self.NICK} {' '.join(self.rooms.get(room, []))}"
                yield f":irc.test 366 {self.NICK} {room} :End of /NAMES list."
        elif word == "WHOIS":
            nick = rest.split(" ")[-1]
            if nick in self.people:
                yield f":irc.test 311 {self.NICK} {nick} {nick[0]} host * :{nick}"
                yield f":irc.test 330 {self.NICK} {nick} {nick} :is logged in as"
            yield f":irc.test 318 {self.NICK} {nick} :End of /WHOIS list."
        elif word == "WHO":
            yield f":irc.test 315 {self.NICK} {rest.split(' ')[0]} :End of /WHO list."
        elif word == "PING":
            yield f":irc.test PONG irc.test {rest}"

    def said(self, who, room, text):
        return f"@account={who} :{who}!{who[0]}@host PRIVMSG {room or self.NICK} :{text}"


class Life:
    """One process.  `heard(seconds, place, text)` is called for all that people see the bot say; seconds count from Monday's
    midnight in the stage's zone."""

    def __init__(self, mooring, config, state, heard, server=None, die_at=None, binary_args=()):
        command = [mooring, "console", "--config", config, "--script", "-", "--state", state, *binary_args]
        if die_at:
            command += ["--die-at", die_at]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.heard, self.server = heard, server
        self.buffer, self.marks, self.now = b"", 0, None
        self.last = None  # (seconds, place, text so far) of a message whose further lines may follow
        self.is_up = False

    # ---- what it prints ------------------------------------------------------------------------------------------------

    def _read(self):
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
            got = self.process.stdout.read1(65536) if ready else None
            if got is None:
                self.process.kill()
                raise AssertionError(f"the stage was silent for {PATIENCE_S} s")
            if not got:
                raise Died()
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("utf-8", "replace")

    def _tell(self):
        if self.last:
            self.heard(*self.last)
        self.last = None

    def _take(self, line):
        """One line of the transcript: a note's text, a peer's line from the bot, or None."""
        found = LINE.match(line)
        if not found:
            if self.last:
                self.last = (*self.last[:2], self.last[2] + "\n" + line.strip())
            return None, None
        self._tell()
        day, hour, minute, second, place, rest = found.groups()
        self.now = ((DAYS.index(day) * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)
        if place == "*":
            return rest, None
        speaker, _, text = rest.partition(" ")
        if speaker == "<<":
            return None, text.strip()
        if speaker == "mooring":
            self.last = (self.now, place[10:-1] if place.startswith("(private: ") else place, text.strip())
        return None, None

    def _peer_said(self, line):
        """What the bot wrote to the IRC server: people see its messages, the server answers the rest."""
        found = re.match(r"^(?:@\S+ )?(PRIVMSG|NOTICE) (\S+) :?(.*)$", line)
        if found:
            self.heard(self.now, found.group(2), found.group(3))
            return []
        if line.startswith("CAP END"):
            self.is_up = True
        return [f"/peer libera {answer}" for answer in self.server.answers(line)]

    # ---- steps ---------------------------------------------------------------------------------------------------------

    def play(self, *steps):
        """Plays steps, and lets the server answer until it has nothing more to say.  Raises Died."""
        steps = list(steps)
        while True:
            self.marks += 1
            mark, answers = f"mark {self.marks}", []
            try:
                self.process.stdin.write("".join(f"{step}\n" for step in [*steps, f"/mark {mark}"]).encode())
                self.process.stdin.flush()
            except BrokenPipeError:
                pass  # what it still printed is read below
            while True:
                try:
                    note, peer = self._take(self._read())
                except Died:
                    self._tell()
                    raise
                if peer is not None and self.server:
                    answers += self._peer_said(peer)
                if note == mark:
                    break
            if not answers:
                return
            steps = answers

    def end(self):
        """The exit code, and what it said on standard error."""
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
            self.process.stdin = None
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors.decode("utf-8", "replace")
