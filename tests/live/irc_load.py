#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One channel of a real Ergo says 200 lines a second, then 2,000 in a burst; people ask more than may be answered, and call for
help in the middle of it and at its end.

    irc_load.py MOORING [SECONDS]

How far the bot is behind is measured from outside: from when the server had a call to when its answer was there, which holds the
reading of all that was said before it.  What is routine stays within the network's pace, and waits for who calls."""
import os
import random
import re
import signal
import sys
import tempfile
import time

from irc_restarts import MEMBERS, ROOM, World, answers

PACE_LINES, PACE_S = 10, 1  # of irc_restarts.CONFIG
BEHIND_S = 8.0              # with sanitizers, on a machine that does many other things too


def talk(world, lines, seconds, ask_every, call_at):
    """So many lines, evenly over so many seconds; the members ask in between."""
    speaker, begin, asked = world.friends["ana"], time.monotonic(), 0
    for i in range(lines):
        speaker.write(f"PRIVMSG {ROOM} :line {i} of a long evening, and tomorrow is another day")
        if i % ask_every == ask_every - 1:
            world.ask(MEMBERS[1 + asked % 2])
            asked += 1
        if i in call_at:
            world.call()
        ahead = begin + seconds * (i + 1) / lines - time.monotonic()
        if ahead > 0.01:
            time.sleep(ahead)
    return lines / (time.monotonic() - begin)


def wait_for_calls(world):
    end = time.monotonic() + 60
    while time.monotonic() < end and not all(answers(call) for call in world.calls):
        time.sleep(0.02)


def behind(call):
    """Seconds from when the server had it to the first answer."""
    assert answers(call), f"{call.mark}'s call has no answer"
    return next(at for at, place, _ in call.friend.heard if place == call.friend.nick) - call.taken()


def check_pace(world, rounds):
    """No stretch of time holds more routine answers than a burst and what its length earns."""
    heard = sorted(at for nick in MEMBERS for at, _, text in world.friends[nick].heard if "Sea/Bay" in text)
    for i, begin in enumerate(heard):
        for j in range(i, len(heard)):
            most = PACE_LINES + 2 + (heard[j] - begin) / PACE_S
            assert j - i < most, f"{j - i + 1} answers in {heard[j] - begin:.1f} s"
    asked = len(world.commands)
    assert asked > len(heard), "nothing had to wait: the test proves less than it says"
    return heard, asked


def check_first(world):
    """Answers that were asked for before a call came, and still waited, come behind its answer."""
    for call in world.calls:
        answered = next(at for at, place, _ in call.friend.heard if place == call.friend.nick)
        between = [text for nick in MEMBERS for at, _, text in world.friends[nick].heard
                   if "Sea/Bay" in text and call.taken() + 0.1 < at < answered - 0.05]
        assert len(between) <= 2, f"before the answer to {call.mark} came {len(between)} that can wait: {between[:3]}"


def main():
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory(prefix="mooring-load-") as folder:
        os.chmod(folder, 0o755)
        world = World(os.path.abspath(sys.argv[1]), folder, "ergo", random.Random(1), PACE_S)
        try:
            world.start()
            while not world.stands_now() or not all(friend.ready for friend in world.friends.values()):
                time.sleep(0.05)
            time.sleep(PACE_LINES)
            rate = talk(world, 200 * seconds, seconds, 40, {100 * seconds})
            world.call()
            wait_for_calls(world)
            steady = [behind(call) for call in world.calls]
            time.sleep(PACE_LINES)
            burst = talk(world, 2000, 0, 100, set())
            world.call()
            wait_for_calls(world)
            last = behind(world.calls[-1])
            time.sleep(3)
            heard, asked = check_pace(world, seconds)
            check_first(world)
            assert rate > 180, f"only {rate:.0f} lines a second were said"
            assert max(steady + [last]) < BEHIND_S, f"behind by {steady} s, after the burst {last:.1f} s"
            world.end_bot(signal.SIGTERM)
            with open(world.log, encoding="utf-8") as log:
                ups = len(re.findall("event=irc_up", log.read()))
            assert ups == 1, f"the server threw the bot out {ups - 1} times"
        except BaseException:
            with open(world.log, encoding="utf-8") as log:
                print("the bot's log:\n" + log.read()[-4000:])
            raise
        finally:
            for friend in world.friends.values():
                friend.close()
            if world.process.poll() is None:
                world.process.kill()
            world.server.stop()
    print(f"irc_load: {rate:.0f} lines a second for {seconds} s: calls answered after {steady[0] * 1000:.0f} and "
          f"{steady[-1] * 1000:.0f} ms; a burst of 2000 ({burst:.0f}/s): after {last * 1000:.0f} ms; {len(heard)} of {asked} "
          "questions answered at the pace meanwhile", flush=True)


if __name__ == "__main__":
    main()
