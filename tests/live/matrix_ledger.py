# SPDX-License-Identifier: MIT
"""Who asked the bot what, and how often each of it was answered: as the rooms' whole history has it, read with a member's own
token so that no limit of a client's timeline hides an answer, and as the members' own clients showed it.

In a room an answer says what it answers.  In private it does not; there the bot answers in turn, half of the questions are ones
whose answer repeats a word that is said only once, and each answer is that of the first question that it fits: one that is
lost, comes twice, or answers nothing is seen as such, also where the sums agree."""
import collections
import re
import threading
import time
import urllib.parse
import zoneinfo

COMMANDS = {"!tip": "", "!help": "^You can use: ", "!meetings": "^No meetings", "!about": "^I'm a bot that looks after this group"}
PRIVATE = {"!help": "here is what we can do together", "!about": "^I'm a bot that looks after this group"}
ZONE = "!timezone "
ZONES = sorted(name for name in zoneinfo.available_timezones() if "/" in name and "Etc/" not in name)
OWN_WORDS = ("^Hello ", "^One more question, now that we talk here")  # each at most once in a private room


def private_command(turn):
    """Of each member's own turn: no zone comes again before some hundred others."""
    return ZONE + ZONES[turn // 2 * 7 % len(ZONES)] if turn % 2 == 0 else tuple(PRIVATE)[turn // 2 % len(PRIVATE)]


def fits_private(text, body):
    if text.startswith(ZONE):
        return body.startswith(f"Your time zone is {text[len(ZONE):]} now")
    return re.search(PRIVATE[text], body) is not None


def own_words(body):
    """Which of what it says of itself that is, if any."""
    return next((words for words in OWN_WORDS if re.search(words, body)), None)


class Room:
    """What one room's events say of the questions of that room: `answers` of each of them, `wrong` in words."""

    def __init__(self, ledger, room, asked, events):
        self.asked, self.answers, self.wrong = asked, collections.Counter(), []
        self.is_private, self.said = room not in ledger.world.open_rooms(), 0
        self.waiting, self.own = [], collections.Counter()
        for event in events:
            if event["event_id"] in asked:
                self.waiting.append(event["event_id"])
            elif event["sender"] == ledger.world.bot and event["type"] == "m.room.message":
                self.said += 1
                content = event["content"]
                (self._in_private if self.is_private else self._in_room)(content, content.get("body", ""))
        for event, (member, _, text) in asked.items():
            if self.answers[event] != 1:
                self.wrong.append(f"{member.name}'s {text} was answered {self.answers[event]} times")
        self.wrong += [f"{self.name()} was told {words} {times} times" for words, times in self.own.items() if times > 1]

    def name(self):
        return next(iter(self.asked.values()))[0].name

    def _in_room(self, content, body):
        to = (content.get("m.relates_to") or {}).get("m.in_reply_to", {}).get("event_id")
        if to not in self.asked or not re.search(COMMANDS[self.asked[to][2]], body):
            self.wrong.append(f"{body[:60]!r} answers nothing that was asked in the room")
        else:
            self.answers[to] += 1

    def _in_private(self, content, body):
        own = own_words(body)
        if own:
            self.own[own] += 1
            return
        found = next((event for event in self.waiting if fits_private(self.asked[event][2], body)), None)
        if not found:
            self.wrong.append(f"{body[:60]!r} answers nothing that {self.name()} asked in private and was not answered yet")
            return
        if found != self.waiting[0]:
            self.wrong.append(f"{self.name()}'s {self.asked[found][2]} was answered before {self.asked[self.waiting[0]][2]}")
        self.answers[found] += 1
        self.waiting.remove(found)


class Ledger:
    def __init__(self, world):
        self.world, self.asked, self.lock = world, {}, threading.Lock()  # event id -> (member, room, text)
        self.read, self.counted = {}, collections.Counter()

    def ask(self, member, room, text):
        """False: the server did not take it (it is away)."""
        try:
            event = member.say(room, text)
        except Exception:
            return False
        with self.lock:
            self.asked[event] = (member, room, text)
        return True

    def history(self, member, room, anew=False):
        """All events of a room, the oldest first.  anew: also those that were read before."""
        known, events, token = [] if anew else self.read.get(room, []), [], None
        newest = known[-1]["event_id"] if known else None
        path = f"/_matrix/client/v3/rooms/{urllib.parse.quote(room)}/messages?dir=b&limit={30 if known else 500}"
        while True:
            page = self.world.server.ask("GET", path + (f"&from={token}" if token else ""), token=member.client.access_token)
            for event in page["chunk"]:
                if event["event_id"] == newest:
                    break
                events.append(event)
            else:
                token = page.get("end")
                if token and page["chunk"]:
                    continue
            self.read[room] = known + events[::-1]
            return self.read[room]

    def rooms(self):
        """Room: what was asked there."""
        rooms = collections.defaultdict(dict)
        with self.lock:
            for event, question in self.asked.items():
                rooms[question[1]][event] = question
        return rooms

    def answered(self):
        """Which questions were answered so far."""
        rooms, answered = self.rooms(), set()
        for room, asked in rooms.items():
            answered |= set(Room(self, room, asked, self.history(next(iter(asked.values()))[0], room)).answers)
        return answered

    def mistakes(self, anew=False):
        """What was not answered exactly once, and what was said beside, in words: as the history has it."""
        wrong, counted = [], collections.Counter()
        for room, asked in self.rooms().items():
            found = Room(self, room, asked, self.history(next(iter(asked.values()))[0], room, anew))
            where = "private" if found.is_private else "rooms"
            counted.update({f"asked in {where}": len(asked), f"answers in {where}": found.answers.total()})
            wrong += found.wrong
        self.counted = counted
        return wrong

    def shown_wrong(self):
        """The same, as each asking member's own client showed it."""
        wrong, shown = [], 0
        for room, asked in self.rooms().items():
            for member in {id(each[0]): each[0] for each in asked.values()}.values():
                if room in member.gaps:  # its client was told that it does not see all
                    self.counted["clients with gaps"] += 1
                    continue
                found = Room(self, room, asked, [said.source for said in list(member.said) if said.room == room])
                wrong += [f"in {member.name}'s client: {each}" for each in found.wrong]
                shown += found.answers.total()
        self.counted["answers in clients"] = shown
        return wrong

    def settle(self, seconds):
        """Waits until everything is answered, and a moment longer for what should not come; the mistakes, in words."""
        end = time.monotonic() + seconds
        while (self.mistakes() or self.shown_wrong()) and time.monotonic() < end:
            time.sleep(0.5)
        time.sleep(1)
        return self.mistakes(anew=True) + self.shown_wrong()


class Talk(threading.Thread):
    """A member who asks something every now and then until told to end; what the server refuses is said again later."""

    def __init__(self, ledger, member, rooms, pause):
        super().__init__(daemon=True)
        self.ledger, self.member, self.rooms, self.pause = ledger, member, rooms, pause
        self.over, self.is_quiet, self.asking = threading.Event(), False, threading.Lock()
        self.start()

    def run(self):
        turn = 0
        while not self.over.wait(self.pause):
            room, own = self.rooms[turn % len(self.rooms)], turn // len(self.rooms)
            open_room = room in self.ledger.world.open_rooms()
            text = tuple(COMMANDS)[own % len(COMMANDS)] if open_room else private_command(own)
            with self.asking:
                turn += not self.is_quiet and self.ledger.ask(self.member, room, text)

    def quiet(self, is_quiet):
        """What is being asked in this moment is asked when this returns."""
        with self.asking:
            self.is_quiet = is_quiet

    def end(self):
        self.over.set()
        self.join(60)
