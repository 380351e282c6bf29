# SPDX-License-Identifier: MIT
"""A day of people with unmistakable names on a real ngIRCd, then a search for every name, word and secret of it in everything
that the daemon wrote: each byte of each write(2) that was not a TCP socket's, the files, the log, the metrics, /proc.  Then
`!export` against every row, and `!forget` against copies of the files from before.

On that day the disk's keys are away for a while, two plugins take the process away, one with a message in hand and one with a
timer, until both are buried, and one event fails in the core, twice.

forensic.py MOORING TEST_PLUGINS: the daemon's binary, the folder of poison.so and venom.so.  Needs strace."""
import base64
import datetime
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import sealed  # noqa: E402
from loopback import free_port, skip  # noqa: E402
from ngircd import Ngircd  # noqa: E402
from person import Person  # noqa: E402

BOT, BAY_BOT = "harbor-bot", "bay-bot"
GONE, STAYS, TEAM, GUEST = "Zephyrine7", "Quillonbrook", "Thistlemara", "Fennimorgan"
NOBODY = "Umbrawick"  # whom the network does not vouch for: no identity, no number
ROOMS = 3
PASSWORD, LOGIN = "Hippogriff.Passwort", "Basilisk+Losung"

# What each of them says, by who says it; the rare words are looked for one by one as well.  Those of "poison" and "timer" stand
# within the first 23 bytes: so much of them could stand in the marker, behind what a plugin's call is named there.
SAID = {
    GONE: {
        "intention": "sauerkirschen am kanal \U0001f30a f\u00fcr \u00d6ztopal",
        "dialogue": "velvetquince before noon",
        "help": "I want to die, the quagmirelantern is out",
        "plan-alone": "when I count pebblemarch steps",
        "plan-people": "ring cousin Wilhelmotte",
        "plan-ask": "uncle Barnabastian 0170 5550199",
        "plan-safer": "give the tabletdrawer key away",
        "talk": "only chatting about gooseberryflan here",
    },
    STAYS: {"intention": "juniperwhistle walk \u2615", "floor": "I want to die where the dandelionclock stops",
            "timer": "remind me quillwort at dusk"},
    TEAM: {"meeting": "Quillonbrook wickerbasket evening"},
    GUEST: {"damaged": "crumblecake beneath the pergolaroof", "unknown": "wibblefrock marzipanfee", "long": "lollygag " + "brambleknot " * 36,
            "poison": "drink this periwinkle broth with me", "twice": "I want to die under the snapdragonporch"},
    NOBODY: {"help": "I want to die beside the larkspurfountain", "talk": "has anybody seen my thimblekettle"},
}
RARE = re.compile(r"[A-Za-z\u00c0-\u024f]{9,}")

CONFIG = """
log = {{ level = "debug"; }};
metrics = {{ listen = "127.0.0.1:{metrics}"; }};
state_folder = "{state}";
credentials_folder = "{folder}/credentials";
networks = (
  {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = true;  ca_file = "{ca_file}";
    nicks = ["{bot}", "{bot}_"];  username = "mooring";  identity = "nick";  flood_lines = 50;  flood_seconds = 0;
    password_credential = "sea-server";
    sasl = {{ account = "harbor-bot";  password_credential = "sea-login"; }}; }},
  {{ name = "bay";  kind = "irc";  host = "localhost";  port = {port};  tls = true;  ca_file = "{ca_file}";
    nicks = ["{bay_bot}", "{bay_bot}_"];  username = "mooring";  identity = "account";  flood_lines = 50;  flood_seconds = 0;
    password_credential = "sea-server"; }}
);
groups = (
  {{ name = "harbor";  title = "Harbor evening IOP";  zone = "Europe/Berlin";  country = "US";  language = "en";
    rooms = ( {{ network = "sea";  room = "#Harbor"; }}, {{ network = "bay";  room = "#Bayside"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "{team}";  name = "{team}"; }} ); }}
);
plugin_folder = "{folder}/plugins";
plugins = ["poison", "venom", "checkin", "coping", "meetings", "crisis"];
poison = {{ how = "crash";  where = "event"; }};
venom = {{ how = "crash";  where = "reminder"; }};
"""

CALLS = ("open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,rename,renameat,renameat2,link,linkat,symlink,"
         "symlinkat,memfd_create,sendfile,copy_file_range,splice,vmsplice,process_vm_writev,io_uring_setup")


# ---- needles -------------------------------------------------------------------------------------------------------

def needles_of(people, secrets=()):
    """Names and secrets, whole sentences, and each rare word of them."""
    found = set(people) | set(secrets)
    for who in people:
        for text in SAID.get(who, {}).values():
            found.add(text.strip())
            found |= set(RARE.findall(text))
    return sorted(found, key=str)


