# SPDX-License-Identifier: BSD-3-Clause
"""./dev accuracy insertion: forged packets that the end hosts ignore must change nothing.

Adds forged packets to captures with known truth (`cairn-traces forge`), by every attack, and compares what `cairn replay`
then finds with what it finds in the capture as it was: stepping stones lost and false, and session records whose bytes,
ends or history differ.  The captures are the bundled demo, a generated one, and those of a folder; each with both
directions and with the packets of clients only.  The tables go into docs/accuracy-insertion.md.  Exit status 1 when
a stone was lost, turned or false although the monitor could know better: both directions captured, and what makes the
host ignore the packet, too.
"""

import argparse
import collections
import concurrent.futures
import csv
import dataclasses
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from protocol import with_results

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = ROOT / "build/bin/cairn"
TRACES = ROOT / "build/bin/cairn-traces"
WORK = ROOT / "build/accuracy/insertion"
PAGE = ROOT / "docs/accuracy-insertion.md"
RESULTS = ("<!-- insertion: begin -->", "<!-- insertion: end -->")

# Of a folder, when it has them.
CHOSEN = ("direct_ssh-21", "indirect-21", "mixed-11")
LARGE_BYTES = 20_000_000  # fewer rates are tried on such
RATES = ("every 1,000", "every 100", "every 10", "every 1")
RATE_OPTIONS = {rate: ("--every", rate.removeprefix("every ").replace(",", "")) for rate in RATES}
RATE_OPTIONS |= {f"{s} s": ("--interval", str(s)) for s in (1, 20, 100)} | {"once": ("--once",)}
DIRECTIONS = {"both": (), "one": ("--one-direction", "client")}
# Letters of `history` that stand for packets that count; others say what did not.
LETTERS = set("shgtdawfriqSHGTDAWFRIQ^")
ENDS = ("client_ip", "client_port", "conn_state", "end", "closed_by", "first_data_by")
BYTES = ("client_bytes", "server_bytes", "client_missed_bytes", "server_missed_bytes")


@dataclasses.dataclass(frozen=True)
class Attack:
    """One row: what is forged, why hosts ignore it, and by whom."""

    name: str
    reason: str  # "cut": a wrong checksum that cannot be seen, because the payload was not captured
    options: tuple = ()
    by: str = "both-ends"
    rates: tuple = RATES

    @property
    def title(self):
        words = list(self.options)
        for option, text in (("--ahead", "{} B ahead"), ("--payload", "{} B"), ("--run", "{} in a row")):
            if option in words:
                place = words.index(option)
                words[place:place + 2] = [text.format(f"{int(words[place + 1]):,}")]
        return ", ".join([self.name, *words])

    @property
    def repeats(self):
        """Valid but for their age: as true repetitions are, and so they are told."""
        return self.reason == "state" and self.name in ("stale", "duplicate", "keep-alive")

    def command(self, rate):
        reason = ("checksum", "--snap", "0") if self.reason == "cut" else (self.reason,)
        return ("--attack", self.name, "--ignored-for", *reason, "--by", self.by, *self.options, *RATE_OPTIONS[rate])


def attacks():
    """All rows, in the order of the table."""
    rows = []

    def add(name, reasons, *options, **others):
        rows.extend(Attack(name, reason, options, **others) for reason in reasons.split())

    add("data", "checksum cut ttl paws")
    add("data", "checksum cut ttl", "--payload", "200")
    add("data", "checksum cut ttl", "--run", "3")
    for ahead in (1, 1000, 1_000_000):
        add("ahead", "checksum cut ttl", "--ahead", str(ahead))
    for ahead in (60_000_000, 1_000_000_000):
        add("ahead", "checksum cut ttl state", "--ahead", str(ahead))
    add("ahead", "checksum cut ttl paws", "--ahead", "1000000", "--run", "3")
    add("ahead", "checksum cut ttl", "--ahead", "1000000", rates=("once", "20 s"))
    add("stale", "state")
    add("duplicate", "checksum cut ttl state")
    add("rst", "checksum ttl")
    add("rst", "ttl", rates=("1 s", "20 s", "100 s"))
    add("rst-window", "state ttl")
    add("rst-outside", "state")
    add("fin", "checksum ttl paws")
    add("fin-ahead", "state checksum")
    add("syn", "state ttl")
    add("syn-answered", "state checksum ttl")
    add("zero-window", "checksum ttl paws")
    add("keep-alive", "state checksum")
    add("ack-ahead", "state checksum ttl")
    add("ack-ahead", "ttl", "--ahead", "1000")
    add("confirmed", "checksum cut ttl paws")
    for ahead in (1000, 1_000_000, 60_000_000):
        add("confirmed", "checksum cut ttl", "--ahead", str(ahead))
    two_sided = ("confirmed", "syn-answered")
    fewer = {RATES: ("every 100", "every 1")}
    outsider = [dataclasses.replace(row, by="outsider", rates=fewer.get(row.rates, row.rates))
                for row in rows if row.name not in two_sided]
    blind = [Attack(name, "state", by="outsider-blind", rates=fewer[RATES])
             for name in ("data", "rst", "fin", "syn", "zero-window", "keep-alive", "ack-ahead")]
    return rows + outsider + blind


