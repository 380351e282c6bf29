# SPDX-License-Identifier: MIT
"""Somebody else has the bot's nick: on InspIRCd with Atheme and on Ergo it ends with it again, through services where the nick
is the bot's own, by the server's word (MONITOR) where it is only free again."""
import os
import sys
import tempfile
import time

import irc_session
from ergo import Ergo
from inspircd import Inspircd
from person import Person

CHANNEL = "#harbor"
ACCOUNT, PASSWORD = "harbor-bot", "not-so-secret"
CONFIG = os.path.join(os.environ.get("MOORING_SOURCE_DIR", "."), "config")
OWN = """services = "NickServ!NickServ@services.sea.example";
services_to = "NickServ@services.sea.example";
recover = ["REGAIN {nick}", "GHOST {nick}"];
refuses = ["is not a registered nickname", "you may not", "access denied"];
"""


class Bot(irc_session.Bot):
    def __init__(self, binary, server, profile="", account=ACCOUNT, content=CONFIG):
        for name in ("LIVE_ACCOUNT", "LIVE_PASSWORD", "LIVE_PROFILE", "LIVE_STATE"):
            os.environ.pop(name, None)
        os.environ["LIVE_CONTENT"] = content
        if account:
            os.environ.update(LIVE_ACCOUNT=account, LIVE_PASSWORD=PASSWORD)
        if profile:
            os.environ["LIVE_PROFILE"] = profile
        irc_session.CHANNEL = CHANNEL
        super().__init__(binary, server.tls_port, True, server.certificate)
        self.expect("^state up")


def held_and_had_back(binary, server, profile, seen):
    """By whoever is logged in to the account that owns it."""
    thief, ben = Person("harbor-bot", server.port), Person("ben", server.port, [CHANNEL])
    bot = Bot(binary, server, profile)
    ben.expect(rf"^:harbor-bot2!\S+ JOIN :?{CHANNEL}")
    bot.expect("event=irc_nick_asked_back")
    bot.expect("event=irc_nick_had_back", 30)
    ben.expect(r"^:harbor-bot2!\S+ NICK :?harbor-bot$")
    ben.say(CHANNEL, "ping now")
    ben.expect_from("harbor-bot", CHANNEL, "pong now$")
    assert any(seen in line for line in bot.seen), bot.seen
    bot.leave()
    for person in (thief, ben):
        person.close()


def held_and_freed(binary, server):
    """Without an account: the server tells when it is free."""
    holder, ben = Person("harbor-bot", server.port), Person("ben", server.port, [CHANNEL])
    bot = Bot(binary, server, account="")
    bot.expect("event=irc_joined")
    time.sleep(3)
    assert not any("had_back" in line for line in bot.seen), bot.seen
    holder.write("QUIT :bye")
    bot.expect("event=irc_nick_had_back", 15)
    ben.expect(r"^:harbor-bot2!\S+ NICK :?harbor-bot$")
    bot.leave()
    ben.close()
    time.sleep(1)


def not_ours(binary, server, folder):
    """The nick is somebody else's by right: services say so, once, and the bot stays who it is."""
    os.makedirs(os.path.join(folder, "networks"), exist_ok=True)
    with open(os.path.join(folder, "networks", "sea.cfg"), "w", encoding="utf-8") as file:
        file.write(OWN)
    owner = Person("harbor-bot", server.port)
    bot = Bot(binary, server, "sea", account="mara", content=folder)
    bot.expect("event=irc_nick_asked_back")
    bot.expect("event=irc_services_refuse", 20)
    bot.leave()
    owner.close()


def refused_and_freed(binary, server):
    """Ergo keeps an account's nick from strangers by itself, so only one that is nobody's can be held: its services refuse, in
    words that its profile knows, and the server tells when it is free."""
    holder = Person("harbor-bot", server.port)
    bot = Bot(binary, server, account="mara")
    bot.expect("profile=ergo")  # by its version
    bot.expect("event=irc_nick_asked_back")
    bot.expect("event=irc_services_refuse", 20)
    holder.write("QUIT :bye")
    bot.expect("event=irc_nick_had_back", 15)
    bot.leave()


def on_inspircd(binary, folder):
    os.chmod(folder, 0o755)
    server = Inspircd(folder)
    server.start()
    try:
        for account in (ACCOUNT, "mara"):
            server.register(account, PASSWORD)
        held_and_had_back(binary, server, "atheme", "profile=atheme")
        held_and_freed(binary, server)
        not_ours(binary, server, os.path.join(folder, "own"))
    except BaseException:
        print("the server's log:\n" + server.log(), flush=True)
        raise
    finally:
        server.stop()


def on_ergo(binary, folder):
    server = Ergo(folder)
    server.start()
    try:
        server.register("mara", PASSWORD)
        held_and_freed(binary, server)
        refused_and_freed(binary, server)
    except BaseException:
        print(server.log(), flush=True)
        raise
    finally:
        server.stop()


def main():
    for story in (on_inspircd, on_ergo):
        with tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            story(sys.argv[1], folder)
            print(f"{story.__name__}: passed ({time.monotonic() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
