#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A stream that one process stores gives another one the same bytes as the captures do (docs/stream.md)."""
import gzip
import os
import signal
import subprocess
import time
from pathlib import Path

import captures
import harness
from harness import replay

TRACES = Path(__file__).resolve().parents[2] / "traces"
BUNDLED = sorted(TRACES.glob("*.pcap.gz"))
# What a run cost, and not what it found.
COSTS = ("wall_s", "cpu_s", "packets_per_s", "packets_per_cpu_s", "peak_memory_bytes")


class Streams(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.stream = self.folder / "it.stream"

    def results(self, name, *arguments, **options):
        """Everything that a run gives, by name."""
        files = {kind: self.folder / f"{name}.{kind}" for kind in ("alerts", "relays", "sessions")}
        result = replay("--alerts", files["alerts"], "--relays", files["relays"], "--sessions", files["sessions"],
                        "--sessions-format", "json", "--format", "table", "--summary", "json", *arguments, **options)
        self.assert_ended(result, 0)
        summary = {key: value for key, value in harness.summary_of(result.err).items() if key not in COSTS}
        warnings = [line for line in result.err.splitlines() if not line.startswith("{")]
        found = {kind: file.read_bytes() for kind, file in files.items()}
        return {**found, "table": result.out, "summary": summary, "warnings": warnings}

    def stored(self, *arguments):
        """What a run gives that stores its stream, too."""
        return self.results("direct", "--write-stream", self.stream, *arguments)

    def assert_same(self, got, expected):
        for kind, wanted in expected.items():
            self.assertEqual(got[kind], wanted, kind)

    def test_bundled_captures(self):
        self.assertGreaterEqual(len(BUNDLED), 4)
        for capture in BUNDLED:
            for threads in (1, 2):
                with self.subTest(capture=capture.name, threads=threads):
                    expected = self.results("plain", capture)
                    self.assert_same(self.stored(capture, "--threads", threads), expected)
                    self.assert_same(self.results("again", self.stream, "--threads", threads), expected)

    def test_threads_store_the_same_bytes(self):
        self.stored(BUNDLED[0])
        first = self.stream.read_bytes()
        self.stored(BUNDLED[0], "--threads", 2)
        self.assertEqual(self.stream.read_bytes(), first)

    def test_a_pipe_and_gzip(self):
        expected = self.stored(TRACES / "demo.pcap.gz")
        with open(self.stream, "rb") as stdin:
            self.assert_same(self.results("piped", stdin=stdin), expected)
        packed = self.file("it.stream.gz", gzip.compress(self.stream.read_bytes()))
        self.assert_same(self.results("packed", packed), expected)

    def test_what_others_find_in_the_same_stream(self):
        self.stored(TRACES / "demo.pcap.gz")
        strict = ("--set", "alerts.false_alarms_per_day=0.000001", "--set", "slots.enabled=false")
        self.assert_same(self.results("strict", self.stream, *strict),
                         self.results("direct", TRACES / "demo.pcap.gz", *strict))

    def test_clock_steps_stand_in_their_place(self):
        packets = captures.chains(4, keys=40)
        middle = len(packets) // 2
        back = 3600 * captures.SECOND
        stepped = packets[:middle] + [(moment - back, frame) for moment, frame in packets[middle:]]
        capture = self.file("stepped.pcap", captures.pcap(stepped))
        expected = self.stored(capture)
        self.assertIn(b'"event":"clock_step"', expected["alerts"])
        self.assertTrue([line for line in expected["warnings"] if "the clock was set back" in line])
        self.assert_same(self.results("again", self.stream), expected)

    def test_an_empty_capture(self):
        expected = self.stored(self.file("empty.pcap", captures.pcap([])))
        self.assert_same(self.results("again", self.stream), expected)

    def test_a_writer_that_was_killed_leaves_what_came_before(self):
        data = captures.pcap(captures.chains(40, keys=60, close=False))
        whole = replay(self.file("all.pcap", data), "--write-stream", self.stream)
        self.assert_ended(whole, 0)
        full = self.stream.stat().st_size
        self.assertGreater(full, 3 * 65536)
        killed = self.folder / "killed.stream"
        pipe = self.folder / "packets"
        os.mkfifo(pipe)
        with subprocess.Popen([harness.CAIRN, "replay", *harness.SITE, pipe, "--write-stream", killed],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            with open(pipe, "wb") as writer:
                writer.write(data[:len(data) * 3 // 4])
                writer.flush()
                deadline = time.monotonic() + harness.TIMEOUT
                while (not killed.exists() or killed.stat().st_size < full // 3) and time.monotonic() < deadline:
                    time.sleep(0.01)
                process.send_signal(signal.SIGKILL)
        result = replay(killed)
        self.assert_ended(result, 1, "was killed", "what was found before the fault has been written")
        stones = result.named("stepping_stone")
        self.assertTrue(stones)
        known = {event["alert_id"]: event for event in whole.named("stepping_stone")}
        for stone in stones:
            self.assertEqual(stone, known[stone["alert_id"]])

    def test_cut_anywhere(self):
        self.stored(TRACES / "rlogin_ssh.pcap.gz")
        data = self.stream.read_bytes()
        for length in (0, 1, 15, 16, 20, len(data) // 2, len(data) - 1):
            with self.subTest(length=length):
                result = replay(self.file("cut.stream", data[:length]))
                self.assertEqual(result.code, 1, result.err)
                self.assertIn("cut.stream", result.err)

    def test_settings_that_matter_are_the_same(self):
        self.assert_ended(replay(BUNDLED[0], "--write-stream", self.stream), 0)
        self.assert_ended(replay(self.stream), 0)
        self.assert_ended(replay(self.stream, "--set", "timing.direct.idle_threshold=700ms"), 2,
                          "timing.direct.idle_threshold=500ms", "this run has 700ms")
        self.assert_ended(harness.run("replay", self.stream), 2, "protected_networks=10.10.0.0/16", "has none")
        self.assert_ended(replay(self.stream, "--sessions", self.folder / "s.tsv"), 2, "holds no session records")
        self.assertFalse((self.folder / "s.tsv").exists())

    def test_a_stream_is_read_alone(self):
        self.assert_ended(replay(BUNDLED[0], "--write-stream", self.stream), 0)
        for files in ((self.stream, BUNDLED[0]), (BUNDLED[0], self.stream), (self.stream, self.stream)):
            self.assert_ended(replay(*files), 2, "is a stored stream, which is read alone")
        self.assert_ended(replay(self.stream, "--write-stream", self.folder / "copy"), 2, "copy the file")
        self.assertFalse((self.folder / "copy").exists())

    def test_nothing_else_is_written_over(self):
        notes = self.file("notes.txt", b"mine")
        self.assertEqual(replay(BUNDLED[0], "--write-stream", notes).code, 2)
        self.assertEqual(Path(notes).read_bytes(), b"mine")
        alerts = self.folder / "both"
        self.assertEqual(replay(BUNDLED[0], "--write-stream", alerts, "--alerts", alerts).code, 2)
        for _ in range(2):  # one of our own is
            self.assert_ended(replay(BUNDLED[0], "--write-stream", self.stream), 0)

    def test_a_full_disk_ends_the_stream_and_not_the_alerts(self):
        self.needs(Path("/dev/full").exists(), "/dev/full")
        capture = TRACES / "demo.pcap.gz"
        result = replay(capture, "--write-stream", "/dev/full")
        self.assert_ended(result, 1, "/dev/full: cannot write the stream")
        self.assertEqual(result.out, replay(capture).out)


if __name__ == "__main__":
    harness.main()
