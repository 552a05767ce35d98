#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every command and option of --help stands in the manual page, and the shell completes it.

usage: options_are_documented_test.py PROGRAM SOURCE_FOLDER
"""
import re
import subprocess
import sys
from pathlib import Path

PROGRAM, SOURCE = sys.argv[1], Path(sys.argv[2])
NAME = Path(PROGRAM).name
MANUAL = {"cairn": "docs/cairn.1", "cairn-lab": "docs/cairn-lab.1", "stopd": "docs/stopd.8"}[NAME]
COMPLETION = SOURCE / "commands/completion/cairn.bash"


def help_of(command):
    return subprocess.run([PROGRAM, *command, "--help"], check=True, capture_output=True, text=True).stdout


def section(text, heading):
    match = re.search(rf"^{heading}:\n(.*?)(\n\n|\Z)", text, re.S | re.M)
    return match.group(1).splitlines() if match else []


def commands_below(command=()):
    """Every command as a tuple of words, the program itself as ()."""
    yield command
    for line in section(help_of(command), "Subcommands"):
        word = re.match(r"  ([\w-]+)", line)
        if word and word.group(1) != "help":
            yield from commands_below((*command, word.group(1)))


def options_of(command):
    options = []
    for line in section(help_of(command), "Options"):
        match = re.match(r"  (-[-\w,]+)", line)
        options += match.group(1).split(",") if match else []
    return options


def completions(*words):
    """What bash offers for the last of `words`."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cairn; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", COMPLETION, PROGRAM, *words], check=True, capture_output=True,
                          text=True)
    assert not done.stderr, done.stderr
    return done.stdout.split()


def main():
    manual = (SOURCE / MANUAL).read_text(encoding="utf-8").replace("\\-", "-")
    missing, checked = [], 0
    for command in commands_below():
        name = " ".join((NAME, *command))
        options = options_of(command)
        assert "--help" in options, f"{name} --help lists {options}"
        offered = completions(*command, "-")
        for option in options:
            checked += 1
            if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", manual):
                missing.append(f"{MANUAL} does not tell of {option} ({name})")
            if option not in offered:
                missing.append(f"the completion does not offer {option} ({name})")
        for word in command:
            if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", manual):
                missing.append(f"{MANUAL} does not tell of {name}")
    top = [command[0] for command in commands_below() if len(command) == 1]
    assert set(top) | {"help"} == set(completions("")), completions("")
    CHOICES[NAME]()
    assert not missing, "\n".join(missing)
    print(f"{checked} options of {len(top)} commands are documented and completed")


def choices_of_cairn():
    assert completions("rep") == ["replay"]
    assert completions("replay", "--format", "") == ["table", "json"]
    assert completions("replay", "-f", "j") == ["json"]
    assert completions("watch", "--summary", "") == ["text", "json", "none"]
    assert "lo" in completions("watch", "-i", "l")
    assert completions("help", "wat") == ["watch"]
    assert completions("sessions", "") == ["scans", "servers", "clusters", "of"]
    assert completions("sessions", "scans", "--by", "") == ["connections", "servers", "unknown"]


def choices_of_cairn_lab():
    assert completions("c") == ["calibration"]
    assert completions("score", "--format", "") == ["table", "json", "csv"]
    assert completions("protocol", "-f", "m") == ["markdown"]


def choices_of_stopd():
    assert completions("re") == ["redeem"]
    assert completions("config", "") == ["check", "show", "default"]
    assert completions("help", "ver") == ["verify"]


CHOICES = {"cairn": choices_of_cairn, "cairn-lab": choices_of_cairn_lab, "stopd": choices_of_stopd}
main()
