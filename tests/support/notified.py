# SPDX-License-Identifier: MIT
"""A service manager's ear: the socket of sd_notify(3), and what was said to it."""
import re
import socket
import threading
import time


class Notified:
    def __init__(self, path):
        self.path, self.lock, self.lines, self.fed = path, threading.Condition(), [], []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                got = self.socket.recv(65536)
            except OSError:
                return
            with self.lock:
                self.lines += got.decode().splitlines()
                if b"WATCHDOG=1" in got:
                    self.fed.append(time.monotonic())
                self.lock.notify_all()

    def expect(self, pattern, seconds=15, newest=False):
        """A line that matches; newest: the last status that was told."""
        def there():
            lines = [line for line in self.lines if line.startswith("STATUS=")][-1:] if newest else self.lines
            return any(re.search(pattern, line) for line in lines)
        with self.lock:
            if not self.lock.wait_for(there, seconds):
                raise AssertionError(f"the service manager did not hear {pattern!r}: {self.lines[-10:]}")

    def count(self, pattern):
        with self.lock:
            return sum(bool(re.search(pattern, line)) for line in self.lines)

    def close(self):
        self.socket.close()