def disguises(needle):
    """The needle as bytes, in each form in which a program may write it; lower case, for a haystack in lower case."""
    raw = needle if isinstance(needle, bytes) else needle.encode()
    forms = {raw.lower(), raw.hex().encode()}
    if isinstance(needle, str):
        for text in {needle, needle.lower(), needle.upper(), needle.casefold()}:
            forms |= {text.encode().lower(), text.encode("utf-16-le").lower(), text.encode("utf-16-be").lower(),
                      text.encode().hex().encode(), text.encode("unicode_escape").lower(),
                      text.encode("ascii", "backslashreplace").lower()}
            if len(text.encode()) >= 9:
                for shift in range(3):  # where it stands within the three bytes of a group
                    whole = base64.b64encode(b"\0" * shift + text.encode())
                    forms.add(whole[(4 if shift else 0):-4].lower())
    elif len(raw) >= 9:
        for shift in range(3):
            forms.add(base64.b64encode(b"\0" * shift + raw)[(4 if shift else 0):-4].lower())
    return {form for form in forms if len(form) >= 5}


def search(haystacks, needles, where):
    """Every finding as "where: needle"; haystacks: name -> bytes."""
    wanted = [(needle, form) for needle in needles for form in disguises(needle)]
    found = set()
    for name, data in haystacks.items():
        low = data.lower()
        for needle, form in wanted:
            if form in low:
                at = low.index(form)
                found.add(f"{where} {name}: {needle!r} near {bytes(data[max(at - 60, 0):at + 60])!r}")
    return sorted(found, key=str)


def the_search_finds_what_is_planted(needles, sample):
    """A search that finds nothing anywhere proves nothing."""
    for needle in needles:
        raw = needle if isinstance(needle, bytes) else needle.encode()
        planted = [raw, raw.upper() if isinstance(needle, bytes) is False and needle.isascii() else raw, raw.hex().encode()]
        if isinstance(needle, str):
            planted += [needle.encode("utf-16-le"), needle.encode("utf-16-be")]
        if len(raw) >= 9:
            planted += [base64.b64encode(b"x" * shift + raw) for shift in range(3)]
        for form in planted:
            middle = len(sample) // 2
            assert search({"planted": sample[:middle] + form + sample[middle:]}, [needle], "a copy"), \
                f"the search misses {needle!r} as {form!r}"


# ---- the daemon under strace ---------------------------------------------------------------------------------------

