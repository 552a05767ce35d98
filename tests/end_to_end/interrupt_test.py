#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Signals: the run ends at once, with the results so far."""
import os
import select
import signal
import subprocess
import time

import captures
import harness

PATIENCE = 30  # seconds until a test gives up; nothing is measured


class FromNamedPipe(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.pipe = self.folder / "packets"
        os.mkfifo(self.pipe)
        self.data = captures.pcap(captures.chains(3, close=False))

    def start(self, *arguments):
        process = subprocess.Popen([harness.CAIRN, "replay", *harness.SITE, self.pipe, *map(str, arguments)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def lines_until(self, process, event, count):
        """What is written until `count` events of that kind have come."""
        lines = b""
        deadline = time.monotonic() + PATIENCE
        while lines.count(b'"event":"%s",' % event) < count or not lines.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"no alert within the time: {lines}")
            lines += os.read(process.stdout.fileno(), 65536)
        return lines

    def end(self, process, number):
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        return out, err.decode()

    def test_a_signal_ends_a_silent_input_with_the_results_so_far(self):
        for number, threads in ((signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 1), (signal.SIGHUP, 1)):
            with self.subTest(number=number, threads=threads):
                process = self.start("--threads", threads)
                with open(self.pipe, "wb", buffering=0) as writer:
                    writer.write(self.data)
                    lines = self.lines_until(process, b"stepping_stone", 3)
                    out, err = self.end(process, number)  # the writer stays open and silent
                events = harness.events_of((lines + out).decode())
                self.assertEqual(process.returncode, 128 + number, err)
                self.assertEqual(len([e for e in events if e["event"] == "stepping_stone"]), 3)
                causes = [e["cause"] for e in events if e["event"] == "stepping_stone_end"]
                self.assertEqual(causes, ["end_of_capture"] * 3)
                self.assertIn("replay interrupted", err)

    def test_a_signal_ends_the_wait_for_a_first_packet(self):
        process = self.start()
        with open(self.pipe, "wb", buffering=0):
            time.sleep(0.3)  # so that it is waiting; ending must work at any moment
            _, err = self.end(process, signal.SIGINT)
        self.assertIn(process.returncode, (128 + signal.SIGINT, -signal.SIGINT), err)

    def test_a_signal_ends_the_wait_for_a_writer(self):
        process = self.start()
        time.sleep(0.3)
        _, err = self.end(process, signal.SIGINT)
        self.assertIn(process.returncode, (128 + signal.SIGINT, -signal.SIGINT), err)

    def test_a_killed_process_leaves_whole_lines(self):
        alerts = self.folder / "alerts.jsonl"
        packets = captures.pcap(captures.chains(40, keys=25, close=True))
        for kept in (1, 10, 40):
            with self.subTest(kept=kept):
                alerts.write_bytes(b"")
                process = self.start("--alerts", alerts)
                with open(self.pipe, "wb", buffering=0) as writer:
                    try:
                        writer.write(packets)
                        deadline = time.monotonic() + PATIENCE
                        while alerts.read_bytes().count(b"\n") < kept and time.monotonic() < deadline:
                            time.sleep(0.005)
                    except BrokenPipeError:
                        self.fail(process.communicate()[1])
                    process.kill()
                    process.wait()
                events = harness.events_of(alerts.read_text())
                self.assertGreaterEqual(len(events), kept)
                self.stop(process)


if __name__ == "__main__":
    harness.main()
