# SPDX-License-Identifier: MIT
"""The units of systemd/, as they are installed: without fault for systemd, narrow, and each line of the sandbox explained.

units.py SOURCE: configures SOURCE for the prefixes /usr and /usr/local, so that the paths in both are right."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
THRESHOLD = "15"  # of 100
# Each by itself: the threshold alone would let a third of them go.
SANDBOX = """NoNewPrivileges=yes CapabilityBoundingSet= AmbientCapabilities= RestrictSUIDSGID=yes PrivateUsers=yes ProtectSystem=strict
ProtectHome=yes PrivateTmp=yes PrivateMounts=yes PrivateDevices=yes ProtectProc=invisible ProcSubset=pid PrivateIPC=yes RemoveIPC=yes
ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes ProtectControlGroups=yes ProtectClock=yes ProtectHostname=yes
RestrictNamespaces=yes RestrictRealtime=yes LockPersonality=yes MemoryDenyWriteExecute=yes KeyringMode=private
SystemCallArchitectures=native SystemCallFilter=@system-service UMask=0077 MemoryMax=512M OOMPolicy=continue CoredumpFilter=0""".split()


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def configure(source, build, prefix):
    """What would be installed under PREFIX: the rendered units."""
    done = run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DBUILD_TESTING=OFF")
    if done.returncode != 0:
        sys.exit(done.stdout)
    return build / "systemd"


def fill_root(root, source, units, prefix):
    """A root as it looks after installation, as far as systemd-analyze asks: units, a program, manual pages."""
    folder = root / "lib/systemd/system"
    folder.mkdir(parents=True)
    for path in pathlib.Path("/lib/systemd/system").glob("*.target"):
        shutil.copy(path, folder, follow_symlinks=False)
    for path in pathlib.Path("/lib/systemd/system").glob("*.slice"):
        shutil.copy(path, folder)
    program = root / prefix.lstrip("/") / "bin/mooring"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    for page in ("mooring.1", "mooring.cfg.5"):
        place = root / "man" / f"man{page[-1]}"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "docs" / page, place)
    for unit in units:
        shutil.copy(unit, folder)


def check(root, unit):
    bad = []
    said = run("systemd-analyze", "verify", f"--root={root}", unit.name, env=dict(os.environ, MANPATH=str(root / "man")))
    if said.stdout or said.returncode != 0:
        bad.append(f"systemd-analyze verify {unit.name}:\n{said.stdout}")
    if unit.suffix == ".service":
        said = run("systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", "--no-pager", str(unit))
        if said.returncode != 0:
            wrong = "\n".join(line for line in said.stdout.splitlines() if "✗" in line or "→" in line)
            bad.append(f"systemd-analyze security {unit.name} is over {THRESHOLD}:\n{wrong}")
    return bad


def check_text(unit, prefix):
    """What systemd cannot know: our promises."""
    text, bad = unit.read_text(encoding="utf-8"), []
    if "@" in re.sub(r"@(system-service|privileged|resources|setuid|keyring|obsolete)\b", "", text):
        bad.append(f"{unit.name}: something was not filled in")
    if unit.name == "mooring.service":
        for line in (f"ExecStart={prefix}/bin/mooring run --config /etc/mooring/mooring.cfg",
                     f"ExecReload={prefix}/bin/mooring reload --config /etc/mooring/mooring.cfg",
                     "LoadCredential=master-key:/etc/mooring/master-key", "Restart=always", "RestartSec=5",
                     "StartLimitIntervalSec=0", "WatchdogSec=30", "DynamicUser=yes", "StateDirectory=mooring",
                     "StateDirectoryMode=0700", "RuntimeDirectory=mooring", "LimitCORE=0", "MemorySwapMax=0",
                     "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
                     "SystemCallFilter=~@privileged @resources @setuid @keyring @obsolete", *SANDBOX):
            if line not in text.splitlines():
                bad.append(f"{unit.name}: {line} is missing (prefix {prefix})")
    return bad


def main():
    source, bad, count = pathlib.Path(sys.argv[1]), [], 0
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze is not installed (apt-get install systemd)")
    for prefix in ("/usr", "/usr/local"):
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            units = sorted(path for path in configure(source, work / "build", prefix).iterdir() if path.suffix != ".conf")
            if sorted(unit.name + ".in" for unit in units) != sorted(path.name for path in (source / "systemd").iterdir()
                                                                      if not path.name.startswith("credentials")):
                bad.append(f"systemd/ has units that are not installed: {[unit.name for unit in units]}")
            (work / "root").mkdir()
            fill_root(work / "root", source, units, prefix)
            for unit in units:
                bad += check(work / "root", unit) + check_text(unit, prefix)
                count += 1
    print("\n".join(bad) if bad else f"{count} units are well")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
