#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""layers_test.py SOURCE CMAKE ALLOWED STOPD CAIRN [LAB]: the check that every build makes of what folders include, and what
the programs hold."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, CMAKE, ALLOWED, STOPD, CAIRN, *LAB = sys.argv[1:]
FOLDER = "detector/correlator/timing"


class Includes(unittest.TestCase):
    """A copy of one folder, with something added to a header."""

    def check(self, line):
        with tempfile.TemporaryDirectory() as root:
            for folder in ("detector/sensor/connections", "output", "capture", *ALLOWED.split(",")):
                (pathlib.Path(root) / folder).mkdir(parents=True, exist_ok=True)
            shutil.copytree(pathlib.Path(SOURCE) / FOLDER, pathlib.Path(root) / FOLDER, dirs_exist_ok=True)
            header = pathlib.Path(root) / FOLDER / "pair.h"
            header.write_text(line + header.read_text(encoding="utf-8"), encoding="utf-8")
            return subprocess.run([CMAKE, "-D", f"ROOT={root}", "-D", f"FOLDER={FOLDER}", "-D", f"ALLOWED={ALLOWED}",
                                   "-P", f"{SOURCE}/cmake/check_layers.cmake"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def test_what_the_folder_may_use(self):
        for line in ("", '#include "detector/stream/onset.h"\n', '#include "base/time.h"\n'):
            self.assertEqual(self.check(line).returncode, 0, line)

    def test_an_arrow_that_points_up(self):
        for folder in ("detector/sensor/connections", "output", "capture"):
            done = self.check(f'#include "{folder}/any.h"\n')
            self.assertNotEqual(done.returncode, 0, folder)
            self.assertIn("may use only", done.stdout.replace("\n", " "))
            self.assertIn("pair.h", done.stdout)


class Programs(unittest.TestCase):
    @staticmethod
    def namespaces_of(program):
        done = subprocess.run(["nm", "-C", program], stdout=subprocess.PIPE, text=True, check=True)
        return {name for name in ("timing", "relays", "slots", "connections", "capture", "output", "sessions", "evaluation", "lab", "traces")
                if f"cairn::{name}::" in done.stdout}

    def test_stopd_holds_nothing_of_the_detector(self):
        self.assertEqual(self.namespaces_of(STOPD), set())

    def test_cairn_does_and_holds_nothing_of_the_laboratory(self):
        held = self.namespaces_of(CAIRN)
        self.assertLessEqual({"timing", "capture", "output"}, held)
        self.assertEqual(held & {"evaluation", "lab", "traces"}, set())

    def test_the_laboratory_holds_both(self):
        for lab in LAB:  # none where it is not built
            self.assertLessEqual({"timing", "capture", "evaluation", "lab", "traces"}, self.namespaces_of(lab))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
