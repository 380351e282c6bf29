#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays a scripted day while the bot is taken away by SIGKILL at named points, again and again, and compares its end with a
day that nobody disturbed.

    death.py MOORING [--deaths N] [--seed N] [--jobs N] [--keep FOLDER]

Each day is a folder of state and a chain of processes on it; virtual time goes on where it was.  What is promised (design 3.4,
3.5) and so what is compared:

  * Lines.  No server keeps for us what was said while we die, so the person says the line that was under way again, and only
    where its effect is not there: neither its answer was seen, nor does a question on a copy of the state show it.  A line
    during which nothing died must have exactly the undisturbed day's answers; one that was in doubt may not have any of them
    twice.  No line is ever passed over.
  * Routine messages (answers, questions, prompts, reminders) are seen at most once.  One may be missing only where a death
    found it marked in flight: counted in the outbox's rows of the dead process's state, never more missing than those.
  * Crisis messages (card, answer to a call for help, pages, what the team is told of an alert) are seen at least once; what is
    said a second time is marked "(again)", and only after a death.
  * Pages, prompts and reminders come at their minute of the undisturbed day (at most 90 s late: the IRC network has to be
    joined again first).
  * The end: history, consent, settings, meetings, alerts, audit and export of everybody, and all that is said by itself during
    the next day and a half (the jobs), are the undisturbed day's.  The minute of an entry is not compared, because a line that
    is said again is said later.
