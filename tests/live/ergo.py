# SPDX-License-Identifier: MIT
"""A real Ergo on loopback for one test: SASL with SCRAM, chathistory, multiline, STS, all in one small server.

It is looked for as $MOORING_ERGO, on the PATH, and where tests/support/ergo.sh unpacks it."""
import os
import shutil
import subprocess

from loopback import end_process, free_port, make_certificate, skip, wait_for_port
from person import Person

CONFIG = """network:
    name: Sea
server:
    name: irc.sea.example
    listeners:
        "127.0.0.1:{port}": {{}}
        "127.0.0.1:{tls_port}":
            tls: {{cert: {folder}/cert.pem, key: {folder}/key.pem}}
    sts: {{enabled: {sts}, duration: 30d, port: {tls_port}, preload: false}}
    casemapping: "ascii"
    enforce-utf8: true
    lookup-hostnames: false
    check-ident: false
    max-sendq: 1M
    ip-limits: {{count: false, throttle: false}}
    ip-cloaking: {{enabled: false}}
accounts:
    authentication-enabled: true
    registration:
        enabled: true
        allow-before-connect: true
        throttling: {{enabled: false}}
        bcrypt-cost: 4
        email-verification: {{enabled: false}}
    login-throttling: {{enabled: false}}
    advertise-scram: true
    nick-reservation: {{enabled: true, additional-nick-limit: 2, method: optional, force-nick-equals-account: {force_nick}}}
    multiclient: {{enabled: true, allowed-by-default: true, always-on: "opt-in", auto-away: "disabled"}}
channels:
    default-modes: +nt
    registration: {{enabled: true}}
languages: {{enabled: false}}
datastore:
    path: {folder}/ircd.db
    autoupgrade: true
logging:
    - {{method: stderr, type: "*", level: info}}
limits: {{nicklen: 32, identlen: 20, channellen: 64, awaylen: 390, kicklen: 390, topiclen: 390, monitor-entries: 100,
    whowas-entries: 100, chan-list-modes: 100, registration-messages: 1024, multiline: {{max-bytes: 4096, max-lines: 100}}}}
fakelag: {{enabled: {fakelag}, window: 1s, burst-limit: 5, messages-per-window: 2, cooldown: 2s}}
history:
    enabled: true
    channel-length: 2048
    client-length: 256
    autoresize-window: 3d
    autoreplay-on-join: 0
    chathistory-maxmessages: 100
    znc-maxmessages: 2048
    restrictions: {{expire-time: 1w, query-cutoff: 'none', grace-period: 1h}}
    persistent: {{enabled: false}}
    retention: {{allow-individual-delete: true, enable-account-indexing: false}}
    tagmsg-storage: {{default: false, whitelist: ["+draft/react", "+react"]}}
"""


def find():
    unpacked = os.path.join(os.environ.get("MOORING_SOURCE_DIR", "."), "build", "ergo", "usr", "bin", "ergochat")
    for candidate in (os.environ.get("MOORING_ERGO"), shutil.which("ergochat"), unpacked):
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    skip("Ergo is not there: tests/support/ergo.sh unpacks it")


class Ergo:
    """`start` and `stop` may alternate; the ports stay the same, what was said in channels does not outlive a stop."""

    def __init__(self, folder, sts=False, fakelag=True, force_nick=False):
        self.binary = find()
        self.folder, self.port, self.tls_port, self.process = folder, free_port(), free_port(), None
        self.certificate = make_certificate(folder)
        self.config = os.path.join(folder, "ircd.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(port=self.port, tls_port=self.tls_port, folder=folder, sts=str(sts).lower(),
                                     fakelag=str(fakelag).lower(), force_nick=str(force_nick).lower()))
        done = subprocess.run([self.binary, "initdb", "--conf", self.config, "--quiet"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, seconds=15):
        with open(os.path.join(self.folder, "ergo.log"), "ab") as log:
            self.process = subprocess.Popen([self.binary, "run", "--conf", self.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder)
        wait_for_port("Ergo", self.process, self.port, seconds, self.log)

    def stop(self):
        if self.process:
            end_process(self.process)
            self.process = None

    def register(self, account, password, always_on=False):
        """Always on: the server keeps them where they are, and what is said to them, while no client of theirs is there."""
        person = Person(account, self.port)
        person.write(f"NS REGISTER {password}")
        person.expect(r"(?i)account created|successfully registered", 10)
        if always_on:
            person.write("NS SET always-on true")
            person.expect(r"(?i)always-on", 10)
        person.close()

    def log(self):
        with open(os.path.join(self.folder, "ergo.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]
