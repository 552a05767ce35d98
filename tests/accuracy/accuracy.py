#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Scores cairn on captures with known truth: the bundled ones, generated ones, and those of a folder; beside it the rule
as Zhang & Paxson published it, on the same captures.

A capture NAME.pcap.gz has its truth in NAME.truth.json.gz beside it (either may be without .gz).
"""

import argparse
import json
import pathlib
import subprocess
import sys

import insertion
import protocol
import relays
import sessions

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = ROOT / "build/bin/cairn"
LAB = ROOT / "build/bin/cairn-lab"
GENERATOR = ROOT / "build/bin/cairn-traces"
ROLES_TABLE = ROOT / "build/release/accuracy/roles_table"
WORK = ROOT / "build/accuracy"

# The generated capture of the grid: hundreds of concurrent sessions, few of them chains.
GRID_PRESET = "table3"
GRID_WINDOWS = "coincidence_window=20ms,40ms,80ms,120ms,160ms,200ms"
GRID_CONSECUTIVE = {kind: f"timing.{kind}.min_consecutive=1,2,4,8,16" for kind in ("indirect", "direct")}
# What the grids vary.
THRESHOLDS = ("--set", "timing.rule=thresholds")
AS_PUBLISHED = ("--config", ROOT / "config/zhang-paxson-2000.yaml")
# Pairs whose person worked less have hardly any idle periods to compare.
ENOUGH_WORK_S = 30


def run(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"accuracy: {' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()}")
    return done


def stem(trace):
    return trace.name.split(".pcap")[0]


def has_truth(trace):
    return any((trace.parent / f"{stem(trace)}.truth.json{suffix}").exists() for suffix in ("", ".gz"))


def captures_of(folder):
    return [trace for trace in sorted(folder.glob("*.pcap*")) if has_truth(trace)]


def generated(preset):
    trace = WORK / f"{preset}.pcap"
    if not (trace.exists() and has_truth(trace)):
        print(f"Generating {preset} ...", flush=True)
        run(GENERATOR, "generate", "--preset", preset, "--out", trace, "--force")
    return trace


def packets_of(trace):
    messages = run(CAIRN, "replay", trace, "--format", "json", "--summary", "json").stderr
    return json.loads(messages.strip().splitlines()[-1])["capture"]["packets"]


def score(trace, *options):
    return json.loads(run(LAB, "score", trace, "--format", "json", *options).stdout)


def print_table(captures):
    print(f"{'capture':<24} {'packets':>10} {'pairs':>6} {'found':>6} {'missed':>7} {'of work':>8} "
          f"{'false':>6} {'wall':>5} {'chat':>5}   {'published: found':>16} {'false':>6}")
    totals = [0] * 10
    for trace in captures:
        every = score(trace)
        long_missed = score(trace, "--min-work", ENOUGH_WORK_S)["fn"]
        row = [packets_of(trace), every["required"], every["tp"], every["fn"], long_missed,
               every["fp"], every["fp_broadcast"], every["fp_benign"]]
        published = score(trace, *AS_PUBLISHED)
        row += [published["tp"], published["fp"]]
        totals = [a + b for a, b in zip(totals, row)]
        print_row(stem(trace), row)
    print_row("all", totals)
    print(f"of work: missed pairs whose person worked at least {ENOUGH_WORK_S} s on both connections.\n"
          "wall, chat: of the false ones, those where both connections really carried the same broadcast or the same\n"
          "chat: correlated, though innocent.  published: with config/zhang-paxson-2000.yaml.")


def print_row(name, row):
    print(f"{name:<24} {row[0]:>10,} {row[1]:>6} {row[2]:>6} {row[3]:>7} {row[4]:>8} {row[5]:>6} {row[6]:>5} {row[7]:>5}"
          f"   {row[8]:>16} {row[9]:>6}",
          flush=True)


def print_grid(trace, kind):
    print(f"\n{stem(trace)}, thresholds: false positives / false negatives by coincidence window and by consecutive "
          f"coincidences needed of {kind} pairs", flush=True)
    print(run(LAB, "score", trace, "--sweep", GRID_WINDOWS, "--sweep", GRID_CONSECUTIVE[kind],
              "--threads", 2, *THRESHOLDS).stdout)


def main():
    if sys.argv[1:2] == ["insertion"]:
        sys.exit(insertion.main(sys.argv[2:]))
    if sys.argv[1:2] == ["roles"]:
        sys.exit(subprocess.run([ROLES_TABLE, *sys.argv[2:]], check=False).returncode)
    if sys.argv[1:2] == ["relays"]:
        relays.main(sys.argv[2:])
        return
    if sys.argv[1:2] == ["sessions"]:
        sys.exit(sessions.main(sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="./dev accuracy", description=__doc__,
                                     epilog="'./dev accuracy relays' scores the relay screen, './dev accuracy sessions' "
                                            "compares session records, './dev accuracy insertion' forges packets, "
                                            "'./dev accuracy roles [CHAINS [SEED]]' counts who is told to be upstream; each "
                                            "has a --help of its own.")
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="more captures with truth")
    parser.add_argument("--no-grid", action="store_true", help="leave out the grids of thresholds")
    parser.add_argument("--protocol", action="store_true",
                        help="instead, run the protocol of simulated sessions and rewrite the tables of docs/")
    parser.add_argument("--quick", action="store_true", help="with --protocol: few sessions, and nothing is rewritten")
    parser.add_argument("--sessions", type=int, metavar="N",
                        help="with --protocol: sessions in each population; N*(N-1) pairs of strangers")
    arguments = parser.parse_args()
    if (arguments.quick or arguments.sessions) and not arguments.protocol:
        parser.error("--quick and --sessions go with --protocol")
    if arguments.protocol:
        if arguments.folder:
            parser.error("--protocol reads no captures")
        protocol.run(arguments.quick, arguments.sessions)
        return
    WORK.mkdir(parents=True, exist_ok=True)
    captures = captures_of(ROOT / "traces") + [generated(GRID_PRESET)]
    if arguments.folder:
        extra = captures_of(arguments.folder)
        if not extra:
            sys.exit(f"accuracy: {arguments.folder} holds no NAME.pcap.gz with NAME.truth.json.gz")
        captures += extra
    print_table(captures)
    if not arguments.no_grid:
        for kind in GRID_CONSECUTIVE:
            print_grid(WORK / f"{GRID_PRESET}.pcap", kind)


if __name__ == "__main__":
    main()