"""
import argparse
import collections
import concurrent.futures
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import day
import texts
from rehearsal import Died, Life, Server

POINTS = ["body-received", "event-read", "in-mid-batch", "in-plugin", "before-commit", "after-commit", "before-send",
          "sent-unconfirmed", "confirmation-unread", "timer-due", "dialogue-step", "keyring-slot", "migration-half"]
# How often a rare point is armed beside another, and up to which of its times.
RARE = {"keyring-slot": (0.4, 1), "dialogue-step": (0.5, 1), "timer-due": (0.5, 2), "confirmation-unread": (0.3, 4)}
EACH_AT_LEAST, DAYS_AT_MOST = 50, 400
ONE_LINE = 2  # deaths in one slot: an event during which the bot dies a third time is buried, and it should be
LATE_S = 90
PIECE_S = 30  # the IRC server answers only between two pieces of time, so that a message there may be as late undisturbed
HOUSE = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
CRISIS = re.compile(r"^(alerts\.|card$|crisis\.(?!numbers))")
# An exercise that a death cuts off says so, once, and takes the round it was in from its beginning: so it is meant.
COMEBACK = re.compile(r"^coping\.(resumed-|breathe-)")


def is_crisis(kind):
    return CRISIS.match(kind) is not None


class Heard:
    """One message as people saw it."""

    def __init__(self, slot, seconds, place, text):
        self.slot, self.seconds, self.place, self.text = slot, seconds, place, text
        self.kind, self.again = texts.kind_of(text), texts.is_again(text)


class Day:
    """One day on one state folder.  `choose` names the next death, or None."""

    def __init__(self, mooring, folder, choose):
        self.mooring, self.folder, self.choose = mooring, folder, choose
        self.state = os.path.join(folder, "state")
        self.messages, self.deaths, self.lost, self.slot = [], collections.Counter(), collections.Counter(), 0
        self.died_in, self.again, self.log = collections.Counter(), 0, []
        self.passed, self.said_at = collections.Counter(), {}
        self.again_within = 0
        self.life = None

    # ---- lives ---------------------------------------------------------------------------------------------------------

    def _heard(self, seconds, place, text):
        self.messages.append(Heard(self.slot, seconds, place, text))

    def _outbox(self):
        """(priority, state) of each row that the dead process left."""
        rows = []
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            for name in os.listdir(self.state):
                if name.startswith("mooring.db"):
                    shutil.copy(os.path.join(self.state, name), copy)
            path = os.path.join(copy, "mooring.db")
            if os.path.exists(path):
                database = sqlite3.connect(path)
                try:
                    rows = database.execute("SELECT priority, state FROM outbox").fetchall()
                except sqlite3.OperationalError:
                    pass  # no tables yet: it died while they were made
                database.close()
        return rows

    def _bury(self):
        """After Died: what killed it, and what it had in flight."""
        code, errors = self.life.end()
        point = self.life.die_at
        if code != -9 or not point:  # SIGKILL, and meant
            raise AssertionError(f"the bot ended with {code}, not by its own death at {point}:\n{errors}\n" + self.tail())
        where = re.findall(r"^mooring dies at ([a-z-]+)$", errors, re.M)[-1]
        self.deaths[where] += 1
        self.died_in[self.slot] += 1
        self.lost[self.slot] += sum(state == 1 and priority != 0 for priority, state in self._outbox())
        self.log.append(f"died at {where} in slot {self.slot}, {clock(self.life.now or 0)}")
        self.life = None

    def _live(self):
        """A process that stands, in the rooms of its IRC network; deaths on the way there are deaths too."""
        while True:
            die_at = self.choose(self)
            self.life = Life(self.mooring, os.path.join(self.folder, "stage.cfg"), self.state, self._heard,
                             Server(set(day.PEOPLE[day.IRC]) | {"mara"}, day.ROOMS), die_at)
            self.life.die_at = die_at
            try:
                self.life.play()
                for _ in range(6):
                    self.life.play("/wait 2s")
                return
            except Died:
                self._bury()

    def _play(self, *steps):
        """True when it lived through them."""
        try:
            self.life.play(*steps)
            return True
        except Died:
            self._bury()
            self._live()
            return False

    # ---- time ----------------------------------------------------------------------------------------------------------

    def wait_until(self, at):
        """In pieces, between which the IRC server answers: HH:MM of Monday, or "+12": minutes after the last line was said."""
        if at.startswith("+"):
            target = max(self.said_at.values()) + 60 * int(at[1:])
        else:
            target = 60 * (60 * int(at[:2]) + int(at[3:]))
        while self.life.now < target:
            server = ["/peer libera :irc.test NOTICE harbor-bot :still here"] if self.life.is_up else []
            self._play(*server, f"/wait {min(PIECE_S, target - self.life.now)}s")

    # ---- lines ---------------------------------------------------------------------------------------------------------

    def _say(self, line):
        if line.network == day.IRC:
            server = self.life.server
            return ["/peer libera " + server.said(line.who, line.room, line.text)]
        return [f"/network {line.network}", f"/as {line.who}", f"/room {line.room}" if line.room else "/dm", line.text]

    def effect_is_there(self, line, expected):
        """An answer of this line was seen, or the state has its effect."""
        kinds = {m.kind for m in self.messages if m.slot == self.slot}
        if kinds & expected:
            return True
        return line.probe is not None and self.look(line.probe)

    def look(self, probe):
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            heard = []
            state = os.path.join(copy, "state")
            shutil.copytree(self.state, state)
            life = Life(self.mooring, os.path.join(self.folder, "look.cfg"), state, lambda *m: heard.append(m[2]))
            life.play(f"/network {probe.network}", f"/as {probe.who}", f"/room {probe.room}" if probe.room else "/dm")
            heard.clear()
            life.play(*probe.ask, "/wait 1s")
            code, errors = life.end()
            if code != 0:
                raise AssertionError(f"looking into the state ended with {code}: {errors}")
            return any(re.search(probe.there, text, re.S) for text in heard)

    def say(self, line, expected):
        """Says a line, and again after a death while its effect is not there."""
        for _ in range(ONE_LINE + 2):
            self.said_at[line.step] = self.life.now
            lived = self._play(*self._say(line))
            # Paced: the network takes some seconds to carry a long answer.
            left = max(12, line.lasts)
            while left > 0:
                lived = self._play("/wait 4s") and lived
                left -= 4
            for _ in range(0 if lived else 6):  # what was queued comes first, as soon as the rooms are joined
                self._play("/wait 4s")
            if lived or self.effect_is_there(line, expected):
                return
            self.again += 1
            self.log.append(f"line {line.step} said again at {clock(self.life.now)}")
        raise AssertionError(f"line {line.step} was said again and again without effect: {line.text}\n" + self.tail())

    def tail(self):
        return "\n".join(self.log[-8:] + [f"  {m.slot} {m.place}: {m.text[:150]}" for m in self.messages[-25:]])

    # ---- the whole -----------------------------------------------------------------------------------------------------

    def play(self, reference=None):
        os.makedirs(self.folder, exist_ok=True)
        texts.write_marked(os.path.join(HOUSE, "config"), self.folder)
        for name, config in (("stage.cfg", day.STAGE), ("look.cfg", day.LOOK)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(config)
        self._live()
        for line in day.LINES:
            self.slot = 2 * line.step
            self.wait_until(line.at)
            self.slot = 2 * line.step + 1
            self.say(line, reference.kinds_in(self.slot) if reference else set())
        self.slot = 2 * len(day.LINES)
        self.wait_until(day.END)
        self.choose = lambda _: None
        code, errors = self.life.end()
        if code != 0:
            raise AssertionError(f"the last life ended with {code}:\n{errors}")
        for point, count in re.findall(r"^([a-z-]+) (\d+)$", errors, re.M):
            self.passed[point] += int(count)
        self.end = self.snapshot()
        return self

    def kinds_in(self, slot):
        return {m.kind for m in self.messages if m.slot == slot and m.kind}

    def snapshot(self):
        """What everybody can ask, and what comes by itself in the next day and a half."""
        sections, heard = collections.OrderedDict(), []
        life = Life(self.mooring, os.path.join(self.folder, "look.cfg"), self.state, lambda *m: heard.append(m))

        def ask(title, *steps):
            heard.clear()
            life.play(*steps)
            sections[title] = sorted(line for _, _, text in heard for line in normal(text))

        life.play()
        for network, people in day.PEOPLE.items():
            for who in people:
                for question in ("checkin history", "consent", "timezone", "quiet", "export"):
                    ask(f"{who}: {question}", f"/network {network}", f"/as {who}", "/dm", question, "/wait 1s")
        for network, room in ((day.CONSOLE, "bridge"), (day.IRC, "#watch")):
            for question in ("!alerts", "!audit 50", "!group show", "!meetings", "!meeting going 1", "!meeting going 2"):
                ask(f"{room}: {question}", f"/network {network}", "/as mara", f"/room {room}", question, "/wait 1s")
        heard.clear()
        life.play("/at 2026-11-25 06:00")
        sections["what comes by itself"] = sorted(f"{clock(seconds)} {place} {texts.kind_of(text)}"
                                                  for seconds, place, text in heard if texts.kind_of(text))
        code, errors = life.end()
        if code != 0:
            raise AssertionError(f"the look at the end ended with {code}: {errors}")
        return sections


def clock(seconds):
    return f"{seconds // 86400}:{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def normal(text):
    """Without the minute, and without what is random by nature; the tail of a list's line keeps its words."""
    for line in text.split("\n"):
        line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?|\b\d\d:\d\d(:\d\d)?\b", "TIME", line)
        line = re.sub(r"coping, seen: \S+ \S+", "coping.seen", line)  # which tip is random
        if re.search(r"you: export \(|§commands\.export-head§|, export$|§export\.trace§", line):
            continue  # who asks a second time because the first answer was lost is noted a second time; and so is each answer
        line = re.sub(r"\b[0-9A-Fa-f]{16,}\b|\b\d{9,}\b", "ID", line)
        if line.strip():
            yield line.strip()


