# SPDX-License-Identifier: BSD-3-Clause
"""Runs the built programs ($CAIRN, $LAB) for the end-to-end tests."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

# What the machine has in /etc/cairn decides nothing here.
os.environ["CAIRN_CONFIG"] = ""

CAIRN = os.environ.get("CAIRN", "build/bin/cairn")
# Slower by far, and memory that was freed is kept for a while.
SANITIZED = "asan" in CAIRN or "tsan" in CAIRN
# Empty where it is not built: under AddressSanitizer.
LAB = os.environ.get("LAB", str(Path(CAIRN).with_name("cairn-lab")))
GENERATOR = str(Path(CAIRN).with_name("cairn-traces"))
SITE = ["--protect", "10.10.0.0/16"]
TIMEOUT = 120
IS_ROOT = os.geteuid() == 0


def mount_propagation():
    """Options for unshare --mount.  In a plain chroot "/" is no mount point, and its propagation cannot be changed."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        at_root = any(line.split()[4] == "/" for line in mounts)
    return [] if at_root else ["--propagation", "unchanged"]


class Run:
    """A finished run."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def events(self):
        return events_of(self.out)

    def named(self, event):
        return [e for e in self.events if e["event"] == event]


def events_of(text):
    """The events of whole JSON lines; fails on a line that is cut."""
    assert not text or text.endswith("\n"), f"the last line is cut: {text[-80:]!r}"
    return [json.loads(line) for line in text.splitlines()]


def run(*arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, prefix=(), program=CAIRN, **options):
    done = subprocess.run([*prefix, program, *map(str, arguments)], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
                          timeout=TIMEOUT, check=False, **options)
    return Run(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def replay(*arguments, **options):
    return run("replay", *SITE, *arguments, **options)


def lab(*arguments, **options):
    return run(*arguments, program=LAB, **options)


def generated(folder, preset, *arguments):
    """A capture by a preset of the generator."""
    trace = folder / f"{preset}.pcap"
    subprocess.run([GENERATOR, "generate", "--preset", preset, "--out", trace, *map(str, arguments)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
    return trace


def summary_of(text):
    """The JSON summary among the lines of standard error."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    assert len(lines) == 1, f"one summary expected:\n{text}"
    return json.loads(lines[0])


class TestCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cairn_"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, contents):
        path = self.folder / name
        path.write_bytes(contents)
        return path

    def assert_ended(self, result, code, *words):
        """The exit code, and every word on standard error, where no fault of the program itself may be."""
        self.assertEqual(result.code, code, result.err)
        for word in words:
            self.assertIn(word, result.err)
        for word in ("unexpected fault", "Sanitizer", "terminate called"):
            self.assertNotIn(word, result.err)

    def needs(self, available, what):
        """Skips aloud; as root nothing may be skipped."""
        if available:
            return
        if IS_ROOT:
            self.fail(f"this test needs {what}")
        print(f"SKIPPED: {self.id()} needs {what}", flush=True)
        self.skipTest(what)


def main():
    unittest.main(argv=sys.argv, verbosity=2)
