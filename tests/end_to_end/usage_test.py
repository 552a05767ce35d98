#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Wrong usage exits with 2, says what is wrong and suggests what may be meant; help and version exit with 0."""
import contextlib
import gzip
import os
import pty
import shlex
import sqlite3
import subprocess
from pathlib import Path

import captures
import harness
from harness import replay, run
from terminal import shown_on_terminal

TABLE = Path(__file__).with_name("wrong_usage.txt")
PROGRAMS = {"cairn": harness.CAIRN, "cairn-lab": harness.LAB, "stopd": os.environ.get("STOPD", "build/bin/stopd"), "cairn-traces": harness.GENERATOR}


class Usage(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chain.pcap", captures.pcap(captures.chain()))

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

    def test_the_system_configuration_is_read_unless_another_is_named(self):
        site = self.file("site.yaml", b"protected_networks: [192.0.2.0/24]\n")
        other = self.file("other.yaml", b"protected_networks: [10.10.0.0/16]\n")
        system = {**os.environ, "CAIRN_CONFIG": str(site)}
        found = run("replay", self.capture, env=system)
        self.assertEqual(found.named("stepping_stone"), [])
        self.assertIn(f"cairn replay: the configuration is {site} (--no-config: none)\n", found.err)
        self.assertNotIn("configuration", run("replay", "--quiet", self.capture, env=system).err)
        for options in (["--config", other], ["--no-config"], ["--protect", "10.10.0.0/16"]):
            with self.subTest(options=options):
                self.assertEqual(len(run("replay", *options, self.capture, env=system).named("stepping_stone")), 1)
        self.assertIn("192.0.2.0/24", run("config", "show", env=system).out)
        self.assertIn("protected_networks: []", run("config", "show", "--no-config", env=system).out)
        broken = {**os.environ, "CAIRN_CONFIG": str(self.file("broken.yaml", b"nonsense: 1\n"))}
        self.assert_ended(run("replay", self.capture, env=broken), 2, "broken.yaml:1:1: unknown key")

    def test_a_filter_that_does_nothing_is_told(self):
        filtered = replay("--set", "capture.filter=tcp port 22", self.capture)
        self.assert_ended(filtered, 0, "capture.filter is for live capture and does nothing here", "tcpdump -r")
        self.assertEqual(filtered.out, replay(self.capture).out)
        self.assertNotIn("capture.filter", replay("--quiet", "--set", "capture.filter=tcp", self.capture).err)

    def test_networks_may_stand_in_a_list(self):
        listed = run("config", "show", "--protect", "192.0.2.0/24,2001:db8::/32", "--protect", "10.0.0.0/8").out
        self.assertIn('protected_networks: [192.0.2.0/24, "2001:db8::/32", 10.0.0.0/8]', listed)

    def test_protect_takes_the_place_of_the_configured_networks(self):
        config = self.file("site.yaml", b"protected_networks: [192.0.2.0/24]\n")
        self.assertEqual(run("replay", "--config", config, self.capture).named("stepping_stone"), [])
        self.assertEqual(len(replay("--config", config, self.capture).named("stepping_stone")), 1)


def cases():
    """(number of the line, exit status, command line, words) of wrong_usage.txt."""
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        status, command, *words = (part.strip(" ") for part in line.split(" | "))
        yield number, int(status), command, [word.replace("\\n", "\n") for word in words]


class WrongUsage(harness.TestCase):
    """Each line of the table: exit status, message, and that it cost nobody a file."""

    def setUp(self):
        super().setUp()
        contents = captures.pcap(captures.chain())
        self.names = {
            "capture": self.file("chain.pcap", contents),
            "packed": self.file("chain.pcap.gz", gzip.compress(contents)),
            "pcapng": self.file("chain.pcapng", bytes.fromhex("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000")),
            "yaml": self.file("site.yaml", b"# The site.\nprotected_networks: [10.10.0.0/16]\n"),
            "alerts": self.file("alerts.jsonl", b'{"schema":"cairn/1","time":"2026-11-21T10:00:00Z","event":"chain"}\n'),
            "scores": self.file("scores.jsonl", b'{"schema":"cairn/1","time":"2026-11-21T10:00:00Z","event":"host_score"}\n'),
            "tsv": self.file("sessions.tsv", b"session_id\tclient_ip\n"),
            "notes": self.file("notes", b"Dear all,\nthis is a letter.\n"),
            "real_zeek": self.file("conn.log", b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
                                               b"#path\tconn\n#open\t2026-11-21-10-00-00\n#fields\tts\tuid\n"),
            "truth": self.file("other.truth.json", b'{"name":"other","connections":[]}\n'),
            "books": self.folder / "books.sqlite",
            "link": self.folder / "link.pcap",
            "hard": self.folder / "hard.pcap",
            "dangling": self.folder / "dangling",
            "dir": self.folder / "dir",
            "new": self.folder / "new",
        }
        self.names["link"].symlink_to(self.names["capture"])
        self.names["hard"].hardlink_to(self.names["capture"])
        self.names["dangling"].symlink_to(self.folder / "nowhere")
        self.names["dir"].mkdir()
        with contextlib.closing(sqlite3.connect(self.names["books"])) as books:
            books.execute("CREATE TABLE books(title)")
            books.commit()

    def filled(self, text):
        for name, path in self.names.items():
            text = text.replace("{" + name + "}", str(path))
        return text

    def everything(self):
        return {path.name: path.read_bytes() if path.is_file() else None for path in self.folder.iterdir()}

    def test_every_line_of_the_table(self):
        before = self.everything()
        told = 0
        for number, status, command, words in cases():
            told += 1
            program, *arguments = shlex.split(self.filled(command))
            if not PROGRAMS[program]:
                continue
            with self.subTest(line=number, command=command):
                done = subprocess.run([PROGRAMS[program], *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                      timeout=harness.TIMEOUT)
                result = harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode())
                self.assert_ended(result, status, *map(self.filled, words))
                self.assertEqual(result.out, "")
                self.assertEqual(self.everything(), before)
        self.assertGreaterEqual(told, 120)


class OnATerminal(harness.TestCase):
    def run_on_terminal(self, *arguments):
        """Standard output and error as a person sees them."""
        code, shown = shown_on_terminal([harness.CAIRN, *arguments])
        return code, shown.decode()

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
