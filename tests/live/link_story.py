# SPDX-License-Identifier: MIT
"""One group on a real Synapse and a real Ergo, and one person who is on both: joined by a code, asked what to keep, reached
once and where they were last seen, and taken apart again; what is said to the group is said in each of its rooms.

link_story.py MOORING: MOORING is the daemon's binary."""
import datetime
import os
import re
import sys
import tempfile
import zoneinfo

import packages

packages.enter()

from ergo import Ergo  # noqa: E402
from irc_story import BOT, PASSWORD, reminder_moment, somebody  # noqa: E402
from matrix_story import MEETING  # noqa: E402
from matrix_world import World, step  # noqa: E402

NETWORK = """, {{ name = "sea";  kind = "irc";  host = "127.0.0.1";  port = {port};  tls = false;  nicks = ["{bot}"];
    realname = "a bot";  sasl = {{ account = "{bot}";  password_credential = "sea-password"; }}
    flood_lines = 8;  flood_seconds = 1; }}"""
QUIET = '\n    quiet = { from = "00:00";  to = "00:00"; };'  # whatever the hour, nobody sleeps in this test
ROOM = ', { network = "sea";  room = "#harbor"; }'
ZONE = "Europe/Berlin"


def ask(person, text, pattern):
    """Said to the bot on IRC, and what it answers."""
    person.say(BOT, text)
    return person.expect_from(BOT, person.nick, pattern)


def tell(member, room, bot, text, pattern):
    """The same on Matrix."""
    mark = member.mark()
    member.say(room, text)
    return member.expect(pattern, bot, room, mark)


def settings(world, ana, private, anabel):
    step("ana has a time zone on Matrix, and another on IRC, where nobody knows that it is she")
    tell(ana, private, world.bot, f"timezone {ZONE}", "Berlin")
    ask(anabel, "timezone America/New_York", "New_York")


def link(world, ana, private, anabel):
    step("she asks for a code on Matrix, says it on IRC, and is asked what to keep")
    code = re.search(r"link ([0-9A-Z]{5}-[0-9A-Z]{5})", tell(ana, private, world.bot, "link", "link [0-9A-Z]{5}-").text).group(1)
    ask(anabel, f"link {code}", "joins you with")
    ask(anabel, "1", r"settings differ|\(1\) the other")
    mark = ana.mark()
    ask(anabel, "1", "you are one person")
    ana.expect("You are linked with", world.bot, private, mark)
    ask(anabel, "timezone", "Berlin")
    ask(anabel, f"link {code}", "isn't good|already")


def soon():
    """A full minute, as her clock shows it, that leaves a moment to ask for it."""
    now = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE))
    return (now + datetime.timedelta(seconds=75)).strftime("%H:%M")


def prompts(world, ana, private, anabel):
    step("the daily question comes once: on IRC, where she was last seen")
    mark = ana.mark()
    ask(anabel, f"checkin daily {soon()}", "each day at")
    anabel.expect_from(BOT, anabel.nick, "0 to 10", 100)
    ask(anabel, "stop", ".")
    ana.nothing(world.bot, private, 2, mark)
    step("and on Matrix, once she was seen there")
    tell(ana, private, world.bot, "checkin daily", "When would suit you")
    mark = ana.mark()
    tell(ana, private, world.bot, soon(), "each day at")
    ana.expect("0 to 10", world.bot, private, mark, 100)
    anabel.nothing_from(BOT, anabel.nick, 2)
    tell(ana, private, world.bot, "stop", ".")


def data(world, ana, private, anabel):
    step("what she says on the one is hers on the other")
    tell(ana, private, world.bot, "checkin m6 c3 k8", "mood 6")
    ask(anabel, "checkin history", "mood 6")


def apart(world, ana, private, anabel):
    step("taken apart, each has its own again")
    ask(anabel, "unlink", "Apart again")
    ask(anabel, "timezone", "New_York")
    ask(anabel, "checkin history", "No check-ins")
    tell(ana, private, world.bot, "timezone", "Berlin")
    tell(ana, private, world.bot, "checkin history", "mood 6")


def reminder(world, ben, benno, remind_at):
    seconds = max((remind_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds(), 0) + 20
    step("the group's reminder is said in each of its rooms, once")
    ben.expect("Evening IOP", world.bot, world.harbor, seconds=seconds, kind="m.text")
    benno.expect_from(BOT, "#harbor", "Evening IOP", seconds)
    benno.nothing_from(BOT, "#harbor", 2)
    assert len(ben.find("Evening IOP", world.bot, world.harbor)) == 1, ben.came()


def story(mooring, server):
    remind_at = reminder_moment()
    meeting = MEETING.format((remind_at + datetime.timedelta(minutes=10)).strftime("%H:%M"))
    with World(mooring, group=meeting + QUIET, rooms=ROOM, networks=NETWORK.format(port=server.port, bot=BOT)) as world:
        with open(world.credential("sea-password"), "w", encoding="ascii") as file:
            file.write(PASSWORD)
        os.chmod(world.credential("sea-password"), 0o600)
        world.start()
        world.daemon.wait_for("event=irc_joined")
        ana, ben = world.member("ana", world.harbor), world.member("ben", world.harbor)
        anabel, benno = somebody(server, "anabel", ["#harbor"]), somebody(server, "benno", ["#harbor"])
        private = ana.private_with(world.bot)
        settings(world, ana, private, anabel)
        link(world, ana, private, anabel)
        prompts(world, ana, private, anabel)
        data(world, ana, private, anabel)
        apart(world, ana, private, anabel)
        reminder(world, ben, benno, remind_at)
        took = world.stop()
        assert took < 5, f"it took {took:.1f} s to stop"


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Ergo(folder)
        server.start()
        try:
            for account in (BOT, "anabel", "benno"):
                server.register(account, PASSWORD)
            story(sys.argv[1], server)
        except BaseException:
            print("Ergo's log:\n" + server.log(), flush=True)
            raise
        finally:
            server.stop()
    print("passed", flush=True)


if __name__ == "__main__":
    main()
