#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces: those that users make point at nobody, and those of the system's containers are looked into."""
import os
import subprocess

import harness
import hosts

ADDRESSES = {"a": "172.16.0.2", "b": "10.10.0.2", "d": "172.16.0.3"}
CONTAINER = "172.30.0.2"

# What a user can do who has read the source.  They hold a connection to elsewhere, and beside it one with somebody
# else's ends, in a namespace of their own.
FORGERY = r"""
import ctypes, os, socket, subprocess, sys, time
mine, far, near, ready, way = sys.argv[1:6]
address = lambda text: (text.rsplit(":", 1)[0], int(text.rsplit(":", 1)[1]))
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, CLONE_NEWNET, PR_SET_DUMPABLE, TCP_REPAIR = 0x10000000, 0x40000000, 4, 19

def unshare(flags):
    uid = os.geteuid()
    assert libc.unshare(flags) == 0, ctypes.get_errno()
    if flags & CLONE_NEWUSER:
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        open("/proc/self/setgroups", "w").write("deny")
        open("/proc/self/gid_map", "w").write(f"0 {uid} 1")
        open("/proc/self/uid_map", "w").write(f"0 {uid} 1")

def ip(*words):
    subprocess.run(["ip", *words], check=True)

def own_namespace(local, other):
    ip("link", "set", "lo", "up")
    ip("addr", "add", local[0] + "/32", "dev", "lo")
    ip("route", "add", other[0] + "/32", "dev", "lo")

held = socket.create_connection(address(mine))
far, near = address(far), address(near)
if way == "two":
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    go, gone = os.pipe()
    other = os.fork()
    if other == 0:
        held.close()
        unshare(CLONE_NEWNET)
        os.write(gone, b"x")
        while subprocess.run(["ip", "link", "show", "there"], capture_output=True).returncode:
            time.sleep(0.05)
        ip("addr", "add", near[0] + "/32", "dev", "there")
        ip("link", "set", "there", "up")
        ip("route", "add", far[0] + "/32", "dev", "there")
        listener = socket.create_server(near)
        end, _ = listener.accept()
        time.sleep(1000)
    os.read(go, 1)
    ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", str(other))
    ip("addr", "add", far[0] + "/32", "dev", "here")
    ip("link", "set", "here", "up")
    ip("route", "add", near[0] + "/32", "dev", "here")
    for attempt in range(100):
        copy = socket.socket()
        copy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        copy.settimeout(1)
        try:
            copy.bind(far)  # an earlier attempt may still have it
            copy.connect(near)
            break
        except OSError:
            copy.close()
            time.sleep(0.1)
else:
    for level in range(2 if way == "nested" else 1):
        unshare(CLONE_NEWUSER | CLONE_NEWNET)
    own_namespace(far, near)
    copy = socket.socket()
    copy.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    copy.bind(far)
    copy.connect(near)
    copy.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, -1)
open(ready, "w").close()
time.sleep(1000)
"""


MULTIPATH_RELAY = """
import socket, sys, time
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
listener.bind(("0.0.0.0", 8888))
listener.listen()
end, _ = listener.accept()
time.sleep(1)  # further paths come to the listener, too
listener.close()
onward = socket.create_connection((sys.argv[1], 9000))
while data := end.recv(1000):
    onward.sendall(data)
"""
MULTIPATH_CLIENT = """
import socket, sys, time
end = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
end.connect((sys.argv[1], 8888))
while True:
    end.sendall(b"hello")
    time.sleep(0.2)
"""


