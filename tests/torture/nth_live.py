# SPDX-License-Identifier: MIT
"""The daemon itself over real sockets, for nth.py: an IRC server on loopback, a service manager that listens, the health page,
the control socket; a story of a minute in a second or two."""
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))

CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( {{ name = "sea";  kind = "irc";  host = "127.0.0.1";  port = {port};  tls = false;
               nicks = ["harbor-bot", "harbor-bot_"];  realname = "Peer-support bot. Contact: mara";
               flood_lines = 90;  flood_seconds = 0; }} );
groups = (
  {{ name = "harbor";  title = "Harbor evening IOP";
    zone = "America/New_York";  country = "US";
    rooms = ( {{ network = "sea";  room = "#harbor"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} );
    on_call = ( {{ who = "Mara"; }} ); }}
);
plugins = ["checkin", "coping", "meetings", "crisis"];
metrics = {{ listen = "127.0.0.1:{health}"; }};
"""

# (who, where; "" is private), what they say, and what somebody must then read
STORY = (
    ("ana", "", 'checkin m6 c3 k8 tired "walk after lunch"', r"^(PRIVMSG|NOTICE) ana :.*mood 6"),
    ("ana", "#harbor", "!meetings", r"^(PRIVMSG|NOTICE) #harbor :"),
    ("ana", "#harbor", "I can't go on, I want to die", r"^PRIVMSG (ana|#harbor) :.*988"),
    ("mara", "#bridge", "!ack 1", r"^(PRIVMSG|NOTICE) #bridge :.*[Mm]ara"),
)
AFTER = (("ana", "", "checkin history", r"^(PRIVMSG|NOTICE) ana :.*(mood 6|No check-ins)"),)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Life:
    """One life of the daemon, with all who speak to it; everything happens in this thread."""

    def __init__(self, binary, folder, env):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager_path = os.path.join(folder, "notify")
        if os.path.exists(self.manager_path):
            os.unlink(self.manager_path)
        self.manager.bind(self.manager_path)
        self.manager.setblocking(False)
        self.heard, self.lines, self.connections = "", [], 0
        self.connection, self.partial, self.nick, self.rooms = None, b"", "*", set()
        self.health = free_port()
        self.folder = folder
        self.config = os.path.join(folder, "mooring.cfg")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, port=self.listener.getsockname()[1], health=self.health))
        self.log_path = os.path.join(folder, "log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([binary, "run", "--config", self.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**env, "NOTIFY_SOCKET": self.manager_path})

    # ---- the server's side

    def send(self, line):
        if not self.connection:
            return
        try:
            self.connection.sendall(line.encode() + b"\r\n")
        except OSError:
            self.hang_up()

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection, self.partial, self.rooms = None, b"", set()

    def on_line(self, line):
        command, _, rest = line.partition(" ")
        if command == "CAP" and rest.startswith("LS"):
            self.send(":irc.test CAP * LS :account-tag server-time message-tags")
        elif command == "CAP" and rest.startswith("REQ"):
            self.send(f":irc.test CAP * ACK {rest[4:]}")
        elif command == "NICK":
            self.nick = rest.lstrip(":")
        elif command == "CAP" and rest.startswith("END"):
            self.send(f":irc.test 001 {self.nick} :Welcome")
            self.send(f":irc.test 005 {self.nick} CASEMAPPING=rfc1459 CHANTYPES=# NICKLEN=30 :ok")
            self.send(f":irc.test 376 {self.nick} :End")
        elif command == "JOIN":
            for room in rest.split(","):
                self.send(f":{self.nick}!mooring@host JOIN {room} * :bot")
                self.send(f":irc.test 353 {self.nick} = {room} :{self.nick} ana mara")
                self.send(f":irc.test 366 {self.nick} {room} :end")
                self.rooms.add(room.lower())
        elif command == "WHOIS":
            self.send(f":irc.test 330 {self.nick} {rest} {rest} :is logged in as")
            self.send(f":irc.test 318 {self.nick} {rest} :end")
        elif command == "PING":
            self.send(f":irc.test PONG irc.test {rest}")
        elif command in ("PRIVMSG", "NOTICE"):
            self.lines.append(line)

    def turn(self, seconds):
        """Whatever comes within that time, once."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.listener, selectors.EVENT_READ)
            ready.register(self.manager, selectors.EVENT_READ)
            if self.connection:
                ready.register(self.connection, selectors.EVENT_READ)
            for key, _ in ready.select(seconds):
                if key.fileobj is self.listener:
                    self.hang_up()
                    self.connection, _ = self.listener.accept()
                    self.connections += 1
                elif key.fileobj is self.manager:
                    self.heard += self.manager.recv(4096).decode("utf-8", "replace") + "\n"
                elif key.fileobj is self.connection:
                    self.read()

    def read(self):
        try:
            got = self.connection.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.hang_up()
            return
        self.partial += got
        while b"\r\n" in self.partial:
            line, self.partial = self.partial.split(b"\r\n", 1)
            self.on_line(line.decode("utf-8", "replace"))

    def wait(self, done, seconds):
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end and self.process.poll() is None:
            self.turn(min(0.2, max(end - time.monotonic(), 0)))
        return done()

    # ---- the story

    def is_in(self):
        return {"#harbor", "#bridge"} <= self.rooms

    def say(self, who, room, text, expected):
        """Said again by whoever gets no answer, as people do; how often it took, 0: never."""
        start = len(self.lines)
        for times in range(1, 4):
            if not self.wait(self.is_in, 45):
                return 0
            self.send(f"@account={who} :{who}!u@host PRIVMSG {room or self.nick} :{text}")
            if self.wait(lambda: any(re.search(expected, line) for line in self.lines[start:]), 12):
                return times
        return 0

    def ask_health(self):
        """Through the daemon's own loop, so that it is asked while we serve; the answer's first line."""
        with socket.socket() as asker:
            asker.setblocking(False)
            asker.connect_ex(("127.0.0.1", self.health))
            self.wait(lambda: asker.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0, 0.2)
            try:
                asker.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                asker.settimeout(2)
                return asker.recv(200).decode("latin-1").split("\r\n")[0]
            except OSError:
                return ""

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if not self.wait(lambda: self.process.poll() is not None, 15):
            self.process.kill()
            self.process.wait()
            return "hang"
        return self.process.returncode

    def close(self):
        self.hang_up()
        self.listener.close()
        self.manager.close()
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()


def prepare(folder, key):
    os.makedirs(os.path.join(folder, "credentials"))
    with open(os.path.join(folder, "credentials", "master-key"), "w", encoding="ascii") as file:
        file.write(key)
    for name in ("text", "coping", "crisis"):
        os.symlink(os.path.join(SOURCE, "config", name), os.path.join(folder, name))


class Lived:
    """How a life went."""

    def __init__(self, binary, folder, story, env, tool=None):
        life = Life(binary, folder, env)
        self.took = []
        try:
            self.joined = life.wait(life.is_in, 60)
            for who, room, text, expected in story if self.joined else ():
                self.took.append(life.say(who, room, text, expected))
            if self.joined and story is STORY:
                self.health = life.ask_health()
                if tool:  # the control socket, asked as an administrator does
                    with subprocess.Popen([tool, "status", "--config", life.config], stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as asked:
                        life.wait(lambda: asked.poll() is not None, 10)
                        if asked.poll() is None:
                            asked.kill()
                life.process.send_signal(signal.SIGHUP)
                life.wait(lambda: life.heard.count("READY=1") > 1, 2)
            self.code = life.stop()
        finally:
            if life.process.poll() is None:
                life.process.kill()
                life.process.wait()
            self.log = life.close()
        self.lines, self.connections, self.heard = life.lines, life.connections, life.heard


def forget(folder):
    shutil.rmtree(folder, ignore_errors=True)
