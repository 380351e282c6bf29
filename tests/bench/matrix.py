#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Matrix costs, measured on the daemon against a homeserver on loopback that answers at once: a first sync of 100 MB, a restart
with a thousand rooms, a quiet event, an answer's way.  matrix.py MOORING [initial|restart|quiet|latency ...]"""
import json
import signal
import socket
import statistics
import sys
import threading
import time
import urllib.parse

from measured import Measured, sync_ms

BOT, ANNA, MARA = "@bot:bench.example", "@anna:bench.example", "@mara:bench.example"
TALK = ["good morning everyone, coffee is on and the sun is out", "does the 7pm still meet online tonight or in person?",
        "had a long day at work but dinner with my sister helped", "thanks for sharing that ben, it stayed with me all day",
        "I'll bring the key to the hall, see you there at half past", "anyone watching the game later? first one in years for me",
        "picked up the phone instead of the bottle, small steps", "the bus is late again so save me a chair please"]
CONFIG = """
state_folder = "{folder}/state";  credentials_folder = "{folder}/credentials";
networks = ( {{ name = "home";  kind = "matrix";  homeserver = "http://127.0.0.1:{port}";  user = "{bot}";  login = "token";
               password_credential = "token"; }} );
groups = ( {{ name = "harbor";  title = "Harbor";  zone = "Etc/UTC";  country = "US";  language = "en";
  rooms = ( {rooms} );
  alert_room = {{ network = "home";  room = "{alert}"; }};
  moderators = ( {{ network = "home";  user = "{mara}";  name = "Mara"; }} ); }} );
plugins = ["checkin", "coping", "meetings", "crisis"];
"""
count = 0


def message(sender, text, ago_ms=0):
    global count
    count += 1
    return {"type": "m.room.message", "event_id": f"$bench-{count}", "sender": sender, "origin_server_ts": int(time.time() * 1000) - ago_ms,
            "content": {"msgtype": "m.text", "body": text, "m.mentions": {}}, "unsigned": {"age": 12}}


def state(kind, key, content, sender=MARA):
    global count
    count += 1
    return {"type": kind, "state_key": key, "event_id": f"$state-{count}", "sender": sender, "content": content,
            "origin_server_ts": int(time.time() * 1000) - 864000000}


def room(events=(), full=True):
    """As a joined room stands in an answer of /sync."""
    states = [state("m.room.create", "", {"room_version": "11"}),
              state("m.room.power_levels", "", {"users": {MARA: 100}, "users_default": 0, "redact": 50}),
              state("m.room.join_rules", "", {"join_rule": "public"}), state("m.room.name", "", {"name": "a room"}),
              state("m.room.member", BOT, {"membership": "join", "displayname": "bot"}, BOT),
              state("m.room.member", ANNA, {"membership": "join", "displayname": "Anna"}, ANNA)] if full else []
    return {"timeline": {"events": list(events), "limited": full, "prev_batch": "p1"}, "state_after": {"events": states},
            "ephemeral": {"events": []}, "account_data": {"events": []}, "summary": {}, "unread_notifications": {}}


