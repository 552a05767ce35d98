# SPDX-License-Identifier: BSD-3-Clause
"""How long stopd takes on a busy host, and how long an honest requester waits beside hostile ones.

Part of `./dev bench stop`: runs in its namespaces, with a daemon of its own for each load.  All that it makes ends with it.
"""
import ctypes
import json
import os
import pathlib
import random
import resource
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

PORT = 1120
USER = 1001  # of what local users make: an ordinary user is followed everywhere
CLONE_FILES = 0x400


class Asking:
    """Requesters in the neighbour's network, each with an address of its own.  Runs there (python3 stop_loads.py ask)."""

    def __init__(self, command):
        self.command = command
        self.stop = threading.Event()
        self.answers = 0
        self.honest = []

    def connect(self, address):
        own = socket.socket()
        own.settimeout(self.command["patience"])
        own.bind((address, 0))
        own.connect((self.command["host"], PORT))
        return own

    def busy(self, address, line):
        """Asks again as soon as it is answered, on as many connections as one requester may have."""
        while not self.stop.is_set():
            try:
                with self.connect(address) as own:
                    while not self.stop.is_set():
                        own.sendall(line.encode())
                        if not own.recv(2000):
                            break
                        self.answers += 1
            except OSError:
                self.stop.wait(0.05)

    def compare(self):
        """The times of requests about a connection and about none, in no order; and of others sent just after them."""
        lines = [self.command["line"], self.command["none"]] * self.command["requests"]
        random.Random(5).shuffle(lines)
        times = {line: [] for line in lines}
        beside = {line: [] for line in lines}
        for line in lines:
            with self.connect(self.command["honest"]) as own, self.connect(self.command["honest"]) as other:
                first = time.perf_counter()
                own.sendall(line.encode())
                time.sleep(0.003)
                second = time.perf_counter()
                other.sendall(b"3,4\r\n")
                waiting = {own: (first, times), other: (second, beside)}
                while waiting:
                    for each in select.select(list(waiting), [], [], 40)[0]:
                        start, of = waiting.pop(each)
                        of[line].append(time.perf_counter() - start)
                        if not each.recv(2000):
                            raise SystemExit("no answer")
        pair = (self.command["line"], self.command["none"])
        print(json.dumps([[of[line] for line in pair] for of in (times, beside)]), flush=True)

    def run(self):
        command = self.command
        threads = [threading.Thread(target=self.busy, args=(address, command["busy_line"]), daemon=True)
                   for address in command["busy"] for _ in range(command["connections"])]
        for thread in threads:
            thread.start()
        time.sleep(command["before"])
        for _ in range(command["requests"]):
            start = time.perf_counter()
            try:
                with self.connect(command["honest"]) as own:
                    own.sendall(command["line"].encode())
                    answered = b"USERID" in own.recv(2000)
            except OSError:
                answered = False
            self.honest.append(time.perf_counter() - start if answered else None)
            if sum(each is None for each in self.honest) >= 2:
                break
            time.sleep(command["pause"])
        self.stop.set()
        print(json.dumps([self.honest, self.answers]), flush=True)


def sleep_with(descriptors):
    """A process that sleeps and holds copies of these descriptors, from 3 on.  To be called in a child of its own."""
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, 1000 + number)
    for number in range(len(descriptors)):
        os.dup2(1000 + number, 3 + number)
    os.closerange(3 + len(descriptors), 1000 + len(descriptors))
    os.execv("/bin/sleep", ["sleep", "3600"])


