# SPDX-License-Identifier: MIT
"""What goes wrong on a homeserver, each on a real Synapse: a clear line in the log and in the moderators' room, and all else
goes on.  And what needs its own rooms: an upgrade, powers of a version 12 room, an invite to an encrypted room.

matrix_checks.py MOORING: MOORING is the daemon's binary.  The moderators' room is on a second network, which is a second account
on the same Synapse: so it hears of the first account's end, and two accounts in one process are tried along the way."""
import os
import signal
import subprocess
import sys
import time

import packages

packages.enter()

from matrix_world import MODERATOR, NETWORK, World, step  # noqa: E402

TEAM_BOT = "tower-bot"
TOWER = "#tower:shore.example"
LAGOON = """,
  {{ name = "lagoon";  zone = "Etc/UTC";  country = "US";  moderators_by_power = true;
    rooms = ( {{ network = "shore";  room = "{}"; }} );
    moderators = ( {{ network = "shore";  user = "@nobody:shore.example";  name = "Nobody"; }} ); }}"""


class Disk:
    """The state folder on a small disk of its own; `there` is false where none may be mounted."""

    def __init__(self, folder):
        self.folder, self.filler = folder, os.path.join(folder, "filler")
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", folder], capture_output=True, text=True)
        self.there, self.why = made.returncode == 0, made.stderr.strip()

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def empty(self):
        os.unlink(self.filler)

    def close(self):
        if self.there:
            subprocess.run(["umount", "-l", self.folder], check=True)


class House(World):
    """Two accounts; the members' rooms on shore, the team's on tower."""

    def __enter__(self):
        self.disk = None
        super().__enter__()
        try:
            self.disk = Disk(os.path.join(self.folder, "state"))
            self.server.register(TEAM_BOT, "a password of its own")
            self.team_bot = f"@{TEAM_BOT}:{self.server.name}"
            self.tower = self.mara.make_room("tower", invite=[self.team_bot], public=False)
            self.garden, self.porch = self.mara.make_room("garden"), self.mara.make_room("porch")
            self.cora = self.member("cora")
            self.lagoon = self.cora.make_room(version="12")
            networks = "," + NETWORK.format(url=self.server.url, bot=TEAM_BOT, login="password", network="").replace('"shore"', '"tower"')
            rooms = "".join(', { network = "shore";  room = "#%s:shore.example"; }' % name for name in ("garden", "porch"))
            team = ", ".join(MODERATOR.format(network, self.mara.id, "Mara") for network in ("shore", "tower"))
            self.write(networks=networks, rooms=rooms, moderators=team, alert_network="tower", alert_room=TOWER,
                       groups=LAGOON.format(self.lagoon).replace("{{", "{").replace("}}", "}"))
        except Exception:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, *failed):
        if self.daemon:
            self.daemon.stop()
        if self.disk:
            self.disk.close()
        super().__exit__(*failed)

    def wait_in(self, seconds=40):
        for who, room in ((self.bot, self.harbor), (self.bot, self.garden), (self.bot, self.porch), (self.bot, self.lagoon),
                          (self.team_bot, self.tower)):
            looks = self.cora if room == self.lagoon else self.mara
            looks.wait_for(lambda: looks.member_of(room, who) == "join" or self.ended(), f"{who} to enter", seconds)
        assert not self.ended(), f"the bot ended with {self.daemon.process.returncode}"

    def told(self, mark, log, words, seconds=20):
        """A line in the log, and one in the moderators' room."""
        self.daemon.wait_for(log, seconds=seconds)
        return self.mara.expect(words, self.team_bot, self.tower, mark, seconds)

    def goes_on(self, who, room):
        """It is answered there as ever."""
        mark = who.mark()
        who.say(room, "!tip")
        who.expect(".{20,}", self.bot, room, mark)


def accounts(world):
    step("two accounts in one process: each answers in its own rooms, and only there")
    mark = world.mara.mark()
    world.mara.say(world.tower, "!alerts")
    world.mara.expect(".{5,}", world.team_bot, world.tower, mark)
    world.goes_on(world.ana, world.harbor)
    assert not world.mara.find("", world.team_bot, world.harbor), world.mara.came()


def powers(world):
    step("who made a version 12 room moderates its group, as no power level says; another member doesn't")
    create = [said for said in world.cora.said if said.room == world.lagoon and said.type == "m.room.create"]
    assert not create or create[0].content["room_version"] == "12", create
    world.ana.join(world.lagoon)
    mark = world.cora.mark()
    world.cora.say(world.lagoon, "!group set checkin.prompt_at 07:45")
    answer = world.cora.expect(".{5,}", world.bot, world.lagoon, mark)
    assert "Only moderators" not in answer.text, answer
    mark = world.cora.mark()
    world.cora.say(world.lagoon, "!group show")
    world.cora.expect("07:45", world.bot, world.lagoon, mark)
    mark = world.ana.mark()
    world.ana.say(world.lagoon, "!group set checkin.prompt_at 05:15")
    world.ana.expect("Only moderators", world.bot, world.lagoon, mark)


def first_word(world):
    step("a private room that is made with its first word: we enter after it was said, and answer it")
    dora = world.member("dora", world.harbor)
    mark = dora.mark()
    dora.say(world.harbor, "!help")
    dora.expect("", world.bot, world.harbor, mark)
    world.daemon.process.send_signal(signal.SIGSTOP)  # however slow the server is: the word comes first
    try:
        room = dora.private_with(world.bot, seconds=0)
        dora.say(room, "!tip")
    finally:
        world.daemon.process.send_signal(signal.SIGCONT)
    dora.expect("", world.bot, room, mark, 20)


