#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Damaged, missing and hostile input: what is printed, the exit code, and that earlier findings are kept."""
import os
import shutil
import struct
import subprocess
import unittest

import captures
import harness
from captures import MILLISECOND, SECOND
from harness import replay, summary_of

EARLIER = b'{"schema":"cairn/1","time":"2026-11-21T10:00:00Z","event":"chain"}\n'
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


class DamagedFiles(harness.TestCase):
    def test_an_empty_file(self):
        path = self.file("empty.pcap", b"")
        self.assert_ended(replay(path), 1, str(path), "is empty")

    def test_a_text_file(self):
        path = self.file("notes.txt", b"These are no packets.\n" * 50)
        self.assert_ended(replay(path), 1, str(path), "not a pcap or pcapng")

    def test_a_file_that_is_cut_in_its_header(self):
        path = self.file("cut.pcap", captures.pcap([])[:10])
        self.assert_ended(replay(path), 1, str(path), "header")

    def test_a_file_without_packets(self):
        path = self.file("none.pcap", captures.pcap([]))
        result = replay(path)
        self.assert_ended(result, 0, "replay complete", "cairn replay: warning: there is no packet in the input")
        self.assertEqual(result.out, "")
        self.assertEqual(replay("-q", path).err, "")

    def test_a_file_without_tcp(self):
        arp = bytes(12) + b"\x08\x06" + bytes(46)
        path = self.file("arp.pcap", captures.pcap([(captures.START, arp)] * 3))
        self.assert_ended(replay(path), 0, "warning: none of 3 packets holds TCP that Cairn can read")
        one_chain = self.file("chain.pcap", captures.pcap(captures.chain()))
        self.assertNotIn("holds TCP", replay(one_chain, path).err)

    def expect_same_as_whole(self, damaged, whole, *words):
        """The fault is told, and the events are those of the packets before it."""
        expected = replay(whole)
        self.assertEqual(expected.code, 0)
        self.assertTrue(expected.named("stepping_stone"))
        result = replay(damaged)
        self.assert_ended(result, 1, str(damaged), *words, "replay failed", "before the fault has been written")
        self.assertEqual(result.out, expected.out)
        self.assertEqual({e["cause"] for e in result.named("stepping_stone_end")}, {"end_of_capture"})

    def test_a_file_that_is_cut_in_a_packet_keeps_what_was_found_before(self):
        packets = captures.chain(close=False)
        whole = self.file("whole.pcap", captures.pcap(packets[:-1]))
        damaged = self.file("cut.pcap", captures.pcap(packets)[:-30])
        self.expect_same_as_whole(damaged, whole, "cut", f"packet {len(packets)}")

    def test_an_absurd_length_keeps_what_was_found_before(self):
        packets = captures.chain(close=False)
        good = captures.pcap(packets)
        whole = self.file("whole.pcap", good)
        for length in (0xFFFFFFFF, 0x7FFFFFFF, 300_000_000):
            absurd = captures.record(packets[-1][0] + SECOND, bytes(64), 64, captured=length)
            damaged = self.file("absurd.pcap", good + absurd + bytes(4096))
            self.expect_same_as_whole(damaged, whole, f"packet {len(packets) + 1}")

    def test_damaged_gzip_keeps_what_was_found_before(self):
        import gzip
        good = captures.pcap(captures.chain(keys=200, close=False))
        path = self.file("cut.pcap.gz", gzip.compress(good, mtime=0)[:-2000])
        result = replay(path)
        self.assert_ended(result, 1, str(path), "gzip")
        self.assertTrue(result.named("stepping_stone"))
        self.assertTrue(result.named("stepping_stone_end"))

    def test_an_unsupported_link_type(self):
        path = self.file("user.pcap", captures.pcap(captures.chain(), link=147))
        self.assert_ended(replay(path), 1, str(path), "link type", "not supported")

    def test_a_snap_length_that_is_too_small_is_counted_by_reason(self):
        packets = captures.chain()
        path = self.file("snap20.pcap", captures.pcap(packets, snap=20))
        result = replay(path, "--summary", "json")
        self.assert_ended(result, 0)
        self.assertEqual(result.out, "")
        capture = summary_of(result.err)["capture"]
        self.assertEqual(capture["packets"], len(packets))
        self.assertEqual(capture["dropped"]["truncated_network"], len(packets))
        told = replay(path).err
        self.assertIn("cut in the IP header", told)
        self.assertIn("warning: %d of %d packets are cut" % (len(packets), len(packets)), told)
        self.assertNotIn("warning", replay(path, "--quiet").err)

    def test_time_that_goes_backwards_is_tolerated_and_counted(self):
        packets = captures.chain()
        swapped = list(packets)
        for i in range(40, len(swapped) - 1, 40):  # two clocks a few milliseconds apart
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
        swapped[60] = (swapped[60][0] - 3600 * SECOND, swapped[60][1])
        path = self.file("backwards.pcap", captures.pcap(swapped))
        result = replay(path, "--summary", "json")
        self.assert_ended(result, 0)
        self.assertEqual(len(result.named("stepping_stone")), 1)
        capture = summary_of(result.err)["capture"]
        self.assertEqual(capture["wild_stamps"], 1)
        self.assertGreaterEqual(capture["reordered"], 1)

    def test_a_good_file_beside_a_bad_one_is_refused_before_anything_is_written(self):
        good = self.file("good.pcap", captures.pcap(captures.chain()))
        bad = self.file("bad.pcap", b"no capture at all")
        alerts = self.file("alerts.jsonl", EARLIER)
        self.assert_ended(replay(good, bad, "--alerts", alerts), 1, str(bad))
        self.assertEqual(alerts.read_bytes(), EARLIER)