class Homeserver:
    """One account; /sync is answered from a queue, everything else at once."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Condition()
        self.queue, self.polls, self.sent, self.first, self.next = [], 0, [], b"", 0
        self.aliases, self.gate, self.asked = {}, threading.Event(), 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        reader = connection.makefile("rb")
        try:
            while True:
                line = reader.readline()
                if not line:
                    return
                length = 0
                while True:
                    header = reader.readline()
                    if header in (b"\r\n", b""):
                        break
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                body = reader.read(length) if length else b""
                method, target, _ = line.decode().split(" ")
                status, answer = self.answer(method, target, body)
                connection.sendall(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(answer)))
                connection.sendall(answer)
        except OSError:
            pass

    def answer(self, method, target, body):
        path, _, query = target.partition("?")
        self.asked += 1
        parts = [urllib.parse.unquote(part) for part in path.split("/")]
        if path.endswith("/sync"):
            return 200, self.sync(urllib.parse.parse_qs(query))
        if "/send/" in path:
            with self.lock:
                self.sent.append((time.perf_counter(), parts[5], json.loads(body)))
                self.lock.notify_all()
            return 200, json.dumps({"event_id": f"$sent-{len(self.sent)}"}).encode()
        if path.endswith("/versions"):
            return 200, json.dumps({"versions": ["v1.1", "v1.11", "v1.16", "v1.18"]}).encode()
        if path.endswith("/filter"):
            return 200, b'{"filter_id":"1"}'
        if path.endswith("/whoami"):
            return 200, json.dumps({"user_id": BOT, "device_id": "BENCH"}).encode()
        if "/join" in path or "/directory/" in path:
            return 200, json.dumps({"room_id": next((self.aliases[p] for p in parts if p in self.aliases), "!none:bench.example"), "servers": ["bench.example"]}).encode()
        if "/state" in path and method == "GET":
            return 404, b'{"errcode":"M_NOT_FOUND","error":"none"}'
        return 200, b"{}"

    def sync(self, query):
        if "since" not in query:
            self.gate.wait()
            return self.first
        with self.lock:
            self.polls += 1
            self.lock.notify_all()
            waits = int(query.get("timeout", ["0"])[0]) / 1000
            self.lock.wait_for(lambda: self.queue, waits)
            rooms = self.queue.pop(0) if self.queue else {}
        self.next += 1
        return json.dumps({"next_batch": f"s{self.next}", "rooms": {"join": rooms}}).encode()

    def say(self, rooms):
        with self.lock:
            self.queue.append(rooms)
            self.lock.notify_all()

    def wait_polls(self, number, seconds=20):
        with self.lock:
            if not self.lock.wait_for(lambda: self.polls >= number and not self.queue, seconds):
                raise SystemExit("the daemon does not ask for more")


class Daemon(Measured):
    def __init__(self, mooring, server, rooms, alert):
        super().__init__(mooring)
        self.server = server
        (self.folder / "credentials/token").write_text("a-token\n")
        (self.folder / "credentials/token").chmod(0o600)
        listed = ", ".join(f'{{ network = "home"; room = "{name}"; }}' for name in rooms)
        (self.folder / "mooring.cfg").write_text(CONFIG.format(folder=self.folder, port=server.port, bot=BOT, mara=MARA, rooms=listed, alert=alert))


def house(mooring, names=("#harbor:bench.example", "#bridge:bench.example")):
    server = Homeserver()
    server.aliases = {name: f"!room{i}:bench.example" for i, name in enumerate(names)}
    daemon = Daemon(mooring, server, [name for name in names if not name.startswith("#bridge")], names[1])
    return server, daemon


def first_of(server, extra=None):
    rooms = {identity: room() for identity in server.aliases.values()}
    rooms.update(extra or {})
    return json.dumps({"next_batch": "s0", "rooms": {"join": rooms}}).encode()


def settle(server, daemon, polls=1):
    try:
        server.wait_polls(polls)
    except SystemExit:
        daemon.check()
        print((daemon.folder / "log").read_text()[-3000:])
        raise
    time.sleep(1.0)


def initial(mooring, rooms=10000, size=100 * 1000 * 1000):
    server, daemon = house(mooring)
    server.first = first_of(server)
    server.gate.set()
    daemon.start()
    settle(server, daemon)
    idle_kb = daemon.anon_kb()
    daemon.stop()

    server, daemon = house(mooring)
    extra, line = {}, json.dumps(room([message(ANNA, TALK[i % 8], 864000000) for i in range(10)]))
    pad = json.loads(line)
    while len(json.dumps(pad)) < size // rooms:
        pad["timeline"]["events"].append(message(ANNA, TALK[len(pad["timeline"]["events"]) % 8], 864000000))
    for i in range(rooms - 2):
        extra[f"!other{i}:bench.example"] = pad
    server.first = first_of(server, extra)
    daemon.start()
    while server.asked < 2:
        daemon.check()
        time.sleep(0.05)
    time.sleep(1.0)
    peak, done = [daemon.anon_kb()], threading.Event()

    def sample():
        while not done.is_set():
            peak[0] = max(peak[0], daemon.anon_kb())
            time.sleep(0.002)

    sampler = threading.Thread(target=sample)
    sampler.start()
    before, begun = daemon.cpu_us(), time.perf_counter()
    server.gate.set()
    server.wait_polls(1)
    took, cpu = time.perf_counter() - begun, daemon.cpu_us() - before
    time.sleep(0.5)
    done.set()
    sampler.join()
    print(f"first sync of {len(server.first) / 1e6:.0f} MB, {rooms} rooms: {cpu / 1e6:.3f} s of CPU, {took:.2f} s; "
          f"RssAnon {idle_kb} kB idle, at most {peak[0]} kB: {(peak[0] - idle_kb) / 1000:.1f} MB over")
    daemon.stop()


def restart(mooring, rooms=1000):
    names = [f"#harbor{i}:bench.example" for i in range(rooms)]
    names[1] = "#bridge:bench.example"
    server, daemon = house(mooring, names)
    server.first = first_of(server)
    server.gate.set()
    daemon.start()
    settle(server, daemon)
    times = []
    for _ in range(5):
        daemon.stop()
        polls = server.polls
        daemon.start()
        server.wait_polls(polls + 2)  # the first is answered at once: it is up, and waits for what is new
        times.append(time.perf_counter() - daemon.started)
        time.sleep(0.5)
    print(f"restart with {rooms} rooms: up after {statistics.median(times):.3f} s (median of 5; {min(times):.3f} to {max(times):.3f})")
    daemon.stop()


def quiet(mooring, bodies=200, events=50):
    server, daemon = house(mooring)
    server.first = first_of(server)
    server.gate.set()
    daemon.start()
    settle(server, daemon)
    rates = []
    for _ in range(5):
        batches = [{"!room0:bench.example": room([message(ANNA, TALK[i % 8]) for i in range(events)], False)} for _ in range(bodies)]
        before, polls = daemon.cpu_us(), server.polls
        for batch in batches:
            server.say(batch)
        server.wait_polls(polls + bodies)
        rates.append((daemon.cpu_us() - before) / bodies / events)
    print(f"quiet event: {statistics.median(rates):.2f} us of CPU, whole daemon, {events} a body (median of 5 times {bodies * events})")
    daemon.stop()


def latency(mooring, times=200):
    server, daemon = house(mooring)
    server.first = first_of(server)
    server.gate.set()
    daemon.start()
    settle(server, daemon)
    took = []
    for i in range(times):
        polls, sent = server.polls, len(server.sent)
        begun = time.perf_counter()
        server.say({"!room0:bench.example": room([message(f"@member{i}:bench.example", "!tip")], False)})
        with server.lock:
            if not server.lock.wait_for(lambda: len(server.sent) > sent, 10):
                print((daemon.folder / "log").read_text()[-2000:])
                raise SystemExit(f"no answer to command {i}")
        took.append((server.sent[sent][0] - begun) * 1000)
        server.wait_polls(polls + 1)
        time.sleep(0.05)
    took.sort()
    print(f"answer to a command, from /sync answered to PUT there: {statistics.median(took):.2f} ms at the median, {took[int(times * 0.95)]:.2f} ms at the 95th (of {times}; "
          f"fsync of this disk {sync_ms(daemon.folder):.2f} ms)")
    daemon.stop()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
ALL = {"initial": initial, "restart": restart, "quiet": quiet, "latency": latency}
for chosen in sys.argv[2:] or ALL:
    ALL[chosen](sys.argv[1])
