#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The n-th failure: a scripted minute of a group's life, again and again, each time with one allocation, write or socket
call that fails.

nth.py MOORING-NTH [KIND[:EVERY] ...] [--jobs N] [--show] [--sample]
  KIND   alloc, write, ...: a row of KINDS below; EVERY 7 takes each 7th of its numbers only
  n      nth.py MOORING-NTH at KIND N   plays one of them and prints all it said

What must hold for each:
  * it ends by itself: with 0, or, where the start itself failed, with 1 and a sentence that names the true cause; no signal,
    no sanitizer's report, no leak, no assertion, no hang;
  * calls for help that were heard are answered and paged, unless the start failed: also when the disk or memory never comes
    back;
  * a line is owed (a log line of level warning or error) whenever what people read is not what they read in the undisturbed
    minute;
  * an undisturbed start on the same folder works; the database is sound; every member in it has a key in the keyring; what
    was answered "kept" is there, and what was refused is not; no row belongs to nobody."""
import concurrent.futures
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import nth_live

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
KEY = "0123456789abcdef0123456789abcdef"
EVERY_UP_TO = 2000
BEYOND = 400
TIMEOUT = 40

# name: (what fails, how many in a row (0: all from there on), error, each how many-th number the whole part takes)
KINDS = {
    "alloc": ("alloc", 1, "ENOMEM", 1),
    "alloc-burst": ("alloc", 50, "ENOMEM", 40),
    "alloc-on": ("alloc", 0, "ENOMEM", 90),
    "write-full": ("write", 1, "ENOSPC", 1),
    "write-io": ("write", 1, "EIO", 1),
    "write-short": ("write", 1, "SHORT", 5),
    "write-full-on": ("write", 0, "ENOSPC", 3),
    "write-io-on": ("write", 0, "EIO", 3),
    "kept-alloc": ("alloc", 1, "ENOMEM", 10),
    "kept-write": ("write", 1, "EIO", 1),
    "socket-reset": ("socket", 1, "ECONNRESET", 1),
    "socket-nobufs": ("socket", 1, "ENOBUFS", 1),
    "socket-burst": ("socket", 4, "ETIMEDOUT", 2),
    "live-alloc": ("alloc", 1, "ENOMEM", 100),
}
LIVE = ("socket-reset", "socket-nobufs", "socket-burst", "live-alloc")
KEPT_KINDS = ("kept-alloc", "kept-write")
SAMPLE = ["socket-reset:23", "kept-alloc:2503", "kept-write:61", "alloc:401", "alloc-burst:5003", "alloc-on:5003",
          "write-full:241", "write-io:211", "write-short:431", "write-full-on:331", "write-io-on:311"]
BAD = re.compile(r"ERROR: \w+Sanitizer|runtime error:|Assertion|assertion|AddressSanitizer|SUMMARY:|\*\*\* ")
TELLING = re.compile(r"^(<[34]>|level=(warning|error) )", re.M)


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MOORING_NTH")}
    env["ASAN_OPTIONS"] = "detect_leaks=1:allocator_may_return_null=1:abort_on_error=0:exitcode=99"
    env["LSAN_OPTIONS"] = f"suppressions={HERE}/nth_leaks.txt:print_suppressions=0"
    env["UBSAN_OPTIONS"] = "print_stacktrace=1:exitcode=99"
    env.update(more)
    return env


class Ran:
    """One run of the program: how it ended, what people read, what the log says, what failed where."""

    def __init__(self, binary, folder, script, config="nth.cfg", **env):
        report = os.path.join(folder, "report")
        if os.path.exists(report):
            os.unlink(report)
        command = [binary, "minute", os.path.join(folder, "..", config), os.path.join(folder, "state"), KEY,
                   os.path.join(HERE, script)]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, text=True,
                                  errors="replace", env=environment(MOORING_NTH_REPORT=report, **env))
            self.code, self.out, self.log = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as late:
            self.code = "hang"
            self.out, self.log = ((text or b"").decode("utf-8", "replace") for text in (late.stdout, late.stderr))
        self.calls, self.failed, self.firsts, self.where, self.marks = {}, 0, [], "", {}
        if os.path.exists(report):
            self.read_report(report)

    def read_report(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        head, _, self.where = text.partition("where\n")
        for words in map(str.split, head.splitlines()):
            if words[0] == "calls":
                self.calls[words[1]] = int(words[2])
            elif words[0] == "mark":
                self.marks[words[1]] = dict(zip(("alloc", "write", "socket"), map(int, words[2:])))
            elif words[0] == "failed":
                self.failed = int(words[1])
            elif words[0] == "first":
                self.firsts.append(int(words[1]))

    @property
    def started(self):
        return "\n= started\n" in self.out

    def told(self):
        return TELLING.search(self.log) is not None


def read_by_people(out):
    """What was said, without what is typed: the order between two places does not matter."""
    lines = (re.sub(r"^(console room harbor: ).*\(1\) another one.*", r"\1a tip", line) for line in out.splitlines())
    return sorted(line for line in lines if not line.startswith(("=", "books", "backup")))


# ---- what must hold -----------------------------------------------------------------------------------------------------

def check_end(ran, problems):
    if ran.code == "hang":
        problems.append("it hangs")
    elif ran.code not in (0, 1):
        problems.append(f"it ended with {ran.code}")
    bad = BAD.search(ran.log)
    if bad:
        problems.append(f"the sanitizer speaks: {ran.log[bad.start():bad.start() + 1500]}")
    if ran.code == 0 and "\n= stop\n" not in ran.out:
        problems.append("it ended in the middle")
    if ran.code == 0 and "did not stop" in ran.out:
        problems.append("it did not come to its end in good order")


CAUSES = {"ENOMEM": r"memory", "ENOSPC": r"No space left", "EIO": r"Input/output error|damaged|I/O", "SHORT": r"."}


def check_start(ran, error, problems):
    """A start that failed says why, and no wrong reason."""
    if ran.code != 1:
        return
    if ran.started:
        problems.append("it ended with 1 although it had started")
    lines = [line for line in ran.log.splitlines() if line and not line.startswith("level=")]
    if not lines:
        problems.append("the start failed without a line")
    elif not re.search(CAUSES.get(error, "."), "\n".join(lines)):
        problems.append("the start names another cause: " + " | ".join(lines))


CALLS = (("ben@harbor: I can't go on", r"^console (dm ben|room harbor): .*988", r"^console (room bridge|dm mara): .*(ben|someone)"),
         ("irc lou #harbor: I want to kill", r"^irc PRIVMSG (lou|#harbor) :.*988",
          r"^console (room bridge|dm mara): .*(lou|someone)"),
         ("irc ned #harbor: I'm going to kill", r"^irc PRIVMSG #harbor :.*988", r"^console (room bridge|dm mara): .*(ned|someone)"))


def check_floor(ran, problems):
    """Nobody unanswered: a card to the person, a page to the team, in this life."""
    for said, card, page in CALLS:
        _, found, after = ran.out.partition("\n= " + said)
        if not found or after.split("\n")[1].startswith("unheard"):
            continue
        if not re.search(card, after, re.M):
            problems.append(f"no card after \"{said}\"")
        if not re.search(page, after, re.M):
            problems.append(f"no page after \"{said}\"")


# What was answered "kept", and how it shows half an hour later: (answer, what was asked then, what shows)
KEPT = (
    ("mood 7, craving 2", r"console dm ana: Got it: mood 7, craving 2", r"= ana: checkin history", r"mood 7, craving 2"),
    ("mood 4", r"irc PRIVMSG kim :Got it: mood 4", r"= irc kim: checkin history", r"mood 4"),
    ("prompt at 08:57", r"console room bridge: checkin.{0,3}prompt.{0,4}at is 08.{0,2}57 now", r"= mara@bridge: !group show", r"08.{0,2}57"),
    ("Friday coffee", r"console room bridge: Added as number 2", r"= mara@bridge: !meetings", r"Friday coffee"),
)


def section(out, heading):
    """What was said between a step and the next."""
    _, _, after = out.partition("\n" + heading)
    return after.split("\n= ", 1)[0]


def check_after(ran, after, problems, again=False):
    """The same folder, undisturbed; again: ana called for help a moment ago, and is not given the same card."""
    check_end(after, problems)
    if after.code != 0:
        problems.append(f"the next start fails: {after.log[-1500:]}")
        return
    both = ran.out + after.out
    for what, answer, asked, shows in KEPT:
        answered = len(re.findall(answer, both))
        found = re.search(shows, section(after.out, asked)) is not None
        if answered > 1:
            problems.append(f"{what}: answered {answered} times")
        if answered and not found:
            problems.append(f"{what}: answered as kept, and is not there")
        # A reply is said at most once: one that is lost with the memory or the life it was in is told in a line.
        if found and not answered and not ran.told() and not after.told():
            problems.append(f"{what}: is there, and nobody was told")
    if "\nbackup made\n" in ran.out and "\nbackup is sound\n" not in after.out:
        problems.append("the backup that was made is not sound: " + section(after.out, "= check the backup"))
    if "backup without a word" in both:
        problems.append("a backup fails, and no word says why")
    if "Done. I know nothing" in both and "mood 2" in section(after.out, "= ben: checkin history"):
        problems.append("ben was told he is forgotten, and is not")
    card = r"^console dm ana: " if again else r"^console (dm ana|room harbor): .*988"
    if not re.search(card, section(after.out, "= ana@harbor: I want to die"), re.M):
        problems.append("no card for ana in the next life")
    books = re.search(r"books members=(\d+) keyless=(\d+) slots=(\d+)", after.out)
    if not books or int(books.group(2)):
        problems.append("database and keyring do not agree: " + (books.group(0) if books else "no books"))


OWNED = (("identity", "member"), ("member_group", "member"), ("consent", "member"), ("preference", "member"),
         ("series", "member"), ("dialogue", "member"), ("outbox", "member"), ("outbox_dedup", "member"), ("alert", "member"))


def check_database(folder, problems):
    path = os.path.join(folder, "state", "mooring.db")
    if not os.path.exists(path):
        problems.append("there is no database")
        return
    with sqlite3.connect(path) as db:
        answer = db.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            problems.append(f"integrity_check: {answer}")
        if db.execute("PRAGMA foreign_key_check").fetchall():
            problems.append("foreign_key_check finds rows")
        for table, column in OWNED:
            lost = db.execute(f"SELECT count(*) FROM {table} WHERE {column} <> 0 AND {column} NOT IN"
                              " (SELECT member FROM member)").fetchone()[0]
            if lost:
                problems.append(f"{lost} rows of {table} belong to nobody")
        lost = db.execute("SELECT count(*) FROM value WHERE owner_kind = 1 AND owner_id NOT IN (SELECT member FROM member)")
        if lost.fetchone()[0]:
            problems.append("values belong to nobody")
    db.close()


def check_owed(ran, base, problems):
    if ran.code == 0 and not ran.told() and read_by_people(ran.out) != read_by_people(base.out):
        before, now = set(read_by_people(base.out)), set(read_by_people(ran.out))
        problems.append("people read something else, and no line says why: "
                        + " | ".join([f"-{line[:90]}" for line in sorted(before - now)][:3]
                                     + [f"+{line[:90]}" for line in sorted(now - before)][:3]))


# ---- over real sockets ---------------------------------------------------------------------------------------------------

class LiveRan(Ran):
    """The daemon's own life, with what nth.py asks of a run."""

    def __init__(self, binary, folder, story=nth_live.STORY, tool=None, **env):
        report = os.path.join(folder, "report")
        if os.path.exists(report):
            os.unlink(report)
        life = nth_live.Lived(binary, folder, story, environment(MOORING_NTH_REPORT=report, **env), tool)
        self.life, self.code, self.log, self.out = life, life.code, life.log, "\n".join(life.lines)
        self.calls, self.failed, self.firsts, self.where, self.marks = {}, 0, [], "", {}
        if os.path.exists(report):
            self.read_report(report)

    @property
    def started(self):
        return "event=started" in self.log

    @property
    def undisturbed(self):
        return self.life.took == [1] * len(nth_live.STORY) and self.life.connections == 1


