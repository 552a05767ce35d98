# SPDX-License-Identifier: BSD-3-Clause
"""./dev accuracy relays: how well the relay screen tells hosts apart.

Runs the published experiments on simulated servers, whose tables go into docs/relays-tables.md and whose figures and points go
into docs/accuracy/; and ranks the hosts of captures with known truth (the bundled ones, and those of a folder), with
the screen as it is by default, with every pair of connections, and as it was published.
"""

import argparse
import gzip
import ipaddress
import json
import os
import pathlib
import shutil
import subprocess
import sys

from protocol import with_results

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = ROOT / "build/bin/cairn"
LAB = ROOT / "build/bin/cairn-lab"
PAGE = ROOT / "docs/relays-tables.md"
FIGURES = ROOT / "docs/accuracy"
WORK = ROOT / "build/accuracy/relays"
EXPERIMENTS = ("<!-- experiments: begin -->", "<!-- experiments: end -->")
HOSTS = ("<!-- hosts: begin -->", "<!-- hosts: end -->")
TRIALS, QUICK_TRIALS = 100, 10

# What the captures are ranked with.
VARIANTS = {
    "default": (),
    "any pair": ("--set", "relays.pairing=any"),
    "published": ("--config", ROOT / "config/coskun-memon-2007.yaml"),
}
NOT_WATCHED = -1.0
# (what the table calls it, from how many nats on)
THRESHOLDS = [("watched at all", 0.0), ("> 0", sys.float_info.min)] + [(str(n), n) for n in (1, 2, 4.6, 6.9, 9.2)]


def run(*command, messages=subprocess.PIPE):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=messages, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"accuracy: {' '.join(map(str, command))} ended with {done.returncode}: {(done.stderr or '').strip()}")
    return done.stdout


def keep(results, markers):
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_results(page, results, markers, PAGE), encoding="utf-8")


# The published experiments.


