# SPDX-License-Identifier: MIT
"""The IRC network alone (live_session) on a real Ergo: SCRAM, STS, messages of several lines, what was said meanwhile, over
restarts of the bot, and words taken back."""
import os
import re
import signal
import sys
import tempfile
import time

import irc_session
from ergo import Ergo
from person import Person

CHANNEL = "#harbor"


class Bot(irc_session.Bot):
    def __init__(self, binary, server, tls, state="", account="harbor-bot", password="not-so-secret"):
        os.environ.update(LIVE_ACCOUNT=account, LIVE_PASSWORD=password)
        os.environ.pop("LIVE_STATE", None)
        if state:
            os.environ["LIVE_STATE"] = state
        irc_session.CHANNEL = CHANNEL
        super().__init__(binary, server.tls_port if tls else server.port, tls, server.certificate)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def story_login(binary, server, state):
    bot = Bot(binary, server, True, state)
    bot.expect(r"login 2 tls 1")  # 2: logged in
    bot.expect(r"event=irc_joined")
    ana = Person("ana", server.port, [CHANNEL])
    irc_session.talk(bot, ana)
    bot.leave()
    ana.close()


def story_wrong_password(binary, server):
    bot = Bot(binary, server, True, password="wrong")
    bot.expect(r"event=irc_login_failed .*wrong account or password")
    bot.expect(r"state down")
    bot.leave()


def story_multiline(binary, server, state):
    bot = Bot(binary, server, True, state)
    bot.expect(r"login 2")
    bot.expect(r"event=irc_joined")
    ben = Person("ben", server.port)
    ben.write("CAP REQ :batch message-tags draft/multiline labeled-response")
    ben.expect(r"CAP \S+ ACK")
    ben.write(f"JOIN {CHANNEL}")
    ben.expect(r" 366 ")
    for line in (f"BATCH +1 draft/multiline {CHANNEL}", f"@batch=1 PRIVMSG {CHANNEL} :first of it",
                 f"@batch=1;draft/multiline-concat PRIVMSG {CHANNEL} : and on", f"@batch=1 PRIVMSG {CHANNEL} :second", "BATCH -1"):
        ben.write(line)
    bot.expect(r"^text first of it and on\|second$")
    ben.say(CHANNEL, "long please")
    ben.expect(r"BATCH \+\S+ draft/multiline :?#harbor")
    ben.expect(r"PRIVMSG #harbor :?three")
    bot.expect(r"sent \d+ confirmed")
    bot.leave()
    ben.close()


def story_reactions(binary, server, state):
    """Ana taps on what the bot said, and takes it away again; the bot sets one under what she said."""
    bot = Bot(binary, server, True, state)
    bot.expect(r"login 2")
    bot.expect(r"event=irc_joined")
    ana = Person("ana", server.port)
    ana.write("CAP REQ :message-tags server-time")
    ana.expect(r"CAP \S+ ACK")
    ana.write(f"JOIN {CHANNEL}")
    ana.expect(r" 366 ")
    ana.say(CHANNEL, "ping 1")
    said = ana.expect(r"^@(?:\S+;)?msgid=([^; ]+)\S* :harbor-bot!\S+ NOTICE #harbor :?pong 1").group(1)
    assert re.match(r"@(?:\S+;)?bot[; ]", ana.lines[-1]), ana.lines[-1]  # the server says that it is one
    ana.write(f"@+draft/react=\U0001f44d;+draft/reply={said} TAGMSG {CHANNEL}")
    bot.expect(r"^event 3 flags 0 room #harbor")  # 3: a reaction
    bot.expect("^text \U0001f44d$")
    ana.write(f"@+draft/unreact=\U0001f44d;+draft/reply={said} TAGMSG {CHANNEL}")
    bot.expect(r"^event 2 flags 0 room #harbor")  # 2: taken back
    ana.say(CHANNEL, "react \U0001f6a2")
    bot.expect(r"^react 0$")
    ana.expect(r"^@\S*\+draft/react=\U0001f6a2\S* :harbor-bot!\S+ TAGMSG :?#harbor")
    robo = Person("robo", server.port)
    robo.write("MODE robo +B")
    robo.write(f"JOIN {CHANNEL}")
    robo.expect(r" 366 ")
    robo.say(CHANNEL, "ping of a bot")
    bot.expect(r"^event 0 flags 4 room #harbor")  # 4: from a bot
    bot.leave()
    for person in (ana, robo):
        person.close()