def check_live(ran, error, problems):
    if ran.code == "hang":
        problems.append("it hangs")
    elif ran.code not in (0, 1):
        problems.append(f"it ended with {ran.code}")
    bad = BAD.search(ran.log)
    if bad:
        problems.append(f"the sanitizer speaks: {ran.log[bad.start():bad.start() + 1500]}")
    if ran.code == 1:
        lines = [line for line in ran.log.splitlines() if line.startswith(("mooring:", "/"))]
        if ran.started:
            problems.append("it ended with 1 although it had started")
        elif not lines:
            problems.append("the start failed without a line")
        elif error == "ENOMEM" and not any("memory" in line for line in lines):
            problems.append("the start names another cause: " + " | ".join(lines))
        return
    if not ran.life.joined:
        problems.append("it never came to its rooms")
        return
    for (who, _, text, _), times in zip(nth_live.STORY, ran.life.took):
        if times == 0:
            problems.append(f"{who} is never answered: {text}")
    if not any(re.search(r"^PRIVMSG (#bridge|mara) :.*ALERT", line) for line in ran.life.lines):
        problems.append("no page")
    if not ran.undisturbed and not ran.told():
        problems.append(f"something went otherwise, and no line says why: {ran.life.took}, "
                        f"{ran.life.connections} connections")


