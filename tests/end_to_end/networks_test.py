#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Wrong or forgotten networks, and captures of one direction, find nothing: the run says so, and what may be meant."""
import random
import socket
import struct

import captures
import harness
from harness import replay, run, summary_of


def from_side(packets, inside):
    """The packets that hosts of 10.10.0.0/16 send, or those that others do."""
    def source_is_inside(frame):
        return frame[26:28] == bytes([10, 10])
    return [(time, frame) for time, frame in packets if source_is_inside(frame) == inside]


def within(count):
    """Sessions between hosts of 10.10.0.0/16."""
    packets = []
    for number in range(count):
        session = captures.Connection(packets, f"10.10.1.{number}", 40000, "10.10.2.1", 22, captures.START)
        for key in captures.key_times(random.Random(number), captures.START + captures.SECOND, 5):
            session.data(key, True)
            session.data(key + 20 * captures.MILLISECOND, False)
    return packets


class Networks(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.packets = captures.chains(3)
        self.capture = self.file("chains.pcap", captures.pcap(self.packets))

    def test_right_networks_need_no_advice(self):
        result = replay("--summary", "json", self.capture)
        self.assert_ended(result, 0)
        self.assertEqual(len(result.named("stepping_stone")), 3)
        self.assertNotIn("warning", result.err.replace('"warnings":[]', ""))
        border = summary_of(result.err)["border"]
        self.assertEqual((border["inbound"], border["outbound"], border["inside"], border["outside"]), (3, 3, 0, 0))
        self.assertEqual(border["data_both_ways"], 6)

    def test_wrong_networks_are_told_with_those_that_were_seen(self):
        result = run("replay", "--protect", "192.0.2.0/24", "--format", "table", self.capture)
        self.assert_ended(result, 0, "warning: none of 6 connections crosses the border", "0 inside, 6 outside",
                          "10.10.0.0/16 (in 100%), 172.16.0.0/16 (in 50%), 172.17.0.0/16 (in 50%)", "not crossing it")
        self.assertIn("No stepping stones found", result.out)
        quiet = run("replay", "--protect", "192.0.2.0/24", "--quiet", "--format", "table", self.capture)
        self.assertEqual(quiet.err, "")

    def test_networks_that_are_too_wide_are_told(self):
        result = run("replay", "--protect", "0.0.0.0/1", "--protect", "128.0.0.0/1", self.capture)
        self.assert_ended(result, 0, "none of 6 connections crosses", "6 inside, 0 outside")
        most = self.file("inside.pcap", captures.pcap(sorted(self.packets + within(20))))
        result = replay("--summary", "json", most)
        self.assert_ended(result, 0, "20 of 26 connections have both ends inside", "10.10.0.0/16 (in 100%)")
        self.assertEqual(len(summary_of(result.err)["warnings"]), 1)

    def test_a_forgotten_network_is_told(self):
        result = run("replay", "--protect", "10.10.0.0/24", self.capture)  # of three stones one
        self.assert_ended(result, 0, "4 of 6 connections have no end inside", "10.10.0.0/16")

    def test_no_networks_at_all_are_told_and_suggested(self):
        result = run("replay", self.capture)
        self.assert_ended(result, 0, "no networks of the site are named", "all pairs of connections are compared",
                          "--protect", "10.10.0.0/16 (in 100%)")

    def test_a_tap_of_one_direction_is_told(self):
        for inside, words in ((False, "run into the site"), (True, "run out of the site")):
            with self.subTest(inside=inside):
                half = self.file("half.pcap", captures.pcap(from_side(self.packets, inside)))
                result = replay("--summary", "json", half)
                self.assert_ended(result, 0, f"all data that cross the border {words}", "one direction only?")
                self.assertEqual(result.named("stepping_stone"), [])
                border = summary_of(result.err)["border"]
                self.assertEqual((border["data_both_ways"], border["captured_one_way"]), (0, 6))

    def test_without_networks_half_a_capture_is_told_too(self):
        half = self.file("half.pcap", captures.pcap(from_side(self.packets, True)))
        self.assert_ended(run("replay", half), 0, "6 of 6 connections with data were captured in one direction only")

    def test_many_addresses_neither_cost_memory_nor_hide_the_site(self):
        packets = list(self.packets)
        for number in range(3000):
            host = socket.inet_ntoa(struct.pack("!I", 0x20000000 + number * 66049))
            time = captures.START + number * captures.MILLISECOND
            packets.append((time, captures.frame(host, 1024 + number, "198.51.100.9", 80, captures.ACK, 1, 1, 9)))
        result = run("replay", "--protect", "192.0.2.0/24", "--summary", "json",
                     self.file("flood.pcap", captures.pcap(sorted(packets))))
        self.assert_ended(result, 0, "198.51.100.0/24 (in 99%)")
        self.assertGreater(summary_of(result.err)["border"]["networks_left_out"], 0)


if __name__ == "__main__":
    harness.main()