class Traced:
    """`mooring run` under strace: all that it and its threads write, and where."""

    def __init__(self, binary, config, folder, number):
        self.trace = os.path.join(folder, f"trace-{number}")
        self.log_path = os.path.join(folder, f"log-{number}")
        self.notify_path = os.path.join(folder, f"notify-{number}")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.notify_path)
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", NOTIFY_SOCKET=self.notify_path)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["strace", "-f", "-qq", "-yy", "-xx", "-s", "4000000", "-e", f"trace={CALLS}", "-e", "signal=none",
                 "-o", self.trace, binary, "run", "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment)

    def log(self):
        with open(self.log_path, "rb") as file:
            return file.read()

    def pid(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def wait_for(self, pattern, times=1, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(re.findall(pattern, self.log())) >= times:
                return
            if self.process.poll() is not None:
                raise AssertionError(f"the bot ended with {self.process.returncode}")
            time.sleep(0.05)
        raise AssertionError(f"the bot did not log {pattern!r} {times} times in {seconds} s")

    def proc(self):
        """What others on this machine may see of the process."""
        return {f"/proc/{name}": read(f"/proc/{self.pid()}/{name}") for name in ("environ", "cmdline", "comm", "status")}

    def ends(self, seconds=60):
        """It ends by itself, and not in good order."""
        code = self.process.wait(seconds)
        assert code != 0, "the bot ended in good order: nothing took it away"
        self.notify.close()

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)
        self.process.wait(30)
        self.notify.close()

    def stop(self):
        if self.process.poll() is None:
            try:
                os.kill(self.pid(), signal.SIGTERM)
                self.process.wait(30)
            except (subprocess.TimeoutExpired, ProcessLookupError, IndexError):
                self.process.kill()
                self.process.wait()
        self.notify.close()
        return self.process.returncode


STRING = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
LINE = re.compile(rb"^\d+ +(\w+)\((.*)$")


def unhex(text):
    return bytes.fromhex(text.replace(b"\\x", b"").decode())


def unhex_all(text):
    return re.sub(rb"(?:\\x[0-9a-f]{2})+", lambda match: unhex(match.group()), text)


def read_trace(path):
    """(what was written, by where it went; the files opened for writing).  TCP is what people read on the network, and encrypted;
    everything else counts."""
    written, opened = {}, set()
    with open(path, "rb") as file:
        for line in file:
            match = LINE.match(line)
            if not match:
                continue
            call, rest = match.group(1), match.group(2)
            assert call != b"io_uring_setup", "writes through io_uring would not be seen here"
            if call in (b"open", b"openat", b"creat"):
                if b"O_WRONLY" in rest or b"O_RDWR" in rest or b"O_CREAT" in rest or call == b"creat":
                    opened |= {unhex(name).decode(errors="replace") for name in STRING.findall(rest)[:1]}
                continue
            first = re.match(rb"\d+<(.*?)>(?:, |\))", rest)
            where = unhex_all(first.group(1)).decode(errors="replace") if first else call.decode()
            if where.startswith("TCP"):
                continue
            assert b'"...' not in rest, f"strace cut a write to {where} short"
            written.setdefault(where, bytearray()).extend(b"".join(unhex(text) for text in STRING.findall(rest)) + b"\n")
    return {name: bytes(data) for name, data in written.items()}, opened


# ---- the day -------------------------------------------------------------------------------------------------------

BEGAN = time.monotonic()


def step(text):
    print(f"  {time.monotonic() - BEGAN:5.1f} s  {text}", flush=True)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def ask(person, text, pattern, seconds=20):
    person.say(BOT, text)
    return person.expect_from(BOT, person.nick, pattern, seconds)


class Day:
    def __init__(self, binary, test_plugins, folder):
        self.binary, self.folder, self.state = binary, folder, os.path.join(folder, "state")
        self.runs = []
        for name in ("state", "credentials", "daemon", "plugins"):
            os.makedirs(os.path.join(folder, name), mode=0o700)
        own = os.path.join(os.path.dirname(os.path.realpath(binary)), "plugins")
        for name in ("poison", "venom", "checkin", "coping", "meetings", "crisis"):
            source = test_plugins if name in ("poison", "venom") else own
            os.symlink(os.path.realpath(os.path.join(source, name + ".so")), os.path.join(folder, "plugins", name + ".so"))
        self.server = Ngircd(folder, PASSWORD)
        key = os.path.join(folder, "credentials", "master-key")
        subprocess.run([binary, "key", "new", key], check=True, stdout=subprocess.DEVNULL)
        self.master = bytes.fromhex(read(key).decode().strip())
        for name, secret in (("sea-server", PASSWORD), ("sea-login", LOGIN)):
            with open(os.path.join(folder, "credentials", name), "w", encoding="utf-8") as file:
                file.write(secret + "\n")
        self.metrics = free_port()
        self.config = self.write_config(self.state)
        self.pages, self.backups = {}, []

    def write_config(self, state):
        source = os.path.join(os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", "..")), "config")
        for name in os.listdir(source):
            if os.path.isdir(os.path.join(source, name)) and not os.path.exists(os.path.join(self.folder, name)):
                os.symlink(os.path.realpath(os.path.join(source, name)), os.path.join(self.folder, name))
        path = os.path.join(self.folder, f"{os.path.basename(state)}.cfg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=self.folder, state=state, port=self.server.tls_port, ca_file=self.server.certificate,
                                     bot=BOT, bay_bot=BAY_BOT, team=TEAM.lower(), metrics=self.metrics))
        return path

    def start(self, config=None):
        self.runs.append(Traced(self.binary, config or self.config, self.folder, len(self.runs)))
        self.runs[-1].wait_for(rb"event=irc_joined", ROOMS)
        return self.runs[-1]

    def person(self, nick, *rooms):
        return Person(nick, self.server.port, rooms, PASSWORD)

    def look(self):
        """What the machine and the administrator can see while it runs."""
        run = self.runs[-1]
        for name, data in run.proc().items():
            self.pages[f"{name} of run {len(self.runs)}"] = data
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10) as answer:
            self.pages[f"/metrics of run {len(self.runs)}"] = answer.read()
        for words in (["status"], ["status", "--json"], ["doctor"]):
            self.program(*words)

    def program(self, *words):
        """What a sub-command prints, whatever it thinks of the state; kept for the search."""
        done = subprocess.run([self.binary, *words, "--config", self.config], capture_output=True, timeout=60)
        assert done.stdout, f"mooring {' '.join(words)} says nothing: {done.stderr}"
        self.pages[f"mooring {' '.join(words)} {len(self.pages)}, run {len(self.runs)}"] = done.stdout + done.stderr
        return done.stdout.decode()

    # -- what people do

    def morning(self, gone, stays):
        step("check-ins: one line, and by the questions")
        ask(gone, "consent checkins yes", "check-ins|checkins")
        ask(gone, f'checkin m3 c8 k2 lonely "{SAID[GONE]["intention"]}"', "mood 3")
        ask(stays, f'checkin m7 c1 k8 "{SAID[STAYS]["intention"]}"', "mood 7")
        ask(gone, "timezone Europe/Lisbon", "Lisbon")
        ask(gone, "quiet 23:15-06:45", "23:15")
        gone.say("#harbor", SAID[GONE]["talk"])
        gone.say("#harbor", "!tip")
        gone.expect(rf"^:{BOT}!\S+ NOTICE #[Hh]arbor :?.{{10,}}")
        ask(gone, "checkin", "mood")
        for answer, question in (("4", "craving"), ("skip", "sure|confiden"), ("skip", "hungry|any of these"),
                                 ("skip", "today|intention|line")):
            ask(gone, answer, question)

    def floor(self, stays, team):
        """A life whose state cannot be read at first."""
        step("started without its keyring: a call for help on the floor, saved when the keyring is back")
        keyring, aside = os.path.join(self.state, "keyring"), os.path.join(self.folder, "keyring-aside")
        os.rename(keyring, aside)
        run = self.start()
        run.wait_for(rb"event=floor_only")
        stays.say("#harbor", SAID[STAYS]["floor"])
        stays.expect_from(BOT, stays.nick, "988")
        team.expect_from(BOT, "#bridge", rf"ALERT without a number.*{STAYS}", 20)
        ask(stays, "timezone Europe/Berlin", "save")
        self.look()
        os.rename(aside, keyring)
        run.wait_for(rb"event=floor_over")
        team.expect_from(BOT, "#bridge", rf"ALERT \d+, tier [34].*{STAYS}", 20)
        self.taken(team)

    def taken(self, team):
        team.say("#bridge", "!ack")
        team.expect_from(BOT, "#bridge", "has it")

    def dies(self, plugin, call):
        """The process is taken away; what stands in its marker then, and what the program says of such a state."""
        self.runs[-1].ends()
        marker = read(os.path.join(self.state, "marker"))
        assert plugin in marker and call in marker, f"the marker does not say who took the process away: {marker[:512]}"
        self.pages[f"the marker after run {len(self.runs)}"] = marker
        self.program("doctor", "--offline")
        self.start()
        self.runs[-1].wait_for(rb"event=process_crashed|event=last_life_died plugin=" + plugin)

    def poisoned(self, stays, team, guest):
        step("a message that takes the process away, twice, and is buried")
        for _ in range(2):
            guest.say(BOT, SAID[GUEST]["poison"])
            self.dies(b"poison", b"message")
        guest.say(BOT, SAID[GUEST]["poison"])
        self.runs[-1].wait_for(rb"event=event_buried \S*.*plugin=poison member=[1-9]")
        team.expect_from(BOT, "#bridge", "poison", 20)
        step("a timer of somebody's that does the same")
        stays.say(BOT, SAID[STAYS]["timer"])
        self.dies(b"venom", b"timer")
        self.look()
        step("(it waits a while, so that calls for help come first)")
        self.dies(b"venom", b"timer")
        self.runs[-1].wait_for(rb"event=event_buried .*plugin=venom")
        team.expect_from(BOT, "#bridge", "venom", 20)
        assert re.search(r"events buried 2", self.program("status")), "the status does not count what was buried"
        self.look()

    def fails_twice(self, team, guest):
        step("a call for help whose turn fails twice: answered from the floor, buried with a number")
        keyring = sealed.Keyring(os.path.join(self.state, "keyring"), self.master)
        number = member_of(keyring, GUEST)
        # Triggers are off in the program; an index whose expression fails is not: that row alone cannot be written.
        self.sql(f"CREATE INDEX refused ON identity (CASE WHEN member = {number} AND seen_at >= {int(time.time() * 1000)} "
                 "THEN abs(-9223372036854775807 - 1) ELSE 0 END)")
        guest.write(f"NICK {GUEST.upper()}")  # a name that is new to its row
        guest.expect(rf"NICK :?{GUEST.upper()}")
        guest.say(BOT, SAID[GUEST]["twice"])
        guest.expect_from(BOT, GUEST, "988")
        self.runs[-1].wait_for(rb"event=event_buried network=sea plugin=core member=%d " % number)
        team.expect_from(BOT, "#bridge", rf"member {number};", 20)  # as it stands in the log
        self.taken(team)
        self.sql("DROP INDEX refused")
        guest.write(f"NICK {GUEST}")
        guest.expect(rf"NICK :?{GUEST}")
        self.look()

    def sql(self, text):
        db = sqlite3.connect(os.path.join(self.state, "mooring.db"), timeout=10)
        db.execute(text)
        db.commit()
        db.close()

    def rehearsed(self, team):
        step("a drill")
        team.say("#bridge", "!drill")
        team.expect_from(BOT, "#bridge", "DRILL, nobody is in danger")
        self.program("status", "--json")
        team.say("#bridge", "!ack drill")
        team.expect_from(BOT, "#bridge", r"DRILL over\. ")
        self.program("status")

    def unknown_to_the_network(self, team):
        step("somebody without an identity, on a network of accounts")
        nobody = self.person(NOBODY, "#bayside")
        nobody.say("#bayside", SAID[NOBODY]["talk"])
        nobody.say(BAY_BOT, "checkin m3 c3 k3")
        nobody.expect_from(BAY_BOT, NOBODY, ".")
        nobody.say("#bayside", SAID[NOBODY]["help"])
        nobody.expect_from(BAY_BOT, NOBODY, "988")
        team.expect_from(BOT, "#bridge", rf"ALERT \d+, tier [34].*{NOBODY}", 20)
        self.taken(team)
        self.look()
        nobody.close()

    def noon(self, gone, stays, team, guest):
        step("the answer to the question from before the kill; a plan; a call for help, its page, who takes it")
        ask(gone, SAID[GONE]["dialogue"], "mood 4")
        ask(gone, "sos-plan write", "by yourself")
        for name, question in (("plan-alone", "less alone"), ("plan-people", "day or night"), ("plan-ask", "safer"),
                               ("plan-safer", "Kept")):
            ask(gone, SAID[GONE][name], question)
        gone.say("#harbor", SAID[GONE]["help"])
        gone.expect_from(BOT, gone.nick, "988")
        team.expect_from(BOT, "#bridge", rf"ALERT \d+, tier [34].*{GONE}", 20)
        team.say("#bridge", "!alerts")
        team.expect_from(BOT, "#bridge", GONE)
        self.backups.append(copy_state(self, "copied-while-said"))
        team.say("#bridge", "!ack")
        team.expect_from(BOT, "#bridge", "has it")
        team.say("#bridge", "!audit 5")
        team.expect_from(BOT, "#bridge", "alert-acknowledge")
        step("settings, a meeting with a name in it, a command nobody knows, a line that is too long")
        ask(team, f'meeting add "{SAID[TEAM]["meeting"]}" mon,wed 18:00 90m', "Added|added")
        ask(team, "group set checkin.prompt_at 10:30", "10:30")
        guest.say("#harbor", "!" + SAID[GUEST]["unknown"])
        ask(guest, SAID[GUEST]["unknown"], ".")
        guest.say(BOT, SAID[GUEST]["long"])
        guest.expect_from(BOT, guest.nick, ".")
        ask(stays, "meetings", "wickerbasket")
        step("a row that somebody damaged: the plugin fails, and says so in the log")
        ask(guest, "consent checkins yes", "checkins")
        ask(guest, f'checkin m5 c5 k5 "{SAID[GUEST]["damaged"]}"', "mood 5")
        damage(self, guest.nick)
        ask(guest, "checkin history", "went wrong|No check-ins")
        self.runs[-1].wait_for(rb"event=(?:plugin_call_failed|command_failed)")


