#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon on a real ngIRCd, taken away in real time: by SIGKILL at named points, by SIGTERM at random moments, and by a
machine that sleeps (SIGSTOP over its timers, while the server gives its connection up).

    death_live.py MOORING kill|term|sleep|backup|all [--deaths N] [--stops N] [--backups N] [--seed N] [--jobs N]

What is compared is what death.py says, line by line: people with plain clients say a line again only where its effect is not
there.  After a SIGTERM the bot must be gone within five seconds with exit code 0, and nothing of what it had answered may be
missing: what was not sent is sent by the next life.  Routine messages at most once, crisis at least once."""
import argparse
import collections
import concurrent.futures
import datetime
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
import texts
from death import HOUSE, Heard, compare_slot, normal
from ngircd import Ngircd
from person import Person
from rehearsal import Life

BOT = "harbor-bot"
POINTS = ["body-received", "event-read", "in-mid-batch", "in-plugin", "before-commit", "after-commit", "before-send",
          "sent-unconfirmed", "confirmation-unread", "dialogue-step", "keyring-slot"]
STOP_WITHIN_S = 5
ONE_LINE = 2  # deaths in one line

GROUPS = """
groups = (
  {{ name = "harbor";  title = "Harbor evening IOP";  zone = "{zone}";  country = "US";  language = "en";
    rooms = ( {{ network = "sea";  room = "#harbor"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }}, {{ network = "sea";  account = "noa";  name = "Noa"; }} );
    on_call = ( {{ who = "Mara"; }} );
    checkin = {{ prompt = false; }};
    meetings = ( {{ title = "Evening IOP";  days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                   at = "{meeting_at}";  minutes = 90;  remind_minutes = [10]; }} ); }}
);
safety = {{ page_again_minutes = 1; }};
plugins = ["checkin", "coping", "meetings", "crisis"];
"""
DAEMON = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = false;  nicks = ["{bot}"];
               username = "mooring";  realname = "Peer-support bot. Contact: mara";  identity = "nick";
               flood_lines = 8;  flood_seconds = 0; }} );
""" + GROUPS
LOOK = """
networks = ( {{ name = "sea";  kind = "console"; }} );
console = {{ start_at = "{now}";  zone = "Etc/UTC";  people = ["ana"]; }};
""" + GROUPS


class Line:
    def __init__(self, who, room, text, ask=None, there=None):
        self.who, self.room, self.text, self.ask, self.there = who, room, text, ask, there


def asked(who, room, text, question, there):
    return Line(who, room, text, (who, room, question), there)


LINES = [
    asked("ana", "", "consent checkins yes", "!consent", r"checkins \(yes\)"),
    asked("ana", "", 'checkin m6 c3 k8 tired "walk after lunch"', "!checkin history", "mood 6.*craving 3"),
    asked("ben", "", "checkin", "77", "ask-mood"),
    asked("ben", "", "7", "77", "ask-craving"),
    asked("ben", "", "2", "77", "ask-confidence"),
    asked("ben", "", "8", "77", "ask-halt"),
    asked("ben", "", "none", "back", "ask-halt"),
    asked("ben", "", "call a friend", "!checkin history", "mood 7.*craving 2"),
    Line("kim", "#harbor", "!meetings"),
    asked("mara", "#bridge", "!group set checkin.prompt_at 08:30", "!group show", "prompt_at = 08:30"),
    Line("kim", "#harbor", "!tip"),
    Line("kim", "#harbor", "I want to kill myself", ("mara", "#bridge", "!alerts"), "kim"),
    Line("mara", "#bridge", "!ack", ("mara", "#bridge", "!alerts"), "kim.*taken, not closed"),
    Line("mara", "#bridge", "!close 1 reached", ("mara", "#bridge", "!alerts"), "No alert"),
    Line("ana", "", "checkin history"),
    asked("ana", "", "forget me", "!checkin history", r"§checkin\.history-empty"),
    asked("ben", "", "forget me", "!checkin history", r"§checkin\.history-empty"),
]
PEOPLE = ["ana", "ben", "kim", "lou", "mara", "noa"]


