#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The store of stopd on full disks, in folders of others, after kills and under the hands of tamperers."""
import os
import random
import re
import signal
import subprocess
import threading
import time

import harness
import hosts
import stopd_rig


class Store(stopd_rig.TestCase):
    def mounted(self, options):
        store = self.a.folder / "store"
        store.mkdir()
        done = self.a.run("mount", "-t", "tmpfs", "-o", f"{options},mode=0700", "store", store)
        self.assertEqual(done.code, 0, done.err)
        return store

    def size(self, path):
        """Of a file on the host, which has mounts of its own."""
        return int(self.a.run("stat", "-c", "%s", path).out)

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

    def test_a_disk_that_somebody_keeps_full(self):
        """What was held in reserve is used, and held again when there is room."""
        store = self.mounted("size=8m")
        self.a.start_stopd("store.reserve=1MiB")
        self.assertEqual(self.size(store / "reserve"), 1 << 20)
        filler = self.a.start("sh", "-c", f"while true; do cat /dev/zero >> {store}/filler; done 2>/dev/null")
        hosts.wait_for(lambda: self.a.run("df", "--output=avail", store).out.split()[1] == "0", "a full disk")
        tokens = [self.net.token(self.a, self.ports, "--type", kind) for kind in ("SV", "ID", "SV", "ID", "SV")]
        self.await_log("its reserve is in use")
        os.killpg(filler.pid, signal.SIGKILL)
        filler.wait()
        self.assertGreater(self.counters()["reserve_given"], 0)
        self.assertLess(self.size(store / "reserve"), 1 << 20)
        self.a.run("rm", store / "filler")
        for token, state in zip(tokens, ("intact", "none", "intact", "none", "intact")):
            self.assertEqual(self.a.redeem(token)["state"], state, self.a.log_text())
        hosts.wait_for(lambda: self.size(store / "reserve") == 1 << 20, "a whole reserve")
        self.assertEqual(self.a.stopd("verify").code, 0)

    def test_a_folder_that_others_could_change(self):
        store = self.a.folder / "store"
        self.a.start_stopd()
        first = self.net.token(self.a, self.ports, "--type", "SV")
        for part in (store, store / "records", self.a.folder):
            before = len(self.a.log_text())
            part.chmod(0o777)
            self.is_served()
            self.assertIn(f"{part} can be written by others", self.a.log_text()[before:])
            part.chmod(0o700)
            time.sleep(1.1)  # it looks again after a second
            self.assertEqual(self.a.redeem(self.net.token(self.a, self.ports, "--type", "SV"))["state"], "intact")
        self.assertEqual(self.a.redeem(first)["state"], "intact")
        self.a.run("kill", "-TERM", str(self.pids()[0]))
        hosts.wait_for(lambda: not self.running(), "its end")
        os.chown(store, hosts.USERS["alice"], 0)
        done = self.a.run(hosts.STOPD, "run", *self.a.stopd_settings)
        self.assertEqual(done.code, 1)
        self.assertIn(f"{store} belongs to user id {hosts.USERS['alice']}", done.err)

    def test_a_journal_that_has_been_tampered_with(self):
        self.a.start_stopd("store.head_interval=1s")
        self.await_log("journal head 1:")
        for _ in range(5):
            self.net.token(self.a, self.ports, "--type", "ID")
        hosts.wait_for(lambda: len(set(re.findall(r"journal head (\S+)", self.a.log_text()))) > 1, "heads in the log")
        journal = self.a.folder / "store" / "journal.jsonl"
        head = self.a.stopd("head").out.strip()
        self.assertRegex(head, "^[0-9]+:[0-9a-f]{64}$")
        self.net.token(self.a, self.ports, "--type", "SV")
        done = self.a.stopd("verify", "--head", head)
        self.assertEqual(done.code, 0, done.out)
        self.a.run("kill", "-TERM", str(self.pids()[0]))
        self.await_log("ended")
        # What the log says at the end can be forwarded.
        logged = re.findall(r"journal head (\S+)", self.a.log_text())[-1]
        self.assertEqual(logged, self.a.stopd("head").out.strip())
        self.assertEqual(self.a.stopd("verify", "--head", head, "--head", logged).code, 0)
        lines = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(lines[:2] + lines[3:]))
        done = self.a.stopd("verify")
        self.assertEqual(done.code, 1)
        self.assertRegex(done.out, "broken +journal.jsonl: lines 3 to 3 are missing")
        journal.write_text("".join(lines[:-1]))
        self.assertEqual(self.a.stopd("verify", "--head", head).code, 1, "the record has no line")
        done = self.a.stopd("verify", "--head", logged)
        self.assertIn("were cut off", done.out)
        done = self.a.stopd("verify", "--head", "nonsense")
        self.assertEqual(done.code, 2)
        self.assertIn("is no head of a journal", done.err)

    def test_a_crowd_with_long_names_cannot_keep_its_record_from_being_saved(self):
        script = ("import os,socket,sys,time\ns=socket.create_connection(('10.10.0.1',9002))\nos.makedirs(sys.argv[1])\n"
                  "f=os.open(sys.argv[1]+'/x',os.O_CREAT|os.O_RDWR)\n"
                  "for _ in range(110):\n if os.fork()==0:\n  os.pipe()  # so that they differ\n  for _ in range(250): os.dup(f)\n  time.sleep(100)\n  os._exit(0)\n"
                  "time.sleep(100)\n")
        self.at_border("nc", "-l", "-p", "9002")
        hosts.wait_for(lambda: ":9002" in self.net.at_border("ss", "-Hltn").out, "the router listens")
        name = self.net.home("alice") + ("/" + "\x01" * 250) * 14
        crowd = self.a.start("python3", "-c", script, name, user="alice")
        self.addCleanup(os.killpg, crowd.pid, signal.SIGKILL)
        ports = f"{self.a.connection_to('10.10.0.1', 9002)},9002"
        hosts.wait_for(lambda: int(self.a.run("sh", "-c", "ls /proc/*/fd 2>/dev/null | wc -l").out) > 110 * 250, "a crowd", 120)
        self.a.start_stopd("walk.deadline=20s")  # what it is cut by must not be the time
        record = self.a.redeem(self.net.token(self.a, ports, "--type", "SV"))["record"]
        self.assertEqual(record["truncated_by"], "record_size")
        self.assertEqual({(p["uid"], p["relation"]) for p in record["processes"] if p["relation"] == "owner"},
                         {(hosts.USERS["alice"], "owner")})
        self.assertGreater(len(record["processes"]), 60)
        self.assertEqual(self.counters()["records_cut"], 1)
        line = (self.a.folder / "store" / "journal.jsonl").read_text().splitlines()[-1]
        self.assertIn(f'"uid":{hosts.USERS["alice"]},"user":"alice"', line)

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
        self.a.start_stopd("limits.max_requests_per_asker_minute=100000", "replies.least_time=0s")
        heads = []
        for _ in range(6):
            stop = threading.Event()
            asking = threading.Thread(target=self.ask_until, args=(stop, acknowledged), daemon=True)
            asking.start()
            before = len(acknowledged)
            time.sleep(rhythm.uniform(0.2, 0.7))
            hosts.wait_for(lambda before=before: len(acknowledged) > before + 9, "tokens are given")
            monitor, front = self.pids()
            kills_monitor = rhythm.random() < 0.6
            self.a.run("kill", "-KILL", str(monitor if kills_monitor else front))
            stop.set()
            asking.join()
            if kills_monitor:
                hosts.wait_for(lambda: not self.a.listens(113), "it has gone")
                self.a.start(hosts.STOPD, "run", *self.a.stopd_settings)
                self.a.await_port(113)
            else:
                hosts.wait_for(lambda old=front: self.pids()[1] != old, "a new process")
            heads.append(self.a.stopd("head").out.strip())
        self.assertGreater(len(acknowledged), 50)
        done = self.a.stopd("list", "--json")
        kept = dict(re.findall(r'"token":"([0-9a-f]{64})","state":"(\w+)"', done.out))
        self.assertEqual([kind for kind, token in acknowledged if kept.get(token) != {"SV": "intact", "ID": "none"}[kind]], [])
        self.assertEqual({kind for kind, _ in acknowledged}, {"SV", "ID"})
        done = self.a.stopd("verify", *[word for head in heads for word in ("--head", head)])
        self.assertEqual(done.code, 0, done.out)

    def test_verify_finds_nothing_wrong_beside_a_daemon_at_work(self):
        self.a.start_stopd("limits.max_requests_per_asker_minute=100000", "store.journal_size=4KiB", "replies.least_time=0s")
        stop, acknowledged = threading.Event(), []
        asking = threading.Thread(target=self.ask_until, args=(stop, acknowledged), daemon=True)
        asking.start()
        heads = []

        def verify():
            heads.append(self.a.stopd("head").out.strip())
            done = self.a.stopd("verify", "--head", heads[0], "--head", heads[-1])
            self.assertEqual(done.code, 0, done.out)
            lines = [int(head.split(":")[0]) for head in heads]
            return len(lines) >= 15 and lines[-1] > lines[0] + 50
        hosts.wait_for(verify, lambda: f"the journal grows meanwhile: {heads}")
        self.a.run("kill", "-TERM", str(self.pids()[0]))
        stop.set()
        asking.join()
        self.assertGreaterEqual(len(acknowledged), 50)

    def ask_until(self, stop, acknowledged):
        """Tokens of SV and ID, one after the other, from the router's namespace."""
        script = ("import itertools,socket,sys\ns=socket.create_connection((sys.argv[1],113),timeout=60)\nf=s.makefile('rb')\n"
                  "for kind in itertools.cycle(('SV','ID')):\n s.sendall(f'{sys.argv[2]}:{kind}\\r\\n'.encode())\n"
                  " l=f.readline().decode().strip()\n if not l: break\n print(kind,l.rsplit(':',1)[1].strip(),flush=True)\n")
        with subprocess.Popen(["ip", "netns", "exec", self.net.router, "python3", "-c", script, self.a.address, self.ports],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            for line in process.stdout:
                if len(line) == 68:
                    acknowledged.append(tuple(line.split()))
        stop.wait()


if __name__ == "__main__":
    harness.main()
