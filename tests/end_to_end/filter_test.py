#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cairn filter: the packets that tcpdump and tshark take by its filters are just those of the alert's connections."""
import concurrent.futures
import gzip
import json
import shutil
import socket
import struct
import subprocess
import unittest
from pathlib import Path

import captures
import harness
from harness import replay, run

DEMO = Path(__file__).resolve().parents[2] / "traces" / "demo.pcap.gz"
TAG = b"\x81\x00\x00\x07"
PROVIDERS_TAG = b"\x88\xa8\x00\x09"
HAS_TSHARK = shutil.which("tshark") is not None


def packets_of(contents):
    """(time in ns, frame, its bytes on the wire) of a pcap file with microseconds or nanoseconds, in its order."""
    order = "<" if contents[0] in (0xD4, 0x4D) else ">"
    unit = 1 if struct.unpack(order + "I", contents[:4])[0] == 0xA1B23C4D else 1000
    at, packets = 24, []
    while at < len(contents):
        seconds, fraction, length, wire = struct.unpack_from(order + "IIII", contents, at)
        packets.append((seconds * 10**9 + fraction * unit, contents[at + 16:at + 16 + length], wire))
        at += 16 + length
    return packets


def ends_of(frame):
    """Both ends of a TCP packet over IPv4 and Ethernet, in one order for both directions; None: it is another."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    transport = 14 + (frame[14] & 15) * 4
    ports = struct.unpack_from("!HH", frame, transport)
    return frozenset(((socket.inet_ntoa(frame[26:30]), ports[0]), (socket.inet_ntoa(frame[30:34]), ports[1])))


def ends_of_event(connection):
    return frozenset((connection[side]["ip"], connection[side]["port"]) for side in ("orig", "resp"))


def in_tunnel(frame):
    """IP in IP."""
    inner = frame[14:]
    outer = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 0, 0, 64, 4, 0, socket.inet_aton("192.0.2.1"),
                        socket.inet_aton("192.0.2.2"))
    return frame[:14] + outer + inner


class Packets(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.packets = packets_of(gzip.decompress(DEMO.read_bytes()))

    def setUp(self):
        super().setUp()
        self.alerts = self.folder / "alerts.jsonl"
        self.assert_ended(replay(DEMO, "--alerts", self.alerts), 0)
        self.events = harness.events_of(self.alerts.read_text())
        self.capture = self.written(self.packets)

    def written(self, packets, name="all.pcap"):
        return self.file(name, captures.pcap([]) + b"".join(captures.record(*packet) for packet in packets))

    def taken_by_tcpdump(self, capture, text):
        out = self.folder / "out.pcap"
        subprocess.run(["tcpdump", "-r", capture, "-w", out, text], check=True, capture_output=True,
                       timeout=harness.TIMEOUT)
        return packets_of(out.read_bytes())

    def taken_by_tshark(self, capture, text):
        done = subprocess.run(["tshark", "-r", capture, "-Y", text, "-T", "fields", "-e", "frame.number"], check=True,
                              capture_output=True, timeout=harness.TIMEOUT)
        return [int(line) - 1 for line in done.stdout.split()]

    def filter_of(self, name, *options):
        result = run("filter", name, self.alerts, *options)
        self.assert_ended(result, 0)
        return result.out.strip()

    def packets_between(self, all_ends):
        """The places of the packets of these connections."""
        return [i for i, (_, frame, _) in enumerate(self.packets) if ends_of(frame) in all_ends]

    def subjects(self):
        """Every alert and every chain with the ends of its connections."""
        for event in self.events:
            if event["event"] in ("stepping_stone", "exposure"):
                yield event["alert_id"], {ends_of_event(event[side]) for side in ("upstream", "downstream")}
            elif event["event"] == "chain" and event["ended"] and not event["merged_into"]:
                yield event["chain"], {ends_of_event(hop) for hop in event["hops"]}

    def test_tcpdump_takes_the_packets_of_each_alert_and_chain(self):
        subjects = list(self.subjects())
        self.assertGreater(len(subjects), 5)
        for name, ends in subjects:
            with self.subTest(name):
                expected = [self.packets[i] for i in self.packets_between(ends)]
                self.assertTrue(expected)
                text = self.filter_of(name, "--capture")
                self.assertEqual(self.taken_by_tcpdump(self.capture, text), expected)

    @unittest.skipUnless(HAS_TSHARK, "tshark is not installed")
    def test_tshark_takes_the_packets_of_each_alert_and_chain(self):
        names, ends = zip(*self.subjects())
        texts = [self.filter_of(name, "--display") for name in names]
        with concurrent.futures.ThreadPoolExecutor() as pool:  # it takes seconds to start, and does nothing meanwhile
            taken = list(pool.map(lambda text: self.taken_by_tshark(self.capture, text), texts))
        self.assertEqual(dict(zip(names, taken)), dict(zip(names, map(self.packets_between, ends))))

    def test_packets_in_vlans_and_tunnels(self):
        name, ends = next(self.subjects())
        places = self.packets_between(ends)
        for kind, change in (("tag", lambda f: f[:12] + TAG + f[12:]),
                             ("two tags", lambda f: f[:12] + PROVIDERS_TAG + TAG + f[12:]), ("tunnel", in_tunnel)):
            with self.subTest(kind):
                changed = [(time, change(frame), wire + len(change(frame)) - len(frame))
                           for time, frame, wire in self.packets]
                capture = self.written(changed, f"{kind}.pcap")
                taken = self.taken_by_tcpdump(capture, self.filter_of(name, "--capture"))
                self.assertEqual(taken, [] if kind == "tunnel" else [changed[i] for i in places])
                self.assertEqual(self.taken_by_tcpdump(capture, self.filter_of(name, "--capture", "--no-vlan")), [])
                if HAS_TSHARK:
                    self.assertEqual(self.taken_by_tshark(capture, self.filter_of(name, "--display")), places)

    @unittest.skipUnless(HAS_TSHARK, "tshark is not installed")
    def test_the_display_filter_leaves_out_the_same_ends_at_other_times(self):
        name, ends = next(self.subjects())
        hour = 3600 * captures.SECOND
        places = self.packets_between(ends)
        again = [(time + shift, *rest) for shift in (-hour, 0, hour) for time, *rest in self.packets]
        capture = self.written(again, "again.pcap")
        count = len(self.packets)
        self.assertEqual(self.taken_by_tshark(capture, self.filter_of(name, "--display")),
                         [i + count for i in places])

    def test_both_filters_come_with_how_to_use_them(self):
        name = next(self.subjects())[0]
        text = self.filter_of(name)
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(lines, [self.filter_of(name, "--capture"), self.filter_of(name, "--display")])
        for words in (name, "tcpdump -r", "tshark -r", "2 connections", "tunnels"):
            self.assertIn(words, text)
        # tcpdump -F takes a file with comments.
        only = self.file("filter.txt", (text[:text.index("# Display")]).encode())
        out = self.folder / "out.pcap"
        subprocess.run(["tcpdump", "-r", self.capture, "-w", out, "-F", only], check=True, capture_output=True,
                       timeout=harness.TIMEOUT)
        self.assertTrue(packets_of(out.read_bytes()))

    def test_ids_as_the_table_shows_them(self):
        table = replay(DEMO, "--format", "table").out
        for name, _ in self.subjects():
            short = name[:10] if name.startswith("c-") else name[:8]
            self.assertIn(short, table)
            self.assertEqual(self.filter_of(short), self.filter_of(name))
        with open(self.alerts, "rb") as stdin:
            self.assertEqual(run("filter", name, stdin=stdin).out.strip(), self.filter_of(name))
        packed = self.file("alerts.jsonl.gz", gzip.compress(self.alerts.read_bytes()))
        self.assertEqual(run("filter", name, packed).out.strip(), self.filter_of(name))


class Usage(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.alerts = self.folder / "alerts.jsonl"
        capture = self.file("chains.pcap", captures.pcap(captures.chains(12, keys=50)))
        self.assert_ended(replay(capture, "--alerts", self.alerts), 0)
        self.ids = [event["alert_id"] for event in harness.events_of(self.alerts.read_text())
                    if event["event"] == "stepping_stone"]

    def ambiguous(self):
        """A beginning that several ids have; with so many ids there is one of one digit, or else the empty one."""
        for digit in "0123456789abcdef":
            those = [i for i in self.ids if i.startswith(digit)]
            if len(those) > 1:
                return digit, those
        return self.fail("no two ids begin alike")

    def test_wrong_usage_is_explained(self):
        digit, those = self.ambiguous()
        capture = self.file("one.pcap", captures.pcap(captures.chain()))
        empty = self.file("empty.jsonl", b"")
        for arguments, code, words in (
                ([], 2, ["ID"]),
                ([digit, self.alerts], 2, [f"beginning of {len(those)} ids", *those]),
                (["10.10.0.15", self.alerts], 2, ["'10.10.0.15' is no id", "16 digits"]),
                (["c-", self.alerts], 2, ["no id"]),
                (["0" * 16, self.alerts], 1, ["no alert has an id that begins with"]),
                (["c-" + "0" * 16, self.alerts], 1, ["no chain has an id"]),
                ([self.ids[0], empty], 1, ["no alert"]),
                ([self.ids[0], capture], 2, [str(capture), "no file of alerts", "--alerts"]),
                ([self.ids[0], self.folder / "absent"], 1, ["absent"]),
                ([self.ids[0], self.folder], 1, ["directory"]),
                ([self.ids[0], self.alerts, "--capture", "--display"], 2, ["--capture", "--display"]),
                ([self.ids[0], "-", "-"], 2, ["standard input"])):
            with self.subTest(arguments=arguments):
                result = run("filter", *arguments)
                self.assert_ended(result, code, *words)
                self.assertEqual(result.out, "")

    def test_a_cut_or_bad_line_is_told_and_the_others_count(self):
        text = self.alerts.read_bytes()
        whole = run("filter", self.ids[0], self.alerts, "--capture").out
        cut = self.file("cut.jsonl", text + b'{"schema": "cairn/1", "ti')
        result = run("filter", self.ids[0], cut, "--capture")
        self.assert_ended(result, 0, f"{cut}: the last line is cut off")
        self.assertEqual(result.out, whole)
        bad = self.file("bad.jsonl", text + b"{}\n[]\n")
        result = run("filter", self.ids[0], bad, "--capture")
        self.assert_ended(result, 0, f"{bad}:", "no alert and was left out", "and 1 more")
        self.assertEqual(result.out, whole)

    def test_a_chain_of_thousands_is_one_long_line(self):
        start = "2026-11-21T10:15:00.000000000Z"
        hops = [{"orig": {"ip": "172.16.0.2", "port": port}, "resp": {"ip": "10.10.0.15", "port": 22}, "start": start}
                for port in range(1025, 7025)]
        line = {"schema": "cairn/1", "time": start, "event": "chain", "chain": "c-00000000000000ab", "hops": hops}
        path = self.file("long.jsonl", json.dumps(line).encode() + b"\n" + self.alerts.read_bytes())
        self.assertGreater(path.stat().st_size, 600_000)
        result = run("filter", "c-00000000000000ab", path)
        self.assert_ended(result, 0)
        self.assertIn("# chain c-00000000000000ab: 6000 connections", result.out)
        self.assertEqual(run("filter", self.ids[0], path).out, run("filter", self.ids[0], self.alerts).out)

    def test_where_the_clock_was_set_times_are_left_out(self):
        step = (b'{"schema":"cairn/1","time":"2026-11-21T10:15:02.000000000Z","event":"clock_step","source":"x",'
                b'"interface":0,"stamp":"2026-11-21T10:15:01.000000000Z","step_ns":-1,"offset_ns":1}\n')
        path = self.file("step.jsonl", step + self.alerts.read_bytes())
        self.assertIn("frame.time", run("filter", self.ids[0], self.alerts).out)
        result = run("filter", self.ids[0], path)
        self.assertNotIn("frame.time", result.out)
        self.assertIn("the capture's clock was set", result.out)

    def test_ipv6(self):
        ends = ("2001:db8::15", 40000), ("2001:db8:1::2", 22)

        def packet(source, destination):
            tcp = struct.pack("!HHIIBBHHH", source[1], destination[1], 1, 1, 0x50, 0x10, 1, 0, 0)
            return (bytes(12) + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) +
                    b"".join(socket.inet_pton(socket.AF_INET6, ip) for ip, _ in (source, destination)) + tcp)

        frames = [packet(*ends), packet(*ends[::-1]), packet(ends[0], ("2001:db8:1::2", 23)),
                  packet(("2001:db8::16", 40000), ends[1])]
        capture = self.file("six.pcap", captures.pcap([(captures.START + i, frame) for i, frame in enumerate(frames)]))
        connection = {"orig": {"ip": ends[0][0], "port": ends[0][1]}, "resp": {"ip": ends[1][0], "port": ends[1][1]},
                      "start": "2026-11-21T10:15:02.000000000Z"}
        alerts = self.file("six.jsonl", json.dumps({
            "schema": "cairn/1", "time": "2026-11-21T10:16:00.000000000Z", "event": "insertion",
            "alert_id": "00000000000000b7", "connection": connection}).encode() + b"\n")
        text = run("filter", "00", alerts, "--capture").out.strip()
        out = self.folder / "out.pcap"
        subprocess.run(["tcpdump", "-r", capture, "-w", out, text], check=True, capture_output=True,
                       timeout=harness.TIMEOUT)
        self.assertEqual([frame for _, frame, _ in packets_of(out.read_bytes())], frames[:2])
        if HAS_TSHARK:
            text = run("filter", "00", alerts, "--display").out.strip()
            done = subprocess.run(["tshark", "-r", capture, "-Y", text, "-T", "fields", "-e", "frame.number"],
                                  check=True, capture_output=True, timeout=harness.TIMEOUT)
            self.assertEqual(done.stdout.split(), [b"1", b"2"])

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            self.assert_ended(run("filter", self.ids[0], self.alerts, stdout=full), 1, "no room left")


if __name__ == "__main__":
    harness.main()
