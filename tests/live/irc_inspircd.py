# SPDX-License-Identifier: MIT
"""The IRC network alone (live_session) on a real InspIRCd with Atheme: the login through services, people known by account,
what a channel repeats to those who join, services that go away."""
import os
import re
import sys
import tempfile
import time

import irc_session
from inspircd import Inspircd
from person import Person

CHANNEL = "#harbor"
ACCOUNT, PASSWORD = "harbor-bot", "not-so-secret"


class Bot(irc_session.Bot):
    def __init__(self, binary, server, tls=True, password=PASSWORD):
        os.environ.update(LIVE_ACCOUNT=ACCOUNT, LIVE_PASSWORD=password)
        irc_session.CHANNEL = CHANNEL
        super().__init__(binary, server.tls_port if tls else server.port, tls, server.certificate)

    def here(self):
        self.expect(r"login 2 tls 1")  # 2: logged in
        self.expect(r"event=irc_joined")


def account_of(person, nick):
    """What the server itself says: the account (330), or None."""
    person.write(f"WHOIS {nick}")
    found = person.expect(rf" (330|318|401) {person.nick} {nick} (\S+)", 10)
    if found.group(1) == "330":
        person.expect(r" 318 ", 10)
        return found.group(2)
    return None


def story_login(binary, server):
    """Logged in when it joins: whoever is in the channel sees the account in the JOIN itself."""
    ben = Person("ben", server.port)
    ben.write("CAP REQ :extended-join")
    ben.expect(r"CAP \S+ ACK")
    ben.write(f"JOIN {CHANNEL}")
    ben.expect(r" 366 ")
    bot = Bot(binary, server)
    ben.expect(rf"^:harbor-bot!\S+ JOIN {CHANNEL} {ACCOUNT} ")
    bot.here()
    irc_session.talk(bot, ben)
    bot.leave()
    ben.close()


def story_wrong_password(binary, server):
    bot = Bot(binary, server, password="wrong")
    bot.expect(r"event=irc_login_failed .*wrong account or password")
    bot.leave()


def story_accounts(binary, server):
    """The account is what counts: another nick has it still, and the nick alone has it not."""
    bot = Bot(binary, server)
    bot.here()
    mara = Person("mara", server.port, [CHANNEL])
    mara.say(CHANNEL, "only a nick")
    bot.expect(rf"^event 0 flags \d+ room {CHANNEL} account $")
    bot.expect(r"^text only a nick")
    mara.write(f"PRIVMSG NickServ :IDENTIFY mara {PASSWORD}")
    mara.expect(r" 900 mara ", 10)
    mara.write("NICK mara-away")
    mara.expect(r"NICK :?mara-away")
    mara.say(CHANNEL, "known by account")
    bot.expect(rf"^event 0 flags \d+ room {CHANNEL} account mara$")
    bot.expect(r"^text known by account")
    bot.leave()
    mara.close()


def reader(nick, port, channel):
    """Somebody who sees what the bot sees."""
    person = Person(nick, port)
    person.write("CAP REQ :batch message-tags server-time")
    person.expect(r"CAP \S+ ACK")
    person.write(f"JOIN {channel}")
    person.expect(r" 366 ")
    return person


def story_replay(binary, server):
    """What the channel repeats (+H) is history: no "ping" in it is answered.  This server ends the batch as `BATCH :-1`, and
    has its target in `TAGMSG :#channel`: what comes after both is live."""
    eve = reader("eve", server.port, "#replay")
    eve.write("MODE #replay +H 10:1h")
    eve.expect(r"MODE #replay \+H")
    eve.say("#replay", "ping of before")
    witness = reader("witness", server.port, "#replay")
    witness.write("PING :end")
    witness.expect(r"PONG ")
    assert any(re.search(r"BATCH :-\S+$", line) for line in witness.lines), witness.lines
    irc_session.CHANNEL = "#replay"
    os.environ.update(LIVE_ACCOUNT=ACCOUNT, LIVE_PASSWORD=PASSWORD)
    bot = irc_session.Bot(binary, server.tls_port, True, server.certificate)
    bot.expect(r"^event 0 flags 2 room #replay")  # 2: history
    bot.expect(r"^text ping of before")
    eve.write("@+typing=active TAGMSG #replay")
    witness.expect(r"TAGMSG :#replay")
    eve.say("#replay", "ping now")
    witness.expect(r":harbor-bot!\S+ NOTICE #replay :pong now$")
    assert not any("pong of before" in line for line in witness.lines), witness.lines
    bot.leave()
    for person in (eve, witness):
        person.close()


def story_services_away(binary, server):
    """Services go and come back: the bot goes on without them, and has its account when they are there."""
    bot = Bot(binary, server)
    bot.here()
    ben = Person("ben", server.port, [CHANNEL])
    assert account_of(ben, "harbor-bot") == ACCOUNT
    server.stop_services()
    ben.say(CHANNEL, "ping without services")
    ben.expect_from("harbor-bot", CHANNEL, "pong without services$")
    server.start_services()
    end = time.monotonic() + 45
    while account_of(ben, "harbor-bot") != ACCOUNT:
        assert time.monotonic() < end, "not logged in again"
        time.sleep(0.5)
    bot.leave()
    ben.close()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        server = Inspircd(folder)
        try:
            server.start()
            for account in (ACCOUNT, "mara"):
                server.register(account, PASSWORD)
            for story in (story_login, story_wrong_password, story_accounts, story_replay, story_services_away):
                started = time.monotonic()
                story(binary, server)
                print(f"{story.__name__}: passed ({time.monotonic() - started:.0f} s)", flush=True)
        except BaseException:
            print("the server's log:\n" + server.log(), flush=True)
            raise
        finally:
            server.stop()


if __name__ == "__main__":
    main()
