#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bot, or the server, is taken away and started again at random moments, while people talk, ask and call for help: no
answer to a call is lost, and no command is answered twice.

    irc_restarts.py MOORING ergo|ngircd [--restarts N] [--pace SECONDS] [--seed N]

Ergo remembers what is said (chathistory), so that the bot hears late what it missed; but only as long as Ergo itself lives.
ngIRCd tells nobody what was said before they came.  What the bot can have heard, and so must have answered, is worked out from
when it stood in the room and when each side died; what was said in the moment of a death is counted apart."""
import argparse
import bisect
import collections
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "torture"))
import texts
from ergo import Ergo
from ngircd import Ngircd

BOT, PASSWORD, ROOM, BRIDGE = "harbor-bot", "not-so-secret", "#harbor", "#bridge"
MEMBERS = ("ana", "ben", "cara")
# A line is surely heard when nobody died so long after it; history needs a moment longer.
HEARD_S, READ_S = 1.0, 5.0
UNDER_WAY = 16
CALLS = ("I want to kill myself", "I can't go on, I want to die", "I'm going to end my life tonight",
         "I took all my pills, I want to die", "no one would miss me, I will kill myself")
TALK = ("it rained all day", "day nine for me", "thanks for being here", "coffee is on")

CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = true;  ca_file = "{ca_file}";
               nicks = ["{bot}", "{bot}_"];  username = "mooring";  realname = "Peer-support bot. Contact: mara";
               {identity}  flood_lines = 10;  flood_seconds = {pace}; }} );
groups = (
  {{ name = "harbor";  title = "Harbor evening IOP";  zone = "Etc/UTC";  country = "US";  language = "en";
    rooms = ( {{ network = "sea";  room = "#harbor"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} );
    on_call = ( {{ who = "Mara"; }} ); }}
);
plugins = ["checkin", "coping", "meetings", "crisis"];
"""


class Friend(threading.Thread):
    """A person whose client stays: it comes back when the server does, and notes all that the bot says to them."""

    def __init__(self, world, nick, rooms, has_account):
        super().__init__(daemon=True)
        self.world, self.nick, self.rooms, self.has_account = world, nick, rooms, has_account
        self.heard, self.taken, self.refused = [], {}, set()  # (seconds, place, text); token -> seconds
        self.socket, self.ready, self.over, self.number = None, False, False, 0
        self.lock = threading.Lock()
        self.start()

    def write(self, line):
        with self.lock:
            self.socket.sendall(line.encode() + b"\r\n")

    def say(self, target, text):
        """A token by which `taken` will tell when the server had it; None: they are not there."""
        self.number += 1
        token = f"{self.nick}.{self.number}"
        try:
            if self.ready:
                self.write(f"PRIVMSG {target} :{text}\r\nPING {token}")
                return token
        except OSError:
            pass
        return None

    def run(self):
        while not self.over:
            try:
                self._live()
            except OSError:
                pass
            self.ready = False
            time.sleep(0.05)

    def close(self):
        self.over = True
        try:
            self.write("QUIT")
            self.socket.close()
        except (OSError, AttributeError):
            pass

    def _live(self):
        self.socket = socket.create_connection(("127.0.0.1", self.world.server.port), 5)
        self.socket.settimeout(0.2)
        self.write(f"NICK {self.nick}\r\nUSER {self.nick} 0 * :{self.nick}")
        pending = b""
        while not self.over:
            try:
                got = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not got:
                return
            *lines, pending = (pending + got).split(b"\n")
            for line in lines:
                self._line(line.decode("utf-8", "replace").rstrip("\r"))

    def _line(self, line):
        now, words = time.monotonic(), line.split(" ")
        if words[0] == "PING":
            self.write("PONG " + line[5:])
        elif len(words) < 3:
            return
        elif words[1] in ("376", "422") and self.has_account:
            self.write(f"PRIVMSG NickServ :IDENTIFY {self.nick} {PASSWORD}")
        elif words[1] in ("376", "422") or "logged in as" in line and "NickServ" in words[0]:
            for room in self.rooms:
                self.write(f"JOIN {room}")
        elif words[1] == "366":
            self.ready = True
        elif words[1] == "433":
            self.write(f"NICK {self.nick}")  # the old connection is not gone yet
        elif words[1] == "PONG":
            self.taken[words[-1].lstrip(":")] = now
        elif words[1] == "401":
            self.refused.add(self.number)
        elif words[1] in ("PRIVMSG", "NOTICE") and re.match(rf":{BOT}_?!", words[0]):
            self.heard.append((now, words[2].lower(), line.split(" ", 3)[3].removeprefix(":")))
            self.hear(words[2].lower(), self.heard[-1][2])

    def hear(self, place, text):
        """For who does something about it."""


