# SPDX-License-Identifier: BSD-3-Clause
"""A host that runs stopd, with a connection to ask about."""
import re
import subprocess
import time

import harness
import hosts

ONE = {"a": "10.10.0.2"}


class TestCase(hosts.TestCase):
    """Host `a`, on which alice has opened a connection to the router."""

    def setUp(self):
        super().setUp()
        self.net = self.network(ONE, ("nc",))
        self.a = self.net["a"]
        self.a.start("nc", "-l", "-k", "-p", "9000")
        self.a.await_port(9000)
        # The router's side of a connection that alice has opened.
        self.peer = self.at_border("nc", "-l", "-p", "9001")
        hosts.wait_for(lambda: ":9001" in self.net.at_border("ss", "-Hltn").out, "the router listens")
        self.a.start("nc", "-d", "10.10.0.1", "9001", user="alice")
        self.ports = f"{self.a.connection_to('10.10.0.1', 9001)},9001"

    def at_border(self, *words):
        process = subprocess.Popen(["ip", "netns", "exec", self.net.router, *words], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.communicate()

    def is_served(self, patience=3):
        """Somebody ordinary gets a token, and quickly."""
        start = time.monotonic()
        self.assertRegex(self.net.token(self.a, self.ports, "--type", "SV"), "^[0-9a-f]{64}$")
        self.assertLess(time.monotonic() - start, patience * (5 if harness.SANITIZED else 1))

    def await_log(self, text):
        hosts.wait_for(lambda: text in self.a.log_text(), f"{text!r} in the log: {self.a.log_text()[-1500:]}")

    def counters(self, daemon_pid=None):
        """All counters, as SIGUSR1 has them logged."""
        before = self.a.log_text().count("counters of the store")
        self.a.run("kill", "-USR1", str(daemon_pid or self.pids()[0]))
        hosts.wait_for(lambda: self.a.log_text().count("counters of the store") > before, "counters")
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", self.a.log_text())}

    def running(self):
        """The processes of stopd on the host, by name."""
        found = {}
        for line in self.a.run("ps", "-eo", "pid,stat,comm").out.splitlines()[1:]:
            pid, state, name = line.split(None, 2)
            if name.startswith("stopd") and not state.startswith("Z"):
                found.setdefault(name.strip(), int(pid))  # a child has its parent's name for a moment
        return found

    def pids(self):
        """Who looks, and who talks to the network."""
        both = ("stopd", "stopd: network")
        found = hosts.wait_for(lambda: set(both) <= set(r := self.running()) and r, "two processes of stopd")
        return found[both[0]], found[both[1]]
