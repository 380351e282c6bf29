#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The plugin of docs/PLUGINS.md, as it stands there, built out of tree against an installed Mooring and played by it.

usage: sdk.py SOURCE BUILD
"""
import difflib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LINES_MAX = 60
DEMO_PLUGINS = '["checkin", "coping", "meetings", "crisis"]'


def run(*command, **more):
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if result.returncode != 0:
        sys.exit("%s\nended with %d:\n%s" % (" ".join(str(part) for part in command), result.returncode, result.stdout))
    return result.stdout


def extract(guide, folder):
    """Each fenced block behind a comment that names its file."""
    blocks = re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```\n", guide.read_text(), re.DOTALL)
    for name, text in blocks:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    names = [name for name, _ in blocks]
    for needed in ("gratitude.c", "text/en/gratitude.cfg", "CMakeLists.txt", "build.sh", "gratitude.scn"):
        if needed not in names:
            sys.exit("docs/PLUGINS.md has no file %s" % needed)
    lines = (folder / "gratitude.c").read_text().count("\n")
    if lines > LINES_MAX:
        sys.exit("the plugin of docs/PLUGINS.md has %d lines, more than %d" % (lines, LINES_MAX))


def configure(prefix, folder):
    """The demonstration's configuration with the plugin added; its texts are the installed ones."""
    text = (prefix / "share/mooring/demo.cfg").read_text()
    if DEMO_PLUGINS not in text:
        sys.exit("config/demo.cfg does not name its plugins as expected")
    path = folder / "mooring.cfg"
    path.write_text(text.replace(DEMO_PLUGINS, DEMO_PLUGINS[:-1] + ', "gratitude"]'))
    return path


def play(prefix, script, folder):
    """In a folder of its own, so that nothing but the installed tree gives texts and plugins."""
    folder.mkdir(exist_ok=True)
    config = configure(prefix, folder)
    mooring = prefix / "bin/mooring"
    run(mooring, "check", config)
    return run(mooring, "console", "--config", config, "--script", script)


def plugin_file(prefix):
    found = list(prefix.glob("lib*/**/mooring/plugins/gratitude.so"))
    if len(found) != 1:
        sys.exit("gratitude.so was not installed beside the other plugins: %s" % found)
    return found[0]


def main():
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="mooring-sdk-") as name:
        work = pathlib.Path(name)
        prefix, out = work / "prefix", work / "plugin"
        out.mkdir()
        run("cmake", "--install", build, "--prefix", prefix)
        extract(source / "docs/PLUGINS.md", out)

        # With find_package(Mooring).
        run("cmake", "-S", out, "-B", out / "build", "-DCMAKE_PREFIX_PATH=%s" % prefix, "-DCMAKE_INSTALL_PREFIX=%s" % prefix,
            "-DCMAKE_C_FLAGS=-Wall -Wextra -Wconversion -Werror")
        run("cmake", "--build", out / "build")
        run("cmake", "--install", out / "build")
        first = play(prefix, out / "gratitude.scn", work / "etc")

        # With pkg-config, into the same place.
        plugin_file(prefix).unlink()
        (prefix / "share/mooring/text/en/gratitude.cfg").unlink()
        folder = next(prefix.glob("lib*/**/pkgconfig"))
        run("sh", "-e", "build.sh", cwd=out, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PKG_CONFIG_PATH": str(folder)})
        plugin_file(prefix)
        if play(prefix, out / "gratitude.scn", work / "etc") != first:
            sys.exit("the same script gave another output")

        # An installed tree can be moved.
        moved = work / "elsewhere" / "mooring"
        moved.parent.mkdir()
        shutil.move(prefix, moved)
        again = play(moved, out / "gratitude.scn", work / "etc")
        if again != first:
            sys.exit("the moved tree gave another output:\n%s" % "\n".join(difflib.unified_diff(first.split("\n"), again.split("\n"))))
    print("docs/PLUGINS.md: built with CMake and pkg-config, played, moved and played again")


main()
