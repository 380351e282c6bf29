# SPDX-License-Identifier: MIT
"""All that the bot asks of a homeserver, held against the client-server API's own description (Prism between the two).

matrix_prism.py MOORING: a day with each kind of request; no fault of ours.  Synapse's own are told apart, and only counted."""
import datetime
import os
import sys

import packages

packages.enter()

from judge import Judge  # noqa: E402
from matrix_story import MEETING, checkin, crisis, first_day, invites, reactions  # noqa: E402
from matrix_world import World, step  # noqa: E402

NEEDED = ("/sync", "/login", "/send/m.room.message/", "/createRoom", "/join", "/send/m.reaction/", "/redact/", "/refresh", "/state", "/leave",
          "/forget")


class JudgedWorld(World):
    def __enter__(self):
        super().__enter__()
        self.judge = Judge(self.server, os.path.join(self.folder, "prism.log"))
        self.write(url=f"http://127.0.0.1:{self.judge.port}")
        return self

    def __exit__(self, failed, *more):
        if failed:
            self.judge.show()
        super().__exit__(failed, *more)
        self.judge.close()


def main():
    packages.prism()
    packages.shared_data("matrix/cs-openapi.bundled.json")
    far = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=12)).strftime("%H:%M")
    with JudgedWorld(sys.argv[1], synapse={"token_lifetime": "20s"}, group=MEETING.format(far)) as world:
        judge = world.judge
        step("Prism stands between the bot and Synapse")
        world.start()
        ana, ben = world.member("ana", world.harbor), world.member("ben", world.harbor)
        first_day(world, ana, ben)
        private = checkin(world, ana)
        reactions(world, ana, private)
        crisis(world, ana, ben, private)
        invites(world)
        step("a room that is upgraded, one that is taken away, and a token that is refreshed")
        new = world.mara.upgrade(world.harbor, "11")
        ana.join(new)
        ana.wait_for(lambda: ana.member_of(new, world.bot) == "join", "the bot to follow the upgrade", 20)
        ana.wait_for(lambda: any("/refresh" in asked for asked in judge.asked), "the token to be refreshed", 40)
        mark = ana.mark()
        ana.say(new, "!tip")
        ana.expect(".{20,}", world.bot, new, mark)
        world.stop()
        judge.show()
        assert not judge.ours, f"{len(judge.ours)} faults of our requests"
        missing = [part for part in NEEDED if not any(part in asked for asked in judge.asked)]
        assert not missing, f"the day had none of {missing}"
        print(f"passed: {sum(judge.asked.values())} requests, none at fault; {len(judge.theirs)} of Synapse's answers are", flush=True)


if __name__ == "__main__":
    main()
