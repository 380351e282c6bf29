# SPDX-License-Identifier: MIT
"""A house on Matrix for one test: a Synapse, two rooms, members with a client that is not ours, and the daemon.

packages.enter() is to be called before this is imported."""
import os
import shutil
import signal
import subprocess
import tempfile
import time

from irc_story import Daemon
from member import Member
from packages import ROOT
from synapse import Synapse

BOT = "harbor-bot"
NETWORK = """
  {{ name = "shore";  kind = "matrix";  homeserver = "{url}";  user = "{bot}";  login = "{login}";
    password_credential = "shore-password"; {network} }}"""
CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( """ + NETWORK + """{networks} );
groups = (
  {{ name = "harbor";  title = "Harbor evening IOP";  zone = "{zone}";  country = "US";  language = "en";
    rooms = ( {{ network = "shore";  room = "{room}"; }}{rooms} );
    alert_room = {{ network = "{alert_network}";  room = "{alert_room}"; }};
    moderators = ( {moderators} );
    on_call = ( {{ who = "Mara"; }} ); {group} }}{groups}
);
plugins = ["checkin", "coping", "meetings", "crisis"];
{more}
"""
MODERATOR = '{{ network = "{}";  user = "{}";  name = "{}"; }}'


class World:
    """`with World(mooring, ...) as world:` has a server with the rooms #harbor and #bridge; the bot is started by `start`.

    synapse: settings of Synapse.  Others: parts of the configuration."""

    def __init__(self, mooring, synapse=None, **values):
        self.mooring, self.daemon, self.members = mooring, None, {}
        self.temporary = tempfile.TemporaryDirectory(prefix="mooring-test-")
        self.folder = self.temporary.name
        os.chmod(self.folder, 0o755)
        for name in ("state", "credentials"):
            os.makedirs(os.path.join(self.folder, name), mode=0o700)
        self.server = Synapse(self.folder, **(synapse or {}))
        self.bot = f"@{BOT}:{self.server.name}"
        self.config = os.path.join(self.folder, "mooring.cfg")
        self.values = {"folder": self.folder, "bot": BOT, "login": "password", "network": "", "networks": "", "zone": "Etc/UTC", "url": self.server.url,
                       "rooms": "", "group": "", "groups": "", "more": "", "alert_network": "shore", "room": f"#harbor:{self.server.name}",
                       "alert_room": f"#bridge:{self.server.name}",
                       "moderators": MODERATOR.format("shore", f"@mara:{self.server.name}", "Mara"), **values}

    def __enter__(self):
        try:
            self.server.start()
            self.make_account()
            subprocess.run([self.mooring, "key", "new", self.credential("master-key")], check=True, stdout=subprocess.DEVNULL)
            self.texts()
            self.write()
            self.mara = self.member("mara")
            self.harbor = self.mara.make_room("harbor")
            self.bridge = self.mara.make_room("bridge", invite=[self.bot], public=False)
        except Exception:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, failed, *_):
        if self.daemon:
            if failed:
                print("the bot's log:\n    " + "\n    ".join(self.daemon.lines[-80:]), flush=True)
                print("Synapse's log:\n" + self.server.log(1500), flush=True)
            self.daemon.stop()
        for member in self.members.values():
            member.close()
        self.server.stop()
        if failed and os.environ.get("MOORING_KEEP"):
            shutil.copytree(self.folder, os.environ["MOORING_KEEP"], dirs_exist_ok=True, symlinks=True)
        self.temporary.cleanup()

    def make_account(self):
        self.server.register(BOT, "a password of its own")
        self.write_secret("a password of its own")

    def write_secret(self, secret):
        with open(self.credential("shore-password"), "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secret + "\n")

    def credential(self, name):
        return os.path.join(self.folder, "credentials", name)

    def texts(self):
        """Texts, tips and cards are looked for beside the configuration."""
        config = os.path.join(ROOT, "config")
        for name in os.listdir(config):
            if os.path.isdir(os.path.join(config, name)):
                os.symlink(os.path.join(config, name), os.path.join(self.folder, name))

    def write(self, **changes):
        self.values.update(changes)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(**self.values))

    def member(self, name, *rooms, **more):
        """Somebody who is in those rooms."""
        self.members[name] = member = Member(self.server, name, **more)
        for room in rooms:
            member.join(room)
        return member

    def start(self, wait=True, environment=None, more=()):
        """more: further arguments of the daemon."""
        self.daemon = Daemon(self.mooring, self.config, environment, more)
        if wait:
            self.wait_in()

    def wait_in(self, seconds=40):
        """Until the bot is in its rooms, seen by the server, and answers there."""
        for room in (self.harbor, self.bridge):
            self.mara.wait_for(lambda room=room: self.mara.member_of(room, self.bot) == "join" or self.ended(),
                               "the bot to enter its rooms", seconds)
        assert not self.ended(), f"the bot ended with {self.daemon.process.returncode}"

    def ended(self):
        return self.daemon.process.poll() is not None

    def kill(self):
        self.daemon.process.send_signal(signal.SIGKILL)
        self.daemon.process.wait(10)

    def stop(self):
        """In good order; how long it took."""
        started = time.monotonic()
        code = self.daemon.stop()
        assert code == 0, f"the bot did not end in good order: {code}"
        return time.monotonic() - started

    def open_rooms(self):
        return (self.harbor, self.bridge)

    def log(self):
        return "\n".join(self.daemon.lines)


def step(text):
    print(f"  {text}", flush=True)
