#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What stopd believes of whom: requesters, its own network side, previous hosts; and what it gives up itself."""
import ctypes
import os
import re
import socket
import struct
import subprocess

import harness
import hosts

ONE = {"a": "10.10.0.2"}
TWO = {"a": "10.10.0.2", "b": "10.10.0.3"}
CHAIN = {"a": "172.16.0.2", "b": "10.10.0.2", "c": "172.16.0.3"}
ROUTER = "10.10.0.1"
SV, IDENT = 3, 0  # types of requests, as the channel has them
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
LIBC = ctypes.CDLL(None, use_errno=True)
# Lines to port 113 from one of the own addresses; prints the replies.
ASK = """import socket,sys
s=socket.create_connection((sys.argv[1],113),timeout=10,source_address=(sys.argv[2],0))
f=s.makefile('rb')
for line in sys.stdin:
    s.sendall(line.strip().encode()+b'\\r\\n')
    print(f.readline().decode().strip())
"""
# A host that answers each request by a user's name, as ordinary ident daemons do.
IDENTD = """import socket
s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); s.bind(('0.0.0.0',113)); s.listen(9)
while True:
    c,_=s.accept(); ports=c.makefile().readline().split(':')[0]; c.sendall(f'{ports}:USERID:UNIX:mallory\\r\\n'.encode()); c.close()
"""


def end(address, port):
    """An end of a connection, as the channel has it."""
    return struct.pack("=QQH", 0, 0xffff00000000 | int.from_bytes(bytes(map(int, address.split("."))), "big"), port)


