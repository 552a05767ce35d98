# SPDX-License-Identifier: BSD-3-Clause
"""Runs the evaluation protocol and the calibration.

All tables go into docs/accuracy-tables.md, an overview and the calibration into docs/accuracy.md, figures into docs/accuracy/.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / "build/bin/cairn-lab"
PAGE = ROOT / "docs/accuracy.md"
TABLES = ROOT / "docs/accuracy-tables.md"
FIGURES = ROOT / "docs/accuracy"
WORK = ROOT / "build/accuracy/protocol"
PROTOCOL = ("<!-- protocol: begin -->", "<!-- protocol: end -->")
DEEPER = ("<!-- deeper: begin -->", "<!-- deeper: end -->")
CALIBRATED = ("<!-- calibration: begin -->", "<!-- calibration: end -->")
OVERVIEW = ("<!-- overview: begin -->", "<!-- overview: end -->")
# What a reader wants to know first: (condition, in words).
OVERVIEW_CONDITIONS = {
    "clean": "nothing is done",
    "openssh": "OpenSSH 9.5 or later: keystroke obfuscation on both legs",
    "delay-500ms": "the stone delays by up to 0.5 s",
    "delay-2s": "the stone delays by up to 2 s",
    "chaff-1x": "one chaff segment for each real one",
    "chaff-5x": "five chaff segments for each real one",
    "delay-1s+chaff-1x": "up to 1 s of delay, one chaff segment for each real one",
    "delay-1s+chaff-5x": "up to 1 s of delay, five chaff segments for each real one",
    "typing-3x": "three other people's typing beside this one's",
    "delay-1s+typing-3x": "up to 1 s of delay and three other people's typing",
    "loss-1pct": "1 % of the packets are lost",
    "padding-100ms": "padded to a constant rate",
}
# Figures of the longest sessions only: the others say the same, later.
FIGURE_DURATION_S = 600
SESSIONS, QUICK_SESSIONS = 300, 60
# With enough strangers to show a rate of 1e-5, for some conditions only: a pair takes about 50 us.
DEEP = ("--sessions", 600, "--duration", FIGURE_DURATION_S, "--condition", "clean", "--condition", "openssh",
        "--condition", "delay-2s", "--condition", "delay-1s+chaff-5x", "--condition", "delay-1s+typing-1x",
        "--condition", "delay-1s+typing-3x")
THREADS = ("--threads", os.cpu_count() or 1)
# A hundred days in all.
CALIBRATION = ("--sites", 2, "--people", 24, "--hosts", 12)
DAYS, QUICK_DAYS = 50, 1


def run_lab(*arguments):
    done = subprocess.run([str(word) for word in (LAB, *arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"accuracy: cairn-lab {arguments[0]} ended with {done.returncode}")
    return done.stdout


def run_protocol(*options):
    """The report as Markdown; figures go to WORK."""
    shutil.rmtree(WORK, ignore_errors=True)
    return run_lab("protocol", "--format", "markdown", "--roc", WORK, *THREADS, *options)


def run_deeper():
    """The part of a report that needs more strangers."""
    report = run_lab("protocol", "--format", "markdown", *THREADS, *DEEP)
    head, *sections = re.split(r"(?m)^(?=### )", report)
    return head + "".join(section for section in sections if " of strangers, " in section.splitlines()[0])


def run_calibration(days):
    """The count of alarms at sites without chains, as Markdown."""
    return run_lab("calibration", "--days", days, *CALIBRATION, "--format", "markdown", *THREADS)


def figures():
    return sorted(WORK.glob(f"roc-*-{FIGURE_DURATION_S}s.svg"))


def table_of(report, title):
    """A table of the report as {condition: {column: cell}}."""
    section = next(part for part in re.split(r"(?m)^### ", report) if part.startswith(title))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]
    header = rows[0]
    return {row[0]: dict(zip(header, row)) for row in rows[2:]}


def overview(report):
    """The published rule beside the whole detector, for the conditions that matter most."""
    found = {seconds: table_of(report, f"True pairs found at a false-positive rate of 1e-3, {seconds} s")
             for seconds in (30, 120, 600)}
    times = table_of(report, "Time until then, 600 s")
    lines = ["| what is done to the traffic | published rule, 600 s | Cairn, 30 s | 120 s | 600 s | median time to the alert |",
             "| --- | --- | --- | --- | --- | --- |"]
    for condition, words in OVERVIEW_CONDITIONS.items():
        cells = [found[600][condition]["classic"], *(found[seconds][condition]["whole"] for seconds in (30, 120, 600))]
        cells = [cell.split(" (")[0] for cell in [*cells, times[condition]["whole"]]]
        lines.append(f"| {words} (`{condition}`) | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_results(page, results, markers, path=PAGE):
    """The text of the page at `path` with `results` between two markers."""
    begin, end = markers
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    if len(pattern.findall(page)) != 1:
        sys.exit(f"accuracy: {path} must hold the markers '{begin}' and '{end}' once")
    return pattern.sub(lambda _: f"{begin}\n{results.strip()}\n{end}", page)


def write_pages(report, deeper, calibration):
    FIGURES.mkdir(exist_ok=True)
    for old in FIGURES.glob("roc-*.svg"):
        old.unlink()
    lines = []
    for figure in figures():
        shutil.copy(figure, FIGURES / figure.name)
        group = figure.name.removeprefix("roc-").removesuffix(f"-{FIGURE_DURATION_S}s.svg")
        lines.append(f"![ROC curves, {group}, {FIGURE_DURATION_S} s](accuracy/{figure.name})")
    curves = "\n\n".join(["### Curves", *lines])
    tables = with_results(TABLES.read_text(encoding="utf-8"), f"{report.strip()}\n\n{curves}", PROTOCOL, TABLES)
    TABLES.write_text(with_results(tables, deeper, DEEPER, TABLES), encoding="utf-8")
    page = with_results(PAGE.read_text(encoding="utf-8"), overview(report), OVERVIEW)
    PAGE.write_text(with_results(page, calibration, CALIBRATED), encoding="utf-8")


def run(quick, sessions=None):
    """`quick`: few sessions, printed and not kept.  `sessions`: in each population, if not as usual."""
    report = run_protocol("--sessions", sessions or (QUICK_SESSIONS if quick else SESSIONS))
    calibration = run_calibration(QUICK_DAYS if quick else DAYS)
    if quick:
        print(report)
        print(calibration)
        print(f"Figures: {WORK.relative_to(ROOT)}/")
        return
    write_pages(report, run_deeper(), calibration)
    print(f"Written: {PAGE.relative_to(ROOT)}, {TABLES.relative_to(ROOT)}, {FIGURES.relative_to(ROOT)}/")
