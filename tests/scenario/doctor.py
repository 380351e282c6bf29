#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mooring doctor: each cause is made, and it names it and says what to do; it changes nothing and shows no secret.
doctor.py MOORING PLUGIN_FOLDER [faults]"""
import base64
import concurrent.futures
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import daemon  # noqa: E402

MOORING, PLUGINS = sys.argv[1], sys.argv[2]
FAULTS = "faults" in sys.argv[3:]
PASSWORD = "an invented password 4711"
ROTA = 'on_call = ( { who = "Mara"; from = "00:00"; to = "00:00"; } );'
failures, secrets, made = [], set(), []


def files(bot):
    """What lies in the state folder, to the byte."""
    seen = {}
    for path in sorted(bot.state.rglob("*")):
        if path.is_file() and not path.is_symlink():
            seen[path.name] = (path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return seen


def doctor(bot, *words, offline=True, wrap=(), env=None, mooring=None):
    before = None if bot.process else files(bot)
    command = [*wrap, mooring or bot.mooring, "doctor", "--config", bot.config, *(["--offline"] if offline else []), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **(env or {})})
    if before is not None and files(bot) != before:
        failures.append(f"the doctor changed something: {set(files(bot).items()) ^ set(before.items())}")
    for secret in list(secrets):
        if secret in done.stdout + done.stderr:
            failures.append("the doctor showed a secret")
    return done.returncode, done.stdout + done.stderr


def finds(what, result, word, topic, text, advice):
    """A line of that word and topic with the text, and under it what to do."""
    made.append(what)
    code, out = result
    pattern = rf"^{word} +{topic} +[^\n]*{text}[^\n]*" + (rf"\n +-> [^\n]*{advice}" if advice else "")
    if not re.search(pattern, out, re.M) or (word == "PROBLEM" and code != 1):
        failures.append(f"{what}: expected {pattern!r} (code {code})\n{out}")


def well(what, result):
    made.append(what)
    code, out = result
    if code != 0 or "PROBLEM" in out:
        failures.append(f"{what}: a problem where there is none (code {code})\n{out}")


def new(**more):
    bot = daemon.Daemon(MOORING, PLUGINS, start=False, group=ROTA, **more)
    secrets.add((bot.credentials / "master-key").read_text().strip())
    return bot


def lived(bot):
    """A database with rows, and a keyring with keys."""
    bot.start()
    bot.stop()
    return bot


# ---- the configuration, texts, plugins, credentials ---------------------------------------------------------------------------


def configuration():
    with new() as bot:
        code, out = doctor(bot)
        well("new", (code, out))
        finds("new", (code, out), "ok", "database", "nothing there yet", "")
        bot.write(more="metrics_listen = 3;")
        finds("a mistake", doctor(bot), "PROBLEM", "configuration", "metrics_listen", "mooring check")
        bot.config.unlink()
        finds("no file", doctor(bot), "PROBLEM", "configuration", "mooring.cfg", "Mend it")
        bot.write(more="", plugins="/nowhere")
        finds("no plugin", doctor(bot), "PROBLEM", "configuration", "checkin", "Mend it")
        bot.write(plugins=PLUGINS)
        text = pathlib.Path(bot.folder.name) / "text"
        source = text.resolve()
        text.unlink()
        shutil.copytree(source, text)
        (text / "en/core.cfg").write_text('failed = "{open";\n')
        finds("a text", doctor(bot), "PROBLEM", "texts", "core.cfg", "Mend the file")


def credentials():
    with lived(new()) as bot:
        key = bot.credentials / "master-key"
        good = key.read_text()
        key.chmod(0o644)
        finds("a key that others read", doctor(bot), "PROBLEM", "credentials", r"others can read it \(mode 0644\)", "chmod 600")
        key.chmod(0o600)
        key.write_text("not a key\n")
        finds("no key at all", doctor(bot), "PROBLEM", "key", "not a master key", "safe place")
        key.write_text("")
        finds("an empty one", doctor(bot), "PROBLEM", "credentials", "empty", "A new key would open nothing")
        key.unlink()
        finds("no file", doctor(bot), "PROBLEM", "credentials", "not found", "A new key would open nothing")
        keyring = (bot.state / "keyring").rename(bot.state / "aside")
        finds("no file, and nothing that it opens", doctor(bot), "PROBLEM", "credentials", "not found", "LoadCredential")
        keyring.rename(bot.state / "keyring")
        other = "%064x" % 0x5eed
        secrets.add(other)
        key.write_text(other + "\n")
        key.chmod(0o600)
        finds("a wrong key", doctor(bot), "PROBLEM", "key", "does not open it", "sealed envelope")
        key.write_text(good)
        well("the good key", doctor(bot))
        bot.write(irc='password_credential = "sea-password";')
        finds("a missing password", doctor(bot), "PROBLEM", "credentials", "sea-password: not found", "LoadCredential")
        secrets.add(PASSWORD)
        (bot.credentials / "sea-password").write_text(PASSWORD + "\n")
        (bot.credentials / "sea-password").chmod(0o640)
        finds("a password that others read", doctor(bot), "PROBLEM", "credentials", "sea-password: others can read it", "chmod 600")


# ---- the folder and its disk -----------------------------------------------------------------------------------------------------


def may_mount():
    return subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


def disk():
    with lived(new()) as bot:
        bot.state.chmod(0o755)
        finds("a folder that others see", doctor(bot), "warning", "state folder", r"others can look into it \(mode 0755\)", "chmod 700")
        bot.state.chmod(0o700)
        (bot.state / "keyring").chmod(0o644)
        finds("a keyring that others read", doctor(bot), "warning", "state folder", "keyring: others can read it", "chmod 600")
        (bot.state / "keyring").chmod(0o600)
        if os.geteuid() == 0:
            os.chown(bot.state / "mooring.db", 65534, 65534)
            finds("another's file", doctor(bot), "PROBLEM", "state folder", "mooring.db: it belongs to another user", "chown")
            os.chown(bot.state / "mooring.db", 0, 0)
        if FAULTS:
            finds("a slow disk", doctor(bot, env={"MOORING_SLOW_SYNC_MS": "120"}), "warning", "disk", r"slow, a sync takes 1\d\d ms", "iotop")
            finds("a very slow one", doctor(bot, env={"MOORING_SLOW_SYNC_MS": "600"}), "PROBLEM", "disk", "slow", "smartctl")
        bot.write(state="/dev/shm")
        finds("in memory", doctor(bot), "PROBLEM", "disk", "in memory", "a real disk")
        bot.write(state="/nowhere/at/all")
        finds("no folder", doctor(bot), "warning", "state folder", "No such file", "StateDirectory")
        bot.write(state=bot.state)
        if not may_mount():
            print("SKIPPED: this machine lets nobody mount: a full and a read-only disk are not made", flush=True)
            return
        small = f"mount -t tmpfs -o size=64k none {bot.state} && exec \"$@\""
        finds("a full disk", doctor(bot, wrap=["unshare", "-m", "sh", "-c", small, "sh"]), "PROBLEM", "disk", "the disk is full", "Make room")
        low = f"mount -t tmpfs -o size=200m {{}} none {bot.state} && exec \"$@\""
        finds("a low disk", doctor(bot, wrap=["unshare", "-m", "sh", "-c", low.format(""), "sh"]), "warning", "disk", "MiB and .* files are left", "Make room")
        finds("no more files", doctor(bot, wrap=["unshare", "-m", "sh", "-c", low.format("-o nr_inodes=1"), "sh"]), "PROBLEM", "disk",
              "the disk is full .*0 files left", "Make room")
        still = f"mount --bind {bot.state} {bot.state} && mount -o remount,ro,bind {bot.state} && exec \"$@\""
        finds("a read-only disk", doctor(bot, wrap=["unshare", "-m", "sh", "-c", still, "sh"]), "PROBLEM", "disk", "read-only", "remount,rw")


# ---- database, WAL, keyring --------------------------------------------------------------------------------------------------------


def damage(path, at, size):
    with open(path, "r+b") as file:
        file.seek(at)
        old = file.read(size)
        file.seek(at)
        file.write(bytes(b ^ 0x5A for b in old))


def store():
    with lived(new()) as bot, lived(new()) as other:
        database, keyring = bot.state / "mooring.db", bot.state / "keyring"
        safe = {path: path.read_bytes() for path in (database, keyring)}

        def mend():
            for path, content in safe.items():
                path.write_bytes(content)
                path.chmod(0o600)

        code, out = doctor(bot)
        well("whole", (code, out))
        finds("whole", (code, out), "ok", "database", "mooring.db: whole", "")
        finds("whole", (code, out), "ok", "keyring", "the master key opens them", "")
        damage(database, 4096 * 3, 4096)
        finds("a torn page", doctor(bot), "PROBLEM", "database", "mooring.db: damaged", "mooring restore")
        mend()
        os.truncate(database, len(safe[database]) - 9000)
        finds("cut short", doctor(bot), "PROBLEM", "database", "mooring.db: (?:damaged|the file is damaged)", "mooring restore")
        mend()
        damage(database, 0, 64)
        finds("no database", doctor(bot), "PROBLEM", "database", "mooring.db", "mooring restore")
        mend()
        database.write_bytes(b"")
        finds("an empty database", doctor(bot), "PROBLEM", "database", "missing or empty, but the keyring", "Restore the database")
        mend()
        database.unlink()
        finds("a missing database", doctor(bot), "PROBLEM", "database", "missing or empty, but the keyring", "Restore the database")
        mend()
        keyring.unlink()
        finds("a missing keyring", doctor(bot), "PROBLEM", "keyring", "missing, and mooring.db beside it cannot be read", "put back the copy")
        mend()
        keyring.write_bytes((other.state / "keyring").read_bytes())
        finds("another's keyring", doctor(bot), "PROBLEM", "keyring", "belongs to another database", "put back the copy")
        mend()
        damage(keyring, 20, 16)
        finds("a keyring without its beginning", doctor(bot), "PROBLEM", "keyring", "its beginning is damaged", "put back the copy")
        mend()
        damage(keyring, 256 + 40, 60)
        finds("a damaged slot", doctor(bot), "PROBLEM", "keyring", "1 of its slots are damaged", "put back the copy")
        mend()
        os.truncate(keyring, len(safe[keyring]) - 50)
        finds("a keyring cut short", doctor(bot), "PROBLEM", "keyring", "its end is missing", "put back the copy")
        mend()
        with sqlite3.connect(database) as db:
            db.execute("PRAGMA user_version = 999")
        db.close()
        finds("of a newer version", doctor(bot), "PROBLEM", "database", "newer version", "")
    with new() as bot:
        bot.start()
        for _ in range(3):
            bot.run("selftest")  # a commit each
        bot.stop(9)  # what was written stays in the WAL
        wal = bot.state / "mooring.db-wal"
        code, out = doctor(bot)
        well("killed", (code, out))
        finds("killed", (code, out), "ok", "WAL", r"\d+ pages that the next start takes over", "")
        damage(wal, 32 + 24 + 100, 200)
        finds("a torn WAL", doctor(bot), "PROBLEM", "WAL", "damaged after 0 whole pages", "Keep a copy of the folder")
        wal.write_bytes(b"\0" * 4152)
        finds("no WAL at all", doctor(bot), "PROBLEM", "WAL", "damaged", "Keep a copy of the folder")


# ---- time --------------------------------------------------------------------------------------------------------------------------


def copy_program(copy):
    """By a process of its own: what this one has open for writing, a child that another part makes just then has open too, and
    no program can be run that somebody may write to."""
    subprocess.run(["cp", MOORING, copy], check=True)


def clock():
    with lived(new()) as bot:
        copy = pathlib.Path(bot.folder.name) / "mooring"
        copy_program(copy)
        future = time.time() + 10 * 365 * 86400
        os.utime(copy, (future, future))
        finds("ten years behind", doctor(bot, mooring=copy), "PROBLEM", "clock", "this program was installed on", "timedatectl")
        with sqlite3.connect(bot.state / "mooring.db") as db:
            db.execute("INSERT INTO seen (hash, at) VALUES (x'00', ?)", (int(future * 1000),))
        db.close()
        finds("behind its own rows", doctor(bot), "PROBLEM", "clock", "the newest row of the database is of", "timedatectl")
    with new() as bot:
        copy = pathlib.Path(bot.folder.name) / "mooring"
        copy_program(copy)
        past = time.time() - 10 * 365 * 86400
        os.utime(copy, (past, past))
        result = doctor(bot, mooring=copy)
        if "kept right by NTP" not in result[1]:  # then it is right, however old the program is
            finds("ten years ahead", result, "warning", "clock", "more than a year after anything", "timedatectl")


# ---- people ------------------------------------------------------------------------------------------------------------------------


def groups():
    with new() as bot:
        code, out = doctor(bot)
        finds("a full rota", (code, out), "ok", "rota", "each hour of the next 7 days", "")
        finds("numbers", (code, out), "warning", "numbers", "crisis numbers of US are not verified", "verified_on")
        bot.write(group='on_call = ( { who = "Mara"; from = "07:00"; to = "23:00"; } );')
        finds("nights", doctor(bot), "warning", "rota", r"nobody is on call .*23:00 to .*07:00.*\(56 h of the next 7 days\)", "on_call")
        bot.write(group='on_call = ( { who = "Mara"; days = ["mon", "tue", "wed", "thu", "fri"]; from = "20:00"; to = "20:00"; } );')
        finds("weekends", doctor(bot), "warning", "rota", r"sat 20:00 to mon 20:00 \(48 h", "on_call")
        bot.write(group="")
        finds("no rota", doctor(bot), "warning", "rota", "wakes everybody at once", "on_call")
        config = bot.config.read_text()
        bot.config.write_text(re.sub(r"alert_room = .*?;\n", "\n", config).replace('room = "bridge"; };', ""))
        finds("no alert room", doctor(bot), "warning", "alert room", "there is none", "closed room")


# ---- the way to a network -------------------------------------------------------------------------------------------------------------


class Server:
    """Says what it is told to say, to each that connects; with a certificate it speaks TLS."""

    def __init__(self, says=None, certificate=None):
        self.says, self.context = says, None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            while peer.recv(1000):
                if self.says:
                    peer.sendall(self.says)
        except OSError:
            pass
        peer.close()


class Irc:
    """An IRC server with one account, by the letter of what a client says; the lines of each connection are kept.

    answers: what it says at once to a command instead ("USER": b"ERROR :..."); silent: commands that it does not answer."""

    def __init__(self, caps="sasl=PLAIN", password=PASSWORD, answers=None, silent=(), certificate=None):
        self.caps, self.password, self.answers, self.silent, self.lines, self.context = caps, password, answers or {}, silent, [], None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            nick = "*"
            for line in peer.makefile("r", encoding="latin-1", newline="\r\n"):
                line = line.rstrip("\r\n")
                self.lines.append(line)
                verb = line.split(" ")[0]
                nick = line.split(" ")[1] if verb == "NICK" else nick
                if verb in self.silent:
                    continue
                if verb in self.answers:
                    peer.sendall(self.answers[verb] + b"\r\n")
                    if b"ERROR" in self.answers[verb]:
                        break
                    continue
                if verb == "QUIT":
                    break
                peer.sendall("".join(f"{answer}\r\n" for answer in self.say(line, nick)).encode())
        except OSError:
            pass
        peer.close()

    def say(self, line, nick):
        if line.startswith("CAP LS"):
            return [f":sea CAP * LS :{self.caps}"]
        if line.startswith("CAP REQ"):
            return [f":sea CAP * ACK {line.split(' ', 2)[2]}"]
        if line == "AUTHENTICATE PLAIN":
            return ["AUTHENTICATE +"]
        if line.startswith("AUTHENTICATE "):
            good = base64.b64decode(line.split(" ")[1]).decode() == f"\0harbor-bot\0{self.password}"
            return [f":sea 900 {nick} {nick}!b@h harbor-bot :You are in", f":sea 903 {nick} :SASL worked"] if good else \
                [f":sea 904 {nick} :SASL authentication failed"]
        if line == "CAP END":
            return [f":sea 001 {nick} :Welcome", f":sea 005 {nick} CHANTYPES=# CASEMAPPING=ascii :are supported", f":sea 422 {nick} :no MOTD"]
        return []


class Oftc(Irc):
    """No SASL: a password is said to services, and a mode of ours tells that it worked."""

    def __init__(self, **more):
        super().__init__("", **more)

    def say(self, line, nick):
        if line.startswith("PRIVMSG NickServ@services.oftc.net :IDENTIFY "):
            if line.split(":IDENTIFY ")[1] == f"{self.password} harbor-bot":
                return [f":{nick} MODE {nick} :+R"]
            return [f":NickServ!services@services.oftc.net NOTICE {nick} :Incorrect password."]
        return super().say(line, nick)


def certificate(folder, name, days):
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                    "-out", cert, "-days", str(days), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return cert, key


def network():
    with tempfile.TemporaryDirectory() as name, new() as bot:
        folder = pathlib.Path(name)
        plain = Irc("")
        bot.write(irc_port=plain.port)
        code, out = doctor(bot, offline=False)
        well("a server", (code, out))
        finds("a server", (code, out), "ok", "greeting", "an IRC server answers", "")
        finds("let in", (code, out), "ok", "login", "lets the bot in; no account is configured", "")
        finds("in the clear", (code, out), "ok", "TLS", "without encryption, as configured", "")
        bot.write(irc_port=daemon.free_port())
        finds("nobody there", doctor(bot, offline=False), "PROBLEM", "connection", "Connection refused", "Is the port right")
        bot.write(irc_port=plain.port, tls="true")
        finds("no TLS there", doctor(bot, offline=False), "PROBLEM", "TLS", "127.0.0.1", "")
        good, soon = certificate(folder, "good", 400), certificate(folder, "soon", 5)
        bot.write(irc_port=Irc("", certificate=good).port)
        finds("signed by nobody", doctor(bot, offline=False), "PROBLEM", "TLS", "certificate", "")
        bot.write(irc=f'ca_file = "{good[0]}";')
        result = doctor(bot, offline=False)
        well("a certificate", result)
        finds("a certificate", result, "ok", "TLS", r"good, for (?:399|400) days", "")
        bot.write(irc_port=Irc("", certificate=soon).port, irc=f'ca_file = "{soon[0]}";')
        finds("it ends soon", doctor(bot, offline=False), "warning", "TLS", r"good, for [45] more days", "Tell the network's people")
        bot.write(irc_port=Server(b"ERROR :Closing Link\r\n").port, tls="false", irc="")
        finds("turned away", doctor(bot, offline=False), "PROBLEM", "greeting", "closed the door", "a ban")
        bot.write(irc_port=Server().port)
        finds("silent", doctor(bot, offline=False), "PROBLEM", "greeting", "it said nothing", "TLS port")
        bot.config.write_text(bot.config.read_text().replace('host = "127.0.0.1"', 'host = "no-such-host.invalid"')
                              .replace("tls = false", "tls = true"))
        finds("an unknown name", doctor(bot, offline=False), "PROBLEM", "name", "no-such-host.invalid", "spelt right|DNS work")


SASL = 'sasl = { account = "harbor-bot"; password_credential = "sea-password"; };'
TO_SERVICES = "systemctl restart mooring"


def login():
    """The bot's way in, up to the login, under a nick of nobody's: what it says there, and each way to be turned away."""
    with tempfile.TemporaryDirectory() as name, new() as bot:
        folder = pathlib.Path(name)
        secrets.add(PASSWORD)
        secret = bot.credentials / "sea-password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)

        def tried(what, server, word, text, advice, **more):
            bot.write(**{"irc_port": server.port, "irc": SASL, "tls": "false", **more})
            finds(what, doctor(bot, offline=False), word, "login", text, advice)
            return server

        server = tried("a good account", Irc(), "ok", "the account is logged in", "")
        said = "\n".join(server.lines)
        if re.search(r"^(JOIN|MODE|PRIVMSG|NS|MONITOR|WHO|ISON)|harbor-bot$", said, re.M) or said.count("NICK moor") != 1 or \
                not said.endswith("\nQUIT bye"):
            failures.append(f"what the doctor said there disturbs somebody, or has no good-bye:\n{said}")
        server = tried("a wrong password", Irc(password="another"), "PROBLEM", "login failed: wrong account or password", TO_SERVICES)
        if sum(line.startswith("AUTHENTICATE PLAIN") for line in server.lines) != 1:
            failures.append("a wrong password is tried again, which locks accounts")
        tried("no SASL", Irc(""), "PROBLEM", "lets the bot in, but the server does not offer SASL", "profile")
        tried("no mechanism of ours", Irc("sasl=ECDSA-NIST256P-CHALLENGE"), "PROBLEM", "lets the bot in, but .* no login that we can",
              "sasl.mechanism")
        tried("services are away", Irc(answers={"AUTHENTICATE": b":sea 904 * :Services are unavailable, try again later"}), "warning",
              "no login just now: services are away", "in some minutes")
        oftc = SASL + ' profile = "oftc";'
        secrets.add("one-word-4711")
        secret.write_text("one-word-4711\n")  # a line of words is what services take
        tried("services instead of SASL", Oftc(password="one-word-4711"), "ok", "the account is logged in", "", irc=oftc)
        tried("services say no", Oftc(), "PROBLEM", "login failed: the password or the account is wrong", TO_SERVICES, irc=oftc)
        tried("services are silent", Irc(""), "warning", "no login just now: services did not log us in", "in some minutes", irc=oftc)
        secret.write_text(PASSWORD + "\n")
        tried("a K-line", Irc(answers={"USER": b"ERROR :Closing Link: 127.0.0.1 (K-Lined)"}), "PROBLEM",
              "turns the bot away: the server does not want us", "K-line")
        tried("throttled", Irc(answers={"USER": b"ERROR :Trying to reconnect too fast."}), "warning", "takes no more connections",
              "in some minutes")
        tried("the server's own password", Irc(answers={"USER": b":sea 464 * :Password incorrect\r\nERROR :Closing Link: Bad Password"}),
              "PROBLEM", "the server's password is wrong: see password_credential", "")
        tried("it hangs up", Irc(answers={"USER": b"ERROR :Closing Link: gone"}), "PROBLEM", "hung up before the bot was in", "Try again")
        began = time.monotonic()
        tried("it never lets in", Irc("", silent=("CAP END", "NICK", "USER"), answers={"CAP": b":sea CAP * LS :"}), "PROBLEM",
              "did not let the bot in within 15 s", "look machines up", irc="")
        if time.monotonic() - began > 25:
            failures.append(f"the doctor waited for {time.monotonic() - began:.0f} s")
        good = certificate(folder, "good", 400)
        over_tls = Irc(certificate=good)
        tried("STS", Irc(f"sasl=PLAIN sts=port={over_tls.port}"), "warning", f"over TLS on port {over_tls.port} .STS., and was",
              "Set tls = true", irc=SASL + f' ca_file = "{good[0]}";')
        if not any(line.startswith("AUTHENTICATE ") for line in over_tls.lines):
            failures.append("the login did not follow STS")
        tried("STS that fails", Irc(f"sasl=PLAIN sts=port={over_tls.port}"), "PROBLEM", ".STS., and that fails: .*certificate", "in the clear")
        secret.unlink()
        tried("no secret", Irc(), "warning", 'not tried: the credential "sea-password" cannot be read', "")


class Homeserver(http.server.ThreadingHTTPServer):
    """Knows one password and one token; counts logins and their ends."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.good, self.busy, self.logins, self.logouts, self.bodies = True, False, 0, 0, []
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path.endswith("/versions"):
            return self.answer(200, {"versions": ["v1.1", "v1.19"]})
        if self.path.endswith("/whoami") and self.headers.get("Authorization") == f"Bearer {PASSWORD}" and self.server.good:
            return self.answer(200, {"user_id": "@harbor-bot:shore.example", "device_id": "BYHAND"})
        if self.path.endswith("/whoami"):
            return self.answer(401, {"errcode": "M_UNKNOWN_TOKEN", "error": ""})
        return self.answer(404, {"errcode": "M_NOT_FOUND", "error": ""})

    def do_POST(self):
        server, body = self.server, json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path.endswith("/logout"):
            server.logouts += self.headers.get("Authorization") == "Bearer made-by-doctor"
            return self.answer(200, {})
        server.bodies.append(body)
        if server.busy:
            return self.answer(429, {"errcode": "M_LIMIT_EXCEEDED", "error": "", "retry_after_ms": 100000})
        if body.get("password") != PASSWORD or not server.good:
            return self.answer(403, {"errcode": "M_FORBIDDEN", "error": ""})
        server.logins += 1
        return self.answer(200, {"user_id": "@harbor-bot:shore.example", "device_id": "NEW", "access_token": "made-by-doctor"})


