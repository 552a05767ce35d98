#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What happens to files that are there already; wrong_usage.txt has those that are refused."""
import contextlib
import os
import shutil
import sqlite3
import subprocess
import unittest

import captures
import harness
import session_files
from harness import replay

FORMATS = {"tsv": "tsv", "json": "jsonl", "zeek": "log", "report": "txt", "sqlite": "db"}


class ExistingFiles(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chain.pcap", captures.pcap(captures.chain()))

    def outputs(self):
        paths = {"--alerts": self.folder / "alerts", "--relays": self.folder / "scores"}
        return paths, [word for option, path in paths.items() for word in (option, path)]

    def test_own_files_and_empty_ones_are_replaced(self):
        paths, options = self.outputs()
        for path in paths.values():
            path.write_bytes(b"")
        self.assert_ended(replay(*options, self.capture), 0)
        alerts = paths["--alerts"].read_bytes()
        self.assertTrue(alerts)
        self.assert_ended(replay(*options, self.capture), 0)
        self.assertEqual(paths["--alerts"].read_bytes(), alerts)

    def test_own_records_of_every_format_are_replaced(self):
        for name, end in FORMATS.items():
            with self.subTest(name=name):
                path = self.folder / f"s.{end}"
                path.write_bytes(b"")
                for _ in range(2):
                    self.assert_ended(replay("--sessions", path, self.capture), 0)
                    self.assertGreater(path.stat().st_size, 0)

    def test_force_replaces_what_holds_something_else(self):
        letter = b"Dear all,\n" * 1000
        paths, options = self.outputs()
        for path in paths.values():
            path.write_bytes(letter)
        self.assert_ended(replay("--force", *options, self.capture), 0)
        self.assertTrue(harness.events_of(paths["--alerts"].read_text()))
        harness.events_of(paths["--relays"].read_text())
        for end in FORMATS.values():
            with self.subTest(end=end):
                path = self.file(f"s.{end}", letter)
                self.assert_ended(replay("--sessions", path, self.capture), 2, "--force")
                self.assertEqual(path.read_bytes(), letter)
                self.assert_ended(replay("--force", "--sessions", path, self.capture), 0)
                self.assertNotIn(b"Dear all", path.read_bytes())
        self.assertEqual(len(session_files.rows_of(self.folder / "s.db")), 2)
        books = self.folder / "books.db"
        with contextlib.closing(sqlite3.connect(books)) as database:
            database.execute("CREATE TABLE books(title)")
            database.commit()
        self.assert_ended(replay("--sessions", books, self.capture), 2, "something else than session records")
        self.assert_ended(replay("--force", "--sessions", books, self.capture), 0)
        self.assertEqual(len(session_files.rows_of(books)), 2)

    def test_a_refused_output_leaves_the_others_as_they_were(self):
        notes = self.file("notes", b"Dear all,\n")
        earlier = self.folder / "alerts"
        self.assert_ended(replay("--alerts", earlier, self.capture), 0)
        before = earlier.read_bytes()
        nothing = self.file("none.pcap", captures.pcap([]))
        self.assert_ended(replay("--alerts", earlier, "--sessions", notes, nothing), 2, "'--sessions")
        self.assert_ended(replay("--alerts", earlier, "--relays", self.folder / "new", "--sessions", notes, nothing), 2)
        self.assertEqual(earlier.read_bytes(), before)
        self.assertFalse((self.folder / "new").exists())

    def test_a_pattern_of_the_shell_costs_no_capture(self):
        parts = [self.file(f"{name}.pcap", self.capture.read_bytes()) for name in "abc"]
        before = [part.read_bytes() for part in parts]
        done = subprocess.run(f"{harness.CAIRN} replay --alerts {self.folder}/[abc].pcap", shell=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.TIMEOUT)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"write --alerts FILE, then the captures", done.stderr)
        self.assertEqual([part.read_bytes() for part in parts], before)

    def test_standard_input_is_an_input(self):
        before = self.capture.read_bytes()
        with open(self.capture, "rb") as stdin:
            self.assert_ended(replay("--force", "--alerts", self.capture, stdin=stdin), 2, "standard input", "overwrite")
        self.assertEqual(self.capture.read_bytes(), before)

    def test_devices_and_pipes_are_written_to(self):
        expected = replay(self.capture).out
        self.assertTrue(expected)
        self.assertEqual(replay("--alerts", "/dev/stdout", self.capture).out, expected)
        self.assert_ended(replay("--alerts", "/dev/null", "--relays", "/dev/null", self.capture), 0)
        log = self.file("log", b"earlier\n")
        with open(log, "ab") as stdout:
            self.assert_ended(replay("--alerts", "/dev/stdout", self.capture, stdout=stdout), 0)
        self.assertEqual(log.read_text(), "earlier\n" + expected)
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
            self.assert_ended(replay("--alerts", pipe, self.capture), 0)
            self.assertEqual(reader.communicate(timeout=harness.TIMEOUT)[0].decode(), expected)

    def test_an_own_file_behind_a_link_is_replaced(self):
        target, link = self.folder / "target", self.folder / "link"
        self.assert_ended(replay("--alerts", target, self.capture), 0)
        link.symlink_to(target)
        self.assert_ended(replay("--alerts", link, self.file("none.pcap", captures.pcap([]))), 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_bytes(), b"")

    def test_a_file_that_may_not_be_written_is_told(self):
        prefix = ()
        if harness.IS_ROOT:  # root writes everywhere, so somebody else tries
            self.needs(shutil.which("setpriv"), "setpriv")
            prefix = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        program = shutil.copy(harness.CAIRN, self.folder / "cairn")
        theirs = self.file("theirs", b"")
        theirs.chmod(0o444)
        self.folder.chmod(0o755)
        for path in (theirs, self.folder / "new"):
            done = subprocess.run([*prefix, program, "replay", "--alerts", path, self.capture], capture_output=True, check=False,
                                  stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(b"ermission", done.stderr)

    def test_rotation_spares_files_of_something_else(self):
        rotated = ("--sessions", self.folder / "s.tsv", "--set", "sessions.rotation.interval=1h")
        self.assert_ended(replay(*rotated, self.long_capture()), 0)
        aside, = self.folder.glob("s-*.tsv")
        aside.write_bytes(b"Dear all,\n")
        self.assert_ended(replay(*rotated, self.long_capture()), 0)
        self.assertEqual(aside.read_bytes(), b"Dear all,\n")
        self.assertEqual(len(list(self.folder.glob("s-*.tsv"))), 2)

    def long_capture(self):
        """Two logins, two hours apart."""
        later = [(time + 7200 * captures.SECOND, data) for time, data in captures.chain(number=1)]
        return self.file("long.pcap", captures.pcap(captures.chain() + later))


class Generated(harness.TestCase):
    def generate(self, *arguments):
        done = subprocess.run([harness.GENERATOR, "generate", *map(str, arguments)], capture_output=True, check=False,
                              timeout=harness.TIMEOUT)
        return harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    def test_a_capture_is_replaced_by_force_only_and_its_truth_with_it(self):
        out = self.folder / "small.pcap"
        options = ("--preset", "small", "--duration", "5s", "-o", out)
        self.assert_ended(self.generate(*options), 0)
        before = out.read_bytes()
        self.assert_ended(self.generate(*options, "--seed", 2), 2, "already", "--force")
        self.assertEqual(out.read_bytes(), before)
        self.assert_ended(self.generate(*options, "--seed", 2, "--force"), 0)
        self.assertNotEqual(out.read_bytes(), before)
        # A truth of ours alone is in nobody's way.
        out.unlink()
        self.assert_ended(self.generate(*options), 0)
        self.assertEqual(out.read_bytes(), before)


@unittest.skipUnless(harness.LAB, "cairn-lab is not built")
class Laboratory(harness.TestCase):
    def test_figures_of_others_stay(self):
        mine = self.file("roc-time-30s.svg", b"<?xml version='1.0'?><svg/>")
        result = harness.lab("protocol", "--sessions", 2, "--duration", "1s", "--condition", "clean", "--roc", self.folder)
        self.assert_ended(result, 2, "roc-time-30s.svg", "XML", "--force")
        self.assertEqual(mine.read_bytes(), b"<?xml version='1.0'?><svg/>")
        self.assertEqual(result.out, "")


if __name__ == "__main__":
    harness.main()
