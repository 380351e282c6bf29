#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon on a real Synapse, taken away by SIGKILL at named points while three members talk: every command is answered
exactly once and a call for help at least once, as the rooms' whole history has it; a private room whose making was not
recorded is not made twice; tokens that came and were not stored end no login.

    death_matrix.py MOORING [--deaths N] [--seed N] [--points NAME,...]"""
import argparse
import collections
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
import packages

packages.enter()

from matrix_ledger import Ledger, Talk
from matrix_world import World, step

# A point, and at which of its first passings: some are passed many times before a life says anything.
SPANS = {"body-received": 3, "in-mid-batch": 3, "before-commit": 12, "after-commit": 12, "put-sent": 3, "response-unread": 12,
         "room-created": 1, "token-refreshed": 1}
TALKING = ("body-received", "in-mid-batch", "before-commit", "after-commit", "put-sent", "response-unread")
DIES_WITHIN_S = 40
CHECK_EACH = 25  # deaths
TOKEN_LIFE = "6s"
DIES = -9


class Lives:
    """Deaths of one world's bot, counted by where they were."""

    def __init__(self, world, ledger, chance):
        self.world, self.ledger, self.chance = world, ledger, chance
        self.deaths, self.crises, self.row = collections.Counter(), 0, 0

    def start(self, point):
        self.point = point
        self.world.start(wait=False, more=("--die-at", f"{point}:{self.chance.randint(1, SPANS[point])}"))

    def bury(self):
        """Waits for the death that was asked for."""
        process, end = self.world.daemon.process, time.monotonic() + DIES_WITHIN_S
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        assert process.poll() is not None, f"{self.point} was not reached in {DIES_WITHIN_S} s"
        assert process.returncode == DIES, f"the bot ended with {process.returncode}, not at {self.point}"
        self.deaths[self.point] += 1

    def live(self):
        """A life that ends nowhere, until it has answered what was asked in the room before it.  What kills the bot in each
        life is put to rest after a few: that is as it should be, and told to the team, but no answer."""
        asked = [event for event, (_, room, _) in list(self.ledger.asked.items()) if room == self.world.harbor]
        self.world.start()
        mara = self.world.mara
        mara.wait_for(lambda: self.world.ended() or set(asked) <= {said.reply_to for said in mara.find("", self.world.bot)},
                      "what was asked before this life to be answered", 30)
        assert not self.world.ended(), f"the bot ended with {self.world.daemon.process.returncode}"

    def die(self, point):
        """One death; each second is followed by a life."""
        self.start(point)
        self.bury()
        self.row += 1
        if self.row % 2 == 0:
            self.live()
            self.world.kill()


def check(world, ledger, talks, lives):
    """The bot lives, nobody talks: all is answered."""
    for talk in talks:
        talk.quiet.set()
    world.start()
    wrong = ledger.settle(60)
    assert not wrong, f"after {sum(lives.deaths.values())} deaths:\n" + "\n".join(wrong[:20])
    for talk in talks:
        talk.quiet.clear()


def call(world, lives, number):
    """Somebody who has a private room calls for help, and the bot dies: they are answered, and the team is told."""
    member = world.member(f"kim{number}", world.harbor)
    private = member.private_with(world.bot)
    world.kill()
    member.say(private, "I can't go on, I want to die")
    return member, private


def calls_answered(world, lives, ledger, calls):
    for member, private in calls:
        member.expect("988", world.bot, private, seconds=60)
        lives.crises += 1
    pages = [event for event in ledger.history(world.mara, world.bridge)
             if event["sender"] == world.bot and "ALERT" in event["content"].get("body", "")]
    assert len(pages) >= len(calls), f"{lives.crises} calls for help and {len(pages)} pages"


