# SPDX-License-Identifier: MIT
"""The service's whole life under a real systemd: installed, started, reloaded, frozen, killed, upgraded, removed.

systemd.py: builds build/release when it is not up to date, boots a small Debian in a container (nspawn.py), and does there
what docs/ADMIN.md tells an administrator to do, while a member talks to the bot through an ngIRCd beside it."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import nspawn
import release
from person import Person

SOURCE = os.path.realpath(os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", "..")))
RELEASE = release.RELEASE
BOT, PORT = "harbor-bot", 6667
SEA_PASSWORD = "a rope of many strands"
SUFFIX = "-next"
WATCHDOG_SECONDS = 4
IRC = f"""[Global]
Name = irc.sea.example
Info = A server for one test
AdminInfo1 = nobody
Listen = 127.0.0.1
Ports = {PORT}
MotdPhrase = Welcome
Password = {SEA_PASSWORD}
ServerUID = irc
ServerGID = irc
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 16
[Options]
DNS = no
Ident = no
PAM = no
"""
CONFIG = f"""
networks = ( {{ name = "sea";  kind = "irc";  host = "127.0.0.1";  port = {PORT};  tls = false;  nicks = ["{BOT}"];
  username = "mooring";  realname = "Peer-support bot. Contact: mara";  identity = "nick";  flood_lines = 8;
  flood_seconds = 1;  password_credential = "sea-password"; }} );
groups = ( {{ name = "harbor";  zone = "Etc/UTC";  country = "US";  rooms = ( {{ network = "sea";  room = "#harbor"; }} );
  alert_room = {{ network = "sea";  room = "#bridge"; }};
  moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} );  on_call = ( {{ who = "Mara"; }} ); }} );
"""
# What an administrator adds; and what makes systemd impatient, so that the test need not wait, and so that six deaths are
# more than systemd would forgive by default (five in ten seconds).
DROP_IN = f"""[Service]
{{key}}LoadCredentialEncrypted=sea-password:/etc/mooring/sea-password.cred
WatchdogSec={WATCHDOG_SECONDS}
RestartSec=200ms
"""
SEALED_KEY = "LoadCredential=\nLoadCredentialEncrypted=master-key:/etc/mooring/master-key.cred\n"
UNIT = "mooring.service"


STARTED = time.monotonic()


def step(text):
    print(f"  {time.monotonic() - STARTED:5.1f} s  {text}", flush=True)


class Service:
    """mooring.service in the container."""

    def __init__(self, machine):
        self.machine = machine

    def show(self, name):
        return self.machine.run("systemctl", "show", "--value", "--property", name, UNIT).stdout.strip()

    def pid(self):
        """As the container numbers it."""
        return int(self.show("MainPID"))

    def host_pid(self, pid):
        """The same as we number it: a child of the container's systemd of that number inside."""
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/status", encoding="utf-8") as file:
                    numbers = re.search(r"^NSpid:\s+(.*)$", file.read(), re.M).group(1).split()
                if name.isdigit() and len(numbers) > 1 and int(numbers[-1]) == pid and \
                        os.readlink(f"/proc/{name}/ns/pid") == os.readlink(f"/proc/{self.machine.leader}/ns/pid"):
                    return int(name)
            except (OSError, AttributeError):
                continue
        raise AssertionError(f"process {pid} of the container was not found")

    def kill(self, number):
        os.kill(self.host_pid(self.pid()), number)

    def journal(self, *more):
        return self.machine.run("journalctl", "--no-pager", "--output=short-monotonic", "--unit", UNIT, *more).stdout

    def wait_until(self, what, holds, seconds=40):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {seconds} s\n{self.status()}")

    def status(self):
        return self.machine.run("systemctl", "status", "--no-pager", "--lines=30", UNIT, check=False).stdout

    def wait_joined(self):
        """The process that runs now is in both rooms."""
        self.wait_until("joined", lambda: self.journal("_SYSTEMD_INVOCATION_ID=" + self.show("InvocationID"))
                        .count("event=irc_joined") >= 2)


# ---- install and start -------------------------------------------------------------------------

