#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Floor-only mode of a real daemon: at each start whose state cannot be used, and while it runs.  In each a call for help is
answered exactly once, paged and shown, nothing in the state folder is changed; then the cause goes, and the state is whole.

floor.py MOORING PLUGIN_FOLDER [CASE ...]"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from daemon import ROOT, free_port  # noqa: E402
from notified import Notified  # noqa: E402
from sea import Sea  # noqa: E402

MOORING, PLUGINS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
CONFIG = """
networks = ( {{ name = "sea"; kind = "irc"; host = "127.0.0.1"; port = {port}; tls = false; nicks = ["harbor-bot"]; realname = "a bot";
  identity = "nick"; flood_lines = 20; flood_seconds = 1; }} );
groups = ( {{ name = "harbor"; title = "Harbor"; zone = "America/New_York"; country = "US";
  rooms = ( {{ network = "sea"; room = "#harbor"; }} );
  alert_room = {{ network = "sea"; room = "#bridge"; }};
  moderators = ( {{ network = "sea"; account = "mara"; name = "Mara"; }} );
  on_call = ( {{ who = "Mara"; }} ); }} );
plugins = ["checkin", "coping", "crisis"];
plugin_folder = "{plugins}";
state_folder = "{state}"; credentials_folder = "{credentials}";
metrics = {{ listen = "127.0.0.1:{metrics}"; }};
"""
CARD = r"988.*741741.*911"


