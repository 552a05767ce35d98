#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Speed and memory of `cairn replay` beside libpcap and other flow trackers, and how its cost grows.

Whole processes are measured (user and system CPU seconds, peak resident memory), in turn (A B C A B C ...), and the
median of the runs is shown.  Figures of one run on one machine compare with each other, not with another run.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/bin"
LOOPS = ROOT / "build/release/benchmarks"
WORK = ROOT / "build/bench"
NETWORK = "10.10.0.0/16"  # what the generated traces protect


class BenchError(Exception):
    pass


def generate(name, *arguments):
    """The generated trace `name`, from an earlier run if that had the same arguments."""
    trace = WORK / f"{name}.pcap"
    recipe = WORK / f"{name}.recipe"
    command = [str(BIN / "cairn-traces"), "generate", *map(str, arguments), "--out", str(trace)]
    if trace.exists() and recipe.exists() and recipe.read_text() == " ".join(command):
        return trace
    print(f"Generating {name} ...", flush=True)
    recipe.unlink(missing_ok=True)
    subprocess.run([*command, "--force"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recipe.write_text(" ".join(command))
    return trace


def measure(command, timeout=300):
    """Runs `command`; returns its cost and what it wrote to standard error."""
    report = WORK / "report.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(
        [str(LOOPS / "measure"), str(report), *map(str, command)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=timeout, check=False)
    messages = done.stderr.decode(errors="replace")
    cost = json.loads(report.read_text()) if report.exists() else {"exit_code": done.returncode}
    if cost["exit_code"] != 0:
        raise BenchError(f"{command[0]} ended with {cost['exit_code']}: {messages.strip()[-500:]}")
    cost["cpu_s"] = cost["user_s"] + cost["system_s"]
    return cost, messages


def replay(trace, *arguments):
    return [BIN / "cairn", "replay", trace, "--protect", NETWORK, "--format", "json",
            "--summary", "json", *arguments]


def summary_of(messages):
    """The summary among the messages of `cairn replay`."""
    for line in messages.splitlines():
        if line.startswith("{") and '"summary"' in line:
            return json.loads(line)
    raise BenchError("cairn replay wrote no summary")


def programs(trace):
    """(label, command, None or why it is missing) of everything that reads the trace."""
    scratch = WORK / "scratch"
    table = [
        ("libpcap, bare loop", [LOOPS / "pcap_loop", trace]),
        ("libpcap + 64-byte flow table", [LOOPS / "pcap_flow_table", trace]),
        ("cairn replay", replay(trace)),
        ("tcpdump -w /dev/null", ["tcpdump", "-r", trace, "-w", "/dev/null"]),
        ("nfpcapd", ["nfpcapd", "-r", trace, "-w", scratch, "-B", "1000000"]),
        ("argus", ["argus", "-X", "-r", trace, "-w", scratch / "argus.out"]),
        ("softflowd", ["softflowd", "-r", trace, "-d", "-m", "1000000", "-v", "9", "-n", "127.0.0.1:9995"]),
    ]
    for label, command in table:
        found = pathlib.Path(command[0]).exists() or shutil.which(str(command[0]))
        yield label, command, None if found else f"{command[0]} is not installed"


def compare(trace, runs):
    """The table of all programs on one trace."""
    costs = {}
    packets = None
    for _ in range(runs):
        for label, command, missing in programs(trace):
            if missing:
                costs[label] = missing
                continue
            shutil.rmtree(WORK / "scratch", ignore_errors=True)
            (WORK / "scratch").mkdir()
            try:
                cost, messages = measure(command)
            except (BenchError, subprocess.TimeoutExpired) as fault:
                costs[label] = str(fault)
                continue
            if label == "cairn replay":
                packets = summary_of(messages)["capture"]["packets"]
            if not isinstance(costs.get(label), str):
                costs.setdefault(label, []).append(cost)
    shutil.rmtree(WORK / "scratch", ignore_errors=True)
    print_comparison(costs, packets, runs)


def print_comparison(costs, packets, runs):
    medians = {label: statistics.median(c["cpu_s"] for c in rows)
               for label, rows in costs.items() if not isinstance(rows, str)}
    floor = medians["libpcap, bare loop"]
    print(f"\n{packets:,} packets, median of {runs} interleaved runs")
    print(f"{'program':<30} {'CPU s':>8} {'(min - max)':>17} {'Mpps/CPU s':>11} {'peak MiB':>9} {'x libpcap':>10}")
    for label, rows in costs.items():
        if isinstance(rows, str):
            print(f"{label:<30} MISSING: {rows}")
            continue
        seconds = [c["cpu_s"] for c in rows]
        peak = max(c["peak_kib"] for c in rows) / 1024
        spread = f"({min(seconds):.2f} - {max(seconds):.2f})"
        print(f"{label:<30} {medians[label]:>8.2f} {spread:>17} {packets / medians[label] / 1e6:>11.2f} "
              f"{peak:>9.1f} {medians[label] / floor:>10.2f}")
    trackers = [medians[name] for name in ("nfpcapd", "argus", "softflowd") if name in medians]
    if trackers and "cairn replay" in medians:
        print(f"The best flow tracker among the peers takes {min(trackers) / medians['cairn replay']:.1f} times the "
              "CPU of cairn replay.")


# No flow pauses for an hour in these traces, so nothing but its first data is an onset.
NO_ONSETS = ("--set", "timing.direct.idle_threshold=1h", "--set", "timing.indirect.idle_threshold=1h")


def growth_row(trace, runs):
    """Cost of one trace, with its onsets and without; the difference is what onsets cost."""
    detecting, idle, summary = [], [], None
    for _ in range(runs):
        cost, messages = measure(replay(trace))
        summary = summary_of(messages)
        detecting.append(cost)
        cost, _ = measure(replay(trace, *NO_ONSETS))
        idle.append(cost)
    cpu = statistics.median(c["cpu_s"] for c in detecting)
    without = statistics.median(c["cpu_s"] for c in idle)
    return cpu, max(cpu - without, 0.0), max(c["peak_kib"] for c in detecting) / 1024, summary


def growth(traces, runs):
    print(f"\nHow the cost of cairn replay grows, median of {runs} runs")
    print(f"{'trace':<26} {'packets':>10} {'open':>8} {'onsets':>10} {'CPU s':>7} {'ns/packet':>10} {'ns/onset':>9} "
          f"{'compared':>12} {'pairs held':>11} {'dropped':>9} {'peak MiB':>9}")
    for label, trace in traces:
        cpu, detection, peak_mib, summary = growth_row(trace, runs)
        packets, detector = summary["capture"]["packets"], summary["detector"]
        onsets = detector["onsets"]
        dropped = detector["candidates_dropped"] + detector["pairs_evicted"]
        # A difference that is lost in the spread of the runs says nothing.
        per_onset = f"{detection / onsets * 1e9:.0f}" if onsets and detection > 0.05 * cpu else "-"
        print(f"{label:<26} {packets:>10,} {detector['connections_peak']:>8,} {onsets:>10,} {cpu:>7.2f} "
              f"{cpu / packets * 1e9:>10.0f} {per_onset:>9} "
              f"{detector['candidates']:>12,} {detector['pairs_peak']:>11,} {dropped:>9,} {peak_mib:>9.1f}",
              flush=True)
    print("ns/onset: the difference to a run without onsets, divided by the onsets;\n"
          "          -: less than 5% of the whole.  pairs held: the most at once.\n"
          "dropped: comparisons beyond max_candidates_per_onset and pairs evicted from the full pair table.")


NO_SLOTS = ("--set", "slots.enabled=false")
NO_CALIBRATION = ("--set", "timing.calibrate=false")

# What detection is made of, each with all that stands above it but for the published rule, which the evidence replaces.
PARTS = (
    ("capture, connections", (*NO_ONSETS, *NO_SLOTS, *NO_CALIBRATION), None),
    ("published rule", ("--set", "timing.rule=thresholds"), 0),
    ("onset evidence", (*NO_SLOTS, *NO_CALIBRATION), 0),
    ("time-shifted copies", NO_SLOTS, 2),
    ("slots", (), 3),
)


def part_costs(trace, runs):
    """Median CPU seconds of each of PARTS, run in turn, and what the whole did."""
    costs = [[] for _ in PARTS]
    summary = None
    for _ in range(runs):
        for number, (_, settings, _) in enumerate(PARTS):
            cost, messages = measure(replay(trace, *settings))
            costs[number].append(cost["cpu_s"])
            summary = summary_of(messages)  # the last: all parts
    return [statistics.median(c) for c in costs], summary


def parts(traces, runs):
    print(f"\nWhat the parts of detection cost, median of {runs} runs; ns: the difference to the part that it is added to")
    print(f"{'trace':<14} {'part':<22} {'CPU s':>7} {'ns/packet':>10} {'ns/onset':>9} {'to published':>13}")
    for label, trace in traces:
        costs, summary = part_costs(trace, runs)
        packets, detector = summary["capture"]["packets"], summary["detector"]
        for (name, _, base), cpu in zip(PARTS, costs):
            added = cpu - (costs[base] if base is not None else 0.0)
            per_onset = f"{added / detector['onsets'] * 1e9:.0f}" if base is not None and detector["onsets"] else "-"
            print(f"{label:<14} {name:<22} {cpu:>7.2f} {added / packets * 1e9:>10.1f} {per_onset:>9} "
                  f"{cpu / costs[1]:>13.2f}", flush=True)
        slots = costs[-1] - costs[-2]
        if detector["slot_looks"]:
            print(f"{label:<14} {detector['slot_looks']:,} looks at {detector['slot_pairs']:,} pairs by slots, "
                  f"{slots / detector['slot_looks'] * 1e6:.0f} us a look, its slots included")


NO_RELAYS = ("--set", "relays.enabled=false")
RELAY_LOAD_HOSTS = (100, 1_000, 10_000)
RELAY_LOAD_PACKETS = 20_000_000


def relays_of_trace(trace, runs):
    """What the relay screen adds to a replay; both are run in turn."""
    costs = {"without": [], "with": []}
    summary = None
    for _ in range(runs):
        for name, settings in (("without", NO_RELAYS), ("with", ())):
            cost, messages = measure(replay(trace, *settings))
            costs[name].append(cost["cpu_s"])
            summary = summary_of(messages)  # the last: with
    packets, detector = summary["capture"]["packets"], summary["detector"]
    print(f"\nWhat the relay screen adds to cairn replay: {packets:,} packets, {detector['relay_hosts_peak']:,} hosts "
          f"watched, {detector['relay_activities']:,} activities summed, {runs} interleaved runs")
    print(f"{'':<10} {'CPU s without':>14} {'with':>8} {'ns/packet':>10} {'added':>7}")
    for name, of in (("minimum", min), ("median", statistics.median)):
        without, with_relays = of(costs["without"]), of(costs["with"])
        print(f"{name:<10} {without:>14.2f} {with_relays:>8.2f} {(with_relays - without) / packets * 1e9:>10.1f} "
              f"{with_relays / without - 1:>7.1%}", flush=True)


def relay_load(hosts, packets):
    """The figures of one run of relay_load."""
    command = [LOOPS / "relay_load", "--hosts", hosts, "--packets", packets]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"relay_load ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def relays_of_load(packets, runs):
    print(f"\nThe relay screen alone at a million packets/s of packet time, minimum and median of {runs} runs")
    print(f"{'hosts':>7} {'watched':>8} {'packets':>12} {'summed':>12} {'CPU s':>7} {'ns/packet':>10} {'median':>8} "
          f"{'of real time':>13} {'KiB/host':>9}")
    for hosts in RELAY_LOAD_HOSTS:
        rows = [relay_load(hosts, packets) for _ in range(runs)]
        best = min(rows, key=lambda row: row["ns_per_packet"])
        median = statistics.median(row["ns_per_packet"] for row in rows)
        print(f"{hosts:>7,} {best['hosts_watched']:>8,} {best['packets']:>12,} {best['activities']:>12,} "
              f"{best['cpu_s'] - best['load_cpu_s']:>7.2f} {best['ns_per_packet']:>10.1f} {median:>8.1f} "
              f"{best['cpu_share']:>13.1%} {best['bytes_per_host'] / 1024:>9.1f}", flush=True)
    print("summed: packets that were the first of their flow in a quarter of a slot.  All but KiB/host is without the\n"
          "making of the load; KiB/host: resident, with all that the screen keeps of its connections.")


FORGERIES = ("syn", "data", "known", "rst", "pauses")
FORGED_RATES = (50_000, 500_000)
FORGED_SECONDS = 120
FORGED_TABLES = (1_000, 100_000, 1_000_000)


def loop_json(name, *arguments):
    """The figures of one run of a program that prints one line of JSON."""
    command = [LOOPS / name, *arguments]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{name} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def bounds(packets):
    """Forged packets against the bounds on memory.  `packets`: of each run, at most; else two minutes."""
    print(f"\nForged packets from outside, {FORGED_SECONDS} s of packet time: memory (resident, grown) and CPU")
    print(f"{'forged':<8} {'per s':>8} {'table':>10} {'sessions':>8} {'peak MiB':>9} {'bound MiB':>10} {'held':>10} "
          f"{'B/conn.':>9} {'CPU s':>7} {'ns each':>8} {'load':>6} {'left out':>10}")
    over = 0
    for table in FORGED_TABLES:
        for sessions in (False, True):
            for rate in FORGED_RATES:
                seconds = min(FORGED_SECONDS, max(packets // rate, 1)) if packets else FORGED_SECONDS
                for kind in FORGERIES:
                    row = loop_json("forged_load", "--kind", kind, "--pps", rate, "--seconds", seconds,
                                    "--connections", table, *(("--sessions",) if sessions else ()))
                    over += row["peak_bytes"] > row["bound_bytes"]
                    print(f"{kind:<8} {rate:>8,} {table:>10,} {'yes' if sessions else 'no':>8} "
                          f"{row['peak_bytes'] / 2**20:>9.1f} {row['bound_bytes'] / 2**20:>10.1f} "
                          f"{row['connections_peak']:>10,} {row['bytes_per_connection']:>9.0f} {row['cpu_s']:>7.2f} "
                          f"{row['ns_per_segment']:>8.0f} {row['cpu_s'] / seconds:>6.1%} {row['shifted_left_out']:>10,}",
                          flush=True)
    print("bound: by the table in docs/architecture.md, whatever the traffic.  held: connections at once; B/conn.: all\n"
          "that has grown over these.  load: CPU over packet time.  left out: shifted onsets and ends.")
    if over:
        raise BenchError(f"{over} runs took more memory than the bound")


def recorders(trace):
    """(label, command) of everything that reads the trace and writes what it knows of each connection."""
    scratch = WORK / "scratch"
    yield "cairn, no records", replay(trace)
    for name in ("tsv", "json", "zeek", "sqlite"):
        yield f"cairn, {name}", replay(trace, "--sessions", scratch / "records", "--sessions-format", name)
    peers = {label: command for label, command, missing in programs(trace) if not missing}
    for label in ("argus", "nfpcapd", "softflowd"):
        if label in peers:
            yield label, peers[label]


def sessions_of_trace(trace, runs):
    """What session records add to a replay, beside the records of flow trackers."""
    costs, summary = {}, None
    for _ in range(runs):
        for label, command in recorders(trace):
            shutil.rmtree(WORK / "scratch", ignore_errors=True)
            (WORK / "scratch").mkdir()
            cost, messages = measure(command)
            cost["bytes"] = sum(path.stat().st_size for path in (WORK / "scratch").rglob("*") if path.is_file())
            costs.setdefault(label, []).append(cost)
            if label == "cairn, tsv":
                summary = summary_of(messages)
    shutil.rmtree(WORK / "scratch", ignore_errors=True)
    packets, sessions = summary["capture"]["packets"], summary["detector"]["session_records"]
    medians = {label: statistics.median(c["cpu_s"] for c in rows) for label, rows in costs.items()}
    alone = medians["cairn, no records"]
    print(f"\nRecording the sessions of a trace: {packets:,} packets, {sessions:,} sessions, median of {runs} interleaved "
          "runs")
    print(f"{'program':<20} {'CPU s':>8} {'(min - max)':>17} {'x no records':>13} {'us/session':>11} {'peak MiB':>9} "
          f"{'bytes/session':>14}")
    for label, rows in costs.items():
        seconds = [c["cpu_s"] for c in rows]
        spread = f"({min(seconds):.2f} - {max(seconds):.2f})"
        written = statistics.median(c["bytes"] for c in rows) / sessions
        records = label.startswith("cairn, ") and label != "cairn, no records"
        added = f"{(medians[label] - alone) / sessions * 1e6:.2f}" if records else "-"
        print(f"{label:<20} {medians[label]:>8.2f} {spread:>17} {medians[label] / alone:>13.2f} {added:>11} "
              f"{max(c['peak_kib'] for c in rows) / 1024:>9.1f} {f'{written:.0f}' if written else '-':>14}", flush=True)
    print("us/session: what recording adds to the replay.  bytes/session: what was written, by the sessions that cairn\n"
          "counts; softflowd sends its records away.  The flow trackers detect nothing.")


SESSION_FORMATS = ("report", "tsv", "json", "zeek", "sqlite")
SESSION_RECORDS = 1_000_000


def sessions_store(records, runs):
    """Records a second of each format, written and read back on this disk."""
    rows = {name: [] for name in SESSION_FORMATS}
    target = WORK / "sessions.store"
    for _ in range(runs):
        for name in SESSION_FORMATS:
            target.unlink(missing_ok=True)
            command = [LOOPS / "sessions_store", "--file", target, "--format", name, "--records", records]
            done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode != 0:
                raise BenchError(f"sessions_store ended with {done.returncode}: {done.stderr.strip()}")
            rows[name].append(json.loads(done.stdout))
    target.unlink(missing_ok=True)
    print(f"\nStoring {records:,} session records, median of {runs} interleaved runs; per CPU second")
    print(f"{'format':<8} {'bytes/record':>13} {'written/s':>12} {'ns each':>8} {'wall s':>7} {'close s':>8} "
          f"{'read/s':>12} {'ns each':>8}")
    for name, runs_of in rows.items():
        cost = {key: statistics.median(row[key] for row in runs_of) for key in runs_of[0] if key != "format"}
        write, read = cost["write_cpu_s"], cost["read_cpu_s"]
        print(f"{name:<8} {cost['bytes'] / records:>13.0f} {records / write:>12,.0f} {write / records * 1e9:>8.0f} "
              f"{cost['write_s']:>7.2f} {cost['close_s']:>8.2f} {records / read:>12,.0f} {read / records * 1e9:>8.0f}")
    print("The making of the records is taken off.  close: wall time after the last record, for a database its indexes,\n"
          "which its bytes/record hold.")


def print_machine():
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    busy = os.getloadavg()[0]
    print(f"{model}, {os.cpu_count()} CPUs, load {busy:.1f}" + ("; OTHER WORK IS RUNNING" if busy > 1 else ""))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each program (default 3)")
    parser.add_argument("--only", help="one of the tables",
                        choices=["peers", "growth", "parts", "relays", "sessions", "sessions-store", "bounds"])
    parser.add_argument("--packets", type=int, help="cut every trace short, to try the benchmark itself")
    arguments = parser.parse_args()
    cut = ("--packets", arguments.packets) if arguments.packets else ()
    WORK.mkdir(parents=True, exist_ok=True)
    print_machine()
    if arguments.only in (None, "peers"):
        compare(generate("mix", "--preset", "mix", *cut), arguments.runs)
    if arguments.only in (None, "parts"):
        parts([("mix", generate("mix", "--preset", "mix", *cut)),
               ("1000 typing", generate("typing-1000", "--preset", "interactive", "--connections", 1_000, *cut))],
              arguments.runs)
    if arguments.only in (None, "relays"):
        relays_of_trace(generate("mix", "--preset", "mix", *cut), arguments.runs)
        relays_of_load(arguments.packets or RELAY_LOAD_PACKETS, arguments.runs)
    if arguments.only in (None, "sessions"):
        sessions_of_trace(generate("mix", "--preset", "mix", *cut), arguments.runs)
    if arguments.only in (None, "sessions-store"):
        sessions_store(arguments.packets or SESSION_RECORDS, arguments.runs)
    if arguments.only in (None, "bounds"):
        bounds(arguments.packets)
    if arguments.only in (None, "growth"):
        traces = [(f"{n // 1000}k open", generate(f"open-{n}", "--preset", "open", "--connections", n, *cut))
                  for n in (10_000, 100_000, 500_000)]
        traces += [(f"{n} typing", generate(f"typing-{n}", "--preset", "interactive", "--connections", n, *cut))
                   for n in (100, 1_000, 10_000)]
        growth(traces, arguments.runs)


if __name__ == "__main__":
    try:
        main()
    except BenchError as fault:
        sys.exit(f"bench: {fault}")