def homeserver():
    """The password is tried with a login of its own; the token is shown to the homeserver."""
    server = Homeserver()
    with lived(new()) as bot:
        secrets.update((PASSWORD, "made-by-doctor"))
        secret = bot.credentials / "shore-secret"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)
        bot.config.write_text(bot.config.read_text().replace("networks = (", f"""networks = (
            {{ name = "shore"; kind = "matrix"; homeserver = "{server.address}"; user = "harbor-bot"; login = "password";
               password_credential = "shore-secret"; device_id = "ITSOWN"; }},"""))
        finds("a good password", doctor(bot, offline=False), "ok", "login", "shore: the homeserver accepts the password", "")
        if (server.logins, server.logouts) != (1, 1):
            failures.append(f"{server.logins} logins, {server.logouts} ended")
        if "device_id" in server.bodies[0]:
            failures.append("it logged in as the bot's device, and put the bot out")
        server.busy = True
        finds("a busy server", doctor(bot, offline=False), "warning", "login", "did not say whether it is good", "in a minute")
        server.busy, server.good = False, False
        finds("a wrong password", doctor(bot, offline=False), "PROBLEM", "login", "shore: .* does not accept the user or the password",
              "Mend .*mooring login shore")
        bot.start()
        said, end = "", time.monotonic() + 20
        while "does not accept" not in said and time.monotonic() < end:  # said at once, and not after a minute
            time.sleep(0.1)
            code, said, _ = bot.run("status")
        made.append("status")
        if code != 1 or not re.search(r"! Network shore is down: the homeserver does not accept .* mooring login shore\n", said):
            failures.append(f"status of a refused password: code {code}\n{said}")
        bot.stop()
        bot.config.write_text(bot.config.read_text().replace('login = "password"', 'login = "token"'))
        finds("a dead token", doctor(bot, offline=False), "PROBLEM", "login", "shore: .* does not accept the user or the token",
              "Mend .*mooring login shore")
        server.good = True
        finds("a good token", doctor(bot, offline=False), "ok", "login", "shore: the homeserver knows it", "")
        bot.config.write_text(bot.config.read_text().replace('user = "harbor-bot"', 'user = "eve"'))
        finds("somebody else's token", doctor(bot, offline=False), "PROBLEM", "login", "shore: .* another account", "its own account")
    server.shutdown()


