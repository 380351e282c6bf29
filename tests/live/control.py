# SPDX-License-Identifier: MIT
"""The running bot is backed up, restored and given another master key through its socket, while people talk on a real
ngIRCd: what came before the backup is back, what is going on stays, who was forgotten stays forgotten.

control.py MOORING: MOORING is the daemon's binary."""
import glob
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time

from irc_story import Daemon
from ngircd import Ngircd
from person import Person

BOT = "harbor-bot"
CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = (
  {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = false;
    nicks = ["{bot}", "{bot}_"];  identity = "nick";  flood_lines = 50;  flood_seconds = 0; }}
);
groups = (
  {{ name = "harbor";  zone = "Etc/UTC";  country = "US";
    rooms = ( {{ network = "sea";  room = "#harbor"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} );
    on_call = ( {{ who = "Mara"; }} ); }}
);
plugins = ["checkin", "coping", "meetings", "crisis"];
"""


def step(text):
    print(f"  {text}", flush=True)


class House:
    """A folder with a configuration, a key, a state, and now and then a daemon."""

    def __init__(self, binary, folder, port):
        self.binary, self.folder = binary, folder
        self.config, self.state = os.path.join(folder, "mooring.cfg"), os.path.join(folder, "state")
        self.key = os.path.join(folder, "credentials", "master-key")
        self.backups, self.daemon = os.path.join(folder, "backups"), None
        source = os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
        for name in ("text", "coping", "crisis", "networks"):
            os.symlink(os.path.realpath(os.path.join(source, "config", name)), os.path.join(folder, name))
        os.mkdir(self.backups)
        os.mkdir(os.path.join(folder, "credentials"))
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, port=port, bot=BOT))
        assert self.run("key", "new", self.key)[0] == 0

    def run(self, *words, stdin=None):
        """A sub-command: its exit code, and what it said."""
        done = subprocess.run([self.binary, *words], capture_output=True, text=True, timeout=60, check=False, input=stdin)
        return done.returncode, done.stdout + done.stderr

    def ask(self, *words):
        return self.run(*words, "--config", self.config)

    def start(self, *options):
        self.daemon = Daemon.__new__(Daemon)
        self.daemon.process = subprocess.Popen([self.binary, "run", "--config", self.config, *options],
                                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                               stderr=subprocess.STDOUT, text=True, errors="replace")
        self.daemon.lines = []
        threading.Thread(target=self.daemon._read, daemon=True).start()
        self.daemon.wait_for("event=irc_joined", 2)

    def stop(self):
        assert self.daemon.stop() == 0, "the daemon did not end in good order"


def expect(result, code, pattern):
    assert result[0] == code and re.search(pattern, result[1]), f"expected {code}, {pattern!r}; came {result}"


def zone_of(person, pattern):
    person.say(BOT, "timezone")
    person.expect_from(BOT, person.nick, pattern)


def chatter(person, stop):
    """Talks until told, once at least: each is answered, also while the copy is made."""
    count = 0
    while count == 0 or not stop.is_set():
        person.say(BOT, "timezone")
        person.expect_from(BOT, person.nick, "Berlin")
        count += 1
        stop.wait(2)  # more would be a lot at once
    return count


def backup_while_people_talk(house, ana):
    step("a backup while people talk")
    stop, counted = threading.Event(), []
    talk = threading.Thread(target=lambda: counted.append(chatter(ana, stop)))
    talk.start()
    result = house.ask("backup", house.backups)
    stop.set()
    talk.join()
    expect(result, 0, "read back and opened")
    assert counted and counted[0] > 0, "nobody was answered meanwhile"
    (name,) = os.listdir(house.backups)
    path = os.path.join(house.backups, name)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, "rb") as file:
        head = file.read(4096)
    assert head.startswith(b"mooring backup 1\n") and b"mooring restore" in head
    return path


def the_keyrings_copy(house):
    step("the keyring's copy: one place, not beside the data, the old one overwritten")
    path = os.path.join(house.folder, "keys", "keyring")
    os.mkdir(os.path.dirname(path))
    expect(house.ask("backup", "--keyring", os.path.join(house.backups, "keyring")), 1, "beside the data")
    expect(house.ask("backup", "--keyring", path + "-2026-11-26"), 1, "never versioned")
    expect(house.ask("backup", "--keyring", path, os.path.dirname(path)), 1, "beside the data")
    expect(house.ask("backup", "--keyring", house.config), 1, "something else")
    expect(house.ask("backup", "--keyring", path), 0, "read back and opened")
    old = open(path, "rb")
    expect(house.ask("backup", "--keyring", path), 0, "read back and opened")
    assert set(old.read()) == {0}, "the copy that was replaced can still be read"
    assert os.listdir(os.path.dirname(path)) == ["keyring"]
    with open(path, "rb") as copy, open(os.path.join(house.state, "keyring"), "rb") as own:
        assert copy.read() == own.read()


def what_goes_on(house, ana, bob, mara):
    step("then: another zone, somebody is forgotten, somebody calls for help")
    ana.say(BOT, "timezone America/New_York")
    ana.expect_from(BOT, ana.nick, "New_York|New York")
    bob.say(BOT, "forget me")
    bob.expect_from(BOT, bob.nick, "I know nothing about you any more")
    ana.say(BOT, "I want to kill myself tonight")
    mara.expect_from(BOT, "#bridge", "#1|alert 1")


def audited(house, event):
    """How often it stands in the audit of the running bot."""
    database = sqlite3.connect(f"file:{os.path.join(house.state, 'mooring.db')}?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM audit WHERE event = ?", (event,)).fetchone()[0]
    finally:
        database.close()


def one_that_the_bot_cannot_start_on(house, path, ana):
    step("a restore after which the bot cannot start is taken back")
    ana.say(BOT, "timezone America/New_York")
    ana.expect_from(BOT, ana.nick, "New_York|New York")
    with open(house.config, encoding="utf-8") as file:
        good = file.read()
    with open(house.config, "a", encoding="utf-8") as file:
        file.write("colour = 3;\n")
    result = house.ask("restore", path)
    assert result[0] == 1, result
    house.daemon.wait_for("event=not_open_again")
    assert house.daemon.process.wait(20) == 1
    with open(house.config, "w", encoding="utf-8") as file:
        file.write(good)
    house.start()
    zone_of(ana, "New_York|New York")
    ana.say(BOT, "timezone Europe/Berlin")
    ana.expect_from(BOT, ana.nick, "Berlin")


def restore(house, path, ana, bob, mara):
    step("back to the backup, on the running bot")
    before = house.daemon.count("event=irc_joined")
    result = house.ask("restore", path)
    expect(result, 0, "open calls for help: 1")
    house.daemon.wait_for("event=database_restored")
    assert audited(house, "database restored") == 1
    house.daemon.wait_for("event=irc_joined", before + 2)
    step("what was then is back; the call for help is open; who was forgotten is unknown")
    zone_of(ana, "Berlin")
    mara.say(BOT, "alerts")
    mara.expect_from(BOT, mara.nick, "1.*tier [34].*nobody has taken it yet")
    zone_of(bob, "UTC")
    assert os.path.exists(os.path.join(house.state, "mooring.db.before-restore"))
    expect(house.ask("backup", "--keep", "2", house.backups), 0, "read back")
    assert not os.path.exists(os.path.join(house.state, "mooring.db.before-restore"))


def a_bad_file(house, path, ana):
    step("a damaged backup changes nothing")
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[9000] ^= 1
    bad = os.path.join(house.folder, "bad")
    with open(bad, "wb") as file:
        file.write(data)
    expect(house.ask("restore", bad), 1, "damaged or cut short")
    expect(house.ask("restore", house.config), 1, "not a backup")
    zone_of(ana, "Berlin")


def a_full_disk(house, ana):
    step("a disk that is full in the middle leaves nothing under the backup's name")
    there = sorted(os.listdir(house.backups))
    pid = house.daemon.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (180000, before[1]))
    result = house.ask("backup", house.backups)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    expect(result, 1, "failed")
    assert sorted(os.listdir(house.backups)) == there
    zone_of(ana, "Berlin")


def broken_off(house):
    step("a backup that is broken off leaves nothing; what is no backup is not overwritten; a folder is made")
    os.kill(house.daemon.process.pid, signal.SIGSTOP)
    asking = subprocess.Popen([house.binary, "backup", "--config", house.config, house.backups], stdout=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not glob.glob(os.path.join(house.backups, ".*.part")):
        assert time.monotonic() < end, "the backup does not begin"
        time.sleep(0.02)
    asking.terminate()
    assert asking.wait(10) == 128 + signal.SIGTERM
    assert not glob.glob(os.path.join(house.backups, ".*"))
    os.kill(house.daemon.process.pid, signal.SIGCONT)
    house.daemon.wait_for("event=copy_failed what=backup error=ECANCELED|event=backup_made", 3)
    expect(house.ask("backup", house.config), 1, "not overwritten")
    fresh = os.path.join(house.folder, "fresh")
    os.mkdir(fresh)
    for name, age in ((".mooring-20260101T000000Z.backup.part", 2 * 86400), (".mooring-20260102T000000Z.backup.part", 60)):
        with open(os.path.join(fresh, name), "w", encoding="ascii"):  # what a power cut left, and what may be at work
            os.utime(os.path.join(fresh, name), (time.time() - age,) * 2)
    for _ in range(2):
        expect(house.ask("backup", "--keep", "1", fresh), 0, "read back")
        time.sleep(1.1)  # names go by the second
    assert len(glob.glob(os.path.join(fresh, "*"))) == 1
    assert [name for name in os.listdir(fresh) if name.startswith(".")] == [".mooring-20260102T000000Z.backup.part"]


def a_kill_in_a_restore(house, path, ana):
    step("the daemon is killed in the middle of a restore: the old database, or the new one")
    for point in (1, 2, 3, 4):
        ana.say(BOT, "timezone America/New_York")
        ana.expect_from(BOT, ana.nick, "New_York|New York")
        house.stop()
        house.start("--die-at", f"backup-half:{point}")
        expect(house.ask("restore", path), 1, "went away")
        house.daemon.process.wait(10)
        house.start()
        zone_of(ana, "Berlin" if point == 4 else "New_York|New York")
        assert not glob.glob(os.path.join(house.state, "*incoming*"))


def who_may_ask(house, ana):
    step("strangers and garbage are turned away, and the bot goes on")
    path = os.path.join(house.state, "control")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    for text in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\n", b'{"verb":"nothing"}\n', b'{"verb":"backup"}\n'):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(path)
            line.sendall(text)
            assert json.loads(line.makefile().readline())["ok"] is False
    if os.getuid() == 0:
        for folder in (os.path.dirname(house.folder), house.folder, house.state):
            os.chmod(folder, 0o711)
        os.chmod(path, 0o666)
        stranger = ("import socket,os,sys;os.setuid(65534);s=socket.socket(socket.AF_UNIX);"
                    f"s.connect({path!r});print(s.makefile().readline())")
        said = subprocess.run([sys.executable, "-c", stranger], capture_output=True, text=True, timeout=20, check=False).stdout
        assert "EACCES" in said, f"a stranger was heard: {said!r}"
        os.chmod(path, 0o600)
        os.chmod(house.state, 0o700)
    zone_of(ana, "Berlin")


def rotate_with_a_kill(house, ana):
    step("the daemon is killed in the middle of a rotation: the old key goes on")
    house.stop()
    house.start("--die-at", "keyring-slot:40")
    expect(house.ask("key", "rotate"), 1, "went away")
    house.daemon.process.wait(10)
    assert house.daemon.process.returncode == -9
    house.start()
    zone_of(ana, "Berlin")
    step("once more: the new key, made by the first attempt, takes its place")
    with open(house.key, encoding="ascii") as file:
        old = file.read()
    with open(house.key + ".next", encoding="ascii") as file:
        new = file.read()
    expect(house.ask("key", "rotate"), 0, "the old one opens nothing")
    with open(house.key, encoding="ascii") as file:
        assert file.read() == new
    assert os.listdir(os.path.dirname(house.key)) == ["master-key"]
    zone_of(ana, "Berlin")
    house.stop()
    step("the old key opens nothing: the floor alone; with both keys, or the new one, all is there")
    with open(house.key, "w", encoding="ascii") as file:
        file.write(old)
    house.start()
    house.daemon.wait_for("event=floor_only cause=no-key")
    house.stop()
    with open(house.key + "-next", "w", encoding="ascii") as file:
        file.write(new)
    house.start()
    house.daemon.wait_for("master_key_next_in_use")
    zone_of(ana, "Berlin")
    house.stop()
    os.unlink(house.key + "-next")
    with open(house.key, "w", encoding="ascii") as file:
        file.write(new)


def on_paper(house):
    step("the key on paper, and typed in again")
    printed = subprocess.run([house.binary, "key", "print", house.key], stdout=subprocess.PIPE, text=True, timeout=20, check=True).stdout
    lines = re.findall(r"^ +\d\.  (.*)$", printed, re.MULTILINE)
    assert len(lines) == 4
    again = os.path.join(house.folder, "again")
    wrong = lines[1].replace(lines[1][0], "0" if lines[1][0] != "0" else "1", 1)
    expect(house.run("key", "read", again, stdin="\n".join([lines[0], wrong, *lines[2:]]) + "\n"), 1, "line 2 does not add up")
    assert not os.path.exists(again)
    expect(house.run("key", "read", again, stdin="\n".join(lines).upper() + "\n"), 0, "the mark")
    with open(again, encoding="ascii") as one, open(house.key, encoding="ascii") as other:
        assert one.read() == other.read()
    into_a_file = os.path.join(house.folder, "printed")
    with open(into_a_file, "w", encoding="ascii") as file:
        done = subprocess.run([house.binary, "key", "print", house.key], stdout=file, stderr=subprocess.PIPE, text=True, timeout=20, check=False)
    assert done.returncode == 1 and os.path.getsize(into_a_file) == 0


def without_a_daemon(house, ana):
    step("no daemon: a backup says so, a restore works, also over a database that is destroyed")
    expect(house.ask("backup", house.backups), 1, "mooring is not running, or its socket")
    assert not glob.glob(os.path.join(house.backups, ".*"))
    newest = sorted(glob.glob(os.path.join(house.backups, "*.backup")))[-1]
    database = os.path.join(house.state, "mooring.db")
    with open(database, "r+b") as file:
        file.write(b"\0" * 8192)
    expect(house.ask("restore", newest), 0, "none that could be read")
    step("a daemon that stands on nothing but the floor goes over to what is restored, by itself")
    with open(database, "r+b") as file:
        file.write(b"\0" * 8192)
    house.start()
    house.daemon.wait_for("event=floor_only")
    expect(house.ask("restore", newest), 0, "none that could be read")
    house.daemon.wait_for("event=floor_over")
    zone_of(ana, "Berlin")
    house.stop()
    expect(house.ask("key", "rotate"), 0, "the old one opens nothing")
    house.start()
    zone_of(ana, "Berlin")
    house.stop()


def story(binary, folder, server):
    house = House(binary, folder, server.port)
    mara = Person("mara", server.port, ["#harbor", "#bridge"])
    ana, bob = Person("ana", server.port, ["#harbor"]), Person("bob", server.port, ["#harbor"])
    house.start()
    try:
        for person in (ana, bob):
            person.say(BOT, "timezone Europe/Berlin")
            person.expect_from(BOT, person.nick, "Berlin")
        path = backup_while_people_talk(house, ana)
        the_keyrings_copy(house)
        what_goes_on(house, ana, bob, mara)
        restore(house, path, ana, bob, mara)
        a_bad_file(house, path, ana)
        a_full_disk(house, ana)
        broken_off(house)
        who_may_ask(house, ana)
        one_that_the_bot_cannot_start_on(house, path, ana)
        a_kill_in_a_restore(house, path, ana)
        rotate_with_a_kill(house, ana)
        on_paper(house)
        without_a_daemon(house, ana)
    except BaseException:
        print("\n".join(house.daemon.lines[-40:]), flush=True)
        raise
    finally:
        if house.daemon.process.poll() is None:
            house.daemon.process.kill()
            house.daemon.process.wait()
        for person in (ana, bob, mara):
            person.close()


def main():
    with tempfile.TemporaryDirectory(prefix="mooring-control-") as folder:
        for name in ("server", "house"):
            os.mkdir(os.path.join(folder, name))
        server = Ngircd(os.path.join(folder, "server"))
        server.start()
        try:
            story(os.path.abspath(sys.argv[1]), os.path.join(folder, "house"), server)
        finally:
            server.stop()
    print("control: all went as it should", flush=True)


if __name__ == "__main__":
    main()
