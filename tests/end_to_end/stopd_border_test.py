#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""From keystrokes on the border to the person: cairn raises the alert, asks the stepping stone's stopd, and the token redeems."""
import time

import border_rig
import harness
import hosts
from terminal import Terminal

ADDRESSES = {"a": "172.16.0.2", "b": "10.10.0.2", "d": "172.16.0.3"}


class Border(border_rig.AtBorder, hosts.TestCase):
    def setUp(self):
        super().setUp()
        self.net = self.network(ADDRESSES, ("sshd", "ssh"))
        for host in self.net.hosts.values():
            host.start_sshd()
        for name in ("a", "b"):
            self.net[name].start_stopd()
        self.alerts = self.folder / "alerts.jsonl"

    def log_in(self):
        """Somebody outside logs in to b, and from there to d outside."""
        person = Terminal(self.net["a"].command(["bash", "-i"], "alice"))
        self.addCleanup(person.close)
        person.expect("a> ")
        person.line("ssh 10.10.0.2", "b> ")
        person.line("ssh 172.16.0.3", "d> ")
        return person

    def assert_redeems(self, token):
        """The token of b leads to the ssh of alice's login there, and by b's own question to a."""
        b, a = self.net["b"], self.net["a"]
        redeemed = hosts.wait_for(lambda: (r := b.redeem(token))["next_hops"] and r, "b has a's answer")
        record = redeemed["record"]
        owner = record["processes"][0]
        self.assertEqual((owner["name"], owner["user"], owner["relation"]), ("ssh", "alice", "owner"))
        self.assertIn("sshd", [p["name"] for p in record["processes"]])
        self.assertEqual([p["remote"].split(":")[0] for p in record["previous_hosts"]], [a.address])
        origin = a.redeem(redeemed["next_hops"][0]["token"])["record"]
        self.assertEqual(origin["processes"][0]["command_line"], "ssh 10.10.0.2")
        self.assertNotIn("previous_hosts", origin)

    def assert_token_event(self, events):
        stone = [e for e in events if e["event"] == "stepping_stone"][0]
        tokens = [e for e in events if e["event"] == "stop_token"]
        self.assertEqual(len(tokens), 1, events)
        event = tokens[0]
        downstream = stone["downstream"]
        self.assertEqual((event["alert_id"], event["host"], event["about"]), (stone["alert_id"], "10.10.0.2", "downstream"))
        self.assertRegex(event["request"],
                         rf"^{downstream['orig']['port']},22:SV_REC:\d+:172\.16\.0\.3$")
        # The other end of the way in lies outside: nobody asks there.
        self.assertEqual([e for e in events if e["event"] == "stop_failed"], [])
        return event["token"]

    def test_watching_the_border(self):
        watch = self.at_border(hosts.CAIRN, "watch", "-i", "outside", *harness.SITE, "--alerts", self.alerts,
                               "--traceback", "--summary", "json", "--format", "table")
        hosts.wait_for(lambda: b"watching" in watch.stderr.readline(), "cairn watches")
        self.assertIn(b"hosts of 10.10.0.0/16 are asked on TCP port 113 who owns the connection", watch.stderr.readline())
        person = self.log_in()
        self.type_until(person, lambda: self.events("stop_token"))
        token = self.assert_token_event(self.events())
        self.assert_redeems(token)
        watch.terminate()
        out, err = watch.communicate(timeout=hosts.PATIENCE)
        self.assertEqual(watch.returncode, 0, err)
        self.assertEqual(harness.summary_of(err.decode())["traceback"], {"asked": 1, "tokens": 1, "failed": {}})
        self.assertIn(f"gave {token}", " ".join(out.decode().split()))

    def test_replaying_a_capture_while_the_session_lives(self):
        if not hosts.have("tcpdump"):
            self.needs(False, "tcpdump")
        capture = self.folder / "border.pcap"
        tcpdump = self.at_border("tcpdump", "-i", "outside", "-s", "96", "-U", "-w", capture, "-Z", "root")
        hosts.wait_for(lambda: b"listening" in tcpdump.stderr.readline(), "tcpdump captures")
        person = self.log_in()
        self.type_until(person, lambda start=time.monotonic(): time.monotonic() - start > 20)
        tcpdump.terminate()
        tcpdump.communicate()
        plain = self.net.at_border(hosts.CAIRN, "replay", capture, *harness.SITE, "--summary", "none")
        self.assertEqual(plain.code, 0, plain.err)
        self.assertEqual({e["event"] for e in plain.events} & {"stop_token", "stop_failed"}, set())
        asked = self.net.at_border(hosts.CAIRN, "replay", capture, *harness.SITE, "--traceback", "--summary", "none")
        self.assertEqual(asked.code, 0, asked.err)
        self.assert_redeems(self.assert_token_event(asked.events))
        without = "".join(line for line in asked.out.splitlines(True) if '"event":"stop_' not in line)
        self.assertEqual(without, plain.out)


if __name__ == "__main__":
    harness.main()