class Bot:
    """A daemon, its sea, its service manager; a state folder that may lie on a disk of its own."""

    def __init__(self, state=None, preload=None, user=None):
        self.holder = tempfile.TemporaryDirectory(prefix="mooring-floor-")
        root = pathlib.Path(self.holder.name)
        self.state, self.credentials = pathlib.Path(state or root / "state"), root / "credentials"
        self.credentials.mkdir(mode=0o700)
        for name in ("text", "crisis", "coping", "networks"):
            (root / name).symlink_to(ROOT / "config" / name)
        self.sea, self.metrics, self.log = Sea(), free_port(), root / "log"
        self.config = root / "mooring.cfg"
        self.config.write_text(CONFIG.format(port=self.sea.port, plugins=PLUGINS, state=self.state, credentials=self.credentials,
                                             metrics=self.metrics))
        self.key = self.credentials / "master-key"
        subprocess.run([MOORING, "key", "new", self.key], check=True, stdout=subprocess.DEVNULL)
        self.manager = Notified(root / "notify")
        self.process, self.preload, self.user = None, preload or {}, user
        if user:
            subprocess.run(["chown", "-R", str(user), root], check=True)

    def start(self, wait=True):
        environment = dict(os.environ, NOTIFY_SOCKET=str(self.manager.path), **self.preload)
        with open(self.log, "ab") as log:
            who = ["setpriv", "--reuid", str(self.user), "--clear-groups"] if self.user else []
            self.process = subprocess.Popen([*who, MOORING, "run", "--config", self.config], stderr=log, stdin=subprocess.DEVNULL, env=environment)
        if wait:
            self.sea.wait_joined("#harbor", "#bridge")

    def text(self):
        return self.log.read_text(errors="replace")

    def log_line(self, pattern, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.text().splitlines():
                if re.search(pattern, line):
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no line like {pattern!r} in the log:\n{self.text()[-3000:]}")

    def health(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/healthz", timeout=40) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def gauge(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=40) as page:
            return int(re.search(rf"(?m)^{name} (\S+)$", page.read().decode()).group(1))

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.process = None
        self.log.write_text("")
        if how == signal.SIGTERM and code != 0:
            raise AssertionError(f"the daemon ended with {code}")

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.sea.close()
        self.manager.close()
        self.holder.cleanup()

    def files(self):
        """Every byte of the state, but SQLite's shared memory, the control socket and what is no file."""
        return {path.name: path.read_bytes() for path in sorted(self.state.iterdir())
                if path.is_file() and not path.name.endswith(("-shm", ".sock", "control", "marker", "crash"))}


def healthy_life(bot):
    """A first life: a check-in is kept, and the state is there."""
    bot.start()
    bot.sea.say("kim", "bot", "checkin m6 c3 k8")
    bot.sea.expect("kim", "mood 6")
    time.sleep(1.2)  # ends of what was said ride with the next second's commit
    bot.stop()
    bot.sea.forget()


def on_the_floor(bot, what):
    """Shown everywhere, answered once, paged; other things are refused in words."""
    sea = bot.sea
    line = bot.log_line("event=floor_only")
    assert "level=error" in line and " do=" in line and re.search(what, line), line
    bot.manager.expect(r"STATUS=.*floor only")
    code, body = bot.health()
    assert code == 503 and "floor only" in body, (code, body)
    assert bot.gauge("mooring_store_writable") == 0 and bot.gauge("mooring_floor_only") == 1
    sea.expect("#bridge", "Calls for help still")
    sea.say("ana", "#harbor", "I want to die")
    sea.expect("ana", CARD)
    sea.expect("#bridge", r"ALERT without a number.*suicide, from ana in #harbor")
    sea.expect("mara", r"ALERT without a number.*ana")
    sea.say("ben", "bot", "!sos")
    sea.expect("ben", CARD)
    sea.expect("#bridge", r"ALERT without a number.*from ben in private")
    sea.say("kim", "bot", "checkin m1 c9 k1")
    sea.expect("kim", "can't save anything just now, so I left that undone")
    sea.say("kim", "#harbor", "!about")
    sea.expect("#harbor", "I'm a bot that looks after this group")
    assert len(sea.heard("ana", CARD)) == 1 and len(sea.heard("ben", CARD)) == 1, sea.said
    assert len(sea.heard("#bridge", "Calls for help still")) == 1, sea.said
    assert not sea.heard("kim", "Got it|mood 1"), sea.said


def recovered(bot, history="mood 6"):
    """By itself: the alerts have numbers, what was kept before is there, nobody is answered twice."""
    sea, logins = bot.sea, bot.sea.logins
    sea.expect("#bridge", r"ALERT 1, tier 3, suicide, from ana in #harbor", 40)
    sea.expect("#bridge", r"ALERT 2, tier 3, asked for help, from ben in private", 10)
    sea.expect("#bridge", "I can save again")
    bot.manager.expect(r"STATUS=(?!.*floor only)", newest=True)
    assert bot.health()[0] == 200 and bot.gauge("mooring_store_writable") == 1
    assert sea.logins == logins, "the connection was lost"
    sea.say("mara", "#bridge", "!ack 1")
    sea.expect("#bridge", "ALERT 1: [Mm]ara has it")
    sea.say("mara", "#bridge", "!ack 2")
    sea.expect("#bridge", "ALERT 2: [Mm]ara has it")
    sea.say("kim", "bot", "checkin history")
    sea.expect("kim", history)
    assert not sea.heard("kim", "mood 1"), "what was refused was done"
    assert len(sea.heard("ana", CARD)) == 1 and len(sea.heard("ben", CARD)) == 1, "answered twice"
    time.sleep(1.5)
    bot.stop()
    # The state is whole: another life finds all of it.
    sea.forget()
    bot.start()
    assert "floor_only" not in bot.text(), bot.text()
    sea.say("mara", "#bridge", "!alerts")
    sea.expect("#bridge", "1, tier 3.*taken")
    bot.stop()


# ---- at a later start ------------------------------------------------------------------------------

def late_start(spoil, mend, what, user=None):
    bot = Bot(user=user)
    try:
        healthy_life(bot)
        spoil(bot)
        before = bot.files()
        bot.start()
        on_the_floor(bot, what)
        time.sleep(2.5)  # it was tried again meanwhile
        assert bot.files() == before, "the state folder was changed: %s" % [n for n in bot.files() if bot.files()[n] != before.get(n)]
        mend(bot)
        recovered(bot)
    finally:
        bot.close()


def aside(name):
    def spoil(bot):
        (bot.state / name).rename(bot.state.parent / name)

    def mend(bot):
        (bot.state.parent / name).rename(bot.state / name)
    return spoil, mend


def case_missing_keyring():
    late_start(*aside("keyring"), "keyring.*missing")


def case_missing_database():
    late_start(*aside("mooring.db"), "mooring.db.*missing.*keyring")


def replaced(name, make):
    def spoil(bot):
        shutil.copy2(bot.state / name, bot.state.parent / name)
        make(bot, bot.state / name)

    def mend(bot):
        shutil.copy2(bot.state.parent / name, bot.state / "incoming")
        (bot.state / "incoming").rename(bot.state / name)
    return spoil, mend


def case_another_keyring():
    def make(bot, path):
        other = Bot()
        try:
            shutil.copy2(bot.key, other.key)
            healthy_life(other)
            shutil.copy2(other.state / "keyring", path)
        finally:
            other.close()
    late_start(*replaced("keyring", make), "belongs to another database")


def case_torn_keyring():
    late_start(*replaced("keyring", lambda bot, path: os.truncate(path, 300)), "keyring.*(damaged|not a keyring|could not be read)")


def case_torn_database():
    def make(bot, path):
        with open(path, "r+b") as file:
            file.seek(4096 * 3)
            file.write(b"\xa5" * 4096 * 4)
    late_start(*replaced("mooring.db", make), "mooring.db: the file is damaged")


def case_cut_database():
    late_start(*replaced("mooring.db", lambda bot, path: os.truncate(path, 8192)), "mooring.db: the file is damaged")


def case_overwritten_header():
    def make(bot, path):
        with open(path, "r+b") as file:
            file.write(b"\0" * 4096)
    late_start(*replaced("mooring.db", make), "mooring.db")


def case_wrong_key():
    def spoil(bot):
        shutil.copy2(bot.key, bot.state.parent / "kept")
        bot.key.write_text("11" * 32 + "\n")

    def mend(bot):
        shutil.copy2(bot.state.parent / "kept", bot.key)
    late_start(spoil, mend, "master key is not the one")


def case_missing_key():
    def spoil(bot):
        bot.key.rename(bot.state.parent / "kept")

    def mend(bot):
        (bot.state.parent / "kept").rename(bot.key)
    late_start(spoil, mend, "master-key.*is missing")


# ---- disks that are really so ----------------------------------------------------------------------

class Disk:
    """A small disk of its own: real memory, really full, really read-only."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="mooring-disk-")
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", self.folder], capture_output=True, text=True)
        if made.returncode:
            os.rmdir(self.folder)
            print(f"SKIPPED: no disk may be mounted here ({made.stderr.strip()}): nothing was tried on a real full or read-only one", flush=True)
            sys.exit(77)
        self.state = pathlib.Path(self.folder) / "state"

    def fill(self):
        filler = os.open(pathlib.Path(self.folder) / "filler", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            while True:
                os.write(filler, b"x" * 4096)
        except OSError:
            os.close(filler)

    def empty(self):
        (pathlib.Path(self.folder) / "filler").unlink()

    def remount(self, how):
        subprocess.run(["mount", "-o", "remount," + how, self.folder], check=True)

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)
        os.rmdir(self.folder)


def on_disk(late, spoil, mend, what):
    disk = Disk()
    bot = Bot(state=disk.state)
    try:
        healthy_life(bot)
        if late:
            spoil(disk)
            bot.start()
        else:
            bot.start()
            spoil(disk)
            bot.sea.say("kim", "bot", "checkin m1 c9 k1")  # a write is what finds it
            bot.sea.expect("kim", "can't save anything just now")
        on_the_floor(bot, what)
        mend(disk)
        recovered(bot)
    finally:
        bot.close()
        disk.close()


def case_full_at_start():
    on_disk(True, Disk.fill, Disk.empty, "full|No space|cannot be written")


def case_full():
    on_disk(False, Disk.fill, Disk.empty, "cause=full")


def case_read_only_at_start():
    on_disk(True, lambda disk: disk.remount("ro"), lambda disk: disk.remount("rw"), "Read-only file system")


def case_unreadable_folder():
    # Nothing is unreadable to root: then another user runs it.
    late_start(lambda bot: bot.state.chmod(0), lambda bot: bot.state.chmod(0o700), "Permission denied",
               user=None if os.geteuid() else 65534)


def case_folder_gone():
    """As when a disk is unmounted under the bot: nothing is made in its place, and it is taken up when it is back."""
    bot = Bot()
    try:
        healthy_life(bot)
        bot.start()
        kept = bot.state.parent / "kept"
        shutil.copytree(bot.state, kept, ignore=shutil.ignore_patterns("control", "*.sock"))
        shutil.rmtree(bot.state)
        bot.sea.say("kim", "bot", "timezone Europe/Berlin")
        on_the_floor(bot, "event=floor_only")
        time.sleep(20)  # it was tried again several times meanwhile
        assert not bot.state.exists() or not list(bot.state.glob("mooring.db*")), sorted(bot.state.iterdir())
        shutil.rmtree(bot.state, ignore_errors=True)
        kept.rename(bot.state)
        recovered(bot)
    finally:
        bot.close()


# ---- syncs that fail or take long ------------------------------------------------------------------

WATCHDOG_S = 30  # as systemd/mooring.service.in has it


def with_syncs(work):
    """The daemon unchanged, on a disk whose syncs do what a file says: "milliseconds errno"."""
    with tempfile.TemporaryDirectory() as folder:
        library, orders = pathlib.Path(folder) / "bad_disk.so", pathlib.Path(folder) / "orders"
        orders.write_text("0 0")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, ROOT / "tests/support/bad_disk.c"], check=True)
        # A sanitizer's runtime has to come first.
        needs = subprocess.run(["ldd", MOORING], capture_output=True, text=True, check=True).stdout
        asan = re.search(r"libasan\S* => (\S+)", needs)
        preload = f"{asan.group(1)} {library}" if asan else str(library)
        bot = Bot(preload={"LD_PRELOAD": preload, "BAD_DISK": str(orders), "WATCHDOG_USEC": str(WATCHDOG_S * 1000000)})
        try:
            work(bot, orders)
        finally:
            bot.close()


def case_failing_syncs():
    def work(bot, orders):
        healthy_life(bot)
        bot.start()
        orders.write_text("0 5")
        bot.sea.say("kim", "bot", "checkin m1 c9 k1")
        bot.sea.expect("kim", "can't save anything just now")
        on_the_floor(bot, "cause=broken")
        orders.write_text("0 0")
        recovered(bot)
    with_syncs(work)


def slow(ms, card_within):
    """Reading keeps up, a burst shares its commits, the card comes first, nobody is taken for slow, the watchdog is fed."""
    def work(bot, orders):
        sea = bot.sea
        bot.start()
        for who in ("kim", "ana", "ben"):  # they are members already
            sea.say(who, "bot", "checkin m6 c3 k8")
            sea.expect(who, "mood 6", 20)
        sea.forget()
        orders.write_text(f"{ms} 0")
        for i in range(30):
            sea.say("kim" if i % 2 else "ben", "bot", "!undo" if i % 3 == 2 else f"checkin m{i % 10} c3 k8")
        began = time.monotonic()
        sea.say("ana", "#harbor", "I want to die")
        sea.expect("ana", CARD, card_within + 5)
        card = sea.heard("ana", CARD)[0] - began
        sea.expect("#bridge", r"ALERT \d+, tier 3, suicide, from ana", card_within + 10)
        page = sea.heard("#bridge", "ALERT")[0] - began
        answers = len(sea.heard("kim", ".") + sea.heard("ben", "."))
        print(f"    {ms} ms a sync: the card after {card:.1f} s, the page after {page:.1f} s, {answers} of 30 answers before", flush=True)
        assert card <= card_within, card
        assert bot.health()[0] == 200
        assert "plugin_slow" not in bot.text() and "quarantin" not in bot.text() and "floor_only" not in bot.text(), bot.text()
        if ms >= 1000:
            time.sleep(WATCHDOG_S)
            gaps = [b - a for a, b in zip([began, *bot.manager.fed], [*bot.manager.fed, time.monotonic()]) if b > began]
            print(f"    the watchdog was fed after {max(gaps):.0f} s of {WATCHDOG_S} at the latest", flush=True)
            assert max(gaps) < WATCHDOG_S, gaps
        orders.write_text("0 0")
        sea.expect("kim", "mood", 30)
        bot.stop()
    with_syncs(work)


def case_slow_syncs():
    slow(100, 5)


def case_very_slow_syncs():
    slow(5000, 60)


# ---- the WAL ---------------------------------------------------------------------------------------

def torn_wal(tear, what):
    bot = Bot()
    try:
        healthy_life(bot)
        bot.start()
        bot.sea.say("kim", "bot", "checkin m7 c2 k9")
        bot.sea.expect("kim", "mood 7")
        time.sleep(1.2)
        bot.stop(signal.SIGKILL)
        bot.sea.forget()
        wal = bot.state / "mooring.db-wal"
        good = wal.read_bytes()
        assert good, "there is no WAL to tear"
        tear(wal, good)
        before = bot.files()
        bot.start()
        on_the_floor(bot, what)
        assert bot.files() == before, "the state folder was changed"
        wal.write_bytes(good)
        recovered(bot, history="mood 7|7")
    finally:
        bot.close()


def case_torn_wal():
    torn_wal(lambda wal, good: wal.write_bytes(b"\xa5" * 32 + good[32:]), "mooring.db-wal")


def main():
    names = sys.argv[3:] or [name[5:] for name in globals() if name.startswith("case_")]
    for name in names:
        started = time.monotonic()
        globals()["case_" + name]()
        print(f"{name}: answered once, paged, shown, and whole again ({time.monotonic() - started:.0f} s)", flush=True)
    print(f"{len(names)} causes: each call for help was answered once, paged and shown, and the state was whole again", flush=True)


main()
