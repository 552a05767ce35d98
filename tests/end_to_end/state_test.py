#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A capture that is read in parts, each run going on from the state of the one before."""
import gzip
import os
import signal
import struct
import subprocess
import time
from pathlib import Path

import captures
import harness
from harness import replay

TRACES = Path(__file__).resolve().parents[2] / "traces"


def bundled(name):
    """The header of a bundled capture, and its packets."""
    data = gzip.decompress((TRACES / f"{name}.pcap.gz").read_bytes())
    packets, at = [], 24
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at:end])
        at = end
    return data[:24], packets


def names_of(events):
    """What was told, but for what docs/checkpoint.md says begins anew: screens, and the names of later chains."""
    return sorted((e["event"], e["alert_id"], e.get("revision", 1)) for e in events
                  if e["event"] not in ("chain", "relay_node"))


class State(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.state = self.folder / "site.state"

    def part(self, packets, *options, header=None):
        capture = self.file("part.pcap", captures.pcap(packets) if header is None else header + b"".join(packets))
        return replay(capture, "--state", self.state, *options)

    def test_bundled_captures_cut_anywhere(self):
        for name in ("demo", "rlogin_ssh", "broadcast", "keepalive"):
            header, packets = bundled(name)
            self.state.unlink(missing_ok=True)
            whole = self.part(packets, header=header)
            self.assert_ended(whole, 0, "there is no state in")
            for share in (0.1, 0.3, 0.5, 0.7, 0.9):
                self.state.unlink()
                cut = int(len(packets) * share)
                first = self.part(packets[:cut], header=header)
                second = self.part(packets[cut:], "--threads", 2, header=header)
                self.assert_ended(first, 0)
                self.assert_ended(second, 0)
                self.assertNotIn("there is no state", second.err)
                self.assertEqual(names_of(first.events + second.events), names_of(whole.events), (name, share))

    def test_many_parts_are_one_to_the_letter_once_all_pairs_are_told(self):
        packets = captures.chains(6, keys=200)
        whole = self.part(packets)
        self.assertEqual(len(whole.named("stepping_stone")), 6)
        told = max(e["time"] for e in whole.named("stepping_stone"))
        self.state.unlink()
        cut = len(packets) // 2
        bounds = [0, cut, cut + 100, cut + 101, len(packets) - 50, len(packets)]
        out = "".join(self.part(packets[a:b]).out for a, b in zip(bounds, bounds[1:]))
        self.assertLess(told, whole.events[-1]["time"])
        without = [line for line in whole.out.splitlines() if '"relay_node"' not in line]
        self.assertEqual([line for line in out.splitlines() if '"relay_node"' not in line], without)

    def test_faults_leave_the_state_as_it_was(self):
        packets = captures.chains(2, keys=100)
        cut = len(packets) // 2
        self.assert_ended(self.part(packets[:cut]), 0)
        before = self.state.read_bytes()
        damaged = self.file("cut.pcap", captures.pcap(packets[cut:])[:-7])
        self.assert_ended(replay(damaged, "--state", self.state), 1, "the state file is as it was")
        self.assertEqual(self.state.read_bytes(), before)
        with open("/dev/full", "wb") as full:
            capture = self.file("rest.pcap", captures.pcap(packets[cut:]))
            self.assert_ended(replay(capture, "--state", self.state, stdout=full), 1, "the state file is as it was")
        self.assertEqual(self.state.read_bytes(), before)
        self.assert_ended(self.part(packets[:cut]), 1, "captures must follow each other")
        self.assertEqual(self.state.read_bytes(), before)

    def test_files_that_are_no_state_are_refused(self):
        packets = captures.chain(keys=100)
        self.assert_ended(self.part(packets), 0)
        good = self.state.read_bytes()
        alerts = self.folder / "alerts.jsonl"
        for contents, words in ((b"{}\n", "holds no state of cairn"), (good[:-1], "cut off"), (good[:5], "cut off"),
                                (good[:-1] + b"\0\0", "damaged"), (good[:12] + b"\x07" + good[13:], "newer version"),
                                (gzip.compress(good), "holds no state")):
            self.state.write_bytes(contents)
            refused = self.part(packets, "--alerts", alerts)
            self.assert_ended(refused, 2, str(self.state), words)
            self.assertEqual(self.state.read_bytes(), contents)
            self.assertFalse(alerts.exists())
        self.state.write_bytes(good)
        self.assert_ended(self.part(packets, "--set", "timing.direct.idle_threshold=400ms"), 2,
                          "timing.direct.idle_threshold = 500 ms, and now it is 400 ms")
        self.assert_ended(self.part(packets, "--protect", "192.0.2.0/24"), 2, "protected_networks")
        self.assertEqual(self.state.read_bytes(), good)

    def test_names_that_cannot_be(self):
        packets = captures.chain(keys=20)
        capture = self.file("all.pcap", captures.pcap(packets))
        self.assert_ended(replay(capture, "--state", self.folder), 2, "no ordinary file")
        self.assert_ended(replay(capture, "--state", self.folder / "none" / "state"), 2, "No such file")
        self.assert_ended(replay(capture, "--state", "-"), 2, "a state needs a file")
        self.assert_ended(replay(capture, "--state", capture), 2, "holds no state of cairn")
        self.assertEqual(capture.read_bytes(), captures.pcap(packets))
        same = self.folder / "same"
        self.assert_ended(replay(capture, "--state", same, "--alerts", same), 2, "another output goes there")
        self.assertFalse(same.exists())

    def test_stored_streams_begin_anew(self):
        capture = self.file("all.pcap", captures.pcap(captures.chain(keys=20)))
        stored = self.folder / "stored"
        self.assert_ended(replay(capture, "--state", self.state, "--write-stream", stored), 2, "leave one out")
        self.assert_ended(replay(capture, "--write-stream", stored), 0)
        self.assert_ended(replay(stored, "--state", self.state), 2, "a state goes with captures")
        self.assertFalse(self.state.exists())

    def test_killed_it_leaves_a_whole_file(self):
        packets = captures.chains(4, keys=100)
        cut = len(packets) // 2
        self.assert_ended(self.part(packets[:cut]), 0)
        before = self.state.read_bytes()
        rest = self.file("rest.pcap", captures.pcap(packets[cut:]))
        self.assert_ended(replay(rest, "--state", self.state), 0)
        after = self.state.read_bytes()
        for wait in (0, 0.01, 0.03, 0.06, 0.1):
            self.state.write_bytes(before)
            with subprocess.Popen([harness.CAIRN, "replay", *harness.SITE, rest, "--state", self.state],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(wait)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
            self.assertIn(self.state.read_bytes(), (before, after))


if __name__ == "__main__":
    harness.main()
