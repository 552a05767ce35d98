# SPDX-License-Identifier: BSD-3-Clause
"""Somebody at a terminal: types, and reads what comes back."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

PATIENCE = 20


def shown_on_terminal(command, columns=None, errors=True, **environment):
    """The exit status of a command, and what a person sees of its output (and its errors) on a terminal with colours."""
    controller, terminal = pty.openpty()
    if columns is not None:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {**os.environ, "TERM": "xterm", **environment}
    for name in {"NO_COLOR", "COLUMNS"} - environment.keys():
        variables.pop(name, None)
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=terminal,
                          stderr=terminal if errors else subprocess.DEVNULL, env=variables) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                chunk = os.read(controller, 65536)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
    os.close(controller)
    return process.returncode, shown


class Terminal:
    """A command on a pseudo terminal of its own."""

    def __init__(self, command):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)
        self.seen = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def line(self, text, expected, patience=PATIENCE):
        """Types a line and waits for what is expected after it."""
        self.seen = ""
        self.type(text + "\n")
        self.expect(expected, patience)

    def expect(self, text, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while text not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0, f"no {text!r} within {patience} s in {self.seen!r}"
            if not select.select([self.master], [], [], left)[0]:
                continue
            try:
                piece = os.read(self.master, 65536)
            except OSError:
                piece = b""
            assert piece, f"the session ended before {text!r}: {self.seen!r}"
            self.seen += piece.decode(errors="replace")

    def hang_up(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        self.hang_up()
        os.waitpid(self.pid, 0)
        os.close(self.master)
