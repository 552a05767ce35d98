# SPDX-License-Identifier: BSD-3-Clause
"""What tests at the border link have in common: programs on the router, the events of an alert file, and typed keys."""
import json
import random
import subprocess
import time

PAUSES = (0.7, 1.5)  # seconds between two keystrokes: longer than what counts as idle, and no clock


class AtBorder:
    """For a test case whose `net` is a hosts.Network, with alerts in the file `alerts`."""

    def at_border(self, *words):
        process = subprocess.Popen(["ip", "netns", "exec", self.net.router, *map(str, words)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def events(self, name=None):
        text = self.alerts.read_text() if self.alerts.exists() else ""
        whole = text[:text.rfind("\n") + 1]
        return [e for e in map(json.loads, whole.splitlines()) if name in (None, e["event"])]

    @staticmethod
    def type_until(person, done, patience=60):
        deadline = time.monotonic() + patience
        rhythm = random.Random(7)
        for key in "echo the same keys are pressed on both connections " * 10:
            if done():
                return
            assert time.monotonic() < deadline, "no alert from what was typed"
            person.type(key)
            time.sleep(rhythm.uniform(*PAUSES))
