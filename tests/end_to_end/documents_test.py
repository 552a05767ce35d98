#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every command block of the README files and docs/*.md, run as written, and its output compared with the page.

A command block is fenced as `sh`.  When a block fenced as `text` follows it, that is what a terminal of 100 columns must
show; `...` in it stands for any text, and a line that is only `...` (one in a block, at most) for any number of lines.
Blocks of a page run in order in one folder, which holds the bundled captures as a clone does.  An HTML comment in front of
a block says what is special about it:

    <!-- not run: needs root -->     the reason is printed; the block that follows it is not compared
    <!-- exit status: 2 -->          the block must end with this status instead of 0

    documents_test.py --update [PAGE...]    writes what the commands print into the pages
"""
import dataclasses
import difflib
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
from pathlib import Path

import harness

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "traces/README.md", *sorted((ROOT / "docs").glob("*.md"))]
COLUMNS, ROWS = 100, 50
LANGUAGES = {"sh", "text", "json", "yaml", "ini", "cpp", "sql", "python"}
MARK = re.compile(r"\s*<!-- (not run|exit status): (.+?) -->\s*$")
FENCE = re.compile(r"( *)```([\w+-]*)\s*$")
# What a command would begin with in a block that is fenced as something else.
COMMAND = re.compile(r"(\$ |# |sudo )?(cairn|cairn-lab|cairn-traces|stopd|\./dev|apt|git|jq|sqlite3|systemctl|nft|tcpdump)\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ELISION = "..."


@dataclasses.dataclass
class Block:
    """A fenced block; `first` and `last` are the lines between the fences, counted from 0."""
    page: Path
    language: str
    indent: int
    first: int
    last: int
    lines: list
    marks: dict

    @property
    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.first + 1}"

    @property
    def reason(self):
        """Why it is not run; None: it is."""
        return self.marks.get("not run")

    @property
    def status(self):
        return int(self.marks.get("exit status", 0))


def marks_before(lines, fence):
    """The comments in front of a fence, blank lines between them or not."""
    marks = {}
    for line in reversed(lines[:fence]):
        mark = MARK.match(line)
        if mark:
            marks[mark.group(1)] = mark.group(2)
        elif line.strip():
            break
    return marks


def blocks_of(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    blocks, opened = [], None
    for number, line in enumerate(lines):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened = (number, len(fence.group(1)), fence.group(2))
        elif opened is not None and fence and not fence.group(2):
            begin, indent, language = opened
            blocks.append(Block(page, language, indent, begin + 1, number, [l[indent:] for l in lines[begin + 1:number]],
                                marks_before(lines, begin)))
            opened = None
    assert opened is None, f"{page.name}:{opened[0] + 1}: this fence is not closed"
    return blocks


def indented_commands(page):
    """Lines that Markdown shows as code without any fence, and that look like commands."""
    lines, inside = page.read_text(encoding="utf-8").splitlines(), False
    for number, line in enumerate(lines):
        if FENCE.match(line):
            inside = not inside
        elif not inside and line.startswith("    ") and COMMAND.match(line.strip()):
            yield number + 1, line.strip()


def anchors_of(page):
    """The anchors that a page's headings get, as GitHub makes them."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if re.match(r"#+ ", line):
            heading = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            yield heading.replace(" ", "-")


