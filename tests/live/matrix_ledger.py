# SPDX-License-Identifier: MIT
"""Who asked the bot what, and how often it answered: by the answers' relation to what they answer, read from the rooms' whole
history with a member's own token, so that no limit of a client's timeline hides an answer."""
import collections
import threading
import time
import urllib.parse

COMMANDS = ("!tip", "!help", "!meetings", "!about")


class Ledger:
    def __init__(self, world):
        self.world, self.asked, self.lock = world, {}, threading.Lock()  # event id -> (member, room, when)

    def ask(self, member, room, text):
        """False: the server did not take it (it is away)."""
        try:
            event = member.say(room, text)
        except Exception:
            return False
        with self.lock:
            self.asked[event] = (member, room, time.monotonic())
        return True

    def history(self, member, room):
        """All events of a room, the oldest first."""
        events, token = [], None
        path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room)}/messages?dir=b&limit=500"
        while True:
            page = self.world.server.ask("GET", path + (f"&from={token}" if token else ""), token=member.client.access_token)
            events += page["chunk"]
            token = page.get("end")
            if not token or not page["chunk"]:
                return events[::-1]

    def answers(self):
        """event id of a question -> how many messages of the bot answer it."""
        counts = collections.Counter()
        rooms = {}
        for member, room, _ in list(self.asked.values()):
            rooms.setdefault(room, member)
        for room, member in rooms.items():
            for event in self.history(member, room):
                relation = event["content"].get("m.relates_to") or {}
                answered = (relation.get("m.in_reply_to") or {}).get("event_id")
                if event["sender"] == self.world.bot and event["type"] == "m.room.message" and answered:
                    counts[answered] += 1
        return counts

    def settle(self, seconds):
        """Waits until everything is answered, and a moment longer for what should not come; the mistakes, in words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            counts = self.answers()
            if all(counts[event] for event in self.asked):
                break
            time.sleep(0.5)
        time.sleep(1)
        counts = self.answers()
        return [f"{member.name}'s command was answered {counts[event]} times"
                for event, (member, _, _) in self.asked.items() if counts[event] != 1]


class Talk(threading.Thread):
    """A member who asks something every now and then until told to end; what the server refuses is said again later."""

    def __init__(self, ledger, member, rooms, pause):
        super().__init__(daemon=True)
        self.ledger, self.member, self.rooms, self.pause = ledger, member, rooms, pause
        self.over, self.quiet = threading.Event(), threading.Event()
        self.start()

    def run(self):
        turn = 0
        while not self.over.wait(self.pause):
            if not self.quiet.is_set():
                room, text = self.rooms[turn % len(self.rooms)], COMMANDS[turn % len(COMMANDS)]
                turn += self.ledger.ask(self.member, room, text)

    def end(self):
        self.over.set()
        self.join(60)