# ---- comparing ---------------------------------------------------------------------------------------------------------


def count(messages, slot):
    first, again = collections.Counter(), collections.Counter()
    for m in messages:
        if m.slot == slot and m.kind:
            (again if m.again else first)[m.place, m.kind] += 1
    return first, again


def compare_slot(slot, expected, seen, day_played):
    """What is wrong in one slot, as sentences."""
    deaths, missing = day_played.died_in[slot], 0
    (want, _), (first, again) = count(expected, slot), count(seen, slot)
    for key in sorted(set(want) | set(first) | set(again)):
        place, kind = key
        what = f"slot {slot}, {place}: {kind}"
        if COMEBACK.match(kind):
            if first[key] > want[key] + deaths:
                yield f"{what} {first[key]} times after {deaths} deaths"
            missing += max(want[key] - first[key], 0)
        elif is_crisis(kind):
            if first[key] + again[key] < want[key]:
                yield f"{what} {first[key] + again[key]} times instead of {want[key]}: crisis must be said"
            if first[key] > want[key] and kind != "card":
                yield f"{what} {first[key]} times instead of {want[key]}, and not marked (again)"
            if again[key] and not any(day_played.died_in[slot - back] for back in range(day_played.again_within + 1)):
                yield f"{what} said again though nothing died"
        else:
            if first[key] > want[key]:
                yield f"{what} {first[key]} times instead of {want[key]}: routine at most once"
            if again[key]:
                yield f"{what} (again): routine is never said again"
            missing += max(want[key] - first[key], 0)
    if missing > day_played.lost[slot]:
        yield (f"slot {slot}: {missing} routine messages are missing, {day_played.lost[slot]} were in flight at {deaths} deaths: "
               + ", ".join(f"{k[0]}: {k[1]}" for k in want if want[k] > first[k]))


