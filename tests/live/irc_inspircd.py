# SPDX-License-Identifier: MIT
"""The IRC network alone (live_session) on a real InspIRCd with Atheme: the login through services (by password, by
certificate), people known by account, what a channel repeats to those who join, services that are away, go, die."""
import hashlib
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time

import irc_session
from inspircd import Inspircd
from person import Person

CHANNEL = "#harbor"
ACCOUNT, PASSWORD = "harbor-bot", "not-so-secret"


class Bot(irc_session.Bot):
    def __init__(self, binary, server, tls=True, password=PASSWORD, certificate=None):
        os.environ.update(LIVE_ACCOUNT=ACCOUNT)
        for name, value in (("LIVE_PASSWORD", password), ("LIVE_CERTIFICATE", certificate)):
            os.environ.pop(name, None)
            if value:
                os.environ[name] = value
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
    """Said once, and then it waits: no second try for minutes."""
    bot = Bot(binary, server, password="wrong")
    bot.expect(r"event=irc_login_failed .*wrong account or password.* transient=0")
    bot.expect(r"event=irc_waits .*ms=(\d{6,})")
    time.sleep(5)
    bot.leave()
    assert sum("irc_login_failed" in line for line in bot.seen + list(bot.lines.queue)) == 1, bot.seen


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


def until_known(person, nick, account, seconds=150):
    """The bot looks for its services about each minute at first."""
    started = time.monotonic()
    while account_of(person, nick) != account:
        assert time.monotonic() - started < seconds, "not logged in again"
        time.sleep(0.5)
    return time.monotonic() - started


def story_services_come_later(binary, server):
    """Away when the bot comes: it is let in, stays outside of a channel for registered people, hears the others; later it has
    its account and is in that channel too, on the same connection."""
    server.stop_services()
    ben = Person("ben", server.port, ["#members"])
    ben.write("MODE #members +R")
    ben.expect(r"MODE #members :?\+R")
    irc_session.CHANNEL = "#members"
    os.environ.update(LIVE_ACCOUNT=ACCOUNT, LIVE_PASSWORD=PASSWORD)
    bot = irc_session.Bot(binary, server.tls_port, True, server.certificate)
    bot.expect(r"login 3 tls 1 epoch 1")  # 3: tried, and not had
    bot.expect(r"event=irc_join_refused .*registered accounts")
    assert account_of(ben, "harbor-bot") is None
    ben.say("harbor-bot", "ping without services")
    ben.expect_from("harbor-bot", "ben", "pong without services$")
    server.start_services()
    took = until_known(ben, "harbor-bot", ACCOUNT)
    bot.expect(r"event=irc_logged_in_late")
    bot.expect(r"event=irc_joined .*#members")
    print(f"  logged in {took:.0f} s after the services came", flush=True)
    bot.leave()
    ben.close()


PROFILE = """services = "NickServ!NickServ@services.sea.example";
services_to = "NickServ@services.sea.example";
identify_late = "IDENTIFY {account} {password}";
"""


def story_enforced(binary, server, folder):
    """The nick is protected (ENFORCE) and the bot comes before its services, which take the nick as a stranger's.  This NickServ
    is not told of a login by SASL that comes late, although the network is: the profile has the bot tell it.  (Without that line
    the bot has its nick back, is told to identify, and loses it again; watched.)"""
    os.makedirs(os.path.join(folder, "networks"), exist_ok=True)
    with open(os.path.join(folder, "networks", "sea.cfg"), "w", encoding="utf-8") as file:
        file.write(PROFILE)
    ben = Person("ben", server.port)
    ben.say("NickServ", f"IDENTIFY {ACCOUNT} {PASSWORD}")
    ben.expect(r" 900 ben ", 10)
    ben.say("NickServ", "SET ENFORCE ON")
    ben.expect(r"(?i)ENFORCE")
    server.stop_services()
    os.environ.update(LIVE_CONTENT=folder, LIVE_PROFILE="sea")
    bot = Bot(binary, server)
    for name in ("LIVE_CONTENT", "LIVE_PROFILE"):
        os.environ.pop(name)
    bot.expect(r"login 3 tls 1 epoch 1")
    server.start_services()
    bot.expect(r"event=irc_nick_lost", 30)
    bot.expect(r"event=irc_logged_in_late", 150)
    until_known(ben, "harbor-bot", ACCOUNT, 30)
    ben.say("NickServ", "ACC harbor-bot")
    ben.expect(r"harbor-bot ACC 3")  # 3: logged in to the account that owns the nick
    time.sleep(8)  # enforce_delay, and more
    assert account_of(ben, "harbor-bot") == ACCOUNT
    seen = bot.seen + list(bot.lines.queue)
    assert sum("irc_nick_lost" in line for line in seen) == 1 and not any(PASSWORD in line for line in seen), seen
    bot.leave()
    ben.say("NickServ", f"IDENTIFY {ACCOUNT} {PASSWORD}")
    ben.say("NickServ", "SET ENFORCE OFF")
    ben.expect(r"(?i)ENFORCE")
    ben.close()


