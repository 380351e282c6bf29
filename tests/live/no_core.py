# SPDX-License-Identifier: MIT
"""The daemon dies of SIGSEGV, SIGABRT and SIGQUIT, where everything around it allows a core: none is written.

no_core.py MOORING: the daemon's binary."""
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

from loopback import free_port

CONFIG = """
state_folder = "{folder}/state";
credentials_folder = "{folder}/credentials";
networks = ( {{ name = "sea";  kind = "irc";  host = "localhost";  port = {port};  tls = false;  nicks = ["b"]; }} );
groups = ( {{ name = "harbor";  zone = "Etc/UTC";  rooms = ( {{ network = "sea";  room = "#harbor"; }} );
              moderators = ( {{ network = "sea";  account = "mara"; }} ); }} );
"""
PATTERN = pathlib.Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
NOBODY = 65534
# In a development build the sanitizers would catch the signal, and forbid the core themselves.
PLAIN = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0:disable_coredump=0:detect_leaks=0", "UBSAN_OPTIONS": "handle_segv=0"}
failures = []


def check(name, holds, why=""):
    print(f"{'ok  ' if holds else 'FAIL'} {name}" + ("" if holds else f": {why}"), flush=True)
    if not holds:
        failures.append(name)


def allow_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def cores(folder):
    """Files that were not there before, in the folder that it runs in."""
    return sorted(path.name for path in pathlib.Path(folder).iterdir() if path.is_file() and path.name.startswith("core"))


def start(command, folder, **more):
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            env=dict(os.environ, **PLAIN), preexec_fn=allow_cores, **more)


def die(process, number):
    process.send_signal(number)
    return process.wait(30)


def opened(pid, name):
    """The process has opened this file: it runs."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if any(name in os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")):
                return True
        except OSError:
            pass
        time.sleep(0.02)
    return False


def others_leave_one(folder):
    """What proves that a core would have been seen here."""
    process = start(["sleep", "60"], folder)
    time.sleep(0.2)
    code = die(process, signal.SIGSEGV)
    left = cores(folder)
    for name in left:
        os.unlink(os.path.join(folder, name))
    return code == -signal.SIGSEGV and bool(left)


def daemon(binary, folder):
    for name in ("state", "credentials"):
        os.makedirs(os.path.join(folder, name), mode=0o700)
    subprocess.run([binary, "key", "new", os.path.join(folder, "credentials", "master-key")], check=True, stdout=subprocess.DEVNULL)
    config = os.path.join(folder, "mooring.cfg")
    source = os.path.join(os.environ["MOORING_SOURCE_DIR"], "config")
    for name in os.listdir(source):
        if os.path.isdir(os.path.join(source, name)):
            os.symlink(os.path.join(source, name), os.path.join(folder, name))
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(folder=folder, port=free_port()))
    can_fail = others_leave_one(folder)
    if PATTERN.startswith("|") or "/" in PATTERN or not can_fail:
        print(f"note core_pattern is {PATTERN!r}: files are not looked for here, only the limit and the flag", flush=True)
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        process = start([binary, "run", "--config", config], folder)
        running = opened(process.pid, "mooring.db")
        limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
        limit = next(line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core"))
        threads = len(os.listdir(f"/proc/{process.pid}/task"))
        code = die(process, number)
        check(f"run, {number.name}: it ran with {threads} threads, and died of it", running and code == -number, f"exit {code}")
        check(f"run, {number.name}: the limit is 0, also the hard one", limit == ["0", "0"], f"{limit}")
        check(f"run, {number.name}: no core", not cores(folder), f"{cores(folder)}")


def flag(binary, folder):
    """The limit is not asked by a pattern that pipes cores into a program; the flag is.  Who is not dumpable belongs to root in
    /proc, whoever runs it."""
    user = NOBODY if os.getuid() == 0 else os.getuid()
    os.chmod(folder, 0o777)
    config = os.path.join(os.environ["MOORING_SOURCE_DIR"], "config", "demo.cfg")
    as_user = {"user": user, "group": user} if os.getuid() == 0 else {}
    other = start(["sleep", "60"], folder, **as_user)
    process = start([binary, "console", "--config", config], folder, **as_user)
    time.sleep(0.2)
    end = time.monotonic() + 20
    while os.stat(f"/proc/{process.pid}/stat").st_uid != 0 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    check("console: it runs", process.poll() is None, f"exit {process.returncode}")
    check("others would be dumped", os.stat(f"/proc/{other.pid}/stat").st_uid == user, "the test proves nothing here")
    check("console: the process is not dumpable", process.poll() is None and os.stat(f"/proc/{process.pid}/stat").st_uid == 0)
    process.kill()
    other.kill()
    process.wait()
    other.wait()


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        daemon(binary, folder)
    with tempfile.TemporaryDirectory() as folder:
        flag(binary, folder)
    print(f"{len(failures)} failed" if failures else "passed", flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