def reload_with_a_mistake(day):
    """A name in the configuration that fits nobody: the log says where, and not whom."""
    step("a reload with a mistake in somebody's name, and one without")
    right = read(day.config)
    wrong = right.replace(b"alert_room =", b'on_call = ( { who = "%s2"; } );  alert_room =' % TEAM.encode())
    for text, pattern in ((wrong, rb"event=config_mistake"), (right, rb"event=config_reloaded")):
        with open(day.config, "wb") as file:
            file.write(text)
        os.kill(day.runs[-1].pid(), signal.SIGHUP)
        day.runs[-1].wait_for(pattern)


def what_is_buried_is_there(folder):
    """Each that was given up has a row, by whom it was; nothing else is in the clear there."""
    db = sqlite3.connect(f"file:{folder}/mooring.db?mode=ro", uri=True)
    rows = db.execute("SELECT network, plugin, length(hash) FROM dead_event ORDER BY id").fetchall()
    db.close()
    assert rows == [("sea", "poison", rows[0][2]), ("", "venom", rows[0][2]), ("sea", "", rows[0][2])], rows


def start_people(day):
    return (day.person(GONE, "#harbor"), day.person(STAYS, "#harbor"), day.person(TEAM, "#bridge", "#harbor"),
            day.person(GUEST, "#harbor"))


