#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The same packets give the same bytes, however they are read."""
import gzip
import select
import subprocess

import captures
import harness
from harness import replay


class Determinism(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.packets = captures.chains(12, keys=50)
        self.data = captures.pcap(self.packets)
        self.capture = self.file("all.pcap", self.data)
        self.expected = replay(self.capture)
        self.assert_ended(self.expected, 0)
        self.assertEqual(len(self.expected.named("stepping_stone")), 12)

    def assert_same(self, result):
        self.assert_ended(result, 0)
        self.assertEqual(result.out, self.expected.out)

    def test_two_runs(self):
        self.assert_same(replay(self.capture))

    def test_alerts_of_a_pipe_come_while_it_is_open(self):
        """Whatever the threads do, what has been found does not wait for packets that are not there yet."""
        for threads in (1, 2, 3):
            with subprocess.Popen([harness.CAIRN, "replay", "-q", "--threads", str(threads), "-"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                begin = len(self.data) * 7 // 10
                process.stdin.write(self.data[:begin])
                process.stdin.flush()
                self.assertTrue(select.select([process.stdout], [], [], 60)[0], f"{threads} threads: no alert")
                self.assertIn(b"stepping_stone", process.stdout.readline())
                process.communicate(self.data[begin:])
            self.assertEqual(process.returncode, 0)

    def test_any_number_of_threads(self):
        for threads in (1, 2, 4):
            self.assert_same(replay(self.capture, "--threads", threads))
        sessions = []
        for threads in (1, 2):
            path = self.folder / f"sessions{threads}.jsonl"
            self.assert_same(replay(self.capture, "--threads", threads, "--sessions", path))
            sessions.append(path.read_text())
        self.assertIn(self.expected.named("stepping_stone")[0]["alert_id"], sessions[0])
        self.assertEqual(*sessions)

    def test_standard_input(self):
        with open(self.capture, "rb") as stdin:
            self.assert_same(replay(stdin=stdin))
        with open(self.capture, "rb") as stdin:
            self.assert_same(replay("-", "--threads", 2, stdin=stdin))

    def test_gzip(self):
        self.assert_same(replay(self.file("all.pcap.gz", gzip.compress(self.data))))

    def test_several_files_merged_by_time(self):
        odd = self.file("odd.pcap", captures.pcap(self.packets[1::2]))
        even = self.file("even.pcap", captures.pcap(self.packets[0::2]))
        for threads in (1, 3):
            self.assert_same(replay(odd, even, "--threads", threads))

    def test_an_alert_file_and_standard_output(self):
        alerts = self.folder / "alerts.jsonl"
        self.assertEqual(replay(self.capture, "--alerts", alerts).out, "")
        self.assertEqual(alerts.read_text(), self.expected.out)
        self.assert_same(replay(self.capture, "--alerts", "-"))
        self.assert_same(replay(self.capture, "--alerts", alerts, "--format", "json"))

    def test_the_table(self):
        tables = [replay(self.capture, "--format", "table", "--threads", n).out for n in (1, 2)]
        self.assertIn("12 incidents (chains):", tables[0])
        self.assertEqual(tables[0], tables[1])


if __name__ == "__main__":
    harness.main()
