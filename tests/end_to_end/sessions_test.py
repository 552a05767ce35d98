#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cairn sessions: scans, servers, clusters and time lines from stored records, and what it makes of bad files."""
import csv
import gzip
import io
import os
import pty
import signal
import subprocess
import xml.etree.ElementTree
from pathlib import Path

import harness
import session_files
from harness import run
from session_files import accepted, attempt, rejected

DEMO = Path(__file__).resolve().parents[2] / "traces" / "demo.pcap.gz"
ALERT = "0123456789abcdef"
SCANNER, STONE = "172.16.9.7", "10.10.0.15"
# Every command with what it needs before the files.
COMMANDS = [("scans",), ("servers",), ("clusters", f"{SCANNER}:554"), ("of", STONE)]


def sessions(command, *arguments, **options):
    return run("sessions", command, *arguments, **options)


def a_day():
    """A scan of port 554 as in the report, a busy mail server, and a stepping stone with its alert."""
    day = [attempt(SCANNER, f"10.10.1.{i}", 554, i) for i in range(60)]
    day += [accepted(SCANNER, f"10.10.2.{i}", 554, i, sent=5, client_fingerprint=507) for i in range(12)]
    day += [accepted(SCANNER, f"10.10.3.{i}", 554, i, sent=24 + i // 18, client_fingerprint=-2315) for i in range(20)]
    day += [accepted(SCANNER, "10.10.4.1", 554, 80, sent=11, client_fingerprint=1745)]
    day += [rejected("10.10.0.25", f"192.0.2.{i % 10}", 25, i) for i in range(100)]
    day += [accepted("10.10.0.25", f"192.0.2.{i}", 25, 200 + i, sent=900) for i in range(10)]
    day += [accepted("172.16.4.2", STONE, 22, 100, sent=500, lasts=300, alerts=ALERT, client_onsets=40,
                     client_off_share=0.87),
            accepted(STONE, "172.16.2.2", 22, 110, sent=500, lasts=290, alerts="f" * 16 + "," + ALERT),
            rejected(STONE, "172.16.2.9", 80, 50), accepted(STONE, "172.16.2.9", 443, 6000, sent=12)]
    return day


class StoredDay(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.day = self.file("day.tsv", session_files.text(a_day()))


class Surveys(StoredDay):
    def test_scans_are_ranked_by_each_counting(self):
        def ranked(*arguments):
            result = sessions("scans", self.day, *arguments)
            self.assert_ended(result, 0)
            return [(row["client"], row["port"]) for row in result.events]
        scanner, mail, stone = (SCANNER, 554), ("10.10.0.25", 25), (STONE, 80)
        self.assertEqual(ranked("--by", "connections"), [mail, scanner, stone])
        self.assertEqual(ranked("--by", "servers"), [scanner, mail, stone])
        self.assertEqual(ranked(), [scanner, stone])  # mail reached every server in the end
        self.assertEqual(ranked("--data-only", "--by", "servers"), [scanner, mail])
        self.assertEqual(ranked("--min", "11", "--by", "servers"), [scanner])
        self.assertEqual(ranked("--port", "80"), [stone])
        self.assertEqual(ranked("--by", "servers", "--limit", "1"), [scanner])

    def test_a_scan_has_all_countings(self):
        row = sessions("scans", self.day).events[0]
        self.assertEqual(row["connections"], {"rejects": 0, "silents": 60, "success": 33, "data": 33, "count": 60})
        self.assertEqual(row["unique_servers"], 93)
        self.assertEqual(row["unknown"], round(60 * 60 / 93, 1))

    def test_known_servers_can_be_weighed(self):
        known = self.file("known.tsv", session_files.text(
            [accepted("10.0.0.2", "10.0.0.9", 80, 0), attempt("10.0.0.1", "10.0.0.9", 80, 7200),
             attempt("10.0.0.1", "10.0.0.8", 80, 0), accepted("10.0.0.2", "10.0.0.8", 80, 7200)]))
        def unknown(*arguments):
            return sessions("scans", known, *arguments).events[0]["unknown"]
        self.assertEqual(unknown(), 0.2)
        self.assertEqual(unknown("--known-weight", "0.5"), 1)
        self.assertEqual(unknown("--known-within", "1h"), 2)
        self.assertEqual(unknown("--known-before"), 1.1)

    def test_tracing_agents_of_the_site_are_no_scanners(self):
        site = ("--set", "protected_networks=10.0.0.0/8")
        agent, scanner = "10.0.0.1", "10.0.0.2"
        file = self.file("agents.tsv", session_files.text(
            [rejected(agent, f"10.0.1.{i}", port, i) for i in range(8) for port in (4113, 24120)]
            + [rejected(scanner, f"10.0.1.{i}", 4113, i) for i in range(17)]))

        def clients(*arguments):
            return {row["client"] for row in sessions("scans", file, *arguments).events}
        self.assertEqual(clients(*site), {scanner})
        self.assertIn("1 hosts are left out at the ports of tracing agents", sessions("scans", file, *site).err)
        self.assertEqual(clients(), {agent, scanner})  # nobody knows that it is the site
        self.assertEqual(clients(*site, "--set", "traceback.tracing_ports="), {agent, scanner})
        self.assertEqual(clients("--config", self.file("site.yaml", b"protected_networks: 10.0.0.0/8\n")), {scanner})
        wrong = sessions("scans", file, "--set", "traceback.tracing_ports=0")
        self.assertEqual(wrong.code, 2)
        self.assertIn("tracing_ports", wrong.err)

    def test_servers_are_listed_with_their_clients(self):
        result = sessions("servers", self.day, "--host", STONE, "--host", "192.0.2.3")
        self.assert_ended(result, 0)
        self.assertEqual([(row["ip"], row["port"]) for row in result.events], [(STONE, 22), ("192.0.2.3", 25)])
        self.assertEqual(result.events[1]["failed"], 10)
        self.assertEqual(result.events[0]["frequent_clients"], [{"client": "172.16.4.2", "sessions": 1}])
        self.assertEqual(len(sessions("servers", self.day, "--port", "25").events), 10)
        none = sessions("servers", self.day, "--min-clients", "2")
        self.assert_ended(none, 0, "no server of this kind")

    def test_clusters_find_the_relations_of_the_report(self):
        figure = self.folder / "figure.svg"
        result = sessions("clusters", f"{SCANNER}:554", self.day, "--svg", figure)
        self.assert_ended(result, 0)
        relations = [(event["if"]["field"], event["if"]["from"], event["if"]["to"], event["then"]["from"])
                     for event in result.named("cluster_relation") if event["then"]["field"] == "client_fingerprint"]
        self.assertEqual(relations, [("client_bytes", 5, 5, 507), ("client_bytes", 24, 25, -2315),
                                     ("client_bytes", 11, 11, 1745)])
        self.assertIn(">client_fingerprint<", figure.read_text())
        xml.etree.ElementTree.fromstring(figure.read_text())
        table = sessions("clusters", f"{SCANNER}:554", self.day, "-f", "table").out
        self.assertIn("33 sessions with data, of 93", table)
        self.assertRegex(table, r"client_bytes 24 to 25 +<-> client_fingerprint -2315 +100 % 20 of 20")

    def test_clusters_of_a_server_and_of_all_sessions(self):
        result = sessions("clusters", f"{STONE}:22", self.day, "--server")
        self.assert_ended(result, 0)
        self.assertEqual(result.events[0]["role"], "server")
        self.assertEqual(result.events[0]["sessions"], 1)
        every = sessions("clusters", f"{SCANNER}:554", self.day, "--sessions", "all")
        self.assertEqual(every.events[0]["sessions"], 93)
        none = sessions("clusters", "10.10.0.25:26", self.day)
        self.assert_ended(none, 0, "10.10.0.25 to port 26: 0 sessions")

    def test_a_host_has_its_time_line(self):
        result = sessions("of", STONE, self.day)
        self.assert_ended(result, 0)
        self.assertEqual([(event["direction"], event["relative_s"]) for event in result.events],
                         [("out", 0), ("in", 50), ("out", 60), ("out", 5950)])
        self.assertEqual(len(sessions("of", STONE, self.day, "--since", "2026-11-21T10:01:30Z",
                                      "--until", "2026-11-21T11:00:00Z").events), 2)
        self.assert_ended(sessions("of", "10.99.0.1", self.day), 0, "no session of 10.99.0.1")

    def test_an_alert_has_its_surroundings(self):
        result = sessions("of", ALERT, self.day)
        self.assert_ended(result, 0)
        self.assertEqual([(event["of_alert"], event["relative_s"]) for event in result.events],
                         [(False, -50), (True, 0), (True, 10)])
        self.assertEqual({event["host"] for event in result.events}, {STONE})
        self.assertEqual(len(sessions("of", ALERT, self.day, "--before", "10s", "--after", "2h").events), 3)
        other = sessions("of", ALERT, self.day, "--host", "172.16.2.2")
        self.assertEqual([event["relative_s"] for event in other.events], [10])
        table = sessions("of", ALERT, self.day, "-f", "table").out
        self.assertRegex(table, r"(?m)^\+00:00:10 \* out 172\.16\.2\.2 +22 SF ")

    def test_any_unique_beginning_of_an_id_is_enough(self):
        whole = sessions("of", ALERT, self.day).out
        self.assertEqual(sessions("of", "0", self.day).out, whole)
        self.assertEqual(sessions("of", ALERT[:8], self.day).out, whole)
        other = "0199999999999999"
        more = self.file("more.tsv", session_files.text([accepted("10.0.0.1", "10.0.0.2", 22, alerts=other)]))
        result = sessions("of", "01", self.day, more)
        self.assert_ended(result, 2, "'01' is the beginning of 2 ids", f"{ALERT}, {other}")
        self.assertEqual(result.out, "")
        self.assertEqual(sessions("of", "012", self.day, more).out, whole)
        self.assert_ended(sessions("of", "0123f", self.day), 1, "an alert whose id begins with '0123f'")

    def test_a_chain_has_all_its_sessions_whoever_took_part(self):
        first, second = "c-" + "a" * 16, "c-" + "b" * 16
        # Two chains that became one: the session of both names tells that.
        legs = [accepted("172.16.4.2", STONE, 22, 0, alerts="1" * 16 + "," + first),
                accepted(STONE, "10.10.0.16", 22, 1, alerts="1" * 16 + "," + first),
                accepted("10.10.0.17", "10.10.0.18", 22, 2, alerts=second),
                accepted("10.10.0.16", "10.10.0.17", 22, 3, alerts=f"{second},{first}"),
                accepted("10.10.0.16", "10.10.0.99", 22, 3, alerts="c-" + "c" * 16)]
        path = self.file("chain.tsv", session_files.text(legs))
        for name in (first, second, "c-a", "c-b"):
            with self.subTest(name):
                result = sessions("of", name, path)
                self.assert_ended(result, 0)
                self.assertEqual([(e["host"], e["peer"], e["direction"], e["relative_s"]) for e in result.events],
                                 [("172.16.4.2", STONE, "out", 0), (STONE, "10.10.0.16", "out", 1),
                                  ("10.10.0.17", "10.10.0.18", "out", 2), ("10.10.0.16", "10.10.0.17", "out", 3)])
        table = sessions("of", "c-a", path, "-f", "table").out
        self.assertIn(f"chain {first}, which began at", table)
        self.assertRegex(table, r"(?m)^\+00:00:03 10\.10\.0\.16 +10\.10\.0\.17 ")
        of_host = sessions("of", "c-a", path, "--host", STONE).events
        self.assertEqual([e["direction"] for e in of_host], ["in", "out"])
        self.assert_ended(sessions("of", "c-", path), 2)
        self.assert_ended(sessions("of", "c-d", path), 1, "a chain whose id begins with 'c-d'")

    def test_every_id_of_the_alerts_leads_to_its_sessions(self):
        records, alerts = self.folder / "demo.tsv", self.folder / "demo.jsonl"
        self.assert_ended(harness.replay(DEMO, "--sessions", records, "--alerts", alerts), 0)
        kinds = set()
        for event in harness.events_of(alerts.read_text()):
            kinds.add(event["event"])
            if event["event"] in ("stepping_stone", "exposure"):
                if event["host"] is None:  # an indirect pair
                    self.assert_ended(sessions("of", event["alert_id"][:8], records), 2, "no host in common")
                    continue
                ends = {(event[side]["orig"]["port"]) for side in ("upstream", "downstream")}
                found = [e for e in sessions("of", event["alert_id"][:8], records, "--host", event["host"]).events
                         if e["of_alert"]]
                ports = {e["peer_port"] if e["direction"] == "in" else e["host_port"] for e in found}
                self.assertEqual(ports, ends)
            elif event["event"] == "chain" and event["ended"]:
                found = sessions("of", event["chain"][:10], records).events
                self.assertEqual(sorted(e["host_port"] for e in found),
                                 sorted(hop["orig"]["port"] for hop in event["hops"]))
        self.assertLessEqual({"stepping_stone", "exposure", "chain"}, kinds)

    def test_every_form_of_every_command(self):
        for command in COMMANDS:
            table = sessions(*command, self.day, "-f", "table")
            self.assert_ended(table, 0)
            self.assertIn("PORT" if command[0] != "servers" else "SERVER", table.out.upper())
            rows = list(csv.reader(io.StringIO(sessions(*command, self.day, "-f", "csv").out, newline="")))
            self.assertGreater(len(rows), 1)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])})
            self.assertTrue(sessions(*command, self.day).events)
            xml.etree.ElementTree.fromstring(sessions(*command, self.day, "-f", "svg").out)

    def test_a_terminal_gets_a_table(self):
        controller, terminal = pty.openpty()
        try:
            self.assert_ended(sessions("scans", self.day, stdout=terminal), 0)
            shown = os.read(controller, 65536).decode()
        finally:
            os.close(controller)
            os.close(terminal)
        self.assertIn("REJECTS", shown)

    def test_the_order_of_files_does_not_matter(self):
        day = a_day()
        first = self.file("first.tsv", session_files.text(day[:70]))
        rest = self.file("rest.tsv.gz", gzip.compress(session_files.text(day[70:])))
        for command in [*COMMANDS[:3], ("of", ALERT)]:
            whole = sessions(*command, self.day, "-f", "csv").out
            self.assertEqual(sessions(*command, rest, first, "-f", "csv").out.count("\n"), whole.count("\n"))
        self.assertEqual(sessions("scans", rest, first).out, sessions("scans", self.day).out)

    def test_standard_input_is_read(self):
        for command in COMMANDS:
            expected = sessions(*command, self.day).out
            with open(self.day, "rb") as stdin:
                self.assertEqual(sessions(*command, stdin=stdin).out, expected)
        reader, writer = os.pipe()
        os.write(writer, self.day.read_bytes()[:40000])
        os.close(writer)
        self.assertTrue(sessions("scans", "-", stdin=reader).out)
        os.close(reader)

    def test_files_of_other_versions_are_read_together(self):
        few = [column for column in session_files.COLUMNS if column not in ("history", "alerts", "client_onsets")]
        older = self.file("older.tsv", session_files.text([attempt("10.0.0.1", "10.0.0.2", 99)], few))
        newer = self.file("newer.tsv", session_files.text([{**attempt("10.0.0.1", "10.0.0.3", 99), "mood": "good"}],
                                                          [*session_files.COLUMNS, "mood"]))
        result = sessions("scans", older, newer, "--port", "99")
        self.assert_ended(result, 0, f"{newer}: unknown columns were ignored: mood")
        self.assertEqual(result.events[0]["servers"]["silents"], 2)


