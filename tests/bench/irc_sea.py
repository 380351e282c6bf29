# SPDX-License-Identifier: MIT
"""For irc.py: an IRC server on loopback that lets everybody in, fills rooms with people, repeats what is said; and the daemon on it."""
import re
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from measured import ROOT, Measured

SERVER = "irc.bench.example"
CAPS = ("server-time message-tags account-tag account-notify extended-join multi-prefix batch echo-message labeled-response cap-notify "
        "chghost setname invite-notify")
TALK = ["good morning everyone, coffee is on and the sun is out", "does the 7pm still meet online tonight or in person?",
        "had a long day at work but dinner with my sister helped", "thanks for sharing that ben, it stayed with me all day",
        "I'll bring the key to the hall, see you there at half past", "anyone watching the game later? first one in years for me",
        "picked up the phone instead of the bottle, small steps", "the bus is late again so save me a chair please"]
CONFIG = """
state_folder = "{folder}/state";  credentials_folder = "{folder}/credentials";
networks = ( {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  {tls}  nicks = ["harbor-bot"];
               flood_seconds = {flood}; }} );
groups = ( {{ name = "harbor";  title = "Harbor";  zone = "Etc/UTC";  country = "US";  language = "en";
  rooms = ( {rooms} );
  alert_room = {{ network = "sea";  room = "#bridge"; }};
  moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} ); }} );
plugins = ["checkin", "coping", "meetings", "crisis"];
"""


def tags(account="", number=[0]):
    """As servers of today put them before every line."""
    number[0] += 1
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    return f"@time={stamp};msgid=b{number[0]:08x}" + (f";account={account}" if account else "")


def said(nick, room, text):
    return f"{tags(nick)} :{nick}!{nick[:8]}@gateway/web/irccloud.example/x-{nick} PRIVMSG {room} :{text}\r\n".encode()


class Client:
    """One connection, as the server sees it."""

    def __init__(self, sea, connection):
        self.sea, self.connection, self.nick, self.caps, self.asked = sea, connection, "", "", False
        self.out, self.lock, self.pongs, self.last_rooms = b"", threading.Condition(), 0, 0

    def say(self, data):
        with self.lock:
            try:
                self.connection.sendall(data if isinstance(data, bytes) else data.encode() + b"\r\n")
            except OSError:
                pass

    def welcome(self):
        if not self.nick or self.asked:
            return
        self.say(f":{SERVER} 001 {self.nick} :Welcome")
        self.say(f":{SERVER} 005 {self.nick} CASEMAPPING=ascii CHANTYPES=# PREFIX=(ov)@+ CHANMODES=b,k,l,imnst NICKLEN=30 WHOX "
                 "TARGMAX=JOIN:,WHOIS:1,PRIVMSG:4,NOTICE:4 LINELEN=512 :are supported by this server")
        self.say(f":{SERVER} 422 {self.nick} :no message of the day")

    def joins(self, names):
        for name in names.split(","):
            self.say(f":{self.nick}!m@bench.example JOIN {name} * :a bot".encode() + b"\r\n" + self.sea.names_of(name, self.nick))
            self.sea.joined[name] = self

    def spoke(self, command, target, text, label):
        """The speaker hears an echo; whoever else is there hears it too."""
        line = f":{self.nick}!m@bench.example {command} {target} :{text}\r\n"
        self.sea.spoken(self.nick, text, target)
        if "echo-message" in self.caps:
            self.say((f"@label={label};msgid=e{time.perf_counter_ns():x} " if label else "").encode() + line.encode())

    def line(self, line):
        label = ""
        if line.startswith("@"):
            found = re.match(r"@(?:.*;)?label=([^; ]+)", line)
            label, line = found.group(1) if found else "", line.split(" ", 1)[1]
        words = line.split(" ")
        if words[0] == "CAP" and words[1] == "LS":
            self.asked = True
            self.say(f"CAP * LS :{CAPS}")
        elif words[0] == "CAP" and words[1] == "REQ":
            self.caps += line.split(":", 1)[1] + " "
            self.say("CAP * ACK :" + line.split(":", 1)[1])
        elif words[0] == "CAP":
            self.asked = False
            self.welcome()
        elif words[0] == "NICK":
            self.nick = words[1]
            self.welcome()
        elif words[0] == "JOIN":
            self.joins(words[1])
        elif words[0] == "WHO":
            self.sea.whos += 1
            self.say(self.sea.who_of(words[1], self.nick))
        elif words[0] == "PING":
            self.say(f":{SERVER} PONG {SERVER} {words[1]}")
        elif words[0] == "PONG":
            with self.lock:
                self.pongs += 1
                self.lock.notify_all()
        elif words[0] in ("PRIVMSG", "NOTICE"):
            self.spoke(words[0], words[1], line.split(" :", 1)[1], label)

    def run(self):
        rest = b""
        try:
            while True:
                got = self.connection.recv(65536)
                if not got:
                    return
                *lines, rest = (rest + got).split(b"\n")
                for line in lines:
                    self.line(line.decode(errors="replace").rstrip("\r"))
        except OSError:
            pass


