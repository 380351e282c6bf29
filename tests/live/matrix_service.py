# SPDX-License-Identifier: MIT
"""login = "appservice" on a real Synapse: the bot is a user of an application service, whose registration has no address; it
makes its own account, logs in, reads as any client does, answers, opens private rooms, goes on after a restart and after the
homeserver's; a wrong token, and a registration without the bot, are told in a sentence each.

matrix_service.py MOORING [KIND ...]: MOORING is the daemon's binary.  KIND: user (the service is given a login), direct (it is
given none, and speaks with its own token: client-server API v1.17), sender (the bot is the service itself, which cannot be)."""
import json
import os
import re
import subprocess
import sys
import time

import packages

packages.enter()

from matrix_world import BOT, World, step  # noqa: E402
from synapse import quote  # noqa: E402

KINDS = ("user", "direct", "sender")
TOKEN = "as-token-of-the-harbor-service"


class ServiceWorld(World):
    def __init__(self, mooring, kind):
        super().__init__(mooring, login="appservice")
        self.kind, self.registration = kind, os.path.join(self.folder, "service.yaml")
        self.register(BOT)
        self.server.settings["app_service_config_files"] = [self.registration]
        self.server.limit(("rc_login",))  # the service may be tried as often as it likes: rate_limited is false

    def register(self, user):
        """Who is a user of the service from the server's next start on."""
        sender = user if self.kind == "sender" else "harbor-service"
        users = [] if self.kind == "sender" else [{"regex": f"@{user}:{re.escape(self.server.name)}", "exclusive": True}]
        with open(self.registration, "w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            json.dump({"id": "harbor", "url": None, "as_token": TOKEN, "hs_token": "never used", "sender_localpart": sender,
                       "rate_limited": False, "namespaces": {"users": users}, "io.element.msc4190": self.kind == "direct"}, file)

    def make_account(self):  # the bot does it itself
        self.write_secret(TOKEN)

    def tool(self, *words):
        done = subprocess.run([self.mooring, *words, "--config", self.config], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)
        print("    " + (done.stdout + done.stderr).rstrip().replace("\n", "\n    "), flush=True)
        return done


def answers(world, member, room):
    mark = member.mark()
    member.say(room, "!tip")
    member.expect(".{20,}", world.bot, room, mark, kind="m.notice")


def doctor(world, word, pattern):
    said = world.tool("doctor").stdout
    assert re.search(rf"(?m)^ *{word} +login +shore: .*{pattern}", said), said
    return said


def story(world):
    step("the doctor tries the token before the first start")
    doctor(world, "warning", "is good.*has no account .harbor-bot. yet")
    step("the bot makes its account, logs in, enters its rooms and answers")
    world.start()
    ana = world.member("ana", world.harbor)
    answers(world, ana, world.harbor)

    step("what it must say in private goes into a room that it opens")
    mark = ana.mark()
    ana.say(world.harbor, "!consent")
    room = ana.expect_invite(world.bot)
    ana.join(room)
    ana.expect("consent", world.bot, room, mark)

    step("doctor, while it runs")
    doctor(world, "ok", "")

    step("a restart: what was said meanwhile is answered, once, and no second device is made")
    devices = len(world.server.devices(world.bot))
    world.stop()
    mark = ana.mark()
    ana.say(world.harbor, "!tip")
    world.start()
    ana.expect(".{20,}", world.bot, world.harbor, mark, kind="m.notice")
    ana.say(room, "help")
    ana.expect(".{20,}", world.bot, room, mark)
    assert len(ana.find("", world.bot, world.harbor, mark)) == 1, ana.came()
    assert len(world.server.devices(world.bot)) == devices == 1, world.server.devices(world.bot)

    step("killed in the middle, and the homeserver restarted")
    world.kill()
    world.server.stop()
    world.server.start()
    mark = ana.mark()
    world.start()
    answers(world, ana, world.harbor)
    if world.kind == "direct":
        step("somebody removes its device: it is made anew")
        world.server.admin("DELETE", f"/v2/users/{quote(world.bot)}/devices/MOORING")
        answers(world, ana, world.harbor)
        assert [device["device_id"] for device in world.server.devices(world.bot)] == ["MOORING"]


def forget(world):
    """The login that is kept; with its own token the service has none."""
    path = os.path.join(world.folder, "state", "matrix-shore.session")
    if os.path.exists(path):
        os.unlink(path)


def refused(world):
    step("the registration's token is another now: told once, with what to do, and not tried again")
    world.stop()
    forget(world)
    world.write_secret("a-token-that-nobody-knows")
    world.start(wait=False)
    world.daemon.wait_for("event=matrix_logged_out .*application service's token.*mooring login shore")
    time.sleep(2)
    assert sum("event=matrix_logged_out" in line for line in world.daemon.lines) == 1
    doctor(world, "PROBLEM", "does not know the application service's token")
    assert "application service's token" in world.tool("status").stdout
    step("mended, and taken up by `mooring login`")
    world.write_secret(TOKEN)
    done = world.tool("login", "shore")
    assert done.returncode == 0, done
    world.daemon.wait_for("event=matrix_logged_in")
    answers(world, world.members["ana"], world.harbor)

    step("a registration that does not name the bot")
    world.stop()
    forget(world)
    world.server.stop()
    world.register("somebody-else")
    world.server.start()
    world.start(wait=False)
    world.daemon.wait_for("event=matrix_logged_out .*users of its registration")
    doctor(world, "warning", "has no account .harbor-bot.")
    world.stop()
    log = world.log()
    assert TOKEN not in log and "a-token-that" not in log, "a token in the log"


def itself(world):
    step("a service cannot read on Synapse: told by the doctor, and by the bot, with what to do")
    doctor(world, "PROBLEM", "sender_localpart")
    world.start(wait=False)
    world.daemon.wait_for("event=matrix_logged_out .*another sender_localpart.*mooring login shore")


def main():
    for kind in sys.argv[2:] or KINDS:
        print(kind, flush=True)
        with ServiceWorld(sys.argv[1], kind) as world:
            if kind == "sender":
                itself(world)
            else:
                story(world)
                refused(world)
    print("passed", flush=True)


if __name__ == "__main__":
    main()
