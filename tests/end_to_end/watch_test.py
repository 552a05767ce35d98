#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Live capture on a pair of virtual interfaces in a network namespace of its own."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import captures
import harness
import session_files
from captures import SECOND

INSIDE = "CAIRN_TEST_NAMESPACE"
START_PATIENCE = 20  # seconds for a program to start; nothing is measured by it
END_PATIENCE = 2  # seconds within which a signal must end the watch
SANITIZED_FACTOR = 5 if harness.SANITIZED else 1


def make_link():
    """near and far: what is sent on one arrives at the other, and nothing else does."""
    for command in ("ip link add near type veth peer name far",
                    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
                    "ip link set lo up", "ip link set near up", "ip link set far up"):
        subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)


class OnALink(harness.TestCase):
    def watch(self, *arguments, link="far"):
        process = subprocess.Popen([harness.CAIRN, "watch", "-i", link, *harness.SITE, *map(str, arguments)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.stop, process)
        line = process.stderr.readline().decode()
        self.assertIn(f"watching {link}", line)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    @staticmethod
    def send(packets, start):
        """Sends each packet at its time, counted from `start` in packet time; at most a few dozen a second."""
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sender.bind(("near", 0))
        begin = time.monotonic()
        for moment, frame in packets:
            wait = begin + (moment - start) / SECOND - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            sender.send(frame)
        sender.close()

    def test_a_signal_ends_the_watch_on_a_silent_link(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                process = self.watch()
                time.sleep(0.5)  # so that it is waiting for packets
                process.send_signal(number)
                out, err = process.communicate(timeout=END_PATIENCE * SANITIZED_FACTOR)
                self.assertEqual(process.returncode, 0, err)
                self.assertEqual(out, b"")
                self.assertIn(b"watch interrupted", err)

    def test_a_duration_ends_the_watch_on_a_silent_link(self):
        process = self.watch("--duration", "0.5")
        _, err = process.communicate(timeout=START_PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b"watch complete", err)
        self.assertIn(b"cairn watch: warning: no packet was seen; is this the interface", err)

    def test_a_duration_may_have_a_unit(self):
        process = self.watch("-d", "500ms")
        self.assertEqual(process.wait(timeout=START_PATIENCE), 0)

    def test_hosts_are_asked_only_if_that_is_wanted_and_the_start_says_whom(self):
        enabled = ("--set", "traceback.enabled=true")
        for options, asks in (((), False), (("--traceback",), True), (enabled, True), ((*enabled, "--no-traceback"), False)):
            with self.subTest(options=options):
                process = self.watch("--duration", "0.2s", *options)
                line = process.stderr.readline()  # with all that came at once; communicate() would miss that
                process.communicate(timeout=START_PATIENCE)
                self.assertEqual(process.returncode, 0)
                self.assertEqual(b"upon alerts, hosts of 10.10.0.0/16 are asked on TCP port 113" in line, asks, line)

    def test_a_count_ends_the_watch(self):
        process = self.watch("--count", 5, "--summary", "json")
        self.send([(captures.START, frame) for _, frame in captures.chain()[:20]], captures.START)
        _, err = process.communicate(timeout=START_PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertGreaterEqual(harness.summary_of(err.decode())["capture"]["packets"], 5)

    def test_a_live_chain_is_found_and_a_silent_link_times_connections_out(self):
        alerts = self.file("alerts.jsonl", b'{"schema":"cairn/1","time":"2026-11-21T10:00:00Z","event":"chain"}\n')
        process = self.watch("--alerts", alerts, "--set", "connections.handshake_timeout=1s", "--set", "connections.closing_timeout=1s",
                             "--set", "connections.established_timeout=4s", "--summary", "json")
        self.send(captures.chain(keys=24, close=False, seed=22), captures.START)
        # Silence: the pair ends by packet time that no packet brings.
        deadline = time.monotonic() + START_PATIENCE
        while b"stepping_stone_end" not in alerts.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=START_PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        earlier, *events = harness.events_of(alerts.read_text())
        self.assertEqual(earlier["event"], "chain")  # a watch adds to its file
        found = [e for e in events if e["event"] == "stepping_stone"]
        self.assertEqual([(e["upstream"]["orig"]["ip"], e["host"], e["downstream"]["resp"]["ip"]) for e in found],
                         [("172.16.0.2", "10.10.0.15", "172.17.0.2")])
        self.assertEqual([e["cause"] for e in events if e["event"] == "stepping_stone_end"], ["timeout"])
        capture = harness.summary_of(err.decode())["capture"]
        self.assertEqual(capture["kernel_dropped"], 0)

    def test_wrong_networks_are_told_while_the_watch_goes_on(self):
        # In a table of 100 each new SYN ends an older one.
        process = self.watch("--set", "connections.max_connections=100")
        frames = [captures.frame("192.0.2.1", 1024 + number, "198.51.100.7", 22, captures.SYN, number, 0, 0)
                  for number in range(1500)]
        self.send([(captures.START, frame) for frame in frames], captures.START)
        os.set_blocking(process.stderr.fileno(), False)
        told, deadline = b"", time.monotonic() + START_PATIENCE
        while b"\n" not in told and time.monotonic() < deadline:
            told += process.stderr.read() or b""
            time.sleep(0.1)
        self.assertIn(b"cairn watch: warning: none of ", told)
        self.assertIsNone(process.poll())
        os.set_blocking(process.stderr.fileno(), True)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=START_PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(b"none of 1,500 connections crosses the border", err)

    def test_a_session_is_recorded_soon_after_its_end_and_the_open_ones_at_the_end(self):
        records = {end: self.folder / f"s.{end}" for end in ("tsv", "sqlite")}
        for end, path in records.items():
            with self.subTest(end=end), socket.create_server(("127.0.0.1", 0)) as server:
                read = session_files.rows_of if end == "sqlite" else (
                    lambda path: session_files.parse(path.read_text()))
                process = self.watch("--sessions", path, "--set", "connections.closing_timeout=1s", link="lo")
                port = server.getsockname()[1]
                with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0] as accepted:
                    client.sendall(b"question")
                    accepted.sendall(accepted.recv(100) + b", and an answer")
                    client.recv(100)
                deadline = time.monotonic() + START_PATIENCE
                while not read(path) and time.monotonic() < deadline:
                    time.sleep(0.1)
                record, = read(path)
                self.assertEqual((str(record["server_port"]), record["conn_state"], record["end"]),
                                 (str(port), "SF", "closed"))
                self.assertEqual((int(record["client_bytes"]), int(record["server_bytes"])), (8, 23))
                self.assertIsNone(process.poll())
                with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
                    time.sleep(2)  # so that the watch has its packets
                    process.send_signal(signal.SIGINT)
                    _, err = process.communicate(timeout=START_PATIENCE)
                self.assertEqual(process.returncode, 0, err)
                self.assertEqual([(r["conn_state"], r["end"]) for r in read(path)],
                                 [("SF", "closed"), ("S1", "end_of_capture")])
                again = self.watch("--sessions", path, "--duration", "0.5", link="lo")  # adds to the file
                again.communicate(timeout=START_PATIENCE)
                self.assertEqual(len(read(path)), 2)

    def test_a_link_that_goes_down_is_told_and_keeps_what_was_found(self):
        subprocess.run("ip link add brief type veth peer name other".split(), check=True)
        subprocess.run("ip link set brief up".split(), check=True)
        process = subprocess.Popen([harness.CAIRN, "watch", "-i", "brief"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.stop, process)
        process.stderr.readline()
        subprocess.run("ip link del brief".split(), check=True)
        _, err = process.communicate(timeout=START_PATIENCE)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn(b"brief", err)
        self.assertIn(b"watch failed", err)


class WithoutALink(harness.TestCase):
    def test_an_interface_that_is_not_there(self):
        self.assert_ended(harness.run("watch", "-i", "nosuch0"), 1, "nosuch0", "ip link")

    def test_without_the_right_to_capture(self):
        prefix = ()
        if harness.IS_ROOT:
            self.needs(shutil.which("setpriv"), "setpriv")
            prefix = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        program = shutil.copy(harness.CAIRN, self.folder / "cairn")
        done = subprocess.run([*prefix, program, "watch", "-i", "lo"], capture_output=True, check=False,
                              timeout=harness.TIMEOUT)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"CAP_NET_RAW", done.stderr)


def main():
    if INSIDE in os.environ:
        make_link()
    elif harness.IS_ROOT and shutil.which("ip") and shutil.which("unshare"):
        os.execvpe("unshare", ["unshare", "--net", sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    elif harness.IS_ROOT:
        sys.exit("live tests as root need ip and unshare (packages iproute2 and util-linux)")
    else:
        print("SKIPPED: live capture needs root", flush=True)
        del globals()["OnALink"]
    harness.main()


if __name__ == "__main__":
    main()