def damage(day, nick):
    """One bit of each value that this person's plugins keep."""
    keyring = sealed.Keyring(os.path.join(day.state, "keyring"), day.master)
    db = sqlite3.connect(os.path.join(day.state, "mooring.db"), timeout=10)
    for owner, column, value in db.execute("SELECT owner_id, hash, value FROM value WHERE owner_kind = 1 AND owner_id = ?",
                                           (member_of(keyring, nick),)).fetchall():
        db.execute("UPDATE value SET value = ? WHERE owner_id = ? AND hash = ?", (value[:-1] + bytes([value[-1] ^ 1]), owner, column))
    db.commit()
    db.close()


def copy_state(day, name):
    """The plainest backup: the files as they lie there."""
    to = os.path.join(day.folder, name)
    shutil.copytree(day.state, to, ignore=shutil.ignore_patterns("*.sock", "control*"))
    return to


def copy_by_sqlite(day, name):
    """A backup by SQLite's own means, beside a keyring that nobody backed up with it."""
    to = os.path.join(day.folder, name)
    os.makedirs(to)
    source = sqlite3.connect(f"file:{day.state}/mooring.db?mode=ro", uri=True)
    target = sqlite3.connect(os.path.join(to, "mooring.db"))
    source.backup(target)
    source.close()
    target.close()
    shutil.copy(os.path.join(day.state, "keyring"), to)
    return to


MOMENTS = {}


MANIFEST = 4096  # bytes before the database in a file of `mooring backup`


def mooring(day, *words):
    done = subprocess.run([day.binary, *words, "--config", day.config], capture_output=True, timeout=60)
    day.pages[f"what mooring {words[0]} {len(day.pages)} said"] = done.stdout + done.stderr
    assert done.returncode == 0, f"mooring {' '.join(words)}: {done.stderr.decode(errors='replace')}"


def copy_by_mooring(day, name):
    """A backup by the program itself, the keyring's copy beside it; and its file, for the way back."""
    to = os.path.join(day.folder, name)
    os.makedirs(to)
    path = os.path.join(to, "night.backup")
    elsewhere = os.path.join(day.folder, "keyrings")
    os.makedirs(elsewhere)
    mooring(day, "backup", "--keyring", os.path.join(elsewhere, "keyring"), path)
    shutil.copy(os.path.join(elsewhere, "keyring"), to)
    data = read(path)
    assert data[MANIFEST:MANIFEST + 16] == b"SQLite format 3\0", "a backup is no database behind its manifest any more"
    with open(os.path.join(to, "mooring.db"), "wb") as file:
        file.write(data[MANIFEST:])
    return to, path


