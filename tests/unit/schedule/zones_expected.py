#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what Python's zoneinfo and the C library say about every zone, for test_zones_python.c to compare with.

Z NAME                               the zone of the lines that follow
U SECONDS OFFSET IS_DST ABBREVIATION one moment
L LOCAL_SECONDS UNIX_SECONDS FIT     one local time (seconds from 1970 on the wall clock); E exact, G gap, A ambiguous
"""
import datetime as dt
import os
import random
import struct
import sys
import time
import zoneinfo

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo"
FIRST = int(dt.datetime(2000, 1, 1, tzinfo=dt.timezone.utc).timestamp())
LAST = int(dt.datetime(2038, 1, 1, tzinfo=dt.timezone.utc).timestamp())
SAMPLE = (int(dt.datetime(1971, 1, 1, tzinfo=dt.timezone.utc).timestamp()),
          int(dt.datetime(2199, 12, 30, tzinfo=dt.timezone.utc).timestamp()))
EPOCH = dt.datetime(1970, 1, 1)
WEEK = 7 * 86400


def names():
    """Every file that begins as a TZif file; not the copies, nor the ones with leap seconds."""
    for folder, subfolders, files in os.walk(FOLDER, followlinks=True):
        if folder == FOLDER:
            subfolders[:] = [name for name in subfolders if name not in ("posix", "right")]
        subfolders.sort()
        for file in sorted(files):
            path = os.path.join(folder, file)
            name = os.path.relpath(path, FOLDER)
            if name in ("localtime", "posixrules", "Factory"):
                continue
            with open(path, "rb") as stream:
                if stream.read(4) == b"TZif":
                    yield name


def listed_transitions(name):
    """The times in the 64-bit block."""
    with open(os.path.join(FOLDER, name), "rb") as stream:
        data = stream.read()
    isut, isstd, leap, times, types, chars = struct.unpack(">6l", data[20:44])
    start = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    times = struct.unpack(">l", data[start + 32:start + 36])[0]
    return list(struct.unpack(">%dq" % times, data[start + 44:start + 44 + 8 * times]))


def state(zone, seconds):
    moment = dt.datetime.fromtimestamp(seconds, zone)
    return moment.utcoffset(), moment.tzname()


def ruled_transitions(zone, start):
    """The changes after the last listed one: looked for week by week, then by halving."""
    before = state(zone, start)
    for week in range(start, LAST, WEEK):
        after = state(zone, week + WEEK)
        if after != before:
            low, high = week, week + WEEK
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if state(zone, middle) != before else (middle, high)
            yield high
            before = after


def show_moment(zone, seconds):
    moment = dt.datetime.fromtimestamp(seconds, zone)
    print("U", seconds, int(moment.utcoffset().total_seconds()), time.localtime(seconds).tm_isdst, moment.tzname())


def show_local(zone, local_seconds):
    local = (EPOCH + dt.timedelta(seconds=local_seconds)).replace(tzinfo=zone)
    first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
    fit = "E" if first == second else "G" if first < second else "A"
    print("L", local_seconds, int(local.timestamp()), fit)


def show_transition(zone, at):
    for seconds in (at - 1, at, at + 1):
        show_moment(zone, seconds)
    sides = sorted(at + int(state(zone, seconds)[0].total_seconds()) for seconds in (at - 1, at))
    middle = sum(sides) // 2
    for local in (sides[0] - 1, sides[0], middle, sides[1] - 1, sides[1], sides[1] + 1):
        show_local(zone, local)


def main():
    zoneinfo.reset_tzpath([FOLDER])
    chance = random.Random(1)
    for name in names():
        zone = zoneinfo.ZoneInfo(name)
        os.environ["TZ"] = ":" + os.path.join(FOLDER, name)
        time.tzset()
        print("Z", name)
        listed = listed_transitions(name)
        for at in listed:
            if FIRST <= at < LAST:
                show_transition(zone, at)
        for at in ruled_transitions(zone, max(listed[-1:] + [FIRST])):
            show_transition(zone, at)
        for _ in range(40):
            show_moment(zone, chance.randrange(*SAMPLE))
            show_local(zone, chance.randrange(*SAMPLE))


main()