def encrypted(world):
    step("an invite to an encrypted room is declined, and a room of its own opened, with one sentence why")
    mark = world.ana.mark()
    room = world.ana.private_with(world.bot, encrypted=True, seconds=0)
    world.ana.wait_for(lambda: world.ana.member_of(room, world.bot) == "leave", "the invite to be declined", 20)
    own = world.ana.expect_invite(world.bot)
    world.ana.join(own)
    said = world.ana.expect("encrypted", world.bot, own, mark)
    assert not world.ana.find("", world.bot, room, mark), "it wrote into the encrypted room"
    kinds = [event["type"] for event in world.server.ask("GET", f"/_matrix/client/v3/rooms/{own}/state",
                                                         token=world.ana.client.access_token)]
    assert "m.room.encryption" not in kinds, kinds
    assert said.text.count(". ") <= 2, said
    return own


def upgrade(world, private):
    step("a room is upgraded to version 12: the bot goes along, and so does what was kept")
    world.ana.say(private, "consent checkins yes")
    world.ana.expect("checkins|check-ins", world.bot, private)
    mark = world.ana.mark()
    world.ana.say(private, "checkin m6 c3 k8 tired")
    world.ana.expect(r"mood 6", world.bot, private, mark)
    mark = world.mara.mark()
    world.mara.say(world.harbor, "!group set checkin.prompt_at 08:30")
    world.mara.expect(".{5,}", world.bot, world.harbor, mark)
    mark = world.mara.mark()
    new = world.mara.upgrade(world.harbor, "12")
    world.told(mark, "event=chat_room_moved network=shore", "#harbor:.*upgraded")
    world.ana.join(new)
    mark = world.mara.mark()
    world.mara.say(new, "!group show")
    world.mara.expect("08:30", world.bot, new, mark)
    world.goes_on(world.ana, new)
    mark = world.ana.mark()
    world.ana.say(private, "checkin history")
    world.ana.expect("mood 6", world.bot, private, mark)
    world.harbor = new


def kicked(world):
    step("the bot is kicked from a room")
    mark = world.mara.mark()
    world.mara.kick(world.porch, world.bot, "no bots here")
    world.told(mark, "event=chat_kicked network=shore room=#porch:", "put out of #porch:")
    world.goes_on(world.ana, world.harbor)


def remove(world):
    step("a room is removed by the server's people, who tell nobody; the bot sees it within a minute (later here)")
    mark = world.mara.mark()
    world.server.remove_room(world.garden)
    return mark


def removed(world, mark):
    step("the room that was removed is missed")
    world.told(mark, "event=chat_room_gone network=shore room=#garden:", "#garden:", 75)
    world.goes_on(world.ana, world.harbor)


def full(world, private):
    if not world.disk.there:
        print(f"  SKIPPED: no disk may be mounted here ({world.disk.why})", flush=True)
        return
    step("the disk is full: a call for help is answered and paged, the rest is told to wait; and over, it is over")
    mark, anas = world.mara.mark(), world.ana.mark()
    world.disk.fill()
    world.ana.say(private, "checkin m1 c9 k1")  # a write is what finds it
    world.ana.expect("can't save anything", world.bot, private, anas, 30)
    world.told(mark, "event=floor_only cause=full|cause=full", "disk is full", 30)
    anas = world.ana.mark()
    world.ana.say(private, "I can't do this anymore, I want to die")
    world.ana.expect("988", world.bot, private, anas)
    world.mara.expect(r"ALERT|crisis|danger", world.team_bot, world.tower, mark)
    world.disk.empty()
    world.mara.expect("I can save again", world.team_bot, world.tower, mark, 60)
    anas = world.ana.mark()
    world.ana.say(private, "checkin m5 c2 k7")
    world.ana.expect("mood 5", world.bot, private, anas, 20)


def dead_token(world, private):
    step("the account is logged out by the server's people: the other network's room hears it, and goes on")
    mark = world.mara.mark()
    world.server.log_out(world.bot)
    world.told(mark, "event=chat_logged_out network=shore", "logged out of shore")
    world.daemon.wait_for("event=matrix_logged_out network=shore .*mooring login shore", seconds=5)
    mark = world.mara.mark()
    world.mara.say(world.tower, "!alerts")
    world.mara.expect(".{5,}", world.team_bot, world.tower, mark)
    step("mooring login lets it in again, without a restart")
    mark = world.ana.mark()
    world.ana.say(private, "checkin history")  # nobody hears it yet
    done = subprocess.run([world.mooring, "login", "shore", "--config", world.config], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    world.ana.expect("mood", world.bot, private, mark, 30)
    world.goes_on(world.ana, world.harbor)


def main():
    started = time.monotonic()
    with House(sys.argv[1]) as world:
        world.start()
        world.ana = world.member("ana", world.harbor)
        accounts(world)
        powers(world)
        first_word(world)
        private = encrypted(world)
        upgrade(world, private)
        kicked(world)
        mark = remove(world)
        full(world, private)
        removed(world, mark)
        dead_token(world, private)
        took = world.stop()
        assert took < 4, f"it took {took:.1f} s to stop"
    print(f"passed in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
