# SPDX-License-Identifier: MIT
"""The daemon, a plugin that goes wrong in one of four ways in one of four places, and a service manager that starts it again.

poison.py MOORING TEST_PLUGINS [HOW-WHERE...]: one state folder, life after life on a real ngIRCd.  What is wrong is left out within three
starts, the team is told without a word of what anybody said, everything else goes on, and `sos` is answered in each life."""
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time

from irc_story import Daemon
from ngircd import Ngircd
from person import Person

BOT = "harbor-bot"
BAD = "drink this"
CALL_SECONDS = 2
MEMORY_MEGABYTES = 300
CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = (
  {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = false;
    nicks = ["{bot}"];  identity = "nick";  flood_lines = 20;  flood_seconds = 0; }}
);
groups = (
  {{ name = "harbor";  title = "Harbor";  zone = "Etc/UTC";  country = "US";  language = "en";
    rooms = ( {{ network = "sea";  room = "#Harbor"; }} );
    alert_room = {{ network = "sea";  room = "#bridge"; }};
    moderators = ( {{ network = "sea";  account = "mara";  name = "Mara"; }} ); }}
);
plugin_folder = "{folder}/plugins";
plugins = ["poison", "coping", "crisis"];
poison = {{ how = "{how}";  where = "{where}"; }};
limits = {{ call_seconds = {seconds};  memory_megabytes = {megabytes}; }};
"""
# The sanitizers' own bound, for a build with them: theirs is the only one there is.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS=f"hard_rss_limit_mb={MEMORY_MEGABYTES + 250}:detect_leaks=0:abort_on_error=0")


class Story:
    """One way of going wrong, over the lives of one bot."""

    def __init__(self, binary, test_plugins, server, how, where):
        self.binary, self.server, self.how, self.where = binary, server, how, where
        self.place = tempfile.TemporaryDirectory()
        self.folder = self.place.name
        for name in ("state", "credentials", "plugins"):
            os.makedirs(os.path.join(self.folder, name), mode=0o700)
        self.link_all(test_plugins)
        subprocess.run([binary, "key", "new", os.path.join(self.folder, "credentials", "master-key")], check=True,
                       stdout=subprocess.DEVNULL)
        self.config = os.path.join(self.folder, "mooring.cfg")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=self.folder, port=server.port, bot=BOT, how=how, where=where, seconds=CALL_SECONDS,
                                     megabytes=MEMORY_MEGABYTES))
        self.daemon, self.starts, self.deaths, self.log, self.answered = None, 0, 0, [], 0

    def link_all(self, test_plugins):
        config = os.path.join(os.environ.get("MOORING_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", "..")), "config")
        for name in os.listdir(config):
            if os.path.isdir(os.path.join(config, name)):
                os.symlink(os.path.realpath(os.path.join(config, name)), os.path.join(self.folder, name))
        own = os.path.join(os.path.dirname(os.path.realpath(self.binary)), "plugins")
        for name, place in (("poison", test_plugins), ("coping", own), ("crisis", own)):
            os.symlink(os.path.realpath(os.path.join(place, name + ".so")), os.path.join(self.folder, "plugins", name + ".so"))

    # ---- lives

    def start(self):
        """Another life, as the service manager gives it; False when it did not come to be."""
        time.sleep(1.5 if self.starts else 0)  # RestartSec; the server lets go of the nick
        self.starts += 1
        self.daemon = Daemon(self.binary, self.config, ENVIRONMENT)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.daemon.count("event=irc_joined") >= 2:
                return True
            if self.daemon.process.poll() is not None:
                self.note_death()
                return False
            time.sleep(0.05)
        raise AssertionError("the bot neither joined nor ended")

    def note_death(self):
        self.deaths += 1
        self.daemon.process.wait()
        time.sleep(0.1)
        self.log += self.daemon.lines

    def ends_within(self, seconds):
        """True when this life ended by itself."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.daemon.process.poll() is not None:
                self.note_death()
                return True
            time.sleep(0.05)
        return False

    def stop(self):
        code = self.daemon.stop()
        self.log += self.daemon.lines
        assert code == 0, f"it did not end in good order: {code}"

    # ---- what people do

    def call_for_help(self, number):
        """Each time somebody new: the same card is not said twice to one person."""
        who = Person(f"Ana{number}", self.server.port, ["#harbor"])
        who.say(BOT, "sos")
        who.expect_from(BOT, who.nick, "988")
        who.close()
        self.answered += 1

    def provoke(self):
        """True when it took the bot away."""
        if self.where in ("event", "plugin"):
            who = Person("Ben", self.server.port, ["#harbor"])
            for word in ([BAD] if self.where == "event" else [f"day {self.starts} was long", "so it was", "and dark"]):
                who.say(BOT, word)
            who.close()
        waits = 20 if self.where == "timer" else 0
        return self.ends_within(waits + {"fail": 2, "crash": 10, "loop": 5 * CALL_SECONDS, "memory": 40}[self.how]
                                if self.goes_on_dying() else 4)

    def goes_on_dying(self):
        return self.how != "fail" and self.starts < 3

    def tell(self):
        return f"{self.how} in {self.where}"

    def play(self):
        fatal = self.how != "fail"
        mara = Person("mara", self.server.port, ["#bridge"])
        for life in (1, 2, 3):
            came = self.start()
            if not came:
                assert self.where == "init" and life < 3, f"{self.tell()}: start {life} failed"
                continue
            self.call_for_help(f"{life}")  # a timer that is overdue gives the time for it
            died = self.provoke()
            assert died == (fatal and life < 3), f"{self.tell()}: life {life} {'ended' if died else 'went on'}"
            if not fatal:
                break
        self.after(mara)
        mara.close()
        self.stop()

    # ---- what must hold then

    def after(self, mara):
        """The life that goes on: told, and everything else works."""
        self.call_for_help("9")
        ben = Person("Cleo", self.server.port, ["#harbor"])
        ben.say(BOT, "tip")
        ben.expect_from(BOT, ben.nick, ".{20,}")
        ben.close()
        log = "\n".join(self.log + self.daemon.lines)
        if self.how != "fail" or self.where in ("plugin", "init"):
            mara.expect_from(BOT, "#bridge", "poison", 10)
        if self.how != "fail" and self.where in ("event", "timer"):
            assert "event=event_buried" in log and "plugin=poison" in log, f"{self.tell()}: not buried"
        elif self.how != "fail" or self.where in ("plugin", "init"):
            assert "event=plugin_quarantined plugin=poison" in log, f"{self.tell()}: it does not rest"
        if self.where == "timer":
            assert log.count("event=good_timer") == 1, f"the other timer came {log.count('event=good_timer')} times"
        expected = {"crash": "process_crashed", "loop": "process_hung", "memory": "process_(crashed|memory|hung)"}.get(self.how)
        if expected:
            found = len(re.findall(f"event={expected} plugin=poison", log))
            assert found == 2, f"{self.tell()}: the log names the plugin {found} times"
        for secret in (BAD, "was long", "Ana1", "Ben", "Cleo"):
            assert secret not in log, f"the log holds what somebody said, or who they are: {secret}"
        assert not any(BAD in line or "was long" in line for line in mara.lines), "the team was told what somebody said"


def main():
    binary, test_plugins = sys.argv[1:3]
    wanted, stories = sys.argv[3:], []
    with tempfile.TemporaryDirectory() as folder:
        server = Ngircd(folder)
        server.start()
        try:
            for how, where in itertools.product(("fail", "crash", "loop", "memory"), ("event", "timer", "plugin", "init")):
                if wanted and f"{how}-{where}" not in wanted:
                    continue
                story = Story(binary, test_plugins, server, how, where)
                stories.append(story)
                from_s = time.monotonic()
                try:
                    story.play()
                except Exception:
                    story.daemon.process.kill()
                    print(f"{story.tell()}, start {story.starts}; the log:\n    " +
                          "\n    ".join((story.log + story.daemon.lines)[-60:]), flush=True)
                    raise
                print(f"  {story.tell()}: {story.starts} starts, {story.deaths} deaths, {story.answered} calls for help answered, "
                      f"{time.monotonic() - from_s:.0f} s", flush=True)
        finally:
            server.stop()
    print(f"passed: {len(stories)} ways to go wrong, {sum(story.deaths for story in stories)} deaths, "
          f"{sum(story.answered for story in stories)} calls for help answered", flush=True)


if __name__ == "__main__":
    main()