class Made:
    """Processes that end with the load."""

    def __init__(self):
        self.pids = []

    def child(self, work, user=USER):
        """Forks a child that does `work`, and then sleeps.  Returns what `work` does."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reading)
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
                os.write(writing, json.dumps(work()).encode())
                os.close(writing)
                while True:
                    signal.pause()
            finally:
                os._exit(1)
        os.close(writing)
        self.pids.append(pid)
        told = os.read(reading, 1000)
        os.close(reading)
        return json.loads(told)

    def end(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
        for pid in self.pids:
            os.waitpid(pid, 0)
        self.pids = []


KEPT = []  # by whichever process puts something here, until its end


def connected(there):
    KEPT.append(socket.create_connection((there, 9000)))
    return f"{KEPT[-1].getsockname()[1]},9000:SV:{there}\r\n"


def nothing(made, scale):
    """Nothing."""


def loopback(count):
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        for _ in range(count):
            KEPT.append(socket.create_connection(listener.getsockname()))
            KEPT.append(listener.accept()[0])


def crowd(made, scale):
    """2,000 processes with 200 descriptors each, and 10,000 sockets of connections on loopback."""
    null = os.open("/dev/null", os.O_RDWR)
    for _ in range(int(2000 * scale)):
        pid = os.fork()
        if pid == 0:
            pipes = [end for _ in range(5) for end in os.pipe()]
            sleep_with([null] * 10 + pipes * 19)
        made.pids.append(pid)
    os.close(null)
    for _ in range(5):
        made.child(lambda: loopback(int(1000 * scale)))


def terminals(made, scale):
    """Two processes, each with both ends of 1,300 pseudo terminals of the two."""
    for _ in range(2):
        made.child(lambda: KEPT.extend([os.openpty() for _ in range(int(1300 * scale))]))


def hubs(made, scale):
    """Sixty processes, each with a pipe to each other."""
    count = int(60 * scale) or 2
    pipes = {(a, b): os.pipe() for a in range(count) for b in range(count) if a != b}
    for me in range(count):
        def keep(me=me):
            for (a, b), (reading, writing) in pipes.items():
                for descriptor, mine in ((reading, b == me), (writing, a == me)):
                    if not mine:
                        os.close(descriptor)
        made.child(keep)
    for ends in pipes.values():
        for end in ends:
            os.close(end)


def fifos(made, scale):
    """Two processes with 500 named pipes open."""
    folder = pathlib.Path("/tmp") / f"stop-fifos-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o777)
    made.folder = folder
    names = [folder / f"{i}" for i in range(int(500 * scale))]
    for name in names:
        os.mkfifo(name, 0o666)
        name.chmod(0o666)
    for _ in range(2):
        made.child(lambda: KEPT.extend([os.open(name, os.O_RDWR) for name in names]))


def threads(made, scale):
    """Ten processes of 70 threads, each thread with a descriptor table of its own and 50 pipes in it."""
    libc = ctypes.CDLL(None)
    def work():
        ready = threading.Barrier(int(70 * scale) + 1)
        def one():
            libc.unshare(CLONE_FILES)
            pipes = [os.pipe() for _ in range(25)]
            ready.wait()
            threading.Event().wait()
            del pipes
        for _ in range(int(70 * scale)):
            threading.Thread(target=one, daemon=True).start()
        ready.wait()
    for _ in range(10):
        made.child(work)


# What is made, what it is called, and how many requesters are busy with it.
LOADS = [("nothing else", nothing, 0), ("the same, 32 requesters busy", nothing, 32), ("2,000 processes, 10,000 sockets", crowd, 0),
         ("the same, 32 requesters busy", crowd, 32), ("2 x 1,300 terminals, 4 busy", terminals, 4),
         ("60 processes, 3,540 pipes, 4 busy", hubs, 4), ("500 named pipes, 4 busy", fifos, 4),
         ("70 descriptor tables, 4 busy", threads, 4)]


def told_apart(one, other):
    """How often the best rule by one threshold is right about which of the two a time is of; 0.5 is chance."""
    best = 0.5
    for at in {*one, *other}:
        share = (sum(each <= at for each in one) / len(one) + sum(each > at for each in other) / len(other)) / 2
        best = max(best, share, 1 - share)
    return best


class Daemon:
    def __init__(self, program, work, settings):
        shutil.rmtree(work, ignore_errors=True)
        words = [w for s in ["limits.max_requests_per_asker_minute=1000000", "listen.user=nobody", "store.min_free=0",
                             "store.max_size=4GiB", f"store.folder={work}", f"listen.port={PORT}", *settings] for w in ("-s", s)]
        with open(f"{work}.log", "wb") as log:
            self.process = subprocess.Popen([program, "run", *words], stdin=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"bench stop: {program} does not listen; see {work}.log") from None
                time.sleep(0.05)

    def mib(self):
        """Resident memory of the monitor, the network side, and children that walk."""
        pid = self.process.pid
        sizes = {}
        try:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            children = []
        for each in [str(pid), *children]:
            try:
                status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{each}/status").read_text().splitlines())
                name = {"stopd": "monitor", "stopd: network": "network"}.get(status["Name"].strip(), "walks")
                sizes[name] = sizes.get(name, 0) + int(status["VmRSS"].split()[0]) / 1024
            except (OSError, KeyError, ValueError):
                continue
        return sizes

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Memory:
    """The most that each process had, by looks every few milliseconds."""

    def __init__(self, daemon):
        self.daemon, self.most, self.stop = daemon, {}, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.stop.wait(0.02):
            for name, size in self.daemon.mib().items():
                self.most[name] = max(size, self.most.get(name, 0))

    def end(self):
        self.stop.set()
        self.thread.join()
        return self.most


def measure(program, make, busy, inside, here, there, work, scale, requests, settings):
    """The times of an honest requester in seconds (None: no answer), the answers of others, and memory."""
    made = Made()
    try:
        line = busy_line = made.child(lambda: connected(there), USER + 1)
        if make not in (nothing, crowd):
            busy_line = connected(there)  # who is made inherits it
        make(made, scale)
        for each in KEPT:
            each.close()
        KEPT.clear()
        daemon = Daemon(program, work, settings)
        try:
            before = daemon.mib()
            memory = Memory(daemon)
            command = {"host": here, "line": line, "busy_line": busy_line, "honest": there,
                       "busy": [f"198.51.100.{10 + i}" for i in range(busy)], "connections": 2 if busy == 32 else 4,
                       "requests": requests, "pause": 0.1, "before": 1.0 if busy else 0.0, "patience": 40}
            asked = subprocess.run([*inside, sys.executable, __file__, "ask"], input=json.dumps(command), text=True,
                                   stdout=subprocess.PIPE, check=True)
            times, answers = json.loads(asked.stdout)
            during = memory.end()
            time.sleep(0.5)
            return times, answers, before, during, daemon.mib()
        finally:
            daemon.end()
    finally:
        made.end()
        if hasattr(made, "folder"):
            shutil.rmtree(made.folder, ignore_errors=True)


def compare(program, inside, here, there, work, count):
    """Times of a connection and of none, both with an address named."""
    made = Made()
    try:
        line = made.child(lambda: connected(there), USER + 1)
        daemon = Daemon(program, work, [])
        try:
            command = {"host": here, "line": line, "none": f"1,2:SV:{there}\r\n", "honest": there, "requests": count, "patience": 40}
            asked = subprocess.run([*inside, sys.executable, __file__, "compare"], input=json.dumps(command), text=True,
                                   stdout=subprocess.PIPE, check=True)
            return json.loads(asked.stdout)
        finally:
            daemon.end()
    finally:
        made.end()


def shown(times):
    answered = sorted(1000 * each for each in times if each is not None)
    if not answered:
        return f"{'none':>8} {'> 40 s':>8}"
    last = f"{answered[-1]:>8.0f}" if len(answered) == len(times) else f"{'> 40 s':>8}"
    return f"{statistics.median(answered):>8.0f} {last}"


def run(programs, inside, here, there, work, scale, requests, settings, only=None):
    """`programs`: name and path of each to measure."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for i in range(40):
        subprocess.run([*inside, "ip", "addr", "add", f"198.51.100.{10 + i}/24", "dev", "e1"], check=True)
    if not only or any(make.__name__.startswith(only) for _, make, _ in LOADS):
        print(f"\nSV for an honest requester, {requests} requests, ms; busy requesters ask about what is named, without a pause;\n"
              f"loads times {scale}; replies.least_time as by default")
        print(f"{'load':<34} {'program':<8} {'median':>8} {'longest':>8} {'others/s':>9}  MiB before / most / after")
    for name, make, busy in LOADS:
        if only and not make.__name__.startswith(only):
            continue
        for program, path in programs:
            start = time.monotonic()
            times, answers, before, during, after = measure(path, make, busy, inside, here, there, work, scale, requests,
                                                            settings if program == "stopd" else [])
            memory = ", ".join(f"{part} {before.get(part, 0):.0f}/{during.get(part, 0):.0f}/{after.get(part, 0):.0f}"
                               for part in ("monitor", "network", "walks"))
            rate = answers / (time.monotonic() - start)
            print(f"{name:<34} {program:<8} {shown(times)} {rate:>9.1f}  {memory}", flush=True)


    if only and not "compare".startswith(only):
        return
    count = 10 * requests
    print(f"\nIs there such a connection? SV naming the far address, {count} requests of each, ms; 0.5 is chance,\n"
          f"and what {count} times give by chance is about {0.5 + 0.5 * (2 / count) ** 0.5:.2f}")
    print(f"{'program':<8} {'time of':<24} {'there is':>9} {'none':>9} {'told apart':>11}")
    for program, path in programs:
        measured = compare(path, inside, here, there, work, count)
        for name, (one, other) in zip(("the reply", "another request's reply"), measured):
            print(f"{program:<8} {name:<24} {1000 * statistics.median(one):>9.3f} {1000 * statistics.median(other):>9.3f} "
                  f"{told_apart(one, other):>11.2f}", flush=True)


if __name__ == "__main__":
    asking = Asking(json.loads(sys.stdin.read()))
    asking.compare() if sys.argv[1] == "compare" else asking.run()
