#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Synapse goes away and comes back 20 times, and then limits how fast anybody may speak: every command is answered exactly
once, as its members see it.    matrix_restarts.py MOORING [RESTARTS]"""
import sys
import time

import packages

packages.enter()

from matrix_ledger import Ledger, Talk
from matrix_world import World, step

LIMITS = ("rc_message",)


def restarts(world, ledger, talks, times):
    step(f"the server stops and starts {times} times while three members talk")
    for i in range(times):
        time.sleep(0.3 * (i % 4))
        world.server.stop()
        time.sleep(0.1 + 0.4 * (i % 3))
        world.server.start()
        time.sleep(0.8)


def limited(world, ledger, talks):
    step("the server limits how fast the bot may speak, and is asked more than that")
    world.server.stop()
    world.server.limit(LIMITS)
    world.server.start()
    time.sleep(12)


def main():
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with World(sys.argv[1]) as world:
        world.start()
        members = [world.member(name, world.harbor) for name in ("ana", "ben", "cara")]
        ledger = Ledger(world)
        privates = [member.private_with(world.bot) for member in members]
        talks = [Talk(ledger, member, [world.harbor, private], 0.7) for member, private in zip(members, privates)]
        restarts(world, ledger, talks, times)
        limited(world, ledger, talks)
        for talk in talks:
            talk.end()
        wrong = ledger.settle(120)
        again = world.log().count("event=network_state network=shore state=up")
        assert not wrong, "\n".join(wrong[:20])
        assert len(ledger.asked) > times, "hardly anybody asked anything"
        assert world.stop() < 4
    print(f"{len(ledger.asked)} commands over {times} restarts of the server and its limits: each answered once; up {again} times",
          flush=True)


if __name__ == "__main__":
    main()