def check_live_after(ran, after, problems):
    if after.code != 0 or BAD.search(after.log) or after.life.took != [1]:
        problems.append(f"the next life is not sound: {after.code}, {after.log[-1500:]}")
        return
    told = any(re.search(r"ana :.*Got it: mood 6", line) for line in ran.life.lines + after.life.lines)
    if told != any("mood 6" in line and "Got it" not in line for line in after.life.lines):
        problems.append("mood 6: what was told is not what is there")


# ---- playing ------------------------------------------------------------------------------------------------------------

class Play:
    def __init__(self, binary, root):
        self.binary, self.root = binary, root
        self.tool = os.path.join(os.path.dirname(binary), "mooring")
        for name in ("text", "coping", "crisis"):
            os.symlink(os.path.join(SOURCE, "config", name), os.path.join(root, name))
        shutil.copy(os.path.join(HERE, "nth.cfg"), root)
        self.base, self.known_places = None, {}

    def live_folder(self, name):
        folder = self.folder(name)
        nth_live.prepare(folder, KEY * 2)
        return folder

    def live_base(self):
        ran = LiveRan(self.binary, self.live_folder("live"), tool=self.tool)
        if not ran.undisturbed or ran.code != 0 or BAD.search(ran.log):
            raise SystemExit(f"the undisturbed life is not sound: {ran.life.__dict__}")
        return ran

    def one_live(self, kind, n, worker):
        what, count, error, _ = KINDS[kind]
        folder = self.live_folder(f"live-{worker}")
        problems = []
        ran = LiveRan(self.binary, folder, tool=self.tool, MOORING_NTH=f"{what}:{n}:{count}:{error}")
        check_live(ran, error, problems)
        after = LiveRan(self.binary, folder, nth_live.AFTER)
        check_live_after(ran, after, problems)
        check_database(folder, problems)
        return ran, after, problems

    def folder(self, name):
        path = os.path.join(self.root, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def undisturbed(self):
        folder = self.folder("base")
        self.base = Ran(self.binary, folder, "nth_minute.txt")
        shutil.copytree(folder, os.path.join(self.root, "lived"))
        problems = []
        check_end(self.base, problems)
        check_floor(self.base, problems)
        check_after(self.base, Ran(self.binary, folder, "nth_after.txt", MOORING_NTH_LATER="1"), problems)
        check_database(folder, problems)
        for what, answer, _, _ in KEPT:
            if not re.search(answer, self.base.out):
                problems.append(f"{what} is not answered")
        if problems or self.base.code != 0:
            raise SystemExit(f"the undisturbed minute is not sound: {problems}\n{self.base.out}\n{self.base.log}")

    def places(self, what):
        """The number of the first call from each place."""
        if what not in self.known_places:
            ran = Ran(self.binary, self.folder("places"), "nth_minute.txt", MOORING_NTH_STACKS=what)
            self.known_places[what] = sorted(ran.firsts)
        return self.known_places[what]

    def numbers(self, kind):
        what = KINDS[kind][0]
        if kind in LIVE:
            calls = self.live_base().calls[what]
            return list(range(1, min(calls, EVERY_UP_TO) + 1) if what == "socket" else range(1, calls + 1))
        if kind in KEPT_KINDS:
            return list(range(1, self.kept_base().calls[what] + 1))
        calls, started = self.base.calls[what], self.base.marks["started"][what]
        if kind in ("alloc-burst", "alloc-on"):  # the start is the same wherever memory ends
            return list(range(1, started, 500)) + list(range(started, calls + 1))
        numbers = set(range(1, min(calls, EVERY_UP_TO) + 1))
        beyond = sorted(set(self.places(what)) - numbers)
        if kind == "alloc":  # the first 2,000 after the start as well, and every place there is
            numbers |= set(range(started + 1, min(calls, started + EVERY_UP_TO) + 1)) | set(beyond)
        else:
            numbers |= set(random.Random(1).sample(beyond, min(BEYOND, len(beyond))))
        return sorted(numbers)

    def kept_folder(self, name):
        """A folder in which the minute was lived already."""
        shutil.copytree(os.path.join(self.root, "lived"), self.folder(name), dirs_exist_ok=True)
        return os.path.join(self.root, name)

    def kept_base(self):
        return Ran(self.binary, self.kept_folder("kept"), "nth_after.txt", MOORING_NTH_LATER="1")

    def one_kept(self, kind, n, worker):
        what, count, error, _ = KINDS[kind]
        folder = self.kept_folder(f"kept-{worker}")
        problems = []
        ran = Ran(self.binary, folder, "nth_after.txt", MOORING_NTH_LATER="1", MOORING_NTH=f"{what}:{n}:{count}:{error}")
        check_end(ran, problems)
        check_start(ran, error, problems)
        if ran.started and not re.search(r"^console (dm ana|room harbor): .*988", ran.out, re.M):
            problems.append("no card for ana")
        after = Ran(self.binary, folder, "nth_after.txt", MOORING_NTH_LATER="2")
        check_after(self.base, after, problems, again=ran.started)
        check_database(folder, problems)
        return ran, after, problems

    def one(self, kind, n, worker):
        if kind in LIVE:
            return self.one_live(kind, n, worker)
        if kind in KEPT_KINDS:
            return self.one_kept(kind, n, worker)
        what, count, error, _ = KINDS[kind]
        folder = self.folder(f"run-{worker}")
        problems = []
        ran = Ran(self.binary, folder, "nth_minute.txt", MOORING_NTH=f"{what}:{n}:{count}:{error}")
        check_end(ran, problems)
        check_start(ran, error, problems)
        if ran.started:
            check_floor(ran, problems)
        check_owed(ran, self.base, problems)
        after = Ran(self.binary, folder, "nth_after.txt", MOORING_NTH_LATER="1")
        check_after(ran, after, problems)
        check_database(folder, problems)
        return ran, after, problems


def symbols(binary, where):
    """The stack of the call that failed, by name."""
    frames, out = where.split(), []
    own = [frame.split("+")[1] for frame in frames if frame.startswith("mooring-nth")]
    names = []
    if own:
        # a return address belongs to the call before it
        asked = [hex(int(address, 16) - 1) for address in own]
        text = subprocess.run(["addr2line", "-f", "-s", "-e", binary, *asked], capture_output=True, text=True, check=False).stdout
        lines = text.splitlines()
        names = [f"{lines[i]} {lines[i + 1]}" for i in range(0, len(lines) - 1, 2)]
    for frame in frames:
        out.append(names.pop(0) if frame.startswith("mooring-nth") and names else frame)
    return out


def play_kind(play, kind, every, jobs, show):
    began = time.monotonic()
    numbers = play.numbers(kind)[every // 2::every]
    tally = {"ended": 0, "started": 0, "same": 0, "problems": 0, "failed": 0}
    if kind in LIVE:  # they mostly wait
        jobs *= 5
    workers = list(range(jobs))

    def work(n):
        worker = workers.pop()
        try:
            return n, *play.one(kind, n, worker)
        finally:
            workers.append(worker)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for n, ran, _, problems in pool.map(work, numbers):
            tally["ended"] += ran.code in (0, 1)
            tally["started"] += ran.started
            tally["failed"] += ran.failed > 0
            tally["same"] += ran.undisturbed if kind in LIVE else (
                ran.code == 0 and read_by_people(ran.out) == read_by_people(play.base.out))
            if not problems:
                continue
            tally["problems"] += 1
            print(f"FAILED {kind} n={n}: " + "; ".join(problems), flush=True)
            if show:
                print("      in " + "\n         ".join(symbols(play.binary, ran.where)[:show]), flush=True)
    print(f"nth {kind}: {len(numbers)} numbers up to {numbers[-1] if numbers else 0}, {tally['failed']} calls failed, "
          f"{len(numbers) - tally['started']} times no start, {tally['same']} times nobody noticed, "
          f"{tally['problems']} defects, {time.monotonic() - began:.0f} s", flush=True)
    return tally["failed"], tally["problems"]


def main():
    words = sys.argv[1:]
    binary = os.path.realpath(words.pop(0))
    jobs, show = os.cpu_count() or 1, 0
    if "--sample" in words:
        words = SAMPLE
    if "--jobs" in words:
        at = words.index("--jobs")
        jobs = int(words[at + 1])
        del words[at:at + 2]
    if "--show" in words:
        words.remove("--show")
        show = 14
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory, prefix="nth-") as root:
        play = Play(binary, root)
        play.undisturbed()
        if words[:1] == ["at"]:
            ran, after, problems = play.one(words[1], int(words[2]), 0)
            print(ran.out, ran.log, "---- half an hour later", after.out, after.log, "---- what failed", sep="\n")
            print("\n".join(symbols(binary, ran.where)), f"exit {ran.code}", *problems, sep="\n")
            sys.exit(1 if problems else 0)
        bad, played = 0, 0
        for word in words or list(KINDS):
            kind, _, every = word.partition(":")
            runs, defects = play_kind(play, kind, int(every or KINDS[kind][3]), jobs, show)
            bad, played = bad + defects, played + runs
        print(f"{played} calls made to fail, {bad} defects")
        sys.exit(1 if bad else 0)


main()