class TlsPipe:
    """Python's TLS sockets do not take two threads: one side in the clear, one thread that goes between."""

    def __init__(self, connection):
        self.mine, theirs = socket.socketpair()
        threading.Thread(target=self.between, args=(connection, theirs), daemon=True).start()

    @staticmethod
    def between(tls, plain):
        tls.setblocking(True)
        try:
            while True:
                ready = [tls] if tls.pending() else select.select([tls, plain], [], [])[0]
                if tls in ready:
                    got = tls.recv(65536)
                    if not got:
                        break
                    plain.sendall(got)
                if plain in ready:
                    got = plain.recv(1 << 18)
                    if not got:
                        break
                    tls.sendall(got)
        except OSError:
            pass
        plain.close()
        tls.close()


class Sea:
    def __init__(self, tls=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.tls, self.people = self.listener.getsockname()[1], tls, {}
        self.clients, self.joined, self.whos, self.lock, self.heard = [], {}, 0, threading.Condition(), []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                plain = TlsPipe(self.tls.wrap_socket(connection, server_side=True)).mine if self.tls else connection
            except OSError:
                continue
            client = Client(self, plain)
            self.clients.append(client)
            threading.Thread(target=client.run, daemon=True).start()

    def fill(self, rooms, people):
        """`people(i)` are the nicks of room i; the lines are made beforehand, so that the server costs nothing later."""
        for i, room in enumerate(rooms):
            nicks = people(i)
            lists, who = [], []
            for at in range(0, len(nicks), 40):
                lists.append(f":{SERVER} 353 %s = {room} :" + " ".join(nicks[at:at + 40]))
            for nick in nicks:
                who.append(f":{SERVER} 354 %s 77 {nick} {nick}")
            self.people[room] = ("\r\n".join(lists), "\r\n".join(who))

    def names_of(self, room, nick):
        lists = self.people.get(room, ("", ""))[0].replace("%s", nick)
        return (lists + ("\r\n" if lists else "") + f":{SERVER} 366 {nick} {room} :End of /NAMES list.\r\n").encode()

    def who_of(self, room, nick):
        lists = self.people.get(room, ("", ""))[1].replace("%s", nick)
        return (lists + ("\r\n" if lists else "") + f":{SERVER} 315 {nick} {room} :End of /WHO list.\r\n").encode()

    def spoken(self, nick, text, target):
        with self.lock:
            self.heard.append((time.perf_counter(), nick, text, target))
            self.lock.notify_all()

    def client(self, nick):
        return next(client for client in reversed(self.clients) if client.nick == nick)

    def fence(self, nick="harbor-bot", times=2, seconds=600):
        """Everything that was sent before has been read (the second one: and handed on)."""
        client = self.client(nick)
        for _ in range(times):
            before = client.pongs
            client.say(f":{SERVER} PING :fence")
            with client.lock:
                if not client.lock.wait_for(lambda: client.pongs > before, seconds):
                    raise SystemExit("the daemon does not answer a PING")

    def close(self):
        self.listener.close()


class Daemon(Measured):
    def __init__(self, mooring, sea, rooms=("#harbor",), flood=0, under=()):
        super().__init__(mooring, under)
        self.sea, self.rooms = sea, list(rooms)
        tls = f'tls = true;  ca_file = "{sea.ca_file}";' if sea.tls else "tls = false;"
        listed = ", ".join(f'{{ network = "sea"; room = "{name}"; }}' for name in self.rooms)
        (self.folder / "mooring.cfg").write_text(CONFIG.format(folder=self.folder, port=sea.port, tls=tls, rooms=listed, flood=flood))

    def start(self):
        self.sea.joined.clear()
        self.sea.whos = 0
        super().start()

    def wait_joined(self, seconds=600):
        """In every room, and every list of people read."""
        end = time.monotonic() + seconds
        while len(self.sea.joined) < len(self.rooms) + 1 or self.sea.whos < len(self.rooms) + 1:
            self.check()
            if time.monotonic() > end:
                self.give_up("the daemon did not join")
            time.sleep(0.01)
        self.sea.fence()


def certificates():
    """An authority and a server's certificate of its own: (context, authority's file, the folder that holds them)."""
    folder = tempfile.TemporaryDirectory(prefix="mooring-bench-tls-")
    subprocess.run([ROOT / "tests/support/certificates.sh", folder.name], check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder.name}/server.pem", f"{folder.name}/server.key")
    return context, f"{folder.name}/ca.pem", folder
