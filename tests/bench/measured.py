# SPDX-License-Identifier: MIT
"""For irc.py and matrix.py: a daemon in a folder of its own, and what it takes."""
import atexit
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Measured:
    """The folder is there once it is made; who makes it writes mooring.cfg."""

    def __init__(self, mooring, under=()):
        self.mooring, self.under = mooring, list(under)
        self.temporary = tempfile.TemporaryDirectory(prefix="mooring-bench-")
        self.folder = pathlib.Path(self.temporary.name)
        for name in ("state", "credentials"):
            (self.folder / name).mkdir(mode=0o700)
        for name in ("text", "crisis", "coping", "networks"):
            (self.folder / name).symlink_to(ROOT / "config" / name)
        subprocess.run([mooring, "key", "new", self.folder / "credentials/master-key"], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.started = time.perf_counter()
        self.process = subprocess.Popen([*self.under, self.mooring, "run", "--config", self.folder / "mooring.cfg"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        atexit.register(self.process.kill)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def cpu_us(self):
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1000

    def anon_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))

    def check(self):
        if self.process.poll() is not None:
            self.give_up("the daemon ended")

    def give_up(self, why):
        print((self.folder / "log").read_text()[-3000:])
        raise SystemExit(why)


def sync_ms(folder):
    """What one write that must be on the disk takes here: an answer waits for two."""
    took = []
    with open(folder / "probe", "wb") as file:
        for _ in range(50):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)
