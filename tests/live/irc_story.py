# SPDX-License-Identifier: MIT
"""The whole bot on a real IRC server: a check-in, a tip, a reminder, a cry for help and a moderator who takes it.

irc_story.py MOORING [ergo|inspircd]: MOORING is the daemon's binary.  ngIRCd, the server without a word, has no services, so
that people are known by nick there; on the others the bot logs in, and people are known by account."""
import datetime
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

from ergo import Ergo
from inspircd import Inspircd
from ngircd import Ngircd
from person import Person

BOT, PASSWORD = "harbor-bot", "not-so-secret"
CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = (
  {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = {tls};  ca_file = "{ca_file}";
    nicks = ["{bot}", "{bot}_"];  username = "mooring";  realname = "Peer-support bot. Contact: mara";
    {identity}  flood_lines = 8;  flood_seconds = 1; }}
);
groups = (
  {{ name = "harbor";  title = "Harbor evening IOP";
    zone = "Etc/UTC";  country = "US";  language = "en";
    rooms = ( {{ network = "sea";  room = "#Harbor"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} );
    on_call = ( {{ who = "Mara"; }} );
    meetings = ( {{ title = "Evening IOP";  days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                   at = "{meeting_at}";  minutes = 90;  remind_minutes = [10]; }} ); }}
);
plugins = ["checkin", "coping", "meetings", "crisis"];
"""


class Daemon:
    """`mooring run`, its log kept for when something goes wrong."""

    def __init__(self, binary, config, environment=None, more=()):
        self.process = subprocess.Popen([binary, "run", "--config", config, *more], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                        env=environment)
        self.lines = []
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def count(self, pattern):
        return sum(re.search(pattern, line) is not None for line in list(self.lines))

    def wait_for(self, pattern, times=1, seconds=60):
        """Until so many lines of the log match."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.count(pattern) >= times:
                return
            if self.process.poll() is not None:
                raise AssertionError(f"the bot ended with {self.process.returncode}")
            time.sleep(0.05)
        raise AssertionError(f"the bot did not log {pattern!r} {times} times in {seconds} s")

    def stop(self):
        """Good order: exit code 0, and the sanitizers are content."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return -9


def reminder_moment():
    """A full minute that leaves the story enough time to begin: the meeting is ten minutes after it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(seconds=80)).replace(second=0, microsecond=0)


def identity(server):
    if isinstance(server, Ngircd):
        return 'identity = "nick";'
    return f'identity = "account";  sasl = {{ account = "{BOT}";  password_credential = "sea-password"; }};'


def somebody(server, nick, channels=()):
    """Logged in to services, where there are any, before they are seen in a channel."""
    person = Person(nick, server.port)
    if not isinstance(server, Ngircd):
        person.write(f"PRIVMSG NickServ :IDENTIFY {nick} {PASSWORD}")
        person.expect(rf"(?i) 900 {nick} |now logged in as {nick}", 10)
    for channel in channels:
        person.write(f"JOIN {channel}")
        person.expect(rf"(?i):\S+ 366 {nick} {re.escape(channel)} ", 10)
    return person


def accounts(server, folder):
    if isinstance(server, Ngircd):
        return
    for nick in (BOT, "mara", "Ben", "Ana"):
        server.register(nick, PASSWORD)
    path = os.path.join(folder, "credentials", "sea-password")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PASSWORD)
    os.chmod(path, 0o600)


def write_config(folder, server, tls, remind_at):
    config = os.path.join(os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", "..")), "config")
    for name in os.listdir(config):  # texts, tips and cards are looked for beside the file
        if os.path.isdir(os.path.join(config, name)):
            os.symlink(os.path.realpath(os.path.join(config, name)), os.path.join(folder, name))
    meeting = remind_at + datetime.timedelta(minutes=10)
    path = os.path.join(folder, "mooring.cfg")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(folder=folder, port=server.tls_port if tls else server.port, tls="true" if tls else "false",
                                 ca_file=server.certificate if tls else "", bot=BOT, identity=identity(server),
                                 meeting_at=meeting.strftime("%H:%M")))
    return path


def step(text):
    print(f"  {text}", flush=True)


def consent_and_checkin(ana):
    step("ana agrees, and checks in with one line")
    ana.say(BOT, "consent checkins yes")
    ana.expect_from(BOT, ana.nick, "checkins|check-ins")
    ana.say(BOT, 'checkin m6 c3 k8 tired "walk after lunch"')
    ana.expect_from(BOT, ana.nick, r"mood 6.*craving 3|6.*3.*8")
    step("ana checks in by the questions, and may skip each")
    ana.say(BOT, "checkin")
    ana.expect_from(BOT, ana.nick, "mood")
    for answer, question in (("7", "craving"), ("2", "sure|confiden"), ("skip", "hungry|any of these"),
                             ("skip", "today|intention|line")):
        ana.say(BOT, answer)
        ana.expect_from(BOT, ana.nick, question)
    ana.say(BOT, "skip")
    ana.expect_from(BOT, ana.nick, "mood 7")


def tip(ana):
    step("ana asks for a tip in the room, and is answered there by NOTICE")
    ana.say("#harbor", "!tip")
    ana.expect(rf"^:{BOT}!\S+ NOTICE #[Hh]arbor :?.{{20,}}")


