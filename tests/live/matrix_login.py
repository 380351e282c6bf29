# SPDX-License-Identifier: MIT
"""mooring login against a homeserver with an OAuth 2.0 login server (scripted, on a real socket): a person says yes in a
browser, the running bot takes the login up, renews it, keeps it over restarts, deaths between its renewal and its storing, and
a new master key; doctor looks at it; it stands in the clear nowhere.

matrix_login.py MOORING: MOORING is the daemon's binary."""
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from irc_story import Daemon, step

CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( {{ name = "shore";  kind = "matrix";  homeserver = "http://127.0.0.1:{port}";  user = "harbor-bot";
                login = "oauth"; }} );
groups = ( {{ name = "harbor";  zone = "Etc/UTC";
              rooms = ( {{ network = "shore";  room = "!harbor"; }} ); }} );
plugins = ["checkin"];
"""
USER = "@harbor-bot:shore.example"
LIFE_SECONDS = 4
DAEMONS = []  # whose log is shown when something goes wrong


class Server(http.server.ThreadingHTTPServer):
    """Tokens as an OAuth server gives them: an old pair is good until the new one was used."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.number, self.pending, self.said_yes = threading.Lock(), 0, 2, False
        self.access, self.refresh, self.previous, self.expires = None, None, None, 0
        self.polls, self.refreshes, self.syncs, self.refused, self.logins = 0, 0, 0, 0, 0
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def give(self):
        self.number += 1
        self.previous = self.refresh
        self.access, self.refresh = f"mct-access-{self.number}", f"mcr-refresh-{self.number}"
        self.expires = time.monotonic() + LIFE_SECONDS
        return {"access_token": self.access, "refresh_token": self.refresh, "expires_in": LIFE_SECONDS, "token_type": "Bearer"}

    def knows(self, header):
        with self.lock:
            good = header == f"Bearer {self.access}" and time.monotonic() < self.expires
            if good:
                self.previous = None
            else:
                self.refused += 1
            return good


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the bot went away

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
        server, path = self.server, self.path.split("?")[0]
        assert "mct-" not in self.path and "mcr-" not in self.path, "a token in an address"
        if path == "/_matrix/client/versions":
            return self.answer(200, {"versions": ["v1.1", "v1.18"]})
        if path == "/_matrix/client/v1/auth_metadata":
            return self.answer(200, {
                "issuer": server.address + "/", "token_endpoint": server.address + "/oauth/token",
                "registration_endpoint": server.address + "/oauth/register",
                "device_authorization_endpoint": server.address + "/oauth/device",
                "grant_types_supported": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]})
        if not server.knows(self.headers.get("Authorization")):
            return self.answer(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Token is not active"})
        if path.endswith("/account/whoami"):
            return self.answer(200, {"user_id": USER, "device_id": "BROWSER"})
        if path.endswith("/sync"):
            server.syncs += 1
            time.sleep(0.5)
            return self.answer(200, {"next_batch": f"s{server.syncs}"})
        return self.answer(404, {"errcode": "M_NOT_FOUND", "error": ""})

    def do_PUT(self):
        self.do_POST()

    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path == "/oauth/register":
            wanted = json.loads(body)
            assert wanted["token_endpoint_auth_method"] == "none" and wanted["client_uri"], wanted
            return self.answer(201, {"client_id": "01CLIENT"})
        form = dict(urllib.parse.parse_qsl(body))
        if self.path == "/oauth/device":
            assert form["client_id"] == "01CLIENT", form
            assert re.fullmatch(r"urn:matrix:client:api:\* urn:matrix:client:device:[A-Z]{10}", form["scope"]), form
            return self.answer(200, {"device_code": "a-secret-code", "user_code": "WXYZ", "verification_uri": server.address + "/link",
                                     "verification_uri_complete": server.address + "/link?code=WXYZ", "interval": 1,
                                     "expires_in": 600})
        if self.path == "/oauth/token":
            with server.lock:
                return self.token(server, form)
        if not server.knows(self.headers.get("Authorization")):
            return self.answer(401, {"errcode": "M_UNKNOWN_TOKEN", "error": ""})
        if self.path.endswith("/filter"):
            return self.answer(200, {"filter_id": "1"})
        return self.answer(404, {"errcode": "M_NOT_FOUND", "error": ""})

    def token(self, server, form):
        if form["grant_type"] == "refresh_token":
            server.refreshes += 1
            if form["refresh_token"] not in (server.refresh, server.previous) or not server.refresh:
                return self.answer(400, {"error": "invalid_grant"})
            if form["refresh_token"] == server.previous:
                server.refresh = server.previous
            return self.answer(200, server.give())
        assert form == {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "a-secret-code",
                        "client_id": "01CLIENT"}, form
        server.polls += 1
        if server.polls <= server.pending:
            return self.answer(400, {"error": "authorization_pending"})
        server.logins += 1
        return self.answer(200, server.give())


def until(what, seconds, true):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)