def install(machine, prefix_command=()):
    done = subprocess.run([*prefix_command, "cmake", "--install", RELEASE], env=dict(os.environ, DESTDIR=machine.root),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def write(machine, path, text, mode=0o644):
    full = machine.root + path
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(full, mode)


def prepare(machine, service):
    step("installed by cmake --install; the units are without fault for systemd itself")
    install(machine)
    assert os.path.exists(machine.root + "/etc/mooring/mooring.cfg"), "no configuration was installed"
    machine.run("systemctl", "daemon-reload")
    for unit in units(machine):
        said = machine.run("systemd-analyze", "verify", "--man=no", unit)
        assert said.stdout + said.stderr == "", said.stdout + said.stderr
    shipped = {name: service.show(name) for name in ("Restart", "RestartUSec", "StartLimitIntervalUSec", "Type")}
    assert shipped == {"Restart": "always", "RestartUSec": "5s", "StartLimitIntervalUSec": "0", "Type": "notify"}, shipped
    step("without a key it does not start, says why, and goes on trying")
    write(machine, "/etc/mooring/mooring.cfg", CONFIG)
    refused = machine.run("systemctl", "start", UNIT, check=False)
    assert refused.returncode != 0 and service.show("ActiveState") == "activating", service.status()
    assert "mooring key new /etc/mooring/master-key" in service.journal(), service.journal()
    step("a key; a password sealed to this machine; the configuration has no mistakes")
    machine.run("mooring", "key", "new", "/etc/mooring/master-key")
    machine.run("systemd-creds", "encrypt", "--name=sea-password", "-", "/etc/mooring/sea-password.cred", text=SEA_PASSWORD)
    write(machine, "/etc/systemd/system/mooring.service.d/credentials.conf", DROP_IN.format(key=""))
    machine.run("mooring", "check", "/etc/mooring/mooring.cfg")


def units(machine):
    folder = machine.root + "/usr/local/lib/systemd/system"
    return sorted(os.listdir(folder))


def start(machine, service):
    write(machine, "/etc/ngircd/ngircd.conf", IRC)
    machine.run("systemctl", "restart", "ngircd")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", UNIT)
    assert service.show("ActiveState") == "active" and service.show("SubState") == "running", service.status()
    service.wait_joined()
    service.wait_until("the status line says ok", lambda: service.show("StatusText") == "ok")


# ---- the sandbox -------------------------------------------------------------------------------

def field(text, name):
    return re.search(rf"^{re.escape(name)}:?\s+(.*)$", text, re.M).group(1).strip()


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def sandbox(machine, service):
    step("it is nobody, may do nothing, and sees nothing that it does not need")
    machine.run("systemd-analyze", "security", "--threshold=15", "--no-pager", UNIT)
    inner = service.pid()
    pid = service.host_pid(inner)
    status = read(f"/proc/{pid}/status")
    uid = int(field(status, "Uid").split()[0])
    assert 61184 <= uid <= 65519, f"no dynamic user: {uid}"
    assert field(status, "NoNewPrivs") == "1" and field(status, "Seccomp") == "2", status
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(field(status, kind), 16) == 0, (kind, status)
    limits = read(f"/proc/{pid}/limits")
    assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.M), limits
    assert int(read(f"/proc/{pid}/coredump_filter"), 16) == 0
    assert os.stat(f"/proc/{pid}/fd").st_uid == 0, "the kernel would write a core of it"  # not dumpable: root's alone
    assert int(field(status, "VmLck").split()[0]) > 0, "its keys are not locked in memory"
    assert service.show("OOMScoreAdjust") == "-500"  # the kernel takes it only where root has all capabilities
    inside = ["nsenter", "--target", str(inner), "--mount", "--"]
    for place in ("/usr/bin/x", "/etc/mooring/x", "/etc/x", "/var/x"):
        assert machine.run(*inside, "sh", "-c", f": > {place}", check=False).returncode != 0, f"{place} can be written"
    assert not machine.run(*inside, "ls", "-A", "/home", check=False).stdout.strip()
    assert machine.run(*inside, "ls", "/dev").stdout.split().count("tty") <= 1
    state = machine.root + "/var/lib/private/mooring"
    assert {name for name in os.listdir(state)} >= {"mooring.db", "keyring"}, os.listdir(state)
    assert os.stat(state).st_mode & 0o777 == 0o700 and os.stat(state).st_uid == uid, os.stat(state)
    for name in os.listdir(state):
        assert os.stat(os.path.join(state, name)).st_mode & 0o077 == 0, f"{name} is not for its owner alone"
    assert "master-key" in machine.run("ls", "/run/credentials/mooring.service").stdout
    return uid


# ---- talking -----------------------------------------------------------------------------------

def person(nick, *channels):
    return Person(nick, PORT, channels, SEA_PASSWORD)


def talk(ana, mara):
    step("a member checks in, calls for help, and is answered; the team is paged")
    ana.say(BOT, "consent checkins yes")
    ana.expect_from(BOT, ana.nick, "checkins|check-ins")
    ana.say(BOT, 'checkin m6 c3 k8 "walk after lunch"')
    ana.expect_from(BOT, ana.nick, r"mood 6")
    ana.say("#harbor", "I can't go on, I want to die")
    ana.expect_from(BOT, ana.nick, "988")
    mara.expect_from(BOT, "#bridge", r"ALERT \d+, tier [34]", 20)
    mara.say("#bridge", "!ack")
    mara.expect_from(BOT, "#bridge", "Mara|mara|yours")


