#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The command line of stopd."""
import os
import subprocess

import harness

STOPD = os.environ.get("STOPD", "build/bin/stopd")
TOKEN = "0123456789abcdef" * 4


def stopd(*arguments, prefix=()):
    done = subprocess.run([*prefix, STOPD, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=harness.TIMEOUT, check=False)
    return harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode())


class Usage(harness.TestCase):
    def test_help_names_every_command(self):
        for arguments in (["--help"], ["help"]):
            done = stopd(*arguments)
            self.assertEqual(done.code, 0)
            for command in ("run", "redeem", "list", "head", "verify", "config", "ca"):
                self.assertIn(f"  {command}", done.out)
        self.assertRegex(stopd("--version").out, r"^stopd \d+\.\d+\.\d+\n$")
        self.assertIn("redemptions.jsonl", stopd("help", "redeem").out)

    def test_wrong_usage_says_what_to_do(self):
        for arguments, words in [([], "run"), (["rum"], "Did you mean 'run'?"), (["redeem"], "TOKEN"),
                                 (["run", "--confg", "x"], "Did you mean '--config'?"), (["list", "more"], "unexpected argument"),
                                 (["run", "-s", "listen.prot=1"], "listen.port"), (["run", "-s", "listen.port=0"], "from 1 to 65535"),
                                 (["run", "-s", "recursion.cycle_window=60s"], "2min"),
                                 (["run", "-c", self.folder / "none.yaml"], "none.yaml"),
                                 (["redeem", "0123"], "64 hexadecimal digits"), (["redeem", "z" * 64], "64 hexadecimal digits")]:
            done = stopd(*arguments)
            self.assertEqual((done.code, done.out), (2, ""), arguments)
            self.assertIn(words, done.err)

    def test_a_configuration_is_checked_with_its_place(self):
        good = self.file("good.yaml", b"listen: {port: 1113}\nstore:\n  folder: /srv/tokens\n")
        done = stopd("config", "check", good)
        self.assertEqual((done.code, done.out), (0, f"{good}: no fault found\n"))
        self.assertIn("  port: 1113\n", stopd("config", "show", "-c", good).out)
        bad = self.file("bad.yaml", b"listen:\n  port: 1113\n  elsewhere: [::1]\nlimits:\n  max_requests: many\n")
        done = stopd("config", "check", bad)
        self.assertEqual(done.code, 2)
        self.assertIn(f"{bad}:3:3: ", done.err)
        self.assertIn("limits.max_requests", done.err)

    def test_the_shipped_configuration_is_the_default(self):
        shown = stopd("config", "show", "-c", self.file("empty.yaml", b"")).out
        default = self.file("default.yaml", stopd("config", "default").out.encode())
        self.assertEqual(stopd("config", "show", "-c", default).out, shown)

    def test_a_store_that_is_not_there(self):
        folder = self.folder / "none"
        for command in (["list"], ["head"], ["verify"], ["redeem", TOKEN.upper()]):
            done = stopd(*command, "-s", f"store.folder={folder}")
            self.assertEqual((done.code, done.out), (1, ""), command)
            self.assertIn(str(folder), done.err)

    def test_a_token_that_was_never_given_out(self):
        store = self.folder / "store"
        (store / "records").mkdir(parents=True)
        done = stopd("redeem", TOKEN, "-s", f"store.folder={store}")
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("no such token", done.err)
        self.assertIn('"found":"unknown token"', (store / "redemptions.jsonl").read_text())
        self.assertEqual(stopd("list", "-s", f"store.folder={store}").code, 0)
        self.assertEqual(stopd("verify", "-s", f"store.folder={store}").code, 0)
        self.assertEqual(stopd("head", "-s", f"store.folder={store}").out, f"0:{'0' * 64}\n")

    def test_what_keeps_the_daemon_from_starting(self):
        self.needs(harness.IS_ROOT, "root")
        store = f"store.folder={self.folder}/store"
        done = stopd("run", "-s", "listen.user=no_such_user_here", "-s", store)
        self.assertEqual(done.code, 1)
        self.assertIn("adduser", done.err)
        done = stopd("run", "-s", "listen.user=root", "-s", store)
        self.assertEqual(done.code, 2)
        self.assertIn("is root", done.err)
        done = stopd("run", "-s", "listen.user=nobody", "-s", "listen.addresses=[192.0.2.77]", "-s", store)
        self.assertEqual(done.code, 1)
        self.assertIn("cannot listen on 192.0.2.77:113", done.err)
        done = stopd("run", prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertEqual(done.code, 1)
        self.assertIn("must be started as root", done.err)


if __name__ == "__main__":
    harness.main()