class BadFiles(StoredDay):
    def test_an_empty_file_has_no_sessions(self):
        empty = self.file("empty.tsv", b"")
        for command in COMMANDS:
            result = sessions(*command, empty)
            self.assert_ended(result, 0, "no session was read")
            self.assertEqual(result.out, "")
        self.assertEqual(sessions("scans", empty, self.day).out, sessions("scans", self.day).out)

    def test_a_capture_is_none(self):
        for command in [*COMMANDS, ("of", ALERT)]:
            result = sessions(*command, DEMO)
            self.assert_ended(result, 1, str(DEMO), "capture")
            self.assertEqual(result.out, "")

    def test_files_that_cannot_be_read(self):
        for path, word in ((self.folder / "absent", "absent"), (self.folder, "directory"),
                           (self.file("notes.txt", b"no sessions\n" * 9), "notes.txt")):
            for command in [*COMMANDS, ("of", ALERT)]:
                result = sessions(*command, path)
                self.assert_ended(result, 1, word)
                self.assertEqual(result.out, "")
        result = sessions("scans", self.day, self.folder / "absent")
        self.assert_ended(result, 1, "absent")
        self.assertEqual(result.out, "")

    def test_a_file_that_is_no_record_after_others_leaves_what_was_read(self):
        result = sessions("scans", self.day, DEMO)
        self.assert_ended(result, 1, str(DEMO), "what could be read")
        self.assertEqual(result.out, sessions("scans", self.day).out)

    def test_bad_lines_are_told_and_the_others_count(self):
        lines = self.day.read_bytes().splitlines(True)
        path = self.file("bad.tsv", b"".join([*lines[:5], b"oops\n", *lines[5:], b"oh\n"]))
        result = sessions("scans", path)
        self.assert_ended(result, 1, f"{path}:6: this line is not a session record", "and 1 more line", "what could be read")
        self.assertEqual(result.out, sessions("scans", self.day).out)

    def test_a_cut_file_is_read_up_to_the_cut(self):
        path = self.file("cut.tsv", self.day.read_bytes()[:-30])
        result = sessions("of", STONE, path)
        self.assert_ended(result, 0, f"{path}: the last record is cut off")
        self.assertEqual(len(result.events), 3)
        cut = self.file("cut.tsv.gz", gzip.compress(self.day.read_bytes())[:-20])
        self.assert_ended(sessions("scans", cut), 1, str(cut))

    def test_an_alert_that_is_not_there_is_told(self):
        result = sessions("of", "0" * 16, self.day)
        self.assert_ended(result, 1, "no session in these files belongs to the alert " + "0" * 16)
        self.assertEqual(result.out, "")