def answered(ana, command="!meetings"):
    """Gives the bot's nick: the server may still hold the first choice for one that was killed a moment ago."""
    ana.say("#harbor", command)
    return ana.expect(rf"(?i)^:({BOT}_*)!\S+ NOTICE #harbor :?.*meetings", 30).group(1)


def remembers(ana):
    """By whatever nick: the bot may have its first choice back between the question and the answer, or just before it."""
    tries = 2
    for left in reversed(range(tries)):
        ana.say(answered(ana), "checkin history")
        try:
            ana.expect(rf"(?i)^:{BOT}_*!\S+ (?:PRIVMSG|NOTICE) {ana.nick} :?.*mood 6", 20)
            return
        except AssertionError:
            if not left:
                raise


# ---- reload ------------------------------------------------------------------------------------

def reload(machine, service, ana):
    step("a bad configuration is refused: the reload fails, the status line tells, the old one goes on")
    pid = service.pid()
    write(machine, "/etc/mooring/mooring.cfg", CONFIG + 'colour = 3;\nprefix = "?";\n')
    bad = machine.run("systemctl", "reload", UNIT, check=False)
    assert bad.returncode != 0, "the reload did not fail"
    assert service.show("ActiveState") == "active" and service.pid() == pid, service.status()
    assert "the last reload was refused (1 mistake" in service.show("StatusText"), service.status()
    assert "colour: unknown option" in service.journal()
    answered(ana)
    step("a good one is taken, by systemctl and by SIGHUP")
    write(machine, "/etc/mooring/mooring.cfg", CONFIG + 'prefix = "?";\n')
    machine.run("systemctl", "reload", UNIT)
    assert service.show("StatusText") == "ok" and service.pid() == pid, service.status()
    answered(ana, "?meetings")
    write(machine, "/etc/mooring/mooring.cfg", CONFIG)
    machine.run("systemctl", "kill", "--signal=HUP", UNIT)
    service.wait_until("taken", lambda: service.journal().count("event=config_reloaded") >= 2)
    service.wait_until("active again", lambda: service.show("SubState") == "running")
    answered(ana)


# ---- the bad night -----------------------------------------------------------------------------

def struck(service, ana, what, result, number):
    """The main process is struck down; a new one answers as before."""
    pid, restarts = service.pid(), int(service.show("NRestarts"))
    started = time.monotonic()
    service.kill(number)
    service.wait_until(f"{what}: started again", lambda: int(service.show("NRestarts")) > restarts and service.pid() not in (0, pid))
    assert result in service.journal(), service.journal()
    service.wait_joined()
    step(f"{what}: answering again after {time.monotonic() - started:.1f} s")
    remembers(ana)


def bad_night(machine, service, ana):
    struck(service, ana, "its loop stands still", "Watchdog timeout", signal.SIGSTOP)
    struck(service, ana, "kill -9", "status=9/KILL", signal.SIGKILL)
    struck(service, ana, "it crashes", "status=11/SEGV", signal.SIGSEGV)
    cores = [name for name in os.listdir(machine.root + "/var/lib/private/mooring") if name.startswith("core")]
    cores += [name for name in os.listdir(machine.root) if name.startswith("core")]
    assert not cores and "core-dump" not in service.journal(), (cores, service.journal())
    step("six deaths in a row do not make systemd give up")
    for _ in range(6):
        pid = service.pid()
        service.kill(signal.SIGKILL)
        service.wait_until("started", lambda: service.pid() not in (0, pid) and service.show("SubState") == "running")
    service.wait_joined()
    answered(ana)


# ---- upgrade and removal -----------------------------------------------------------------------

def backup(machine, service):
    step("a backup of the running bot, by the timer's service")
    machine.run("systemctl", "enable", "--now", "mooring-backup.timer")
    assert "mooring-backup.timer" in machine.run("systemctl", "list-timers", "--no-pager").stdout
    machine.run("systemctl", "start", "mooring-backup.service")
    states = machine.root + "/var/lib/private"
    copies = os.listdir(states + "/mooring-backup")
    assert len(copies) == 1 and re.fullmatch(r"mooring-\d{8}T\d{6}Z\.backup", copies[0]), copies
    assert os.listdir(states + "/mooring-keyring") == ["keyring"]
    for path in (f"{states}/mooring-backup/{copies[0]}", f"{states}/mooring-keyring/keyring"):
        status = os.stat(path)
        assert status.st_mode & 0o077 == 0 and status.st_size > 4096, (path, status)
    with open(f"{states}/mooring-backup/{copies[0]}", "rb") as file:
        assert b"walk after lunch" not in file.read()


