#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Situations whose session record or alert is easy to get wrong: one small capture each (cases/README.md)."""
import json
from pathlib import Path

import harness
from harness import run

CASES = Path(__file__).resolve().parent / "cases"
PROTECT = ["--protect", "192.0.2.0/24"]


def zeek_rows(text):
    names = next(line for line in text.splitlines() if line.startswith("#fields")).split("\t")[1:]
    return [dict(zip(names, line.split("\t"))) for line in text.splitlines() if not line.startswith("#")]


class Cases(harness.TestCase):
    def zeek(self, name, *arguments, protect=tuple(PROTECT)):
        result = run("replay", *protect, CASES / f"{name}.pcap", "--sessions", self.folder / "conn.log", *arguments)
        self.assert_ended(result, 0)
        return zeek_rows((self.folder / "conn.log").read_text())

    def records(self, name, *arguments):
        result = run("replay", *PROTECT, CASES / f"{name}.pcap", "--sessions", self.folder / "all.jsonl", *arguments)
        self.assert_ended(result, 0)
        return [json.loads(line) for line in (self.folder / "all.jsonl").read_text().splitlines()]

    def one(self, name, *arguments):
        records = self.records(name, *arguments)
        self.assertEqual(len(records), 1)
        return records[0]


class States(Cases):
    def test_a_reset_in_mid_stream_is_no_attempt(self):
        record = self.one("02-midstream-reset")
        self.assertEqual(record["conn_state"], "OTH")
        self.assertEqual((record["client_bytes"], record["server_bytes"]), (100, 200))
        record = self.one("04_midstream_client_rst")
        self.assertEqual(record["conn_state"], "OTH")
        self.assertEqual((record["client_bytes"], record["server_bytes"]), (100, 1400))
        self.assertEqual(self.one("04b_single_rst")["conn_state"], "OTH")

    def test_a_reset_between_two_fins_is_a_normal_close(self):
        record = self.one("03-fin-rst-fin")
        self.assertEqual(record["conn_state"], "SF")
        self.assertEqual(record["closed_by"], "client")
        self.assertEqual((record["client_bytes"], record["server_bytes"]), (100, 250))

    def test_a_connection_whose_syn_was_lost_is_established(self):
        record = self.one("04-no-syn-open")
        self.assertEqual(record["conn_state"], "S1")
        self.assertEqual(record["client_port"], 40000)

    def test_a_fin_that_nobody_believes_changes_nothing(self):
        record = self.one("17-forged-fin")
        self.assertEqual(record["conn_state"], "S1")
        self.assertIsNone(record["closed_by"])
        self.assertEqual((record["client_bytes"], record["server_bytes"]), (200, 300))


class Bytes(Cases):
    def test_a_gap_of_100_mb_is_missed_bytes(self):
        record = self.one("05-gap-100MB")
        self.assertEqual(record["server_bytes"], 100_006_000)
        self.assertEqual(record["server_missed_bytes"], 100_000_000)
        self.assertEqual(record["server_retransmitted_packets"], 0)
        self.assertEqual(record["conn_state"], "SF")
        self.assertIn("g", record["history"])
        self.assertNotIn("t", record["history"].lower())

    def test_segments_that_were_swapped_leave_no_gap(self):
        record = self.one("06-swapped")
        self.assertNotIn("g", record["history"])
        self.assertEqual(record["server_missed_bytes"], 0)
        self.assertEqual(record["server_retransmitted_bytes"], 0)
        self.assertEqual(record["server_bytes"], 1000)

    def test_copies_from_another_vlan_are_the_same_session(self):
        record = self.one("10-copies-100ms-later")
        # Every packet of the capture is told; those that came before are no new bytes.
        self.assertEqual((record["client_packets"], record["server_packets"]), (12, 6))
        self.assertEqual((record["client_bytes"], record["server_bytes"]), (100, 300))
        self.assertEqual((record["client_retransmitted_bytes"], record["server_retransmitted_bytes"]), (100, 300))
        self.assertEqual(record["conn_state"], "SF")