class Client(Person):
    """A person whose client notes what the bot says, while they do other things."""

    def __init__(self, nick, port, channels, heard):
        super().__init__(nick, port, channels)
        self.heard, self.closing = heard, False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        try:
            while not self.closing:
                line = self._read(0.5)
                found = line and re.match(rf":{BOT}!\S+ (PRIVMSG|NOTICE|JOIN|QUIT) ?:?(\S*)(?: :?(.*))?$", line)
                if found:
                    self.heard(self.nick, found.group(1), found.group(2), found.group(3) or "")
        except (OSError, ConnectionError):
            pass

    def close(self):
        self.closing = True
        self.thread.join(3)
        super().close()


class World:
    """A server, people, a state folder, and the daemon's lives on it."""

    def __init__(self, mooring, folder, meeting_at=None):
        self.mooring, self.folder = mooring, folder
        self.slot, self.messages, self.lock = 0, [], threading.Lock()
        self.died_in, self.lost, self.deaths, self.log = (collections.Counter() for _ in range(4))
        self.log, self.again, self.passed = [], 0, collections.Counter()
        self.again_within = 2  # lines after a death: a slow server may have it said again only then
        self.joined, self.gone, self.process, self.die_at = set(), threading.Event(), None, None
        os.makedirs(os.path.join(folder, "credentials"))
        os.makedirs(os.path.join(folder, "backup"))
        os.chmod(folder, 0o755)
        texts.write_marked(os.path.join(HOUSE, "config"), folder)
        self.key = os.urandom(32)
        with open(os.path.join(folder, "credentials", "master-key"), "w", encoding="utf-8") as file:
            file.write(self.key.hex() + "\n")
        self.server = Ngircd(folder)
        self.server.start()
        # In the early afternoon, whatever the hour is here: nothing that comes daily comes in between.
        hour = datetime.datetime.now(datetime.timezone.utc).hour
        self.zone = f"Etc/GMT{hour - 14:+d}" if hour != 14 else "Etc/GMT"
        meeting = meeting_at or datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=5)
        local = meeting - datetime.timedelta(hours=hour - 14)
        values = {"folder": folder, "port": self.server.port, "bot": BOT, "zone": self.zone,
                  "meeting_at": local.strftime("%H:%M")}
        self.config = os.path.join(folder, "mooring.cfg")
        self.look_config, self.values = os.path.join(folder, "look.cfg"), values
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(DAEMON.format(**values))
        self.people = {nick: Client(nick, self.server.port, ["#harbor", "#bridge"] if nick in ("mara", "noa") else ["#harbor"],
                                    self.note) for nick in PEOPLE}

    def note(self, nick, what, place, text):
        """Rooms are heard by mara alone, and each person hears what is said to them."""
        with self.lock:
            if nick == "mara" and what == "QUIT":
                self.joined.clear()
                self.gone.set()
            elif nick == "mara" and what == "JOIN":
                self.joined.add(place.lower())
            elif what in ("PRIVMSG", "NOTICE") and (place.lower() == nick or nick == "mara" and place.startswith("#")):
                self.messages.append(Heard(self.slot, time.time(), place.lower(), text))

    # ---- lives ---------------------------------------------------------------------------------------------------------

    def start(self, die_at=None):
        self.die_at = die_at
        self.gone.clear()
        command = [self.mooring, "run", "--config", self.config] + (["--die-at", die_at] if die_at else [])
        self.errors = open(os.path.join(self.folder, "daemon.log"), "ab+")
        self.errors_from = self.errors.seek(0, os.SEEK_END)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)

    def is_alive(self):
        return self.process.poll() is None

    def said_since_start(self):
        self.errors.seek(self.errors_from)
        return self.errors.read().decode("utf-8", "replace")

    def wait(self, until, seconds):
        """Until it holds, or the bot is dead, or the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.is_alive():
            if until():
                return True
            time.sleep(0.02)
        return until() and self.is_alive()

    def wait_joined(self):
        return self.wait(lambda: {"#harbor", "#bridge"} <= self.joined, 30)

    def quiet(self, seconds=0.5, at_most=8):
        """Until nothing new was said for so long; False when the bot is dead."""
        end, seen, since = time.monotonic() + at_most, -1, time.monotonic()
        while time.monotonic() < end and self.is_alive():
            if len(self.messages) != seen:
                seen, since = len(self.messages), time.monotonic()
            if time.monotonic() - since > seconds:
                return True
            time.sleep(0.02)
        return self.is_alive()

    def rows(self):
        rows = []
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            for name in os.listdir(os.path.join(self.folder, "state")):
                if name.startswith("mooring.db"):
                    shutil.copy(os.path.join(self.folder, "state", name), copy)
            database = sqlite3.connect(os.path.join(copy, "mooring.db"))
            try:
                rows = database.execute("SELECT priority, state FROM outbox").fetchall()
            except sqlite3.OperationalError:
                pass  # it died before there were tables
            database.close()
        return rows

    def bury(self):
        """The dead process: where it died, and what it had in flight."""
        code = self.process.wait(20)
        where = re.findall(r"^mooring dies at ([a-z-]+)$", self.said_since_start(), re.M)
        self.errors.close()
        if code != -9 or not where:
            raise AssertionError(f"the bot ended with {code}, not by its own death at {self.die_at}\n" + self.tail())
        self.deaths[where[-1]] += 1
        self.died_in[self.slot] += 1
        self.lost[self.slot] += sum(state == 1 and priority != 0 for priority, state in self.rows())
        self.log.append(f"died at {where[-1]} in line {self.slot}")
        self.gone.wait(10)  # until the server noticed: the nick is free again

    def live(self, choose):
        """Lives until one stands in its rooms and has said what was left."""
        while True:
            self.start(choose(self))
            if self.wait_joined() and self.quiet(1.3):  # what waits for a room is tried each second
                return
            if self.is_alive():
                raise AssertionError("the bot did not join its rooms in 30 s\n" + self.tail())
            self.bury()

    def stop(self):
        """SIGTERM: exit code 0 within five seconds."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("the bot did not stop in 15 s after SIGTERM\n" + self.tail()) from None
        took = time.monotonic() - started
        output = self.said_since_start()
        for point, count in re.findall(r"^([a-z-]+) (\d+)$", output, re.M):
            self.passed[point] += int(count)
        if code == -9 and "mooring dies at" in output:
            return None  # its point lay in the stopping
        if code != 0 or took > STOP_WITHIN_S + 0.5:  # the process itself needs a moment, with sanitizers
            raise AssertionError(f"SIGTERM: exit code {code} after {took:.1f} s\n{output[-3000:]}")
        self.errors.close()
        self.gone.wait(10)
        return took

    def done(self):
        if self.process and self.is_alive():
            self.process.kill()
            self.process.wait()
        for person in self.people.values():
            person.close()
        self.server.stop()

    # ---- lines ---------------------------------------------------------------------------------------------------------

    def say(self, line, number):
        """Among others who talk meanwhile, so that several events come at once."""
        self.people["lou"].say("#harbor", f"it rained all day, {number}")
        self.people[line.who].say(line.room or BOT, line.text)
        self.people["lou"].say("#harbor", "and tomorrow it will be fine")

    def seen(self):
        with self.lock:
            return collections.Counter((m.place, m.kind) for m in self.messages if m.slot == self.slot and m.kind)

    def settle(self, expected):
        """True when the bot lived through the line and its answers."""
        if expected:
            self.wait(lambda: not expected - self.seen(), 6)
            return self.quiet(0.2)
        return self.quiet(1.5)

    def effect_is_there(self, line, expected):
        return bool({kind for _, kind in self.seen()} & {kind for _, kind in expected}) or bool(line.ask and self.look(line))

    def look(self, line):
        return any(re.search(line.there, text, re.S) for text in self.asked(*line.ask))

    def asked(self, who, room, question):
        """What the bot answers on a copy of the state, a minute from now."""
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            state, heard = os.path.join(copy, "state"), []
            os.makedirs(state)
            for name in os.listdir(os.path.join(self.folder, "state")):
                if name.startswith("mooring.db") or name == "keyring":
                    shutil.copy(os.path.join(self.folder, "state", name), state)
            with open(os.path.join(state, "console-key"), "wb") as file:
                file.write(self.key)
            now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
            with open(self.look_config, "w", encoding="utf-8") as file:
                file.write(LOOK.format(**self.values, now=now.strftime("%Y-%m-%d %H:%M")))
            life = Life(self.mooring, self.look_config, state, lambda *m: heard.append(m[2]))
            life.play("/network sea", f"/as {who}", f"/room {room}" if room else "/dm")
            heard.clear()
            life.play(question, "/wait 1s")
            code, errors = life.end()
            if code != 0:
                raise AssertionError(f"looking into the state ended with {code}: {errors}")
        return heard

    def end(self):
        """What everybody can ask at the end."""
        sections = {}
        for who in ("ana", "ben", "kim"):
            for question in ("!checkin history", "!consent", "!export"):
                sections[f"{who}: {question}"] = self.ask(who, "", question)
        for question in ("!alerts", "!audit 50", "!group show"):
            sections[f"#bridge: {question}"] = self.ask("mara", "#bridge", question)
        return sections

    def ask(self, who, room, question):
        return sorted(line for text in self.asked(who, room, question) for line in normal(text))

    def tail(self):
        with open(os.path.join(self.folder, "daemon.log"), encoding="utf-8", errors="replace") as file:
            log = file.read()[-2500:]
        return "\n".join(self.log[-8:] + [f"  {m.slot} {m.place}: {m.text[:120]}" for m in self.messages[-15:]] + [log])