class Usage(StoredDay):
    def test_wrong_usage_is_explained(self):
        day = self.day
        single = self.file("single.tsv", session_files.text([accepted(STONE, "10.0.0.9", 22, alerts=ALERT)]))
        cases = [
            (["scans", day, "--by", "luck"], ["--by"]),
            (["scans", day, "--known-within", "7"], ["--known-within 7", "7d"]),
            (["scans", day, "--known-weight", "2"], ["--known-weight"]),
            (["scans", day, "--port", "0"], ["--port"]),
            (["scans", day, "--format", "xml"], ["--format"]),
            (["scans", day, "--limit", "0"], ["--limit"]),
            (["scans", day, "--since", "noon"], ["--since noon", "2026-11-21"]),
            (["scans", day, "--since", "2026-11-22", "--until", "2026-11-21"], ["--until"]),
            (["scans", "-", "-"], ["standard input", "once"]),
            (["servers", day, "--host", "10.0"], ["--host", "10.0"]),
            (["clusters"], ["TARGET"]),
            (["clusters", STONE, day], [STONE, "192.0.2.1:80"]),
            (["clusters", "2001:db8::1:80", day], ["[2001:db8::1]:80"]),
            (["clusters", f"{STONE}:0", day], [f"{STONE}:0"]),
            (["clusters", f"{STONE}:22", day, "--min-share", "0.3"], ["--min-share"]),
            (["of", "somebody", day], ["'somebody'", "16 digits"]),
            (["of", "c-", day], ["'c-'", "16 digits"]),
            (["of", "0" * 17, day], ["16 digits"]),
            (["of", STONE, day, "--host", STONE], ["--host", "no alert"]),
            (["of", ALERT, day, "--before", "soon"], ["--before soon"]),
            (["of", ALERT, day, "--host", "x"], ["--host", "x"]),
            (["of", ALERT, single], ["--host", STONE, "10.0.0.9", "more than one"]),
            (["of", ALERT, "-"], ["standard input", "read twice"]),
            (["relays"], ["cairn sessions"]),
        ]
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                result = sessions(*arguments)
                self.assert_ended(result, 2, *words)
                self.assertEqual(result.out, "")
        self.assert_ended(run("sessions"), 2, "a command is missing", "scans, servers, clusters, of")

    def test_a_pipe_is_not_read_for_an_alert(self):
        reader, writer = os.pipe()
        os.close(writer)
        self.assert_ended(sessions("of", ALERT, f"/dev/fd/{reader}", pass_fds=[reader]), 2, "read twice")
        os.close(reader)

    def test_hosts_of_an_alert_without_a_common_one_are_offered(self):
        apart = self.file("apart.tsv", session_files.text([accepted("10.0.0.1", "10.0.0.2", 22, alerts=ALERT),
                                                           accepted("10.0.0.3", "10.0.0.4", 22, alerts=ALERT)]))
        self.assert_ended(sessions("of", ALERT, apart), 2, "no host in common", "10.0.0.1, 10.0.0.2")
        self.assertEqual(len(sessions("of", ALERT, apart, "--host", "10.0.0.4").events), 1)

    def test_a_terminal_as_standard_input_is_refused(self):
        controller, terminal = pty.openpty()
        try:
            self.assert_ended(sessions("scans", stdin=terminal), 2, "terminal")
        finally:
            os.close(controller)
            os.close(terminal)

    def test_a_full_disk_is_told_and_a_closed_pipe_is_not(self):
        for command in COMMANDS:
            with open("/dev/full", "wb") as full:
                self.assert_ended(sessions(*command, self.day, stdout=full), 1, "standard output", "no room left")
            reader, writer = os.pipe()
            os.close(reader)
            result = sessions(*command, self.day, stdout=writer)
            os.close(writer)
            self.assert_ended(result, 1)
            self.assertEqual(result.err, "")
        self.assert_ended(sessions("clusters", f"{SCANNER}:554", self.day, "--svg", self.folder / "no" / "f.svg"), 1,
                          "folder does not exist")

    def test_a_signal_ends_it_with_what_was_read(self):
        with subprocess.Popen([harness.CAIRN, "sessions", "scans"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            # More than a pipe holds: once it is written, the program is at work.
            process.stdin.write(session_files.text([attempt("10.0.0.1", "10.0.0.2", 80)] * 5000))
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            out, err = process.stdout.read(), process.stderr.read()
            process.wait(harness.TIMEOUT)
        self.assertEqual((process.returncode, err), (130, b""))
        self.assertEqual([event["client"] for event in harness.events_of(out.decode())], ["10.0.0.1"])


if __name__ == "__main__":
    harness.main()
