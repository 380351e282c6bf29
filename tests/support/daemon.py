# SPDX-License-Identifier: MIT
"""A running daemon for one test, in a folder of its own: a console network, an IRC network on loopback, metrics."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]

CONFIG = """
networks = ( {{ name = "console"; kind = "console"; }},
             {{ name = "sea"; kind = "irc"; host = "127.0.0.1"; port = {irc_port}; tls = {tls}; {irc}
               nicks = ["harbor-bot"]; realname = "a bot"; identity = "nick"; }} );
groups = ( {{ name = "harbor"; title = "Harbor"; zone = "America/New_York"; country = "US";
  rooms = ( {{ network = "console"; room = "harbor"; }} );
  alert_room = {{ network = "console"; room = "bridge"; }};
  moderators = ( {{ network = "console"; user = "mara"; name = "Mara"; }} );
  {group} }} );
plugins = ["checkin", "crisis"];
plugin_folder = "{plugins}";
state_folder = "{state}"; credentials_folder = "{credentials}";
metrics = {{ listen = "127.0.0.1:{metrics_port}"; }};
{more}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """`with Daemon(mooring, plugins) as bot:` starts it; with start=False only the folder is made."""

    def __init__(self, mooring, plugins, start=True, irc_port=None, tls="false", irc="", group="", more=""):
        self.mooring, self.process, self.autostart = mooring, None, start
        self.folder = tempfile.TemporaryDirectory(prefix="mooring-test-")
        root = pathlib.Path(self.folder.name)
        os.chmod(root, 0o700)
        self.state, self.credentials, self.config, self.log = root / "state", root / "credentials", root / "mooring.cfg", root / "log"
        self.state.mkdir(mode=0o700)
        self.credentials.mkdir(mode=0o700)
        for name in ("text", "crisis", "coping", "networks"):
            (root / name).symlink_to(ROOT / "config" / name)
        self.values = dict(irc_port=irc_port or free_port(), tls=tls, irc=irc, group=group, more=more, plugins=plugins, state=self.state,
                           credentials=self.credentials, metrics_port=free_port())
        self.write()
        subprocess.run([mooring, "key", "new", self.credentials / "master-key"], check=True, stdout=subprocess.DEVNULL)

    def write(self, **changes):
        self.values.update(changes)
        self.config.write_text(CONFIG.format(**self.values))

    def __enter__(self):
        if self.autostart:
            self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.mooring, "run", "--config", self.config], stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(200):
            if "event=started" in self.log.read_text(errors="replace"):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit("the daemon did not start:\n" + self.log.read_text(errors="replace"))

    def stop(self, how=signal.SIGTERM):
        if not self.process:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def run(self, *words, timeout=60):
        """A sub-command with this configuration: (code, standard output, standard error)."""
        done = subprocess.run([self.mooring, *words, "--config", self.config], capture_output=True, text=True, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    def status(self):
        code, out, _ = self.run("status", "--json")
        return code, json.loads(out)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.values['metrics_port']}/metrics", timeout=10) as page:
            return page.read().decode()