def plain_of(folder, keyring, scratch):
    """All that the keyring opens in any moment of these files, as one text."""
    out, seen = [], set()
    for db in sealed.every_moment(folder, scratch):
        MOMENTS[os.path.basename(folder)] = MOMENTS.get(os.path.basename(folder), 0) + 1
        for table, row, plain in sealed.opened(db, keyring):
            for column, value in plain.items():
                if value is not None and (table, column, value) not in seen:
                    seen.add((table, column, value))
                    out.append(value)
    return b"\n".join(out)


CLEAR_TEXT = re.compile(r"[a-z0-9_./-]*|(?:[a-z_]+=(?:-?\d+|[a-z-]+) ?)*|[a-z0-9_. -]*")


def what_is_clear_is_ours(folder):
    """Columns that are not sealed hold names of the program and of the configuration, and numbers."""
    db = sqlite3.connect(f"file:{folder}/mooring.db?mode=ro", uri=True)
    for table, row in sealed.rows(db):
        for column, value in row.items():
            if f"{table}.{column}" in sealed.CLEAR:
                assert CLEAR_TEXT.fullmatch(value), f"{table}.{column} holds {value!r}"
    db.close()


def nothing_opens_elsewhere(folder, keyring):
    """Each sealed value is bound to its place: under the right key, in any other place, it does not open."""
    db = sqlite3.connect(f"file:{folder}/mooring.db?mode=ro", uri=True)
    cells = {}
    for table, row in sealed.rows(db):
        for column, value in row.items():
            if f"{table}.{column}" in sealed.SEALED and value:
                owner, place = sealed.SEALED[f"{table}.{column}"]
                cells.setdefault(owner(row), []).append((f"{table}.{column}", value, place(row)))
    db.close()
    tried = 0
    for owner, of_one in cells.items():
        key = keyring.key(owner)
        for column, value, place in of_one if key else []:
            if sealed.open_value(key, value, column, **place) is None:
                continue  # under the key that ended with the process
            for other, _, elsewhere in of_one:
                opens = sealed.open_value(key, value, other, **elsewhere) is not None
                assert opens == ((column, place) == (other, elsewhere)), f"{column} opens as {other} {elsewhere}"
                tried += 1
    assert tried > 100, "nothing to swap"


# ---- the export ----------------------------------------------------------------------------------------------------

# What makes a row somebody's.  The columns of other tables that hold a member's number are found by these names too.
PERSON = ("member", "acknowledged_by", "closed_by", "on_call", "set_by", "actor", "subject")
# Of the program alone: hashes, versions, retries, and ids that say nothing of the person.
HOUSEKEEPING = {"member.seq", "member.member", "identity.member", "identity.hash", "member_group.seq", "member_group.member",
                "consent.member", "preference.member", "alert.member", "alert.acknowledged_by", "alert.closed_by", "alert.on_call",
                "audit.id", "audit.actor", "audit.subject", "audit.hash", "setting.id", "setting.set_by", "series.member",
                "value.owner_kind", "value.owner_id", "value.hash", "dialogue.member", "dialogue.version", "offer.owner_kind",
                "offer.owner_id", "job.id", "job.owner_kind", "job.owner_id", "job.hash", "job.rule_at", "job.late_ok_ms",
                "job.spread_ms", "job.flags", "job.recurring", "outbox_dedup.hash", "outbox_dedup.member", "outbox_dedup.outbox_id",
                "outbox_dedup.remember_ms", "outbox.id", "outbox.priority", "outbox.state", "outbox.member", "outbox.attempts",
                "outbox.not_before_at", "forget_intent.member", "trace.id", "trace.member", "trace.kind", "trace.sent", "trace.hash",
                "trace.cause", "trace.record", "trace.at", "trace.expires_at",
                "matrix_direct.hash", "matrix_direct.member", "matrix_direct.state",
                "link.member", "link.kept", "link.state", "link_code.member", "link_code.half", "link_code.whole", "link_row.id",
                "link_row.member", "link_row.kind", "link_row.source"}
# Numbers that are told in words, by their column.
IN_WORDS = {"member_group.group_id": "Harbor evening IOP", "consent.group_id": "Harbor evening IOP", "alert.group_id": "Harbor",
            "alert.room": "#Harbor", "setting.group_id": "Harbor evening IOP", "audit.group_id": "Harbor", "alert.kind": "suicide",
            "alert.state": ("nobody has taken it", "taken, not closed", "closed"), "consent.granted": ("no", "yes")}
TIMES = re.compile(r"(?:^at|_at)$")


def owned(row, member):
    if row.get("owner_kind") == 1 and row.get("owner_id") == member:
        return True
    return any(row.get(column) == member for column in PERSON)