def compare_times(slot, reference, played):
    """Timers: each (place, kind) at its minute; counted from the line before, where the day does so."""
    step, shift = slot // 2, 0
    if step < len(day.LINES) and day.LINES[step].at.startswith("+"):
        shift = played.said_at[step - 1] - reference.said_at[step - 1]
    moments = collections.defaultdict(lambda: ([], []))
    for side, messages in enumerate((reference.messages, played.messages)):
        for m in messages:
            if m.slot == slot and m.kind and not (m.again and side):
                moments[m.place, m.kind][side].append(m.seconds)
    for (place, kind), (want, have) in moments.items():
        for at in have:
            if not any(-PIECE_S <= at - shift - due <= LATE_S for due in want):
                yield f"slot {slot}, {place}: {kind} at {clock(at)}, due at {', '.join(map(clock, want)) or 'no time'}"


def compare(reference, played):
    problems = []
    for slot in range(2 * len(day.LINES) + 1):
        problems += compare_slot(slot, reference.messages, played.messages, played)
        if slot % 2 == 0:
            problems += compare_times(slot, reference, played)
    for title, lines in reference.end.items():
        have = collections.Counter(played.end.get(title, []))
        want = collections.Counter(lines)
        problems += [f"at the end, {title}: missing: {line[:160]}" for line in (want - have).elements()]
        problems += [f"at the end, {title}: too much: {line[:160]}" for line in (have - want).elements()]
    return problems


# ---- deaths --------------------------------------------------------------------------------------------------------------