# ---- the daemon ------------------------------------------------------------------------------------------------------------------------


def running():
    with new() as bot:
        bot.start()
        code, out = doctor(bot)
        well("running", (code, out))
        finds("running", (code, out), "ok", "daemon", "running, and answers", "")
        finds("no backup", (code, out), "warning", "backup", "there was never one", "mooring-backup.timer")
        if re.search(r"^\w+ +WAL ", out, re.M):
            failures.append(f"a log that is written just now is judged:\n{out}")
        finds("beside it", (code, out), "ok", "database", "whole", "")
        if bot.run("backup", pathlib.Path(bot.folder.name) / "copy")[0] == 0:
            finds("a backup", doctor(bot), "ok", "backup", "the last is 0 h old", "")
        else:
            failures.append("no backup can be made")
        if os.geteuid() == 0:  # somebody who may not look is told so, and told nothing wrong
            pathlib.Path(bot.folder.name).chmod(0o755)
            result = doctor(bot, wrap=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
            well("as nobody", result)
            finds("as nobody", result, "warning", "credentials", "cannot be looked into from here", "as root")
            finds("as nobody", result, "warning", "state folder", "cannot be looked into from here", "as root")
            finds("as nobody", result, "warning", "daemon", "cannot be asked", "as root")
        good = bot.config.read_text()
        bot.config.write_text(good + "nonsense = 1;\n")
        bot.process.send_signal(1)
        time.sleep(0.5)
        finds("what it knows itself", doctor(bot), "warning", "daemon", "last reload was refused", "mooring status")
        bot.config.write_text(good)
        bot.process.send_signal(19)  # SIGSTOP
        finds("silent", doctor(bot), "PROBLEM", "daemon", "does not answer", "restart")
        bot.process.send_signal(18)
        bot.stop()
        finds("not running", doctor(bot), "warning", "daemon", "not running", "journalctl")


began = datetime.datetime.now()
with concurrent.futures.ThreadPoolExecutor() as pool:  # most of the time is spent waiting for what is silent
    for done in [pool.submit(part) for part in (configuration, credentials, disk, store, clock, groups, network, login, homeserver, running)]:
        done.result()
if failures:
    sys.exit("FAILED:\n" + "\n".join(failures))
print(f"doctor: {len(made)} findings, each with what to do, nothing changed, no secret shown; {(datetime.datetime.now() - began).seconds} s")
