# SPDX-License-Identifier: MIT
"""The packages of the live Matrix tests, as tests/support/install.sh has laid them under build/: a virtual environment with
Synapse and matrix-nio, and Prism for Node.  Where they are missing a test says SKIPPED and why."""
import hashlib
import os
import shutil
import sys

from loopback import skip

ROOT = os.environ.get("MOORING_SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PINS = os.path.join(ROOT, "tests", "support", "matrix")
MISSING = "{} is not installed: ./test.sh does it, and tells in build/matrix-packages.log why it could not"


def _folder(kind, pins):
    """build/KIND-HASH, the hash that of the pinned versions: other pins are another folder."""
    with open(os.path.join(PINS, pins), "rb") as file:
        return os.path.join(ROOT, "build", f"{kind}-{hashlib.sha256(file.read()).hexdigest()[:12]}")


def python():
    """The interpreter of the virtual environment."""
    folder = _folder("matrix-python", "requirements.txt")
    if not os.path.exists(os.path.join(folder, "whole")):
        skip(MISSING.format("Synapse"))
    return os.path.join(folder, "bin", "python")


def enter():
    """Goes on in the virtual environment: to be called before matrix-nio is imported."""
    wanted = python()
    if os.path.realpath(sys.prefix) != os.path.realpath(os.path.dirname(os.path.dirname(wanted))):
        os.execv(wanted, [wanted] + sys.argv)


def prism():
    """The command that runs Prism."""
    folder = _folder("matrix-node", "package-lock.json")
    if not os.path.exists(os.path.join(folder, "whole")) or not shutil.which("node"):
        skip(MISSING.format("Prism"))
    return ["node", os.path.join(folder, "node_modules", "@stoplight", "prism-cli", "dist", "index.js")]


def shared_data(name):
    """A file of the shared cases."""
    folder = os.environ.get("MOORING_TEST_DATA") or os.path.join(ROOT, "..", "shared", "data")
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        skip(f"{name} is not in the shared cases (MOORING_TEST_DATA names their folder)")
    return path
