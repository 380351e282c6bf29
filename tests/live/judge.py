# SPDX-License-Identifier: MIT
"""The client-server API's own words about what the bot asks: Prism, as a proxy that answers with errors, between two relays.

bot -> front relay -> Prism (--errors) -> back relay -> Synapse

The back relay keeps what Synapse really answered; the front one gives the bot that answer where Prism finds fault with
Synapse's side, so that the day goes on and the two sides are told apart."""
import collections
import http.client
import http.server
import json
import re
import socket
import subprocess
import threading
import time
import urllib.parse

from loopback import free_port
from packages import prism, shared_data

NUMBER = "x-judged-number"
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host", "content-length", NUMBER}
# What is no part of the API that the file describes: the homeserver's unstable features.
OUTSIDE = ("/_matrix/client/unstable/", "/_synapse/")
# An empty state key, which the API has ("defaults to an empty string", and the slash before it may stay) and OpenAPI cannot: a
# parameter of a path is never empty there.
EMPTY_KEY = re.compile("/_matrix/client/v3/rooms/[^/]+/state/[^/]+/?")


class Fault(collections.namedtuple("Fault", "request place message")):
    def __str__(self):
        return f"{self.request}: {self.place}: {self.message}"


def operation(method, path):
    """The path with what names rooms, people and events left out."""
    return f"{method} " + "/".join("{}" if re.match("[!@#$%]|[0-9a-f-]{16,}", part) else part for part in path.split("/"))


def relay(port, method, path, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _any(self):
        size = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(size) if size else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
        try:
            status, answered, content = self.server.take(self.command, self.path, headers, body, self.headers.get(NUMBER))
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in answered:
            if name.lower() not in HOP and name.lower() not in ("date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_OPTIONS = do_HEAD = _any


class Relay(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, take):
        super().__init__(("127.0.0.1", 0), Handler)
        self.take, self.port = take, self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *_):
        pass  # whoever asked went away


class Judge:
    """`port` is where the bot asks; `ours` and `theirs` are the faults, `asked` how often each path was."""

    def __init__(self, server, log):
        self.server, self.number, self.lock = server, 0, threading.Lock()
        self.real, self.ours, self.theirs, self.asked = {}, [], [], collections.Counter()
        self.front, self.back, self.prism_port = Relay(self._front), Relay(self._back), free_port()
        self.port = self.front.port
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            prism() + ["proxy", shared_data("matrix/cs-openapi.bundled.json"), f"http://127.0.0.1:{self.back.port}", "--errors",
                       "--port", str(self.prism_port), "--host", "127.0.0.1", "--verboseLevel", "warn"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.prism_port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.close()
        raise RuntimeError("Prism does not listen")

    def close(self):
        for one in (self.front, self.back):
            one.shutdown()
            one.server_close()
        self.process.terminate()
        self.process.wait(10)
        self.log.close()

    def show(self):
        for asked, count in sorted(self.asked.items()):
            print(f"    {count:5} {asked}", flush=True)
        for whose, faults in (("Synapse's", self.theirs), ("ours", self.ours)):
            for fault, count in collections.Counter(faults).most_common(40):
                print(f"    {whose}, {count} times: {fault}", flush=True)

    def _back(self, method, path, headers, body, number):
        answer = relay(self.server.port, method, path, headers, body)
        with self.lock:
            self.real[number] = answer
        return answer

    def _front(self, method, path, headers, body, _):
        bare = urllib.parse.urlsplit(path).path
        if bare.startswith(OUTSIDE) or EMPTY_KEY.fullmatch(bare):
            self.asked[operation(method, bare) + " (not judged)"] += 1
            return relay(self.server.port, method, path, headers, body)
        with self.lock:
            self.number += 1
            number = str(self.number)
        answer = relay(self.prism_port, method, path, {**headers, NUMBER: number}, body)
        with self.lock:
            real = self.real.pop(number, None)
        self.asked[operation(method, bare)] += 1
        self._judge(operation(method, bare), answer, real)
        return real or answer

    def _judge(self, request, answer, real):
        """Faults of the request in `ours`, those of Synapse's answer in `theirs`."""
        kind = dict((name.lower(), value) for name, value in answer[1]).get("content-type", "")
        if "problem+json" not in kind:
            return
        problem = json.loads(answer[2])
        found = problem.get("validation") or [{"location": ["answer" if real else "request"], "message": problem.get("title", "")}]
        for one in found:
            place = [str(part) for part in one.get("location", [])]
            fault = Fault(request, ".".join(place), one.get("message", ""))
            (self.theirs if place[:1] in (["response"], ["answer"]) else self.ours).append(fault)
