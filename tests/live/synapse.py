# SPDX-License-Identifier: MIT
"""A real Synapse on loopback for one test: on a free port, with SQLite in a folder of its own, stopped by its process id."""
import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from loopback import free_port
from packages import python

NAME = "shore.example"
# Nobody waits for the limits that a public server has, unless a test is about them.
FREE = {"per_second": 10000, "burst_count": 10000}
STRICT = {"per_second": 2, "burst_count": 3}
LIMITED = ("rc_message", "rc_registration", "rc_admin_redaction", "rc_room_creation", "rc_joins_per_room", "rc_media_create",
           "rc_3pid_validation", "rc_third_party_invite")
LIMITED_EACH = {"rc_login": ("address", "account", "failed_attempts"), "rc_joins": ("local", "remote"),
                "rc_invites": ("per_room", "per_user", "per_issuer"), "rc_presence": ("per_user",)}
LOGGING = {"version": 1, "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
           "handlers": {"file": {"class": "logging.FileHandler", "formatter": "plain", "filename": ""}},
           "root": {"level": "WARNING", "handlers": ["file"]}, "disable_existing_loggers": False}


class Refused(Exception):
    """An answer that is an error: its status and errcode."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class Synapse:
    """`start` and `stop` may alternate; the port and all that it knows stay.

    limits: names of the rc_ settings that are strict.  token_lifetime: "5m", how long a refreshable access token lasts."""

    def __init__(self, folder, limits=(), token_lifetime=None, **more):
        self.folder, self.port, self.process, self.admin_token = os.path.join(folder, "synapse"), free_port(), None, None
        self.url, self.name = f"http://127.0.0.1:{self.port}", NAME
        self.python, self.secret = python(), os.urandom(16).hex()
        os.makedirs(self.folder, exist_ok=True)
        seed = base64.b64encode(os.urandom(32)).decode().rstrip("=")
        with open(self._path("signing.key"), "w", encoding="ascii") as file:
            file.write(f"ed25519 a_test {seed}\n")
        LOGGING["handlers"]["file"]["filename"] = self._path("synapse.log")
        with open(self._path("log.yaml"), "w", encoding="utf-8") as file:
            json.dump(LOGGING, file)  # which is YAML
        self.settings = {
            "server_name": NAME, "public_baseurl": self.url, "report_stats": False, "pid_file": self._path("pid"),
            "listeners": [{"port": self.port, "type": "http", "tls": False, "bind_addresses": ["127.0.0.1"],
                           "resources": [{"names": ["client"], "compress": False}]}],
            "database": {"name": "sqlite3", "args": {"database": self._path("homeserver.db")}},
            "log_config": self._path("log.yaml"), "media_store_path": self._path("media"),
            "signing_key_path": self._path("signing.key"), "trusted_key_servers": [], "suppress_key_server_warning": True,
            "registration_shared_secret": self.secret, "macaroon_secret_key": os.urandom(16).hex(),
            "form_secret": os.urandom(16).hex(), "bcrypt_rounds": 4, "enable_registration": False,
            "presence": {"enabled": False}, "url_preview_enabled": False, "user_directory": {"enabled": False},
            "federation_domain_whitelist": [], "caches": {"global_factor": 1.0}, **more}
        if token_lifetime:
            self.settings.update(refreshable_access_token_lifetime=token_lifetime, nonrefreshable_access_token_lifetime="24h",
                                 refresh_token_lifetime="24h")
        self.limit(limits)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def limit(self, limits):
        """From the next start on."""
        for name in LIMITED:
            self.settings[name] = STRICT if name in limits else FREE
        for name, kinds in LIMITED_EACH.items():
            self.settings[name] = {kind: STRICT if name in limits else FREE for kind in kinds}
        with open(self._path("homeserver.yaml"), "w", encoding="utf-8") as file:
            json.dump(self.settings, file, indent=1)

    def start(self, seconds=60):
        with open(self._path("output"), "ab") as output:
            self.process = subprocess.Popen([self.python, "-m", "synapse.app.homeserver", "-c", self._path("homeserver.yaml")],
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                self.ask("GET", "/_matrix/client/versions")
                return
            except (OSError, Refused):
                time.sleep(0.05)
        raise RuntimeError(f"Synapse does not answer: {self.log()}")

    def stop(self):
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def log(self, size=3000):
        said = ""
        for name in ("output", "synapse.log"):
            if os.path.exists(self._path(name)):
                with open(self._path(name), encoding="utf-8", errors="replace") as file:
                    said += file.read()[-size:]
        return said

    # ---- asking it -----------------------------------------------------------------------------------------------------

    def ask(self, method, path, body=None, token=None, seconds=30):
        """A request, and what the answer holds."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode("utf-8", "replace")) from None

    def register(self, localpart, password="correct horse", admin=False):
        """Makes an account with the shared secret: its id, device and token."""
        nonce = self.ask("GET", "/_synapse/admin/v1/register")["nonce"]
        words = "\0".join((nonce, localpart, password, "admin" if admin else "notadmin"))
        mac = hmac.new(self.secret.encode(), words.encode(), hashlib.sha1).hexdigest()
        return self.ask("POST", "/_synapse/admin/v1/register",
                        {"nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": mac})

    def admin(self, method, path, body=None):
        """What only the server's own people may do: admin("DELETE", "/v2/rooms/...")."""
        if not self.admin_token:
            self.admin_token = self.register("keeper", admin=True)["access_token"]
        return self.ask(method, "/_synapse/admin" + path, body, self.admin_token)

    def devices(self, user):
        return self.admin("GET", f"/v2/users/{quote(user)}/devices")["devices"]

    def set_password(self, user, password):
        """Whoever is logged in stays so."""
        self.admin("PUT", f"/v2/users/{quote(user)}", {"password": password, "logout_devices": False})

    def log_out(self, user):
        """Ends all that somebody is logged in with."""
        for device in self.devices(user):
            self.admin("DELETE", f"/v2/users/{quote(user)}/devices/{quote(device['device_id'])}")

    def remove_room(self, room):
        """Everybody is put out, and the room is gone."""
        task = self.admin("DELETE", f"/v2/rooms/{quote(room)}", {"purge": True, "block": True})["delete_id"]
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if self.admin("GET", f"/v2/rooms/delete_status/{task}")["status"] == "complete":
                    return
            except Refused as error:
                if error.status != 404:  # which it is until the task has begun
                    raise
            time.sleep(0.1)
        raise AssertionError("the room was not removed in 30 s")


def quote(part):
    return urllib.parse.quote(part, safe="")