# ---- the day ---------------------------------------------------------------------------------------------------------------


def play_round(world, choose, reference=None, terminate=None):
    """All lines; `terminate(world)` says after how many seconds a SIGTERM comes, or None."""
    world.live(choose)
    for number, line in enumerate(LINES):
        world.slot = number
        expected = collections.Counter(reference.expected[number]) if reference else collections.Counter()
        for _ in range(ONE_LINE + 3):
            world.say(line, number)
            moment = terminate(world) if terminate else None
            if moment is not None:
                time.sleep(moment)
                world.stop()
                world.died_in[number] += 1
                world.log.append(f"SIGTERM {moment:.3f} s into line {number}")
                world.live(choose)
                lived = False
            else:
                lived = world.settle(expected)
                if not lived:
                    world.bury()
                    world.live(choose)
            if lived or world.effect_is_there(line, expected):
                break
            world.again += 1
        else:
            raise AssertionError(f"line {number} was said again and again without effect: {line.text}\n" + world.tail())
    if not world.settle(collections.Counter()) or world.stop() is None:
        world.bury()
        world.live(lambda _: None)
        world.stop()
    return world


def compare(reference, played):
    problems = []
    for number in range(len(LINES)):
        problems += compare_slot(number, reference.messages, played.messages, played)
    for title, lines in reference.at_end.items():
        want, have = collections.Counter(lines), collections.Counter(played.at_end[title])
        problems += [f"at the end, {title}: missing: {line[:140]}" for line in (want - have).elements()]
        problems += [f"at the end, {title}: too much: {line[:140]}" for line in (have - want).elements()]
    return problems