def run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()}")
    return done


# What is found in a capture.


def link(connection):
    ends = (f"{connection[f'{side}_ip']} {connection[f'{side}_port']}" for side in ("src", "dst"))
    return frozenset(ends)


def alert_link(connection):
    return frozenset(f"{connection[side]['ip']} {connection[side]['port']}" for side in ("orig", "resp"))


@dataclasses.dataclass
class Findings:
    """What one replay says."""

    stones: dict   # pair of connections: the upstream one
    hosts: set     # that were reported as relaying
    sessions: dict  # (ends, first time): records
    forged: int     # packets


def forged_of(counts):
    """How many packets `cairn-traces forge` says that it forged."""
    return int(re.search(r"(\d+) forged", counts)[1])


def plain(trace):
    """The capture without compression, which hundreds of readers would undo."""
    copy = WORK / f"{trace.name.split('.pcap')[0]}.pcap"
    if trace.suffix == ".gz" and not copy.exists():
        with gzip.open(trace) as packed, open(copy, "wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    return copy if trace.suffix == ".gz" else trace


def read_alerts(path):
    stones, hosts = {}, set()
    with open(path, encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            if event["event"] == "stepping_stone":
                up, down = alert_link(event["upstream"]), alert_link(event["downstream"])
                stones[frozenset((up, down))] = up
            elif event["event"] == "relay_node":
                hosts.add(event["host"])
    return stones, hosts


def read_sessions(path):
    sessions = collections.defaultdict(list)
    with open(path, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            ends = sorted((f"{row[f'{side}_ip']} {row[f'{side}_port']}" for side in ("client", "server")))
            sessions[*ends, row["first_time"]].append(row)
    return sessions


class Capture:
    """A capture as it was, in one direction or both, with its truth and what is found in it."""

    def __init__(self, trace, truth_path, direction):
        self.trace, self.name, self.direction = plain(trace), trace.name.split(".pcap")[0], direction
        with (gzip.open if truth_path.suffix == ".gz" else open)(truth_path, "rt", encoding="utf-8") as file:
            truth = json.load(file)
        self.protect = [word for network in truth["inside_networks"] for word in ("--protect", network)]
        pairs = {frozenset((link(pair["upstream"]), link(pair["downstream"]))): pair for pair in truth["pairs"]}
        self.true_pairs = set(pairs)
        self.required = {key for key, pair in pairs.items() if pair.get("required", True)}
        self.clean = self.findings(())
        self.found = self.required & self.clean.stones.keys()

    @property
    def is_large(self):
        return self.trace.stat().st_size > LARGE_BYTES

    def findings(self, forgery):
        name = "-".join(word.strip("-") for word in (self.name, self.direction, *forgery)) or "clean"
        forged, sessions, alerts = (WORK / f"{name}.{kind}" for kind in ("pcap", "tsv", "jsonl"))
        try:
            counts = run(TRACES, "forge", "--force", self.trace, forged, *forgery, *DIRECTIONS[self.direction], *self.protect).stderr
            run(CAIRN, "replay", forged, *self.protect, "--sessions", sessions, "--alerts", alerts, "--quiet")
            return Findings(*read_alerts(alerts), read_sessions(sessions), forged_of(counts))
        finally:
            for path in (forged, sessions, alerts):
                path.unlink(missing_ok=True)


# What a forgery changed.


@dataclasses.dataclass
class Change:
    """Counts; all but the first are zero when nothing changed."""

    forged: int = 0     # packets
    lost: int = 0       # true pairs that were found without the forgery
    false: int = 0      # pairs of strangers that were not, and hosts taken for relays
    turned: int = 0     # true pairs with another connection upstream
    bytes: int = 0      # session records with other bytes
    off_bytes: int = 0  # by how many in sum
    ends: int = 0       # with another state, end or client, or that are missing or too many
    history: int = 0    # with another history

    def worst(self, other):
        return Change(*map(max, dataclasses.astuple(self), dataclasses.astuple(other)))

    def __bool__(self):
        return any(dataclasses.astuple(self)[1:])


def history(row, repeats):
    kept = LETTERS - set("tT") if repeats else LETTERS
    return "".join(letter for letter in row["history"] if letter in kept)


def compare_sessions(before, after, repeats, change):
    for key in before.keys() | after.keys():
        old, new = before.get(key, []), after.get(key, [])
        change.ends += abs(len(old) - len(new))
        for a, b in zip(old, new):
            turned = a["client_ip"] != b["client_ip"] or a["client_port"] != b["client_port"]
            differ = [abs(int(a[field]) - int(b[field])) for field in BYTES]
            change.bytes += not turned and any(differ)
            change.off_bytes += 0 if turned else sum(differ[:2])
            change.ends += any(a[field] != b[field] for field in ENDS)
            change.history += not turned and history(a, repeats) != history(b, repeats)


def change_by(capture, attack, rate):
    after = capture.findings(attack.command(rate))
    change = Change(forged=after.forged, lost=len(capture.found - after.stones.keys()))
    new = after.stones.keys() - capture.clean.stones.keys()
    change.false = len(new - capture.true_pairs) + len(after.hosts - capture.clean.hosts)
    both = capture.found & after.stones.keys()
    change.turned = sum(after.stones[pair] != capture.clean.stones[pair] for pair in both)
    compare_sessions(capture.clean.sessions, after.sessions, attack.repeats, change)
    return change


# The captures and the tables.


def truth_of(trace):
    for suffix in (".gz", ""):
        path = trace.parent / f"{trace.name.split('.pcap')[0]}.truth.json{suffix}"
        if path.exists():
            return path
    return None


def generated(quick):
    # 96 bytes hold a keystroke's whole segment.
    trace = WORK / "generated.pcap"
    options = ("--duration", 150, "--web", 4) if quick else ()
    run(TRACES, "generate", "--preset", "small", "--snap", 96, "--out", trace, "--force", *options)
    return trace


def traces_of(folder):
    traces = [trace for trace in sorted(folder.glob("*.pcap*")) if truth_of(trace)]
    if not traces:
        sys.exit(f"accuracy: {folder} holds no NAME.pcap.gz with NAME.truth.json.gz")
    chosen = [trace for trace in traces if trace.name.split(".pcap")[0] in CHOSEN]
    return chosen or traces


def rates_for(capture, attack, quick):
    """How often, by how long it takes."""
    if quick:
        worth = attack.by == "both-ends" and attack.reason != "cut"
        worth = worth and (capture.name == "demo" or capture.direction == "both")
        return [rate for rate in ("every 10", "20 s") if rate in attack.rates] if worth else []
    if not capture.is_large:
        return attack.rates
    few = [rate for rate in ("every 1,000", "every 10", "20 s") if rate in attack.rates] or attack.rates[:1]
    if capture.direction == "both":
        return few if attack.by == "both-ends" else few[-1:]
    return few[-1:] if attack.by == "both-ends" else []


def told(capture, change):
    """A cell: what changed at the worst rate."""
    parts = []
    if change.lost:
        parts.append(f"**{len(capture.found)} → {len(capture.found) - change.lost}**")
    if change.false:
        parts.append(f"**{change.false} false**")
    for count, word in ((change.turned, "turned"), (change.bytes, "bytes"), (change.ends, "ends"),
                        (change.history, "history")):
        if count:
            parts.append(f"{count:,} {word}")
    return ", ".join(parts) or ("=" if change.forged else "-")


def table(captures, rows, results):
    lines = ["| forged | ignored for | by | how often | " + " | ".join(c.name for c in captures) + " |",
             "|---|---|---|---|" + "---|" * len(captures),
             "| stones found without | | | | " + " | ".join(str(len(c.found)) for c in captures) + " |",
             "| session records without | | | | "
             + " | ".join(f"{sum(map(len, c.clean.sessions.values())):,}" for c in captures) + " |"]
    for row in rows:
        if not any(results.get((capture, row)) for capture in captures):
            continue
        cells = []
        for capture in captures:
            worst = Change()
            for change in results.get((capture, row), {}).values():
                worst = worst.worst(change)
            cells.append(told(capture, worst))
        tried = {rate for capture in captures for rate in results.get((capture, row), {})}
        often = "; ".join(rate for rate in row.rates if rate in tried).replace("; every ", "; ")
        lines.append(f"| {row.title} | {row.reason} | {row.by} | {often} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def summary(results):
    changes = [change for by_rate in results.values() for change in by_rate.values() if change.forged]
    counts = {what: sum(bool(getattr(change, what)) for change in changes)
              for what in ("lost", "false", "turned", "bytes", "ends", "history")}
    return (f"{len(changes):,} forgeries. A stone was lost in {counts['lost']:,}, a pair or host falsely reported in "
            f"{counts['false']:,}, upstream and downstream turned in {counts['turned']:,}; session records had other bytes "
            f"in {counts['bytes']:,}, another end or client in {counts['ends']:,}, another history in "
            f"{counts['history']:,}. {sum(map(bool, changes)) or 'None'} changed anything.")


def keep_points(results):
    """Every figure behind the tables."""
    with open(WORK / "results.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["capture", "direction", "attack", "ignored_for", "by", "rate",
                      *(field.name for field in dataclasses.fields(Change))])
        for (capture, row), by_rate in results.items():
            for rate, change in by_rate.items():
                out.writerow([capture.name, capture.direction, row.title, row.reason, row.by, rate,
                              *dataclasses.astuple(change)])


def measure(captures, rows, quick):
    results = collections.defaultdict(dict)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        # The long ones first, so that no processor is idle at the end.
        jobs = {pool.submit(change_by, capture, row, rate): (capture, row, rate)
                for capture in sorted(captures, key=lambda c: -c.trace.stat().st_size) for row in rows
                for rate in rates_for(capture, row, quick)}
        try:
            for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
                capture, row, rate = jobs[job]
                results[capture, row][rate] = job.result()
                if sys.stderr.isatty():
                    print(f"\r{number:,} of {len(jobs):,}", end="", file=sys.stderr, flush=True)
        except (RuntimeError, KeyboardInterrupt) as fault:
            pool.shutdown(cancel_futures=True)
            sys.exit(f"accuracy: {fault or 'interrupted'}")
    return results


def main(words):
    parser = argparse.ArgumentParser(prog="./dev accuracy insertion", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path,
                        help=f"more captures with truth: {', '.join(CHOSEN)} if it has them, else all")
    parser.add_argument("--quick", action="store_true",
                        help="a try: attacks by both ends at one rate, a shorter capture; nothing is rewritten")
    parser.add_argument("--attack", action="append", metavar="NAME", help="only this attack; nothing is rewritten")
    arguments = parser.parse_args(words)
    rows = [row for row in attacks() if not arguments.attack or row.name in arguments.attack]
    if not rows:
        parser.error(f"no such attack: {', '.join(sorted({row.name for row in attacks()}))}")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    try:
        traces = [ROOT / "traces/demo.pcap.gz", generated(arguments.quick)]
        traces += traces_of(arguments.folder) if arguments.folder else []
        captures = [Capture(trace, truth_of(trace), direction) for direction in DIRECTIONS for trace in traces]
    except RuntimeError as fault:
        sys.exit(f"accuracy: {fault}")
    results = measure(captures, rows, arguments.quick)
    parts = [summary(results)]
    for direction, title in (("both", "Both directions captured"), ("one", "Clients' packets only captured")):
        parts += [f"### {title}", table([c for c in captures if c.direction == direction], rows, results)]
    report = "\n\n".join(parts)
    keep_points(results)
    if arguments.quick or arguments.attack:
        print(report)
    else:
        PAGE.write_text(with_results(PAGE.read_text(encoding="utf-8"), report, RESULTS, PAGE), encoding="utf-8")
        print(parts[0])
        print(f"Written: {PAGE.relative_to(ROOT)}")
    print(f"Every figure: {WORK.relative_to(ROOT)}/results.csv")
    broken = [change for (capture, row), by_rate in results.items() for change in by_rate.values()
              if capture.direction == "both" and row.reason != "cut" and (change.lost or change.false or change.turned)]
    if broken:
        print(f"accuracy: {len(broken):,} forgeries changed what is found although they show", file=sys.stderr)
    return 1 if broken else 0