class FilesThatCannotBeRead(harness.TestCase):
    def test_a_missing_file(self):
        self.assert_ended(replay(self.folder / "absent.pcap"), 1, "absent.pcap")

    def test_a_directory(self):
        self.assert_ended(replay(self.folder), 1, str(self.folder), "directory")

    def test_a_file_that_may_not_be_read(self):
        path = self.file("secret.pcap", captures.pcap(captures.chain()))
        path.chmod(0)
        prefix = ()
        if harness.IS_ROOT:  # root reads everything, so somebody else tries
            self.needs(shutil.which("setpriv"), "setpriv")
            prefix = NOBODY
        program = shutil.copy(harness.CAIRN, self.folder / "cairn")
        result = subprocess.run([*prefix, program, "replay", path], capture_output=True, check=False,
                                stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"secret.pcap", result.stderr)
        self.assertIn(b"ermission", result.stderr)


class OutputsThatFail(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chains.pcap", captures.pcap(captures.chains(10)))

    def test_a_closed_output_pipe_ends_quietly(self):
        for form in ("json", "table"):
            reader, writer = os.pipe()
            os.close(reader)
            try:
                result = replay(self.capture, "--format", form, stdout=writer)
            finally:
                os.close(writer)
            self.assert_ended(result, 1, "replay failed", "TCP segments")
            self.assertNotIn("pipe", result.err)

    def test_a_full_disk_is_told(self):
        result = replay(self.capture, "--alerts", "/dev/full")
        self.assert_ended(result, 1, "/dev/full", "no room left")
        with open("/dev/full", "wb") as full:
            self.assert_ended(replay(self.capture, stdout=full), 1, "standard output", "no room left")

    def test_a_disk_that_fills_up_keeps_whole_alerts(self):
        self.needs(harness.IS_ROOT and shutil.which("unshare"), "root and unshare")
        disk = self.folder / "disk"
        disk.mkdir()
        kept = self.folder / "kept.jsonl"
        script = ('mount -t tmpfs -o size=8k none "$DISK" || exit 9; "$@" --alerts "$DISK/alerts.jsonl"; code=$?; '
                  'cp "$DISK/alerts.jsonl" "$KEPT"; umount "$DISK"; exit $code')
        done = subprocess.run(
            ["unshare", "--mount", *harness.mount_propagation(), "sh", "-c", script, "sh", harness.CAIRN, "replay",
             *harness.SITE, self.capture],
            env={**os.environ, "DISK": str(disk), "KEPT": str(kept)}, capture_output=True, check=False,
            timeout=harness.TIMEOUT)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"no room left", done.stderr)
        events = harness.events_of(kept.read_text())
        everything = replay(self.capture).events
        self.assertGreater(len(events), 3)
        self.assertEqual(events, everything[:len(events)])

    def test_an_output_that_cannot_be_opened_is_told(self):
        self.assert_ended(replay(self.capture, "--alerts", self.folder / "no" / "such"), 1, "folder does not exist")
        self.assert_ended(replay(self.capture, "--alerts", self.folder), 1, "is a directory")


class Floods(harness.TestCase):
    def test_a_syn_flood_with_a_small_table_is_counted_and_hides_nothing(self):
        connections = 100_000
        person = captures.chain(keys=80)
        end = person[-1][0]
        step = (end - captures.START) // connections
        syn = bytearray(captures.frame("198.51.100.1", 1, "10.10.9.9", 80, captures.SYN, 7, 0, 0))
        flood = []
        for i in range(connections):
            syn[26:30] = struct.pack("!I", 0xC6000000 + i * 7)
            syn[34:36] = struct.pack("!H", 1024 + i % 60000)
            flood.append((captures.START + i * step, bytes(syn)))
        path = self.file("flood.pcap", captures.pcap(sorted(person + flood)))
        result = replay(path, "--set", "connections.max_connections=1000", "--summary", "json")
        self.assert_ended(result, 0)
        self.assertEqual(len(result.named("stepping_stone")), 1)
        detector = summary_of(result.err)["detector"]
        self.assertLessEqual(detector["connections_peak"], 1000)
        self.assertGreater(detector["evicted_unanswered"] + detector["connections_timed_out"], 90_000)
        self.assertGreater(detector["evicted_unanswered"], 0)


if __name__ == "__main__":
    harness.main()