def story_services_killed(binary, server):
    """SIGKILL, and started again: as a rule they do not remember whom they had, and log everybody out; the bot logs in again,
    and never leaves.
    (NickServ itself learns nothing of a login by SASL after the registration, in Atheme 7.2; the network does.)"""
    server.stop_services()  # in good order: its database is on disk
    server.start_services()
    bot = Bot(binary, server)
    bot.here()
    ben = Person("ben", server.port, [CHANNEL])
    assert account_of(ben, "harbor-bot") == ACCOUNT
    server.stop_services(kill=True)
    ben.say(CHANNEL, "ping dead services")
    ben.expect_from("harbor-bot", CHANNEL, "pong dead services$")
    server.start_services()
    time.sleep(3)  # services that have lost their memory log everybody out now
    until_known(ben, "harbor-bot", ACCOUNT)
    ben.say(CHANNEL, "ping again")
    ben.expect_from("harbor-bot", CHANNEL, "pong again$")
    seen = bot.seen + list(bot.lines.queue)
    assert not any(line.startswith("state down") for line in seen), seen
    print("  logged out and in again" if any("irc_logged_out" in line for line in seen) else "  remembered", flush=True)
    bot.leave()
    ben.close()


def story_certificate(binary, server, folder):
    """By its certificate alone, once the account knows it (CERT ADD); before that no password is tried, for there is none."""
    both = os.path.join(folder, "bot.pem")
    parts = [os.path.join(folder, name) for name in ("bot-key.pem", "bot-cert.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=harbor-bot", "-keyout",
                    parts[0], "-out", parts[1]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(both, "w", encoding="utf-8") as file:
        for part in parts:
            with open(part, encoding="utf-8") as source:
                file.write(source.read())
    with open(parts[1], encoding="utf-8") as file:
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
    bot = Bot(binary, server, password=None, certificate=both)
    bot.expect(r"event=irc_login_failed .*does not know our client certificate")
    bot.leave()
    owner = Person("owner", server.port)
    owner.say("NickServ", f"IDENTIFY {ACCOUNT} {PASSWORD}")
    owner.expect(r" 900 owner ", 10)
    owner.say("NickServ", f"CERT ADD {fingerprint}")
    owner.expect(r"(?i)added")
    bot = Bot(binary, server, password=None, certificate=both)
    bot.here()
    assert account_of(owner, "harbor-bot") == ACCOUNT
    bot.leave()
    owner.close()


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        server = Inspircd(folder, ("nickserv/enforce", "nickserv/status"))
        try:
            server.start()
            for account in (ACCOUNT, "mara"):
                server.register(account, PASSWORD)
            for story in (story_login, story_wrong_password, story_accounts, story_replay, story_services_away,
                          story_services_come_later, story_enforced, story_services_killed, story_certificate):
                if len(sys.argv) > 2 and story.__name__ not in sys.argv[2:]:
                    continue
                started = time.monotonic()
                try:
                    story(binary, server, *([folder] if story in (story_certificate, story_enforced) else []))
                except BaseException:
                    if irc_session.Bot.last:
                        print(irc_session.Bot.last.words(), flush=True)
                    raise
                print(f"{story.__name__}: passed ({time.monotonic() - started:.0f} s)", flush=True)
        except BaseException:
            print("the server's log:\n" + server.log(), flush=True)
            raise
        finally:
            server.stop()


if __name__ == "__main__":
    main()
