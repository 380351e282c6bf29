#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon on a real Synapse, taken away by SIGKILL at named points while three members talk in their room and in private,
newcomers ask for what only a private room may say, and somebody calls for help.  What is promised, and compared in the rooms'
whole history and in what the members' own clients showed:

  * each command is answered exactly once, nothing else is said (matrix_ledger.py);
  * a newcomer is asked into one private room and answered once there, also when the bot died before it knew of the room;
  * a call for help is answered, and the team paged for it;
  * no life is logged out, or needs the password again: tokens that came and were not stored cost nothing.

    death_matrix.py MOORING [--deaths N] [--seed N] [--points NAME,...]

Each point gets its share of the deaths.  Each second death is followed by a life that answers what was asked before it."""
import argparse
import collections
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
import packages

packages.enter()

from matrix_ledger import Ledger, Talk, own_words
from matrix_world import World, step

# A point, and at which of its passings at most: a start alone passes some of them several times.
POINTS = {"body-received": 6, "in-mid-batch": 8, "before-commit": 16, "after-commit": 16, "put-sent": 8, "response-unread": 20,
          "room-created": 1, "token-refreshed": 1}
RENEWING = "token-refreshed"  # has a world of its own, in which tokens last only
TOKEN_LIFE = "6s"
DIES_WITHIN_S, TRIES = 60, 3  # a machine under load may pass by a point: a room is found again, not answered for
ANSWERS_WITHIN_S = 90  # the last may be an invitation that the server itself did not come to
CHECK_EACH = 13  # deaths
PAUSE_S = 1.0  # between what one member says: more in a room would be too much for one person
DIES = -9
STANDING = "^This is how it stands"  # what !consent is answered
OUT = re.compile(r"event=(matrix_logged_out|chat_logged_out|chat_locked|chat_suspended|matrix_tokens_not_stored|event_buried)")


class Lives:
    """One world's bot: its deaths, counted by where they were, and what people asked of it."""

    def __init__(self, world, chance):
        self.world, self.chance, self.ledger = world, chance, Ledger(world)
        self.deaths, self.under_way, self.counted = (collections.Counter() for _ in range(3))
        self.newcomers, self.calls, self.log, self.lives, self.missed = [], [], [], 0, 0

    # ---- lives ---------------------------------------------------------------------------------------------------------

    def start(self, point):
        at = self.chance.randint(1, POINTS[point])
        self.log.append(f"---- dies at {point}:{at}")
        self.world.start(wait=False, more=("--die-at", f"{point}:{at}"))

    def bury(self, point):
        """Waits for the death that was asked for; False: it did not come."""
        process, end = self.world.daemon.process, time.monotonic() + DIES_WITHIN_S
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
            self.is_in()
        if process.poll() is None:
            self.end(self.world.kill)
            self.missed += 1
            return False
        lines = self.over()
        assert process.returncode == DIES and lines[-1:] == [f"mooring dies at {point}"], \
            f"the bot ended with {process.returncode}, not at {point}"
        self.deaths[point] += 1
        self.under_way[point] += self.was_sending()
        return True

    def over(self):
        """After a life's end; its log."""
        daemon = self.world.daemon
        daemon.reading.join(10)
        self.log += daemon.lines
        self.is_in()
        self.lives += 1
        return daemon.lines

    def is_in(self):
        """It does not take itself for logged out, and gave nothing up."""
        out = [line for line in list(self.world.daemon.lines) if OUT.search(line)]
        assert not out, f"in life {self.lives + 1}: {out[0]}"

    def was_sending(self):
        """Whether the dead process had a message under way, by its store."""
        with tempfile.TemporaryDirectory(dir=self.world.folder) as copy:
            state = os.path.join(self.world.folder, "state")
            for name in os.listdir(state):
                if name.startswith("mooring.db"):
                    shutil.copy(os.path.join(state, name), copy)
            database = sqlite3.connect(os.path.join(copy, "mooring.db"))
            try:
                return database.execute("SELECT count(*) FROM outbox WHERE state = 1").fetchone()[0] > 0
            finally:
                database.close()

    def live(self):
        """A life that nothing ends, until it has answered what was asked before it."""
        self.log.append("---- lives")
        with self.ledger.lock:
            asked = set(self.ledger.asked)
        self.world.start(wait=False)
        self.world.daemon.wait_for("event=network_state network=shore state=up", seconds=ANSWERS_WITHIN_S)
        end = time.monotonic() + ANSWERS_WITHIN_S
        while not asked <= self.ledger.answered():
            assert not self.world.ended(), f"the bot ended with {self.world.daemon.process.returncode}"
            assert time.monotonic() < end, "what was asked before a life was not answered:\n" + "\n".join(self.ledger.mistakes()[:20])
            time.sleep(0.2)

    def end(self, how):
        how()
        self.over()

    def die(self, point):
        """One death; each second one is followed by a life."""
        for _ in range(TRIES):
            newcomer = None
            if point == "room-created":
                newcomer = self.world.member(f"nia{len(self.newcomers)}", self.world.harbor)
                self.newcomers.append(newcomer)
            self.start(point)
            if newcomer:
                newcomer.say(self.world.harbor, "!consent")
            if self.bury(point):
                break
        else:
            raise AssertionError(f"{point} was not reached in {TRIES} lives of {DIES_WITHIN_S} s")
        if self.deaths.total() % 2 == 0:
            self.live()
            self.end(self.world.kill)

    # ---- what people see -----------------------------------------------------------------------------------------------

    def call(self):
        """Somebody who has a private room calls for help while the bot is dead."""
        member = self.world.member(f"kim{len(self.calls)}", self.world.harbor)
        private = member.private_with(self.world.bot)
        self.end(self.world.kill)
        member.say(private, "I can't go on, I want to die")
        self.calls.append((member, private))

    def calls_answered(self):
        """Each at least once: a second time is better than never."""
        for member, private in self.calls:
            answers = member.wait_for(lambda m=member, p=private: m.find("988", self.world.bot, p), "an answer with numbers", ANSWERS_WITHIN_S)
            pages = self.world.mara.wait_for(lambda m=member: self.pages(m.name), f"a page about {member.name}", ANSWERS_WITHIN_S)
            self.counted[f"answers {member.name}"], self.counted[f"pages {member.name}"] = len(answers), len(pages)
        wild = [page.text for page in self.pages("") if not any(re.search(rf"from {m.name}\b", page.text) for m, _ in self.calls)]
        assert not wild, f"a page about nobody who called: {wild[0]}"

    def pages(self, name):
        return [said for said in self.world.mara.find("ALERT ", self.world.bot, self.world.bridge)
                if not name or re.search(rf"from {name}\b", said.text)]

    def newcomers_answered(self):
        """Each was asked into one room, and answered once in it."""
        for member in self.newcomers:
            if not hasattr(member, "private"):
                member.private = member.expect_invite(self.world.bot, ANSWERS_WITHIN_S)
                member.join(member.private)
            member.expect(STANDING, self.world.bot, member.private, seconds=ANSWERS_WITHIN_S)
        time.sleep(1)
        for member in self.newcomers:
            others = [room for room, by in member.invites.items() if by == self.world.bot and room != member.private]
            assert not others, f"{member.name} is asked into {len(others)} more private rooms"
            said = [event["content"].get("body", "")[:60] for event in self.ledger.history(member, member.private, anew=True)
                    if event["sender"] == self.world.bot and event["type"] == "m.room.message"]
            answers = [text for text in said if re.search(STANDING, text)]
            others = [text for text in said if not re.search(STANDING, text) and not own_words(text)]
            twice = [words for words, times in collections.Counter(map(own_words, said)).items() if words and times > 1]
            assert len(answers) == 1 and not twice and not others, f"{member.name} was told {said}"

    def check(self, talks, devices):
        """The bot lives, nobody talks: all is answered."""
        for talk in talks:
            talk.quiet(True)
        self.live()
        wrong = self.ledger.settle(60)
        assert not wrong, f"after {self.deaths.total()} deaths:\n" + "\n".join(wrong[:20])
        self.newcomers_answered()
        self.calls_answered()
        now = {device["device_id"] for device in self.world.server.devices(self.world.bot)}
        assert now == devices, f"its devices were {devices} and are {now}"
        counted = self.ledger.counted
        step(f"{self.deaths.total()} deaths in {self.lives} lives; " + ", ".join(f"{counted[kind]} {kind}" for kind in sorted(counted)) +
             f"; {len(self.newcomers)} newcomers answered in one room each; {len(self.calls)} calls for help")
        for talk in talks:
            talk.quiet(False)


