#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tokens along chains of hosts: real logins and relays, stopd on each host, one request to the last."""
import json
from pathlib import Path

import harness
import hosts
from terminal import Terminal

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOUR = {"a": "172.16.0.2", "b": "10.10.0.2", "c": "10.10.0.3", "d": "172.16.0.3"}


class Chains(hosts.TestCase):
    def chain(self, services=("sshd",), addresses=None, programs=("sshd", "ssh")):
        network = self.network(addresses or FOUR, programs)
        for host in network.hosts.values():
            host.start_stopd()
            if "sshd" in services:
                host.start_sshd()
        return network

    def terminal(self, host, *words, user="alice"):
        terminal = Terminal(host.command(words, user))
        self.addCleanup(terminal.close)
        return terminal

    def script(self, name, line):
        path = self.file(name, f"#!/bin/sh\n{line}\n".encode())
        path.chmod(0o755)
        return path

    def follow(self, network, host, ports, about):
        """Asks a host by SV_REC, and redeems along the tokens: a list of (host, what its token stands for)."""
        by_address = {each.address: each for each in network.hosts.values()}
        token = network.token(host, ports, "--about", about)
        trail = []
        while token:
            redeemed = hosts.wait_for(lambda h=host, t=token: self.when_answered(h, t), f"{host.name} has its answers")
            trail.append((host, redeemed))
            self.assertEqual(redeemed["state"], "intact")
            self.assert_in_form(redeemed["record"])
            answers = redeemed["next_hops"]
            token = None
            for answer in answers:
                self.assertEqual(answer["result"], "answered", answer)
                host, token = by_address[answer["remote"].rsplit(":", 1)[0]], answer["token"]
            self.assertLess(len(trail), 10)
        return trail

    def assert_in_form(self, record):
        self.needs(jsonschema, "python3-jsonschema")
        schema = json.loads((Path(__file__).parents[2] / "docs/stopd-record.schema.json").read_text())
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(record))
        self.assertEqual(errors, [])

    @staticmethod
    def when_answered(host, token):
        """The redeemed token once every previous host in it has answered."""
        redeemed = host.redeem(token)
        asked = redeemed["record"].get("previous_hosts", [])
        return redeemed if len(redeemed["next_hops"]) >= len(asked) else None

    def names(self, redeemed, relation=None):
        return [p["name"] for p in redeemed["record"]["processes"] if relation in (None, p["relation"])]

    def assert_trail(self, trail, names):
        self.assertEqual([host.name for host, _ in trail], names)

    def test_four_hosts_by_ssh(self):
        network = self.chain()
        person = self.terminal(network["a"], "bash", "-i")
        person.expect("a> ")
        person.line("ssh 10.10.0.2", "b> ")
        person.line("ssh bob@10.10.0.3 -i ~/.ssh/id_ed25519", "ermission denied")  # not bob's key
        person.expect("b> ")
        person.line("ssh 10.10.0.3", "c> ")
        person.line("ssh 172.16.0.3", "d> ")
        c, d = network["c"], network["d"]
        trail = self.follow(network, c, f"{c.connection_to(d.address, 22)},22", d.address)
        self.assert_trail(trail, ["c", "b", "a"])
        # All were asked in the same way.
        self.assertEqual({each["record"]["asked"]["type"] for _, each in trail}, {"SV_REC"})
        self.assertEqual(len({each["record"]["asked"]["session_id"] for _, each in trail}), 1)
        for host, redeemed in trail:
            record = redeemed["record"]
            self.assertEqual(record["host"]["name"], host.name)
            self.assertEqual(self.names(redeemed, "owner"), ["ssh"])
            self.assertEqual(record["socket_uid"], hosts.USERS["alice"])
            self.assertIn("bash", self.names(redeemed))
            owner = record["processes"][0]
            self.assertEqual((owner["user"], owner["executable"]), ("alice", "/usr/bin/ssh"))
            self.assertRegex(owner["executable_sha256"], "^[0-9a-f]{64}$")
        for _, redeemed in trail[:2]:
            self.assertIn("sshd", self.names(redeemed))
        # The origin: nobody came from elsewhere, and it is known who types.
        self.assertNotIn("previous_hosts", trail[-1][1]["record"])
        self.assertEqual(trail[-1][1]["next_hops"], [])
        text = c.stopd("redeem", trail[0][1]["token"]).out
        self.assertIn("WHERE THE SESSION CAME FROM\n  10.10.0.2:", text)
        self.assertIn("holds the connection", text)
        print(text)

    def test_other_sessions_of_a_host_are_none_of_it(self):
        network = self.chain()
        one, other = (self.terminal(network[name], "bash", "-i", user=user) for name, user in (("a", "alice"), ("d", "bob")))
        one.expect("a> ")
        other.expect("d> ")
        one.line("ssh 10.10.0.2", "b> ")
        other.line("ssh 10.10.0.2", "b> ")
        one.line("ssh 10.10.0.3", "c> ")
        other.line("ssh 10.10.0.3", "c> ")
        b = network["b"]
        out = b.run("ss", "-Htnp", "dst 10.10.0.3 and dport = :22").out
        self.assertEqual(out.count("10.10.0.3:22"), 2, out)
        for line in out.splitlines():
            port = line.split()[3].rsplit(":", 1)[1]
            trail = self.follow(network, b, f"{port},22", "10.10.0.3")
            user = trail[0][1]["record"]["processes"][0]["user"]
            self.assert_trail(trail, ["b", "a" if user == "alice" else "d"])
            self.assertEqual({p["user"] for p in trail[0][1]["record"]["processes"]} - {"root"}, {user})

    def test_four_hosts_by_telnet(self):
        network = self.chain(services=(), programs=("telnet", "telnetd", "socat"))
        login = self.script("login", f"exec setpriv --reuid=1001 --regid=1001 --clear-groups bash --rcfile "
                                     f"{network.home('alice')}/.bashrc -i")
        telnetd = self.script("telnetd", f"exec /usr/sbin/telnetd -h -E {login}")
        for host in network.hosts.values():
            host.start("socat", "TCP-LISTEN:23,fork,reuseaddr", f"EXEC:{telnetd},nofork")
            host.await_port(23)
        person = self.terminal(network["a"], "bash", "-i")
        person.expect("a> ")
        for address, name in (("10.10.0.2", "b"), ("10.10.0.3", "c"), ("172.16.0.3", "d")):
            person.line(f"telnet {address}", f"{name}> ")
        c, d = network["c"], network["d"]
        trail = self.follow(network, c, f"{c.connection_to(d.address, 23)},23", d.address)
        self.assert_trail(trail, ["c", "b", "a"])
        self.assertEqual([self.names(redeemed, "owner") for _, redeemed in trail], [["telnet"]] * 3)
        self.assertIn("telnetd", self.names(trail[0][1]))

    def relayed(self, *start):
        """A chain a -> b -> c -> d of which b and c pass on what they receive, as `start` starts it."""
        network = self.chain(services=(), programs=("nc", "socat"))
        sink = network["d"]
        sink.start("nc", "-l", "-k", "-p", "9000")
        sink.await_port(9000)
        for name, target in (("c", "172.16.0.3 9000"), ("b", "10.10.0.3 8888")):
            for words in start:
                network[name].start(*[word.format(host=target.split()[0], port=target.split()[1]) for word in words], user="bob")
            network[name].await_port(8888)
        source = network["a"].start("nc", "10.10.0.2", "8888", user="alice", stdin=-1)
        source.stdin.write(b"hello\n")
        source.stdin.flush()
        # Some are connected to d before anybody comes.
        hosts.wait_for(lambda: all(network[name].has_accepted(8888) for name in "bc"), "each is connected to the next")
        c = network["c"]
        trail = self.follow(network, c, f"{c.connection_to(sink.address, 9000)},9000", sink.address)
        self.assert_trail(trail, ["c", "b", "a"])
        return trail

    def test_nc_piped_into_nc(self):
        trail = self.relayed(["sh", "-c", "nc -l -p 8888 | nc {host} {port}"])
        for _, redeemed in trail[:2]:
            self.assertEqual(self.names(redeemed).count("nc"), 2)
            self.assertIn("pipe", [p["relation"] for p in redeemed["record"]["processes"]])

    def test_nc_through_a_named_pipe(self):
        self.relayed(["sh", "-c", "cd; f=fifo-$(hostname); mkfifo $f; (nc -l -p 8888 >$f &) ; nc {host} {port} <$f"])

    def test_socat(self):
        self.relayed(["socat", "TCP-LISTEN:8888,fork", "TCP:{host}:{port}"])

    def test_socat_through_a_unix_socket(self):
        self.relayed(["sh", "-c", "cd; exec socat UNIX-LISTEN:s-$(hostname),fork TCP:{host}:{port}"],
                     ["sh", "-c", "cd; exec socat TCP-LISTEN:8888,fork UNIX-CONNECT:s-$(hostname)"])

    def test_socat_through_loopback(self):
        self.relayed(["socat", "TCP-LISTEN:7777,fork,bind=127.0.0.1", "TCP:{host}:{port}"],
                     ["socat", "TCP-LISTEN:8888,fork", "TCP:127.0.0.1:7777"])

    def test_socat_with_a_program_on_a_terminal(self):
        self.relayed(["socat", "TCP-LISTEN:8888", "EXEC:nc {host} {port},pty,raw,echo=0"])

    def test_ssh_forwarding_standard_input(self):
        network = self.chain()
        person = self.terminal(network["a"], "bash", "-i")
        person.expect("a> ")
        person.line("ssh -J 10.10.0.2 10.10.0.3", "c> ")
        b = network["b"]
        trail = self.follow(network, b, f"{b.connection_to('10.10.0.3', 22)},22", "10.10.0.3")
        self.assert_trail(trail, ["b", "a"])
        self.assertEqual(self.names(trail[0][1], "owner"), ["sshd"])
        self.assertIn("ssh", self.names(trail[1][1]))

    def inside_a_multiplexer(self, start, attach):
        """The way on from b begins in a terminal multiplexer there, to which the login from a is attached later."""
        network = self.chain(programs=("tmux", "screen", "ssh"))
        b, c = network["b"], network["c"]
        b.run("bash", "-c", f"cd; {start}", user="alice")
        b.connection_to(c.address, 22)  # so there is something to attach to
        person = self.terminal(network["a"], "bash", "-i")
        person.expect("a> ")
        person.line("ssh 10.10.0.2", "b> ")
        person.line(attach, "c> ")
        trail = self.follow(network, b, f"{b.connection_to(c.address, 22)},22", c.address)
        self.assert_trail(trail, ["b", "a"])
        self.assertIn("sshd", self.names(trail[0][1]))

    def test_inside_tmux(self):
        self.inside_a_multiplexer("tmux new-session -d 'ssh 10.10.0.3'", "tmux attach")

    def test_inside_screen(self):
        self.inside_a_multiplexer("screen -d -m ssh 10.10.0.3", "screen -r")

    def test_the_reply_does_not_wait_for_previous_hosts(self):
        network = self.network(FOUR, ("nc", "socat"))
        a, b, d = network["a"], network["b"], network["d"]
        b.start_stopd("recursion.ask.reply_timeout=1h")
        a.start("nc", "-l", "-k", "-p", "113")  # accepts, and never answers
        d.start("nc", "-l", "-k", "-p", "9000")
        b.start("socat", "TCP-LISTEN:8888,fork", f"TCP:{d.address}:9000", user="bob")
        for host, port in ((a, 113), (b, 8888), (d, 9000)):
            host.await_port(port)
        a.start("nc", "-d", b.address, "8888", user="alice")
        token = network.token(b, f"{b.connection_to(d.address, 9000)},9000", "--about", d.address)
        self.assertEqual(len(b.redeem(token)["record"]["previous_hosts"]), 1)
        hosts.wait_for(lambda: a.run("ss", "-Htn", "state", "established", "sport = :113").out, "a is asked")
        self.assertEqual(b.redeem(token)["next_hops"], [])

    def test_a_ring_of_hosts_is_cut(self):
        """a relays to b and b to a: each asks the other about the next connection, until a question comes again."""
        network = self.chain(services=(), addresses={"a": "10.10.0.2", "b": "10.10.0.3"}, programs=("socat",))
        a, b = network["a"], network["b"]
        ring = ["sh", "-c", "mkfifo {0}; socat TCP-LISTEN:8888 STDOUT >{0} & exec socat -u OPEN:{0} TCP:{1}:8888,retry=100,interval=0.1"]
        for host, other in ((a, b), (b, a)):
            host.start(*[word.format(host.folder / "f", other.address) for word in ring])
        port = a.connection_to(b.address, 8888)
        b.connection_to(a.address, 8888)
        token = network.token(a, f"{port},8888", "--about", b.address, "--session-id", "4711")
        hosts.wait_for(lambda: "a loop" in a.log_text() + b.log_text(), "the loop is noticed")
        for host in (a, b):
            self.assertLessEqual(host.log_text().count("type SV_REC"), 3, host.log_text())
        self.assertTrue(hosts.wait_for(lambda: a.redeem(token)["next_hops"], "a has b's token"))
        # Whoever asks again gets a token all the same, of the same length.
        again = network.token(a, f"{port},8888", "--about", b.address, "--session-id", "4711")
        self.assertEqual(len(again), len(token))
        self.assertEqual(a.redeem(again)["journal"]["reason"], "loop")


if __name__ == "__main__":
    harness.main()
