# SPDX-License-Identifier: MIT
"""The whole bot on a real Synapse, seen from clients that are not ours: a first day, a check-in, a tip, a reminder, a cry for
help and a moderator who takes it; a private room that the bot must make itself; restarts of both sides; somebody is forgotten.

matrix_story.py MOORING: MOORING is the daemon's binary."""
import sys
import time

import packages

packages.enter()

from irc_story import reminder_moment  # noqa: E402
from matrix_world import World, step  # noqa: E402

MEETING = """
    meetings = ( {{ title = "Evening IOP";  days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                   at = "{}";  minutes = 90;  remind_minutes = [10]; }} );"""
SAID = ("walk after lunch", "want to die", "can't go on", "can't do this")


def first_day(world, ana, ben):
    step("ana asks for a tip in the room, and is answered there by a notice that pings nobody")
    asked = ana.say(world.harbor, "!tip")
    tip = ana.expect(".{20,}", world.bot, world.harbor, kind="m.notice")
    assert not tip.mentions, tip
    step("asked in a thread, it answers in the thread")
    ana.say(world.harbor, "!tip", thread=asked)
    ana.expect(".{20,}", world.bot, world.harbor, kind="m.notice", thread=asked)
    step("a command that is taken back takes its answer along")
    mark = ben.mark()
    asked = ana.say(world.harbor, "!meetings")
    answer = ben.expect("Evening IOP", world.bot, world.harbor, mark)
    ana.redact(world.harbor, asked)
    ben.wait_for(lambda: ben.find("", world.bot, world.harbor, mark, type="m.room.redaction"), "the answer to go as well")
    assert answer.kind == "m.notice", answer


def checkin(world, ana):
    step("ana opens a private room with the bot, which enters it, agrees, and checks in with one line")
    private = ana.private_with(world.bot)
    ana.say(private, "consent checkins yes")
    ana.expect("checkins|check-ins", world.bot, private)
    ana.say(private, 'checkin m6 c3 k8 tired "walk after lunch"')
    ana.expect(r"mood 6.*craving 3|6.*3.*8", world.bot, private)
    step("ana checks in by the questions, and may skip each")
    mark = ana.mark()
    ana.say(private, "checkin")
    ana.expect("mood", world.bot, private, mark)
    for answer, question in (("7", "craving"), ("2", "sure|confiden"), ("skip", "hungry|any of these"),
                             ("skip", "today|intention|line")):
        mark = ana.mark()
        ana.say(private, answer)
        ana.expect(question, world.bot, private, mark)
    mark = ana.mark()
    ana.say(private, "skip")
    ana.expect("mood 7", world.bot, private, mark)
    return private


def reactions(world, ana, private):
    step("a question's choices are there to be tapped, and a tap answers it")
    mark = ana.mark()
    ana.say(private, "checkin")
    ana.expect("mood", world.bot, private, mark)
    for answer in ("7", "2", "8"):
        mark = ana.mark()
        ana.say(private, answer)
        question = ana.expect(".{10,}", world.bot, private, mark)
    tap = ana.wait_for(lambda: ana.find("", world.bot, type="m.reaction", reacts_to=question.id), "choices to tap")
    mark = ana.mark()
    ana.react(private, question.id, tap[0].emoji)
    ana.expect("today|intention|line|mood 7", world.bot, private, mark)
    ana.say(private, "skip")
    ana.expect("mood 7", world.bot, private, mark)


