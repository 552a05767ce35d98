#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""From keystrokes on the border to the origin: cairn raises the alert, and the agents trace the chain."""
import json

import border_rig
import harness
import hosts
import tracing_rig

# A watch says at its start that agents are asked, and where.
ASKED = "agents of hosts of 10.10.0.0/16, 172.16.0.0/24 are asked on TCP port 4113"


class TracingAtBorder(border_rig.AtBorder, tracing_rig.TestCase):
    def setUp(self):
        super().setUp()
        self.alerts = self.folder / "alerts.jsonl"

    def make(self, without=(), settings=()):
        self.site_ = self.site(without=without, settings=settings)
        self.net = self.site_.network
        self.site_.authority.issue("sensor", [], uses="clientAuth")
        self.files = self.site_.authority.folder
        return self.site_

    def options(self):
        """What the sensor traces with."""
        return [word for setting in (
            "allowed_networks=[10.10.0.0/16, 172.16.0.0/24]", f"tracing.certificate={self.files}/sensor.crt",
            f"tracing.key={self.files}/sensor.key", f"tracing.authorities={self.files}/ca.crt",
            f"tracing.revocations={self.files}/ca.crl") for word in ("--set", f"traceback.{setting}")]

    def watch(self, *words):
        process = self.at_border(hosts.CAIRN, "watch", "-i", "outside", *harness.SITE, "--alerts", self.alerts,
                                 *self.options(), "--set", "traceback.trace=true", "--summary", "json", "--format", "table",
                                 *words)
        hosts.wait_for(lambda: b"watching" in process.stderr.readline(), "cairn watches")
        self.assertIn(ASKED, process.stderr.readline().decode())
        return process

    def traced(self, path, watch, tokens=0, patience=120):
        """The events of a watch in whose time somebody types through this path, until so many hosts were asked for tokens."""
        person = self.site_.login(path)

        def is_done():
            asked = [e for e in self.events() if e["event"] in ("stop_token", "stop_failed")]
            return self.events("trace_done") and len(asked) >= tokens
        self.type_until(person, is_done, patience)
        stone = self.events("stepping_stone")[0]
        of_alert = [e for e in self.events() if e.get("alert_id") == stone["alert_id"]]
        watch.terminate()
        out, err = watch.communicate(timeout=hosts.PATIENCE)
        self.assertEqual(watch.returncode, 0, err)
        return stone, of_alert, " ".join(out.decode().split()), harness.summary_of(err.decode())

    @staticmethod
    def named(events, name):
        return [e for e in events if e["event"] == name]

    def test_the_chain_of_an_alert_to_the_person(self):
        site = self.make()
        stone, events, table, summary = self.traced("abd", self.watch("--traceback"), tokens=2)
        hops, ends = self.named(events, "trace_hop"), self.named(events, "trace_done")
        self.assertEqual([(hop["hop"], hop["host"], hop["verified"]) for hop in hops],
                         [(1, site["b"].address, True), (2, site["a"].address, True)])
        downstream = stone["downstream"]
        self.assertEqual(hops[0]["asked"], {"local": downstream["orig"], "remote": downstream["resp"]})
        self.assertEqual((hops[0]["finding"], hops[1]["finding"]), ("upstream", "console"))
        owner = hops[0]["steps"][0]
        self.assertEqual((owner["program"], owner["user"]), ("/usr/bin/ssh", "alice"))
        self.assertEqual({e["chain"] for e in hops + ends}, {stone["chain"]})
        self.assertIn(stone["chain"], {e["chain"] for e in self.events("chain")}, "the incident that they are of")
        self.assertEqual(len(ends), 1)
        self.assertEqual((ends[0]["end"], ends[0]["hop_count"], ends[0]["claims"]), ("console", 2, 0))
        self.assertEqual((ends[0]["last_hop"]["host"], ends[0]["last_hop"]["user"]), (site["a"].address, "alice"))
        self.assertIn("traced to perhaps alice on a", table)
        self.assertEqual(summary["tracing"], {"traces": 1, "hops": 2, "claims": 0, "ended": {"console": 1}, "failed": {}})
        # Tokens were asked for as well, because --traceback says so.
        self.assertEqual({e["about"] for e in self.named(events, "stop_token")}, {"downstream", "upstream"})
        self.assert_by_hand(stone)

    def assert_by_hand(self, stone):
        """The same by the alert's id, and by the connection."""
        downstream = stone["downstream"]
        ends = [f"{end['ip']}:{end['port']}" for end in (downstream["orig"], downstream["resp"])]
        for target in ([stone["alert_id"][:8], self.alerts], ends, [" ".join(ends)]):
            done = self.net.at_border(hosts.CAIRN, "trace", *target, *self.options(), "--json")
            self.assertEqual(done.code, 0, done.out + done.err)
            lines = [json.loads(line) for line in done.out.splitlines()]
            self.assertEqual([e["event"] for e in lines], ["trace_hop", "trace_hop", "trace_done"])
        text = self.net.at_border(hosts.CAIRN, "trace", *ends, *self.options())
        self.assertEqual(text.code, 0, text.err)
        self.assertIn("to a user at a terminal: alice on a", text.out)
        # What a sensor traces is kept by the agent that it asked, and by no other.
        site = self.site_
        self.assertGreater(len(site.chains(site["b"])), 4)
        self.assertEqual([site.chains(site[name]) for name in "ad"], [[], []])
        counters = site.counters(site["b"])
        self.assertGreater(counters["traces_for_askers"], 4)
        self.assertEqual((counters["traces_over_rate"], counters["links_refused_rate"]), (0, 0))

    def test_the_middle_host_has_no_agent(self):
        site = self.make(without=("b",))
        stone, events, table, summary = self.traced("abcd", self.watch(), patience=240)
        self.assertEqual(stone["downstream"]["orig"]["ip"], site["c"].address)
        hops, ends = self.named(events, "trace_hop"), self.named(events, "trace_done")
        self.assertEqual([(hop["host"], hop["verified"]) for hop in hops], [(site["c"].address, True)])
        self.assertEqual([(e["end"], e["beyond"]["local"]["ip"]) for e in ends], [("no_agent", site["b"].address)])
        self.assertIn("which has no agent", table)
        self.assertEqual(summary["tracing"]["ended"], {"no_agent": 1})
        self.assertEqual(self.named(events, "stop_token"), [], "the stone has an agent")

    def test_a_stone_without_an_agent_is_asked_for_a_token(self):
        site = self.make(without=("b",))
        site["b"].start_stopd()
        _, events, _, summary = self.traced("abd", self.watch(), tokens=2)
        self.assertEqual([e["reason"] for e in self.named(events, "trace_done")], ["no_agent"])
        self.assertEqual(summary["tracing"]["failed"], {"no_agent": 1})
        self.assertEqual(summary["traceback"]["asked"], 2)
        self.assertIn((site["b"].address, "downstream"), [(e["host"], e["about"]) for e in self.named(events, "stop_token")])

    def test_only_who_may_ask_is_answered(self):
        site = self.make(settings=("tracing.listen.max_handshakes_per_source_minute=100",))
        site.login("abd")
        ends = [f"{site['b'].address}:{site['b'].connection_to(site['d'].address, 22)}", f"{site['d'].address}:22"]
        self.assertEqual(self.net.at_border(hosts.CAIRN, "trace", *ends, *self.options()).code, 0)
        # Another site's sensor.
        other = tracing_rig.Authority(self.folder / "other")
        other.issue("sensor", [], uses="clientAuth")
        foreign = self.net.at_border(hosts.CAIRN, "trace", *ends, *self.options(), "--certificate", other.folder / "sensor.crt",
                                     "--key", other.folder / "sensor.key", "--authorities", other.folder / "ca.crt",
                                     "--revocations", other.folder / "ca.crl")
        self.assertEqual(foreign.code, 1, foreign.out)
        self.assertIn("nothing is known (denied)", foreign.out)
        # An agent's certificate is no sensor's.
        agent = self.net.at_border(hosts.CAIRN, "trace", *ends, *self.options(), "--certificate", self.files / "b.crt",
                                   "--key", self.files / "b.key")
        self.assertEqual(agent.code, 1)
        self.assertIn("that of an agent", agent.err)


if __name__ == "__main__":
    harness.main()
