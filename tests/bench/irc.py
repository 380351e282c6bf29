#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What IRC costs, measured on the daemon against a server on loopback: a quiet line (plain, TLS; instructions by callgrind), an answer's
way beside a trivial bot's, memory when idle, 1,000 rooms with 1,000 people each.  irc.py MOORING [quiet|instructions|latency|burst|idle|start ...]"""
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

import irc_sea
from irc_sea import TALK, Daemon, Sea, said
from measured import sync_ms

PEOPLE = [f"member{i:03d}" for i in range(40)]


def sea_of(tls):
    if not tls:
        return Sea()
    context, ca_file, folder = irc_sea.certificates()
    sea = Sea(context)
    sea.ca_file, sea.kept = ca_file, folder
    return sea


def opened(mooring, tls=False, under=(), flood=0):
    sea = sea_of(tls)
    sea.fill(["#harbor", "#bridge"], lambda i: PEOPLE)
    daemon = Daemon(mooring, sea, flood=flood, under=under)
    daemon.start()
    daemon.wait_joined()
    return sea, daemon


def feed(sea, count, chunk=50):
    """`chunk` lines at a time, as a busy server's socket gives them."""
    client = sea.client("harbor-bot")
    for at in range(0, count, chunk):
        client.say(b"".join(said(PEOPLE[i % 40], "#harbor", TALK[i % 8]) for i in range(at, min(at + chunk, count))))
    sea.fence()


