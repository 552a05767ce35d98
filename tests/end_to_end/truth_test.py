#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A truth file by hand: what is the least of it, how it is begun, and what is said of pairs that are not in the capture."""
import json
import re
import subprocess
from pathlib import Path

import captures
import harness
import session_files
from harness import lab, replay

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "traces" / "demo.pcap.gz"


def skeleton(*arguments):
    done = subprocess.run([harness.GENERATOR, "truth", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=harness.TIMEOUT, check=False)
    return harness.Run(done.returncode, done.stdout.decode(), done.stderr.decode())


class ByHand(harness.TestCase):
    def score(self, truth, *arguments, capture=DEMO):
        path = self.file("hand.truth.json", json.dumps(truth).encode())
        return path, lab("score", capture, "--truth", path, "--format", "json", *arguments)

    def test_the_least_one_of_the_documentation_is_scored(self):
        text = (ROOT / "docs" / "evaluation.md").read_text()
        truth = json.loads(re.search(r"```json\n(\{\s*\"inside_networks\".*?)\n```", text, re.S).group(1))
        _, result = self.score(truth)
        self.assert_ended(result, 0)
        self.assertNotIn("warning", result.err)
        score = json.loads(result.out)
        self.assertEqual((score["required"], score["tp"], score["fn"]), (1, 1, 0))

    def test_pairs_that_no_connection_matches_are_told(self):
        truth = {"inside_networks": ["10.10.0.0/16"], "connections": [],
                 "pairs": [{"upstream": {"src_ip": "172.16.0.2", "src_port": 40000, "dst_ip": "10.10.0.15",
                                         "dst_port": 22},
                            "downstream": {"src_ip": "172.17.0.2", "src_port": 22, "dst_ip": "10.10.0.15",
                                           "dst_port": 50000}}] * 2}
        capture = self.file("one.pcap", captures.pcap(captures.chain()))
        _, sound = self.score(truth, capture=capture)
        self.assert_ended(sound, 0)
        self.assertNotIn("warning", sound.err)  # whichever end is named first
        truth = json.loads(json.dumps(truth))
        truth["pairs"][1]["downstream"]["dst_port"] = 50001
        truth["benign_correlated"] = [{"a": truth["pairs"][0]["upstream"], "b": truth["pairs"][1]["downstream"]}]
        path, result = self.score(truth, capture=capture)
        self.assert_ended(result, 0, f"warning: {path}: pairs[1].downstream 172.17.0.2:22>10.10.0.15:50001 is no "
                                     f"connection of {capture}", "benign_correlated[0].b", "cairn-traces truth")
        self.assertNotIn("pairs[0]", result.err)
        for _ in range(9):
            truth["pairs"].append(truth["pairs"][1])
        _, result = self.score(truth, "--sweep", "alerts.false_alarms_per_day=0.1,1", capture=capture)
        self.assert_ended(result, 0, "and 6 more")
        self.assertEqual(result.err.count("is no connection"), 5)


class Skeleton(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.records = self.folder / "demo.tsv"
        self.alerts = self.folder / "demo.jsonl"
        self.assert_ended(replay(DEMO, "--sessions", self.records, "--alerts", self.alerts), 0)

    def test_it_lists_connections_and_claims_nothing(self):
        out = self.folder / "demo.truth.json"
        result = skeleton(self.records, "--protect", "10.10.0.0/16", "--out", out)
        self.assert_ended(result, 0, "attempts left out", "candidates")
        truth = json.loads(out.read_text())
        self.assertEqual(truth["inside_networks"], ["10.10.0.0/16"])
        self.assertEqual(truth["pairs"], [])
        stones = [event for event in harness.events_of(self.alerts.read_text()) if event["event"] == "stepping_stone"]
        named = {tuple((event[side]["orig"]["port"], event[side]["resp"]["port"]) for side in ("upstream", "downstream"))
                 for event in stones}
        proposed = {tuple((pair[side]["src_port"], pair[side]["dst_port"]) for side in ("upstream", "downstream"))
                    for pair in truth["candidates"]}
        self.assertEqual(proposed, named)
        # An exposure and a relay node name the pair of a stepping stone again.
        self.assertEqual(len(truth["candidates"]), len(named))
        self.assertEqual({(pair["upstream"]["dst_port"], pair["kind"]) for pair in truth["candidates"]},
                         {(event["upstream"]["resp"]["port"], event["kind"]) for event in stones})
        noted = " ".join(pair["note"] for pair in truth["candidates"])
        for event in stones:
            self.assertIn(event["alert_id"], noted)
        self.assertGreater(len(truth["connections"]), len(stones))
        # Before anything was moved every alert is a false alarm, and nothing is missed.
        score = json.loads(lab("score", DEMO, "--truth", out, "--format", "json").out)
        self.assertEqual((score["required"], score["tp"], score["fp"]), (0, 0, len(stones)))
        self.assertEqual(score["unknown"], 0)
        self.assertIn("unnamed x unnamed", lab("score", DEMO, "--truth", out).out)
        truth["pairs"] = truth.pop("candidates")
        moved = self.file("moved.truth.json", json.dumps(truth).encode())
        result = lab("score", DEMO, "--truth", moved, "--format", "json")
        self.assertNotIn("warning", result.err)
        score = json.loads(result.out)
        self.assertEqual((score["tp"], score["fp"], score["fn"]), (len(stones), 0, 0))

    def test_interim_records_are_no_further_connections(self):
        interim = self.folder / "interim.tsv"
        self.assert_ended(replay(DEMO, "--sessions", interim, "--set", "sessions.interim_interval=10s"), 0)
        self.assertIn("\tinterim\t", interim.read_text())
        with_them, without = (json.loads(skeleton(path).out) for path in (interim, self.records))
        for part in ("connections", "candidates"):
            self.assertEqual(len(with_them[part]), len(without[part]))

    def test_an_edited_file_is_not_replaced(self):
        out = self.file("mine.truth.json", b"mine")
        self.assert_ended(skeleton(self.records, "--out", out), 2, str(out), "exists")
        self.assertEqual(out.read_bytes(), b"mine")

    def test_without_networks_it_says_so(self):
        result = skeleton(self.records)
        self.assert_ended(result, 0, "inside_networks", "your own networks")
        self.assertEqual(json.loads(result.out)["inside_networks"], [])

    def test_wrong_usage_is_explained(self):
        attempts = self.file("attempts.tsv", session_files.text([session_files.attempt("10.0.0.1", "10.0.0.2", 80)]))
        for arguments, code, words in (([], 2, ["SESSIONS"]), ([DEMO], 2, ["capture"]),
                                       ([self.records, "--protect", "x"], 2, ["--protect", "x"]),
                                       ([self.folder / "absent"], 1, ["absent"]),
                                       ([attempts], 1, ["no session that was accepted"])):
            with self.subTest(arguments=arguments):
                result = skeleton(*arguments)
                self.assert_ended(result, code, *words)
                self.assertEqual(result.out, "")


if __name__ == "__main__":
    harness.main()
