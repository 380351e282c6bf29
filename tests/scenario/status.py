#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mooring status of a running daemon: what it says when all is well, when a network is away, when nobody runs.
status.py MOORING PLUGIN_FOLDER"""
import datetime
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import daemon  # noqa: E402
import sea  # noqa: E402


def check(what, holds, shown=""):
    if not holds:
        sys.exit(f"FAILED: {what}\n{shown}")


def far_day():
    """A day of the week that is three days off, wherever the clock is."""
    return "mon tue wed thu fri sat sun".split()[(datetime.datetime.now().weekday() + 3) % 7]


class ShutSea(sea.Sea):
    """Its channel lets nobody in, until `open` is true."""

    open = False

    def _line(self, connection, line):
        if line.startswith("JOIN") and not self.open:
            self._send(connection, f":sea 473 {self.nick} #harbor :Cannot join channel (+i)")
        else:
            super()._line(connection, line)


def shut_out():
    """A room that lets the bot not in: told at once, with why and what to do."""
    server = ShutSea()
    with daemon.Daemon(sys.argv[1], sys.argv[2], start=False, irc_port=server.port) as bot:
        here = '{ network = "console"; room = "harbor"; }'
        bot.config.write_text(bot.config.read_text().replace(here, here + ', { network = "sea"; room = "#harbor"; }'))
        bot.start()
        wanted = "  ! Network sea: not in the room #harbor: it wants an invitation (+i). Invite the bot, or put it on the " \
                 "channel's access list.\n"
        for _ in range(200):
            code, out, _ = bot.run("status")
            if wanted in out:
                break
            time.sleep(0.05)
        check("why it is not in a room", code == 1 and wanted in out, out)
        server.open = True
        server.connection.sendall(b":op!op@sea INVITE harbor-bot #harbor\r\n")
        for _ in range(200):
            code, out, _ = bot.run("status")
            if code == 0:
                break
            time.sleep(0.05)
        check("and invited it is in", code == 0 and "all is well" in out, out)


def main():
    with daemon.Daemon(sys.argv[1], sys.argv[2], start=False) as bot:
        code, out, err = bot.run("status")
        check("not running is 3, with a sentence", code == 3 and out == "" and "not running" in err, err)

        (bot.state / "control").mkdir(parents=True)
        code, out, err = bot.run("status")
        check("a name that is taken", code == 3 and "no socket has the name" in err and "Move it away" in err, err)
        (bot.state / "control").rmdir()

        bot.start()
        code, out, err = bot.run("status")
        check("well is 0", code == 0, out + err)
        check("the first line says it", re.match(r"mooring \S+, process \d+: all is well, up for \d+ s\n", out), out)
        for line in (r"networks +console: up for ", r"\n +sea: (down|connecting) for ", r"\nalerts +none open\n",
                     r"\nqueues +crisis 0, replies 0, reminders 0; timers \d+", r"\nplugins +checkin, crisis; events buried 0\n",
                     r"\nbackup +never\n", r"\ndrill +harbor: never\n", r"\nself-test +never\n", r"\nmemory +\d+ MiB\n"):
            check(f"a line like {line}", re.search(line, out), out)
        check("short lines", max(map(len, out.splitlines())) <= 100, out)

        code, status = bot.status()
        check("the same for machines", code == 0 and status["pid"] == bot.process.pid and status["look_at"] == [], status)
        sea = status["networks"][1]
        check("a network that is away", sea["name"] == "sea" and sea["state"] != "up" and sea["lag_ms"] == -1, sea)
        check("queues", status["queues"]["outbox"]["crisis"] == {"waiting": 0, "oldest_s": 0}, status)

        code, out, _ = bot.run("selftest")
        check("the self-test on demand", code == 0 and "all is well" in out, out)
        code, status = bot.status()
        check("and status knows of it", status["selftest"]["at"] > 0 and status["selftest"]["failed"] == 0, status)
        bot.write(group='on_call = ( { who = "Mara"; days = ["%s"]; from = "00:00"; to = "00:01"; } );' % far_day())
        check("a rota with a gap", bot.run("reload")[0] == 0)
        code, out, _ = bot.run("selftest")
        check("is found", code == 1 and "found: harbor: rota" in out, out)
        bot.write(group="")
        check("and gone with it", bot.run("reload")[0] == 0 and bot.run("selftest")[0] == 0 and bot.run("status")[0] == 0)

        # A reload that is refused is to be looked at, until one is taken.
        good = bot.config.read_text()
        bot.config.write_text(good.replace('country = "US"', 'country = "Atlantis"'))
        bot.process.send_signal(1)
        for _ in range(100):
            code, status = bot.status()
            if code:
                break
            time.sleep(0.05)
        check("a refused reload is 1", code == 1 and any("refused" in line for line in status["look_at"]), status)
        code, out, _ = bot.run("status")
        check("and a line of its own", "look at this" in out and "\n  ! The last reload was refused" in out, out)
        check("as a metric", "mooring_config_last_reload_successful 0" in bot.metrics())
        bot.config.write_text(good + "\ngroups = (\n")
        code, out, err = bot.run("status")
        check("a file that cannot be parsed does not hide the daemon", code == 1 and "look at this" in out, out + err)
        bot.config.write_text(good)
        right, bot.config = bot.config, str(bot.config) + ".none"
        code, out, err = bot.run("status")
        bot.config = right
        check("a name mistyped is told", code == 3 and "there is no such file" in err, out + err)
        check("a good one ends it", bot.run("reload")[0] == 0 and bot.run("status")[0] == 0)

        # Networks are fixed for a life: who changes one is told that it takes a restart, until it is changed back.
        bot.config.write_text(good.replace("harbor-bot", "harbour-bot"))
        code, out, err = bot.run("reload")
        check("another nick is taken at the next start", code == 0 and "next start" in out, out + err)
        code, out, _ = bot.run("status")
        check("and status says so", code == 1 and "\n  ! Networks or plugins changed" in out, out)
        code, out, err = bot.run("reload")
        check("also after a second one", code == 0 and "next start" in out, out + err)
        bot.config.write_text(good.replace('kind = "irc";', 'kind = "irc"; bridge_users = ["*[m]"];'))
        code, out, err = bot.run("reload")
        check("who is a puppet needs none", code == 0 and out == "" and bot.run("status")[0] == 0, out + err)
        bot.config.write_text(good)
        code, out, err = bot.run("reload")
        check("changed back, nothing is missing", code == 0 and out == "" and bot.run("status")[0] == 0, out + err)

        bot.stop(9)
        code, out, err = bot.run("status")
        check("killed is 3", code == 3 and "not running" in err, err)
        check("for the self-test too", bot.run("selftest")[0] == 3)
    shut_out()
    print("status: well, to be looked at, not running")


main()
