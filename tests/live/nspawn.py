# SPDX-License-Identifier: MIT
"""A small Debian with a real systemd in a container: made once by mmdebstrap and kept as an archive, booted by
systemd-nspawn in a network of its own, ended by its process id."""
import ctypes
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from loopback import SKIPPED, skip

SUITE = "bookworm"
# What a server has that runs the bot: the libraries of "ldd mooring", an IRC server instead of the one far away.
PACKAGES = ["systemd", "ngircd", "tzdata", "ca-certificates", "libuv1", "libcurl4", "libjansson4", "libconfig9",
            "libsqlite3-0", "libsodium23", "libicu72", "libmd4c0", "libedit2", "libmicrohttpd12"]
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"]
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1


# ---- may it run here? --------------------------------------------------------------------------

def cgroup_mounts():
    """Where groups of processes can be made: cgroup2, and systemd's own hierarchy where the older ones are mounted."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        for line in file:
            fields, kind = line.split(" - ", 1)
            name, _, options = kind.split(" ", 2)
            if name == "cgroup2" or (name == "cgroup" and "name=systemd" in options):
                found.append(fields.split()[4])
    return found


def why_forbidden():
    """What in this machine keeps nspawn from running, in a sentence; None when nothing does."""
    if os.geteuid() != 0:
        return "systemd-nspawn needs root, and this is an ordinary user"
    tried = subprocess.run(["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs",
                            "/mnt"], capture_output=True, text=True)
    if tried.returncode != 0:
        return f"no namespaces or mounts may be made here ({tried.stderr.strip()})"
    mounts = cgroup_mounts()
    if not mounts:
        return "no cgroup hierarchy is mounted here"
    for mount in mounts:
        try:
            probe = tempfile.mkdtemp(prefix="mooring-probe-", dir=mount)
            os.rmdir(probe)
        except OSError as error:
            return f"no cgroup may be made here ({error})"
    return None


def need_nspawn():
    for program, package in (("systemd-nspawn", "systemd-container"), ("mmdebstrap", "mmdebstrap"), ("unshare", "util-linux")):
        if not shutil.which(program):
            skip(f"{program} is not installed (apt-get install {package})")
    why = why_forbidden()
    if why:  # nothing that could be installed would help, so that this is no failure even where CI=true
        print(f"SKIPPED: a real systemd cannot be booted: {why}", flush=True)
        sys.exit(SKIPPED)


# ---- the root ----------------------------------------------------------------------------------

def debian_sources():
    """The machine's own Debian mirrors, as apt knows them."""
    asked = subprocess.run(["apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)",
                            "Created-By: Packages", "Origin: Debian"], capture_output=True, text=True)
    lines = sorted({line for line in asked.stdout.splitlines() if f" {SUITE}" in line})
    if not lines:
        skip(f"apt knows no mirror of Debian {SUITE} (apt-get update)")
    return lines


def apt_proxies():
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True).stdout
    return [f"--aptopt={line}" for line in dump.splitlines() if line.startswith("Acquire::http") and "Proxy" in line]


def root_archive(folder):
    """Path of the archive in FOLDER, made when it is not there; another list of packages is another archive."""
    name = hashlib.sha256(" ".join([SUITE, *PACKAGES, *LEFT_OUT]).encode()).hexdigest()[:12]
    archive = os.path.join(folder, f"debian-{name}.tar")
    if os.path.exists(archive):
        return archive
    os.makedirs(folder, exist_ok=True)
    started, part = time.monotonic(), f"{archive}.part.tar"
    print("  making a small Debian root, once (a minute or two)", flush=True)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as sources:
        sources.write("\n".join(debian_sources()) + "\n")
        sources.flush()
        made = subprocess.run(["mmdebstrap", "--quiet", "--variant=essential", f"--include={','.join(PACKAGES)}",
                               *(f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT), *apt_proxies(), SUITE, part,
                               sources.name], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if made.returncode != 0:
        skip(f"mmdebstrap could not make a Debian root: {made.stderr.strip()[-600:]}")
    os.rename(part, archive)
    print(f"  made in {time.monotonic() - started:.0f} s, {os.path.getsize(archive) >> 20} MB", flush=True)
    return archive


def remove_group(group, seconds=5):
    """What was killed takes a moment to leave."""
    end = time.monotonic() + seconds
    while os.path.isdir(group) and time.monotonic() < end:
        for path, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(path)
            except OSError:
                time.sleep(0.1)


# ---- the running system ------------------------------------------------------------------------

class Machine:
    """A root in FOLDER, unpacked from ARCHIVE; boot() returns when its systemd is up."""

    def __init__(self, archive, folder):
        self.folder, self.root, self.process, self.leader = folder, os.path.join(folder, "root"), None, None
        self.groups = [os.path.join(mount, f"mooring-test-{os.getpid()}") for mount in cgroup_mounts()]
        # Where systemd runs it gives each container a scope of its own; elsewhere we make the group.
        self.managed = os.path.isdir("/run/systemd/system")
        os.mkdir(self.root)
        subprocess.run(["tar", "-C", self.root, "--xattrs", "-xpf", archive], check=True)

    def _in_child(self):
        """Before nspawn: it goes when this test does, and stands in a group of its own."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if self.managed:
            return
        for group in self.groups:
            with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as file:
                file.write("0")

    def boot(self, seconds=90):
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
                open(os.path.join(self.folder, "console"), "wb") as console:
            manager.bind(path)
            if not self.managed:
                for group in self.groups:
                    os.makedirs(group, exist_ok=True)
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--settings=no", f"--directory={self.root}", "--boot", "--register=no",
                 *([] if self.managed else ["--keep-unit"]), "--private-network",
                 "--capability=CAP_IPC_LOCK",  # without it nspawn forbids mlock(2), which a real machine allows
                 "--notify-ready=yes", "--link-journal=no",
                 "--resolv-conf=off", "--timezone=off", f"--machine=mooring-test-{os.getpid()}", "--console=pipe"],
                env=dict(os.environ, NOTIFY_SOCKET=path), stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                preexec_fn=self._in_child)
            end = time.monotonic() + seconds
            while True:
                manager.settimeout(max(min(end - time.monotonic(), 1), 0.01))
                try:
                    said = manager.recv(4096).decode()
                except socket.timeout:
                    if self.process.poll() is not None or time.monotonic() > end:
                        raise AssertionError(f"the container did not boot: {self.console()}") from None
                    continue
                for line in said.split("\n"):
                    if line.startswith("X_NSPAWN_LEADER_PID="):
                        self.leader = int(line.split("=")[1])
                if "READY=1" in said.split("\n"):
                    return

    def console(self):
        with open(os.path.join(self.folder, "console"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def run(self, *command, check=True, text=None, seconds=60):
        """A command inside, as root there."""
        done = subprocess.run(["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--",
                               "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0", "HOME=/root", *command],
                              input=text, stdin=None if text else subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def enter_network(self):
        """From here on this process (and the threads it starts) talks to what listens inside."""
        libc = ctypes.CDLL(None, use_errno=True)
        fd = os.open(f"/proc/{self.leader}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        result = libc.setns(fd, CLONE_NEWNET)
        os.close(fd)
        if result != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def end(self):
        if self.process and self.process.poll() is None:
            if self.leader:
                os.kill(self.leader, signal.SIGKILL)  # its first process, with which the kernel ends all others
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for group in [] if self.managed else self.groups:
            remove_group(group)
        shutil.rmtree(self.root, ignore_errors=True)
