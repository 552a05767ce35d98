#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cairn trace, and traces upon alerts, where no agent is: what is asked, what is said, and with which files."""
import json
import os
import shutil
import signal
import socket
import subprocess

import harness

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../traces/demo.pcap.gz")
PATIENCE = 20
# Loopback: nobody listens there on port 9.
CONNECTION = ["127.0.0.1:40022", "127.0.0.2:22"]
NOBODY = ["--port", "9"]


class Trace(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.needs(shutil.which("openssl"), "openssl")
        self.make_key("ca")
        self.openssl("req", "-x509", "-new", "-key", "ca.key", "-days", "3", "-subj", "/CN=site", "-out", "ca.crt",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.issue("sensor", "clientAuth")

    def openssl(self, *words, data=None):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, input=data, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def make_key(self, name):
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        (self.folder / f"{name}.key").chmod(0o600)

    def issue(self, name, uses, days=2):
        self.make_key(name)
        (self.folder / "parts").write_text(f"subjectAltName=DNS:{name}.example.org\nextendedKeyUsage={uses}\n")
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", str(days), "-extfile", "parts", "-out", f"{name}.crt")

    def files(self, **other):
        names = {"certificate": "sensor.crt", "key": "sensor.key", "authorities": "ca.crt", "revocations": "ca.crl", **other}
        return [word for option, name in names.items() for word in (f"--{option}", self.folder / name)]

    def settings(self):
        return [word for option, name in (("certificate", "sensor.crt"), ("key", "sensor.key"), ("authorities", "ca.crt"),
                                          ("revocations", "ca.crl"))
                for word in ("--set", f"traceback.tracing.{option}={self.folder / name}")]

    def trace(self, *words, **files):
        return harness.run("trace", *words, *self.files(**files), *NOBODY)

    def test_where_nobody_listens_nothing_is_known(self):
        for target in (CONNECTION, [" ".join(CONNECTION)]):
            run = self.trace(*target)
            self.assert_ended(run, 1)
            self.assertIn("nothing is known (no_agent)", run.out)
        run = self.trace(*CONNECTION, "--json")
        self.assertEqual(run.code, 1)
        (done,) = run.events
        self.assertEqual((done["event"], done["end"], done["reason"]), ("trace_done", None, "no_agent"))
        self.assertEqual((done["alert_id"], done["chain"], done["hop_count"]), (None, None, 0))
        self.assertEqual(done["asked"], {"local": {"ip": "127.0.0.1", "port": 40022}, "remote": {"ip": "127.0.0.2", "port": 22}})

    def test_an_agent_that_says_nothing_is_waited_for_no_longer_than_told(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            run = harness.run("trace", *CONNECTION, *self.files(), "--port", listener.getsockname()[1], "--timeout", "300ms",
                              "--json")
        self.assertEqual((run.code, run.events[0]["reason"]), (1, "silent"), run.out)

    def test_a_signal_ends_the_wait_with_what_is_known(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            process = subprocess.Popen(
                [harness.CAIRN, "trace", *CONNECTION, *map(str, self.files()), "--port", str(listener.getsockname()[1]),
                 "--timeout", "60", "--set", "traceback.tracing.peer_timeout=60s", "--json"], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            listener.settimeout(PATIENCE)
            connection, _ = listener.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
            connection.close()
        self.assertEqual(process.returncode, 128 + signal.SIGINT, err)
        self.assertEqual(json.loads(out)["reason"], "unfinished")

    def test_each_file_that_cannot_be_used_is_named(self):
        self.file("empty", b"")
        self.file("notes", b"these are notes\n")
        for option in ("certificate", "key", "authorities"):
            with self.subTest(option):
                self.assert_ended(self.trace(*CONNECTION, **{option: "new"}), 1, f"{option} {self.folder}/new: No such file",
                                  "docs/traceback.md")
                (self.folder / "empty").chmod(0o600)
                self.assert_ended(self.trace(*CONNECTION, **{option: "empty"}), 1, f"{option} {self.folder}/empty: it is empty")
                (self.folder / "notes").chmod(0o600)
                self.assert_ended(self.trace(*CONNECTION, **{option: "notes"}), 1, f"{self.folder}/notes")
                self.assert_ended(self.trace(*CONNECTION, **{option: "."}), 1, "it is no file")
                if not harness.IS_ROOT:
                    (self.folder / "notes").chmod(0o000)
                    self.assert_ended(self.trace(*CONNECTION, **{option: "notes"}), 1, "Permission denied")
        self.assert_ended(self.trace(*CONNECTION, revocations="notes"), 1, f"{self.folder}/notes")

    def test_a_key_for_everybody_and_a_certificate_of_an_agent_are_refused(self):
        (self.folder / "sensor.key").chmod(0o644)
        self.assert_ended(self.trace(*CONNECTION), 1, "everybody may read or write it; chmod o=")
        (self.folder / "sensor.key").chmod(0o600)
        self.issue("agent", "clientAuth,serverAuth")
        self.assert_ended(self.trace(*CONNECTION, certificate="agent.crt", key="agent.key"), 1, "it is that of an agent")
        self.assert_ended(self.trace(*CONNECTION, key="agent.key"), 1, "it is not the key of the certificate")
        self.issue("old", "clientAuth", days=-1)
        self.assert_ended(self.trace(*CONNECTION, certificate="old.crt", key="old.key"), 1, "no agent would believe it (expired)")

    def alerts(self):
        path = self.folder / "alerts.jsonl"
        harness.replay(DEMO, "--alerts", path, "--quiet")
        return path, [e for e in harness.events_of(path.read_text()) if e["event"] == "stepping_stone"]

    def test_an_alert_is_found_by_the_begin_of_its_id(self):
        path, stones = self.alerts()
        stone = stones[0]
        # Nobody is there: the demo's hosts are not of this machine.
        for words in ([stone["alert_id"], path], [stone["alert_id"][:10], path]):
            run = harness.run("trace", *words, *self.files(), *NOBODY, "--timeout", "200ms", "--json")
            self.assertEqual(run.code, 1, run.err)
            (done,) = run.events
            self.assertEqual((done["alert_id"], done["chain"], done["time"]), (stone["alert_id"], stone["chain"], stone["time"]))
            self.assertEqual(done["asked"]["local"], stone["downstream"]["orig"])
        with open(path, "rb") as alerts:
            piped = harness.run("trace", stone["alert_id"], *self.files(), *NOBODY, "--timeout", "200ms", "--json", stdin=alerts)
        self.assertEqual(piped.events[0]["alert_id"], stone["alert_id"], piped.err)
        self.file("none", b"")
        self.assert_ended(harness.run("trace", "ab", self.folder / "none", *self.files()), 1, "no alert that names a stepping stone")
        doubled = self.file("two", b"".join(
            json.dumps({**stone, "alert_id": f"ab{i}" + "0" * 13}).encode() + b"\n" for i in range(2)))
        self.assert_ended(harness.run("trace", "ab", doubled, *self.files()), 2, "'ab' is the beginning of 2 ids", "ab10000000000000")

    def test_a_replay_traces_only_when_it_is_told_to_ask(self):
        traced = [*self.settings(), "--set", "traceback.trace=true", "--set", "traceback.tracing.port=9", "--set",
                  "traceback.allowed_networks=192.0.2.0/24", "--summary", "json"]
        plain = harness.replay(DEMO, "--summary", "none")
        quiet = harness.replay(DEMO, *traced)
        self.assertEqual(quiet.out, plain.out)
        self.assertNotIn("tracing", harness.summary_of(quiet.err))
        asked = harness.replay(DEMO, *traced, "--traceback")
        self.assertIn("agents of hosts of 192.0.2.0/24 are asked on TCP port 9", asked.err)
        without = "".join(line for line in asked.out.splitlines(True)
                          if '"event":"trace_' not in line and '"event":"stop_' not in line)
        self.assertEqual(without, plain.out)
        stones = {e["alert_id"]: e["chain"] for e in asked.named("stepping_stone")}
        dones = asked.named("trace_done")
        self.assertEqual({e["alert_id"]: e["chain"] for e in dones}, stones)
        self.assertEqual({e["reason"] for e in dones}, {"not_allowed"})
        self.assertEqual(harness.summary_of(asked.err)["tracing"]["failed"], {"not_allowed": len(dones)})
        forbidden = harness.run("replay", DEMO, *traced, "--traceback", "--no-traceback")
        self.assertEqual(forbidden.code, 2)

    def test_a_run_that_cannot_trace_says_so_before_it_begins(self):
        run = harness.replay(DEMO, "--traceback", "--set", "traceback.trace=true", "--set",
                             f"traceback.tracing.certificate={self.folder}/new")
        self.assert_ended(run, 1, "traceback.trace: certificate", "No such file", "set traceback.trace to false")
        self.assertEqual(run.out, "")


if __name__ == "__main__":
    harness.main()
