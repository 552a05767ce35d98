# SPDX-License-Identifier: BSD-3-Clause
"""Sees to it that nothing of a test program is left on the machine when somebody kills it."""
import subprocess

# $1: how the names of network namespaces begin; $2: a folder.  Waits until nobody holds the other end of its input.  What
# was just being started when the program was killed may come later, so it looks again.
WAIT_AND_CLEAR = """cat >/dev/null
for round in $(seq 100); do
  for space in /run/netns/"$1"*; do
    test -e "$space" || continue
    ip netns pids "${space##*/}" | xargs -r kill -KILL
    ip netns del "${space##*/}"
  done
  rm -rf "$2"
  sleep 0.5
  test -e "$2" || ls -d /run/netns/"$1"* || break
done"""


class Guard:
    """While it is there: network namespaces whose names begin so, what runs in them, and a folder end with this program.

    The first process of a host has all others of it, so they end with that one.
    """

    def __init__(self, prefix, folder):
        # No other program gets the writing end, and it does not matter which thread is here.  A session of its own: who
        # kills all of this one's processes does not kill the guard.
        self.process = subprocess.Popen(["sh", "-c", WAIT_AND_CLEAR, "guard", prefix, folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def close(self):
        """All has been taken down in order."""
        self.process.kill()
        self.process.communicate()