def quiet(mooring, count=20000):
    for tls in (False, True):
        sea, daemon = opened(mooring, tls)
        feed(sea, 2000)
        rates = {}
        for chunk in (50, 1):
            taken = []
            for _ in range(5):
                before = daemon.cpu_us()
                feed(sea, count if chunk > 1 else count // 10, chunk)
                taken.append((daemon.cpu_us() - before) / (count if chunk > 1 else count // 10))
            rates[chunk] = statistics.median(taken)
        print(f"quiet line, {'TLS' if tls else 'plain'}: {rates[50]:.2f} us of CPU, whole daemon, 50 at a time; {rates[1]:.1f} us one at a time "
              f"(median of 5 times {count})", flush=True)
        daemon.stop()


def instructions(mooring, few=2000, many=12000):
    counted = []
    for count in (few, many):
        sea, daemon = opened(mooring, under=("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"))
        feed(sea, count)
        daemon.stop()
        counted.append(int(re.search(r"Collected : (\d+)", (daemon.folder / "log").read_text()).group(1)))
    print(f"quiet line, plain: {(counted[1] - counted[0]) // (many - few)} instructions, whole daemon", flush=True)


def echo(port):
    """A bot that answers the moment that it reads: what no bot can be quicker than."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"NICK plain-bot\r\nUSER p 0 * :p\r\nJOIN #harbor\r\n")
    rest = b""
    while True:
        got = connection.recv(65536)
        if not got:
            return
        *lines, rest = (rest + got).split(b"\r\n")
        for line in lines:
            if line.endswith(b":say it back"):
                connection.sendall(b"NOTICE #harbor :here it is, as long as a tip of the bot is, so that nothing but the way differs\r\n")


def latency(mooring, times=200):
    sea, daemon = opened(mooring)
    plain = subprocess.Popen([sys.executable, __file__, "--echo", str(sea.port)])
    while sea.joined.get("#harbor", None) is None or not any(client.nick == "plain-bot" for client in sea.clients):
        time.sleep(0.01)
    time.sleep(0.2)
    took = {"harbor-bot": [], "plain-bot": []}
    for i in range(times + 5):
        for nick, command in (("harbor-bot", "!tip"), ("plain-bot", "say it back")):
            client, heard = sea.client(nick), len(sea.heard)
            begun = time.perf_counter()
            client.say(said(f"asker{i:03d}", "#harbor", command))
            with sea.lock:
                if not sea.lock.wait_for(lambda: len(sea.heard) > heard, 10):
                    daemon.give_up(f"no answer of {nick} to command {i}")
            if i >= 5:  # caches are warm
                took[nick].append((sea.heard[heard][0] - begun) * 1000)
            time.sleep(0.03)  # what else follows an answer
    plain.kill()
    words = []
    for nick, name in (("harbor-bot", "the bot"), ("plain-bot", "a bot that only echoes")):
        took[nick].sort()
        words.append(f"{name} {statistics.median(took[nick]):.2f} ms at the median, {took[nick][int(times * 0.95)]:.2f} ms at the 95th")
    print(f"answer to a command, from written to read: {'; '.join(words)} (of {times} each; "
          f"fsync of this disk {sync_ms(daemon.folder):.2f} ms)", flush=True)
    daemon.stop()


def burst(mooring, lines=2000, asked=30, seconds=10, each=200):
    """At the pace that networks allow by default: many lines at once, among them commands, the last a call for help; then as many a
    second as a busy channel has, with a question to the daemon behind each second's."""
    sea, daemon = opened(mooring, flood=2)
    time.sleep(8)  # the pace has room again
    client, heard = sea.client("harbor-bot"), len(sea.heard)
    talk = [said(f"asker{i:03d}", "#harbor", "!tip") for i in range(asked)] + [said(PEOPLE[i % 40], "#harbor", TALK[i % 8]) for i in range(lines)]
    begun = time.perf_counter()
    client.say(b"".join(talk) + said("needy", "#harbor", "i want to kill myself"))
    with sea.lock:
        if not sea.lock.wait_for(lambda: any(target == "needy" for _, _, _, target in sea.heard[heard:]), 30):
            raise SystemExit("nobody answered a call for help")
    place, answered = next((i, at) for i, (at, _, _, target) in enumerate(sea.heard[heard:]) if target == "needy")
    print(f"a call for help behind {lines} lines and {asked} commands at once: answered after {(answered - begun) * 1000:.0f} ms, "
          f"{place} other lines of ours before it", flush=True)
    late = []
    for _ in range(seconds):
        begun = time.perf_counter()
        client.say(b"".join(said(PEOPLE[i % 40], "#harbor", TALK[i % 8]) for i in range(each)))
        sea.fence(times=1)
        late.append((time.perf_counter() - begun) * 1000)
        time.sleep(max(0, 1 - (time.perf_counter() - begun)))
    print(f"{each} lines a second for {seconds} s: read after {max(late):.1f} ms at the latest", flush=True)
    daemon.stop()


def idle(mooring):
    for tls in (False, True):
        sea, daemon = opened(mooring, tls)
        time.sleep(1)
        print(f"idle on one network, {'TLS' if tls else 'plain'}: RssAnon {daemon.anon_kb()} kB", flush=True)
        daemon.stop()


def start(mooring, rooms=1000, people=1000):
    names = [f"#harbor{i}" for i in range(rooms)]
    base = None
    for what, of_room in (("nobody else there", lambda i: []), ("all the same people", lambda i: [f"someone{n}" for n in range(people)]),
                          ("all different people", lambda i: [f"p{i}x{n}" for n in range(people)])):
        sea = Sea()
        sea.fill(names, of_room)
        daemon = Daemon(mooring, sea, names)
        daemon.start()
        daemon.wait_joined()
        took = time.perf_counter() - daemon.started
        cpu, kb = daemon.cpu_us() / 1e6, daemon.anon_kb()
        base = base or kb
        each = f", {(kb - base) * 1024 / rooms / people:.0f} bytes a membership" if kb > base else ""
        feed_us = daemon.cpu_us()
        client = sea.client("harbor-bot")
        for at in range(0, 20000, 50):
            client.say(b"".join(said(f"{'someone' if 'same' in what else 'p7x'}{i % people}", names[7], TALK[i % 8]) for i in range(at, at + 50)))
        sea.fence()
        feed_us = (daemon.cpu_us() - feed_us) / 20000
        print(f"start with {rooms} rooms of {people}, {what}: all joined and read after {took:.2f} s, {cpu:.2f} s of CPU; RssAnon {kb} kB{each}; "
              f"a quiet line then {feed_us:.2f} us", flush=True)
        daemon.stop()
        sea.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if sys.argv[1] == "--echo":
        echo(int(sys.argv[2]))
        sys.exit()
    ALL = {"quiet": quiet, "instructions": instructions, "latency": latency, "burst": burst, "idle": idle, "start": start}
    for chosen in sys.argv[2:] or ALL:
        ALL[chosen](sys.argv[1])