class Chooser:
    """The next death: a point at random, at a random one of the times it is passed; and with it, now and then, the points that
    are rare in a day, the next time they are passed.  Of all of them the first that is reached is the death."""

    LIVES = 40  # a day

    def __init__(self, seed, passed):
        self.random, self.passed, self.migrations = random.Random(seed), passed, 2

    def __call__(self, played):
        if self.migrations > 0:
            self.migrations -= 1
            return "migration-half:1"
        point = self.random.choice([p for p in POINTS if p not in RARE and p != "migration-half"])
        span = max(1, 2 * self.passed[point] // self.LIVES)
        if played.died_in[played.slot] >= ONE_LINE:
            # This line is let through: joining the rooms takes a dozen of these, and then one comes with each half minute.
            return f"body-received:{18 + self.random.randint(1, 12)}"
        armed = [f"{point}:{self.random.randint(1, span)}"]
        armed += [f"{rare}:{self.random.randint(1, at_most)}" for rare, (share, at_most) in RARE.items()
                  if self.random.random() < share]
        return ",".join(armed)


def one_day(mooring, folder, seed, reference):
    started = time.monotonic()
    played = Day(mooring, folder, Chooser(seed, reference.passed))
    try:
        problems = compare(reference, played.play(reference))
    except AssertionError as wrong:
        problems = [str(wrong)]
    return seed, played.deaths, played.again, problems, played.log, time.monotonic() - started


def play_reference(mooring, folder):
    """Twice, so that what differs by itself is found before it is taken for a fault."""
    first = Day(mooring, os.path.join(folder, "reference"), lambda _: "backup-half:1000000").play()
    second = Day(mooring, os.path.join(folder, "reference-2"), lambda _: None).play(first)
    problems = compare(first, second)
    if problems:
        raise AssertionError("two undisturbed days differ:\n  " + "\n  ".join(problems))
    return first


# What deaths brought to light, one by one: where it died, what was played until then, and what must hold afterwards.
CASES = [
    ("a moderator is paged though the first start died at their key", "keyring-slot:1", "",
     "/as ana\n/room harbor\nI want to kill myself\n< room bridge: ALERT 1\n< dm mara: ALERT 1\n/wait 5m\n< dm noa: ALERT 1\n"),
    ("tables were made, and not yet whose they are", "before-commit:1", "",
     "/as ana\n/dm\n!checkin m6 c3 k8\n< dm ana: mood 6\n/kill\n!checkin history\n< dm ana: mood 6\n"),
]


def play_case(mooring, folder, name, die_at, before, after):
    """What is wrong, or None.  The bot has to die, and the second and a third life have to hold."""
    texts.write_marked(os.path.join(HOUSE, "config"), folder)
    with open(os.path.join(folder, "look.cfg"), "w", encoding="utf-8") as file:
        file.write(day.LOOK)
    command = [mooring, "console", "--config", os.path.join(folder, "look.cfg"), "--state", os.path.join(folder, "state")]
    first = subprocess.run([*command, "--script", "-", "--die-at", die_at], input=before, capture_output=True, text=True)
    if first.returncode != -9:
        return f"{name}: it did not die at {die_at} ({first.returncode}): {first.stderr}"
    for script in (after, "/mark still here\n"):
        later = subprocess.run([*command, "--script", "-"], input=script, capture_output=True, text=True)
        if later.returncode != 0:
            return f"{name}: {later.stderr}"
    return None


def play_cases(mooring, folder):
    wrong = 0
    for number, case in enumerate(CASES):
        place = os.path.join(folder, f"case-{number}")
        os.makedirs(place)
        problem = play_case(mooring, place, *case)
        if problem:
            wrong += 1
            print(f"death: {problem}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mooring")
    parser.add_argument("--deaths", type=int, default=1800)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", help="a folder that is left")
    parser.add_argument("--sample", action="store_true", help="a few seconds: no point has to have its number")
    arguments = parser.parse_args()
    mooring = os.path.abspath(arguments.mooring)
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"death: seed {seed}", flush=True)
    folder = arguments.keep or tempfile.mkdtemp(prefix="mooring-death-")
    try:
        return run(mooring, folder, seed, arguments)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


def run(mooring, folder, seed, arguments):
    reference = play_reference(mooring, folder)
    missing = [point for point in POINTS if not reference.passed[point]]
    if missing:
        print(f"death: FAILED: the day never passes {', '.join(missing)}")
        return 1
    deaths, said_again, failures, days = collections.Counter(), 0, 0, 0
    wrong_cases = play_cases(mooring, folder)

    def short():
        return [f"{p} ({deaths[p]})" for p in POINTS if deaths[p] < EACH_AT_LEAST]

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        # Waves, until the number is reached, at each point as well; a point that is hardly ever reached is a failure.
        while sum(deaths.values()) < arguments.deaths or (short() and not arguments.sample and days < DAYS_AT_MOST):
            seeds = [seed + days + i for i in range(arguments.jobs)]
            plays = [pool.submit(one_day, mooring, os.path.join(folder, f"day-{s}"), s, reference) for s in seeds]
            for play in plays:
                day_seed, died, again, problems, log, took = play.result()
                deaths += died
                said_again += again
                days += 1
                if problems:
                    failures += 1
                    print(f"death: the day with seed {day_seed} ({took:.0f} s, {sum(died.values())} deaths):")
                    print("  " + "\n  ".join(problems[:20]) + "\n  (" + "; ".join(log) + ")", flush=True)
                if not arguments.keep:
                    shutil.rmtree(os.path.join(folder, f"day-{day_seed}"), ignore_errors=True)
    print(f"death: in-process: {sum(deaths.values())} deaths in {days} days, {said_again} lines said again, {failures} days wrong; "
          + ", ".join(f"{p} {deaths[p]}" for p in POINTS))
    if short() and not arguments.sample:
        print(f"death: FAILED: under {EACH_AT_LEAST} deaths at {', '.join(short())}")
        return 1
    return 1 if failures or wrong_cases else 0


if __name__ == "__main__":
    sys.exit(main())