def doctor(binary, folder, ana, server):
    """The way in is tried beside the running bot: nobody sees it, and the bot stays where it is."""
    step("mooring doctor tries the login beside the running bot")

    def ask(pattern):
        done = subprocess.run([binary, "doctor", "--config", os.path.join(folder, "mooring.cfg")], capture_output=True, text=True,
                              timeout=60, check=False)
        assert re.search(rf"(?m)^{pattern}", done.stdout), done.stdout + done.stderr
        return done.stdout

    print("    " + re.search(r"(?m)^ok +login .*", ask(r"ok +login +localhost:\d+: it lets the bot in")).group(0), flush=True)
    if not isinstance(server, Ngircd):
        ask(r"ok +login .*the account is logged in")
        secret = os.path.join(folder, "credentials", "sea-password")
        with open(secret, encoding="ascii") as file:
            right = file.read()
        with open(secret, "w", encoding="ascii") as file:
            file.write("wrong\n")
        ask(r"PROBLEM +login .*wrong account or password")
        with open(secret, "w", encoding="ascii") as file:
            file.write(right)
    tip(ana)
    assert not any(re.match(rf":(moor\d+|{BOT})\S* (JOIN|QUIT|NICK|PART)", line) for line in ana.lines[-20:]), ana.lines[-20:]


def crisis(ana, ben, mara):
    step("ana calls for help in the room: an answer in private, nothing in the room, a page to the team")
    ana.say("#harbor", "I can't go on, I want to die")
    ana.expect_from(BOT, ana.nick, "988")
    ben.expect("I want to die")
    mara.expect_from(BOT, "#bridge", r"ALERT \d+, tier [34]", 20)
    step("mara takes it")
    mara.say("#bridge", "!ack")
    mara.expect_from(BOT, "#bridge", "Mara|mara|yours")
    ben.nothing_from(BOT, "#harbor", 3, but="Evening IOP")


def reminder(ben, remind_at):
    seconds = (remind_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    step(f"the reminder of the meeting comes (due in {max(seconds, 0):.0f} s)")
    if not any(re.match(rf":{BOT}!.*Evening IOP", line) for line in ben.lines):
        ben.expect_from(BOT, "#harbor", "Evening IOP", max(seconds, 0) + 20)


def restart(server, daemon, ports_people):
    step("the server restarts; the bot comes back and still answers")
    for person in ports_people:
        person.close()
    server.stop()
    before = daemon.count("event=irc_joined")
    server.start()
    daemon.wait_for("event=irc_joined", before + 2)
    ana = somebody(server, "Ana", ["#harbor"])
    ana.say(BOT, "sos")  # the same card is not said again within hours; the answer still is
    ana.expect_from(BOT, ana.nick, "988|still here")
    ana.close()


def story(binary, folder, tls, make_server):
    for name in ("state", "credentials"):
        os.makedirs(os.path.join(folder, name), mode=0o700)
    server_folder = os.path.join(folder, "server")
    os.makedirs(server_folder, mode=0o755)
    server = make_server(server_folder)
    try:
        server.start()
        accounts(server, folder)
        live(binary, folder, tls, server)
    except Exception:
        print("the server's log:\n" + server.log(), flush=True)
        raise
    finally:
        server.stop()


def live(binary, folder, tls, server):
    remind_at = reminder_moment()
    mara = somebody(server, "mara", ["#bridge"])
    ben = somebody(server, "Ben", ["#harbor"])
    subprocess.run([binary, "key", "new", os.path.join(folder, "credentials", "master-key")], check=True)
    daemon = Daemon(binary, write_config(folder, server, tls, remind_at))
    try:
        daemon.wait_for("event=irc_joined", 2)
        ana = somebody(server, "Ana", ["#harbor"])
        tip(ana)
        doctor(binary, folder, ana, server)
        consent_and_checkin(ana)
        crisis(ana, ben, mara)
        reminder(ben, remind_at)
        restart(server, daemon, (ana, ben, mara))
        started = time.monotonic()
        assert daemon.stop() == 0, "the bot did not end in good order"
        took = time.monotonic() - started
        assert took < 4, f"it took {took:.1f} s to stop, though the server let it go at once"
        log = "\n".join(daemon.lines)
        for word in ("walk after lunch", "want to die", "can't go on"):
            assert word not in log, f"the log holds what somebody said: {word}"
    except Exception:
        daemon.stop()
        print("the bot's log:\n    " + "\n    ".join(daemon.lines[-60:]), flush=True)
        raise


def default_ergo(folder):
    """As it is delivered: all who log in to an account are one client, whose nick is the account's name."""
    return Ergo(folder, force_nick=True)


def main():
    make_server = {"ergo": default_ergo, "inspircd": Inspircd}.get(sys.argv[2], Ngircd) if len(sys.argv) > 2 else Ngircd
    for tls in (False, True) if make_server is Ngircd else (True,):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            print("over TLS" if tls else "plain", flush=True)
            story(sys.argv[1], folder, tls, make_server)
    print("passed", flush=True)


if __name__ == "__main__":
    main()
