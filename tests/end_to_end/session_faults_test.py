#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""--sessions when something goes wrong: killed, interrupted, a full disk, a locked database, wrong usage."""
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import captures
import harness
import session_files
from harness import replay, run

PATIENCE = 60  # seconds until a test gives up; nothing is measured
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
FORMATS = {"tsv": "tsv", "json": "jsonl", "sqlite": "sqlite"}  # with the ends of their files' names


def read_back(path):
    """The records of a file; a last line that is cut is left out."""
    if path.suffix == ".sqlite":
        return session_files.rows_of(path)
    whole = path.read_text()
    whole = whole[:whole.rfind("\n") + 1]
    return harness.events_of(whole) if path.suffix == ".jsonl" else session_files.parse(whole)


class ALongCapture(harness.TestCase):
    """Some 13,000 sessions that end all the time, and what a whole run makes of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = Path(tempfile.mkdtemp(prefix="cairn_"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.capture = harness.generated(cls.shared, "mix", "--connections", 200, "--mean-packets", 8, "--rate", 500,
                                        "--packets", 100_000)

    def whole(self, end, *inputs):
        """The records of an undisturbed run."""
        path = self.shared / f"whole.{end}"
        if not path.exists():
            self.assert_ended(replay(*(inputs or [self.capture]), "--sessions", path), 0)
        return read_back(path)


class Killed(ALongCapture):
    def start(self, path):
        """A replay from a pipe that has most of the capture, and waits for more."""
        process = subprocess.Popen([harness.CAIRN, "replay", *harness.SITE, "--sessions", path], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(self.stop, process)
        data = self.capture.read_bytes()
        most = len(data) * 4 // 5
        process.stdin.write(data[:most])
        process.stdin.flush()
        return process, data[most:]

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        with contextlib.suppress(BrokenPipeError):
            process.communicate()

    def wait_for_records(self, path):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, sqlite3.Error, AssertionError):
                if read_back(path):
                    return
            time.sleep(0.02)
        self.fail(f"no record in {path}")

    def assert_begin_of_the_whole(self, path):
        records = read_back(path)
        self.assertGreater(len(records), 100)
        self.assertEqual(records, self.whole(path.suffix[1:])[:len(records)])
        told = run("sessions", "servers", path)
        self.assert_ended(told, 0)
        # The generator's clients reach every server, so that all sessions are in the list.
        self.assertEqual(sum(row["accepted"] + row["failed"] for row in told.events), len(records))

    def test_a_killed_process_leaves_whole_records(self):
        for form, end in FORMATS.items():
            with self.subTest(form=form):
                path = self.folder / f"killed.{end}"
                process, _ = self.start(path)
                self.wait_for_records(path)
                process.kill()
                process.wait()
                self.assert_begin_of_the_whole(path)

    def test_a_process_killed_while_it_writes_leaves_whole_records(self):
        for form, end in FORMATS.items():
            with self.subTest(form=form):
                path = self.folder / f"writing.{end}"
                process, rest = self.start(path)
                self.wait_for_records(path)
                def feed(stdin=process.stdin, data=rest):
                    with contextlib.suppress(BrokenPipeError, ValueError):
                        stdin.write(data)
                        stdin.flush()
                feeder = threading.Thread(target=feed)
                feeder.start()
                time.sleep(0.01)
                process.kill()
                process.wait()
                feeder.join()
                self.assert_begin_of_the_whole(path)

    def test_a_killed_database_takes_the_next_replay(self):
        path = self.folder / "again.sqlite"
        process, _ = self.start(path)
        self.wait_for_records(path)
        process.kill()
        process.wait()
        self.assert_ended(replay(self.capture, "--sessions", path), 0)
        self.assertEqual(read_back(path), self.whole("sqlite"))
        self.assertEqual([p.name for p in self.folder.glob("again*")], ["again.sqlite"])


class Interrupted(harness.TestCase):
    def test_the_records_so_far_and_the_open_sessions_are_written(self):
        # After so long a silence a minute of packets is waited for, lest the clock be set back again.
        packets = captures.chains(3, keys=150, close=False) + captures.chain(7, start=captures.START - 600 * captures.SECOND)
        data = captures.pcap(sorted(packets))
        for form, end in FORMATS.items():
            with self.subTest(form=form):
                path = self.folder / f"s.{end}"
                process = subprocess.Popen([harness.CAIRN, "replay", *harness.SITE, "--sessions", path],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                process.stdin.write(data)
                process.stdin.flush()
                found = 0
                while found < 4:  # the first of which has ended
                    line = process.stdout.readline()
                    self.assertTrue(line, "no alert any more")
                    found += b'"event":"stepping_stone",' in line
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, 130, err)
                ends = [record["end"] for record in read_back(path)]
                self.assertEqual(sorted(ends), ["closed"] * 2 + ["end_of_capture"] * 6)


class FullDisk(ALongCapture):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        chains = cls.shared / "chains.pcap"
        chains.write_bytes(captures.pcap(captures.chains(4, start=1_767_600_000 * captures.SECOND)))
        cls.inputs = (chains, cls.capture)
        cls.plain = replay(*cls.inputs)

    def assert_lost(self, result, path, kept, records):
        """Everything else is as without records, and the loss is counted."""
        self.assertEqual(result.out, self.plain.out)
        self.assert_ended(result, 1, str(path), "no room left", "replay failed")
        lost = int(re.search(r"(\d+) session records were lost", result.err)[1])
        self.assertEqual(kept + lost, records)

    def test_a_full_device(self):
        self.assertEqual(len(self.plain.named("stepping_stone")), 4)
        records = len(self.whole("tsv", *self.inputs))
        for form in ("report", "tsv", "json", "zeek"):
            result = replay(*self.inputs, "--sessions", "/dev/full", "--sessions-format", form)
            self.assert_lost(result, "/dev/full", 0, records)

    def test_few_records_on_a_full_device(self):
        result = replay(self.inputs[0], "--sessions", "/dev/full")
        self.assert_ended(result, 1, "/dev/full", "8 session records were lost")

    def on_a_small_disk(self, size, name):
        """The run, what `cairn sessions servers` says there, and a copy of all files."""
        self.needs(harness.IS_ROOT and shutil.which("unshare"), "root and unshare")
        disk, kept = self.folder / "disk", self.folder / f"kept_{size}_{name}"
        disk.mkdir(exist_ok=True)
        kept.mkdir()
        script = ('mount -t tmpfs -o size=$SIZE none "$DISK" || exit 9; "$@" --sessions "$DISK/$NAME"; code=$?; '
                  '"$1" sessions servers "$DISK/$NAME" > "$KEPT/servers"; cp "$DISK"/* "$KEPT"; umount "$DISK"; '
                  "exit $code")
        done = subprocess.run(
            ["unshare", "--mount", *harness.mount_propagation(), "sh", "-c", script, "sh", harness.CAIRN, "replay",
             *harness.SITE, *self.inputs],
            env={**os.environ, "DISK": str(disk), "KEPT": str(kept), "SIZE": size, "NAME": name}, capture_output=True,
            check=False, timeout=harness.TIMEOUT)
        return harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode()), kept

    def test_a_disk_that_fills_up_keeps_whole_records(self):
        for size, name in (("1m", "s.tsv"), ("2m", "s.jsonl"), ("2500k", "s.sqlite")):
            with self.subTest(name=name):
                result, kept = self.on_a_small_disk(size, name)
                records, everything = read_back(kept / name), self.whole(name[2:], *self.inputs)
                self.assert_lost(result, self.folder / "disk" / name, len(records), len(everything))
                self.assertGreater(len(records), 1000)
                self.assertEqual(records, everything[:len(records)])
                servers = harness.events_of((kept / "servers").read_text())
                self.assertEqual(sum(row["accepted"] + row["failed"] for row in servers), len(records))

    def test_a_database_is_one_whole_file_or_a_fault_is_told(self):
        # From no room for a record over no room for the indexes, or to move the log, to room for everything.
        everything = self.whole("sqlite", *self.inputs)
        messages = ""
        for size in ("500k", "3200k", "3700k", "4500k", "5500k", "16m"):
            with self.subTest(size=size):
                result, kept = self.on_a_small_disk(size, "s.sqlite")
                self.assertEqual(result.out, self.plain.out)
                lost = int((re.search(r"(\d+) session records? w", result.err) or "00")[1])
                self.assertEqual(len(read_back(kept / "s.sqlite")) + lost, len(everything))
                messages += result.err
                if result.code == 0:
                    self.assertEqual(sorted(os.listdir(kept)), ["s.sqlite", "servers"])
                    self.assertNotIn("no room left", result.err)
                else:
                    self.assert_ended(result, 1, "s.sqlite", "no room left")
        for words in ("session records were lost", "all session records are in the file", "replay complete"):
            self.assertIn(words, messages)


class Locked(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chains.pcap", captures.pcap(captures.chains(3)))
        self.path = self.folder / "s.sqlite"

    def test_a_database_that_another_process_holds(self):
        self.assert_ended(replay(self.capture, "--sessions", self.path), 0)
        records = read_back(self.path)
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            result = replay(self.capture, "--sessions", self.path)
            self.assert_ended(result, 1, str(self.path), "locked by another process")
            self.assertEqual(result.out, "")
            other.execute("ROLLBACK")
        self.assertEqual(read_back(self.path), records)
        self.assert_ended(replay(self.capture, "--sessions", self.path), 0)

    def test_while_it_is_written_others_read_and_do_not_write(self):
        process = subprocess.Popen([harness.CAIRN, "replay", *harness.SITE, "--sessions", self.path],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(self.capture.read_bytes())
        process.stdin.flush()
        self.assertIn(b"stepping_stone", process.stdout.readline())
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=0.1)) as other:
            with self.assertRaises(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
            other.execute("SELECT count(*) FROM sessions")
        second = replay(self.capture, "--sessions", self.path)
        self.assert_ended(second, 1, str(self.path), "locked by another process")
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(len(read_back(self.path)), 6)

    def test_what_is_no_database_of_sessions_is_left_alone(self):
        other = self.folder / "other.sqlite"
        with contextlib.closing(sqlite3.connect(other)) as database:
            database.execute("CREATE TABLE mine (a)")
            database.commit()
        notes = self.file("notes.sqlite", b"no database\n" * 100)
        for path in (other, notes):
            before = path.read_bytes()
            self.assert_ended(replay(self.capture, "--sessions", path), 2, str(path), "name another file")
            self.assertEqual(path.read_bytes(), before)


class Usage(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chain.pcap", captures.pcap(captures.chain()))

    def test_wrong_usage_is_explained(self):
        capture, link = self.capture, self.folder / "link.pcap"
        link.symlink_to(capture)
        cases = [
            (["--sessions", capture], ["--sessions", str(capture), "overwrite"]),
            (["--sessions", link], ["--sessions", "overwrite"]),
            (["--sessions", self.folder / "a", "--alerts", self.folder / "a"], ["--alerts", "the same file"]),
            (["--sessions", self.folder / "a", "--relays", f"{self.folder}/./a"], ["--relays", "the same file"]),
            (["--sessions-format", "tsv"], ["--sessions-format", "add --sessions"]),
            (["--sessions", "-", "--alerts", "-"], ["standard output"]),
            (["--sessions", "-", "--format", "json"], ["standard output"]),
            (["--sessions", "-", "--sessions-format", "sqlite"], ["database needs a file"]),
            (["--sessions", "-", "--set", "sessions.rotation.size=1MB"], ["standard output cannot be rotated"]),
            (["--sessions", self.folder / "a", "--sessions-format", "parquet"], ["--sessions-format"]),
            (["--sessions"], ["--sessions"]),
        ]
        contents = capture.read_bytes()
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                result = replay(capture, *arguments)
                self.assert_ended(result, 2, *words)
                self.assertEqual(result.out, "")
        self.assertEqual(capture.read_bytes(), contents)
        self.assertEqual(sorted(os.listdir(self.folder)), ["chain.pcap", "link.pcap"])

    def test_a_place_that_cannot_be_written_is_told_before_the_capture_is_read(self):
        for end in FORMATS.values():
            result = replay(self.capture, "--sessions", self.folder / "no" / f"s.{end}")
            self.assert_ended(result, 1, f"s.{end}", "folder does not exist")
            self.assertEqual(result.out, "")
            directory = self.folder / f"directory.{end}"
            directory.mkdir()
            self.assert_ended(replay(self.capture, "--sessions", directory), 1, str(directory), "is a directory")

    def test_a_place_where_nobody_may_write(self):
        prefix = ()
        if harness.IS_ROOT:  # root writes everywhere, so somebody else tries
            self.needs(shutil.which("setpriv"), "setpriv")
            prefix = NOBODY
        program = shutil.copy(harness.CAIRN, self.folder / "cairn")
        forbidden = self.folder / "forbidden"
        forbidden.mkdir()
        forbidden.chmod(0o555)
        for end in FORMATS.values():
            done = subprocess.run([*prefix, program, "replay", self.capture, "--sessions", forbidden / f"s.{end}"],
                                  capture_output=True, check=False, timeout=harness.TIMEOUT)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"s.{end}".encode(), done.stderr)
            self.assertIn(b"ermission", done.stderr)

    def test_a_reader_that_has_seen_enough_is_no_news(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = replay(self.capture, "--sessions", "-", stdout=writer)
        os.close(writer)
        self.assert_ended(result, 1)
        self.assertNotIn("pipe", result.err)
        self.assertNotIn("lost", result.err)


if __name__ == "__main__":
    harness.main()
