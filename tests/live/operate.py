# SPDX-License-Identifier: MIT
"""Looking after a bot on a real ngIRCd: a page is rehearsed and answered, status and doctor say how it is, also when the
server goes away.  operate.py MOORING PLUGIN_FOLDER"""
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import daemon  # noqa: E402
from ngircd import Ngircd  # noqa: E402
from person import Person  # noqa: E402

BOT = "harbor-bot"
GROUP = """ }, { name = "quay"; title = "Quay"; zone = "Etc/UTC"; country = "IE";
  rooms = ( { network = "sea"; room = "#quay"; } );
  alert_room = { network = "sea"; room = "#watch"; };
  moderators = ( { network = "sea"; account = "lou"; name = "Lou"; }, { network = "sea"; account = "kim"; name = "Kim"; } );
  on_call = ( { who = "Lou"; from = "00:00"; to = "00:00"; } ); """


def check(what, holds, shown=""):
    if not holds:
        raise AssertionError(f"{what}\n{shown}")
    print(f"  {what}", flush=True)


def wait_for(what, holds, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            print(f"  {what}", flush=True)
            return
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def rehearse(lou, kim, bot):
    lou.say("#watch", "!drill")
    lou.expect_from(BOT, "#watch", "DRILL, nobody is in danger.*On call: Lou")
    lou.expect_from(BOT, "lou", "DRILL, nobody is in danger")
    check("a drill is running", any(d.get("running_since") for d in bot.status()[1]["drills"]))
    time.sleep(1.2)
    kim.say("#watch", "!ack")
    head = kim.expect_from(BOT, "#watch", r"DRILL over\. kim answered after (\d+\.\d\d) s, at the first page").group(0)
    room = kim.expect_from(BOT, "#watch", r"In the alert room: queued \d+\.\d\d s after .*sent \d+\.\d\d s later, "
                                          r"confirmed by the network \d+\.\d\d s after that").group(0)
    kim.expect_from(BOT, "#watch", r"In private to lou: queued .* confirmed by the network \d+\.\d\d s")
    check("it says who answered, and when", float(re.search(r"after (\d+\.\d\d) s", head).group(1)) >= 1.0, head)
    print("    " + room.split(" :", 1)[-1], flush=True)
    drill = [d for d in bot.status()[1]["drills"] if d["group"] == "quay"][0]
    check("status remembers it", drill["end"] == "answered" and drill["pages"] == 1 and drill["took_ms"] >= 1000, drill)
    page = bot.metrics()
    check("and a metric", 'mooring_drill_last_answered{group="quay"} 1' in page)
    check("it is no alert", "mooring_alerts_total 0" in page and "mooring_alert_pages_total 0" in page)


def look(bot):
    code, out, err = bot.run("status")
    check("status: all is well", code == 0 and re.search(r"\n +sea: up for \d+ s", out), out + err)
    code, out, err = bot.run("doctor")
    check("doctor: no problem, and the server answers",
          code == 0 and "PROBLEM" not in out and re.search(r"ok +greeting +127.0.0.1:\d+: an IRC server answers", out)
          and re.search(r"warning +TLS +127.0.0.1:\d+: its certificate is good, for 1 more day\n", out) and re.search(r"ok +daemon +running", out), out + err)


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Ngircd(folder)
        server.start()
        with daemon.Daemon(sys.argv[1], sys.argv[2], irc_port=server.tls_port, tls="true", irc=f'ca_file = "{server.certificate}";',
                           group=GROUP) as bot:
            try:
                wait_for("the bot is on the server", lambda: 'mooring_network_up{network="sea"} 1' in bot.metrics())
                wait_for("and in its rooms", lambda: not bot.status()[1]["look_at"] and not any(n["joining"] for n in bot.status()[1]["networks"]))
                lou, kim = Person("lou", server.port, ["#quay", "#watch"]), Person("kim", server.port, ["#watch"])
                rehearse(lou, kim, bot)
                look(bot)
                server.stop()
                wait_for("status says that the network is down",
                         lambda: bot.status()[1]["networks"][1]["state"] != "up" and 'mooring_network_up{network="sea"} 0' in bot.metrics())
                code, out, _ = bot.run("doctor")
                check("doctor says so too", code == 1 and re.search(r"PROBLEM +connection +127.0.0.1:\d+: no connection", out), out)
                server.start()
                wait_for("it comes back by itself", lambda: bot.status()[1]["networks"][1]["state"] == "up")
            except BaseException:
                print(bot.log.read_text(errors="replace")[-4000:], file=sys.stderr)
                raise
            finally:
                server.stop()
    print("operate: a drill on a real server, status and doctor beside it")


main()