class Mara(Friend):
    """Takes each alert, so that its pages end."""

    def hear(self, place, text):
        found = re.search(r"ALERT (\d+)", text)
        if place == BRIDGE and found:
            self.say(BRIDGE, f"!ack {found.group(1)}")


class Said:
    """A call or a command: `friend` said it to `target` (a room, or the bot)."""

    def __init__(self, friend, target, mark, token):
        self.friend, self.target, self.mark, self.token, self.at = friend, target, mark, token, time.monotonic()
        self.number = friend.number

    def taken(self):
        """When the server had it; None: it never did, or said at once that the bot is not there."""
        return None if self.number in self.friend.refused else self.friend.taken.get(self.token)


class World:
    def __init__(self, mooring, folder, kind, rng, pace):
        self.mooring, self.folder, self.rng, self.process = mooring, folder, rng, None
        self.stands, self.ended, self.server_ended = [], [], []  # moments: in both rooms; no more there; the server's end
        self.calls, self.commands, self.friends, self.serial = [], [], {}, 0
        for name in ("state", "credentials"):
            os.makedirs(os.path.join(folder, name), mode=0o700)
        os.makedirs(os.path.join(folder, "server"), mode=0o755)
        texts.write_marked(os.path.join(HERE, "..", "..", "config"), folder)
        self.server = Ergo(os.path.join(folder, "server"), fakelag=False) if kind == "ergo" else \
            Ngircd(os.path.join(folder, "server"))
        self.remembers = kind == "ergo"
        self.server.start()
        identity = 'identity = "nick";'
        if self.remembers:
            self.server.register(BOT, PASSWORD, always_on=True)
            for account in ("mara",) + MEMBERS:
                self.server.register(account, PASSWORD)
            with open(os.path.join(folder, "credentials", "sea-password"), "w", encoding="utf-8") as file:
                file.write(PASSWORD)
            identity = f'identity = "account";  sasl = {{ account = "{BOT}";  password_credential = "sea-password"; }};'
        subprocess.run([mooring, "key", "new", os.path.join(folder, "credentials", "master-key")], check=True)
        self.config, self.log = os.path.join(folder, "mooring.cfg"), os.path.join(folder, "daemon.log")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, port=self.server.tls_port, ca_file=self.server.certificate, bot=BOT,
                                     identity=identity, pace=pace))
        for nick in MEMBERS:
            self.friends[nick] = Friend(self, nick, [ROOM], self.remembers)
        self.friends["mara"] = Mara(self, "mara", [BRIDGE, ROOM], self.remembers)

    # ---- the two sides -------------------------------------------------------------------------------------------------

    def start(self):
        self.process = subprocess.Popen([self.mooring, "run", "--config", self.config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process):
        joined = 0
        with open(self.log, "a", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(f"{time.monotonic():.3f} {line}")
                log.flush()
                joined = 0 if "event=irc_connection_" in line else joined + ("event=irc_joined" in line)
                if joined == 2:
                    self.stands.append(time.monotonic())
                    joined = 0

    def end_bot(self, how):
        self.ended.append(time.monotonic())
        self.process.send_signal(how)
        code = self.process.wait(20)
        assert code == -9 if how == signal.SIGKILL else code == 0, f"the bot ended with {code}"

    def end_server(self, how):
        self.ended.append(time.monotonic())
        self.server_ended.append(self.ended[-1])
        self.server.process.send_signal(how)
        self.server.process.wait(20)
        self.server.process = None

    def stands_now(self):
        return bool(self.stands) and self.stands[-1] > max(self.ended, default=0)

    # ---- what people say -------------------------------------------------------------------------------------------------

    def call(self):
        """Somebody who was never here before calls for help, so that each answer is known by whom it is for."""
        self.serial += 1
        nick = f"guest{self.serial}"
        if self.remembers and self.serial % 2:
            self.server.register(nick, PASSWORD)
        friend = self.friends[nick] = Friend(self, nick, [ROOM], self.remembers and self.serial % 2 == 1)
        end = time.monotonic() + 5
        while not friend.ready and time.monotonic() < end:
            time.sleep(0.01)
        target = BOT if self.serial % 3 == 0 else ROOM
        token = friend.say(target, self.rng.choice(CALLS))
        if token:
            self.calls.append(Said(friend, target, nick, token))

    def ask(self, nick):
        """A command whose answer repeats what was asked."""
        self.serial += 1
        mark, target = f"Sea/Bay{self.serial:04}", BOT if self.serial % 2 else ROOM
        token = self.friends[nick].say(target, ("" if target == BOT else "!") + f"timezone {mark}")
        if token:
            self.commands.append(Said(self.friends[nick], target, mark, token))

    # ---- what the bot heard ----------------------------------------------------------------------------------------------

    def surely_heard(self, at):
        """Was it there, or did it come back to a server that remembers, and was left in peace long enough?"""
        def peace(begin, seconds):
            i = bisect.bisect(self.ended, begin)
            return i == len(self.ended) or self.ended[i] > begin + seconds

        for begin in self.stands:
            if begin <= at and peace(begin, at + HEARD_S - begin):
                return True
            if begin > at and self.remembers:
                j = bisect.bisect(self.server_ended, at)
                if j < len(self.server_ended) and self.server_ended[j] < begin + READ_S:
                    return False
                if peace(begin, READ_S):
                    return True
        return False

    def was_away(self, at):
        return not any(begin <= at and not any(begin < end <= at for end in self.ended) for begin in self.stands)


def answers(said):
    """What the bot said about a call, in private to whoever called; or about a command."""
    if said.mark.startswith("guest"):
        return [text for _, place, text in list(said.friend.heard) if place == said.friend.nick
                and (texts.kind_of(text) == "card" or texts.kind_of(text).startswith("crisis."))]
    return [text for _, _, text in list(said.friend.heard) if said.mark in text]


class Talkers(threading.Thread):
    """The members: talk, and now and then a command."""

    def __init__(self, world, seed):
        super().__init__(daemon=True)
        self.world, self.rng, self.over = world, random.Random(seed), threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(self.rng.uniform(0.2, 0.6)):
            nick = self.rng.choice(MEMBERS)
            if self.rng.random() < 0.25:
                self.world.ask(nick)
            else:
                self.world.friends[nick].say(ROOM, self.rng.choice(TALK))


def restarts(world, times):
    """Each at a random moment, and every second one right after a call for help."""
    rng, counts = world.rng, collections.Counter()
    for i in range(times):
        time.sleep(rng.uniform(0.1, 2.5))
        if i % 2 == 0 or rng.random() < 0.5:
            world.call()
            time.sleep(rng.random() ** 2 * (1.5 if world.remembers else 5))  # what is not heard there is lost
        side, how = rng.choice(("bot", "bot", "server")), rng.choice((signal.SIGKILL, signal.SIGTERM))
        counts[f"{side} by {how.name}"] += 1
        getattr(world, f"end_{side}")(how)
        if rng.random() < 0.5 and side == "bot" and world.remembers:
            world.call()  # while it is away
        time.sleep(rng.uniform(0.05, 2.0))
        world.server.start() if side == "server" else world.start()
        if rng.random() < 0.75:  # else it goes again while it is still coming
            end = time.monotonic() + 40
            while not world.stands_now() and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(rng.random() ** 2 * 6)
    return counts


def verdict(world):
    """What is wrong, in words; and the figures."""
    wrong, count = [], collections.Counter()
    for call in world.calls:
        at, got = call.taken(), answers(call)
        sure = at is not None and world.surely_heard(at)
        count["calls"] += 1
        count["calls unheard"] += not sure
        count["calls answered"] += bool(got)
        count["calls answered late"] += bool(got) and at is not None and world.was_away(at)
        count["answers said again"] += sum("(again)" in text for text in got)
        if sure and not got:
            wrong.append(f"{call.mark}'s call to {call.target} at {at:.3f} has no answer")
        # A choice may begin the second line of a message; its first line says that it comes again.
        first = collections.Counter(kind for kind in map(texts.kind_of, (t for t in got if "(again)" not in t))
                                    if kind != "card" and not re.match(r"crisis\.(choice|person)", kind))
        for kind, times in first.items():
            if times > 1:
                wrong.append(f"{call.mark} was told {kind} {times} times, and not \"again\"")
    for command in world.commands:
        at, got = command.taken(), answers(command)
        sure = at is not None and world.surely_heard(at)
        count["commands"] += 1
        count["commands answered"] += bool(got)
        count["commands answered late"] += bool(got) and at is not None and world.was_away(at)
        count["commands lost"] += sure and not got
        if len(got) > 1:
            wrong.append(f"{command.mark} was answered {len(got)} times")
    return wrong, count


def settle(world, seconds):
    """Until nothing is missing, and nothing more was said for some seconds."""
    end, quiet_since, seen = time.monotonic() + seconds, time.monotonic(), -1
    while time.monotonic() < end:
        time.sleep(0.25)
        heard = sum(len(friend.heard) for friend in world.friends.values())
        if heard != seen:
            seen, quiet_since = heard, time.monotonic()
        wrong, count = verdict(world)
        if not wrong and time.monotonic() - quiet_since > (10 if count["commands lost"] else 3):
            return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mooring")
    parser.add_argument("server", choices=["ergo", "ngircd"])
    parser.add_argument("--restarts", type=int, default=50)
    parser.add_argument("--pace", type=int, default=0, help="flood_seconds: so long a line costs, so that answers wait for one another")
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"irc_restarts: {arguments.server}, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mooring-restarts-") as folder:
        os.chmod(folder, 0o755)
        world = World(os.path.abspath(arguments.mooring), folder, arguments.server, random.Random(seed), arguments.pace)
        try:
            world.start()
            while not world.stands_now():
                assert world.process.poll() is None, "the bot ended at once"
                time.sleep(0.05)
            talkers = Talkers(world, seed + 1)
            counts = restarts(world, arguments.restarts)
            time.sleep(1)
            talkers.over.set()
            talkers.join()
            world.call()  # and all is well afterwards
            settle(world, 120)
            world.end_bot(signal.SIGTERM)
            world.ended.pop()
            wrong, count = verdict(world)
            # What is routine is said at most once: a death takes what was marked as under way (OUTBOX_WINDOW).
            deaths = counts["bot by SIGKILL"]
            if count["commands lost"] > UNDER_WAY * deaths + arguments.restarts:
                wrong.append(f"{count['commands lost']} commands have no answer after {deaths} deaths")
        except BaseException:
            with open(world.log, encoding="utf-8") as log:
                print("the bot's log:\n" + log.read()[-6000:])
            raise
        finally:
            for friend in world.friends.values():
                friend.close()
            if world.process.poll() is None:
                world.process.kill()
            world.server.stop()
        if wrong:
            with open(world.log, encoding="utf-8") as log:
                print("the bot's log:\n" + log.read()[-30000:])
            print(f"stood {[f'{s:.3f}' for s in world.stands]}\nended {[f'{s:.3f}' for s in world.ended]}")
        for problem in wrong:
            print(f"irc_restarts: {problem}", flush=True)
        print(f"irc_restarts: on {arguments.server}, seed {seed}: {arguments.restarts} restarts (" +
              ", ".join(f"{v} {k}" for k, v in sorted(counts.items())) + "); " +
              ", ".join(f"{v} {k}" for k, v in count.items()) + f"; {len(wrong)} wrong", flush=True)
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
