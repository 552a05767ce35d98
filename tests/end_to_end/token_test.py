#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cairn token against hosts: a real ident daemon, and a socket that answers as it is told."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time

import harness

PATIENCE = 10  # seconds for a daemon to start


class Told:
    """A host on a port of its own that answers each request with the same bytes; what it was asked is kept."""

    def __init__(self, answer, delay=0):
        self.answer, self.delay, self.asked = answer, delay, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.makefile("rb").readline())
                time.sleep(self.delay)
                try:
                    connection.sendall(self.answer)
                except OSError:
                    pass

    def close(self):
        self.listener.close()


class Token(harness.TestCase):
    def told(self, answer, **options):
        host = Told(answer, **options)
        self.addCleanup(host.close)
        return host

    def test_a_token_is_printed_with_what_was_asked(self):
        host = self.told(b"40022,22:USERID:OTHER:0123abcd\r\n")
        run = harness.run("token", "127.0.0.1", "40022,22", "--about", "192.0.2.9", "--session-id", 7, "--port", host.port)
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(run.out, "host     127.0.0.1\nrequest  40022,22:SV_REC:7:192.0.2.9\ntoken    0123abcd\n")
        self.assertEqual(host.asked, [b"40022,22:SV_REC:7:192.0.2.9\r\n"])
        run = harness.run("token", "localhost", "40022,22", "-q", "--type", "sv", "--about", "2001:db8::7", "--port", host.port)
        self.assertEqual((run.code, run.out), (0, "0123abcd\n"), run.err)
        self.assertEqual(host.asked[1], b"40022,22:SV:[2001:db8::7]\r\n")

    def test_each_address_of_a_name_is_tried(self):
        self.needs(harness.IS_ROOT, "root, to give a name two addresses")
        names = self.file("hosts", b"::1 two.test\n127.0.0.1 two.test\n")
        two = ["unshare", "--mount", *harness.mount_propagation(), "sh", "-c",
               f'mount --bind {names} /etc/hosts && exec "$@"', "sh"]
        host = self.told(b"40022,22:USERID:OTHER:0123abcd\r\n")
        run = harness.run("token", "two.test", "40022,22", "-q", "--port", host.port, prefix=two)
        self.assertEqual((run.code, run.out, run.err), (0, "0123abcd\n", ""))
        with socket.socket() as unused:  # bound, and not listening
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            run = harness.run("token", "two.test", "40022,22", "-q", "--port", port, prefix=two)
        self.assert_ended(run, 1, f"::1 port {port}: nothing listens there", f"127.0.0.1 port {port}: nothing listens there")

    def test_the_session_id_is_random_unless_given(self):
        host = self.told(b"40022,22:USERID:OTHER:0123abcd\r\n")
        for _ in range(3):
            self.assertEqual(harness.run("token", "127.0.0.1", "40022,22", "--port", host.port).code, 0)
        self.assertEqual(len(set(host.asked)), 3, host.asked)

    def test_what_a_host_sends_steers_no_terminal(self):
        host = self.told(b"40022,22:USERID:UNIX:a\x1b[31mb\r\n")
        run = harness.run("token", "127.0.0.1", "40022,22", "--type", "ident", "--port", host.port)
        self.assertEqual(run.code, 0, run.err)
        self.assertIn("user     a?[31mb\n", run.out)

    def test_each_failure_says_why(self):
        cases = [(b"40022,22:ERROR:NO-USER\r\n", "answered NO-USER"), (b"", "closed without a reply"),
                 (b"nonsense\r\n", "names no ports"), (b"40022,23:USERID:OTHER:abc\r\n", "other ports")]
        for answer, reason in cases:
            run = harness.run("token", "127.0.0.1", "40022,22", "--port", self.told(answer).port)
            self.assertEqual((run.code, run.out), (1, ""))
            self.assertIn(reason, run.err)
        host = self.told(b"40022,22:USERID:OTHER:abc\r\n", delay=3)
        run = harness.run("token", "127.0.0.1", "40022,22", "--port", host.port, "--timeout", 0.3)
        self.assertEqual(run.code, 1)
        self.assertIn("no reply in time", run.err)
        host.close()
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        run = harness.run("token", "127.0.0.1", "40022,22", "--port", port)
        self.assertEqual(run.code, 1)
        self.assertIn("nothing listens there", run.err)

    def test_wrong_usage_is_refused(self):
        for arguments, reason in [(["40022"], "not a pair of ports"), (["0,22"], "not a pair of ports"),
                                  (["40022,22", "--type", "XX"], "--type: 'XX'"),
                                  (["40022,22", "--about", "nowhere"], "--about"),
                                  (["40022,22", "--type", "ident", "--about", "192.0.2.9"], "no address"),
                                  (["40022,22", "--type", "SV", "--session-id", "7"], "--session-id")]:
            run = harness.run("token", "127.0.0.1", *arguments)
            self.assertEqual((run.code, run.out), (2, ""), arguments)
            self.assertIn(reason, run.err)

    def test_a_signal_ends_the_wait(self):
        host = self.told(b"", delay=30)
        process = subprocess.Popen([harness.CAIRN, "token", "127.0.0.1", "40022,22", "--port", str(host.port)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + PATIENCE
        while not host.asked and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)


class WithOidentd(harness.TestCase):
    """An ordinary ident daemon of another make, asked about a connection that this process owns."""

    def setUp(self):
        super().setUp()
        oidentd = shutil.which("oidentd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        self.needs(oidentd, "oidentd (package oidentd)")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        configuration = self.file("oidentd.conf", b"default { default { allow spoof } }\n")
        user = pwd.getpwuid(os.geteuid()).pw_name
        self.daemon = subprocess.Popen(
            [oidentd, "-i", "-S", "-a", "127.0.0.1", "-p", str(self.port), "-u", user, "-C", str(configuration)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.fail("oidentd does not listen")

    def end(self):
        self.daemon.terminate()
        self.daemon.wait()

    def test_it_names_the_owner_of_a_connection_and_refuses_what_is_none(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            remote = listener.getsockname()[1]
            with socket.create_connection(("127.0.0.1", remote)) as own:
                local = own.getsockname()[1]
                run = harness.run("token", "127.0.0.1", f"{local},{remote}", "--type", "ident", "--port", self.port)
        self.assertEqual(run.code, 0, run.err)
        self.assertIn(f"request  {local},{remote}\n", run.out)
        self.assertIn(f"user     {pwd.getpwuid(os.geteuid()).pw_name}\n", run.out)
        run = harness.run("token", "127.0.0.1", "1,2", "--type", "ident", "--port", self.port)
        self.assertEqual(run.code, 1)
        self.assertIn("NO-USER", run.err)


if __name__ == "__main__":
    harness.main()
