#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tidy.py BUILD_DIRECTORY FILE...: clang-tidy over source files, as the build directory compiles them.

A file whose preprocessed text, flags and checks are those of an earlier clean run is not analysed again.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

# The compile commands are those of gcc; clang knows all of its options but those of link-time optimisation.
IGNORED = ["-Wno-ignored-optimization-argument", "-Wno-unused-command-line-argument"]


def preprocess_command(compile_command):
    """The compile command, without its launcher, as a clang command that writes the preprocessed text."""
    words = shlex.split(compile_command)
    words = words[next(i for i, word in enumerate(words) if word.endswith("++")) + 1:]
    kept = []
    skip = False
    for word in words:
        if skip or word == "-c":
            skip = False
        elif word == "-o":
            skip = True
        else:
            kept.append(word)
    return ["clang++", "-E", "-C", *kept, *IGNORED]  # -C: comments may hold NOLINT


def fingerprint(entry, checks):
    command = preprocess_command(entry["command"])
    done = subprocess.run(command, cwd=entry["directory"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None  # clang-tidy will say what is wrong
    return hashlib.sha256(done.stdout + "\0".join(command).encode() + checks).hexdigest()


def analyse(build, path, entry, checks):
    """What is wrong with the file; empty when it is clean."""
    key = fingerprint(entry, checks)
    stamp = build / "tidy" / f"{key}.clean"
    if key and stamp.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", *(f"--extra-arg={flag}" for flag in IGNORED), "-p", str(build), str(path)],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode != 0:
        return done.stdout or f"{path}: clang-tidy ended with {done.returncode}\n"
    if key:
        stamp.touch()
    return ""


def main():
    build = pathlib.Path(sys.argv[1])
    (build / "tidy").mkdir(parents=True, exist_ok=True)
    entries = {e["file"]: e for e in json.loads((build / "compile_commands.json").read_text())}
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
    checks = pathlib.Path(".clang-tidy").read_bytes() + version
    compiled = [(pathlib.Path(f), entries[os.path.abspath(f)]) for f in sys.argv[2:] if os.path.abspath(f) in entries]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for complaint in pool.map(lambda item: analyse(build, *item, checks), compiled):
            if complaint:
                failures += 1
                print(complaint, end="", flush=True)
    print(f"clang-tidy: {len(compiled)} files, {failures} with complaints")
    return 1 if failures or not compiled else 0


sys.exit(main())
