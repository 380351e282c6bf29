#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the bot adds to a homeserver's own time: how long a member waits for an answer to a command, against an answer of a plain
client that says a word back at once, both on the same real Synapse, seen by the same member's /sync.

matrix_latency.py MOORING [TIMES]: the release's binary; Synapse lies where ./test.sh has put it (without: 77)"""
import http.client
import json
import os
import pathlib
import statistics
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "live"))
os.environ.setdefault("MOORING_SOURCE_DIR", str(ROOT))

import packages  # noqa: E402

packages.enter()

from matrix_world import World  # noqa: E402

FILTER = urllib.parse.quote(json.dumps({"room": {"timeline": {"types": ["m.room.message"]}, "state": {"types": []},
                                                 "ephemeral": {"types": []}, "account_data": {"types": []}}}))
ASKERS = 20  # nobody may ask for more than the bot's pace for one person


class Client:
    """A connection that stays; asks, and reads along one answer of /sync after the other."""

    def __init__(self, server, token):
        self.token, self.connection, self.since, self.count = token, http.client.HTTPConnection("127.0.0.1", server.port), None, 0
        self.tag = os.urandom(4).hex()

    def ask(self, method, path, body=None):
        self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)

    def say(self, room, text, kind="m.text"):
        self.count += 1
        path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room)}/send/m.room.message/{self.tag}-{self.count}"
        return self.ask("PUT", path, {"msgtype": kind, "body": text})["event_id"]

    def sync(self, timeout=10000):
        """What was said since the last one."""
        since = f"&since={self.since}" if self.since else ""
        answer = self.ask("GET", f"/_matrix/client/v3/sync?timeout={timeout}&filter={FILTER}{since}")
        self.since = answer["next_batch"]
        return [event for room in answer.get("rooms", {}).get("join", {}).values() for event in room["timeline"]["events"]]


class Echo(threading.Thread):
    """Answers "say it back" the moment that it reads it: what no bot can be quicker than."""

    def __init__(self, server, member, room):
        super().__init__(daemon=True)
        self.reads, self.says, self.room, self.me = Client(server, member), Client(server, member), room, None
        self.reads.sync(0)
        self.start()

    def run(self):
        try:
            self.answer()
        except (OSError, http.client.HTTPException):
            pass  # the server has gone

    def answer(self):
        while True:
            for event in self.reads.sync(20000):
                if event["content"].get("body") == "say it back":
                    self.says.say(self.room, "here it is, as long as a tip of the bot is, so that nothing but the way differs", "m.notice")


def wait_for(reads, sender):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if any(event["sender"] == sender for event in reads.sync()):
            return
    raise SystemExit(f"no answer of {sender}")


def main():
    mooring, times = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100
    with World(mooring) as world:
        world.start()
        world.mara.close()  # whose client would only take the server's time
        world.members.clear()
        tokens = {name: world.server.register(name)["access_token"] for name in ("ana", "plain")}
        askers = [world.server.register(f"asker{i}")["access_token"] for i in range(ASKERS)]
        for token in [*tokens.values(), *askers]:
            Client(world.server, token).ask("POST", f"/_matrix/client/v3/join/{urllib.parse.quote(world.harbor)}", {})
        Echo(world.server, tokens["plain"], world.harbor)
        reads, says = Client(world.server, tokens["ana"]), [Client(world.server, token) for token in askers]
        reads.sync(0)
        took = {"!tip": [], "say it back": []}
        who = {"!tip": world.bot, "say it back": f"@plain:{world.server.name}"}
        for i in range(times + 5):
            for command in took:  # in turns, so that both have the same server
                begun = time.perf_counter()
                says[i % ASKERS].say(world.harbor, command)
                wait_for(reads, who[command])
                if i >= 5:  # caches are warm
                    took[command].append((time.perf_counter() - begun) * 1000)
                time.sleep(0.15)  # receipts and what else follows an answer
        bot, plain = (statistics.median(took[command]) for command in ("!tip", "say it back"))
        print(f"answer to a command on a real Synapse, from said to seen: {bot:.1f} ms at the median, a plain client's {plain:.1f} ms: "
              f"{bot - plain:+.1f} ms for the bot (of {times} each)", flush=True)


if __name__ == "__main__":
    main()