def play(lives, plan, with_calls):
    """The deaths of a plan, while three members talk."""
    world = lives.world
    lives.live()  # before they come: it must have seen them in its room to follow their invites
    devices = {device["device_id"] for device in world.server.devices(world.bot)}
    world.server.set_password(world.bot, "one that the bot is not told")  # what it has to go on with are its tokens
    members = [world.member(name, world.harbor) for name in ("ana", "ben", "cara")]
    privates = [member.private_with(world.bot) for member in members]
    talks = [Talk(lives.ledger, member, [world.harbor, private], PAUSE_S) for member, private in zip(members, privates)]
    try:
        pieces = max(1, round(len(plan) / CHECK_EACH))
        for i in range(pieces):
            lives.call() if with_calls else lives.end(world.kill)
            for point in plan[i::pieces]:
                lives.die(point)
            lives.check(talks, devices)
    except BaseException:
        print("its lives:\n    " + "\n    ".join(lives.log[-150:]), flush=True)
        raise
    finally:
        for talk in talks:
            talk.end()
    lives.check((), devices) if world.ended() else None
    wrong = lives.ledger.settle(60)
    assert not wrong, "at the end:\n" + "\n".join(wrong[:20])
    assert world.stop() < 5, "it stops slowly"
    lives.over()


def figures(all_lives):
    deaths, under_way, counted = (sum((getattr(lives, name) for lives in all_lives), collections.Counter())
                                  for name in ("deaths", "under_way", "counted"))
    ledgers = sum((lives.ledger.counted for lives in all_lives), collections.Counter())
    newcomers, calls = (sum(len(getattr(lives, name)) for lives in all_lives) for name in ("newcomers", "calls"))
    answers, pages = (sum(n for kind, n in counted.items() if kind.startswith(name)) for name in ("answers ", "pages "))
    points = ", ".join(f"{point} {deaths[point]}" for point in POINTS if deaths[point])
    return (f"{deaths.total()} deaths on Synapse ({points}; with a message under way {under_way.total()}; " +
            f"{sum(lives.missed for lives in all_lives)} not reached in time), " +
            ", ".join(f"{ledgers[kind]} {kind}" for kind in sorted(ledgers)) +
            f", {newcomers} newcomers answered once, {calls} calls for help with {answers} answers and {pages} pages")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mooring")
    parser.add_argument("--deaths", type=int, default=208)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--points", default=",".join(POINTS))
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"death_matrix: seed {seed}", flush=True)
    points, chance = arguments.points.split(","), random.Random(seed)
    order = [points[i % len(points)] for i in range(arguments.deaths)]
    chance.shuffle(order)
    played = []
    for plan, synapse in (([point for point in order if point != RENEWING], {}),
                          ([point for point in order if point == RENEWING], {"token_lifetime": TOKEN_LIFE})):
        if not plan:
            continue
        step(f"{len(plan)} deaths while three members talk" + (f", tokens last {TOKEN_LIFE}" if synapse else ""))
        with World(arguments.mooring, synapse=synapse) as world:
            played.append(Lives(world, chance))
            play(played[-1], plan, with_calls=not synapse)
    print(f"death_matrix: {figures(played)}", flush=True)


if __name__ == "__main__":
    main()
