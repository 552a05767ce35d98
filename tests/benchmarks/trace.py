#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long it takes to trace a chain of logins, and what it costs: the experiment of ODISET (its Table 1) again.

Seven hosts in namespaces of this machine, all with sshd and an agent; real logins by ssh over m hops, straight, in
circles of two, three and seven hosts, and back and forth.  Each chain is traced many times from its target.  Times are
those of the client at the target's control socket, from its question to the end of the answer.
With --plain PROGRAM, a stopd built with the test transport is measured beside (-DCAIRN_TRACE_PLAIN_TRANSPORT=ON): what
encryption costs.  Needs root.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
os.environ.setdefault("CAIRN", str(ROOT / "build/bin/cairn"))
os.environ.setdefault("STOPD", str(ROOT / "build/bin/stopd"))

import hosts  # noqa: E402
import tracing_rig  # noqa: E402

HOSTS = {"a": "10.10.0.2", "b": "10.10.0.3", "c": "10.10.0.4", "d": "10.10.0.5", "e": "10.10.0.6", "f": "10.10.0.7",
         "g": "10.10.0.8"}
LENGTHS = (1, 2, 3, 5, 10, 20, 30)
# Each host has the limits of the default configuration, but for how often it may be asked.
SETTINGS = ("tracing.networks=[10.10.0.0/24]", "tracing.limits.max_rounds_per_peer_minute=100000")
PAPER = "ODISET's Table 1 has its times for seven hosts and chains of up to 30 hops, on machines of its time."


class Bench:
    """What the rig needs of a test."""

    def __init__(self):
        self.cleanups = []

    def addCleanup(self, call, *words):  # noqa: N802: unittest's name
        self.cleanups.append((call, words))

    def network(self, addresses, _programs):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn_bench_"))
        folder.chmod(0o755)
        network = hosts.Network(folder, addresses)
        self.addCleanup(network.close)
        return network

    def close(self):
        for call, words in reversed(self.cleanups):
            call(*words)
        self.cleanups = []


def path_of(kind, hops):
    """The hosts of a chain of so many logins."""
    if kind == "straight":
        return "abcdefg"[:hops + 1] if hops < 7 else None
    if kind == "back and forth":
        return "".join("abcdefgfedcb"[i % 12] for i in range(hops + 1))
    size = int(kind.split()[-1])
    return "".join("abcdefg"[i % size] for i in range(hops + 1))


def counters(host):
    before = host.log_text().count("counters of tracing")
    host.run("pkill", "-USR1", "-x", "-o", "stopd")
    hosts.wait_for(lambda: host.log_text().count("counters of tracing") > before, "counters")
    line = [each for each in host.log_text().splitlines() if "counters of tracing" in each][-1]
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}


def total(site, name):
    return sum(counters(host)[name] for host in site.network.hosts.values())


def measure(site, path, rounds):
    """Median time in ms, and messages and bytes of one trace."""
    last = site[path[-1]]
    local, remote = site.last_connection(path)
    times, end = [], None
    before = [total(site, name) for name in ("tracing_messages_sent", "tracing_bytes_sent")]
    for _ in range(rounds):
        done, _, ends = site.follow(last, local, remote, "--timing")
        end = ends[0]
        times.append(float(re.search(r"answered in ([0-9.]+) ms", done.err)[1]))
    after = [total(site, name) for name in ("tracing_messages_sent", "tracing_bytes_sent")]
    spent = [(b - a) / rounds for a, b in zip(before, after)]
    return {"first": times[0], "median": statistics.median(times[1:]), "most": max(times[1:]), "messages": spent[0],
            "bytes": spent[1], "end": end["end"], "hops": end["hop_count"], "collapsed": end["rounds_collapsed"]}


def run(program, rounds, lengths, title):
    os.environ["STOPD"] = hosts.STOPD = str(program)
    print(f"\n{title}: {program}")
    print(f"{'chain':16} {'hops':>4} {'first':>8} {'median':>8} {'longest':>8} {'messages':>8} {'bytes':>8}  told, in circles, end")
    bench = Bench()
    results = []
    try:
        site = tracing_rig.Site(bench, HOSTS, settings=SETTINGS)
        for kind in ("straight", "circle of 2", "circle of 3", "circle of 7", "back and forth"):
            for hops in lengths:
                path = path_of(kind, hops)
                if path is None or (kind.startswith("circle") and hops < int(kind.split()[-1])):
                    continue
                terminal = site.login(path)
                time.sleep(0.2)
                result = measure(site, path, rounds)
                results.append({"kind": kind, "hops": hops, **result})
                print(f"{kind:16} {hops:4} {result['first']:8.1f} {result['median']:8.1f} {result['most']:8.1f} "
                      f"{result['messages']:8.1f} {result['bytes']:8.0f}  {result['hops']}, {result['collapsed']}, "
                      f"{result['end']}", flush=True)
                terminal.close()
                bench.cleanups = [each for each in bench.cleanups if each[0] != terminal.close]
                hosts.wait_for(lambda: "ESTAB" not in site["a"].run("ss", "-tn", "dport = :22").out, "logged out")
        idle(site)
    finally:
        bench.close()
    return results


def idle(site, seconds=60):
    """CPU share and memory of an agent that nobody asks."""
    host = site["a"]
    time.sleep(10)  # what was told last is exchanged

    def spent():
        found = {}
        for line in host.run("sh", "-c", "for p in $(pgrep stopd); do echo $p $(cat /proc/$p/comm | tr ' ' _) "
                             "$(cut -d' ' -f14-15 /proc/$p/stat | sed 's/^.*) //') ; done").out.splitlines():
            words = line.split()
            found[words[0]] = words[1]
        return found
    ticks = {}
    for moment in (0, 1):
        for pid, name in spent().items():
            stat = host.run("cat", f"/proc/{pid}/stat").out.rsplit(")", 1)[1].split()
            ticks.setdefault((pid, name), []).append(int(stat[11]) + int(stat[12]))
        if moment == 0:
            time.sleep(seconds)
    for (pid, name), (first, last) in ticks.items():
        status = host.run("cat", f"/proc/{pid}/status").out
        resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        anonymous = int(re.search(r"RssAnon:\s+(\d+)", status)[1])
        print(f"idle: {name:16} {100 * (last - first) / os.sysconf('SC_CLK_TCK') / seconds:.3f} % CPU, "
              f"{resident / 1024:.1f} MiB resident, {anonymous / 1024:.1f} MiB of its own")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21, help="traces of each chain (the first is told apart)")
    parser.add_argument("--hops", type=int, nargs="*", default=LENGTHS)
    parser.add_argument("--plain", help="a stopd without encryption, to compare with")
    parser.add_argument("--json", help="write all results to this file")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench trace: must be started as root: it makes hosts in namespaces")
    print(PAPER)
    results = {"tls": run(os.environ["STOPD"], arguments.rounds, arguments.hops, "with encryption")}
    if arguments.plain:
        results["plain"] = run(pathlib.Path(arguments.plain).resolve(), arguments.rounds, arguments.hops, "without encryption")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