def dead_links(page):
    """Links to files and headings that are not there."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors_of(target))):
            yield link


def expected_after(blocks, block):
    """The output block of a command block: the next one, if only blank lines and comments stand between."""
    following = blocks[blocks.index(block) + 1:][:1]
    if not following or following[0].language != "text":
        return None
    between = block.page.read_text(encoding="utf-8").splitlines()[block.last + 1:following[0].first - 1]
    return following[0] if not any(line.strip() and not MARK.match(line) for line in between) else None


def on_a_terminal(script, folder):
    """(exit status, lines) of a shell script that writes to a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    programs = Path(harness.CAIRN).resolve().parent
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                   "NO_COLOR": "1", "TERM": "xterm", "CAIRN_CONFIG": ""}  # not this machine's configuration
    shell = subprocess.Popen(["bash", "-e", "-c", script], cwd=folder, env=environment,
                             stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    written = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how a terminal of Linux says that nobody writes to it any more
            break
        if not piece:
            break
        written += piece
    os.close(master)
    return shell.wait(timeout=harness.TIMEOUT), shown(written.decode())


def shown(text):
    """The lines that remain visible: no colours, no progress line that was overwritten."""
    lines = ESCAPES.sub("", text.replace("\r\n", "\n")).split("\n")
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def pattern_of(line):
    return ".*".join(re.escape(part) for part in line.split(ELISION))


def parts_of(expected):
    """What stands before and behind the line that stands for any number of lines; None: there is no such line."""
    if ELISION not in expected:
        return None
    at = expected.index(ELISION)
    assert ELISION not in expected[at + 1:], "one line of '...' in a block, at most"
    return expected[:at], expected[at + 1:]


def is_shown(expected, lines):
    def same(wanted, got):
        return len(wanted) == len(got) and all(re.fullmatch(pattern_of(w), g) for w, g in zip(wanted, got))
    parts = parts_of(expected)
    if parts is None:
        return same(expected, lines)
    head, tail = parts
    return (len(head) + len(tail) <= len(lines) and same(head, lines[:len(head)]) and
            same(tail, lines[len(lines) - len(tail):]))


def updated(expected, lines):
    """The lines of an output block for what is printed now: what it left out stays left out."""
    shortened = [line for line in expected if ELISION in line and line != ELISION]
    def as_before(got):
        return next((line for line in shortened if re.fullmatch(pattern_of(line), got)), got)
    parts = parts_of(expected)
    if parts is not None and len(parts[0]) + len(parts[1]) < len(lines):
        head, tail = map(len, parts)
        lines = [*lines[:head], ELISION, *lines[len(lines) - tail:]]
    return [as_before(line) for line in lines]


def a_clone(folder):
    """What commands of the pages may use of a clone: captures, configurations, schemas."""
    for name in ("traces", "config", "docs"):
        (folder / name).mkdir()
        for file in (ROOT / name).iterdir():
            if file.is_file() and file.suffix in {".gz", ".yaml", ".json"}:
                shutil.copy(file, folder / name)
    (folder / "build").mkdir()
    (folder / "build" / "bin").symlink_to(Path(harness.CAIRN).resolve().parent)


def run_page(page):
    """Runs the blocks of a page; yields each with its output block, exit status and what it printed."""
    folder = Path(tempfile.mkdtemp(prefix="cairn_"))
    try:
        a_clone(folder)
        blocks = blocks_of(page)
        for block in blocks:
            if block.language == "sh" and block.reason is None:
                yield block, expected_after(blocks, block), *on_a_terminal("\n".join(block.lines), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Documents(unittest.TestCase):
    maxDiff = None

    def check_page(self, page):
        for block, expected, status, lines in run_page(page):
            with self.subTest(block=block.place):
                self.assertEqual(status, block.status, "\n".join(["", *block.lines, "printed:", *lines]))
                if expected is not None and not is_shown(expected.lines, lines):
                    self.fail("\n".join(["", *block.lines, *difflib.unified_diff(
                        expected.lines, lines, expected.place, "printed now", lineterm="")]))

    def test_every_block_says_what_it_is(self):
        for page in PAGES:
            for block in blocks_of(page):
                self.assertIn(block.language, LANGUAGES, f"{block.place}: a block needs one of these behind its fence")
                if block.language != "sh":
                    commands = [line for line in block.lines if re.match(r"\$ ", line)]
                    self.assertFalse(commands, f"{block.place}: commands stand in a block of their own, fenced as sh")
            self.assertEqual(list(indented_commands(page)), [], f"{page.name}: fence commands as sh")

    def test_links_lead_somewhere(self):
        self.assertEqual({page.name: links for page in PAGES if (links := list(dead_links(page)))}, {})

    def test_blocks_that_are_not_run_have_a_reason(self):
        commands = [block for page in PAGES for block in blocks_of(page) if block.language == "sh"]
        marked = [block for block in commands if block.reason is not None]
        self.assertGreater(len(commands), len(marked))
        print(f"\n{len(commands)} command blocks, {len(marked)} of them not run:")
        for block in marked:
            print(f"  {block.place}: {block.reason}: {block.lines[0]}")

    def test_the_manual_page_follows_the_keystrokes(self):
        """Its example with jq, on a capture with a reverse tunnel (the second row)."""
        page = (ROOT / "docs" / "cairn.1").read_text(encoding="utf-8")
        example = next(text for text in re.findall(r"^\.EX\n(.*?)^\.EE$", page, re.S | re.M) if "jq" in text)
        for escape, text in ((r"\fB", ""), (r"\fR", ""), (r"\[aq]", "'"), (r"\-", "-"), ("day.pcap", "traces/demo.pcap.gz")):
            example = example.replace(escape, text)
        with tempfile.TemporaryDirectory(prefix="cairn_") as folder:
            a_clone(Path(folder))
            status, lines = on_a_terminal(example.replace("| jq", "--quiet | jq"), Path(folder))
        self.assertEqual((status, [line.split("\t") for line in lines]), (0, [
            ["172.16.11.2", "10.10.0.16", "172.16.4.2"],
            ["172.16.3.2", "10.10.0.15", "172.16.11.2"],
            ["172.16.12.2", "10.10.0.14", "172.16.8.2"],
        ]))

    def test_what_is_shown_may_leave_out(self):
        self.assertTrue(is_shown(["a", "...", "c 1... s"], ["a", "b", "b", "c 1.23 s"]))
        self.assertFalse(is_shown(["a", "...", "c"], ["a", "b"]))
        self.assertFalse(is_shown(["a"], ["a", "b"]))
        self.assertFalse(is_shown(["a b"], ["a  b"]))

    def test_an_update_leaves_out_the_same(self):
        self.assertEqual(updated(["a", "...", "c 1... s"], ["x", "b", "c 1.5 s"]), ["x", "...", "c 1... s"])
        self.assertEqual(updated(["took ... s"], ["new", "took 3 s"]), ["new", "took ... s"])
        self.assertEqual(updated(["a", "..."], ["x"]), ["x"])

    def test_what_a_terminal_shows(self):
        self.assertEqual(shown("10 %\r20 %\r\x1b[Kdone\r\n"), ["done"])


def check_of(page):
    return lambda self: self.check_page(page)


for each in PAGES:
    name = "_".join(each.relative_to(ROOT).with_suffix("").parts).replace("-", "_")
    setattr(Documents, f"test_commands_of_{name}", check_of(each))


def update(page):
    """Writes what the commands print into the page; later blocks first, so that line numbers hold."""
    changes = []
    for block, expected, status, lines in run_page(page):
        if status != block.status:
            print(f"{block.place}: ended with {status}:", *block.lines, *lines, sep="\n  ")
        elif expected is not None and not is_shown(expected.lines, lines):
            changes.append((expected, updated(expected.lines, lines)))
    text = page.read_text(encoding="utf-8").splitlines()
    for block, lines in reversed(changes):
        text[block.first:block.last] = [(" " * block.indent + line).rstrip() for line in lines]
        print(f"{block.place}: written")
    page.write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--update"]:
        for path in map(Path, sys.argv[2:]) if sys.argv[2:] else PAGES:
            update(path.resolve())
    else:
        harness.main()