def crisis(world, ana, ben, private):
    step("ana calls for help in the room: an answer in private, nothing in the room, a page to the team that rings")
    mark, bridge, ben_mark = ana.mark(), world.mara.mark(), ben.mark()
    ana.say(world.harbor, "I can't go on, I want to die")
    card = ana.expect("988", world.bot, private, mark)
    assert card.kind == "m.text", card
    page = world.mara.expect(r"ALERT \d+, tier [34]", world.bot, world.bridge, bridge, 20)
    assert page.kind == "m.text" and world.mara.id in page.mentions, f"{page} mentions {page.mentions}"
    step("mara takes it")
    world.mara.say(world.bridge, "!ack")
    world.mara.expect("Mara|mara|yours", world.bot, world.bridge, bridge + 1)
    world.mara.say(world.bridge, "!alerts")
    world.mara.expect("taken", world.bot, world.bridge, bridge + 1)
    ben.nothing(world.bot, world.harbor, 3, ben_mark, but="Evening IOP")

    step("ben has no private room with the bot: the room gets a card that names nobody, and he is asked into a private one")
    mark = ben.mark()
    ben.say(world.harbor, "I can't do this anymore, I want to die")
    open_card = ben.expect("988", world.bot, world.harbor, mark)
    assert not open_card.mentions and "ben" not in open_card.text.lower(), f"it points at somebody: {open_card}"
    room = ben.expect_invite(world.bot)
    ben.join(room)
    card = ben.expect("988", world.bot, room, mark)
    assert card.kind == "m.text", card
    ben.nothing(world.bot, world.harbor, 1, mark, but="Evening IOP|988")
    world.mara.expect(r"ALERT \d+, tier [34]", world.bot, world.bridge, bridge + 3, 20)
    return room


def moderator(world, ana):
    step("what mara changes in her room holds in the members' room")
    mark = world.mara.mark()
    world.mara.say(world.bridge, "!group set checkin.prompt_at 08:30")
    world.mara.say(world.bridge, "!group show")
    world.mara.expect("08:30", world.bot, world.bridge, mark)
    mark = ana.mark()
    ana.say(world.harbor, "!group set checkin.prompt_at 09:30")
    ana.nothing(world.bot, world.harbor, 2, mark, but="moderator|Evening IOP")


def restarts(world, ana, private):
    step("the server restarts; the bot comes back and still answers, once")
    mark = ana.mark()
    world.server.stop()
    world.server.start()
    ana.say(private, "sos")  # the same card is not said again within hours; the answer still is
    ana.expect("988|still here", world.bot, private, mark, 40)
    step("the bot is killed while ana writes; the next life answers it, once")
    mark = ana.mark()
    world.kill()
    ana.say(private, "checkin history")
    world.start()
    ana.expect("mood 6.*craving 3|mood", world.bot, private, mark, 30)
    time.sleep(1)
    assert len(ana.find("craving 3", world.bot, private, mark)) == 1, ana.came()


def forget(world, ana, private):
    step("ana is forgotten")
    mark = ana.mark()
    ana.say(private, "forget me")
    ana.expect(".{10,}", world.bot, private, mark)
    mark = ana.mark()
    ana.say(private, "checkin history")
    answer = ana.expect(".{5,}", world.bot, private, mark)
    assert "craving" not in answer.text.lower(), answer


def reminder(world, ben, remind_at):
    import datetime
    seconds = (remind_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    step(f"the reminder of the meeting comes (due in {max(seconds, 0):.0f} s)")
    ben.expect("Evening IOP", world.bot, world.harbor, seconds=max(seconds, 0) + 20, kind="m.text")


def invites(world):
    step("an invite of a stranger is declined")
    zed = world.member("zed")
    room = zed.private_with(world.bot, seconds=0)
    zed.wait_for(lambda: zed.member_of(room, world.bot) == "leave", "the invite to be declined", 20)


def main():
    import datetime
    remind_at = reminder_moment()
    meeting_at = (remind_at + datetime.timedelta(minutes=10)).strftime("%H:%M")
    with World(sys.argv[1], group=MEETING.format(meeting_at)) as world:
        world.start()
        ana, ben = world.member("ana", world.harbor), world.member("ben", world.harbor)
        first_day(world, ana, ben)
        private = checkin(world, ana)
        reactions(world, ana, private)
        crisis(world, ana, ben, private)
        moderator(world, ana)
        invites(world)
        restarts(world, ana, private)
        reminder(world, ben, remind_at)
        forget(world, ana, private)
        took = world.stop()
        assert took < 4, f"it took {took:.1f} s to stop"
        for word in SAID:
            assert word not in world.log(), f"the log holds what somebody said: {word}"
    print("passed", flush=True)


if __name__ == "__main__":
    main()
