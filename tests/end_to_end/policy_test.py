#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Allow rules as an administrator meets them: counted in the summary, tried on alerts, by local time."""
import gzip
import json
import os

import captures
import harness
from harness import events_of, replay, run, summary_of

# The chains of captures.py begin on Saturday, 2026-11-21, 10:15:02 UTC, which is 11:15:02 in Berlin.
RULES = b"""policy:
  timezone: Europe/Berlin
  allow:
    - {name: over, stone_hosts: 10.10.0.15, expires: 2026-11-20}
    - {name: bastion, stone_hosts: 10.10.1.15, days: [sat], hours: "11:00-12:00", expires: 2026-11-21}
    - {name: marked, stone_hosts: 10.10.2.15, upstream_ports: 22, action: mark, owner: operations}
    - {name: never, kind: indirect}
"""


class Policy(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.capture = self.file("chains.pcap", captures.pcap(captures.chains(4)))
        self.rules = self.file("rules.yaml", RULES)
        self.alerts = self.folder / "alerts.jsonl"
        self.assert_ended(replay("-q", "--alerts", self.alerts, self.capture), 0)

    def test_the_summary_counts_each_rule(self):
        result = replay("-c", self.rules, self.capture)
        self.assert_ended(result, 0)
        self.assertRegex(result.err, r"rule over +0  expired 2026-11-20 23:00:00 UTC; 1 more would match\n")
        self.assertRegex(result.err, r"rule bastion +1  suppressed\n")
        self.assertRegex(result.err, r"rule marked +1  marked\n")
        self.assertRegex(result.err, r"rule never +0  never matched\n")
        rules = summary_of(replay("-c", self.rules, "--summary", "json", self.capture).err)["rules"]
        self.assertEqual([(r["rule"], r["allowed"], r["has_expired"], r["would_match"]) for r in rules],
                         [("over", 0, True, 1), ("bastion", 1, False, 0), ("marked", 1, False, 0), ("never", 0, False, 0)])

    def test_the_time_zone_decides(self):
        in_utc = replay("-c", self.rules, "--set", "policy.timezone=UTC", "--summary", "json", self.capture)
        self.assertEqual(summary_of(in_utc.err)["rules"][1]["allowed"], 0)
        unknown = replay("-c", self.file("bad.yaml", RULES.replace(b"Europe/Berlin", b"Berlin")), self.capture)
        self.assert_ended(unknown, 2, "bad.yaml:2:13:", "no time zone 'Berlin'", "for example Europe/Berlin")

    def test_a_policy_is_tried_on_alerts(self):
        result = run("policy", "test", self.alerts, "-c", self.rules, "--format", "text")
        self.assert_ended(result, 0)
        self.assertEqual(result.err, "")
        for words in ("allowed by rule 'bastion' (suppress)", "allowed by rule 'marked' (mark)",
                      "upstream 172.16.1.2, stone 10.10.1.15, downstream 172.17.1.2, ports 22 and 22",
                      "over: expires: the rule ended 2026-11-20 23:00:00 UTC",
                      "bastion: stone_hosts: 10.10.0.15 is not in 10.10.1.15/32",
                      "never: kind: the pair is direct", "4 alerts: 1 suppressed, 1 marked, 2 not allowed"):
            self.assertIn(words, result.out)

    def test_the_answers_as_json(self):
        result = run("policy", "test", self.alerts, "-c", self.rules)
        self.assert_ended(result, 0)
        *answers, totals = result.events
        self.assertEqual(sorted(str(a["rule"]) for a in answers), ["None", "None", "bastion", "marked"])
        self.assertEqual({r["condition"] for a in answers for r in a["refused"]}, {"expires", "stone_hosts", "kind"})
        self.assertEqual((totals["event"], totals["alerts"], totals["not_allowed"]), ("policy_test_summary", 4, 2))
        self.assertEqual(totals["rules"][0]["would_match"], 1)

    def test_rules_with_former_names_answer_the_same(self):
        former = self.file("former.yaml", RULES.replace(b"stone_hosts", b"middle"))
        named = run("policy", "test", self.alerts, "-c", former)
        self.assert_ended(named, 0)
        self.assertEqual(named.out, run("policy", "test", self.alerts, "-c", self.rules).out)
        checked = run("config", "check", former)
        self.assert_ended(checked, 0, "former.yaml:4:20: warning: policy.allow[1]: 'middle' is the former name of stone_hosts")
        self.assertEqual(len(checked.err.splitlines()), 3)
        both = self.file("both.yaml", RULES.replace(b"upstream_ports: 22", b"middle: 10.10.2.15"))
        self.assert_ended(run("config", "check", both), 2, "both.yaml:6:47:", "keep only stone_hosts")

    def test_the_answers_are_those_of_a_replay(self):
        # The verdicts of the test are what the run itself would do.
        kept = replay("-q", "-c", self.rules, "-f", "json", self.capture).named("stepping_stone")
        answers = [e for e in run("policy", "test", self.alerts, "-c", self.rules).events if e["event"] == "policy_test"]
        self.assertEqual({a["alert_id"] for a in answers if a["action"] != "suppress"}, {k["alert_id"] for k in kept})
        self.assertEqual({k["policy"]["rule"] for k in kept if k["policy"]}, {"marked"})

    def test_several_files_pipes_and_compression(self):
        packed = self.file("alerts.jsonl.gz", gzip.compress(self.alerts.read_bytes()))
        twice = run("policy", "test", packed, self.alerts, "-c", self.rules)
        self.assertEqual(twice.events[-1]["alerts"], 8)
        with open(self.alerts, "rb") as stdin:
            self.assertEqual(run("policy", "test", "-", "-c", self.rules, stdin=stdin).events[-1]["alerts"], 4)

    def test_the_system_configuration_is_read_unless_another_is_named(self):
        system = {**os.environ, "CAIRN_CONFIG": str(self.rules)}
        result = run("policy", "test", self.alerts, env=system)
        self.assert_ended(result, 0, f"cairn policy test: the rules are those of {self.rules}\n")
        self.assertEqual(result.events[-1]["not_allowed"], 2)
        self.assertEqual(run("policy", "test", self.alerts, "-c", self.rules, env=system).err, "")
        none = self.file("none.yaml", b"protected_networks: [10.10.0.0/16]\n")
        empty = run("policy", "test", self.alerts, env={**os.environ, "CAIRN_CONFIG": str(none)})
        self.assert_ended(empty, 2, f"{none} holds no allow rules")

    def test_wrong_usage_is_explained(self):
        no_rules = self.file("none.yaml", b"protected_networks: [10.10.0.0/16]\n")
        for arguments, words in (
                ([], ["ALERTS"]),
                ([self.alerts], ["no allow rules", "--config"]),
                ([self.alerts, "-c", no_rules], ["none.yaml holds no allow rules"]),
                ([self.alerts, "-c", self.rules, "--format", "table"], ["--format"])):
            with self.subTest(arguments=arguments):
                self.assert_ended(run("policy", "test", *arguments), 2, *words)
        self.assert_ended(run("policy"), 2, "a command is missing", "cairn policy --help")

    def test_bad_files_are_told_and_the_rest_is_answered(self):
        self.assert_ended(run("policy", "test", self.folder / "absent", "-c", self.rules), 1, "absent")
        lines = self.alerts.read_bytes()
        odd = self.file("odd.jsonl", b'{"schema": "cairn/1", "event": "stepping_stone"}\n7\n' + lines)
        result = run("policy", "test", odd, "-c", self.rules)
        self.assert_ended(result, 1, "odd.jsonl:1: this line is no alert", "and 1 more")
        self.assertEqual(result.events[-1]["alerts"], 4)
        cut = self.file("cut.jsonl", lines + lines[:200])
        result = run("policy", "test", cut, "-c", self.rules)
        self.assert_ended(result, 0, "the last line is cut off")
        nothing = self.file("nothing.jsonl", b"")
        self.assert_ended(run("policy", "test", nothing, "-c", self.rules), 0, "no alert")

    def test_connections_that_run_backwards_are_marked(self):
        for event in events_of(self.alerts.read_text()):
            for side in ("upstream", "downstream"):
                if event["event"] in ("stepping_stone", "stepping_stone_end"):
                    self.assertIs(event[side]["reversed"], False, json.dumps(event))


if __name__ == "__main__":
    harness.main()