class Trust(hosts.TestCase):
    def one(self, *settings, addresses=None, shared=False):
        """alice of a is connected to the router."""
        network = self.network(addresses or ONE, ("nc",))
        a = network["a"]
        if shared:
            a.run("mount", "--make-rshared", "/")  # as systemd has it
        a.start_stopd(*settings)
        self.listen_at_router(network, 9001)
        a.start("nc", "-d", ROUTER, "9001", user="alice")
        return network, a, f"{a.connection_to(ROUTER, 9001)},9001"

    def listen_at_router(self, network, port):
        self.at_router(network, "nc", "-l", "-k", "-p", str(port))
        hosts.wait_for(lambda: f":{port}" in network.at_border("ss", "-Hltn").out, "the router listens")

    def at_router(self, network, *words):
        process = subprocess.Popen(["ip", "netns", "exec", network.router, *words], stdin=subprocess.PIPE,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def ask_by_hand(self, asker, host, source, *lines):
        done = asker.run("python3", "-c", ASK, host, source, data="".join(line + "\n" for line in lines).encode())
        self.assertEqual(done.code, 0, done.err)
        return done.out.splitlines()

    def ask_from_router(self, network, *lines):
        done = network.at_border("python3", "-c", ASK, network["a"].address, ROUTER, stdin=None,
                                 input="".join(line + "\n" for line in lines).encode())
        self.assertEqual(done.code, 0, done.err)
        return done.out.splitlines()

    def pids(self, host):
        """The processes of stopd: the monitor and the network side."""
        found = {}
        for line in host.run("ps", "-eo", "pid,stat,comm").out.splitlines()[1:]:
            pid, state, name = line.split(None, 2)
            if name.startswith("stopd") and not state.startswith("Z"):
                found.setdefault(name.strip(), int(pid))
        return found["stopd"], found["stopd: network"]

    def counters(self, host):
        before = host.log_text().count("counters of the store")
        host.run("kill", "-USR1", str(self.pids(host)[0]))
        hosts.wait_for(lambda: host.log_text().count("counters of the store") > before, "counters")
        last = host.log_text()[host.log_text().rindex("counters of the network side"):]
        return {f"{side}.{name}": int(value) for side, line in re.findall(r"counters of the (\w+)[^:]*: (.*)", last)
                for name, value in re.findall(r"(\w+)=(\d+)", line)}

    def channel_of(self, host):
        """The network side's end of the channel, as somebody has it who took that process over."""
        inside = self.pids(host)[1]
        outside = next(int(entry) for entry in os.listdir("/proc") if entry.isdigit() and self.is_it(entry, host, inside))
        process = LIBC.syscall(SYS_PIDFD_OPEN, outside, 0)
        self.addCleanup(os.close, process)
        for number in range(3, 64):
            copy = LIBC.syscall(SYS_PIDFD_GETFD, process, number, 0)
            if copy < 0:
                continue
            found = socket.socket(fileno=copy)
            self.addCleanup(found.close)
            if found.family == socket.AF_UNIX and found.type == socket.SOCK_SEQPACKET:
                return found
        raise AssertionError("no channel")

    @staticmethod
    def is_it(entry, host, inside):
        try:
            with open(f"/proc/{entry}/status", encoding="utf-8") as status:
                numbers = re.search(r"^NSpid:\s+(.*)$", status.read(), re.M)
            return (numbers and numbers[1].split()[-1] == str(inside)
                    and os.readlink(f"/proc/{entry}/ns/pid") == os.readlink(f"/proc/{host.pid}/ns/pid"))
        except OSError:
            return False

    @staticmethod
    def look_up(kind, asker, local, remote, names_address=True):
        return struct.pack("=BQBIBB", 0xC1, 10 ** 9, kind, 0, names_address, 0) + asker + local + remote + b"\0"

    def test_a_network_side_that_was_taken_over_claims_no_requester_and_no_answer(self):
        network, a, ports = self.one()
        local, remote = (int(port) for port in ports.split(","))
        token = network.token(a, ports, "--type", "SV", "--about", ROUTER)
        channel = self.channel_of(a)
        here, there = end(a.address, local), end(ROUTER, remote)
        # Somebody who is not connected asks, by name or not; and somebody who is, about a stranger's connection.
        channel.send(self.look_up(SV, end("192.0.2.1", 4711), here, there))
        channel.send(self.look_up(IDENT, end("192.0.2.1", 4711), here, there, names_address=False))
        hosts.wait_for(lambda: self.counters(a)["monitor.unproven"] == 2, "both are refused")
        # An answer for a true token, of a host that was not to be asked.
        text = b"f" * 64
        report = (b"\xc3" + struct.pack("=H", 64) + token.encode() + here + end("192.0.2.66", 22) + b"\0\0" +
                  struct.pack("=H", len(text)) + text + b"\0")
        channel.send(report)
        counters = hosts.wait_for(lambda: (c := self.counters(a))["monitor.hops_unexpected"] == 1 and c, "it is refused")
        self.assertEqual((counters["store.records"], counters["store.next_hops"]), (1, 0))
        self.assertEqual(a.redeem(token)["next_hops"], [])
        self.assertIn("was not to be asked for it: not stored", a.log_text())
        self.assertEqual(len(self.pids(a)), 2)

    def test_a_decoy_hides_no_second_connection(self):
        network, a, ports = self.one()
        self.listen_at_router(network, 9002)
        a.start("nc", "-d", ROUTER, "9002", user="bob")
        second = f"{a.connection_to(ROUTER, 9002)},9002"
        for each, user in ((ports, "alice"), (second, "bob")):
            redeemed = a.redeem(network.token(a, each, "--type", "SV_REC", "--session-id", "7", "--about", ROUTER))
            self.assertEqual((redeemed["state"], redeemed["record"]["processes"][0]["user"]), ("intact", user))

    @staticmethod
    def await_unsent(host, connection):
        """Until the other end takes no more of it: as many bytes wait as before."""
        seen = []

        def look():
            found = re.search(r"^ESTAB +\d+ +(\d+) ", host.run("ss", "-Htn", connection).out, re.M)
            seen.append(int(found[1]) if found else 0)
            return len(seen) > 4 and seen[-1] > 0 and len(set(seen[-4:])) == 1
        hosts.wait_for(look, lambda: f"data are under way: {seen[-20:]}")

    def test_without_an_address_only_connections_known_to_be_own_are_answered(self):
        network, a, ports = self.one()
        # It leaves no listener, and more than the router reads: nothing tells who opened it.
        a.start("python3", "-c", "import socket\nl=socket.create_server(('0.0.0.0',9100))\nc,_=l.accept()\nl.close()\n"
                                 "while True: c.sendall(bytes(9999))", user="bob")
        a.await_port(9100)
        reader = self.at_router(network, "python3", "-c",
                                f"import socket,time\ns=socket.create_connection(('{a.address}',9100))\ntime.sleep(60)")
        port = hosts.wait_for(lambda: (m := re.search(rf":9100 +{ROUTER}:(\d+)", a.run("ss", "-Htn").out)) and m[1], "connected")
        hosts.wait_for(lambda: not a.listens(9100), "nobody listens")
        self.await_unsent(a, f"sport = :9100 and dport = :{port}")
        self.assertEqual(self.ask_from_router(network, f"9100,{port}:ID", f"9100,{port}"),
                         [f"9100,{port}:ERROR:NO-USER"] * 2)
        self.assertRegex(self.ask_from_router(network, ports)[0], "USERID:OTHER:[0-9a-f]{64}")
        reader.kill()

    def test_an_own_connection_is_answered_also_while_data_are_under_way(self):
        network, a, _ = self.one()
        self.at_router(network, "python3", "-c", "import socket,time\ns=socket.create_server(('0.0.0.0',9102))\nc,_=s.accept()\ntime.sleep(60)")
        hosts.wait_for(lambda: ":9102" in network.at_border("ss", "-Hltn").out, "the router listens")
        a.start("sh", "-c", f"cat /dev/zero | nc {ROUTER} 9102", user="bob")
        own = f"{a.connection_to(ROUTER, 9102)},9102"
        self.await_unsent(a, "dport = :9102")
        self.assertRegex(self.ask_from_router(network, own)[0], "USERID:OTHER:[0-9a-f]{64}")

    def test_whom_the_administrator_does_not_trust_gets_plain_ident(self):
        network, a, ports = self.one(f"askers.trusted={ROUTER}", addresses=TWO)
        self.assertNotIn("askers.trusted is empty", a.log_text())
        b = network["b"]
        b.start("nc", "-l", "-k", "-p", "9000")
        b.await_port(9000)
        a.start("nc", "-d", b.address, "9000", user="bob")
        to_b = f"{a.connection_to(b.address, 9000)},9000"
        replies = self.ask_by_hand(b, a.address, b.address, to_b, f"{to_b}:ID", f"{to_b}:SV", f"{to_b}:SV_REC:1",
                                   f"{to_b}:ID_REC:1", f"{ports}:ID:{ROUTER}", f"{ports}:SV:{ROUTER}")
        tokens = [reply.rsplit(":", 1)[1] for reply in replies]
        self.assertEqual(tokens[2:5], ["UNKNOWN-ERROR"] * 3)
        for token in tokens[:2] + tokens[5:]:
            self.assertRegex(token, "^[0-9a-f]{64}$")
        self.assertEqual(a.redeem(tokens[0])["journal"]["user"], "bob")
        for token in tokens[5:]:
            self.assertEqual(a.redeem(token)["journal"]["reason"], "this requester may only ask by plain ident")
        self.assertEqual(a.redeem(network.token(a, ports, "--type", "SV", "--about", ROUTER))["state"], "intact")
        counters = self.counters(a)
        self.assertEqual((counters["network.not_allowed"], counters["store.records"]), (5, 1))
        self.assertIn("it is not in askers.trusted", a.log_text())

    def test_an_open_daemon_says_so(self):
        _, a, _ = self.one()
        self.assertIn("askers.trusted is empty", a.log_text())

    def test_every_token_can_be_explained_within_bounds(self):
        network, a, ports = self.one("limits.max_requests_per_asker_minute=20", "limits.max_noted_refusals_per_minute=50")
        lines = [f"{ports}:WHAT:{ROUTER}"] * 2 + [f"{ports}:SV:{ROUTER}"] * 40
        tokens = [reply.rsplit(":", 1)[1] for reply in self.ask_from_router(network, *lines)]
        self.assertEqual(len(set(tokens)), len(lines))
        reasons = [a.redeem(token)["journal"].get("reason", "") for token in tokens[:22]]
        self.assertEqual(reasons[:2], ["an invalid request"] * 2)
        self.assertEqual(reasons[2:20], [""] * 18)
        self.assertEqual(set(reasons[20:]) - {""}, {"too many requests of this requester"})
        counters = self.counters(a)
        self.assertGreaterEqual(counters["network.rate_limited"], 18)
        self.assertEqual(counters["monitor.refusals_noted"] + counters["network.refusals_unnoted"],
                         counters["network.rate_limited"] + 2)
        self.assertGreaterEqual(counters["network.refusals_unnoted"], 12)
        self.assertEqual(a.stopd("redeem", tokens[-1]).code, 1)
        self.assertIn("limits.max_noted_refusals_per_minute", a.log_text())

    def test_all_requesters_together_have_a_limit(self):
        network, a, ports = self.one("limits.max_requests_per_minute=4")
        tokens = [reply.rsplit(":", 1)[1] for reply in self.ask_from_router(network, *[f"{ports}:SV:{ROUTER}"] * 6)]
        self.assertEqual([a.redeem(token)["state"] for token in tokens], ["intact"] * 4 + ["none"] * 2)
        self.assertIn("limits.max_requests_per_minute", a.redeem(tokens[5])["journal"]["reason"])
        self.assertEqual(self.counters(a)["monitor.gate_limited"], 2)

    def test_all_addresses_of_the_host_are_one_requester(self):
        _, a, _ = self.one("limits.max_requests_per_asker_minute=10")
        hosts.ip("addr", "add", "10.10.0.77/24", "dev", "eth0", netns=a.netns)
        hosts.wait_for(lambda: self.answers_are_limited(a), "four addresses of one host have one share", 15)

    def answers_are_limited(self, a):
        replies = [reply for source in ("127.0.0.1", "127.0.0.5", a.address, "10.10.0.77")
                   for reply in self.ask_by_hand(a, "127.0.0.1" if source.startswith("127") else a.address, source, *["1,2"] * 4)]
        limited = [reply.endswith("UNKNOWN-ERROR") for reply in replies]
        return limited[15] and sum(limited) >= 5

    def test_a_reply_that_is_no_token_is_not_called_one(self):
        network, text, redeemed = self.redeemed_chain()
        self.assertEqual([hop["token"] for hop in redeemed["next_hops"]], ["mallory"])
        self.assertTrue(redeemed["next_hops"][0]["in_record"])
        self.assertIn("no token; it answered: mallory", text)
        self.assertNotIn("its token", text)
        self.assertIn("no token, but mallory", network["b"].log_text())

    def test_only_hosts_of_the_networks_named_are_asked_on(self):
        network, text, redeemed = self.redeemed_chain("recursion.networks=192.0.2.0/24")
        self.assertEqual([hop["result"] for hop in redeemed["next_hops"]], ["not_allowed"])
        self.assertIn("not asked: it is not in recursion.networks", text)
        self.assertIn("it is not in recursion.networks", network["b"].log_text())

    def redeemed_chain(self, *settings):
        """a connects to b, which relays to c; b is asked, and asks a, where an ordinary identd runs."""
        network = self.network(CHAIN, ("nc", "socat"))
        a, b, c = network["a"], network["b"], network["c"]
        b.start_stopd(*settings)
        a.start("python3", "-c", IDENTD)
        c.start("nc", "-l", "-k", "-p", "9000")
        b.start("socat", "TCP-LISTEN:8888,fork", f"TCP:{c.address}:9000", user="bob")
        for host, port in ((a, 113), (b, 8888), (c, 9000)):
            host.await_port(port)
        a.start("nc", "-d", b.address, "8888", user="alice")
        token = network.token(b, f"{b.connection_to(c.address, 9000)},9000", "--about", c.address)
        hosts.wait_for(lambda: b.redeem(token)["next_hops"], "the previous host is noted")
        return network, b.stopd("redeem", token).out, b.redeem(token)

    def test_a_recursive_request_that_cannot_be_remembered_is_served_without_asking_on(self):
        network, a, ports = self.one("recursion.max_remembered=1")
        tokens = [network.token(a, ports, "--type", "SV_REC", "--session-id", str(session), "--about", ROUTER) for session in (1, 2)]
        redeemed = [a.redeem(token) for token in tokens]
        self.assertEqual([(each["state"], each["record"]["asked"]["type"]) for each in redeemed], [("intact", "SV_REC"), ("intact", "SV")])
        self.assertEqual(self.counters(a)["network.unremembered"], 1)

    def test_counters_are_written_for_a_monitoring_system(self):
        metrics = self.folder / "metrics"
        metrics.mkdir()
        network, a, ports = self.one(f"metrics.file={metrics}/stopd.prom", "metrics.interval=1s")
        network.token(a, ports, "--type", "SV")
        path = metrics / "stopd.prom"
        text = hosts.wait_for(lambda: path.exists() and "\nstopd_store_records_total 1\n" in (t := path.read_text()) and t,
                              "the record is counted")
        self.assertIn("\nstopd_network_requests_total 1\n", text)
        self.assertIn("# TYPE stopd_store_used_bytes gauge\n", text)
        self.assertEqual(os.listdir(metrics), ["stopd.prom"])

    def test_the_monitor_by_hand_gives_up_what_it_does_not_need(self):
        network, a, ports = self.one(shared=True)
        network.token(a, ports, "--type", "SV")
        monitor, front = self.pids(a)
        status = dict(re.findall(r"^(\w+):[ \t]*(.*)$", a.run("cat", f"/proc/{monitor}/status").out, re.M))
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        kept = sum(1 << number for number in (2, 5, 6, 7, 8, 12, 18, 19, 21))  # linux/capability.h
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16) & ~kept, 0, capabilities)
        mounts = a.run("cat", f"/proc/{monitor}/mountinfo").out.splitlines()
        if [line for line in mounts if line.split()[4] == "/"]:
            options = {line.split()[4]: line.split()[5].split(",")[0] for line in mounts}
            writable = [place for place, option in options.items() if option == "rw"]
            self.assertEqual(sorted(writable), sorted(["/var/tmp", str(a.folder / "store")]))
        limits = a.run("cat", f"/proc/{monitor}/limits").out
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        # It can do all that it has to, also to start the other side again, many times.
        for _ in range(3):
            a.run("kill", "-KILL", str(front))
            front = hosts.wait_for(lambda old=front: (p := self.pids_or_none(a)) and p[1] != old and p[1], "a new one")
            hosts.wait_for(lambda: a.listens(113), "it listens")
            self.assertEqual(a.redeem(network.token(a, ports, "--type", "SV"))["state"], "intact")
        filters = re.search(r"Seccomp_filters:\s+(\d+)", a.run("cat", f"/proc/{monitor}/status").out)
        self.assertEqual(filters[1], status.get("Seccomp_filters", filters[1]))

    def pids_or_none(self, host):
        try:
            return self.pids(host)
        except KeyError:
            return None


if __name__ == "__main__":
    harness.main()
