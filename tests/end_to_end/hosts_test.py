#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The hosts of these tests themselves: a test program that is killed leaves nothing of them on the machine."""
import os
import signal
import subprocess
import sys
from pathlib import Path

import harness
import hosts

# A test that never ends: two hosts, a daemon, a program that a thread has started, somebody at a terminal, and a program
# on the router.
ENDLESS = """import sys, threading, time
import harness, hosts, border_rig
from terminal import Terminal
class Endless(border_rig.AtBorder, hosts.TestCase):
    def test(self):
        self.net = self.network({"a": "10.10.0.2", "b": "172.16.0.2"}, ("nc", "sshd"))
        a = self.net["a"]
        a.start_sshd()
        a.start("sh", "-c", "setsid sleep 1234 & exec nc -l -k -p 9000")
        a.await_port(9000)
        thread = threading.Thread(target=lambda: self.net["b"].start("nc", "-l", "-k", "-p", "9001"))
        thread.start()
        thread.join()
        self.net["b"].await_port(9001)
        terminal = Terminal(self.net["b"].command(("bash", "-i"), "alice"))
        terminal.expect("b> ")
        self.at_border("nc", "-l", "-k", "-p", "9002")
        hosts.wait_for(lambda: ":9002" in self.net.at_border("ss", "-Hltn").out, "the router listens")
        print(self.net.prefix, self.folder, flush=True)
        time.sleep(600)
harness.main()
"""


class Killed(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.needs(harness.IS_ROOT, "root, for network namespaces")
        self.needs(all(hosts.have(program) for program in (*hosts.TOOLS, "nc", "sshd")), "ip, nsenter, unshare, ss, nc, sshd")

    @staticmethod
    def spaces(prefix):
        """The network namespaces of a test program, by the numbers that all processes in them have."""
        return {os.stat(path).st_ino: path.name for path in Path("/run/netns").glob(f"{prefix}*")}

    @staticmethod
    def processes_in(spaces):
        """The processes that are in one of these namespaces, wherever they came from."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.stat(process / "ns/net").st_ino in spaces:
                    found[process.name] = (process / "comm").read_text().strip()
            except OSError:  # it has just ended
                pass
        return found

    def test_nothing_is_left_of_a_test_program_that_is_killed(self):
        # By itself, and with all that is in its group, as a timeout may do it.
        for kill in (os.kill, os.killpg):
            with self.subTest(kill=kill.__name__):
                self.assert_nothing_is_left(kill)

    def assert_nothing_is_left(self, kill):
        program = subprocess.Popen([sys.executable, "-c", ENDLESS], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, cwd=Path(__file__).parent, start_new_session=True)
        self.addCleanup(program.communicate)
        self.addCleanup(program.kill)
        told = program.stdout.readline().decode().split()
        self.assertEqual(len(told), 2, told)
        prefix, folder = told[0], Path(told[1])
        spaces = self.spaces(prefix)
        self.assertEqual(len(spaces), 3)
        self.assertLessEqual({"sshd", "nc", "bash", "sleep"}, set(self.processes_in(spaces).values()))
        self.assertEqual(len(self.guards(prefix)), 1)
        kill(program.pid, signal.SIGKILL)
        program.wait()
        hosts.wait_for(lambda: not self.processes_in(spaces) and not self.spaces(prefix) and not folder.exists(),
                       lambda: f"nothing is left: {self.processes_in(spaces)}, {self.spaces(prefix)}, {folder}")
        # Nobody is left who waits for that, either.
        hosts.wait_for(lambda: not self.guards(prefix), lambda: f"the guard has ended: {self.guards(prefix)}")

    @staticmethod
    def guards(prefix):
        done = subprocess.run(["pgrep", "-f", f"^sh -c cat .*guard {prefix} "], stdout=subprocess.PIPE, check=False)
        return done.stdout.split()

    def test_who_takes_down_in_order_leaves_nothing_either(self):
        done = subprocess.run([sys.executable, "-c", ENDLESS.replace("time.sleep(600)", "print(len(self.net.hosts))")],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=Path(__file__).parent, timeout=harness.TIMEOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        prefix, folder, hosts_count = done.stdout.decode().split()[:3]
        self.assertEqual(hosts_count, "2")
        self.assertEqual((self.spaces(prefix), Path(folder).exists(), self.guards(prefix)), ({}, False, []))


if __name__ == "__main__":
    harness.main()
