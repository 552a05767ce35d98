#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Requests upon alerts: the bundled capture replayed where all its inside addresses answer as they are told."""
import collections
import os
import re
import signal
import subprocess
import time

import harness
import hosts
from guard import Guard

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../traces/demo.pcap.gz")
# Answers every request on every address, and prints what it was asked: "ADDRESS LINE".
SERVER = """import os,socketserver,sys,time
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        line=self.rfile.readline().decode().strip()
        os.write(1,f'{self.request.getsockname()[0]} {line}\\n'.encode())
        how=sys.argv[1]
        if how=='silent': time.sleep(60)
        if how=='closed': return
        ports=line.split(':')[0]
        self.wfile.write({'token':f'{ports}:USERID:OTHER:{"ab"*32}\\r\\n','error':f'{ports}:ERROR:NO-USER\\r\\n',
          'malformed':'what?\\r\\n','steers':f'{ports}:USERID:OTHER:a\\x1b[31mb\\r\\n'}[how].encode())
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address=True; daemon_threads=True; request_queue_size=128
Server(('0.0.0.0',1113),Answer).serve_forever()
"""
FAST = ["--set", "traceback.port=1113", "--set", "traceback.retries=0", "--set", "traceback.max_per_host_minute=1000"]


class Traceback(hosts.TestCase):
    def setUp(self):
        super().setUp()
        self.needs(harness.IS_ROOT, "root, for a network namespace")
        self.netns = f"cairn-{os.getpid()}-replay"
        self.addCleanup(Guard(self.netns, self.folder).close)
        hosts.ip("netns", "add", self.netns)
        self.addCleanup(hosts.ip, "netns", "del", self.netns)
        hosts.ip("link", "set", "lo", "up", netns=self.netns)
        hosts.ip("route", "add", "local", "10.10.0.0/16", "dev", "lo", netns=self.netns)
        self.inside = ["ip", "netns", "exec", self.netns]

    def server(self, how):
        with open(self.folder / "asked", "wb") as asked:
            process = subprocess.Popen([*self.inside, "python3", "-c", SERVER, how], stdin=subprocess.DEVNULL, stdout=asked,
                                       stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        listening = [*self.inside, "ss", "-Hltn", "sport = :1113"]
        hosts.wait_for(lambda: subprocess.run(listening, stdout=subprocess.PIPE, check=True).stdout, "the hosts listen")

    def replay(self, *arguments):
        return harness.run("replay", DEMO, "--summary", "json", *arguments, prefix=self.inside)

    def asked(self):
        return [tuple(line.split()) for line in (self.folder / "asked").read_text().splitlines()]

    def failures(self, run):
        return {e["reason"] for e in run.named("stop_failed")}

    def test_each_alert_asks_the_stone_and_nothing_else_changes(self):
        plain = self.replay(*harness.SITE)
        self.server("token")
        run = self.replay(*harness.SITE, "--traceback", *FAST)
        self.assertEqual(run.code, 0, run.err)
        tokens = collections.defaultdict(list)
        for event in run.named("stop_token"):
            self.assertEqual(event["token"], "ab" * 32)
            tokens[event["alert_id"]].append(event)
        stones = run.named("stepping_stone")
        self.assertGreater(len(stones), 3)
        sent, sessions = set(), set()
        for stone in stones:
            events = tokens[stone["alert_id"]]
            expected = {}
            for side in ("downstream", "upstream"):
                orig, resp = stone[side]["orig"], stone[side]["resp"]
                if orig["ip"].startswith("10.10."):
                    expected[side] = (orig["ip"], f"{orig['port']},{resp['port']}", resp["ip"])
            if not stone["downstream"]["orig"]["ip"].startswith("10.10."):
                self.assertEqual({e["reason"] for e in run.named("stop_failed") if e["alert_id"] == stone["alert_id"]}, {"not_allowed"})
            self.assertEqual({e["about"] for e in events}, set(expected))
            for event in events:
                host, ports, about = expected[event["about"]]
                found = re.fullmatch(rf"{ports}:SV_REC:(\d+):{re.escape(about)}", event["request"])
                self.assertTrue(found, event)
                self.assertEqual((event["host"], event["attempts"], event["time"]), (host, 1, stone["time"]))
                sent.add((host, event["request"]))
                sessions.add((stone["alert_id"], found[1]))
        self.assertEqual(len(sessions), len({alert for alert, _ in sessions}), "one session id for each alert")
        self.assertEqual(sorted(self.asked()), sorted(sent))
        self.assertEqual("".join(line for line in run.out.splitlines(True) if '"event":"stop_' not in line), plain.out)
        summary = harness.summary_of(run.err)
        self.assertEqual(summary["traceback"]["tokens"], len(sent))
        self.assertNotIn("traceback", harness.summary_of(plain.err))

    def test_each_failure_has_its_reason(self):
        run = self.replay(*harness.SITE, "--traceback", *FAST)
        self.assertEqual(run.code, 0, run.err)
        self.assertIn("refused", self.failures(run))
        for how, reason in (("closed", "closed"), ("error", "error"), ("malformed", "malformed"), ("silent", "timed_out")):
            with self.subTest(how):
                self.doCleanups()
                self.setUp()
                self.server(how)
                run = self.replay(*harness.SITE, "--traceback", *FAST, "--set", "traceback.reply_timeout=300ms")
                self.assertEqual(self.failures(run) - {"not_allowed"}, {reason})
                self.assertEqual(run.named("stop_token"), [])

    def test_only_allowed_networks_are_asked(self):
        self.server("token")
        run = self.replay(*harness.SITE, "--traceback", *FAST, "--set", "traceback.allowed_networks=10.10.0.16")
        self.assertEqual({host for host, _ in self.asked()}, {"10.10.0.16"})
        self.assertEqual(self.failures(run), {"not_allowed"})
        (self.folder / "asked").write_text("")
        run = self.replay("--traceback", *FAST)  # without protected networks
        self.assertEqual(self.asked(), [])
        self.assertEqual(self.failures(run), {"not_allowed"})
        self.assertEqual(run.named("stop_token"), [])

    def test_a_name_is_no_token_and_what_a_host_sends_steers_no_terminal(self):
        self.server("steers")
        run = self.replay(*harness.SITE, "--traceback", *FAST, "--format", "table")
        self.assertIn("a name, not a token", " ".join(run.out.split()))
        self.assertNotIn("\x1b", run.out)

    def test_a_full_queue_is_told(self):
        self.server("silent")
        run = self.replay(*harness.SITE, "--traceback", *FAST, "--set", "traceback.max_queued=1", "--set",
                          "traceback.max_concurrent=1", "--set", "traceback.reply_timeout=300ms")
        self.assertEqual(run.code, 0, run.err)
        self.assertEqual(self.failures(run) - {"not_allowed"}, {"queue_full", "timed_out"})

    def test_a_signal_ends_the_wait(self):
        self.server("silent")
        alerts = self.folder / "alerts.jsonl"
        process = subprocess.Popen([*self.inside, hosts.CAIRN, "replay", DEMO, *harness.SITE, "--traceback", *FAST, "--alerts",
                                    alerts, "--summary", "none"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        hosts.wait_for(self.asked, "somebody was asked")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=hosts.PATIENCE)
        self.assertEqual(process.returncode, 128 + signal.SIGINT, err)
        reasons = [e["reason"] for e in harness.events_of(alerts.read_text()) if e["event"] == "stop_failed"]
        self.assertIn("unfinished", reasons)


if __name__ == "__main__":
    harness.main()
