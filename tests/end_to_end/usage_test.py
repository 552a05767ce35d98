#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Wrong usage exits with 2, says what is wrong and suggests what may be meant; help and version exit with 0."""
import os
import pty
import subprocess

import captures
import harness
from harness import replay, run


class Usage(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chain.pcap", captures.pcap(captures.chain()))

    def test_wrong_usage_is_explained(self):
        capture = self.capture
        cases = [
            (["rpelay"], ["'rpelay' is not a command", "'replay'"]),
            (["help", "wacth"], ["'wacth' is not a command", "'watch'"]),
            (["replay", "--fromat", "json", capture], ["'--fromat'", "'--format'"]),
            (["replay", "--format", "xml", capture], ["--format", "table"]),
            (["replay", "--threads", "0", capture], ["--threads"]),
            (["replay", "--threads", "many", capture], ["--threads"]),
            (["replay", "--protect", "10.0.0.0/33", capture], ["10.0.0.0/33", "0 to 32"]),
            (["replay", "--protect", "inside", capture], ["--protect", "inside", "192.0.2.0/24"]),
            (["replay", "--set", "timing.direct.min_rato=0.5", capture], ["min_rato", "min_ratio"]),
            (["replay", "--set", "timing.direct.min_ratio=lots", capture], ["min_ratio"]),
            (["replay", "--config", self.folder / "absent.yaml", capture], ["absent.yaml"]),
            (["watch"], ["--interface"]),
            (["watch", "-i", "lo", "--count", "0"], ["--count"]),
            (["watch", "-i", "lo", "--duration", "-1"], ["--duration"]),
            ([], ["Usage", "replay", "watch"]),
        ]
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                result = run(*arguments)
                self.assert_ended(result, 2, *words)
                self.assertEqual(result.out, "")

    def test_contradictory_options_are_refused(self):
        capture = self.capture
        cases = [
            (["--alerts", "-", "--format", "table", capture], ["--alerts -", "--format table"]),
            (["--quiet", "--summary", "json", capture], ["--quiet", "--summary"]),
            (["-", "-"], ["standard input", "once"]),
            (["--alerts", capture, capture], ["overwrite", str(capture)]),
            (["--format", "json", "--format", "table", capture], ["--format"]),
        ]
        before = capture.read_bytes()
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                self.assert_ended(replay(*arguments), 2, *words)
        self.assertEqual(capture.read_bytes(), before)

    def test_a_bad_configuration_is_told_with_its_place(self):
        config = self.file("site.yaml", b"timing:\n  direct:\n    idel_threshold: 300ms\n")
        result = replay("--config", config, self.capture)
        self.assert_ended(result, 2, f"{config}:3:", "idle_threshold")

    def test_help_and_version(self):
        for arguments in (["--help"], ["help"], ["help", "replay"], ["replay", "--help"], ["watch", "-h"]):
            result = run(*arguments)
            self.assert_ended(result, 0)
            self.assertIn("Usage: cairn", result.out)
            self.assertEqual(result.err, "")
        self.assertRegex(run("--version").out, r"^cairn \d+\.\d+\.\d+\n$")
        with open("/dev/full", "wb") as full:
            self.assertEqual(run("--version", stdout=full).code, 1)

    def test_a_terminal_as_standard_input_is_refused(self):
        controller, terminal = pty.openpty()
        try:
            for arguments in ([], ["-"]):
                self.assert_ended(replay(*arguments, stdin=terminal), 2, "terminal", "tcpdump -w -")
        finally:
            os.close(controller)
            os.close(terminal)

    def test_settings_change_what_is_found(self):
        self.assertEqual(len(replay(self.capture).named("stepping_stone")), 1)
        strict = replay(self.capture, "--set", "timing.direct.min_hits=1000000", "--set", "slots.enabled=false")
        self.assert_ended(strict, 0)
        self.assertEqual(strict.named("stepping_stone"), [])
        elsewhere = run("replay", "--protect", "192.0.2.0/24", self.capture)
        self.assert_ended(elsewhere, 0)
        self.assertEqual(elsewhere.named("stepping_stone"), [])
        no_networks = run("replay", self.capture)
        self.assertEqual(len(no_networks.named("stepping_stone")), 1)

    def test_protect_takes_the_place_of_the_configured_networks(self):
        config = self.file("site.yaml", b"protected_networks: [192.0.2.0/24]\n")
        self.assertEqual(run("replay", "--config", config, self.capture).named("stepping_stone"), [])
        self.assertEqual(len(replay("--config", config, self.capture).named("stepping_stone")), 1)


class OnATerminal(harness.TestCase):
    def run_on_terminal(self, *arguments):
        """Standard output and error as a person sees them."""
        controller, terminal = pty.openpty()
        environment = {**os.environ, "TERM": "xterm"}
        environment.pop("NO_COLOR", None)
        with subprocess.Popen([harness.CAIRN, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=terminal,
                              stderr=terminal, env=environment) as process:
            os.close(terminal)
            shown = b""
            while True:
                try:
                    chunk = os.read(controller, 65536)
                except OSError:  # the other end is closed
                    break
                if not chunk:
                    break
                shown += chunk
        os.close(controller)
        return process.returncode, shown.decode()

    def test_a_person_gets_a_table_and_a_digest(self):
        capture = self.file("chain.pcap", captures.pcap(captures.chain(clear_text=True)))
        alerts = self.folder / "alerts.jsonl"
        code, shown = self.run_on_terminal("replay", *harness.SITE, "--alerts", alerts, capture)
        self.assertEqual(code, 0)
        for words in ("TIME", "172.16.0.2", "10.10.0.15:23", "172.17.0.2:22", "exposure", "1 incident (chain):", "TCP segments",
                      "\x1b["):
            self.assertIn(words, shown)
        self.assertTrue(harness.events_of(alerts.read_text()))

    def test_quiet_leaves_the_alerts_only(self):
        capture = self.file("chain.pcap", captures.pcap(captures.chain()))
        code, shown = self.run_on_terminal("replay", *harness.SITE, "--quiet", "--format", "json", capture)
        self.assertEqual(code, 0)
        self.assertTrue(all(line.startswith("{") for line in shown.splitlines()))


if __name__ == "__main__":
    harness.main()