def start(mooring, config, *more):
    daemon = Daemon.__new__(Daemon)
    DAEMONS.append(daemon)
    daemon.process = subprocess.Popen([mooring, "run", "--config", config, *more], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    daemon.lines = []
    threading.Thread(target=daemon._read, daemon=True).start()  # pylint: disable=protected-access
    return daemon


def tool(mooring, config, *words):
    done = subprocess.run([mooring, *words, "--config", config], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    print("    " + (done.stdout + done.stderr).rstrip().replace("\n", "\n    "), flush=True)
    return done


def nothing_in_the_clear(folder, logs):
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    data = file.read()
                assert b"mct-access" not in data and b"mcr-refresh" not in data, path
    for line in logs:
        assert "mct-" not in line and "mcr-" not in line and "a-secret-code" not in line, line


def story(mooring, folder, server, logs):
    config = os.path.join(folder, "mooring.cfg")
    source = os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
    for name in os.listdir(os.path.join(source, "config")):
        path = os.path.realpath(os.path.join(source, "config", name))
        if os.path.isdir(path):
            os.symlink(path, os.path.join(folder, name))
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(folder=folder, port=server.server_address[1]))
    key = os.path.join(folder, "credentials", "master-key")
    subprocess.run([mooring, "key", "new", key], check=True, stdout=subprocess.DEVNULL)

    step("before the first start there is no keyring, and login says what to do")
    done = tool(mooring, config, "login", "shore")
    assert done.returncode == 1 and "start mooring once" in done.stderr, done

    step("the bot starts, and says that it is not logged in")
    daemon = start(mooring, config)
    daemon.wait_for("event=matrix_logged_out .*mooring login shore")
    done = tool(mooring, config, "login", "ashore")
    assert done.returncode == 1 and "no network is named" in done.stderr, done

    step("somebody runs mooring login and says yes; the running bot takes it up")
    done = tool(mooring, config, "login", "shore")
    assert done.returncode == 0 and server.address + "/link?code=WXYZ" in done.stdout and "WXYZ" in done.stdout, done
    assert server.polls == 3, server.polls
    daemon.wait_for("event=network_state network=shore state=up")

    step("it renews its tokens before they run out: none is refused")
    until("five refreshes", 30, lambda: server.refreshes >= 5)
    assert server.refused == 0 and server.logins == 1, (server.refused, server.logins)

    step("doctor looks at the homeserver and at the login")
    done = tool(mooring, config, "doctor")
    assert re.search(r"ok +homeserver +shore: .* v1\.18", done.stdout), done.stdout
    assert re.search(r"ok +login +shore: ", done.stdout), done.stdout

    step("a new master key, while it runs; then a restart")
    done = tool(mooring, config, "key", "rotate")
    assert done.returncode == 0, done
    until("a refresh", 10, lambda before=server.refreshes: server.refreshes > before)
    assert daemon.stop() == 0
    logs += daemon.lines
    daemon = start(mooring, config)
    daemon.wait_for("event=network_state network=shore state=up")

    step("on the floor, with a database that is damaged, it is in as well: somebody may call for help")
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()
    logs += daemon.lines
    database = os.path.join(folder, "state", "mooring.db")
    os.rename(database, database + ".aside")
    with open(database, "wb") as file:
        file.write(b"damage" * 10000)
    daemon = start(mooring, config)
    daemon.wait_for("event=floor_only")
    daemon.wait_for("event=network_state network=shore state=up")
    assert server.logins == 1
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()
    logs += daemon.lines
    os.rename(database + ".aside", database)
    daemon = start(mooring, config)
    daemon.wait_for("event=network_state network=shore state=up")

    step("it is killed, and away until its token has run out")
    daemon.process.send_signal(signal.SIGKILL)
    daemon.process.wait()
    logs += daemon.lines
    time.sleep(LIFE_SECONDS + 1)

    step("it dies ten times when new tokens are there and not stored")
    for _ in range(10):
        daemon = start(mooring, config, "--die-at", "token-refreshed")
        assert daemon.process.wait(30) == -signal.SIGKILL, daemon.lines
        logs += daemon.lines
    daemon = start(mooring, config)
    daemon.wait_for("event=network_state network=shore state=up")
    assert server.logins == 1, "nobody had to log in again"
    until("a sync", 10, lambda before=server.syncs: server.syncs > before)

    step("the homeserver ends the login: told once, and nothing is asked any more")
    with server.lock:
        server.access = server.refresh = server.previous = None
    daemon.wait_for("event=matrix_logged_out .*mooring login shore")
    before = server.refused
    time.sleep(3)
    assert server.refused == before, "it asks on"
    done = tool(mooring, config, "doctor")
    assert re.search(r"PROBLEM +login +shore: the bot is not logged in", done.stdout), done.stdout

    step("and in again")
    done = tool(mooring, config, "login", "shore")
    assert done.returncode == 0, done
    daemon.wait_for("event=network_state network=shore state=up", times=2)
    assert daemon.stop() == 0
    nothing_in_the_clear(folder, logs + daemon.lines)


def main():
    with tempfile.TemporaryDirectory(prefix="mooring-test-") as folder:
        for name in ("state", "credentials"):
            os.makedirs(os.path.join(folder, name), mode=0o700)
        server = Server()
        try:
            story(sys.argv[1], folder, server, [])
        except BaseException:
            for daemon in DAEMONS[-1:]:
                daemon.process.kill()
                print("the bot's log:\n    " + "\n    ".join(daemon.lines[-60:]), flush=True)
            raise
        finally:
            server.shutdown()


if __name__ == "__main__":
    main()