def story_history(binary, server, state):
    """Left in good order, and killed: what eve said meanwhile is told once, as history."""
    eve = Person("eve", server.port, [CHANNEL])
    bot = Bot(binary, server, True, state)
    bot.expect(r"login 2")
    eve.expect(r"JOIN #harbor")
    eve.say(CHANNEL, "before")
    bot.expect(r"^text before$")
    time.sleep(1.2)
    bot.leave()
    eve.say(CHANNEL, "while it was away")
    for end in ("leave", "kill"):
        bot = Bot(binary, server, True, state)
        bot.expect(r"event 0 flags 2 room #harbor")  # 2: history
        bot.expect(r"^text while it was away" if end == "leave" else r"^text while it was dead")
        eve.say(CHANNEL, f"ping {end}")
        eve.expect_from("harbor-bot", CHANNEL, f"pong {end}$")
        assert not any(re.search(r"^text before$", line) for line in bot.seen), bot.seen
        time.sleep(1.2)
        getattr(bot, "leave")() if end == "kill" else bot.kill()
        eve.say(CHANNEL, "while it was dead")
    eve.close()


def story_long_absence(binary, folder):
    """Hundreds of lines in the room and in private, over the death of a bot that the server keeps in its place: each is read
    once, as history; also by a name that the server gave us, and a page at a time."""
    os.mkdir(folder)
    server, state = Ergo(folder, fakelag=False), os.path.join(folder, "state")
    server.start()
    try:
        server.register("harbor-bot", "not-so-secret", always_on=True)
        people = [Person(name, server.port, [CHANNEL]) for name in ("ana", "ben", "cara")]
        bot = Bot(binary, server, True, state)
        bot.expect(r"event=irc_joined")
        people[0].say(CHANNEL, "before")
        bot.expect(r"^text before$")
        time.sleep(1.2)
        bot.kill()
        for i in range(450):  # one after the other: within a millisecond Ergo's order is not that of its times
            people[i % 3].say(CHANNEL, f"line {i}")
            if i % 3 == 0:
                people[i // 3 % 3].say("harbor-bot", f"whisper {i // 3}")
            people[i % 3].write(f"PING line{i}")
            people[i % 3].expect(f"PONG .*line{i}$")
        for person in people:
            person.write("PING done")
            person.expect("PONG .*done")
        bot = Bot(binary, server, True, state)
        started = time.monotonic()
        left = {f"text line {i}" for i in range(450)} | {f"text whisper {i}" for i in range(150)}
        while left and time.monotonic() < started + 60:
            left.discard(bot.expect("^text (line|whisper)", 30))
        took = time.monotonic() - started
        people[0].say(CHANNEL, "ping now")
        people[0].expect_from("harbor-bot", CHANNEL, "pong now$")
        texts = [line for line in bot.seen if re.match("text (line|whisper|before)", line)]
        assert not left, f"{len(left)} were not read, {sorted(left)[:5]}"
        assert len(texts) == 600, f"{len(texts) - 600} were read twice"
        lines = [int(line.split()[-1]) for line in texts if line.startswith("text line")]
        for who in range(3):  # between three connections the server decides
            of_one = [line for line in lines if line % 3 == who]
            assert of_one == sorted(of_one), "out of order"
        flags = {line.split()[3] for before, line in zip(bot.seen[1:], bot.seen) if re.match("text (line|whisper)", before)}
        assert flags == {"2", "3"}, flags  # 2: history; 1: in private
        bot.leave()
        for person in people:
            person.close()
        print(f"    450 lines and 150 whispers of an absence: read in {took:.1f} s", flush=True)
    finally:
        server.stop()


def story_sts(binary, folder):
    os.mkdir(folder)
    server = Ergo(folder, sts=True)
    server.start()
    try:
        server.register("harbor-bot", "not-so-secret")
        bot = Bot(binary, server, False)
        bot.expect(r"event=irc_connection_dropped .*over TLS")
        bot.expect(r"login 2 tls 1 epoch 2")
        bot.leave()
    finally:
        server.stop()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        server, state = Ergo(folder), os.path.join(folder, "state")
        server.start()
        try:
            server.register("harbor-bot", "not-so-secret")
            story_login(binary, server, state)
            story_wrong_password(binary, server)
            story_multiline(binary, server, state)
            story_reactions(binary, server, state)
            story_history(binary, server, state + "-history")
            story_long_absence(binary, os.path.join(folder, "long"))
            story_sts(binary, os.path.join(folder, "sts"))
        except BaseException:
            print(server.log())
            raise
        finally:
            server.stop()
    print("irc_ergo: SCRAM, several lines, reactions, history, STS")


if __name__ == "__main__":
    main()
