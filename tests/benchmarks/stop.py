#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What stopd costs, beside oidentd and the figures of Carrier & Shields (Tables I to III).

Runs in process and network namespaces of its own, so that both daemons see nothing but the processes made here.  Needs
root.  Times are those of one asker that waits for each answer (of ID with the connection, as ident clients ask); medians of several rounds, in which
the daemons take turns.
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import stop_loads

ROOT = pathlib.Path(__file__).resolve().parents[2]
STOPD = ROOT / "build/bin/stopd"
WORK = ROOT / "build/bench/stop"
HERE, THERE = "198.51.100.1", "198.51.100.2"
IDENT_PORT = {"stopd": 1113, "stopd, not saving": 1114, "stopd, not compressing": 1115, "oidentd": 1116}
PAPER = """
Carrier & Shields, 600 MHz Pentium III (ms):      ID       SV  SV with file | 14 processes  with 100 more
  Linux                                        0.533    5.718         8.243 |       63.354        224.589
  OpenBSD                                      0.803    2.421         7.871 |       10.256         32.059
CPU share at 6 / 600 / 6000 requests a minute: Linux 0.12 % / 7.01 % / 35.92 %, OpenBSD 0.01 % / 3.89 % / 19.20 %
A record of 6 processes: about 1,600 bytes, 700 compressed."""


ASKER = None  # the neighbour's process that asks


def enter_namespaces():
    """Becomes the first process of a host of its own."""
    if os.environ.get("STOP_BENCH_INSIDE"):
        return
    if os.geteuid() != 0:
        sys.exit("bench stop: must be started as root: it makes namespaces of its own")
    os.environ["STOP_BENCH_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--net", sys.executable, *sys.argv])


def sh(*words):
    subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL)


