#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad input at the start: one clear line each that says what to do, exit code 1, nothing overwritten.  At a later start a state
that cannot be used leaves the floor standing: the line is in the log then, and the daemon runs.

usage: bad_input.py MOORING PLUGINS TEST_PLUGINS CONFIG
"""
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

MOORING, PLUGINS, TEST_PLUGINS, CONFIG = (pathlib.Path(argument).resolve() for argument in sys.argv[1:5])

BASE = """networks = ( { name = "libera"; kind = "irc"; host = "127.0.0.1"; port = 9; tls = false; identity = "nick"; } );
groups = ( { name = "harbor"; zone = "America/New_York"; country = "US";
    rooms = ( { network = "libera"; room = "#harbor"; } );
    alert_room = { network = "libera"; room = "#bridge"; };
    moderators = ( { network = "libera"; account = "mara"; name = "Mara"; } );
} );
plugins = [%(plugins)s];
plugin_folder = "%(plugin_folder)s";
state_folder = "%(state)s";
credentials_folder = "%(folder)s";
%(more)s
"""

failures = []


class Place:
    """A folder with a good configuration, a key, the texts and the plugins; each test spoils one thing."""

    def __init__(self, folder, plugins='"coping"', more="", state=None):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "mooring.cfg"
        self.key = self.folder / "master-key"
        self.state = pathlib.Path(state) if state else self.folder / "state"
        for name in ("text", "coping", "crisis"):
            link = self.folder / name
            if not link.exists():
                link.symlink_to(CONFIG / name)
        plugin_folder = self.folder / "plugins"
        plugin_folder.mkdir(exist_ok=True)
        for library in list(PLUGINS.glob("*.so")) + list(TEST_PLUGINS.glob("*.so")):
            link = plugin_folder / library.name
            if not link.exists():
                link.symlink_to(library)
        self.config.write_text(BASE % {"plugins": plugins, "plugin_folder": plugin_folder, "state": self.state, "folder": folder, "more": more})
        if not self.key.exists():
            subprocess.run([MOORING, "key", "new", self.key], check=True, stdout=subprocess.DEVNULL)

    def files(self):
        """Every byte below the folder, but what links point to."""
        return {path: path.read_bytes() for path in sorted(self.folder.rglob("*"))
                if path.is_file() and not path.is_symlink() and "plugins" not in path.parts and "text" not in path.parts}

    def start(self, command="run"):
        arguments = [MOORING, "check", self.config] if command == "check" else [MOORING, command, "--config", self.config]
        return subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                              check=False)

    def first_start(self):
        """A start that is good, and its orderly end: afterwards database and keyring exist."""
        process = subprocess.Popen([MOORING, "run", "--config", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if "event=started" in line:
                break
        else:
            sys.exit("the good configuration does not start")
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        if process.wait(30) != 0:
            sys.exit("the good start does not end well: %d" % process.returncode)


def said(result):
    """What is for people; log lines are events with fields."""
    return [line for line in result.stderr.splitlines() if line and " event=" not in line and not line.startswith("<")]


def expect(name, place, lines, *parts, command="run"):
    """One line for each mistake, with these parts in it; exit code 1; nothing changed."""
    before = place.files()
    started = time.monotonic()
    result = place.start(command)
    took = time.monotonic() - started
    heard = said(result)
    text = "\n".join(heard)
    wrong = []
    if result.returncode != 1:
        wrong.append("exit code %d" % result.returncode)
    if len(heard) != lines:
        wrong.append("%d lines instead of %d" % (len(heard), lines))
    wrong += ["\"%s\" is not said" % part for part in parts if part not in text]
    if place.files() != before:
        wrong.append("files changed: %s" % [str(path) for path, bytes_ in place.files().items() if before.get(path) != bytes_])
    if took > 20:
        wrong.append("it took %d s" % took)
    if wrong:
        failures.append("%s (%s): %s\n%s" % (name, command, "; ".join(wrong), result.stderr))


def expect_floor(name, place, *parts):
    """Later somebody may be calling for help: it runs on the floor alone, says why in one line, and changes nothing."""
    before = place.files()
    process = subprocess.Popen([MOORING, "run", "--config", place.config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    line, heard = "", []
    for line in process.stderr:
        heard.append(line)
        if "event=floor_only" in line:
            break
    process.send_signal(signal.SIGTERM)
    heard.append(process.stderr.read())
    wrong = ["\"%s\" is not said" % part for part in parts if part not in line]
    if process.wait(30) != 0:
        wrong.append("exit code %d" % process.returncode)
    if "level=error" not in line or " do=" not in line:
        wrong.append("no error line that says what to do")
    if place.files() != before:
        wrong.append("files changed: %s" % [str(path) for path, bytes_ in place.files().items() if before.get(path) != bytes_])
    if wrong:
        failures.append("%s (floor): %s\n%s" % (name, "; ".join(wrong), "".join(heard)))


def both(name, place, lines, *parts):
    expect(name, place, lines, *parts)
    expect(name, place, lines, *parts, command="check")


def configuration(folder):
    place = Place(folder)
    place.config.write_text("networks = (\n  { name = ;\n")
    both("malformed configuration", place, 1, "mooring.cfg:2: ")
    place.config.write_bytes(b"\x00\xff\xfe binary \x00")
    both("a configuration that is no text", place, 1, "mooring.cfg: this is not UTF-8 text")
    place.config.unlink()
    both("no configuration", place, 1, str(place.config))
    place.config.mkdir()
    both("a folder for a configuration", place, 1, str(place.config))
    place.config.rmdir()
    both("unknown option", Place(folder, more='prefx = "?";'), 1, "mooring.cfg:11: prefx: unknown option. Did you mean \"prefix\"?")
    both("a plugin's unknown option", Place(folder, more="coping = { coulour = 1; };"), 1, "mooring.cfg:11: coping.coulour: ")
    both("value out of range", Place(folder, more="inbox = { seen_days = 0; };"), 1, "mooring.cfg:11: inbox.seen_days: ")
    both("wrong type", Place(folder, more="bot_name = 3;"), 1, "mooring.cfg:11: bot_name: ")
    both("every mistake is told", Place(folder, more='bot_name = 3;\nprefx = "?";'), 2, "mooring.cfg:11: ", "mooring.cfg:12: ")


def own_profile(folder):
    """Beside the configuration lies a network's profile of its own, and nothing else of ours."""
    folder = pathlib.Path(folder)
    config, profile = folder / "mooring.cfg", folder / "networks" / "mine.cfg"
    profile.parent.mkdir()
    config.write_text("""state_folder = "%s";
networks = ( { name = "sea"; kind = "irc"; host = "127.0.0.1"; nicks = ["harbor-bot"]; profile = "mine"; } );
groups = ( { name = "harbor"; title = "Harbor"; zone = "Etc/UTC"; country = "US"; language = "en";
  rooms = ( { network = "sea"; room = "#harbor"; } ); alert_room = { network = "sea"; room = "#watch"; };
  moderators = ( { network = "sea"; account = "mara"; name = "Mara"; } ); } );
plugins = ["checkin"];
""" % (folder / "state"))
    for text, code, part in ((b'title = "Mine";\n', 0, "no mistakes"), (b'title = "Mine";\ntytle = 1;\n', 1, "networks/mine.cfg:2: tytle"),
                             (b"\x00\xff\xfe", 1, "networks/mine.cfg: this is not UTF-8 text")):
        profile.write_bytes(text)
        result = subprocess.run([MOORING, "check", config], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        if result.returncode != code or part not in result.stdout:
            failures.append("a profile of one's own: exit code %d: %s" % (result.returncode, result.stdout))


def plugins(folder):
    both("missing plugin", Place(folder, '"absent"', "absent = { level = 3; };"), 1, 'plugin "absent" cannot be loaded', "Remove it from plugins")
    both("another major version", Place(folder, '"other-major"'), 1, "was built for version 2", "build it again")
    both("a plugin that is no plugin", Place(folder, '"no-entry"'), 1, "does not export mooring_plugin_entry")
    both("a plugin of another name", Place(folder, '"misnamed"'), 1, 'calls itself "somebody"')
    both("a plugin named twice", Place(folder, '"coping", "coping"'), 1, "is named twice")
    place = Place(folder, '"damaged"')
    (place.folder / "plugins/damaged.so").write_text("this is no library")
    both("a damaged library", place, 1, 'plugin "damaged" cannot be loaded')


def keys(folder):
    place = Place(folder)
    place.key.unlink()
    expect("missing key", place, 1, "master-key", "mooring key new")
    place.key.write_text("secret\n")
    expect("a key that is none", place, 1, "64 hexadecimal digits")
    place.key.write_text("00" * 33)
    expect("a key that is too long", place, 1, "64 hexadecimal digits")
    place.key.write_text("")
    expect("an empty key", place, 1, "master-key")
    place.key.unlink()
    place = Place(folder)
    place.first_start()
    good = place.key.read_bytes()
    place.key.write_text("11" * 32 + "\n")
    expect_floor("wrong key", place, "the master key is not the one")
    place.key.write_bytes(good)
    place.first_start()  # nothing was harmed
    result = subprocess.run([MOORING, "key", "new", place.key], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 1 or "never be overwritten" not in result.stderr or place.key.read_bytes() != good:
        failures.append("a key in use was overwritten, or not told: %s" % result.stderr)


def states(folder):
    blocked = pathlib.Path(folder) / "file"
    blocked.write_text("a file, not a folder")
    expect("state folder below a file", Place(folder, state=blocked / "state"), 1, str(blocked))
    expect("a file for a state folder", Place(folder, state=blocked), 1, str(blocked))
    expect("a state folder that nobody can make", Place(folder, state="/proc/mooring"), 1, "/proc/mooring")


def databases(folder):
    place = Place(folder)
    place.first_start()
    database = place.state / "mooring.db"
    with sqlite3.connect(database) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA user_version = %d" % (version + 1000))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    expect("database of a newer version", place, 1, "newer")
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = %d" % version)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    good = database.read_bytes()
    database.write_bytes(b"this is no database " * 500)
    expect_floor("a file that is no database", place, str(database))
    database.write_bytes(good)
    keyring = place.state / "keyring"
    lost = place.key.read_bytes()
    place.key.unlink()
    expect_floor("a key that is lost later", place, "master-key")
    place.key.write_bytes(lost)
    kept = keyring.read_bytes()
    keyring.write_bytes(b"x" * len(kept))
    expect_floor("a damaged keyring", place, "keyring")
    keyring.unlink()
    expect_floor("a missing keyring", place, "keyring", "missing")


def command_line(folder):
    """A command that is not understood: that one is explained, not all of them."""
    for arguments, code, says in ((["statsu"], 2, "Did you mean status?"), (["key", "nwe"], 2, "key new FILE"),
                                  (["status", "--jsn"], 2, "[--json]"), (["backup", "--help"], 0, "[--keep N]")):
        done = subprocess.run([MOORING, *arguments], capture_output=True, text=True, timeout=20)
        said = done.stdout + done.stderr
        if done.returncode != code or says not in said or len(said.splitlines()) > 6 or "detect" in said:
            failures.append(f"mooring {' '.join(arguments)}: {done.returncode}, {said}")


def main():
    for test in (command_line, configuration, own_profile, plugins, keys, states, databases):
        with tempfile.TemporaryDirectory(prefix="mooring-bad-") as folder:
            test(folder)
    if failures:
        sys.exit("\n".join(failures))
    print("bad input: each is one clear line, exit code 1 (later: the floor alone), nothing overwritten")


main()
