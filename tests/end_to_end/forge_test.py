#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cairn-traces forge on the command line: what it takes, what it refuses and how, and what cairn makes of the result."""
import gzip
import subprocess

import captures
import harness


class Forge(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.contents = captures.pcap(captures.chain())
        self.capture = self.file("chain.pcap", self.contents)
        self.out = self.folder / "forged.pcap"

    def forge(self, *arguments, stdin=subprocess.DEVNULL):
        done = subprocess.run([harness.GENERATOR, "forge", *map(str, arguments)], stdin=stdin, capture_output=True,
                              timeout=harness.TIMEOUT, check=False)
        return harness.Run(done.returncode, done.stdout, done.stderr.decode() + done.stdout.decode(errors="replace"))

    def expect_refused(self, words, *arguments):
        result = self.forge(self.capture, self.out, *arguments)
        self.assert_ended(result, 2, *words)
        self.assertFalse(self.out.exists())

    def test_it_counts_what_it_forged_and_cairn_reads_it(self):
        result = self.forge(self.capture, self.out, "--attack", "ahead", "--ahead", 1000, "--every", 5)
        self.assert_ended(result, 0, f"{len(captures.chain())} packets", "forged into 4 flows")
        forged = int(result.err.split(" forged")[0].split()[-1])
        self.assertGreater(forged, 10)
        summary = harness.summary_of(harness.replay(self.out, "--summary", "json").err)["capture"]
        self.assertEqual(summary["packets"], len(captures.chain()) + forged)
        self.assertEqual(summary["clamped"] + summary["reordered"], 0)

    def test_without_an_attack_it_copies(self):
        self.assert_ended(self.forge(self.capture, self.out), 0)
        self.assertEqual(self.out.read_bytes(), self.contents)

    def test_compressed_files_and_pipes(self):
        options = ("--attack", "data", "--every", 3)
        self.assert_ended(self.forge(self.capture, self.out, *options), 0)
        packed = self.file("chain.pcap.gz", gzip.compress(self.contents))
        self.assert_ended(self.forge(packed, self.folder / "forged.pcap.gz", *options), 0)
        self.assertEqual(gzip.decompress((self.folder / "forged.pcap.gz").read_bytes()), self.out.read_bytes())
        with open(self.capture, "rb") as pipe:
            done = subprocess.run([harness.GENERATOR, "forge", "-", "-", *map(str, options)], stdin=pipe,
                                  capture_output=True, timeout=harness.TIMEOUT, check=True)
        self.assertEqual(done.stdout, self.out.read_bytes())

    def test_protect_may_stand_before_the_files(self):
        result = self.forge("--protect", "10.10.0.0/16", "--one-direction", "enter", self.capture, self.out)
        self.assert_ended(result, 0, " left out")

    def test_wrong_usage_is_refused_before_anything_is_written(self):
        self.expect_refused(["--attack", "nonsense"], "--attack", "nonsense", "--once")
        self.expect_refused(["--every, --interval or --once"], "--attack", "data")
        self.expect_refused(["would not ignore 'rst'"], "--attack", "rst", "--ignored-for", "state", "--once")
        self.expect_refused(["protected networks"], "--attack", "rst", "--by", "outsider", "--once")
        self.expect_refused(["outsider cannot"], "--attack", "confirmed", "--by", "outsider", "--once", *harness.SITE)
        self.expect_refused(["--ttl"], "--attack", "rst", "--ttl", 0, "--once")
        self.expect_refused(["--ttl"], "--attack", "rst", "--ttl", 256, "--once")
        self.expect_refused(["--interval"], "--attack", "rst", "--interval", 0)
        self.expect_refused(["--run"], "--attack", "data", "--run", 0, "--once")
        self.expect_refused(["1 to 60000"], "--attack", "data", "--payload", 70000, "--once")
        self.expect_refused(["10.10"], "--protect", "10.10")
        self.expect_refused(["--one-direction"], "--one-direction", "up")
        self.assert_ended(self.forge(self.capture), 2, "OUT")

    def test_files_that_cannot_be_read(self):
        for contents, code, word in ((b"", 2, "is empty"), (self.contents[:-7], 1, "bytes are there"),
                                     (b"no capture" * 20, 2, "not a classic pcap"), (self.contents[:15], 2, "pcap"),
                                     (gzip.compress(self.contents, mtime=0)[:-40], 1, "gzip")):
            path = self.file("damaged.pcap", contents)
            self.assert_ended(self.forge(path, self.out, "--attack", "data", "--once"), code, str(path), word)
            self.assertFalse(self.out.exists())
        self.assert_ended(self.forge(self.folder / "absent.pcap", self.out), 1, "absent.pcap")
        self.assert_ended(self.forge(self.folder, self.out), 2, "directory")
        cooked = self.file("cooked.pcap", captures.pcap(captures.chain(), link=113))
        self.assert_ended(self.forge(cooked, self.out, "--attack", "data", "--once"), 2, "Ethernet")

    def test_files_that_cannot_be_written(self):
        self.assert_ended(self.forge(self.capture, "/dev/full"), 1, "/dev/full", "No space left")
        self.assert_ended(self.forge(self.capture, self.folder / "no" / "such.pcap"), 1, "such.pcap")

    def test_help_names_every_attack_and_the_reasons(self):
        result = self.forge("--help")
        self.assertEqual(result.code, 0)
        for word in ("rst-window", "ack-ahead", "confirmed", "checksum", "paws", "outsider-blind"):
            self.assertIn(word, result.err)


if __name__ == "__main__":
    harness.main()
