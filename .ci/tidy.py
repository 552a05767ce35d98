#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tidy.py BUILD_DIRECTORY FILE...: clang-tidy over source files, as the build directory compiles them.

Nearly all of the time goes to the headers of libraries, so the files of a folder are analysed several at once, as one
source file that includes them.  What does not compile together is halved; where there is a complaint, each is analysed
by itself.

What was clean in an earlier run, by its preprocessed text, flags and checks, is not analysed again.
"""

import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

# The compile commands are those of gcc; clang knows all of its options but those of link-time optimisation.
IGNORED = ["-Wno-ignored-optimization-argument", "-Wno-unused-command-line-argument"]


MOST_TOGETHER = 12
NAMED = re.compile(r"^(?:class|struct|union|enum(?: class)?|using) (\w+)|^[^\s#/}].*?\b(\w+)(?:\(|\[\]| = |\{)")


def flags_of(compile_command):
    """The compile command's flags, without compiler, launcher, source and output."""
    words = shlex.split(compile_command)
    words = words[next(i for i, word in enumerate(words) if word.endswith("++")) + 1:]
    kept = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-c", "-include"):  # gcc's precompiled headers are not clang's
            skip = True
        elif word == "-Winvalid-pch":
            continue
        else:
            kept.append(word)
    return (*kept, *IGNORED)


def private_names(path):
    """What a file defines in its anonymous namespaces, by how its lines begin."""
    names = set()
    inside = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("namespace {"):
            inside = True
        elif line.startswith("}  // namespace"):
            inside = False
        elif inside and not line.startswith("namespace") and (found := NAMED.match(line)):
            names.add(found[1] or found[2])
    return names


def as_one(paths):
    """One source file of several.  What more than one of them defines gets another name in each."""
    names = [private_names(path) for path in paths]
    often = {name for name, count in collections.Counter(n for each in names for n in each).items() if count > 1}
    headers = dict.fromkeys(line for path in paths for line in path.read_text(encoding="utf-8").splitlines()
                            if line.startswith("#include"))
    lines = [f"{header}  // NOLINT" for header in headers]  # first, so that none of them is renamed
    for number, path in enumerate(paths):
        renamed = sorted(names[number] & often)
        lines += [f"#define {name} {name}N{number}" for name in renamed]
        lines.append(f'#include "{path.resolve()}"  // NOLINT')
        lines += [f"#undef {name}" for name in renamed]
    return "\n".join(lines) + "\n"


def groups_of(files):
    """Lists of paths in one folder that can stand together.  `files`: (path, its flags)."""
    # A name that stands in a header, too, may be used in that other meaning: it cannot be renamed.
    headers = (path for path in pathlib.Path().glob("[a-z]*/**/*.h") if path.parts[0] not in ("build", "tests"))
    of_headers = {word for header in headers
                  for word in re.findall(r"\w+", re.sub("//.*", "", header.read_text(encoding="utf-8")))}
    groups = []
    for path, flags in files:
        names = private_names(path) & of_headers
        key = (path.parent, flags)
        for group in groups:
            if group["key"] == key and len(group["paths"]) < MOST_TOGETHER and not names & group["names"]:
                break
        else:
            group = {"key": key, "paths": [], "names": set()}
            groups.append(group)
        group["paths"].append(path)
        group["names"] |= names
    return [(group["paths"], group["key"][1]) for group in groups]


def fingerprint(source, flags, checks):
    done = subprocess.run(["clang++", "-E", "-C", *flags, str(source)],  # -C: comments may hold NOLINT
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None  # clang-tidy will say what is wrong
    return hashlib.sha256(done.stdout + "\0".join(flags).encode() + checks).hexdigest()


def analyse_source(folder, source, flags, checks):
    """What is wrong with a source file; empty when it is clean."""
    key = fingerprint(source, flags, checks)
    stamp = folder / f"{key}.clean"
    if key and stamp.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", "--config-file=.clang-tidy", str(source), "--", *flags],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode != 0:
        return done.stdout or f"{source}: clang-tidy ended with {done.returncode}\n"
    if key:
        stamp.touch()
    return ""


def analyse(folder, paths, flags, checks):
    """The complaints about each of some files."""
    if len(paths) > 1:
        name = hashlib.sha256("\0".join(map(str, paths)).encode()).hexdigest()[:16]
        together = folder / f"{name}.cc"
        together.write_text(as_one(paths), encoding="utf-8")
        compiles = subprocess.run(["clang++", "-fsyntax-only", "-w", *flags, str(together)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False).returncode == 0
        if not compiles:
            half = len(paths) // 2
            return analyse(folder, paths[:half], flags, checks) + analyse(folder, paths[half:], flags, checks)
        # The compiler's own warnings are of single files: what one calls a name may shadow another's.
        if not analyse_source(folder, together, (*flags, "-w"), checks):
            return []
    return [complaint for path in paths if (complaint := analyse_source(folder, path, flags, checks))]


def main():
    build = pathlib.Path(sys.argv[1])
    folder = build / "tidy"
    folder.mkdir(parents=True, exist_ok=True)
    entries = {e["file"]: e for e in json.loads((build / "compile_commands.json").read_text())}
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True).stdout
    checks = pathlib.Path(".clang-tidy").read_bytes() + version
    compiled = [(pathlib.Path(f), flags_of(entries[os.path.abspath(f)]["command"]))
                for f in sys.argv[2:] if os.path.abspath(f) in entries]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for complaints in pool.map(lambda group: analyse(folder, *group, checks), groups_of(compiled)):
            failures += len(complaints)
            print("".join(complaints), end="", flush=True)
    print(f"clang-tidy: {len(compiled)} files, {failures} with complaints")
    return 1 if failures else 0


sys.exit(main())
