#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""stopd among hostile askers, kills and crowds of processes."""
import os
import re
import signal
import time

import harness
import hosts
import stopd_rig

CLIENT = """import socket,sys,time
sockets=[]
for _ in range(int(sys.argv[2])):
    s=socket.create_connection((sys.argv[1],113),timeout=10); sockets.append(s)
    s.sendall(sys.argv[3].encode().decode('unicode_escape').encode('latin1'))
if sys.argv[4]=='wait': time.sleep(60)
sys.stdout.buffer.write(b''.join(s.recv(100000) for s in sockets))
"""
# Exits with 0 if the memory of a process holds a text.
HOLDS = """import re,sys
with open(f'/proc/{sys.argv[1]}/maps') as maps, open(f'/proc/{sys.argv[1]}/mem','rb') as memory:
    for line in maps:
        begin,end=(int(word,16) for word in re.match('(.*)-(.*) rw',line).groups()) if ' rw' in line else (0,0)
        if not 0<end-begin<1<<28: continue
        memory.seek(begin)
        try: found=sys.argv[2].encode() in memory.read(end-begin)
        except OSError: continue
        if found: sys.exit(0)
sys.exit(1)
"""


class Faults(stopd_rig.TestCase):
    def client(self, count, text, wait="read"):
        return self.at_border("python3", "-c", CLIENT, self.a.address, str(count), text, wait)

    def front_holds(self, text):
        return self.a.run("python3", "-c", HOLDS, str(self.pids()[1]), text).code == 0

    def test_hostile_askers_keep_nobody_from_being_served(self):
        daemon = self.a.start_stopd("limits.max_connections=40", "limits.max_connections_per_asker=30",
                                    "limits.line_timeout=2s", "limits.max_requests_per_asker_minute=100")
        silent = self.client(25, "", "wait")  # say nothing
        self.is_served()
        silent.kill()
        long_line = self.client(1, "9" * 5000)
        self.await_log("longer than 1000 bytes")
        long_line.wait(timeout=hosts.PATIENCE)
        garbage = self.client(3, "\\x00\\xff\\x1b[31m\\r\\n" + "\\x80" * 50 + "\\n:::::\\r\\n")
        self.await_log("an invalid request of")
        self.is_served()
        garbage.wait(timeout=hosts.PATIENCE)
        slow = self.at_border("sh", "-c", "for c in 1 2 3 4 5 6 7 8 9; do printf 1; sleep 1; done | nc 10.10.0.2 113")
        self.await_log("no whole request in time")
        self.is_served()
        crowd = [self.client(45, "1,", "wait") for _ in range(2)]
        self.await_log("too many are open")
        for each in crowd:
            each.kill()
        flood = self.client(4, "1,2\\r\\n" * 100, "wait")
        self.await_log("more than 100 a minute")
        # Another asker, from the host itself, is served during the flood.
        done = self.a.run(hosts.CAIRN, "token", self.a.address, self.ports, "--type", "SV", "--about", "10.10.0.1", "-q")
        self.assertEqual((done.code, len(done.out.strip())), (0, 64), done.err)
        flood.kill()
        slow.kill()
        counters = self.counters()
        for name in ("connections_refused", "timed_out", "lines_too_long", "faulty", "rate_limited"):
            self.assertGreater(counters[name], 0, name)
        for line in self.a.log_text().splitlines():
            self.assertNotRegex(line, r"[\x00-\x08\x0b-\x1f\x7f]")
        self.assertIsNone(daemon.poll())

    def test_the_unprivileged_process_has_no_privileges(self):
        self.a.start_stopd()
        self.is_served()
        _, front = self.pids()
        status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", self.a.run("cat", f"/proc/{front}/status").out, re.M))
        uid = str(hosts.USERS["_stopd"])
        self.assertEqual((set(status["Uid"].split()), set(status["Gid"].split()), status["Groups"].strip()), ({uid}, {uid}, ""))
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0, capabilities)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertEqual(self.a.run("ls", "-A", f"/proc/{front}/root/").out, "")
        self.assertEqual(self.a.run("sh", "-c", "ls -d /run/stopd.*").out, "", "the empty folder is gone")
        links = self.a.run("sh", "-c", f"for f in /proc/{front}/fd/*; do readlink $f; done").out.split("\n")[:-1]
        others = [link for link in links if not link.startswith("socket:")]
        self.assertEqual(others, [str(self.a.log)])

    def test_the_network_side_is_started_again(self):
        daemon = self.a.start_stopd()
        self.is_served()
        token = self.net.token(self.a, self.ports, "--type", "SV")
        for times in (1, 2):
            monitor, front = self.pids()
            self.a.run("kill", "-KILL", str(front))
            hosts.wait_for(lambda times=times: self.a.log_text().count("it is started again") == times, "the log tells")
            hosts.wait_for(lambda old=front: self.pids()[1] != old, "a new process")
            self.assertEqual(self.pids()[0], monitor)
            # The new one knows how it is to serve, and nothing of what was before.
            self.assertTrue(self.front_holds(str(self.a.folder / "store")))
            self.assertFalse(self.front_holds(token))
            self.is_served()
        self.a.run("kill", "-TERM", str(self.pids()[0]))
        self.assertEqual(daemon.wait(timeout=hosts.PATIENCE), 0)
        self.await_log("ended")
        self.assertEqual(self.running(), {})

    def test_the_network_side_ends_with_the_monitor(self):
        self.a.start_stopd()
        self.a.run("kill", "-KILL", str(self.pids()[0]))
        hosts.wait_for(lambda: not self.running(), "both have ended")

    def test_processes_that_come_and_go_and_a_crowd_of_them(self):
        self.a.start_stopd("limits.max_requests_per_asker_minute=100000")
        churn = self.a.start("sh", "-c", "while true; do cat </dev/null | cat | cat; done", user="alice")
        for _ in range(20):
            self.is_served()
        churn.kill()
        crowd = self.a.start("python3", "-c", "import os,time\nfor _ in range(5000):\n if os.fork()==0:\n  time.sleep(60)\n  os._exit(0)\n"
                             "open('" + str(self.a.folder / "forked") + "','w')\ntime.sleep(60)")
        hosts.wait_for((self.a.folder / "forked").exists, "5,000 processes", 180)
        self.is_served(patience=5)
        token = self.net.token(self.a, self.ports, "--type", "SV")
        record = self.a.redeem(token)["record"]
        self.assertEqual(record["processes"][0]["name"], "nc")
        self.assertLess(len(record["processes"]), 20)
        os.killpg(crowd.pid, signal.SIGKILL)
        self.is_served()

    def test_a_connection_whose_process_has_gone(self):
        self.a.start_stopd()
        self.a.run("pkill", "-KILL", "-f", "nc -d 10.10.0.1")
        done = self.net.ask(self.a, self.ports, "--type", "SV")
        self.assertEqual(done.code, 1)
        self.assertIn("NO-USER", done.err)


if __name__ == "__main__":
    harness.main()