def talking(world, ledger, lives, points, wanted):
    """Deaths in the talk of three members, in their room and in private."""
    step(f"{wanted} deaths while three members talk")
    world.start()  # before they come: it must have seen them in its room to follow their invites
    members = [world.member(name, world.harbor) for name in ("ana", "ben", "cara")]
    privates = [member.private_with(world.bot) for member in members]
    talks = [Talk(ledger, member, [world.harbor, private], 0.9) for member, private in zip(members, privates)]
    order = [points[i % len(points)] for i in range(wanted)]
    lives.chance.shuffle(order)
    try:
        for begin in range(0, wanted, CHECK_EACH):
            calls = [call(world, lives, begin)]
            for point in order[begin:begin + CHECK_EACH]:
                lives.die(point)
            check(world, ledger, talks, lives)
            calls_answered(world, lives, ledger, calls)
            step(f"{sum(lives.deaths.values())} deaths, {len(ledger.asked)} commands: each answered once")
    finally:
        for talk in talks:
            talk.end()
    check(world, ledger, (), lives) if world.ended() else None
    wrong = ledger.settle(60)
    assert not wrong, "at the end:\n" + "\n".join(wrong[:20])
    world.stop()


def rooms_made(world, ledger, lives, wanted):
    """A private room is made, and the bot dies before it is written down: there is one room with one answer."""
    step(f"{wanted} deaths between the making of a private room and its record")
    for i in range(wanted):
        member = world.member(f"nia{i}", world.harbor)
        lives.start("room-created")
        member.say(world.harbor, "!consent")
        lives.bury()
        world.start()
        room = member.expect_invite(world.bot, 40)
        member.join(room)
        member.expect("consent", world.bot, room, seconds=40)
        time.sleep(1)
        others = [other for other, by in member.invites.items() if by == world.bot and other != room]
        assert not others, f"{member.name} is asked into {len(others)} more private rooms"
        answers = [event for event in ledger.history(member, room)
                   if event["sender"] == world.bot and event["type"] == "m.room.message"]
        assert len(answers) == 1, f"{member.name} was answered {len(answers)} times: {[e['content'].get('body') for e in answers]}"
        assert world.stop() < 5
        lives.asked += 1


def tokens_renewed(mooring, lives, wanted):
    """New tokens came and the bot dies before it stored them: it goes on with the old ones, as the same device."""
    step(f"{wanted} deaths between the renewal of a token and its storing")
    with World(mooring, synapse={"token_lifetime": TOKEN_LIFE}) as world:
        lives.world = world
        ledger = lives.ledger = Ledger(world)
        world.start()
        devices = {device["device_id"] for device in world.server.devices(world.bot)}
        ana = world.member("ana", world.harbor)
        talk = Talk(ledger, ana, [world.harbor], 1.5)
        try:
            for _ in range(wanted):
                world.stop() if not world.ended() else None
                lives.start("token-refreshed")
                lives.bury()
                lives.live()
        finally:
            talk.end()
        wrong = ledger.settle(60)
        assert not wrong, "\n".join(wrong[:20])
        after = {device["device_id"] for device in world.server.devices(world.bot)}
        assert after == devices, f"its devices were {devices} and are {after}"
        assert "logged_out" not in world.log(), "it takes itself for logged out"
        world.stop()
        return len(ledger.asked)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mooring")
    parser.add_argument("--deaths", type=int, default=201)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--points", default=",".join(SPANS))
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"death_matrix: seed {seed}", flush=True)
    points = arguments.points.split(",")
    talk_points = [point for point in TALKING if point in points]
    # The two that need a world or a person of their own are a tenth of all, each.
    rare = {point: max(1, arguments.deaths // 12) if point in points else 0 for point in ("room-created", "token-refreshed")}
    wanted = arguments.deaths - sum(rare.values()) if talk_points else 0
    asked = 0
    with World(arguments.mooring) as world:
        ledger = Ledger(world)
        lives = Lives(world, ledger, random.Random(seed))
        lives.asked = 0
        if wanted:
            talking(world, ledger, lives, talk_points, wanted)
        rooms_made(world, ledger, lives, rare["room-created"])
        asked += len(ledger.asked) + lives.asked
    if rare["token-refreshed"]:
        asked += tokens_renewed(arguments.mooring, lives, rare["token-refreshed"])
    figures = ", ".join(f"{point} {lives.deaths[point]}" for point in SPANS if lives.deaths[point])
    print(f"death_matrix: {sum(lives.deaths.values())} deaths on Synapse, {asked} commands, 0 wrong, {lives.crises} calls for "
          f"help, points: {figures}", flush=True)


if __name__ == "__main__":
    main()