def upgrade(machine, service, ana, folder):
    step("another version is installed over the running one, which goes on until it is restarted")
    other = os.path.join(folder, "next")
    shutil.copytree(RELEASE, other, symlinks=True)
    pid, before = service.pid(), machine.run("mooring", "version").stdout.strip()
    script = (f'mount --bind "{other}" "{RELEASE}" && cmake -DMOORING_VERSION_SUFFIX={SUFFIX} "{RELEASE}" >/dev/null && '
              f'ninja -C "{RELEASE}" >/dev/null && exec cmake --install "{RELEASE}"')
    # Only this command sees the other version in the release's place.
    install(machine, ["unshare", "--mount", "sh", "-ec", script, "sh"])
    after = machine.run("mooring", "version").stdout.strip()
    assert after == before + SUFFIX, (before, after)
    assert read(machine.root + "/etc/mooring/mooring.cfg") == CONFIG, "the administrator's file was overwritten"
    remembers(ana)
    assert service.pid() == pid
    step("from now on its master key is sealed to this machine as well")
    machine.run("systemd-creds", "encrypt", "--name=master-key", "/etc/mooring/master-key", "/etc/mooring/master-key.cred")
    os.remove(machine.root + "/etc/mooring/master-key")
    write(machine, "/etc/systemd/system/mooring.service.d/credentials.conf", DROP_IN.format(key=SEALED_KEY))
    machine.run("systemctl", "daemon-reload")
    started = time.monotonic()
    machine.run("systemctl", "restart", UNIT)
    took = time.monotonic() - started
    assert took < 4, f"the restart took {took:.1f} s"
    assert f"event=started version={after.split()[1]}" in service.journal(), service.journal()
    service.wait_joined()
    remembers(ana)
    step(f"the new one runs, with what the old one kept (restart {took:.1f} s)")


def remove(machine, service, uid):
    step("stopped, disabled and uninstalled: configuration, key and data stay, nothing else")
    machine.run("systemctl", "disable", "--now", UNIT, "mooring-backup.timer")
    assert service.show("ActiveState") == "inactive" and service.show("Result") == "success", service.status()
    done = subprocess.run(["cmake", "--build", RELEASE, "--target", "uninstall"], env=dict(os.environ, DESTDIR=machine.root),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    machine.run("systemctl", "daemon-reload")
    left = subprocess.run(["find", machine.root, "-xdev", "-iname", "*mooring*", "-not", "-path", "*/var/log/journal/*"],
                          capture_output=True, text=True, check=True).stdout.split()
    left = {path[len(machine.root):] for path in left}
    expected = {"/etc/mooring", "/etc/mooring/mooring.cfg", "/etc/systemd/system/mooring.service.d", "/var/lib/mooring",
                "/var/lib/private/mooring", "/var/lib/private/mooring/mooring.db", "/var/lib/mooring-backup", "/var/lib/mooring-keyring",
                "/var/lib/private/mooring-backup", "/var/lib/private/mooring-keyring",
                "/var/lib/systemd/timers/stamp-mooring-backup.timer"}
    left = {path for path in left if not path.endswith(".backup")}
    assert left == expected, left ^ expected
    alive = machine.run("find", "/proc", "-maxdepth", "1", "-user", str(uid)).stdout
    assert not alive, f"processes of its user are left: {alive}"


def story(machine, folder):
    service = Service(machine)
    try:
        prepare(machine, service)
        start(machine, service)
        ana, mara = person("Ana", "#harbor"), person("mara", "#bridge")
        uid = sandbox(machine, service)
        talk(ana, mara)
        reload(machine, service, ana)
        bad_night(machine, service, ana)
        backup(machine, service)
        upgrade(machine, service, ana, folder)
        log = service.journal()
        remove(machine, service, uid)
        for word in ("walk after lunch", "want to die", "can't go on", SEA_PASSWORD):
            assert word not in log, f"the journal holds what somebody said, or a secret: {word}"
    except Exception:
        print(service.status() + service.journal()[-8000:], flush=True)
        raise


def main():
    os.environ.pop("NOTIFY_SOCKET", None)
    nspawn.need_nspawn()
    release.build()
    archive = nspawn.root_archive(os.path.join(SOURCE, "build", "systemd"))
    with tempfile.TemporaryDirectory() as folder:
        machine = nspawn.Machine(archive, folder)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ctest's time-out: the container goes too
        try:
            machine.boot()
            machine.enter_network()
            story(machine, folder)
        finally:
            machine.end()
    print(f"passed after {time.monotonic() - STARTED:.0f} s", flush=True)


if __name__ == "__main__":
    main()
