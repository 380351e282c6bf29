# SPDX-License-Identifier: MIT
"""The IRC network alone (live_session) on a real ngIRCd: plain and TLS, talk, whispers, refusals, a server that restarts."""
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time

from ngircd import Ngircd
from person import Person

CHANNEL = "#Harbor"


class Bot:
    last = None

    def __init__(self, binary, port, tls, ca_file):
        Bot.last = self
        self.process = subprocess.Popen([binary, str(port), "tls" if tls else "plain", ca_file, CHANNEL], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.seen = queue.Queue(), []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def expect(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                break
            self.seen.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"the bot did not print {pattern!r} in {seconds} s:\n    " + "\n    ".join(self.seen[-30:]))

    def words(self):
        return "\n    ".join(["the bot's words:"] + (self.seen + list(self.lines.queue))[-40:])

    def leave(self):
        """Good order: exit code 0, and the sanitizers are content."""
        self.process.stdin.close()
        code = self.process.wait(20)
        assert code == 0, f"exit code {code}:\n" + "\n".join(self.seen) + "\n" + "\n".join(self.lines.queue)


def talk(bot, person):
    """In private first: ngIRCd has no server-time, so what is said in a room before the server has answered what the bot asked
    at its JOIN may be of the past, and no command in it is answered (bot/chat/irc/replay.c).  An answer in private comes behind
    that question on the same connection: what is said when it is there is live for certain."""
    person.say("harbor-bot", "ping caf\u00e9 \U0001f6a2")
    person.expect_from("harbor-bot", person.nick, "pong caf\u00e9 \U0001f6a2$")
    bot.expect(r"sent \d+ confirmed")
    person.say(CHANNEL, "ping 1")
    person.expect_from("harbor-bot", CHANNEL, "pong 1$")
    person.say("harbor-bot", "whisper nobody-here")
    bot.expect(r"sent \d+ refused")


def story_plain(binary, server):
    server.start()
    bot = Bot(binary, server.port, False, "")
    bot.expect("^state up")
    bot.expect("event=irc_joined")
    ana = Person("Ana", server.port, [CHANNEL])
    talk(bot, ana)
    longest = "x" * 400
    ana.say(CHANNEL, "ping " + longest)
    ana.expect_from("harbor-bot", CHANNEL, f"pong {longest}$")
    ana.close()

    server.stop()
    bot.expect("^state down")
    server.start()
    bot.expect("^state up", 40)
    bot.expect("event=irc_joined")
    ben = Person("Ben", server.port, [CHANNEL])
    talk(bot, ben)

    bot.leave()
    ben.expect(r"^:harbor-bot!\S+ QUIT ")
    ben.close()
    server.stop()


def story_tls(binary, server):
    server.start()
    bot = Bot(binary, server.tls_port, True, server.certificate)
    bot.expect("^state up")
    bot.expect("event=irc_joined")
    ana = Person("Ana", server.port, [CHANNEL])
    talk(bot, ana)
    bot.leave()
    ana.close()

    stranger = Bot(binary, server.tls_port, True, "")  # a certificate that no known authority signed
    stranger.expect("event=irc_connection_lost")
    assert not any(line.startswith("state up") for line in stranger.seen)
    stranger.leave()
    server.stop()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        server = Ngircd(folder)
        try:
            story_plain(binary, server)
            print("plain: passed", flush=True)
            story_tls(binary, server)
            print("tls: passed", flush=True)
        except Exception:
            print("the server's log:\n" + server.log(), flush=True)
            if Bot.last:
                print(Bot.last.words(), flush=True)
            raise
        finally:
            server.stop()


if __name__ == "__main__":
    main()