class Namespaces(hosts.TestCase):
    def setUp(self):
        super().setUp()
        self.net = self.network(ADDRESSES, ("nc", "nft", "sshd", "ssh"))
        self.a, self.b, self.d = (self.net[name] for name in ADDRESSES)
        for host in (self.a, self.b):
            host.start_stopd()
        self.d.start("nc", "-l", "-k", "-p", "9000")
        self.d.await_port(9000)

    def record(self, port):
        """What b saves about its connection from `port` to d."""
        token = self.net.token(self.b, f"{port},9000", "--about", self.d.address)
        record = self.b.redeem(token)["record"]
        self.assertNotIn("namespace", [each["what"] for each in record.get("not_seen", [])])
        return token, record

    @staticmethod
    def names(record):
        return [process["name"] for process in record["processes"]]

    @staticmethod
    def users(record):
        return {process["user"] for process in record["processes"]}

    # What users do.

    def bob_has_come_from_a(self):
        """The ends of bob's login from a: b's and a's."""
        self.b.start_sshd()
        self.a.start("ssh", "10.10.0.2", "sleep", "1000", user="bob")
        port = self.a.connection_to(self.b.address, 22)
        hosts.wait_for(lambda: self.b.run("pgrep", "-u", "bob", "sleep").code == 0, "bob has logged in")
        return f"{self.b.address}:22", f"{self.a.address}:{port}"

    def forged(self, way):
        near, far = self.bob_has_come_from_a()
        ready = self.net.folder / "home" / "alice" / "ready"
        self.b.start("python3", "-c", FORGERY, f"{self.d.address}:9000", far, near, ready, way, user="alice")
        hosts.wait_for(ready.exists, f"the forgery is made: {self.b.log_text()[-1500:]}")
        token, record = self.record(self.b.connection_to(self.d.address, 9000))
        self.assertNotIn("bob", self.users(record), record)
        self.assertNotIn("sshd", self.names(record))
        self.assertEqual(record.get("previous_hosts", []), [])
        return near, far, token, record

    def assert_told(self, near, far, token, record):
        """The forged connection is there as what alice made."""
        others = [(each["why"], each["local"], each["remote"], each["uid"]) for each in record["other_connections"]]
        self.assertIn(("user_namespace", far, near, hosts.USERS["alice"]), others)
        self.assertEqual(self.b.redeem(token)["next_hops"], [])
        text = self.b.stopd("redeem", token).out
        self.assertRegex(text, f"{near} -> {far}  made by user 1001, held by [0-9]+ python3\n")

    def test_a_copy_of_a_connection_in_a_users_namespace_leads_to_nobody(self):
        self.assert_told(*self.forged("repair"))

    def test_nor_does_one_in_a_namespace_within_another(self):
        self.assert_told(*self.forged("nested"))

    def test_two_namespaces_of_a_user_lead_to_each_other_only(self):
        *_, record = self.forged("two")
        self.assertEqual(self.names(record).count("python3"), 2)
        self.assertEqual(self.users(record) - {"root"}, {"alice"})

    def behind_slirp(self, count):
        """alice's own container, whose connections to d a process outside of it makes for it."""
        self.needs(hosts.have("slirp4netns"), "slirp4netns")
        for words in (["mknod", "/run/tun", "c", "10", "200"], ["chmod", "666", "/run/tun"],
                      ["mount", "--bind", "/run/tun", "/dev/net/tun"]):
            self.assertEqual(self.b.run(*words).code, 0)
        self.b.start("unshare", "--user", "--map-root-user", "--net", "sh", "-c",
                     f"for i in $(seq {count}); do until nc {self.d.address} 9000; do sleep 0.1; done & done; sleep 1000",
                     user="alice")
        pid = hosts.wait_for(lambda: self.b.run("pgrep", "-o", "-u", "alice", "-f", "^sh -c for").out.strip(), "the container runs")
        self.b.start("slirp4netns", "--configure", pid, "tap0", user="alice")
        port = self.arrived_at_d(count=count)
        token = self.net.token(self.b, f"{port},9000", "--about", self.d.address)
        record = self.b.redeem(token)["record"]
        self.assertEqual((record["processes"][0]["name"], record["processes"][0]["user"]), ("slirp4netns", "alice"))
        self.assertEqual(record.get("previous_hosts", []), [])
        return record

    def test_a_users_container_is_looked_into_through_its_tunnel(self):
        record = self.behind_slirp(1)
        self.assertIn("nc", self.names(record))
        self.assertEqual(record.get("not_seen", []), [])

    def test_which_one_of_several_behind_a_tunnel_is_not_guessed(self):
        record = self.behind_slirp(2)
        self.assertNotIn("nc", self.names(record))
        self.assertEqual([(each["what"], each["detail"]) for each in record["not_seen"]],
                         [("namespace", "/dev/net/tun, into a network of user 1001")])

    def test_whose_a_user_id_of_a_container_is(self):
        ranges = self.file("subuid", b"bob:200000:10\nalice:100000:65536\n")
        self.b.run("touch", "/etc/subuid")
        self.assertEqual(self.b.run("mount", "--bind", ranges, "/etc/subuid").code, 0)
        self.b.start("setpriv", "--reuid=100007", "--regid=100007", "--clear-groups", "nc", "-d", self.d.address, "9000")
        _, record = self.record(self.b.connection_to(self.d.address, 9000))
        owner, *others = record["processes"]
        self.assertEqual((owner["uid"], owner["mapped_user"]), (100007, "alice"))
        self.assertEqual([each for each in others if "mapped_user" in each], [])

    def test_all_paths_of_a_multipath_connection_are_told(self):
        if not os.path.exists("/proc/sys/net/mptcp/enabled"):
            print(f"SKIPPED: {self.id()}: this kernel has no Multipath TCP", flush=True)
            self.skipTest("no Multipath TCP")
        second = "172.16.0.9"
        hosts.ip("addr", "add", f"{second}/24", "dev", "eth0", netns=self.a.netns)
        for host in (self.a, self.b):
            hosts.ip("mptcp", "limits", "set", "subflow", "2", "add_addr_accepted", "2", netns=host.netns)
        hosts.ip("mptcp", "endpoint", "add", second, "dev", "eth0", "subflow", netns=self.a.netns)
        self.b.start("python3", "-c", MULTIPATH_RELAY, self.d.address, user="bob")
        self.b.await_port(8888)
        self.a.start("python3", "-c", MULTIPATH_CLIENT, self.b.address, user="alice")
        established = ["ss", "-Htn", "state", "established", "sport = :8888"]
        hosts.wait_for(lambda: len(self.b.run(*established).out.splitlines()) == 2, "both paths are there")
        _, record = self.record(self.arrived_at_d())
        came_from = {each["remote"].rsplit(":", 1)[0] for each in record["previous_hosts"]}
        self.assertEqual(came_from, {self.a.address, second})

    # Containers that the system runs.

    def container(self, *unshare, address=CONTAINER):
        """How a command in a new container on b begins; the container is a neighbour on a bridge."""
        name = f"c{address.rsplit('.', 1)[1]}"
        init = self.b.folder / name
        init.symlink_to("/usr/bin/sleep")
        self.b.start("unshare", "--net", *unshare, init, "1000")
        pid = hosts.wait_for(lambda: self.b.run("pgrep", "-f", f"^{init}").out.strip(), "the container runs")
        for words in (["link", "add", "bridge0", "type", "bridge"], ["addr", "add", "172.30.0.1/24", "dev", "bridge0"],
                      ["link", "set", "bridge0", "up"]):
            self.b.run("ip", *words)
        inside = ["nsenter", "-t", pid, "-n"]
        for words in (["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", pid],
                      ["ip", "link", "set", name, "master", "bridge0", "up"],
                      [*inside, "ip", "addr", "add", f"{address}/24", "dev", "eth0"],
                      [*inside, "ip", "link", "set", "eth0", "up"], [*inside, "ip", "link", "set", "lo", "up"],
                      [*inside, "ip", "route", "add", "default", "via", "172.30.0.1"],
                      ["sysctl", "-qw", "net.ipv4.ip_forward=1"]):
            done = self.b.run(*words)
            self.assertEqual(done.code, 0, f"{words}: {done.err}")
        return inside

    def translate(self):
        """b hides its containers behind its own address, and has port 8080 of one."""
        rules = "\n".join([
            "table ip nat {", "chain post {", "type nat hook postrouting priority 100", "oifname eth0 masquerade", "}",
            "chain pre {", "type nat hook prerouting priority -100", f"tcp dport 8080 dnat to {CONTAINER}:80", "}", "}\n"])
        done = self.b.run("nft", "-f", "-", data=rules.encode())
        self.assertEqual(done.code, 0, done.err)

    def arrived_at_d(self, address=None, count=1):
        """The port of a connection that d has accepted, as d sees it, once there are so many."""
        def look():
            lines = [line.split() for line in self.d.run("ss", "-Htn", "state", "established", "sport = :9000").out.splitlines()]
            peers = [line[3].rsplit(":", 1) for line in lines]
            ports = [port for ip, port in peers if ip == (address or self.b.address)]
            return ports if len(ports) >= count else None
        return hosts.wait_for(look, "d is connected")[0]

    def sockets(self, record, name):
        return {d["local"] for p in record["processes"] if p["name"] == name for d in p.get("descriptors", []) if "remote" in d}

    def test_a_translated_connection_of_a_container_is_found(self):
        inside = self.container()
        self.translate()
        self.b.start(*inside, "nc", self.d.address, "9000")
        port = self.arrived_at_d()
        _, record = self.record(port)
        self.assertEqual(record["processes"][0]["name"], "nc")
        self.assertEqual(record["processes"][0]["relation"], "owner")
        self.assertEqual(record["asked"]["local"], f"{self.b.address}:{port}")
        self.assertEqual({end.rsplit(":", 1)[0] for end in self.sockets(record, "nc")}, {CONTAINER})

    def test_a_routed_connection_of_a_container_is_found(self):
        inside = self.container()
        hosts.ip("route", "add", "172.30.0.0/24", "via", self.b.address, netns=self.net.router)
        self.b.start(*inside, "nc", self.d.address, "9000")
        _, record = self.record(self.arrived_at_d(CONTAINER))
        self.assertEqual(record["processes"][0]["name"], "nc")

    def test_who_came_to_a_published_port_is_asked_by_the_published_address(self):
        inside = self.container()
        self.translate()
        self.b.start(*inside, "sh", "-c", f"nc -l -p 80 | nc {self.d.address} 9000")
        hosts.wait_for(lambda: self.b.run(*inside, "ss", "-Hltn", "sport = :80").out, "the container listens")
        source = self.a.start("nc", self.b.address, "8080", user="alice", stdin=subprocess.PIPE)
        source.stdin.write(b"hello\n")
        source.stdin.flush()
        self.accepted(80, *inside)
        token, record = self.record(self.arrived_at_d())
        ends = [(each["local"], each["remote"]) for each in record["previous_hosts"]]
        self.assertEqual(ends, [(f"{self.b.address}:8080", f"{self.a.address}:{self.a.connection_to(self.b.address, 8080)}")])
        answer = hosts.wait_for(lambda: self.b.redeem(token)["next_hops"], "a has answered")[0]
        self.assertEqual((answer["result"], len(answer["token"])), ("answered", 64))
        self.assertEqual(self.a.redeem(answer["token"])["record"]["processes"][0]["user"], "alice")

    def accepted(self, port, *inside):
        """Waits until a process on b has a connection to this port of it."""
        words = [*inside, "ss", "-Htnp", "state", "established", "sport", "=", f":{port}"]
        hosts.wait_for(lambda: "users:" in self.b.run(*words).out, f"a process has accepted at {port}")

    def through_a_container(self, *unshare):
        """a -> a relay on b -> a relay in a container on b -> d."""
        inside = self.container(*unshare)
        self.translate()
        self.b.start(*inside, "sh", "-c", f"nc -l -p 7000 | nc {self.d.address} 9000")
        hosts.wait_for(lambda: self.b.run(*inside, "ss", "-Hltn", "sport = :7000").out, "the container listens")
        self.b.start("sh", "-c", f"nc -l -p 8888 | nc {CONTAINER} 7000", user="bob")
        self.b.await_port(8888)
        source = self.a.start("nc", self.b.address, "8888", user="alice", stdin=subprocess.PIPE)
        source.stdin.write(b"hello\n")
        source.stdin.flush()
        self.accepted(8888)
        return self.record(self.arrived_at_d())[1]

    def assert_whole(self, record):
        self.assertEqual(self.names(record).count("nc"), 4)
        self.assertEqual([each["remote"].rsplit(":", 1)[0] for each in record["previous_hosts"]], [self.a.address])
        self.assertEqual(record.get("not_seen", []), [])

    def test_a_session_through_a_container_is_one(self):
        self.assert_whole(self.through_a_container())

    def test_so_is_one_through_a_container_with_users_of_its_own(self):
        self.assert_whole(self.through_a_container("--user", "--map-root-user"))

    def test_the_root_of_a_container_points_at_nobody(self):
        inside = [*self.container("--user", "--map-root-user"), "-U", "--preserve-credentials"]
        self.translate()
        near, far = self.bob_has_come_from_a()
        ready = self.net.folder / "ready"
        forgery = FORGERY.replace("unshare(CLONE_NEWUSER | CLONE_NEWNET)", "pass")
        self.b.start(*inside, "python3", "-c", forgery, f"{self.d.address}:9000", far, near, ready, "repair")
        hosts.wait_for(ready.exists, "the forgery is made")
        token, record = self.record(self.arrived_at_d())
        self.assertEqual(record["processes"][0]["name"], "python3")
        self.assertNotIn("bob", self.users(record))
        self.assertEqual(record.get("previous_hosts", []), [])
        self.assertEqual(self.b.redeem(token)["next_hops"], [])

    def test_what_a_host_forwards_for_others_is_none_of_its_own(self):
        other = hosts.Host(self.net, "c", "10.10.0.3")
        self.net.hosts["c"] = other
        self.translate()
        self.b.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        other.run("ip", "route", "add", "172.16.0.0/24", "via", self.b.address)
        other.start("nc", self.d.address, "9000")
        port = self.arrived_at_d()
        self.net.token(self.b, f"{port},9000", "--about", self.d.address)
        self.assertIn("no such connection", self.b.log_text())


if __name__ == "__main__":
    harness.main()
