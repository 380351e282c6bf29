# SPDX-License-Identifier: MIT
"""Who asked the bot what, and how often it answered, read from the rooms' whole history with a member's own token, so that no
limit of a client's timeline hides an answer.  In a room an answer says what it answers; in private, where it does not, as many
answers of a kind must stand as were asked for."""
import collections
import re
import threading
import time
import urllib.parse

COMMANDS = ("!tip", "!help", "!meetings", "!about")
PRIVATE = {"!help": "here is what we can do together", "!about": "^I'm a bot that looks after this group"}


class Ledger:
    def __init__(self, world):
        self.world, self.asked, self.lock = world, {}, threading.Lock()  # event id -> (member, room, text)

    def ask(self, member, room, text):
        """False: the server did not take it (it is away)."""
        try:
            event = member.say(room, text)
        except Exception:
            return False
        with self.lock:
            self.asked[event] = (member, room, text)
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

    def mistakes(self):
        """Questions of a room, or kinds of them in private, that were not answered as often as asked, in words."""
        rooms = collections.defaultdict(list)
        for event, (member, room, text) in list(self.asked.items()):
            rooms[room].append((event, member, text))
        wrong = []
        for room, asked in rooms.items():
            said = [event for event in self.history(asked[0][1], room)
                    if event["sender"] == self.world.bot and event["type"] == "m.room.message"]
            if room in self.world.open_rooms():
                counts = collections.Counter((event["content"].get("m.relates_to") or {}).get("m.in_reply_to", {}).get("event_id")
                                             for event in said)
                wrong += [f"{member.name}'s {text} was answered {counts[event]} times"
                          for event, member, text in asked if counts[event] != 1]
                continue
            for text, pattern in PRIVATE.items():
                there = sum(re.search(pattern, event["content"].get("body", "")) is not None for event in said)
                wanted = sum(text == each[2] for each in asked)
                if there != wanted:
                    wrong.append(f"{asked[0][1].name} asked for {text} in private {wanted} times and got {there} answers")
        return wrong

    def settle(self, seconds):
        """Waits until everything is answered, and a moment longer for what should not come; the mistakes, in words."""
        end = time.monotonic() + seconds
        while self.mistakes() and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(1)
        return self.mistakes()


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
                room = self.rooms[turn % len(self.rooms)]
                commands = COMMANDS if room in self.ledger.world.open_rooms() else tuple(PRIVATE)
                text = commands[turn // len(self.rooms) % len(commands)]
                turn += self.ledger.ask(self.member, room, text)

    def end(self):
        self.over.set()
        self.join(60)
