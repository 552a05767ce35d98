#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""stopd ca: certificates for tracing agents, from nothing to enrolled hosts, and those of other programs."""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
from pathlib import Path

import ca_rig
import harness

EASY_RSA = Path("/usr/share/easy-rsa/easyrsa")


class Authority(ca_rig.Ca):
    def test_two_hosts_from_nothing(self):
        self.init()
        self.assertEqual(self.ca.stat().st_mode & 0o777, 0o700)
        self.assertIn("ENCRYPTED", (self.ca / "ca-1.key").read_text())
        shown = self.enrol("Web.example.org", "192.0.2.7", "2001:db8::7")
        self.assertRegex(shown, r"name +web\.example\.org\nrole +agent: asks and answers\naddresses +192\.0\.2\.7, 2001:db8::7\n")
        self.assertIn("asker: may ask, and not answer", self.enrol("sensor", more=("--asker", "--days", "7")))
        key = self.host("Web.example.org") / "host.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assertNotIn("KEY", (self.folder / "Web.example.org.csr").read_text().replace("REQUEST", ""))
        listed = [json.loads(line) for line in self.done("list", self.ca, "--json").splitlines()]
        self.assertEqual([(each["name"], each["role"], each["state"]) for each in listed],
                         [("web.example.org", "agent", "valid"), ("sensor", "asker", "valid")])
        self.assertEqual(listed[0]["addresses"], ["192.0.2.7", "2001:db8::7"])
        self.assertRegex(listed[0]["until"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertIn("web.example.org 192.0.2.7 2001:db8::7", self.done("list", self.ca))
        # What anybody else makes of it.
        self.openssl("verify", "-CAfile", self.ca / "ca.crt", "-CRLfile", self.ca / "ca.crl", "-crl_check", "-x509_strict",
                     self.host("sensor") / "host.crt")

    def test_an_invitation_is_good_once(self):
        self.init()
        request = self.request("web", "192.0.2.7")
        self.issue(request)
        self.fails(1, ("issue", self.ca, request, "--passphrase-file", self.passphrase), "used already", "stopd ca invite")
        self.fails(1, ("request", "--token", "bm90aGluZw.bm90aGluZw", "--folder", self.host("x")), "no invitation", "copy all")
        self.assertFalse(self.host("x").exists())

    def test_a_token_from_standard_input_shows_in_no_list_of_processes(self):
        self.init()
        token = self.done("invite", self.ca, "web", "--address", "192.0.2.7")
        self.assertIn("REQUEST", self.done("request", "--token", "-", "--folder", self.host("web"), stdin=token))

    def test_renewal(self):
        self.init()
        self.enrol("web", "192.0.2.7")
        host = self.host("web")
        self.assertEqual(self.done("request", "--renew", "--if-due", "--folder", host), "")
        before = (host / "host.key").read_bytes()
        request = self.done("request", "--renew", "--folder", host)
        renewed = self.done("renew", self.ca, "-", "--passphrase-file", self.passphrase, stdin=request)
        self.assertEqual((host / "host.key").read_bytes(), before)
        self.done("install", "-", "--folder", host, stdin=renewed)
        self.assertNotEqual((host / "host.key").read_bytes(), before)
        self.assertEqual(self.check_of(host / "host.crt").code, 0)
        self.assertEqual(len(set(self.serials())), 2)
        self.fails(1, ("renew", self.ca, "-", "--passphrase-file", self.passphrase), "has a certificate already", stdin=request)

    def test_revocation(self):
        self.init()
        self.enrol("web", "192.0.2.7")
        self.enrol("db", "192.0.2.8")
        first = (self.ca / "ca.crl").read_bytes()
        said = self.done("revoke", self.ca, "web", "--reason", "key_compromise", "--passphrase-file", self.passphrase)
        self.assertIn("revoked ", said)
        self.assertIn("all of these were revoked already",
                      self.done("revoke", self.ca, "web", "--passphrase-file", self.passphrase))
        web, database = self.host("web") / "host.crt", self.host("db") / "host.crt"
        result = self.check_of(web, "--revocations", self.ca / "ca.crl")
        self.assert_ended(result, 1, f"{web}: revoked: ")
        self.assertEqual(self.check_of(database, "--revocations", self.ca / "ca.crl").code, 0)
        self.assertEqual(self.check_of(web, "--revocations", self.file("first.crl", first)).code, 0)
        self.done("revoke", self.ca, self.serials()[1].lower(), "--passphrase-file", self.passphrase)
        self.assertEqual(self.check_of(database, "--revocations", self.ca / "ca.crl").code, 1)
        self.fails(1, ("revoke", self.ca, "nobody", "--passphrase-file", self.passphrase), "no certificate has this name",
                   "stopd ca list")
        request = self.done("request", "--renew", "--folder", self.host("web"))
        self.fails(1, ("renew", self.ca, "-", "--passphrase-file", self.passphrase), "has been revoked", stdin=request)
        number = int(re.search(r"number (\d+)", self.done("crl", self.ca, "--passphrase-file", self.passphrase)).group(1))
        again = int(re.search(r"number (\d+)", self.done("crl", self.ca, "--passphrase-file", self.passphrase)).group(1))
        self.assertGreater(again, number)

    def test_renewals_are_revoked_with_what_they_were_renewed_from(self):
        self.init()
        self.enrol("web", "192.0.2.7")

        def renew(folder):
            request = self.done("request", "--renew", "--folder", folder)
            renewed = self.done("renew", self.ca, "-", "--passphrase-file", self.passphrase, stdin=request)
            self.done("install", "-", "--folder", folder, stdin=renewed)
        thief = self.folder / "thief"
        shutil.copytree(self.host("web"), thief)
        renew(thief)
        renew(thief)
        self.enrol("web", "192.0.2.7")  # anew, once it was noticed
        listed = [json.loads(line) for line in self.done("list", self.ca, "--json").splitlines()]
        first, second, third, anew = [each["serial"] for each in listed]
        self.assertEqual([each.get("renewed_from") for each in listed], [None, first, second, None])
        said = self.done("revoke", self.ca, first, "--reason", "key_compromise", "--passphrase-file", self.passphrase)
        for line in (f"revoked {first} (web)\n", f"revoked {second} (web, renewed from {first})\n",
                     f"revoked {third} (web, renewed from {second})\n", f"still in force: {anew} (web)\n"):
            self.assertIn(line, said)
        self.assert_ended(self.check_of(thief / "host.crt", "--revocations", self.ca / "ca.crl"), 1, "revoked: ")
        self.assertEqual(self.check_of(self.host("web") / "host.crt", "--revocations", self.ca / "ca.crl").code, 0)
        request = self.done("request", "--renew", "--folder", thief)
        self.fails(1, ("renew", self.ca, "-", "--passphrase-file", self.passphrase), "has been revoked", stdin=request)

    def test_rotation(self):
        self.init()
        self.enrol("web", "192.0.2.7")
        old = self.file("old.crt", (self.ca / "ca.crt").read_bytes())
        self.assertIn("--finish", self.done("rotate", self.ca, "--passphrase-file", self.passphrase))
        self.assertEqual((self.ca / "ca.crt").read_text().count("BEGIN"), 2)
        self.assertEqual((self.ca / "ca.crl").read_text().count("BEGIN"), 2)
        self.done("rotate", self.ca, "--finish")
        self.enrol("db", "192.0.2.8")
        for name in ("web", "db"):
            for authorities in (old, self.ca / "ca.crt"):
                self.done("check", self.host(name) / "host.crt", "--authorities", authorities)
        # Others verify it by the old root and the cross-signed new one, too.
        self.openssl("verify", "-CAfile", old, "-untrusted", self.host("db") / "host.crt", self.host("db") / "host.crt")

    def test_an_intermediate_authority(self):
        self.init()
        root, self.ca = self.ca, self.folder / "below"
        self.done("intermediate", root, self.ca, "--name", "dmz", "--no-passphrase", "--passphrase-file", self.passphrase)
        self.assertIn("name       web\n", self.enrol("web", "192.0.2.7"))
        self.assertEqual((self.host("web") / "host.crt").read_text().count("BEGIN"), 2)
        self.openssl("verify", "-CAfile", root / "ca-1.crt", "-untrusted", self.host("web") / "host.crt", "-x509_strict",
                     self.host("web") / "host.crt")
        self.fails(1, ("rotate", self.ca), "stopd ca intermediate")

    def test_passphrases(self):
        wrong = self.file("wrong", b"wrong horse battery\n")
        self.init()
        self.fails(1, ("crl", self.ca, "--passphrase-file", wrong), "the passphrase is wrong")
        self.fails(1, ("crl", self.ca, "--passphrase-file", self.file("empty", b"")), "no passphrase")
        self.fails(1, ("crl", self.ca), "no terminal", "--passphrase-file", start_new_session=True)
        self.fails(1, ("init", self.folder / "b", "--passphrase-file", self.file("short", b"short\n")), "at least 8")
        self.fails(1, ("init", self.folder / "b"), "no terminal", start_new_session=True)
        self.assertFalse((self.folder / "b").exists())
        self.done("init", self.folder / "b", "--no-passphrase")
        self.assertNotIn("ENCRYPTED", (self.folder / "b" / "ca-1.key").read_text())

    def test_a_passphrase_at_the_terminal_is_not_shown(self):
        other = self.folder / "b"
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(ca_rig.STOPD, [ca_rig.STOPD, "ca", "init", str(other)])
        shown = b""
        for prompt in (b"Passphrase of the new authority: ", b"The same once more: "):
            while prompt not in shown:
                self.assertTrue(select.select([terminal], [], [], harness.TIMEOUT)[0], shown)
                shown += os.read(terminal, 1000)
            os.write(terminal, ca_rig.PASSPHRASE.encode() + b"\n")
        try:
            while part := os.read(terminal, 1000):
                shown += part
        except OSError:  # the other end is closed
            pass
        os.close(terminal)
        self.assertEqual(os.waitpid(pid, 0)[1], 0, shown)
        self.assertNotIn(ca_rig.PASSPHRASE.encode(), shown)
        self.done("crl", other, "--passphrase-file", self.passphrase)

    def test_what_is_there_is_not_overwritten(self):
        self.init()
        before = {path: path.read_bytes() for path in self.ca.rglob("*") if path.is_file()}
        self.fails(1, ("init", self.ca, "--no-passphrase"), "is there already", "name another")
        self.assertEqual(before, {path: path.read_bytes() for path in self.ca.rglob("*") if path.is_file()})

    def test_a_full_disk(self):
        self.needs(harness.IS_ROOT, "root")
        self.init()
        mount = self.folder / "small"
        mount.mkdir()
        script = """set -e
mount -t tmpfs -o size=256k,mode=0755 small "$1"
cp -a "$2" "$1/ca"
cd "$1"
cat /dev/zero > filler 2>/dev/null || true
set +e
"$3" ca revoke ca web --passphrase-file "$4"; echo "revoke $?"
"$3" ca init other --no-passphrase; echo "init $?"
ls; ls ca
rm filler
"$3" ca revoke ca web --passphrase-file "$4" > /dev/null; echo "again $?"
"$3" ca list ca
"""
        self.enrol("web", "192.0.2.7")
        done = subprocess.run(["unshare", "--mount", *harness.mount_propagation(), "sh", "-c", script, "sh", mount, self.ca,
                               os.path.abspath(ca_rig.STOPD), self.passphrase],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=harness.TIMEOUT, check=False)
        out, err = done.stdout.decode(), done.stderr.decode()
        self.assertIn("revoke 1\n", out, err)
        self.assertIn("init 1\n", out, err)
        self.assertIn("No space left on device; make room and repeat", err)
        self.assertNotIn("unfinished", out)
        self.assertNotIn("other", out)
        self.assertIn("again 0\n", out, err)
        self.assertRegex(out, r"agent +revoked")

    def test_without_permission(self):
        self.needs(harness.IS_ROOT, "root")
        self.init()
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        self.fails(1, ("list", self.ca), "Permission denied", prefix=nobody)
        self.fails(1, ("init", "/etc/cairn-ca-test", "--no-passphrase"), "Permission denied", prefix=nobody)
        self.ca.chmod(0o777)
        self.fails(1, ("list", self.ca), "others could change", "chmod go-w")

    def test_killed_at_any_moment(self):
        """The authority is as before or as after."""
        self.done("init", self.ca, "--no-passphrase")
        for i in range(20):
            process = subprocess.Popen([ca_rig.STOPD, "ca", "crl", str(self.ca)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            select.select([], [], [], i / 1000)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.done("list", self.ca)
        self.done("crl", self.ca)
        self.openssl("crl", "-in", self.ca / "ca.crl", "-CAfile", self.ca / "ca.crt", "-noout")

    def test_wrong_usage(self):
        self.init()
        request = self.file("r.csr", b"garbage")
        for arguments, *words in [((), "a command is missing"), (("inwite",), "Did you mean 'invite'?"), (("init",), "DIR is required"),
                                  (("init", self.ca, "--no-passphrase", "--passphrase-file", "x"), "excludes"),
                                  (("invite", self.ca, "web"), "--address", "--asker"),
                                  (("invite", self.ca, "two words", "--address", "192.0.2.1"), "letters, digits"),
                                  (("invite", self.ca, "web", "--address", "192.0.2.300"), "192.0.2.300"),
                                  (("invite", self.ca, "web", "--address", "127.0.0.1"), "no address by which others reach"),
                                  (("invite", self.ca, "web", "--address", "192.0.2.1", "--days", "0"), "--days"),
                                  (("issue", self.ca, request, "--name", "web"), "--trust-request"),
                                  (("issue", self.ca, request, "--trust-request"), "letters, digits"),
                                  (("revoke", self.ca, "web", "--reason", "whim"), "--reason"), (("request",), "--token", "--renew"),
                                  (("request", "--if-due", "--token", "x"), "--renew")]:
            self.fails(2, arguments, *words)
        self.fails(1, ("issue", self.ca, request), "no request for a certificate", "stopd ca request")
        self.fails(1, ("issue", self.ca, self.folder / "none"), "No such file")
        self.fails(1, ("list", self.folder), "holds no authority", "stopd ca init")
        self.fails(1, ("check", request, "--authorities", self.ca / "ca.crt"), "there is no certificate in it")

    def test_requests_made_by_openssl(self):
        self.init()
        for name, kind in [("p256", ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")), ("rsa", ("rsa:2048",)), ("ed", ("ed25519",))]:
            self.openssl("req", "-new", "-newkey", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                         "/CN=liar.example.org")
            self.fails(1, ("issue", self.ca, self.folder / f"{name}.csr", "--passphrase-file", self.passphrase), "--trust-request")
            issued = self.done("issue", self.ca, self.folder / f"{name}.csr", "--trust-request", "--name", name, "--address", "192.0.2.9",
                               "--passphrase-file", self.passphrase)
            shown = self.check_of(self.file("x.crt", issued.encode()))
            self.assert_ended(shown, 0)
            self.assertIn(f"name       {name}\n", shown.out)
            self.assertNotIn("liar", shown.out)

    def test_certificates_made_by_openssl(self):
        self.ca.mkdir()
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", self.ca / "ca.crt", "-subj", "/CN=Ours",
                     "-days", "10")
        extensions = {"agent": "subjectAltName=DNS:a.example.org,IP:192.0.2.7\nextendedKeyUsage=clientAuth,serverAuth\n",
                      "asker": "subjectAltName=DNS:s.example.org\nextendedKeyUsage=clientAuth\n",
                      "server": "extendedKeyUsage=serverAuth\n", "plain": ""}
        for name, text in extensions.items():
            self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                         "-out", f"{name}.csr", "-subj", f"/CN={name}")
            self.file("extensions", text.encode())
            self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", self.ca / "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "5",
                         "-out", f"{name}.crt", *(("-extfile", "extensions") if text else ()))
        for name, words in [("agent", ("name       a.example.org\n", "agent: asks and answers", "192.0.2.7")),
                            ("asker", ("s.example.org", "asker: may ask")), ("plain", ("name       plain\n", "agent without addresses"))]:
            shown = self.check_of(self.folder / f"{name}.crt")
            self.assert_ended(shown, 0)
            for word in words:
                self.assertIn(word, shown.out)
        self.assert_ended(self.check_of(self.folder / "server.crt"), 1, "wrong_use", "clientAuth")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "o.key", "-out", "other.crt", "-subj", "/CN=Theirs", "-days", "10")
        self.assert_ended(self.run_ca("check", self.folder / "agent.crt", "--authorities", self.folder / "other.crt"), 1, "forged")

    def test_certificates_made_by_easy_rsa(self):
        self.needs(EASY_RSA.exists(), "easy-rsa")
        pki = self.folder / "pki"

        def easy_rsa(*arguments):
            subprocess.run([EASY_RSA, "--batch", f"--pki-dir={pki}", *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=harness.TIMEOUT, cwd=self.folder)
        easy_rsa("init-pki")
        easy_rsa("build-ca", "nopass")
        easy_rsa("--subject-alt-name=DNS:web.example.org,IP:192.0.2.7", "build-serverClient-full", "web", "nopass")
        easy_rsa("build-client-full", "sensor", "nopass")
        easy_rsa("gen-crl")

        for name in ("web", "sensor"):
            (self.folder / f"{name}.crt").write_bytes((pki / "issued" / f"{name}.crt").read_bytes())

        def check(name):
            return self.run_ca("check", self.folder / f"{name}.crt", "--authorities", pki / "ca.crt", "--revocations", pki / "crl.pem")
        agent = check("web")
        self.assert_ended(agent, 0)
        self.assertRegex(agent.out, r"name +web\.example\.org\nrole +agent: asks and answers\naddresses +192\.0\.2\.7\n")
        asker = check("sensor")
        self.assert_ended(asker, 0)
        self.assertIn("asker: may ask", asker.out)
        easy_rsa("revoke", "web")
        easy_rsa("gen-crl")
        self.assert_ended(check("web"), 1, "revoked")


if __name__ == "__main__":
    harness.main()
