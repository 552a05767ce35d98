#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""stopd ca serve: hosts enrol and renew over the network, and strangers gain nothing."""
import os
import socket
import subprocess
from pathlib import Path

import ca_rig
import harness


class Service(ca_rig.Ca):
    def serve(self, *more):
        """The service, and where it listens."""
        process = subprocess.Popen([ca_rig.STOPD, "ca", "serve", str(self.ca), "--listen", "127.0.0.1:0", "--passphrase-file",
                                    str(self.passphrase), *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def end():
            process.terminate()
            process.wait(harness.TIMEOUT)
            process.stdout.close()
            process.stderr.close()
        self.addCleanup(end)
        said = process.stderr.readline().decode()
        self.assertIn("listens on 127.0.0.1:", said)
        return process, said.split()[-1]

    def test_enrolment_and_renewal_over_the_network(self):
        self.init()
        process, service = self.serve()
        token = self.done("invite", self.ca, "web", "--address", "192.0.2.7").strip()
        host = self.host("web")
        self.assertIn("name       web\n", self.done("request", "--token", token, "--folder", host, "--from", service))
        self.assertEqual((host / "host.key").stat().st_mode & 0o777, 0o600)
        first = (host / "host.crt").read_bytes()
        self.done("crl", self.ca, "--passphrase-file", self.passphrase)
        self.assertEqual(self.done("request", "--renew", "--if-due", "--folder", host, "--from", service), "")
        self.assertEqual((host / "host.crt").read_bytes(), first)
        self.assertEqual((host / "ca.crl").read_bytes(), (self.ca / "ca.crl").read_bytes())
        self.assertIn("name       web\n", self.done("request", "--renew", "--folder", host, "--from", service))
        self.assertNotEqual((host / "host.crt").read_bytes(), first)
        self.fails(1, ("request", "--token", token, "--folder", self.host("x"), "--from", service), "used already")
        process.terminate()
        self.assertEqual(process.wait(harness.TIMEOUT), 0)
        self.assertIn("granted: 3, denied: 1", process.stderr.read().decode())
        self.fails(1, ("request", "--renew", "--folder", host, "--from", service), "no answer of the authority's service")
        self.fails(2, ("request", "--renew", "--folder", host, "--from", "somewhere"), "no address and port")

    def test_what_floods_the_service_keeps_nobody_out_for_long(self):
        self.init()
        self.enrol("web", "192.0.2.7")
        process, service = self.serve()
        port = int(service.rsplit(":", 1)[1])
        idle = []
        for i in range(50):  # from other addresses of this host
            each = socket.socket()
            each.settimeout(harness.TIMEOUT)
            each.bind((f"127.0.1.{i // 5 + 1}", 0))
            each.connect(("127.0.0.1", port))
            each.sendall(os.urandom(200) if i % 2 else b"")
            idle.append(each)
        for each in idle:  # refused, or let go after ten seconds
            try:
                while each.recv(1000):
                    pass
            except ConnectionResetError:
                pass
            each.close()
        self.assertEqual(self.done("request", "--renew", "--if-due", "--folder", self.host("web"), "--from", service), "")
        process.terminate()
        self.assertEqual(process.wait(harness.TIMEOUT), 0)

    def test_the_service_becomes_the_owner_of_its_folder_and_gives_up_the_rest(self):
        self.needs(harness.IS_ROOT, "root")
        self.init()
        self.folder.chmod(0o711)
        for path in (self.ca, *self.ca.rglob("*")):
            os.chown(path, 65534, 65534)
        self.passphrase.chmod(0o600)
        process, service = self.serve()
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
        self.assertEqual(status["Uid"].split(), ["65534"] * 4)
        self.assertEqual(status["Gid"].split(), ["65534"] * 4)
        self.assertEqual(status["Groups"].strip(), "")
        self.assertEqual((int(status["CapPrm"], 16), status["NoNewPrivs"], status["Seccomp"]), (0, "1", "2"))
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        token = self.done("invite", self.ca, "web", "--address", "192.0.2.7", prefix=nobody).strip()
        self.assertIn("name       web\n", self.done("request", "--token", token, "--folder", self.host("web"), "--from", service))
        self.assertIn("name       web\n", self.done("request", "--renew", "--folder", self.host("web"), "--from", service))
        process.terminate()
        self.assertEqual(process.wait(harness.TIMEOUT), 0)
        self.assertNotIn("works as root", process.stderr.read().decode())

    def test_a_service_that_works_as_root_is_told_of(self):
        self.needs(harness.IS_ROOT, "root")
        self.init()
        process, _ = self.serve()
        self.assertIn("works as root", process.stderr.readline().decode())


if __name__ == "__main__":
    harness.main()
