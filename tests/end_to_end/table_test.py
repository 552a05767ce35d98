#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of alerts as people see it: on terminals of several widths, without colour, in the C locale, in a pipe."""
import os
import re
import subprocess
from pathlib import Path

import harness
import terminal
from harness import replay

DEMO = Path(__file__).resolve().parents[2] / "traces" / "demo.pcap.gz"
WIDTHS = (80, 120, 200)
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def on_terminal(columns, **environment):
    """What a person sees on standard output."""
    command = [harness.CAIRN, "replay", *harness.SITE, DEMO]
    code, shown = terminal.shown_on_terminal(command, columns, errors=False, **environment)
    assert code == 0, code
    return shown.replace(b"\r\n", b"\n")


def in_pipe(columns=None, **environment):
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LC_ALL")}
    if columns is not None:
        variables["COLUMNS"] = str(columns)
    done = subprocess.run([harness.CAIRN, "replay", *harness.SITE, DEMO, "--format", "table"], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**variables, **environment}, timeout=harness.TIMEOUT)
    return done.stdout


class Table(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.events = replay(DEMO).events

    def assert_whole(self, text, columns):
        """Plain text of lines that fit, in which each alert and chain can be found by what was shown of its id."""
        self.assertTrue(all(c == "\n" or " " <= c <= "~" for c in text))
        for line in text.splitlines():
            self.assertLessEqual(len(line), columns)
            self.assertEqual(line, line.rstrip())
        words = text.split()
        for event in self.events:
            if event["event"] in ("stepping_stone", "exposure"):
                self.assertIn(event["alert_id"][:8], words)
                self.assertIn(event["chain"][:10], words)
        for words in ("TIME", "KIND", "ID", "UPSTREAM -> STONE -> DOWNSTREAM", "direct", "exposure", "match 100%",
                      "by chance", "incidents (chains):"):
            self.assertIn(words, text)
        self.assertNotRegex(text, r"[0-9]e[+-]?[0-9]{2}\b")  # no odds as 6e+270

    def test_terminals_of_three_widths(self):
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                shown = on_terminal(columns).decode("ascii")
                self.assertIn("\x1b[", shown)
                self.assert_whole(COLOUR.sub("", shown), columns)

    def test_without_colour_the_same_words(self):
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                plain = on_terminal(columns, NO_COLOR="1").decode("ascii")
                self.assertNotIn("\x1b", plain)
                self.assertEqual(plain, COLOUR.sub("", on_terminal(columns).decode("ascii")))
                self.assertEqual(plain, on_terminal(columns, TERM="dumb").decode("ascii"))

    def test_the_locale_changes_nothing(self):
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                self.assertEqual(on_terminal(columns, LC_ALL="C"), on_terminal(columns, LC_ALL="C.UTF-8"))

    def test_a_pipe_has_no_colour_and_the_width_it_is_told(self):
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                text = in_pipe(columns, LC_ALL="C")
                self.assertEqual(text, on_terminal(columns, NO_COLOR="1"))
        self.assert_whole(in_pipe().decode("ascii"), 100)
        self.assertEqual(in_pipe(), in_pipe(100))

    def test_what_is_shown_at_each_width(self):
        first = next(event for event in self.events if event["event"] == "stepping_stone")
        start = f"{first['time'][11:19]}  direct         {first['alert_id'][:8]}  "
        path = "172.16.11.2 -> 10.10.0.16:513 -> 172.16.4.2:22"
        why = "match 100%, run 7, lag 0.1 ms; by chance once in 100,000 years at this site; "
        chain = f"chain {first['chain'][:10]}"
        rows = {columns: in_pipe(columns).decode().split("\n(")[0].splitlines()[2:] for columns in WIDTHS}
        self.assertEqual(rows[80][0], start + "172.16.11.2 -> 10.10.0.16:513")
        self.assertEqual(rows[80][1].strip(), "-> 172.16.4.2:22")
        self.assertEqual(rows[120][0], start + path)
        self.assertEqual((rows[120][1].strip() + " " + rows[120][2].strip()), why + chain)
        self.assertEqual(rows[200][0], f"{start}{path:<58}{why}{chain}")


if __name__ == "__main__":
    harness.main()
