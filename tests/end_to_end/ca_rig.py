# SPDX-License-Identifier: BSD-3-Clause
"""An authority of `stopd ca` in a folder, for its tests."""
import json
import os
import subprocess

import harness

STOPD = os.environ.get("STOPD", "build/bin/stopd")
PASSPHRASE = "correct horse battery"


class Ca(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.ca = self.folder / "ca"
        self.passphrase = self.file("passphrase", PASSPHRASE.encode() + b"\n")

    def run_ca(self, *arguments, stdin="", prefix=(), **options):
        done = subprocess.run([*prefix, STOPD, "ca", *map(str, arguments)], input=stdin.encode(), stdout=options.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, timeout=harness.TIMEOUT, check=False, **options)
        return harness.Run(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())

    def done(self, *arguments, **options):
        result = self.run_ca(*arguments, **options)
        self.assert_ended(result, 0)
        return result.out

    def fails(self, code, arguments, *words, **options):
        result = self.run_ca(*arguments, **options)
        self.assert_ended(result, code, *words)
        self.assertEqual(result.out, "")
        self.assertTrue(result.err.startswith("stopd ca"), result.err)

    def init(self):
        self.done("init", self.ca, "--name", "example", "--passphrase-file", self.passphrase)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT, cwd=self.folder)

    def host(self, name):
        return self.folder / f"host-{name}"

    def request(self, name, *addresses, more=()):
        token = self.done("invite", self.ca, name, *[word for each in addresses for word in ("--address", each)], *more)
        return self.file(f"{name}.csr", self.done("request", "--token", token.strip(), "--folder", self.host(name)).encode())

    def issue(self, request):
        return self.file("issued.crt", self.done("issue", self.ca, request, "--passphrase-file", self.passphrase).encode())

    def enrol(self, name, *addresses, more=()):
        issued = self.issue(self.request(name, *addresses, more=more))
        return self.done("install", issued, "--folder", self.host(name), "--authorities", self.ca / "ca.crt", "--revocations",
                         self.ca / "ca.crl")

    def check_of(self, certificate, *more):
        return self.run_ca("check", certificate, "--authorities", self.ca / "ca.crt", *more)

    def serials(self):
        return [json.loads(line)["serial"] for line in self.done("list", self.ca, "--json").splitlines()]
