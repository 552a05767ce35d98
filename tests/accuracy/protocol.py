# SPDX-License-Identifier: BSD-3-Clause
"""Runs the evaluation protocol and the calibration, and writes their tables into docs/accuracy.md and its figures beside it."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAIRN = ROOT / "build/bin/cairn"
PAGE = ROOT / "docs/accuracy.md"
FIGURES = ROOT / "docs/accuracy"
WORK = ROOT / "build/accuracy/protocol"
PROTOCOL = ("<!-- protocol: begin -->", "<!-- protocol: end -->")
CALIBRATED = ("<!-- calibration: begin -->", "<!-- calibration: end -->")
# Figures of the longest sessions only: the others say the same, later.
FIGURE_DURATION_S = 600
QUICK_SESSIONS = 60
# A hundred days in all.
CALIBRATION = ("--sites", 2, "--people", 24, "--hosts", 12, "--threads", os.cpu_count() or 1)
DAYS, QUICK_DAYS = 50, 1


def run_protocol(*options):
    """The report as Markdown; figures go to WORK."""
    shutil.rmtree(WORK, ignore_errors=True)
    command = [CAIRN, "evaluate-protocol", "--format", "markdown", "--roc", WORK, "--threads", os.cpu_count() or 1, *options]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"accuracy: cairn evaluate-protocol ended with {done.returncode}")
    return done.stdout


def figures():
    return sorted(WORK.glob(f"roc-*-{FIGURE_DURATION_S}s.svg"))


def run_calibration(days):
    """The count of alarms at sites without chains, as Markdown."""
    command = [CAIRN, "evaluate-calibration", "--days", days, *CALIBRATION, "--format", "markdown"]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"accuracy: cairn evaluate-calibration ended with {done.returncode}")
    return done.stdout


def with_results(page, results, markers):
    """The page with `results` between two markers."""
    begin, end = markers
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    if len(pattern.findall(page)) != 1:
        sys.exit(f"accuracy: {PAGE} must hold the markers '{begin}' and '{end}' once")
    return pattern.sub(lambda _: f"{begin}\n{results.strip()}\n{end}", page)


def write_page(report, calibration):
    FIGURES.mkdir(exist_ok=True)
    for old in FIGURES.glob("roc-*.svg"):
        old.unlink()
    lines = []
    for figure in figures():
        shutil.copy(figure, FIGURES / figure.name)
        group = figure.name.removeprefix("roc-").removesuffix(f"-{FIGURE_DURATION_S}s.svg")
        lines.append(f"![ROC curves, {group}, {FIGURE_DURATION_S} s](accuracy/{figure.name})")
    curves = "\n\n".join(["### Curves", *lines])
    page = with_results(PAGE.read_text(encoding="utf-8"), f"{report.strip()}\n\n{curves}", PROTOCOL)
    PAGE.write_text(with_results(page, calibration, CALIBRATED), encoding="utf-8")


def run(quick, sessions=None):
    """`quick`: a tenth of the sessions, printed and not kept.  `sessions`: in each population, if not as usual."""
    if quick and sessions is None:
        sessions = QUICK_SESSIONS
    report = run_protocol(*(("--sessions", sessions) if sessions else ()))
    calibration = run_calibration(QUICK_DAYS if quick else DAYS)
    if quick:
        print(report)
        print(calibration)
        print(f"Figures: {WORK.relative_to(ROOT)}/")
        return
    write_page(report, calibration)
    print(f"Written: {PAGE.relative_to(ROOT)}, {FIGURES.relative_to(ROOT)}/")
