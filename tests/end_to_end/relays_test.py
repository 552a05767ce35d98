#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cairn relays: lists from captures and from files of scores, in every form, and what it makes of bad files."""
import csv
import gzip
import io
import json
import os
import pty
import shutil
import signal
import subprocess
import xml.etree.ElementTree
from pathlib import Path

import captures
import harness
from harness import replay, run

DEMO = Path(__file__).resolve().parents[2] / "traces" / "demo.pcap.gz"


def score(host, minute=0, nats=1.0, reported=False, **fields):
    """A line as --relays writes it."""
    line = {"schema": "cairn/1", "time": f"2026-11-21T{10 + minute // 60:02}:{minute % 60:02}:00.000000000Z",
            "event": "host_score", "host": host, "score": 1.5, "nats": nats, "freedom": 20.0, "window_s": 300.0,
            "reach_ms": 500, "activities": 100, "reported": reported, **fields}
    return (json.dumps(line, separators=(",", ":")) + "\n").encode()


def relays(*arguments, **options):
    return run("relays", *arguments, **options)


def hosts(result):
    return [event["host"] for event in result.events]


class Lists(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.scores = self.file("scores.jsonl", b"".join([
            score("10.0.0.1", 0, 1), score("10.0.0.2", 0, 3), score("10.0.0.3", 0, 0), score("10.0.0.1", 5, 2),
            score("10.0.0.2", 5, 12.5, reported=True), score("2001:db8::4", 5, 2)]))

    def test_json_has_a_line_a_host_the_strongest_first(self):
        result = relays(self.scores)
        self.assert_ended(result, 0)
        self.assertEqual(result.err, "")
        self.assertEqual(hosts(result), ["10.0.0.2", "10.0.0.1", "2001:db8::4", "10.0.0.3"])
        first = result.events[0]
        self.assertEqual(first["best"]["nats"], 12.5)
        self.assertTrue(first["reported"])
        self.assertEqual([moment["nats"] for moment in first["history"]], [3, 12.5])

    def test_csv_has_a_row_a_host_and_moment(self):
        result = relays(self.scores, "--format", "csv")
        self.assert_ended(result, 0)
        rows = list(csv.DictReader(io.StringIO(result.out, newline="")))
        self.assertEqual([(row["host"], float(row["nats"])) for row in rows],
                         [("10.0.0.2", 3), ("10.0.0.2", 12.5), ("10.0.0.1", 1), ("10.0.0.1", 2), ("2001:db8::4", 2),
                          ("10.0.0.3", 0)])

    def test_svg_is_a_document_with_the_strongest_hosts(self):
        many = self.file("many.jsonl", b"".join(score(f"10.0.1.{i}", m, i) for i in range(1, 10) for m in (0, 5)))
        result = relays(many, "-f", "svg")
        self.assert_ended(result, 0)
        root = xml.etree.ElementTree.fromstring(result.out)
        text = [element.text for element in root.iter() if element.text]
        for i in range(3, 10):
            self.assertIn(f"10.0.1.{i}", text)
        self.assertNotIn("10.0.1.2", text)
        self.assertIn("10.0.1.2", relays(many, "-f", "svg", "--limit", "8").out)

    def test_a_table_has_a_line_a_host(self):
        result = relays(self.scores, "-f", "table", env={**os.environ, "COLUMNS": "80"})
        self.assert_ended(result, 0)
        lines = result.out.splitlines()
        self.assertRegex(lines[1], r"^10\.0\.0\.2 +\* 1 in 300,000 .* 11-21 10:05  -      @$")
        self.assertRegex(lines[4], r"^10\.0\.0\.3 +none ")
        self.assertTrue(all(len(line) <= 80 for line in lines), result.out)

    def test_a_terminal_gets_a_table(self):
        controller, terminal = pty.openpty()
        try:
            result = relays(self.scores, stdout=terminal)
            shown = os.read(controller, 65536).decode()
        finally:
            os.close(controller)
            os.close(terminal)
        self.assert_ended(result, 0)
        self.assertIn("BY CHANCE", shown)

    def test_a_table_lists_twenty_hosts_and_counts_the_others(self):
        many = self.file("many.jsonl", b"".join(score(f"10.0.1.{i}", 0, i) for i in range(1, 31)))
        shown = relays(many, "-f", "table").out
        self.assertEqual(shown.count("10.0.1."), 20)
        self.assertIn("10 more", shown)
        self.assertEqual(len(relays(many).events), 30)
        self.assertEqual(hosts(relays(many, "--limit", "2")), ["10.0.1.30", "10.0.1.29"])

    def test_hosts_can_be_chosen(self):
        self.assertEqual(hosts(relays(self.scores, "--reported")), ["10.0.0.2"])
        self.assertEqual(hosts(relays(self.scores, "--host", "2001:db8::4", "--host", "10.0.0.3")),
                         ["2001:db8::4", "10.0.0.3"])
        none = relays(self.scores, "--host", "10.0.0.3", "--reported")
        self.assert_ended(none, 0, "no host was reported")
        self.assertEqual(none.out, "")

    def test_files_are_merged_whatever_their_order(self):
        early = self.file("early.jsonl.gz", gzip.compress(score("10.0.0.1", 0, 1) + score("10.0.0.1", 10, 3)))
        late = self.file("late.jsonl", score("10.0.0.1", 5, 2) + score("10.0.0.1", 10, 3))
        result = relays(late, early)
        self.assert_ended(result, 0)
        self.assertEqual([moment["nats"] for moment in result.events[0]["history"]], [1, 2, 3])
        self.assertEqual(relays(early, late).out, result.out)

    def test_standard_input_is_read(self):
        expected = relays(self.scores).out
        with open(self.scores, "rb") as stdin:
            self.assertEqual(relays(stdin=stdin).out, expected)
        reader, writer = os.pipe()
        os.write(writer, self.scores.read_bytes())
        os.close(writer)
        self.assertEqual(relays("-", stdin=reader).out, expected)
        os.close(reader)

    def test_a_signal_ends_it_with_what_was_read(self):
        with subprocess.Popen([harness.CAIRN, "relays"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            # More than a pipe holds: once it is written, the program is at work.
            process.stdin.write(score("10.0.0.1") * 2000)
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            out, err = process.stdout.read(), process.stderr.read()
            process.wait(harness.TIMEOUT)
        self.assertEqual((process.returncode, err), (130, b""))
        self.assertEqual([event["host"] for event in harness.events_of(out.decode())], ["10.0.0.1"])

    def test_only_so_much_is_kept_and_the_rest_is_counted(self):
        hosts_too_many = b"".join(score(f"10.1.{i // 250}.{i % 250}", 0, i) for i in range(1002))
        many = self.file("many.jsonl", hosts_too_many)
        result = relays(many)
        self.assert_ended(result, 0, "2 scores of the weakest hosts were left out")
        self.assertEqual(len(result.events), 1000)
        long = self.file("long.jsonl", b"".join(
            score("10.0.0.1", time=f"2026-11-21T10:{i // 60:02}:{i % 60:02}.000000000Z", nats=i) for i in range(2020)))
        result = relays(long)
        self.assert_ended(result, 0, "the 4 oldest scores")
        self.assertEqual([moment["nats"] for moment in result.events[0]["history"]], list(range(4, 2020)))


class Captures(harness.TestCase):
    def test_a_capture_gives_what_its_scores_give(self):
        scores = self.folder / "scores.jsonl"
        self.assertEqual(replay("-q", DEMO, "--relays", scores, "--alerts", "/dev/null").code, 0)
        from_capture = relays(*harness.SITE, DEMO, "-f", "csv")
        self.assert_ended(from_capture, 0)
        self.assertEqual(from_capture.err, "")
        self.assertGreater(from_capture.out.count("\n"), 1)
        self.assertEqual(sorted(relays(scores, "-f", "csv").out.splitlines()), sorted(from_capture.out.splitlines()))

    def test_a_capture_comes_through_a_pipe(self):
        with open(DEMO, "rb") as stdin:
            self.assertEqual(relays(stdin=stdin).out, relays(DEMO).out)

    def test_settings_hold_for_captures(self):
        result = relays(DEMO, "--set", "relays.enabled=false")
        self.assert_ended(result, 0, "no host was screened", "relays.enabled")
        self.assertEqual(result.out, "")

    def test_a_cut_capture_is_told_and_listed_up_to_the_cut(self):
        whole = gzip.decompress(DEMO.read_bytes())
        path = self.file("cut.pcap", whole[:-10])
        result = relays(path)
        self.assert_ended(result, 1, str(path), "cut", "what could be read")
        self.assertTrue(result.events)


class BadFiles(harness.TestCase):
    def test_a_bad_line_is_told_with_its_place_and_the_others_are_listed(self):
        path = self.file("bad.jsonl", score("10.0.0.1") + b"oops\n\n" + score("10.0.0.2") + b"{}\n")
        result = relays(path)
        self.assert_ended(result, 1, f"{path}:2: this line is not a host score", "and 1 more line;", "what could be read")
        self.assertEqual(hosts(result), ["10.0.0.1", "10.0.0.2"])

    def test_alerts_are_no_scores(self):
        alerts = self.folder / "alerts.jsonl"
        replay("-q", DEMO, "--alerts", alerts)
        result = relays(alerts)
        self.assert_ended(result, 1, f"{alerts}:1:", "'stepping_stone'", "--relays")
        self.assertEqual(result.out, "")

    def test_a_cut_last_line_is_left_out_with_a_note(self):
        path = self.file("cut.jsonl", score("10.0.0.1") + score("10.0.0.2")[:-40])
        result = relays(path)
        self.assert_ended(result, 0, f"{path}: the last line is cut off")
        self.assertEqual(hosts(result), ["10.0.0.1"])

    def test_an_empty_file_has_no_hosts(self):
        path = self.file("empty.jsonl", b"")
        for arguments in ([path], [path, "-f", "table"], []):
            result = relays(*arguments)
            self.assert_ended(result, 0, "no host was screened")
            self.assertEqual(result.out, "")
        full = self.file("full.jsonl", score("10.0.0.1"))
        self.assertEqual(hosts(relays(path, full)), ["10.0.0.1"])
        self.assert_ended(relays(path, DEMO), 0)

    def test_files_that_cannot_be_read(self):
        self.assert_ended(relays(self.folder / "absent"), 1, "absent", "no such file")
        self.assert_ended(relays(self.folder), 1, "directory")
        self.assert_ended(relays(self.file("notes.txt", b"no packets\n" * 9)), 1, "notes.txt", "not a pcap")
        cut = self.file("cut.jsonl.gz", gzip.compress(score("10.0.0.1") * 500)[:-20])
        self.assert_ended(relays(cut), 1, str(cut), "gzip")

    def test_one_of_several_that_cannot_be_read_ends_it_before_anything_is_printed(self):
        good = self.file("good.jsonl", score("10.0.0.1"))
        result = relays(good, self.folder / "absent")
        self.assert_ended(result, 1, "absent")
        self.assertEqual(result.out, "")


class Usage(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.scores = self.file("scores.jsonl", score("10.0.0.1"))

    def test_wrong_usage_is_explained(self):
        scores = self.scores
        cases = [
            ([scores, DEMO], [f"{scores} is a file of scores and {DEMO} is not"]),
            ([DEMO, scores], [f"{scores} is a file of scores and {DEMO} is not"]),
            ([scores, "--set", "relays.sums=128"], ["--set", str(scores), "captures"]),
            ([scores, "--format", "xml"], ["--format"]),
            ([scores, "--limit", "0"], ["--limit"]),
            ([scores, "--host", "10.0.0"], ["--host", "10.0.0"]),
            ([scores, "--set", "relays.sms=128"], ["relays.sms"]),
            ([scores, "--alerts", "x"], ["unknown option '--alerts'"]),
            (["-", "-"], ["standard input", "once"]),
        ]
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                result = relays(*arguments)
                self.assert_ended(result, 2, *words)
                self.assertEqual(result.out, "")

    def test_a_terminal_as_standard_input_is_refused(self):
        controller, terminal = pty.openpty()
        try:
            self.assert_ended(relays(stdin=terminal), 2, "terminal", "--relays FILE")
        finally:
            os.close(controller)
            os.close(terminal)

    def test_a_full_disk_is_told_and_a_closed_pipe_is_not(self):
        for form in ("table", "json", "csv", "svg"):
            with open("/dev/full", "wb") as full:
                self.assert_ended(relays(self.scores, "-f", form, stdout=full), 1, "standard output", "no room left")
            reader, writer = os.pipe()
            os.close(reader)
            result = relays(self.scores, "-f", form, stdout=writer)
            os.close(writer)
            self.assert_ended(result, 1)
            self.assertEqual(result.err, "")


class ScoresOfReplay(harness.TestCase):
    """Where replay's --relays may write."""

    def setUp(self):
        super().setUp()
        self.capture = Path(shutil.copy(DEMO, self.folder / "demo.pcap.gz"))

    def test_a_file_that_is_used_otherwise_is_refused(self):
        before = self.capture.read_bytes()
        new = self.folder / "new"
        other_name = f"{self.folder}/../{self.folder.name}/new"
        link = self.folder / "link"
        link.symlink_to(self.capture)
        cases = [(["--relays", self.capture], "overwrite"), (["--relays", link], "overwrite"),
                 (["--alerts", new, "--relays", new], "the same file"),
                 (["--alerts", new, "--relays", f"{self.folder}/./new"], "the same file"),
                 (["--alerts", other_name, "--relays", new], "the same file"), (["--relays", "-"], "standard output")]
        for arguments, word in cases:
            with self.subTest(arguments=arguments):
                self.assert_ended(replay(*arguments, self.capture), 2, "--relays", word)
                self.assertFalse(new.exists())
        self.assertEqual(self.capture.read_bytes(), before)
        old = self.file("old", b"earlier\n")
        self.assert_ended(replay("--alerts", old, "--relays", old, self.capture), 2, "the same file")
        self.assertEqual(old.read_bytes(), b"earlier\n")
        self.assert_ended(replay("--alerts", "/dev/null", "--relays", "/dev/null", self.capture), 0)

    def test_a_full_disk_is_told_as_for_alerts(self):
        result = replay("--relays", "/dev/full", self.capture)
        self.assert_ended(result, 1, "/dev/full", "no room left", "replay failed")
        self.assertTrue(result.named("stepping_stone"))

    def test_a_folder_that_is_not_there_is_told(self):
        self.assert_ended(replay("--relays", self.folder / "no" / "such", self.capture), 1, "folder does not exist")

    def test_an_existing_file_is_replaced(self):
        path = self.file("scores.jsonl", b'{"schema":"cairn/1","time":"2026-11-21T10:00:00Z","event":"host_score"}\n')
        self.assertEqual(replay("--relays", path, self.capture).code, 0)
        self.assertEqual({event["event"] for event in harness.events_of(path.read_text())}, {"host_score"})

    def test_a_capture_without_hosts_leaves_an_empty_file(self):
        path = self.folder / "scores.jsonl"
        none = self.file("none.pcap", captures.pcap([]))
        self.assertEqual(replay("--relays", path, none).code, 0)
        self.assert_ended(relays(path), 0, "no host was screened")


if __name__ == "__main__":
    harness.main()
