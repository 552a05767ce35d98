#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Chains of real logins and relays, followed back by agents on each host."""
import json
from pathlib import Path

import harness
import hosts
import tracing_rig
from terminal import Terminal

try:
    import jsonschema
except ImportError:
    jsonschema = None


class Chains(tracing_rig.TestCase):
    def assert_path(self, site, hops, path):
        self.assertEqual([hop["host"] for hop in hops], site.in_turn(path))
        self.assertTrue(all(hop["verified"] for hop in hops), hops)

    def assert_in_form(self, events):
        self.needs(jsonschema, "python3-jsonschema")
        schema = json.loads((Path(__file__).parents[2] / "docs/alerts.schema.json").read_text())
        for event in events:
            self.assertEqual(list(jsonschema.Draft202012Validator(schema).iter_errors(event)), [])

    def test_four_hosts_by_ssh(self):
        site = self.site()
        site.login("abcd")
        hops, end = site.trace("abcd")
        self.assert_path(site, hops, "abcd")
        self.assertEqual(end["end"], "console", end)
        self.assertEqual([hop["finding"] for hop in hops], ["upstream"] * 3 + ["console"])
        for hop in hops[1:]:
            owner = hop["steps"][0]
            self.assertEqual((owner["user"], owner["program"]), ("alice", "/usr/bin/ssh"))
            self.assertTrue(owner["terminal"].startswith("pts/"), owner)
        self.assertTrue(hops[0]["inbound"])
        self.assert_in_form([*hops, end])
        # The same for people, and again from what is known.
        local, remote = site.last_connection("abcd")
        text = site["d"].stopd("trace", "follow", local, remote).out
        self.assertIn("came the same way", text)
        self.assertIn("4 hops, to a user at a terminal", text)

    def test_circles_collapse(self):
        site = self.site()
        path = "a" + "bcd" * 4
        site.login(path)
        hops, end = site.trace(path)
        self.assertEqual(end["end"], "console", end)
        self.assertEqual(hops[-1]["host"], site["a"].address)
        self.assertLessEqual(len(hops), 6)
        self.assertGreater(end["rounds_collapsed"], 3)

    def test_back_and_forth(self):
        site = self.site()
        path = "abcbcbcd"
        site.login(path)
        hops, end = site.trace(path)
        self.assertEqual(end["end"], "console", end)
        self.assertEqual(hops[-1]["host"], site["a"].address)

    def test_a_session_that_changes_its_user(self):
        site = self.site()
        person = site.login("abc")
        person.line("exec su bob -s /bin/bash", "c> ")
        person.line(f"ssh -i {site.network.home('bob')}/.ssh/id_ed25519 {site['d'].address}", "d> ")
        hops, end = site.trace("abcd")
        self.assert_path(site, hops, "abcd")
        self.assertEqual(end["end"], "console", end)
        users = {step["user"] for step in hops[1]["steps"]} | {step["real_user"] for step in hops[1]["steps"]}
        self.assertLessEqual({"alice", "bob"}, users, hops[1])

    def test_through_two_users_of_one_host(self):
        """alice comes to c, goes to b, and comes back to c as bob: c is passed twice."""
        site = self.site()
        key = f"{site.network.home('alice')}/.ssh/id_ed25519"
        bob = site.network.folder / "home/bob/.ssh/authorized_keys"
        bob.write_text(bob.read_text() + (site.network.folder / "home/alice/.ssh/id_ed25519.pub").read_text())
        person = site.login("acb")
        person.line(f"ssh -i {key} bob@{site['c'].address}", "c> ")
        person.line(f"ssh {site['d'].address}", "d> ")
        hops, end = site.trace("abcd")
        self.assert_path(site, hops, "acbcd")
        self.assertEqual(end["end"], "console", end)
        self.assertEqual([hops[i]["steps"][0]["user"] for i in (1, 2, 3)], ["bob", "alice", "alice"])

    def test_two_chains_at_once_through_the_same_hosts(self):
        site = self.site(tracing_rig.SEVEN)
        site.login("abcd")
        site.login("ebcd", user="bob")
        first, second = (site.last_connection("bcd", nth=nth) for nth in (0, 1))
        answers = tracing_rig.at_once(lambda: site.follow(site["d"], *first), lambda: site.follow(site["d"], *second))
        origins = {hops[-1]["host"]: {step["user"] for hop in hops[1:] for step in hop["steps"]} - {"root"}
                   for _, hops, _ in answers}
        self.assertEqual(origins, {site["a"].address: {"alice"}, site["e"].address: {"bob"}})
        self.assertEqual([ends[0]["end"] for _, _, ends in answers], ["console"] * 2)

    def test_by_telnet(self):
        self.needs(hosts.have("telnet") and hosts.have("socat"), "telnet, socat")
        site = self.site()
        login = site.network.folder / "login"
        login.write_text("#!/bin/sh\nexec setpriv --reuid=1001 --regid=1001 --clear-groups bash --rcfile "
                         f"{site.network.home('alice')}/.bashrc -i\n")
        telnetd = site.network.folder / "telnetd"
        telnetd.write_text(f"#!/bin/sh\nexec /usr/sbin/telnetd -h -E {login}\n")
        for path in (login, telnetd):
            path.chmod(0o755)
        for host in site.network.hosts.values():
            host.start("socat", "TCP-LISTEN:23,fork,reuseaddr", f"EXEC:{telnetd},nofork")
            host.await_port(23)
        person = site.login("a")
        for name in "bcd":
            person.line(f"telnet {site[name].address}", f"{name}> ")
        hops, end = site.trace("abcd", port=23)
        self.assert_path(site, hops, "abcd")
        self.assertEqual(end["end"], "console", end)

    def relayed(self, *start):
        """A chain a -> b -> c -> d of which b and c pass on what they receive, as `start` starts it."""
        self.needs(hosts.have("nc") and hosts.have("socat"), "nc, socat")
        site = self.site()
        sink = site["d"]
        sink.start("nc", "-l", "-k", "-p", "9000")
        sink.await_port(9000)
        for name, (host, port) in (("c", (sink.address, 9000)), ("b", (site["c"].address, 8888))):
            for words in start:
                site[name].start(*[word.format(host=host, port=port) for word in words], user="bob")
            site[name].await_port(8888)
        person = site.login("a")
        person.line(f"nc {site['b'].address} 8888", "nc")
        person.type("hello\n")  # echoed or not, as the shell has just left the terminal
        # Some are connected to d before anybody comes.
        hosts.wait_for(lambda: all(site[name].has_accepted(8888) for name in "bc"), "each is connected to the next")
        hosts.wait_for(lambda: sink.run("ss", "-Htn", "state", "established", "sport = :9000").out, "d is reached")
        hops, end = site.trace("abcd", port=9000)
        self.assert_path(site, hops, "abcd")
        self.assertEqual(end["end"], "console", end)

    def test_nc_piped_into_nc(self):
        self.relayed(["sh", "-c", "nc -l -p 8888 | nc {host} {port}"])

    def test_socat(self):
        self.relayed(["socat", "TCP-LISTEN:8888,fork", "TCP:{host}:{port}"])

    def test_inside_tmux(self):
        self.needs(hosts.have("tmux"), "tmux")
        site = self.site()
        site["b"].run("bash", "-c", f"cd; tmux new-session -d 'ssh {site['c'].address}'", user="alice")
        person = site.login("ab")
        person.line("tmux attach", "c> ")
        hops, end = site.trace("bc")
        self.assert_path(site, hops, "abc")
        self.assertEqual(end["end"], "console", end)

    def test_through_a_jump_host(self):
        site = self.site()
        person = site.login("a")
        person.line(f"ssh -J {site['b'].address} {site['c'].address}", "c> ")
        person.line(f"ssh {site['d'].address}", "d> ")
        hops, end = site.trace("abcd")
        self.assert_path(site, hops, "abcd")
        self.assertEqual(end["end"], "console", end)

    def forwarded(self, person, command, entrance, path):
        """The end of a trace at c of a connection that ssh on a or b forwards there."""
        site = self.the_site
        site["c"].start("nc", "-l", "-k", "-p", "9000")
        site["c"].await_port(9000)
        person.line(command, "ssh")
        host, port = entrance
        host.await_port(port)
        caller = site.login("d" if host.name == "b" else "a")
        caller.line(f"nc {'127.0.0.1' if host.name == 'a' else host.address} {port}", "nc")
        caller.type("hello\n")  # echoed or not, as the shell has just left the terminal
        hosts.wait_for(lambda: site["c"].run("ss", "-Htn", "state", "established", "sport = :9000").out, "c is reached")
        return site.trace(path, port=9000)

    def test_a_forwarded_port(self):
        """ssh -L: whoever uses the port on a is alice's forwarding's doing."""
        self.the_site = site = self.site()
        hops, end = self.forwarded(site.login("a"), f"ssh -N -L 8888:{site['c'].address}:9000 {site['b'].address}",
                                   (site["a"], 8888), "bc")
        self.assert_path(site, hops, "abc")
        self.assertIn(end["end"], ("console", "not_known"), end)
        self.assertEqual(hops[-1]["steps"][0]["user"], "alice")

    def test_a_port_forwarded_back(self):
        """ssh -R: a connects to c for somebody who comes to b; nobody but alice may be named for it."""
        self.the_site = site = self.site()
        hops, end = self.forwarded(site.login("a"), f"ssh -N -R 0.0.0.0:8888:{site['c'].address}:9000 -o GatewayPorts=yes "
                                   f"{site['b'].address}", (site["b"], 8888), "ac")
        self.assertEqual(hops[-1]["host"], site["a"].address)
        self.assertEqual(hops[-1]["steps"][0]["user"], "alice")
        self.assertIn(end["end"], ("console", "not_known"), end)


if __name__ == "__main__":
    harness.main()
