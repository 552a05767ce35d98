#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Where the system gives less memory than the settings ask for, a message names the setting; nothing aborts."""
import resource
import struct
import unittest

import captures
import harness

MIB = 1 << 20


def limited(mebibytes):
    """Options of harness.run for a program with so much address space."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (mebibytes * MIB, mebibytes * MIB))}


def flood(count):
    """SYNs, each from an address of its own."""
    return captures.pcap([(captures.START + i * 1000,
                           captures.frame(".".join(map(str, struct.pack("!I", 0x20000000 + i))), 1024 + i % 60000,
                                          "10.0.0.1", 22, captures.SYN, i, 0, 0)) for i in range(count)])


class Memory(harness.TestCase):
    def setUp(self):
        super().setUp()
        # A sanitizer wants terabytes of address space.
        if harness.run("--version", **limited(1024)).code != 0:
            raise unittest.SkipTest("this build does not run in a limited address space")
        self.capture = self.file("chain.pcap", captures.pcap(captures.chain()))

    def test_a_table_that_gets_no_memory_is_a_fault_of_the_configuration(self):
        kept = b'{"schema":"cairn/1","event":"kept"}\n'
        alerts = self.file("alerts.jsonl", kept)
        cases = [
            (["connections.max_connections=100000000"], [], "23.8 GiB"),
            (["connections.max_connections=3000000"], ["--sessions", self.folder / "s.tsv"], "MiB"),
            (["timing.max_recent_onsets=67108864"], [], "GiB"),
            (["sessions.max_servers=100000000"], ["--sessions", self.folder / "s.tsv"], "1.5 GiB"),
            (["sessions.max_host_pairs=100000000"], ["--sessions", self.folder / "s.tsv"], "1.5 GiB"),
        ]
        for settings, options, size in cases:
            with self.subTest(settings=settings):
                words = [word for setting in settings for word in ("--set", setting)]
                result = harness.replay(*words, *options, "--alerts", alerts, self.capture, **limited(1024))
                self.assert_ended(result, 2, "out of memory", settings[0], size, "lower it")
                self.assertEqual(result.out, "")
        self.assertEqual(alerts.read_bytes(), kept)
        self.assertFalse((self.folder / "s.tsv").exists())

    def test_memory_that_ends_later_is_told_whenever_that_is(self):
        capture = self.file("flood.pcap", flood(300_000))
        ends = set()
        for mebibytes in range(400, 560, 8):
            with self.subTest(mebibytes=mebibytes):
                result = harness.replay("--set", "connections.max_connections=2000000", "--summary", "none", capture,
                                        **limited(mebibytes))
                ends.add(result.code)
                self.assertIn(result.code, (0, 1, 2), result.err)
                if result.code != 0:
                    self.assert_ended(result, result.code, "out of memory")
                if "which the system did not give" in result.err:
                    self.assertIn("connections.max_connections=2000000", result.err)
        self.assertEqual(ends, {0, 1, 2})


if __name__ == "__main__":
    harness.main()