class Beginnings(Cases):
    def test_ports_in_use_again_begin_a_session_with_the_syn(self):
        for arguments in ([], ["--set", "connections.established_timeout=48h"]):
            first, second = self.records("05_port_reuse_12h", *arguments)
            self.assertAlmostEqual(first["duration_ns"] / 1e9, 0.110, places=3)
            self.assertEqual((first["client_packets"], first["server_packets"], first["history"]), (3, 2, "ShADa"))
            self.assertAlmostEqual(second["duration_ns"] / 1e9, 1.020, places=3)
            self.assertEqual((second["client_packets"], second["server_packets"], second["history"]), (5, 3, "ShADaFf"))
            self.assertEqual(second["client_first_flags"], "____S_")

    def test_a_late_syn_is_no_second_session(self):
        record = self.one("12_late_syn")
        self.assertEqual((record["client_packets"], record["server_packets"]), (5, 2))
        self.assertEqual(record["conn_state"], "SF")
        self.assertEqual(record["client_bytes"], 10)

    def test_without_a_reorder_window_packets_count_in_the_order_of_the_file(self):
        record = self.one("09-stamps-27us-back", "--set", "capture.reorder_window=0s")
        self.assertEqual(record["history"], "ShADaFf")
        self.assertEqual(record["conn_state"], "SF")


class ZeekColumns(Cases):
    def sides(self, protect):
        row, = self.zeek("08-outbound", protect=protect)
        return row["local_orig"], row["local_resp"]

    def test_who_is_local_is_told_of_each_side(self):
        self.assertEqual(self.sides(["--protect", "192.0.2.0/24"]), ("T", "F"))
        self.assertEqual(self.sides(["--protect", "198.51.100.0/24"]), ("F", "T"))
        self.assertEqual(self.sides(["--protect", "192.0.2.0/24", "--protect", "198.51.100.0/24"]), ("T", "T"))
        self.assertEqual(self.sides(["--protect", "203.0.113.0/24"]), ("F", "F"))
        self.assertEqual(self.sides([]), ("-", "-"))

    def test_an_interim_record_has_the_uid_of_the_last_one(self):
        rows = self.zeek("13-interim-uid", "--set", "sessions.interim_interval=60s")
        uids = {}
        for row in rows:
            ends = frozenset([(row["id.orig_h"], row["id.orig_p"]), (row["id.resp_h"], row["id.resp_p"])])
            uids.setdefault(ends, []).append(row["uid"])
        self.assertEqual(sorted(len(each) for each in uids.values()), [1, 3])
        self.assertEqual([len(set(each)) for each in uids.values()], [1, 1])
        # The roles did change between the records.
        self.assertGreater(len({(row["id.orig_h"], row["id.resp_h"]) for row in rows}), len(uids))


class Alerts(Cases):
    def pair(self, name):
        alert, = run("replay", *PROTECT, CASES / f"{name}.pcap").named("stepping_stone")
        ways = (alert["upstream"], alert["downstream"])
        return [(way["orig"]["ip"], way["resp"]["ip"], way["resp"]["port"]) for way in ways]

    def test_slow_answers_do_not_swap_who_is_upstream(self):
        expected = [("203.0.113.9", "192.0.2.10", 22), ("192.0.2.10", "198.51.100.7", 22)]
        self.assertEqual(self.pair("00_base_right"), expected)
        self.assertEqual(self.pair("01_reversed_slow_echo"), expected)


class Files(Cases):
    def test_a_gzip_stream_cut_in_its_tail_is_told_as_cut(self):
        path = CASES / "14_cut_gzip.pcap.gz"
        self.assert_ended(run("replay", *PROTECT, path), 1, str(path), "cut off")


if __name__ == "__main__":
    harness.main()