class Crowd:
    """Processes that sleep, with just the descriptors that they are given."""

    def __init__(self):
        self.pids = []

    def child(self, descriptors=(), first=None, children=()):
        """Forks a child that does `first`, forks its own children (lists of the same arguments), and sleeps."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            mine = set(descriptors)
            if first:
                mine |= set(first())
            below = [self.child(*arguments) for arguments in children]
            nothing = os.open("/dev/null", os.O_RDWR)
            for standard in range(3):
                os.dup2(nothing, standard)
            for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:
                if descriptor > 2 and descriptor not in mine and descriptor != writing:
                    try:
                        os.close(descriptor)
                    except OSError:
                        pass
            os.write(writing, json.dumps([os.getpid(), *[p for pids in below for p in pids]]).encode())
            os.close(writing)
            while True:
                signal.pause()
        os.close(writing)
        made = json.loads(os.read(reading, 65536))
        os.close(reading)
        self.pids += made
        return made

    def end(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        while True:
            try:
                os.waitpid(-1, os.WNOHANG) or time.sleep(0.01)
            except ChildProcessError:
                return
            if not any(os.path.exists(f"/proc/{pid}") for pid in self.pids):
                return


INSIDE = []  # the command before one that runs at the neighbour's


def network():
    """A neighbour in another network namespace, and a socket that listens there."""
    sh("ip", "link", "set", "lo", "up")
    holder = subprocess.Popen(["unshare", "--net", "sleep", "3600"])
    own = os.readlink("/proc/self/ns/net")
    while os.readlink(f"/proc/{holder.pid}/ns/net") == own:
        time.sleep(0.01)
    sh("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1", "netns", holder.pid)
    inside = ["nsenter", "-t", str(holder.pid), "-n"]
    INSIDE.extend(inside)
    for prefix, name, address in (([], "e0", HERE), (inside, "e1", THERE)):
        sh(*prefix, "ip", "addr", "add", f"{address}/24", "dev", name)
        sh(*prefix, "ip", "link", "set", name, "up")
    code = ("import socket,time\nl=socket.create_server(('198.51.100.2',9000),backlog=64)\nheld=[]\n"
            "while True: held.append(l.accept())\n")
    subprocess.Popen([str(word) for word in [*inside, sys.executable, "-c", code]], stdin=subprocess.DEVNULL)
    global ASKER
    ASKER = subprocess.Popen([str(word) for word in [*inside, sys.executable, __file__, "--asker"]], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection((THERE, 9000), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def pipe_ends():
    reading, writing = os.pipe()
    return reading, writing


def pair_ends():
    one, other = socket.socketpair()
    return one.detach(), other.detach()


def loopback_ends():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        return client.detach(), server.detach()


def connection():
    """A connection to the neighbour: its descriptor, and its ports as a request names them."""
    own = socket.create_connection((THERE, 9000))
    ports = f"{own.getsockname()[1]},9000"
    return own.detach(), ports


def tree_of_six(crowd):
    """This process and five below it, one under the other; the last holds the connection."""
    own, ports = connection()
    crowd.child((), None, [((), None, [((), None, [((), None, [((own,), None, [])])])])])
    os.close(own)
    return ports


def tree_of_fourteen(crowd):
    """Three groups of processes, joined by three pipes, two connections on loopback and a pair of sockets."""
    own, ports = connection()
    p1, p2, p3 = pipe_ends(), pipe_ends(), pipe_ends()
    t1, t2, u1 = loopback_ends(), loopback_ends(), pair_ends()
    crowd.child((), None, [((p2[0],), None, [((own, p1[0], t1[0]), None, [])])])
    crowd.child((), None, [((u1[0],), None, [((p2[1], t2[0]), None, [((p1[1], p3[0]), None, [])])])])
    crowd.child((), None, [((), None, [((t2[1],), None, [((t1[1],), None, [((u1[1],), None, [((p3[1],), None, [])])])])])])
    for descriptor in (own, *p1, *p2, *p3, *t1, *t2, *u1):
        os.close(descriptor)
    return ports


def hundred_more(crowd):
    """Each with three standard descriptors, a pipe and a file: 600 in all."""
    for _ in range(100):
        crowd.child((), lambda: [*os.pipe(), os.open("/etc/passwd", os.O_RDONLY)])


def be_asker():
    """The neighbour asks: for each line of standard input (port, request, count) the times of its requests, in seconds."""
    for command in sys.stdin:
        port, line, count, connections = json.loads(command)
        times = []
        asker = None
        for i in range(count):
            start = time.perf_counter()
            if asker is None or connections == "many":
                asker = socket.create_connection((HERE, port), timeout=10)
            asker.sendall(line.encode())
            reply = asker.recv(2000)
            if connections == "many":
                asker.close()
            times.append(time.perf_counter() - start)
        asker.close()
        print(json.dumps([times, reply.decode()]), flush=True)


def latencies(port, line, count, connections="one"):
    ASKER.stdin.write(json.dumps([port, line, count, connections]) + "\n")
    ASKER.stdin.flush()
    times, reply = json.loads(ASKER.stdout.readline())
    if "USERID" not in reply:
        raise SystemExit(f"bench stop: {line.strip()} got {reply.strip()}")
    return times


class Daemons:
    def __init__(self):
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
        self.running = {}
        common = ["limits.max_requests_per_asker_minute=1000000", "limits.max_requests_per_minute=100000000",
                  "listen.user=nobody", "store.min_free=0", "replies.least_time=0s"]
        for name, settings in (("stopd", ["store.compress=true", "store.max_size=4GiB"]),
                               ("stopd, not compressing", ["store.compress=false", "store.max_size=4GiB"]),
                               ("stopd, not saving", ["store.max_size=64KiB", "store.journal_size=16KiB"])):
            folder = WORK / name.replace(", ", "-").replace(" ", "-")
            if "saving" in name:
                (folder / "records").mkdir(parents=True)
                (folder / "records" / "filler").write_bytes(bytes(64 << 10))
            words = [w for s in [*common, *settings, f"store.folder={folder}", f"listen.port={IDENT_PORT[name]}"] for w in ("-s", s)]
            with open(WORK / "log", "ab") as log:
                self.running[name] = subprocess.Popen([STOPD, "run", *words], stdin=subprocess.DEVNULL, stderr=log)
        oidentd = shutil.which("oidentd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if oidentd:
            self.running["oidentd"] = subprocess.Popen(
                [oidentd, "-i", "-S", "-p", str(IDENT_PORT["oidentd"]), "-u", "nobody", "-g", "nogroup", "-l", "100000"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in self.running:
            self.await_port(name)

    def await_port(self, name):
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection((HERE, IDENT_PORT[name]), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"bench stop: {name} does not listen; see {WORK}/log") from None
                time.sleep(0.05)

    def cpu_s(self, name):
        """CPU seconds of a daemon and its children so far."""
        pid = self.running[name].pid
        pids = [pid, *pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return sum(int(pathlib.Path(f"/proc/{p}/schedstat").read_text().split()[0]) for p in pids) / 1e9

    def end(self):
        for process in self.running.values():
            process.kill()
            process.wait()


def milliseconds(times):
    return 1000 * statistics.mean(times)


def identification(daemons, rounds, count):
    crowd = Crowd()
    ports = tree_of_six(crowd)
    line = f"{ports}\r\n"
    names = [name for name in ("stopd", "oidentd") if name in daemons.running]
    figures = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            figures[name].append(milliseconds(latencies(IDENT_PORT[name], line, count, "many")))
    print(f"\nID: one asker, {count} requests a round, each on a connection of its own")
    print(f"{'daemon':<12} {'requests/s':>11} {'mean ms':>9} {'(min - max)':>16}")
    for name, means in figures.items():
        middle = statistics.median(means)
        spread = f"{min(means):.3f} - {max(means):.3f}"
        print(f"{name:<12} {1000 / middle:>11,.0f} {middle:>9.3f} {spread:>16}")
    if len(names) == 2:
        ratios = [a / b for a, b in zip(figures["stopd"], figures["oidentd"])]
        print(f"stopd takes {statistics.median(ratios):.2f} times as long as oidentd (median of {rounds} pairs)")
    else:
        print("oidentd: MISSING (package oidentd)")
    crowd.end()
    return ports


def descriptors_open():
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in os.listdir("/proc") if pid.isdigit() and os.path.exists(f"/proc/{pid}/fd"))


def saving(rounds, count):
    names = ("stopd, not saving", "stopd, not compressing", "stopd")
    print(f"\nSV: one asker on one connection, mean ms of {count} requests, median of {rounds} rounds")
    print(f"{'processes':<34} {'descriptors':>11} {'not saved':>10} {'saved':>10} {'compressed':>11}")
    medians = {}
    for label, tree, more in (("6", tree_of_six, False), ("14, with 6 IPC links", tree_of_fourteen, False),
                              ("14, with 6 IPC links, and 100 more", tree_of_fourteen, True)):
        crowd = Crowd()
        line = f"{tree(crowd)}:SV\r\n"
        if more:
            hundred_more(crowd)
        for name in names:
            latencies(IDENT_PORT[name], line, 3)  # programs are hashed once
        figures = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                figures[name].append(milliseconds(latencies(IDENT_PORT[name], line, count)))
        medians[label] = [statistics.median(figures[name]) for name in names]
        print(f"{label:<34} {descriptors_open():>11} " + " ".join(f"{m:>{w}.3f}" for m, w in zip(medians[label], (10, 10, 11))))
        crowd.end()
    return medians


def record_sizes():
    print("\nBytes of a record (of what was saved above: the first of 6 and of 14 processes)")
    print(f"{'processes':>9} {'plain':>8} {'compressed':>11}")
    sizes = {}
    for name, ending in (("stopd-not-compressing", ".json"), ("stopd", ".json.gz")):
        for path in (WORK / name / "records").glob(f"*{ending}"):
            text = path.read_bytes() if ending == ".json" else __import__("gzip").decompress(path.read_bytes())
            processes = len(json.loads(text)["processes"])
            sizes.setdefault(processes, {}).setdefault(name, path.stat().st_size)
    for processes, of in sorted(sizes.items()):
        print(f"{processes:>9} {of.get('stopd-not-compressing', 0):>8,} {of.get('stopd', 0):>11,}")


def load(daemons, seconds):
    print(f"\nCPU share of stopd, SV of 6 processes, saved and compressed; {seconds} s at each rate")
    print(f"{'requests/min':>12} {'CPU':>8} {'ms each':>9}")
    crowd = Crowd()
    line = f"{tree_of_six(crowd)}:SV\r\n"
    for rate in (6, 600, 6000):
        count = max(1, rate * seconds // 60)
        before, start = daemons.cpu_s("stopd"), time.monotonic()
        for i in range(count):
            latencies(IDENT_PORT["stopd"], line, 1)
            time.sleep(max(0, start + (i + 1) * 60 / rate - time.monotonic()))
        elapsed = time.monotonic() - start
        used = daemons.cpu_s("stopd") - before
        print(f"{rate:>12} {100 * used / elapsed:>7.2f}% {1000 * used / count:>9.3f}")
    crowd.end()


def main():
    parser = argparse.ArgumentParser(prog="./dev bench stop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement (default 5)")
    parser.add_argument("--requests", type=int, default=200, help="SV requests a round; five times as many ID (default 200)")
    parser.add_argument("--asker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=20, help="how long each rate of requests lasts (default 20)")
    parser.add_argument("--loads", choices=["also", "only", "no"], default="also", help="hosts under load (default also)")
    parser.add_argument("--load", help="only the loads whose name begins so: nothing, crowd, terminals, hubs, fifos, threads")
    parser.add_argument("--load-scale", type=float, default=1.0, help="how large the loads are (default 1; 0.1: a tenth)")
    parser.add_argument("--load-requests", type=int, default=15, help="requests under each load (default 15)")
    parser.add_argument("--load-setting", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of stopd, but not of the one before, under each load")
    parser.add_argument("--before", help="another stopd, to be measured beside under each load")
    arguments = parser.parse_args()
    if arguments.asker:
        return be_asker()
    enter_namespaces()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    print(f"{model[1] if model else 'unknown CPU'}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
    network()
    if arguments.loads != "only":
        costs(arguments)
    ASKER.stdin.close()
    if arguments.loads != "no":
        WORK.mkdir(parents=True, exist_ok=True)
        programs = [*([("before", arguments.before)] if arguments.before else []), ("stopd", STOPD)]
        stop_loads.run(programs, INSIDE, HERE, THERE, WORK / "loads", arguments.load_scale, arguments.load_requests,
                       arguments.load_setting, arguments.load)


def costs(arguments):
    daemons = Daemons()
    medians = saving(arguments.rounds, arguments.requests)
    record_sizes()
    load(daemons, arguments.seconds)
    # Last: the kernel keeps closed connections for a minute, and every look at its table goes through them.
    identification(daemons, arguments.rounds, 5 * arguments.requests)
    daemons.end()
    print(PAPER)
    largest = list(medians.values())[-1][2]
    print(f"\nGoal: 14 processes with 100 more under 10 ms: {largest:.2f} ms, {'met' if largest < 10 else 'MISSED'}")


if __name__ == "__main__":
    main()
