#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Agents that are killed, slow, cut off or badly set up: what the asker is told, and that nothing known is lost or doubled."""
import os
import subprocess
import threading

import harness
import hosts
import tracing_rig

AGENT, KEY = "stopd: tracing", "stopd: key"


# Takes a port as soon as it can, and does not listen there: whoever connects is refused.
TAKE = """import signal,socket,sys,time
s=socket.socket()
s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)
print('ready',flush=True)
while True:
    try: s.bind(('0.0.0.0',int(sys.argv[1])))
    except OSError: time.sleep(0.01)
    else: break
s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,0)
signal.pause()
"""


class Faults(tracing_rig.FourHosts):
    def take_port(self, host, port=4113):
        process = host.start("python3", "-c", TAKE, str(port), stdout=subprocess.PIPE)
        process.stdout.readline()
        return process

    def test_killed_processes(self):
        """By kill -9: the agent of one host, the whole of another one's stopd, and the process with the key of a third."""
        site = self.four()
        told = {self.assert_to_person(site)}
        site.await_same_chains(told)
        a, b, c = site["a"], site["b"], site["c"]
        before_a, before = site.processes(a), site.processes(b)
        a.run("kill", "-KILL", str(before_a[KEY]))
        # Who has its port keeps it from coming back.
        taker = self.take_port(b)
        site.signal_agent(b, "KILL")
        site.await_log(b, "the agent of tracing is lost: it ended (signal 9 (Killed)); it is started again in 1 s")
        site.await_log(b, "tracing is off, and is tried again by itself: cannot listen at")
        self.assertNotIn(AGENT, site.processes(b))
        self.assertNotIn(KEY, site.processes(b), "without its agent the key is not kept")
        told.add(self.assert_ends_before(site, "b", "no_agent"))
        self.assertTrue(site.serves_stop("bc"))
        site.await_log(a, "the agent of tracing is lost: the process with its key ended (")
        site.await_log(a, "the process with its key: signal 9 (Killed)")
        site.await_log(a, "tracing is on again")
        after = site.processes(a)
        self.assertEqual(after["stopd"], before_a["stopd"])
        self.assertFalse({after[AGENT], after[KEY]} & set(before_a.values()), "one does not go on without the other")
        # Meanwhile, c: all its processes end with the first.
        site.stop_agent(c, "KILL")
        hosts.wait_for(lambda: not site.processes(c), "all of them have ended")
        told.add(self.assert_ends_before(site, "c", "no_agent"))
        site.start_agent(c)
        told.add(self.assert_ends_before(site, "b", "no_agent"))
        self.assertEqual(b.log_text().count("tracing is off"), 1, "told once, however often it is tried")
        b.run("pkill", "-KILL", "-f", "^python3 -c import signal,socket")  # of that host's processes
        taker.wait()
        # The daemon starts it again by itself, within a minute, and nobody who asks by STOP feels it.
        site.await_log(b, "tracing is on again", patience=100)
        self.assertEqual({name: site.processes(b)[name] for name in ("stopd", "stopd: network")},
                         {name: before[name] for name in ("stopd", "stopd: network")})
        a.await_port(4113)
        b.await_port(4113)
        told.add(self.assert_to_person(site))
        site.await_same_chains(told)
        self.assertTrue(site.serves_stop("bc"))

    def test_files_that_are_wrong_and_put_right(self):
        """Tracing is off, and says why; all else goes on; and it is on again once the files are right."""
        site = self.site(tracing_rig.SEVEN, without="abcdefg", settings=tracing_rig.QUICK)
        other = tracing_rig.Authority(self.folder / "other")
        site.authority.issue("old", [site["d"].address],
                             dates=("-startdate", "20250101000000Z", "-enddate", "20250201000000Z"))
        other.issue("g", [site["g"].address])
        kept = {}

        def change(name, file, contents):
            path = site.folder(site[name]) / file
            kept[path] = path.read_bytes()
            if contents is None:
                path.unlink()
            else:
                path.write_bytes(contents)
        change("a", "host.crt", None)
        change("b", "host.key", (site.authority.folder / "c.key").read_bytes())
        change("c", "host.key", None)
        change("d", "host.crt", (site.authority.folder / "old.crt").read_bytes())
        change("d", "host.key", (site.authority.folder / "old.key").read_bytes())
        change("e", "ca.crl", b"no list at all")
        change("g", "host.crt", (other.folder / "g.crt").read_bytes())
        change("g", "host.key", (other.folder / "g.key").read_bytes())
        folder = site.folder(site["f"]) / "knowledge"
        folder.mkdir(mode=0o700)
        os.chown(folder, hosts.USERS["bob"], hosts.USERS["bob"])
        for host in site.network.hosts.values():
            site.start_agent(host)
        self.person = site.login("abcd")
        for name, reason in (("a", "host.crt: cannot be read: No such file"), ("b", "the key is not that of the certificate"),
                             ("c", "host.key"), ("d", "expired"), ("e", "revoked certificates"),
                             ("f", f"belongs to user {hosts.USERS['bob']}, not to tracing.user"),
                             ("g", "own certificate is not believed")):
            with self.subTest(host=name):
                site.await_log(site[name], "tracing is off, until its files change")
                self.assertIn(reason, site[name].log_text())
                self.assertNotIn(AGENT, site.processes(site[name]))
                self.assertTrue(site[name].listens(113))
                self.assertFalse(site[name].listens(4113))
        self.assertTrue(site.serves_stop("bc"))
        done = site["d"].stopd("trace", "follow", *site.last_connection("abcd"))
        self.assertEqual(done.code, 1)
        self.assertNotEqual(done.err, "")
        for path, contents in kept.items():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # not open to all, even for a moment
                file.write(contents)
        os.chown(folder, hosts.USERS["_stoptrace"], hosts.USERS["_stoptrace"])
        os.utime(site.folder(site["f"]) / "host.crt")
        for host in site.network.hosts.values():
            hosts.wait_for(lambda host=host: AGENT in site.processes(host) and host.listens(4113),
                           f"{host.name} traces: {host.log_text()[-800:]}", 60)
        site.await_same_chains({self.assert_to_person(site)}, "abcd")
        self.assertTrue(site.serves_stop("bc"))

    def test_a_host_that_calls_from_an_address_that_its_certificate_lacks(self):
        """Both logs say what is wrong; the network as translated mends it, and better a certificate with all addresses."""
        site = self.four()
        told = {self.assert_to_person(site)}
        b, c, second = site["b"], site["c"], "10.10.0.77"
        site.stop_agent(c)
        hosts.ip("addr", "add", f"{second}/24", "dev", "eth0", netns=c.netns)
        hosts.ip("route", "change", "10.10.0.0/24", "dev", "eth0", "src", second, netns=c.netns)
        self.assertIn(f"src {second}", c.run("ip", "route", "get", b.address).out)
        # b would call c, and be answered.
        site.stop_agent(b)
        site.start_agent(b, "tracing.peers=[]")
        site.start_agent(c)
        # Whoever asks c asks b himself when c may not.
        told.add(self.assert_to_person(site))
        told.add(self.assert_ends_before(site, "b", "refused", "abc"))
        site.await_log(b, f"peer {second} (it comes from {second}, which the certificate of 'c' does not name; ")
        site.await_log(c, f"{b.address} cannot be asked: the peer denies: not_allowed")
        site.stop_agent(b)
        site.start_agent(b, f"tracing.translated=[{second}/32]")
        told.add(self.assert_to_person(site, "abc"))
        site.stop_agent(b)
        site.stop_agent(c)
        site.give_certificate(c, addresses=[c.address, second])
        before = len(b.log_text())
        site.start_agent(b)
        site.start_agent(c)
        told.add(self.assert_to_person(site, "abc"))
        self.assertNotIn("does not name", b.log_text()[before:])
        site.await_same_chains(told)

    def test_a_partition_and_its_healing(self):
        site = self.four()
        told = {self.assert_to_person(site)}
        site.await_same_chains(told)
        wire = f"v{site.network.number}b"
        hosts.ip("link", "set", wire, "down", netns=site.network.router)
        told.add(self.assert_ends_before(site, "b", "silent"))
        # On the other side of the cut: c's question about b's login, as b sees it, cannot be asked, but b's own can.
        done, hops, ends = site.follow(site["b"], *site.last_connection("ab"))
        self.assertEqual(([hop["host"] for hop in hops], ends[0]["end"]), ([site["b"].address], "silent"), done.err)
        told.add(ends[0]["trace"])
        self.assertTrue({chain["trace"] for chain in site.chains(site["b"])} < told)
        hosts.ip("link", "set", wire, "up", netns=site.network.router)
        site.await_same_chains(told, patience=60)
        told.add(self.assert_to_person(site))
        site.await_same_chains(told)

    def test_a_session_that_ends_while_it_is_traced(self):
        site = self.four("tracing.limits.peer_timeout=9s")
        last = site.last_connection("abcd")
        b = site["b"]
        site.signal_agent(b, "STOP")
        answer = []
        asker = threading.Thread(target=lambda: answer.append(site.follow(site["d"], *last)))
        asker.start()
        site.await_log(site["c"], "next is 10.10.0.2")
        self.person.hang_up()
        hosts.wait_for(lambda: not b.run("ss", "-Htn", "state", "established", "sport = :22").out, "b's session is over")
        site.signal_agent(b, "CONT")
        asker.join()
        _, hops, ends = answer[0]
        self.assertEqual([hop["host"] for hop in hops[:2]], site.in_turn("cd"))
        self.assertIn(ends[0]["end"], ("closed", "not_known"))
        done, hops, ends = site.follow(site["d"], *last)
        self.assertEqual((len(ends), ends[0]["end"]), (1, "closed"), done.out)

    def test_a_slow_agent_and_one_that_dies_while_it_is_asked(self):
        # Longer than it takes to kill somebody who is asked; and two ask, one after the other.
        site = self.four("tracing.limits.peer_timeout=4s")
        self.assert_to_person(site)
        site.signal_agent(site["b"], "STOP")
        self.assert_ends_before(site, "b", "silent")
        site.signal_agent(site["b"], "CONT")
        self.assert_to_person(site)
        site.signal_agent(site["b"], "STOP")
        pid = str(site.processes(site["b"])[AGENT])
        answer = []
        asker = threading.Thread(target=lambda: answer.append(site.trace("abcd")))
        asked = site["c"].log_text().count("next is 10.10.0.2")
        asker.start()
        site.await_log(site["c"], "next is 10.10.0.2", asked + 1)
        site["b"].run("kill", "-KILL", pid)
        asker.join()
        hops, end = answer[0]
        self.assertEqual([hop["host"] for hop in hops], site.in_turn("cd"))
        self.assertEqual((end["end"], end["beyond"]["local"]["ip"]), ("no_agent", site["b"].address))


if __name__ == "__main__":
    harness.main()