class Kills:
    """The next point, and the how many-th time."""

    LIVES = 30

    def __init__(self, seed, passed):
        self.random, self.passed = random.Random(seed), passed

    def __call__(self, world):
        common = [p for p in POINTS if p not in ("keyring-slot", "dialogue-step")]
        point = self.random.choice(common)
        span = max(1, 2 * self.passed[point] // self.LIVES)
        if world.died_in[world.slot] >= ONE_LINE:  # this line is let through
            return f"{point}:{9 + 3 * span + self.random.randint(1, span)}"
        armed = [f"{point}:{self.random.randint(1, span)}"]
        armed += [f"{rare}:1" for rare, share in (("keyring-slot", 0.3), ("dialogue-step", 0.3)) if self.random.random() < share]
        return ",".join(armed)


class Stops:
    """SIGTERM during every second line, at a random moment: before the line is read, while it is answered, after it."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def __call__(self, world):
        if world.died_in[world.slot] >= ONE_LINE or self.random.random() < 0.4:
            return None
        return self.random.random() ** 2 * 0.4


def one_round(mooring, folder, seed, reference, how):
    started = time.monotonic()
    world = World(mooring, folder)
    try:
        if how == "kill":
            play_round(world, Kills(seed, reference.passed), reference)
        else:
            play_round(world, lambda _: None, reference, Stops(seed))
        world.at_end = world.end()
        problems = compare(reference, world)
    except AssertionError as wrong:
        problems = [str(wrong)]
    finally:
        world.done()
    return world, problems, time.monotonic() - started


def play_reference(mooring, folder):
    world = World(mooring, folder)
    try:
        play_round(world, lambda _: "migration-half:1000000")
        world.expected = collections.defaultdict(collections.Counter)
        for m in world.messages:
            if m.kind:
                world.expected[m.slot][m.place, m.kind] += 1
        world.at_end = world.end()
    finally:
        world.done()
    return world


def many(mooring, folder, how, wanted, seed, jobs, reference):
    """Rounds of one kind until so many deaths, or stops, are had."""
    deaths, stops, rounds, wrong, again = collections.Counter(), 0, 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        while (sum(deaths.values()) if how == "kill" else stops) < wanted:
            seeds = [seed + rounds + i for i in range(jobs)]
            plays = [pool.submit(one_round, mooring, os.path.join(folder, f"{how}-{s}"), s, reference, how) for s in seeds]
            for play, play_seed in zip(plays, seeds):
                world, problems, took = play.result()
                rounds += 1
                deaths += world.deaths
                stops += sum(entry.startswith("SIGTERM") for entry in world.log)
                again += world.again
                if problems:
                    wrong += 1
                    print(f"death_live: {how} with seed {play_seed} ({took:.0f} s):\n  " + "\n  ".join(problems[:20]) +
                          "\n  (" + "; ".join(world.log) + ")", flush=True)
                else:
                    shutil.rmtree(world.folder, ignore_errors=True)
            if wrong > 3:
                break
    if how == "kill":
        figures = f"{sum(deaths.values())} deaths in {rounds} rounds: " + ", ".join(f"{p} {deaths[p]}" for p in POINTS)
    else:
        figures = f"{stops} stops by SIGTERM in {rounds} rounds"
    return wrong, f"{figures}; {again} lines said again, {wrong} rounds wrong"


# ---- a machine that sleeps ---------------------------------------------------------------------------------------------------


def sleep_story(mooring, folder):
    """Stopped for two and a half minutes, over a reminder and two pages, while the server gives the connection up."""
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=100)
    remind_at = soon.replace(second=0, microsecond=0)
    world = World(mooring, folder, remind_at + datetime.timedelta(minutes=10))
    try:
        world.live(lambda _: None)
        world.people["ben"].say(BOT, "breathe")
        world.people["kim"].say("#harbor", "I want to kill myself")
        raised = time.time()
        if not world.wait(lambda: any(m.kind == "alerts.page" for m in world.messages), 10):
            raise AssertionError("nobody was paged\n" + world.tail())
        time.sleep(max(0, min(20, remind_at.timestamp() - 5 - time.time())))
        world.slot = 1
        world.process.send_signal(signal.SIGSTOP)
        while time.time() < max(raised + 150, remind_at.timestamp() + 20):
            time.sleep(0.5)
        world.slot, woke = 2, time.time()
        world.process.send_signal(signal.SIGCONT)
        gone = world.gone.is_set()
        world.wait(lambda: any(m.kind == "alerts.page" and m.slot == 2 and m.place == "#bridge" for m in world.messages), 25)
        world.quiet(4)
        back = [m for m in world.messages if m.slot == 2]
        world.slot = 3
        world.wait(lambda: any(m.kind == "alerts.page" and m.slot == 3 and m.place == "#bridge" for m in world.messages),
                   max(1.0, max(raised + 180, woke + 60) + 15 - time.time()))
        world.quiet(2)
        later = [m for m in world.messages if m.slot == 3]
        world.stop()
    finally:
        world.done()
    pages = [m for m in back if m.kind == "alerts.page" and m.place == "#bridge"]
    called = {m.place for m in back + later if m.kind == "alerts.page"}
    breaths = [m for m in back if m.kind.startswith("coping.breathe")]
    reminders = [m for m in back + later if m.kind.startswith("meetings.remind") or m.kind.startswith("meetings.late")]
    next_page = [m for m in later if m.kind == "alerts.page" and m.place == "#bridge"]
    wrong = []
    if not gone:
        wrong.append("the server did not give the connection up meanwhile: the story proves less than it says")
    if len(pages) != 1 or pages[0].seconds - woke > 25:
        wrong.append(f"{len(pages)} pages on waking up, wanted one at once")
    if not {"mara", "noa"} <= called:
        wrong.append(f"called: {sorted(called)}, wanted mara and noa as well")
    if len(breaths) > 2:
        wrong.append(f"{len(breaths)} lines of breathing in a burst")
    if len(reminders) != 1:
        wrong.append(f"{len(reminders)} reminders of the meeting, wanted one, late")
    # Everybody, three minutes after the call; but a minute after the page before it.
    if len(next_page) != 1 or abs(next_page[0].seconds - max(raised + 180, woke + 60)) > 12:
        wrong.append(f"{len(next_page)} pages to everybody, " +
                     (f"{next_page[0].seconds - raised:.0f} s after the call" if next_page else "none"))
    for problem in wrong:
        print(f"death_live: sleep: {problem}")
    if wrong:
        print("  " + "\n  ".join(f"{m.slot} {m.seconds - raised:6.1f} {m.place}: {m.text[:110]}" for m in world.messages), flush=True)
    first = f"{pages[0].seconds - woke:.1f} s" if pages else "never"
    return len(wrong), f"slept {woke - raised:.0f} s over two pages and a reminder: paged {first} after waking up"


# ---- half a backup ---------------------------------------------------------------------------------------------------------


def backup_story(mooring, folder, wanted, seed):
    """The daemon dies while its copy is written or read back, again and again: the state is as it was, the next life makes a
    backup that is whole, and nothing half has its name."""
    rng, deaths, lives, wrong = random.Random(seed), 0, 0, []
    world = World(mooring, folder)
    backups = os.path.join(folder, "backups")
    os.makedirs(backups)
    command = [mooring, "backup", "--config", world.config, backups]
    try:
        world.live(lambda _: None)
        world.people["ana"].say(BOT, 'checkin m6 c3 k8 tired "walk after lunch"')
        world.quiet(1.0)
        world.stop()
        while deaths < wanted and not wrong:
            world.start(f"backup-half:{rng.randint(1, 2)}")
            world.wait(lambda: "event=started" in world.said_since_start(), 20)
            before = sorted(os.listdir(backups))
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            lives += 1
            if lives > 3 * wanted:
                raise AssertionError(f"{deaths} deaths in {lives} lives: {done.stdout}{done.stderr}")
            if done.returncode != 0:  # its client hears of a death before the system has taken the process away
                world.wait(lambda: not world.is_alive(), 10)
            if world.is_alive():
                world.stop()
                continue
            world.bury()
            deaths += 1
            if done.returncode == 0:
                wrong.append(f"mooring backup said that it was well while the bot died: {done.stdout}")
            if sorted(f for f in os.listdir(backups) if f.endswith(".backup")) != [f for f in before if f.endswith(".backup")]:
                wrong.append(f"half a backup has a backup's name: {os.listdir(backups)}")
            if deaths % 10 == 0:
                world.live(lambda _: None)
                done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
                if done.returncode != 0:
                    wrong.append(f"after {deaths} deaths no backup can be made: {done.stderr}")
                world.stop()
                if not any("mood 6" in text for text in world.asked("ana", "", "!checkin history")):
                    wrong.append(f"after {deaths} deaths the check-in is not there")
    except AssertionError as problem:
        wrong.append(str(problem))
    finally:
        world.done()
    for problem in wrong:
        print(f"death_live: backup: {problem}", flush=True)
    return len(wrong), f"backup-half {deaths} deaths"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mooring")
    parser.add_argument("what", choices=["kill", "term", "sleep", "backup", "all"])
    parser.add_argument("--deaths", type=int, default=120)
    parser.add_argument("--stops", type=int, default=50)
    parser.add_argument("--backups", type=int, default=50)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    mooring = os.path.abspath(arguments.mooring)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"death_live: seed {seed}", flush=True)
    wrong, figures = 0, []
    with tempfile.TemporaryDirectory(prefix="mooring-death-live-") as folder:
        os.chmod(folder, 0o755)
        reference = None
        if arguments.what not in ("sleep", "backup"):
            reference = play_reference(mooring, os.path.join(folder, "reference"))
        for how, wanted in (("kill", arguments.deaths), ("term", arguments.stops)):
            if arguments.what in (how, "all"):
                bad, line = many(mooring, folder, how, wanted, seed, arguments.jobs, reference)
                wrong += bad
                figures.append(line)
        if arguments.what in ("sleep", "all"):
            bad, line = sleep_story(mooring, os.path.join(folder, "sleep"))
            wrong += bad
            figures.append(line)
        if arguments.what in ("backup", "all"):
            bad, line = backup_story(mooring, os.path.join(folder, "backup"), arguments.backups, seed)
            wrong += bad
            figures.append(line)
    print("death_live: on ngircd: " + "; ".join(figures), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
