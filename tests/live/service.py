# SPDX-License-Identifier: MIT
"""What a service manager hears of the daemon: ready, fed, reloading, refused, stopping.

service.py MOORING: plays the manager by its socket (sd_notify(3)), so that it runs everywhere; systemd.py does the same
with a real systemd.  The only network there is refuses connections: neither readiness nor the watchdog may wait for it."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

from loopback import free_port

CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( {{ name = "sea";  kind = "irc";  host = "127.0.0.1";  port = {port};  tls = false;  nicks = ["harbor-bot"];
  realname = "Peer-support bot";  identity = "nick"; }} );
groups = ( {{ name = "harbor";  zone = "Etc/UTC";  country = "US";  rooms = ( {{ network = "sea";  room = "#harbor"; }} );
  alert_room = {{ network = "sea";  room = "#bridge"; }};
  moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} );  on_call = ( {{ who = "Mara"; }} ); }} );
plugins = [];
{more}
"""
WATCHDOG_SECONDS = 2


class Manager:
    def __init__(self, folder):
        self.path = os.path.join(folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def expect(self, pattern, seconds=20):
        """The next message that matches; those before it are dropped, but for what the test asks of them."""
        end, seen = time.monotonic() + seconds, []
        while time.monotonic() < end:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                message = self.socket.recv(4096).decode()
            except socket.timeout:
                break
            seen.append(message)
            if re.search(pattern, message):
                return seen
        raise AssertionError(f"the manager waited {seconds} s for {pattern!r} and heard {seen}")


def write_config(folder, port, more=""):
    with open(os.path.join(folder, "mooring.cfg"), "w", encoding="utf-8") as file:
        file.write(CONFIG.format(folder=folder, port=port, more=more))
    return file.name


def reload(binary, folder, config):
    return subprocess.run([binary, "reload", "--config", config], env=dict(os.environ, RUNTIME_DIRECTORY=folder), timeout=30,
                          capture_output=True, text=True)


def refused_by_signal(manager, daemon):
    daemon.send_signal(signal.SIGHUP)
    before_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    said = [message for message in manager.expect(r"^READY=1$") if message != "WATCHDOG=1"]
    assert len(said) == 3, said
    reloading = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", said[0])
    assert reloading and abs(int(reloading[1]) - before_us) < 10_000_000, said
    assert "the last reload was refused (1 mistake" in said[1], said


def floor_only(binary, folder):
    """A database that nobody can open: a manager who started the bot again and again would help nobody."""
    os.makedirs(os.path.join(folder, "credentials"), mode=0o700)
    os.makedirs(os.path.join(folder, "state"), mode=0o700)
    config = write_config(folder, free_port())
    subprocess.run([binary, "key", "new", os.path.join(folder, "credentials", "master-key")], check=True, capture_output=True)
    for name in ("mooring.db", "keyring"):
        with open(os.path.join(folder, "state", name), "wb") as file:
            file.write(b"no such thing" * 1000)
    manager = Manager(folder)
    environment = dict(os.environ, NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=str(WATCHDOG_SECONDS * 1_000_000))
    with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
        daemon = subprocess.Popen([binary, "run", "--config", config], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log)
        try:
            manager.expect(r"^STATUS=floor only")
            manager.expect(r"^READY=1$", 1)
            for _ in range(3):
                manager.expect(r"^WATCHDOG=1$", WATCHDOG_SECONDS)
            print("  ready and fed, without a database", flush=True)
        finally:
            daemon.terminate()
            assert daemon.wait(20) == 0, daemon.returncode


def story(binary, folder):
    os.makedirs(os.path.join(folder, "credentials"), mode=0o700)
    port = free_port()
    config = write_config(folder, port)
    subprocess.run([binary, "key", "new", os.path.join(folder, "credentials", "master-key")], check=True, capture_output=True)
    manager = Manager(folder)
    environment = dict(os.environ, NOTIFY_SOCKET=manager.path, WATCHDOG_USEC=str(WATCHDOG_SECONDS * 1_000_000),
                       RUNTIME_DIRECTORY=folder)
    environment.pop("WATCHDOG_PID", None)
    with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
        daemon = subprocess.Popen([binary, "run", "--config", config], env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log)
        try:
            manager.expect(r"^STATUS=network sea is not up$")
            manager.expect(r"^READY=1$", 1)
            for _ in range(3):
                manager.expect(r"^WATCHDOG=1$", WATCHDOG_SECONDS)
            print("  ready and fed, without a network", flush=True)
            write_config(folder, port, "colour = 3;")
            refused_by_signal(manager, daemon)
            manager.expect(r"^WATCHDOG=1$", WATCHDOG_SECONDS)
            answer = reload(binary, folder, config)
            assert answer.returncode == 1 and re.search(r"cfg:\d+: colour: unknown option", answer.stderr), answer
            print("  a bad configuration is refused, and told", flush=True)
            write_config(folder, port, 'bot_name = "anchor";')
            answer = reload(binary, folder, config)
            assert answer.returncode == 0 and not answer.stderr, answer
            manager.expect(r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            manager.expect(r"^STATUS=(?!.*refused)")
            manager.expect(r"^READY=1$")
            print("  a good one is taken", flush=True)
            daemon.terminate()
            manager.expect(r"^STOPPING=1$")
            assert daemon.wait(20) == 0, daemon.returncode
            answer = reload(binary, folder, config)
            assert answer.returncode == 1 and "not running" in answer.stderr, answer
        except Exception:
            daemon.kill()
            daemon.wait()
            log.seek(0)
            print(f"the bot's log:\n{log.read()[-6000:]}", flush=True)
            raise


def main():
    for part in (story, floor_only):
        with tempfile.TemporaryDirectory() as folder:
            part(sys.argv[1], folder)
    print("passed", flush=True)


if __name__ == "__main__":
    main()