def run_experiments(trials):
    """The tables as Markdown; figures and points go to WORK."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.parent.mkdir(parents=True, exist_ok=True)
    return run(LAB, "relays", "--trials", trials, "--threads", os.cpu_count() or 1, "--out", WORK,
               messages=None)


def keep_experiments(tables):
    FIGURES.mkdir(exist_ok=True)
    for old in FIGURES.glob("relays-*"):
        old.unlink()
    for new in [*WORK.glob("*.csv"), *WORK.glob("*.svg")]:
        shutil.copy(new, FIGURES / f"relays-{new.name}")
    keep(tables, EXPERIMENTS)


# Hosts of captures.


def truth_path(trace):
    for suffix in (".gz", ""):
        path = trace.parent / f"{trace.name.split('.pcap')[0]}.truth.json{suffix}"
        if path.exists():
            return path
    return None


def captures_of(folder):
    return [trace for trace in sorted(folder.glob("*.pcap*")) if truth_path(trace)]


def meeting_host(first, second):
    """Where two connections meet; that of a login that goes on from where it came in, if they return to where they came
    from."""
    for one, other in (("dst_ip", "src_ip"), ("src_ip", "src_ip"), ("dst_ip", "dst_ip"), ("src_ip", "dst_ip")):
        if first[one] == second[other]:
            return first[one]
    return None


class Capture:
    """A capture and what is true of its inside hosts."""

    def __init__(self, trace):
        self.trace = trace
        self.name = trace.name.split(".pcap")[0]
        path = truth_path(trace)
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            truth = json.load(file)
        self.inside = truth["inside_networks"]
        networks = [ipaddress.ip_network(network) for network in self.inside]
        seen = {connection[end] for connection in truth["connections"] for end in ("src_ip", "dst_ip")}
        self.hosts = {host for host in seen if not networks or any(ipaddress.ip_address(host) in n for n in networks)}
        self.relays = {}  # host: how it relays
        for pair in truth["pairs"]:
            host = meeting_host(pair["upstream"], pair["downstream"])
            if host in self.hosts:
                self.relays.setdefault(host, set()).add(f"{pair['scenario']} {pair.get('sub') or ''}".strip())
        chat = {meeting_host(pair["a"], pair["b"]) for pair in truth.get("benign_correlated", [])}
        self.chat = (chat & self.hosts) - self.relays.keys()
        self.others = self.hosts - self.relays.keys() - self.chat

    def rank(self, options):
        """(nats, reported?) of every host."""
        protect = [word for network in self.inside for word in ("--protect", network)]
        lines = run(CAIRN, "relays", self.trace, *protect, "--format", "json", *options).splitlines()
        listed = {line["host"]: (line["best"]["nats"], line["reported"]) for line in map(json.loads, lines)}
        return {host: listed.get(host, (NOT_WATCHED, False)) for host in self.hosts}


def markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def count(ranks, hosts, what):
    return sum(what(*ranks[host]) for host in hosts)


def is_watched(nats, _):
    return nats > NOT_WATCHED


def is_reported(_, reported):
    return reported


def capture_table(captures, ranks):
    """By capture: what each variant watched, found, and reported falsely."""
    header = ["capture", "hosts", "relays", "chat"]
    header += [f"{variant}: watched, found, false, chat" for variant in VARIANTS]
    rows = []
    for capture in captures:
        row = [capture.name, len(capture.hosts), len(capture.relays), len(capture.chat)]
        for variant in VARIANTS:
            of = ranks[capture.name, variant]
            row += [count(of, capture.relays, is_watched), count(of, capture.relays, is_reported),
                    count(of, capture.others, is_reported), count(of, capture.chat, is_reported)]
        rows.append(row)
    totals = ["all"] + [sum(column) for column in list(zip(*rows))[1:]]
    cells = [row[:4] + [", ".join(map(str, row[at:at + 4])) for at in range(4, len(row), 4)] for row in [*rows, totals]]
    return markdown(header, cells)


def area_under_curve(relays, others):
    """The chance that a relay shows more than a host that is none; half of it where they show the same."""
    if not relays or not others:
        return "-"
    wins = sum((relay > other) + (relay == other) / 2 for relay in relays for other in others)
    return f"{wins / (len(relays) * len(others)):.3f}"


def share(scores, threshold):
    reaching = sum(score >= threshold for score in scores)
    return f"{reaching}/{len(scores)} ({reaching / len(scores):.1%})" if scores else "-"


def roc_table(captures, ranks):
    scores = {(variant, group): [ranks[capture.name, variant][host][0] for capture in captures
                                 for host in sorted(getattr(capture, group))]
              for variant in VARIANTS for group in ("relays", "others", "chat")}
    header = ["nats"] + [f"{variant}: {word}" for variant in VARIANTS for word in ("true", "false", "chat")]
    rows = [[name] + [share(scores[variant, group], threshold)
                      for variant in VARIANTS for group in ("relays", "others", "chat")]
            for name, threshold in THRESHOLDS]
    areas = ["area under the curve"]
    for variant in VARIANTS:
        areas += [area_under_curve(scores[variant, "relays"], scores[variant, "others"]), "", ""]
    return markdown(header, [*rows, areas])


def nats_text(nats):
    return "not watched" if nats == NOT_WATCHED else f"{nats:.1f}"


def missed_table(captures, ranks):
    """Relays that the screen does not report by default, and what each variant saw of them."""
    rows = []
    for capture in captures:
        for host in sorted(capture.relays, key=ipaddress.ip_address):
            if ranks[capture.name, "default"][host][1]:
                continue
            rows.append([capture.name, host, ", ".join(sorted(capture.relays[host]))] +
                        [nats_text(ranks[capture.name, variant][host][0]) for variant in VARIANTS])
    return markdown(["capture", "host", "how it relays", *VARIANTS], rows)


def false_table(captures, ranks):
    """Hosts that do not relay and that some variant reports."""
    rows = []
    for capture in captures:
        for host in sorted(capture.others | capture.chat, key=ipaddress.ip_address):
            of_host = [ranks[capture.name, variant][host] for variant in VARIANTS]
            if any(reported for _, reported in of_host):
                rows.append([capture.name, host, "chat" if host in capture.chat else ""] +
                            [nats_text(nats) + (", reported" if reported else "") for nats, reported in of_host])
    return markdown(["capture", "host", "", *VARIANTS], rows)


def rank_hosts(folder):
    traces = captures_of(ROOT / "traces")
    if folder:
        extra = captures_of(folder)
        if not extra:
            sys.exit(f"accuracy: {folder} holds no NAME.pcap.gz with NAME.truth.json.gz")
        traces += extra
    captures = [Capture(trace) for trace in traces]
    ranks = {(capture.name, variant): capture.rank(options)
             for capture in captures for variant, options in VARIANTS.items()}
    return "\n\n".join([
        "### Hosts by capture",
        capture_table(captures, ranks),
        "Hosts: those inside that the capture shows. Relays: those where two connections of a chain meet; watched, found:\n"
        "of these. False: reported, and neither a relay nor chat. Chat: hosts that pass on what was said in a chat room.",
        "### Hosts by nats",
        roc_table(captures, ranks),
        "### Relays not reported by default",
        missed_table(captures, ranks),
        "### Reported, and no relay",
        false_table(captures, ranks),
    ])


def main(words):
    parser = argparse.ArgumentParser(prog="./dev accuracy relays", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="more captures with truth")
    parser.add_argument("--quick", action="store_true", help="few simulated servers, and nothing is kept")
    parser.add_argument("--trials", type=int, metavar="N", help=f"simulated servers for each condition ({TRIALS})")
    parser.add_argument("--only", choices=["experiments", "hosts"], help="one of the two")
    parser.add_argument("--keep", action="store_true", help="write the tables of hosts into docs/relays-tables.md, too")
    arguments = parser.parse_args(words)
    if arguments.quick and arguments.keep:
        parser.error("--quick keeps nothing")
    if arguments.only != "hosts":
        tables = run_experiments(arguments.trials or (QUICK_TRIALS if arguments.quick else TRIALS))
        if arguments.quick:
            print(tables)
        else:
            keep_experiments(tables)
            print(f"Written: {PAGE.relative_to(ROOT)}, {FIGURES.relative_to(ROOT)}/relays-*")
    if arguments.only != "experiments":
        tables = rank_hosts(arguments.folder)
        print(tables)
        if arguments.keep:
            keep(tables, HOSTS)
            print(f"\nWritten: {PAGE.relative_to(ROOT)}")
