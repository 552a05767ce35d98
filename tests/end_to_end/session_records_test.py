#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""--sessions: what is recorded, in every format, and that the alerts are the same with records and without."""
import gzip
import json
import os
import re
from pathlib import Path

import captures
import harness
import session_files
from captures import ACK, MILLISECOND, PSH, SECOND, SYN
from harness import replay, run, summary_of

DEMO = Path(__file__).resolve().parents[2] / "traces" / "demo.pcap.gz"
# With the ends of their files' names.
FORMATS = {"report": "sessions", "tsv": "tsv", "json": "jsonl", "zeek": "log", "sqlite": "sqlite"}


def sessions(command, *arguments):
    return run("sessions", command, *arguments)


def hosts_of(records):
    return {record[side + "_ip"] for record in records for side in ("client", "server")}


class EveryFormat(harness.TestCase):
    """The bundled capture, recorded in every format."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plain = replay(DEMO)

    def record(self, form, *arguments):
        path = self.folder / f"{form}.{FORMATS[form]}"
        result = replay(DEMO, "--sessions", path, "--summary", "json", *arguments)
        self.assert_ended(result, 0)
        self.assertEqual(result.out, self.plain.out)  # whatever is recorded
        return path, summary_of(result.err)

    def test_the_alerts_are_those_without_records(self):
        self.assertTrue(self.plain.named("stepping_stone"))
        for form in FORMATS:
            self.record(form)

    def test_every_format_is_read_back_alike(self):
        _, summary = self.record("tsv")
        records = summary["detector"]["session_records"]
        self.assertEqual(records, summary["detector"]["sessions"])
        listings = {}
        for form in ("tsv", "report", "json", "zeek", "sqlite"):
            path, _ = self.record(form)
            servers = sessions("servers", path)
            self.assert_ended(servers, 0)
            listings[form] = [(row["ip"], row["port"], row["accepted"], row["failed"], row["clients"])
                              for row in servers.events]
            self.assertEqual(listings[form], listings["tsv"], form)
            self.assertEqual(sum(row[2] + row[3] for row in listings[form]), records, form)
        self.assertEqual(len(session_files.rows_of(self.folder / "sqlite.sqlite")), records)

    def test_every_host_has_its_sessions_in_every_format(self):
        tsv, _ = self.record("tsv")
        records = session_files.parse(tsv.read_text())
        for host in sorted(hosts_of(records)):
            expected = [r for r in records if host in (r["client_ip"], r["server_ip"])]
            for form in ("json", "zeek", "sqlite"):
                path = self.folder / f"{form}.{FORMATS[form]}"
                if not path.exists():
                    self.record(form)
                self.assertEqual(len(sessions("of", host, path).events), len(expected), (host, form))

    def test_every_segment_belongs_to_one_session(self):
        for form in ("tsv", "json", "sqlite"):
            path, summary = self.record(form)
            records = (session_files.rows_of(path) if form == "sqlite" else
                       harness.events_of(path.read_text()) if form == "json" else
                       session_files.parse(path.read_text()))
            packets = sum(int(r["client_packets"]) + int(r["server_packets"]) for r in records)
            self.assertEqual(packets, summary["capture"]["segments"], form)
            self.assertEqual(sorted(int(r["session_id"]) for r in records), list(range(1, len(records) + 1)))

    def test_any_number_of_threads_gives_the_same_records(self):
        contents = set()
        rows = []
        for threads in (1, 2, 3):
            contents.add(self.record("tsv", "--threads", threads)[0].read_bytes())
            rows.append(session_files.rows_of(self.record("sqlite", "--threads", threads)[0]))
        self.assertEqual(len(contents), 1)
        self.assertEqual(rows[0], rows[1])
        self.assertEqual(rows[0], rows[2])

    def test_an_alert_is_named_by_exactly_its_two_sessions(self):
        def ends(connection):
            return {(connection[end]["ip"], str(connection[end]["port"])) for end in ("orig", "resp")}
        path, _ = self.record("tsv")
        named = {}
        for record in session_files.parse(path.read_text()):
            for alert in record["alerts"].split(",") if record["alerts"] != "-" else ():
                named.setdefault(alert, []).append({(record["client_ip"], record["client_port"]),
                                                    (record["server_ip"], record["server_port"])})
        alerts = self.plain.named("stepping_stone")
        self.assertGreater(len(alerts), 2)
        for alert in alerts:
            expected = [ends(alert["upstream"]), ends(alert["downstream"])]
            found = named[alert["alert_id"]]
            self.assertEqual(len(found), 2)
            self.assertTrue(all(one in found for one in expected), (expected, found))
            listed = sessions("of", alert["alert_id"], path, *(() if alert["kind"] == "direct" else (
                "--host", alert["upstream"]["resp"]["ip"])))
            self.assert_ended(listed, 0)

    def test_the_name_decides_the_format_and_else_it_is_tsv(self):
        contents = {form: self.record(form)[0].read_bytes() for form in FORMATS if form != "sqlite"}
        for name, form in (("a.json", "json"), ("a.ndjson", "json"), ("a.txt", "report"), ("conn.log", "zeek"),
                           ("a.parquet", "tsv"), ("plain", "tsv"), ("a.tsv", "tsv")):
            path = self.folder / name
            replay(DEMO, "--sessions", path)
            self.assertEqual(path.read_bytes(), contents[form], name)
        path = self.folder / "b.json"
        replay(DEMO, "--sessions", path, "--sessions-format", "zeek")
        self.assertEqual(path.read_bytes(), contents["zeek"])

    def test_standard_output_gets_the_records_alone(self):
        path, _ = self.record("tsv")
        result = replay(DEMO, "--sessions", "-", "--quiet")
        self.assert_ended(result, 0)
        self.assertEqual(result.out, path.read_text())
        self.assertEqual(result.err, "")
        alerts = self.folder / "alerts.jsonl"
        result = replay(DEMO, "--sessions", "-", "--sessions-format", "json", "--alerts", alerts)
        self.assertEqual(result.out, self.record("json")[0].read_text())
        self.assertEqual(alerts.read_text(), self.plain.out)


class Rotation(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = harness.generated(self.folder, "mix", "--connections", 100, "--mean-packets", 8, "--rate", 500,
                                         "--packets", 30_000)
        whole = self.folder / "whole.tsv"
        self.assert_ended(replay(self.capture, "--sessions", whole), 0)
        self.header, *self.lines = whole.read_text().splitlines()
        self.assertGreater(len(self.lines), 2000)

    def rotated(self, name, *settings):
        folder = self.folder / name
        folder.mkdir()
        self.assert_ended(replay(self.capture, "--sessions", folder / "s.tsv",
                                 *(word for setting in settings for word in ("--set", setting))), 0)
        files = sorted(folder.glob("*.tsv"), key=lambda path: (path.name == "s.tsv", path.name))
        self.assertGreater(len(files), 3)
        for path in files:
            self.assertTrue(path.name == "s.tsv" or re.fullmatch(r"s-\d{8}T\d{6}Z(-\d+)?\.tsv", path.name), path)
        parts = [path.read_text().splitlines() for path in files]
        self.assertEqual({part[0] for part in parts}, {self.header})
        return files, [line for part in parts for line in part[1:]]

    def test_by_time(self):
        files, lines = self.rotated("time", "sessions.rotation.interval=10s")
        self.assertEqual(lines, self.lines)
        self.assertIn("s-20260105T080000Z.tsv", [path.name for path in files])
        servers = sessions("servers", *files).out
        self.assertEqual(servers, sessions("servers", self.folder / "whole.tsv").out)

    def test_by_size(self):
        files, lines = self.rotated("size", "sessions.rotation.size=200kB")
        self.assertEqual(sorted(lines), sorted(self.lines))
        for path in files:
            self.assertLess(path.stat().st_size, 300_000)

    def test_standard_output_is_not_rotated(self):
        result = replay(self.capture, "--sessions", "-", "--set", "sessions.rotation.interval=10s")
        self.assert_ended(result, 2, "standard output cannot be rotated")


class Interim(harness.TestCase):
    def test_long_sessions_are_recorded_meanwhile_and_counted_once(self):
        capture = self.file("chain.pcap", captures.pcap(captures.chains(2, keys=60)))
        paths = [self.folder / f"s.{end}" for end in FORMATS.values() if end not in ("sessions", "log")]
        for path in paths:
            result = replay(capture, "--sessions", path, "--set", "sessions.interim_interval=10s", "--summary", "json")
            self.assert_ended(result, 0)
            detector = summary_of(result.err)["detector"]
            self.assertGreater(detector["session_interim_records"], 4 * 3)
            self.assertEqual(detector["session_records"], detector["session_interim_records"] + 4)
            self.assertEqual(len(sessions("of", "10.10.0.15", path).events), 2)
            self.assertEqual(sum(row["accepted"] for row in sessions("servers", path).events), 4)
        records = session_files.parse((self.folder / "s.tsv").read_text())
        ends = [record["end"] for record in records]
        self.assertEqual(ends.count("closed"), 4)
        self.assertEqual(set(ends), {"closed", "interim"})
        for number in range(1, 5):  # each record of a session tells no less than the one before
            packets = [int(r["client_packets"]) for r in records if r["session_id"] == str(number)]
            self.assertEqual(packets, sorted(packets))


class Scanners(harness.TestCase):
    """The generated border on which mail servers and file sharing fail more often than the scanners."""

    def test_the_counting_by_unknown_servers_ranks_exactly_the_scanners_first(self):
        capture = harness.generated(self.folder, "scans", "--connections", 400)
        truth = json.loads((self.folder / "scans.truth.json").read_text())
        actors = {(truth["hosts"][leg[0]]["ip"], leg[2]): session["scenario"]
                  for session in truth["sessions"] for leg in session["legs"]}
        scanners = {row for row, scenario in actors.items() if scenario == "bg_scan"}
        self.assertEqual(len(scanners), 8)
        records = self.folder / "s.tsv"
        self.assert_ended(replay(capture, "--sessions", records), 0)

        def ranked(counting):
            result = sessions("scans", records, "--by", counting)
            self.assert_ended(result, 0)
            return result.events
        by_connections = [actors.get((row["client"], row["port"])) for row in ranked("connections")]
        self.assertEqual(set(by_connections[:7]), {"bg_mail", "bg_sharing"})
        by_unknown = ranked("unknown")
        self.assertEqual({(row["client"], row["port"]) for row in by_unknown[:8]}, scanners)
        self.assertGreater(by_unknown[7]["unknown"], 10 * by_unknown[8]["unknown"])  # and far before the others


class FewPackets(harness.TestCase):
    def test_a_capture_without_tcp_gives_a_file_without_records(self):
        datagram = bytearray(captures.frame("172.16.0.2", 53, "10.10.0.1", 53, 0, 0, 0, 40))
        datagram[23] = 17  # UDP
        for name, packets in (("none", []), ("udp", [(captures.START, bytes(datagram))] * 9)):
            capture = self.file(f"{name}.pcap", captures.pcap(packets))
            for form, end in FORMATS.items():
                path = self.folder / f"{name}.{end}"
                self.assert_ended(replay(capture, "--sessions", path), 0)
                told = sessions("servers", path)
                self.assert_ended(told, 0, "no session was read")
                self.assertEqual(told.out, "")
            header = (self.folder / f"{name}.tsv").read_text()
            self.assertTrue(header.startswith("session_id\t") and header.count("\n") == 1, header)
            self.assertEqual(session_files.rows_of(self.folder / f"{name}.sqlite"), [])

    def test_a_cut_capture_gives_the_records_of_what_was_read(self):
        packets = captures.chain(close=False)
        whole = self.file("whole.pcap", captures.pcap(packets[:-1]))
        cut = self.file("cut.pcap", captures.pcap(packets)[:-30])
        expected, path = self.folder / "whole.tsv", self.folder / "cut.tsv"
        self.assert_ended(replay(whole, "--sessions", expected), 0)
        self.assert_ended(replay(cut, "--sessions", path), 1, "cut")
        self.assertEqual(path.read_bytes(), expected.read_bytes())
        self.assertEqual(len(session_files.parse(path.read_text())), 2)

    def test_an_empty_file_is_refused_and_leaves_earlier_records(self):
        earlier = self.folder / "earlier.tsv"
        self.assert_ended(replay(self.file("some.pcap", captures.pcap(captures.chain())), "--sessions", earlier), 0)
        before = earlier.read_bytes()
        self.assert_ended(replay(self.file("empty.pcap", b""), "--sessions", earlier), 1, "is empty")
        self.assertEqual(earlier.read_bytes(), before)


def greeting(client, data, answer, start):
    """A connection whose two sides say one thing each."""
    packets = []
    connection = captures.Connection(packets, client, 40000, "10.10.0.80", 80, start)
    for from_client, text in ((True, data), (False, answer)):
        connection.data(start + 50 * MILLISECOND, from_client, len(text))
        moment, frame = packets.pop()
        packets.append((moment, frame[:-len(text)] + text))
    connection.close(start + SECOND)
    return packets


class Fingerprints(harness.TestCase):
    SAID = [(b"GET /index.html", b"200 here"), (b"GET /index.html", b"404 gone"), (b"quit" * 40, b"200 here")]

    def fingerprints(self, *arguments, snap=65535):
        packets = [packet for number, (data, answer) in enumerate(self.SAID)
                   for packet in greeting(f"172.16.0.{number + 1}", data, answer, captures.START + number * SECOND)]
        capture = self.file("said.pcap", captures.pcap(sorted(packets), snap=snap))
        path = self.folder / "s.tsv"
        self.assert_ended(replay(capture, "--sessions", path, *arguments), 0)
        records = sorted(session_files.parse(path.read_text()), key=lambda record: record["client_ip"])
        self.assertEqual([int(r["client_bytes"]) for r in records], [len(data) for data, _ in self.SAID])
        return [(r["client_fingerprint"], r["server_fingerprint"]) for r in records]

    def test_the_same_bytes_have_the_same_fingerprint(self):
        first, second, third = self.fingerprints("--set", "capture.details.fingerprint_bytes=64")
        for value in (*first, *second, *third):
            self.assertRegex(value, r"^-?\d+$")
        self.assertEqual(first[0], second[0])
        self.assertEqual(first[1], third[1])
        self.assertNotEqual(first[0], third[0])
        self.assertNotEqual(first[1], second[1])

    def test_nobody_asked(self):
        self.assertEqual(self.fingerprints(), [("-", "-")] * 3)

    def test_what_was_not_captured_has_none(self):
        headers = 14 + 20 + 20
        asked = ("--set", "capture.details.fingerprint_bytes=64")
        self.assertEqual(self.fingerprints(*asked, snap=headers), [("-", "-")] * 3)
        whole, part = self.fingerprints(*asked), self.fingerprints(*asked, snap=headers + 20)
        self.assertEqual(part[:2], whole[:2])
        self.assertEqual(part[2], ("-", whole[2][1]))


class Repeats(harness.TestCase):
    def test_a_second_replay_replaces_the_records(self):
        capture = self.file("one.pcap", captures.pcap(captures.chain()))
        packed = self.file("one.pcap.gz", gzip.compress(captures.pcap(captures.chain())))
        for form, end in FORMATS.items():
            path = self.folder / f"s.{end}"
            self.assert_ended(replay(DEMO, "--sessions", path), 0)
            self.assert_ended(replay(capture, "--sessions", path), 0)
            first = sessions("servers", path).out
            self.assertEqual(first.count("\n"), 2, form)
            self.assert_ended(replay(packed, "--sessions", path), 0)
            self.assertEqual(sessions("servers", path).out, first)
        self.assertFalse(any("-wal" in name or "-shm" in name for name in os.listdir(self.folder)))

    def test_a_lone_segment_is_a_session(self):
        stray = captures.frame("172.16.0.9", 9, "10.10.0.9", 9, ACK | PSH, 1, 1, 10)
        attempt = captures.frame("172.16.0.9", 10, "10.10.0.9", 22, SYN, 1, 0, 0)
        capture = self.file("lone.pcap", captures.pcap([(captures.START, stray), (captures.START + 1, attempt)]))
        path = self.folder / "s.tsv"
        self.assert_ended(replay(capture, "--sessions", path), 0)
        states = [(r["conn_state"], r["client_packets"]) for r in session_files.parse(path.read_text())]
        self.assertEqual(sorted(states), [("OTH", "1"), ("S0", "1")])


if __name__ == "__main__":
    harness.main()