def leaves(value):
    """The texts and numbers of the program's own JSON, but for what the transport made up."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() if key not in ("v", "transaction") for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [] if isinstance(value, bool) or value == "" else [str(value)]


def as_people_read(name, value, row, plain, zone):
    """What the export has to say for one value."""
    if name in HOUSEKEEPING or value in (None, b"", ""):
        return []
    if name in IN_WORDS:
        words = IN_WORDS[name]
        return [words if isinstance(words, str) else words[value]] if value or isinstance(words, tuple) else []
    if name in sealed.SEALED:
        column = name.split(".")[1]
        opened = plain.get(column)
        if opened is None and name == "setting.value":
            return []
        assert opened is not None, f"{name} of her own does not open"
        if name == "series.value":
            return [str(struct.unpack("<q", opened)[0])]
        if name in sealed.PACKED:
            return [text.decode() for text in sealed.unpack(opened, sealed.PACKED[name]) if text]
        if name in ("outbox.payload", "dialogue.state", "offer.offer"):
            return leaves(json.loads(opened))
        return [opened.decode()]
    if isinstance(value, str):
        return [value]
    assert isinstance(value, int), f"{name}: the export says nothing of {value!r}"
    if TIMES.search(name.split(".")[1]):
        at = datetime.datetime.fromtimestamp(value / 1000, zone)
        return [at.strftime("%Y-%m-%d %H:%M")] if value > 0 else []
    return [str(value)]


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def heard_in_private(person, mark):
    """All that the bot said to this person since, its lines put together."""
    said = []
    for line in person.lines[mark:]:
        match = re.match(rf"(?i):{BOT}!\S+ (?:PRIVMSG|NOTICE) {person.nick} :(.*)", line)
        if match:
            said.append(re.sub("[\x02\x03\x0f\x11\x16\x1d\x1f]", "", match.group(1)))
    return squeezed(" ".join(said))


def export_is_complete(day, gone):
    """Every value of every row that is hers, in the database as it was just before she asked, against what she was told."""
    step("everything she owns, in one go, against every row that is hers")
    time.sleep(1.5)  # the outbox writes what was sent a second later
    folder = copy_by_sqlite(day, "before-export")
    keyring = sealed.Keyring(os.path.join(folder, "keyring"), day.master)
    member = member_of(keyring, GONE)
    mark = len(gone.lines)
    ask(gone, "export", "things are all I keep")
    gone.quiet_after(2.5)
    said = heard_in_private(gone, mark)
    zone = zoneinfo.ZoneInfo("Europe/Lisbon")
    db = sqlite3.connect(os.path.join(folder, "mooring.db"))
    tables, missing = set(), []
    for table, row, plain in sealed.opened(db, keyring):
        if not owned(row, member):
            continue
        tables.add(table)
        mine = table != "alert" or row["member"] == member
        for column, value in row.items():
            for text in as_people_read(f"{table}.{column}", value, row, plain, zone) if mine else []:
                if squeezed(text).strip() not in said:
                    missing.append(f"{table}.{column}: {text!r}")
    db.close()
    assert not missing, "the export leaves out:\n    " + "\n    ".join(missing) + f"\nit said: {said}"
    assert {"member", "identity", "member_group", "consent", "preference", "value", "series", "job", "alert", "audit",
            "outbox_dedup", "offer"} <= tables | {"job"}, f"the day left too much empty: {sorted(tables)}"
    for other in (STAYS, GUEST):
        assert other.lower() not in said.lower(), f"the export tells of somebody else: {said}"
    print(f"    rows of {len(tables)} tables", flush=True)


# ---- forgetting ----------------------------------------------------------------------------------------------------

def member_of(keyring, nick):
    return keyring.member_of("sea", nick.lower()) or keyring.member_of("sea", nick)


def after_forgetting(day, backups):
    step("with the keyring of now nothing of them opens, in any moment of any copy; everybody else's does")
    keyring = sealed.Keyring(os.path.join(day.state, "keyring"), day.master)
    assert member_of(keyring, GONE) is None, "the keyring still knows who was forgotten"
    assert member_of(keyring, STAYS), "the keyring lost somebody else"
    mistakes = []
    for folder in backups + [day.state]:
        name = os.path.basename(folder)
        before = sealed.Keyring(os.path.join(folder, "keyring"), day.master) if folder != day.state else None
        text = plain_of(folder, keyring, os.path.join(day.folder, "scratch"))
        mistakes += search({name: text}, needles_of([GONE]), "opened with the keyring of now, in")
        assert search({name: text}, ["juniperwhistle"], ""), f"{name}: what others keep does not open any more"
        if before:
            assert member_of(before, GONE), f"{name} was made after the forgetting"
            old = plain_of(folder, before, os.path.join(day.folder, "scratch"))
            for word in ("sauerkirschen", "pebblemarch", "quagmirelantern", GONE):
                assert search({name: old}, [word], ""), f"{name}: {word} would not have been found before either"
    print(f"    moments of each: {MOMENTS}", flush=True)
    return mistakes


def restored(day, backup):
    step("a backup from before, put back beside the keyring of now: erased stays erased, the others go on")
    state = os.path.join(day.folder, "restored")
    os.makedirs(state, mode=0o700)
    for name in os.listdir(backup):
        if name.startswith("mooring.db"):
            shutil.copy(os.path.join(backup, name), state)
    shutil.copy(os.path.join(day.state, "keyring"), state)
    day.start(day.write_config(state))
    stays = day.person(STAYS, "#harbor")
    ask(stays, "checkin history", "juniperwhistle|mood 7|7")
    db = sqlite3.connect(f"file:{state}/mooring.db?mode=ro", uri=True)
    keyring = sealed.Keyring(os.path.join(state, "keyring"), day.master)
    strangers = {row["member"] for table, row in sealed.rows(db) if table == "member"} - set(keyring.roots)
    db.close()
    assert not strangers, "rows of somebody who was forgotten came back"
    assert day.runs[-1].stop() == 0
    stays.close()
    return state


# ---- all of it -----------------------------------------------------------------------------------------------------

def everything_written(day):
    """name -> bytes: each write, each file of the folders that it wrote to, its log."""
    haystacks, opened = {}, set()
    for number, run in enumerate(day.runs):
        written, names = read_trace(run.trace)
        assert any(name.endswith("mooring.db-wal") for name in written), "the trace saw nothing of the database"
        haystacks.update({f"write to {name} in run {number}": data for name, data in written.items()})
        haystacks[f"log of run {number}"] = run.log()
        opened |= names
    folders = {os.path.dirname(name) for name in opened if name.startswith(day.folder)} | {day.state}
    for folder in folders - {day.folder}:
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                haystacks[path] = read(path)
    for name in sorted(opened):
        if os.path.isfile(name) and not name.startswith(("/proc", "/dev")):
            haystacks[name] = read(name)
    return haystacks, opened


def story(binary, test_plugins, folder):
    day = Day(binary, test_plugins, folder)
    day.server.start()
    try:
        team_first = day.person(TEAM, "#bridge", "#harbor")
        run = day.start()
        team_first.close()
        gone, stays, team, guest = start_people(day)
        ask(team, "help", ".")
        day.morning(gone, stays)
        day.look()
        step("killed in the middle, and started again")
        run.kill()
        day.floor(stays, team)
        day.poisoned(stays, team, guest)
        day.noon(gone, stays, team, guest)
        day.rehearsed(team)
        day.fails_twice(team, guest)
        day.unknown_to_the_network(team)
        reload_with_a_mistake(day)
        day.look()
        by_sqlite = copy_by_sqlite(day, "by-sqlite")
        what_is_clear_is_ours(by_sqlite)
        what_is_buried_is_there(by_sqlite)
        nothing_opens_elsewhere(by_sqlite, sealed.Keyring(os.path.join(by_sqlite, "keyring"), day.master))
        by_mooring, backup = copy_by_mooring(day, "by-mooring")
        day.backups += [copy_state(day, "copied"), by_sqlite, by_mooring]
        export_is_complete(day, gone)
        step("she asks to be forgotten")
        ask(gone, "forget", "destroy")
        ask(gone, "forget me", "know nothing about you")
        day.look()
        mistakes = after_forgetting(day, day.backups)
        step("mooring restore, on the running bot: nobody comes back who was forgotten")
        joined = len(re.findall(rb"event=irc_joined", day.runs[-1].log()))
        mooring(day, "restore", backup)
        day.runs[-1].wait_for(rb"event=irc_joined", joined + ROOMS)
        ask(stays, "checkin history", "mood 7")
        ask(gone, "checkin history", "No check-ins")
        ask(gone, "forget me", "know nothing about you")
        mistakes += after_forgetting(day, [])
        assert day.runs[-1].stop() == 0, "the bot did not end in good order"
        for person in (gone, stays, team, guest):
            person.close()
        restored(day, by_sqlite)
        step("the search")
        haystacks, opened = everything_written(day)
        print("    files opened for writing: " + ", ".join(sorted(name.replace(folder, "") for name in opened)), flush=True)
        haystacks.update(day.pages)
        for name in ("night.backup", "keyring"):
            haystacks[f"the backup's {name}"] = read(os.path.join(by_mooring, name))
        needles = needles_of(list(SAID), [PASSWORD, LOGIN, day.master, day.master.hex()])
        mistakes += search(haystacks, needles, "found in")
        assert not mistakes, "somebody is named:\n    " + "\n    ".join(mistakes[:40])
        size = sum(len(data) for data in haystacks.values())
        print(f"    {len(needles)} needles, {len(haystacks)} places, {size // 1024} KiB: nothing", flush=True)
        the_search_finds_what_is_planted(needles, run.log()[:4096])
    except Exception:
        for number, run in enumerate(day.runs):
            run.stop()
            print(f"log of run {number}:\n    " + "\n    ".join(run.log().decode(errors="replace").splitlines()[-40:]), flush=True)
        raise
    finally:
        for run in day.runs:
            run.stop()
        day.server.stop()


def main():
    if not shutil.which("strace"):
        skip("strace is not installed (apt-get install strace)")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        story(sys.argv[1], sys.argv[2], folder)
    print("passed", flush=True)


if __name__ == "__main__":
    main()
