#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Clocks that are set, damaged stamps, and interfaces that come late: what alerts and records say then."""
import struct
import subprocess
import unittest
from pathlib import Path

import captures
import harness
import session_files
from captures import MILLISECOND, SECOND
from harness import events_of, replay, run, summary_of

CASES = Path(__file__).parent / "cases"
DOCUMENTATION = ["--protect", "192.0.2.0/24"]
HOUR = 3600 * SECOND


def pcapng(packets):
    """A pcapng file of (interface, time, frame) with two Ethernet interfaces, in nanoseconds."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += 2 * block(1, struct.pack("<HHIHHB3xHH", 1, 0, 0, 9, 1, 9, 0, 0))
    for interface, time, frame in packets:
        out += block(6, struct.pack("<IIIII", interface, time >> 32, time & 0xFFFFFFFF, len(frame), len(frame)) + frame)
    return out


class Clocks(harness.TestCase):
    def sessions_of(self, *arguments):
        """The session records of a replay, and the run."""
        path = self.folder / "sessions.tsv"
        result = run("replay", *arguments, "--sessions", path, "--sessions-format", "tsv", "--summary", "json")
        self.assert_ended(result, 0)
        return session_files.parse(path.read_text()), result

    def test_a_clock_that_goes_back_an_hour_costs_no_alert_and_no_duration(self):
        right, _ = self.sessions_of(*DOCUMENTATION, CASES / "00_base_right.pcap")
        path = CASES / "02_clock_step_back_1h.pcap"
        sessions, result = self.sessions_of(*DOCUMENTATION, path)
        capture = summary_of(result.err)["capture"]
        self.assertEqual((capture["clock_steps"], capture["wild_stamps"], capture["clamped"]), (1, 0, 0))
        self.assertIn("the clock was set back by 35", result.err)
        spans = [session_files.duration(s) for s in sessions if s["server_port"] == "22"]
        for expected in (30.651, 29.655):
            self.assertTrue(any(abs(span - expected) < 0.0015 for span in spans), spans)
        self.assertEqual({s["history"] for s in right}, {s["history"] for s in sessions if s["server_port"] == "22"})
        result = run("replay", *DOCUMENTATION, path)
        self.assertEqual([e["event"] for e in result.events][:1], ["clock_step"])
        alert, = result.named("stepping_stone")
        base, = run("replay", *DOCUMENTATION, CASES / "00_base_right.pcap").named("stepping_stone")
        for end in ("upstream", "downstream"):
            self.assertEqual(alert[end]["community_id"], base[end]["community_id"])

    def test_the_event_maps_times_back_to_the_capture(self):
        packets = captures.chain(close=True)
        at = 120
        path = self.file("back.pcap", captures.pcap(packets[:at] + [(t - HOUR, f) for t, f in packets[at:]]))
        for arguments in ((path,), ("--threads", "3", path)):
            result = replay(*arguments)
            self.assert_ended(result, 0)
            step, = result.named("clock_step")
            self.assertEqual(step["source"], str(path))
            self.assertEqual(step["step_ns"], packets[at][0] - HOUR - packets[at - 1][0])
            self.assertLess(abs(step["offset_ns"] - HOUR), SECOND)
            self.assertEqual(len(result.named("stepping_stone")), 1)
        self.assertEqual(replay(path).out, replay("--threads", "2", path).out)
        self.assertNotIn("warning", replay(path, "--quiet").err)

    def test_a_step_in_one_of_two_files(self):
        packets = captures.chain()
        early, late = packets[:100], packets[100:]
        other = captures.chain(number=7)
        stepped = self.file("stepped.pcap", captures.pcap(early + [(t - HOUR, f) for t, f in late]))
        plain = self.file("plain.pcap", captures.pcap(other))
        result = replay(stepped, plain)
        self.assertEqual(len(result.named("stepping_stone")), 2)
        self.assertEqual(result.out, replay("--threads", "3", stepped, plain).out)

    def test_wild_stamps_change_nothing(self):
        packets = captures.chain()
        expected = [e["alert_id"] for e in replay(self.file("good.pcap", captures.pcap(packets))).named("stepping_stone")]
        self.assertEqual(len(expected), 1)
        for name, places, stamp in (("first", [0], 2_000_000_000), ("some", [50, 51, 90], 3_786_912_000),
                                    ("old", [50, 51, 90], 0), ("turns", range(0, len(packets), 2), 3_786_912_000)):
            wild = list(packets)
            for i in places:
                wild[i] = (stamp * SECOND, wild[i][1])
            sessions, result = self.sessions_of(*harness.SITE, self.file(f"{name}.pcap", captures.pcap(wild)))
            self.assertEqual(summary_of(result.err)["capture"]["wild_stamps"], len(places))
            self.assertIn("damaged time stamps", result.err)
            self.assertLess(max(map(session_files.duration, sessions)), 600)
            self.assertEqual(len(result.named("stepping_stone")), 1, name)

    def test_two_network_cards_in_one_file(self):
        sessions, result = self.sessions_of(*DOCUMENTATION, CASES / "03_dumpcap_two_nics.pcapng")
        self.assertEqual([(s["history"], s["first_data_by"]) for s in sessions], [("ShADadFf", "client")] * 2)
        self.assertEqual(summary_of(result.err)["capture"]["clamped"], 0)

    def test_blocks_of_one_card_that_come_late(self):
        packets = [(0 if frame[26:28] == b"\xac\x10" else 1, time, frame) for time, frame in captures.chain()]
        late = sorted(packets, key=lambda p: p[1] + (200 * MILLISECOND if p[0] else 0))
        expected, _ = self.sessions_of(*harness.SITE, self.file("good.pcapng", pcapng(packets)))
        sessions, result = self.sessions_of(*harness.SITE, self.file("late.pcapng", pcapng(late)))
        self.assertEqual(sessions, expected)
        self.assertGreater(summary_of(result.err)["capture"]["reordered"], 0)

    def test_a_window_of_zero_keeps_the_order_of_the_file(self):
        sessions, result = self.sessions_of("--set", "capture.reorder_window=0s", CASES / "09-stamps-27us-back.pcap")
        self.assertEqual([s["history"] for s in sessions], ["ShADaFf"])
        self.assertEqual(summary_of(result.err)["capture"]["reordered"], 0)

    def test_a_pipe_tells_the_same_as_the_file(self):
        path = CASES / "02_clock_step_back_1h.pcap"
        expected = run("replay", *DOCUMENTATION, path).out.replace(str(path), "-")
        done = subprocess.run([harness.CAIRN, "replay", *DOCUMENTATION, "-"], input=path.read_bytes(), check=True,
                              capture_output=True, timeout=harness.TIMEOUT)
        self.assertEqual([e for e in events_of(done.stdout.decode()) if e["event"] != "clock_step"],
                         [e for e in events_of(expected) if e["event"] != "clock_step"])


if __name__ == "__main__":
    harness.main()
