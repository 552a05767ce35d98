#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""stopd among hostile askers, full disks, kills and crowds of processes."""
import os
import random
import re
import signal
import subprocess
import threading
import time

import harness
import hosts

ONE = {"a": "10.10.0.2"}
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


class Faults(hosts.TestCase):
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

    def client(self, count, text, wait="read"):
        return self.at_border("python3", "-c", CLIENT, self.a.address, str(count), text, wait)

    def is_served(self, patience=3):
        """Somebody ordinary gets a token, and quickly."""
        start = time.monotonic()
        self.assertRegex(self.net.token(self.a, self.ports, "--type", "SV"), "^[0-9a-f]{64}$")
        self.assertLess(time.monotonic() - start, patience)

    def front_holds(self, text):
        return self.a.run("python3", "-c", HOLDS, str(self.pids()[1]), text).code == 0

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
                found[name.strip()] = int(pid)
        return found

    def pids(self):
        """Who looks, and who talks to the network."""
        found = hosts.wait_for(lambda: (r := self.running()) and len(r) == 2 and r, "two processes of stopd")
        return found["stopd"], found["stopd: network"]

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

    def mounted(self, options):
        store = self.a.folder / "store"
        store.mkdir()
        done = self.a.run("mount", "-t", "tmpfs", "-o", options, "store", store)
        self.assertEqual(done.code, 0, done.err)
        return store

    def test_a_full_disk(self):
        store = self.mounted("size=96k")
        self.a.start_stopd()
        first = self.net.token(self.a, self.ports, "--type", "SV")
        self.a.run("sh", "-c", f"cat /dev/zero > {store}/filler")
        lost = self.net.token(self.a, self.ports, "--type", "SV")
        self.assertEqual(len(lost), len(first))
        self.await_log("nothing was saved for token")
        self.assertRegex(self.a.log_text(), "No space left on device")
        self.a.run("rm", f"{store}/filler")
        after = self.net.token(self.a, self.ports, "--type", "SV")
        for token in (first, after):
            self.assertEqual(self.a.redeem(token)["state"], "intact")
        self.assertNotIn("intact", self.a.stopd("redeem", lost).out)
        done = self.a.stopd("verify")
        self.assertEqual(done.code, 0, done.out)

    def test_a_read_only_store(self):
        store = self.mounted("size=1m")
        self.a.start_stopd()
        first = self.net.token(self.a, self.ports, "--type", "SV")
        self.assertEqual(self.a.run("mount", "-o", "remount,ro", store).code, 0)
        self.is_served()
        self.await_log("Read-only file system")
        # Nothing is told of what cannot be noted.
        done = self.a.stopd("redeem", first)
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("nothing is shown", done.err)
        self.assertEqual(self.a.stopd("verify").code, 0)
        self.assertEqual(self.a.run("mount", "-o", "remount,rw", store).code, 0)
        self.assertEqual(self.a.redeem(self.net.token(self.a, self.ports, "--type", "SV"))["state"], "intact")

    def test_a_store_that_has_been_tampered_with(self):
        self.a.start_stopd("store.compress=false")
        altered, removed, linked, whole = (self.net.token(self.a, self.ports, "--type", "SV") for _ in range(4))
        records = self.a.folder / "store" / "records"
        path = records / f"{altered}.json"
        path.write_bytes(path.read_bytes().replace(b'"alice"', b'"bobby"'))
        (records / f"{removed}.json").unlink()
        path = records / f"{linked}.json"
        path.rename(self.folder / "moved")
        path.symlink_to(self.folder / "moved")
        for token, word in ((altered, "ALTERED"), (removed, "MISSING"), (linked, "ALTERED")):
            done = self.a.stopd("redeem", token)
            self.assertEqual(done.code, 1, done.out)
            self.assertIn(word, done.out)
        self.assertEqual(self.a.stopd("redeem", whole).code, 0)
        done = self.a.stopd("verify")
        self.assertEqual(done.code, 1)
        for line in (f"altered  {altered}", f"altered  {linked}", f"missing  {removed}", "1 records intact"):
            self.assertIn(line, done.out)
        audit = (self.a.folder / "store" / "redemptions.jsonl").read_text()
        self.assertEqual([audit.count(token) for token in (altered, removed, linked, whole)], [1, 1, 1, 1])
        self.assertIn('"found":"missing"', audit)

    def test_no_acknowledged_record_is_lost_to_kill_9(self):
        acknowledged = []
        rhythm = random.Random(11)
        self.a.start_stopd("limits.max_requests_per_asker_minute=100000")
        for _ in range(6):
            stop = threading.Event()
            asking = threading.Thread(target=self.ask_until, args=(stop, acknowledged))
            asking.start()
            time.sleep(rhythm.uniform(0.2, 0.7))
            self.a.run("kill", "-KILL", str(self.pids()[0]))
            stop.set()
            asking.join()
            hosts.wait_for(lambda: not self.a.listens(113), "it has gone")
            self.a.start(hosts.STOPD, "run", *self.a.stopd_settings)
            self.a.await_port(113)
        self.assertGreater(len(acknowledged), 50)
        done = self.a.stopd("list", "--json")
        kept = dict(re.findall(r'"token":"([0-9a-f]{64})","state":"(\w+)"', done.out))
        self.assertEqual([token for token in acknowledged if kept.get(token) != "intact"], [])
        done = self.a.stopd("verify")
        self.assertEqual(done.code, 0, done.out)

    def ask_until(self, stop, acknowledged):
        """Tokens of SV, one after the other, from the router's namespace."""
        script = ("import socket,sys\ns=socket.create_connection((sys.argv[1],113),timeout=5)\nf=s.makefile('rb')\n"
                  "while True:\n s.sendall((sys.argv[2]+':SV\\r\\n').encode())\n l=f.readline().decode().strip()\n"
                  " if not l: break\n print(l.rsplit(':',1)[1],flush=True)\n")
        process = subprocess.Popen(["ip", "netns", "exec", self.net.router, "python3", "-c", script, self.a.address, self.ports],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        out, _ = process.communicate(timeout=hosts.PATIENCE)
        acknowledged += [line for line in out.splitlines() if len(line) == 64]
        stop.wait()

    def test_processes_that_come_and_go_and_a_crowd_of_them(self):
        self.a.start_stopd("limits.max_requests_per_asker_minute=100000")
        churn = self.a.start("sh", "-c", "while true; do cat </dev/null | cat | cat; done", user="alice")
        for _ in range(20):
            self.is_served()
        churn.kill()
        crowd = self.a.start("python3", "-c", "import os,time\nfor _ in range(5000):\n if os.fork()==0:\n  time.sleep(60)\n  os._exit(0)\n"
                             "open('" + str(self.a.folder / "forked") + "','w')\ntime.sleep(60)")
        hosts.wait_for((self.a.folder / "forked").exists, "5,000 processes", 30)
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
